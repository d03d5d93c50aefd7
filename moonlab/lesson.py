"""The lesson's two experiments, as one-seed replays."""

from moonlab.spec import Architecture, DataSpec, Experiment, Training


def numpy_experiment() -> Experiment:
    """2→16→1 by hand: full-batch gradient descent at rate 1.0 on all 300 points, 500 updates."""
    return Experiment(
        data=DataSpec(validation_fraction=0.0),
        training=Training(optimizer="gd", learning_rate=1.0, batch_size=None, epochs=500),
        architectures=(Architecture((16,), engine="numpy"),),
        seeds=(0,),
        seeding="sequential",
    )


def torch_experiment() -> Experiment:
    """The five architectures of the lesson's PyTorch table: Adam, batches of 32, 300 epochs."""
    hidden = ((4,), (16,), (32,), (8, 8), (16, 16))
    return Experiment(
        data=DataSpec(),
        training=Training(),
        architectures=tuple(Architecture(widths) for widths in hidden),
        seeds=(42,),
        seeding="sequential",
    )
