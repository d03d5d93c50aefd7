"""What a run's numbers depend on, so that a run can be found again and is trained only once."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache

from moonlab.spec import Architecture, DataSpec, Experiment, Training


@dataclass(frozen=True)
class RunKey:
    """Runs of equal keys have equal numbers, to the last bit.

    Attributes
    ----------
    data : DataSpec
        The data that the run meets.
    training : Training
        The protocol with the architecture's departures, but for what is reported: a run holds
        both.
    architecture : Architecture
        Without its name and departures.
    seed : int
        The run's seed.
    beside : hashable
        What else matters. Nothing for NumPy; the seeds of the stack for PyTorch, whose rounding
        depends on them; which draws are fixed, if some are; for a sequential replay the seeds and
        all networks up to this one, whose draws come first.
    """

    data: DataSpec
    training: Training
    architecture: Architecture
    seed: int
    beside: Hashable = None


@lru_cache(maxsize=64)
def run_keys(experiment: Experiment) -> tuple[tuple[RunKey, ...], ...]:
    """For each architecture of an experiment the keys of its runs, one a seed."""
    networks = tuple(
        (
            replace(architecture, name=None, override=None),
            replace(architecture.training(experiment.training), report="last"),
        )
        for architecture in experiment.architectures
    )
    data = {seed: experiment.data_of(seed) for seed in experiment.seeds}
    keys = []
    for index, (architecture, training) in enumerate(networks):
        beside: Hashable = experiment.seeds if architecture.engine == "torch" else None
        if experiment.seeding.startswith("only_"):
            beside = (experiment.seeding, beside)
        if experiment.seeding == "sequential":
            beside = (networks[: index + 1], experiment.seeds)
        keys.append(
            tuple(RunKey(data[seed], training, architecture, seed, beside) for seed in data)
        )
    return tuple(keys)
