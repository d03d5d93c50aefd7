"""From an experiment to its comparison."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from moonlab.budget import check_budget
from moonlab.dataset import load_data
from moonlab.draws import Draws, SequentialDraws
from moonlab.results import Comparison, Run
from moonlab.rules import Fault, SpecError, shown
from moonlab.spec import Architecture, Experiment
from moonlab.trainers import ShouldStop, train


class Progress(NamedTuple):
    """How far a comparison is."""

    position: int
    """Of the architecture that trains, from 0."""
    n_architectures: int
    name: str
    """Of the architecture that trains."""
    epoch: int
    """Epochs of it that are done."""
    epochs: int

    @property
    def fraction(self) -> float:
        """Share of the work done, each architecture counted alike."""
        return (self.position + self.epoch / self.epochs) / self.n_architectures


def compare(
    experiment: Experiment,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    on_runs: Callable[[list[Run]], None] = lambda runs: None,
    should_stop: ShouldStop = lambda: False,
    budget_seconds: float = 3600.0,
) -> Comparison:
    """Train every architecture of an experiment from every seed, and score them.

    Parameters
    ----------
    experiment : Experiment
        What to compare.
    on_progress : callable, optional
        Told now and then how far it is.
    on_runs : callable, optional
        Given the runs of each architecture as soon as they are there.
    should_stop : callable, optional
        Asked before each update; once it says yes, what is unfinished ends as "stopped".
    budget_seconds : float
        Work estimated to take longer is refused before it starts.

    Returns
    -------
    Comparison

    Raises
    ------
    SpecError
        If the data would lack a class, the work is over the budget, or a device is not there.
    """
    if not isinstance(experiment, Experiment):
        raise SpecError([Fault("experiment", "must be an Experiment", shown(experiment))])
    check_budget(experiment, budget_seconds)
    _check_devices(experiment)
    data = load_data(experiment.data)
    streams = _Streams()
    runs: list[Run] = []
    named = zip(experiment.names, experiment.architectures, strict=True)
    for index, (name, architecture) in enumerate(named):
        training = architecture.training(experiment.training)

        def on_epoch(
            epoch: int, index: int = index, name: str = name, last: int = training.epochs
        ) -> None:
            if on_progress is not None:
                on_progress(Progress(index, len(experiment.architectures), name, epoch, last))

        on_epoch(0)
        sequential = experiment.seeding == "sequential"
        trained = train(
            architecture,
            experiment.training,
            data,
            experiment.seeds,
            draws=partial(streams.draws, architecture) if sequential else None,
            on_epoch=on_epoch,
            should_stop=should_stop,
        )
        on_runs(trained)
        runs += trained
    return Comparison(experiment, tuple(runs))


def _check_devices(experiment: Experiment) -> None:
    """Refuse a device that is not there before anything trains."""
    for architecture in experiment.architectures:
        device = architecture.training(experiment.training).device
        if architecture.engine == "torch" and device != "cpu":
            from moonlab.torch_mlp import check_device

            check_device(device)


class _Streams:
    """The streams of sequential seeding: one an engine and seed, for all architectures."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, int], Any] = {}

    def draws(self, architecture: Architecture, seeds: tuple[int, ...]) -> Draws:
        """Draws that go on where the streams of these seeds stand."""
        engine = architecture.engine
        if engine == "numpy":
            return SequentialDraws(
                architecture, [self._stream(engine, seed, np.random.RandomState) for seed in seeds]
            )
        from moonlab import torch_mlp

        return torch_mlp.SequentialDraws(
            architecture, [self._stream(engine, seed, torch_mlp.seeded_generator) for seed in seeds]
        )

    def _stream(self, engine: str, seed: int, make: Callable[[int], Any]) -> Any:
        if (engine, seed) not in self._streams:
            self._streams[engine, seed] = make(seed)
        return self._streams[engine, seed]
