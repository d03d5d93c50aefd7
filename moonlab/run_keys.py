"""What a run's numbers depend on, so that a run can be found again and is trained only once."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

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
        What else was trained with it, where that can matter: nothing for NumPy; the seeds of the
        stack for PyTorch, whose rounding depends on them; everything for a sequential replay.
    """

    data: DataSpec
    training: Training
    architecture: Architecture
    seed: int
    beside: Hashable = None


def run_keys(experiment: Experiment) -> tuple[tuple[RunKey, ...], ...]:
    """For each architecture of an experiment the keys of its runs, one a seed."""
    return tuple(
        tuple(
            RunKey(
                experiment.data_of(seed),
                replace(architecture.training(experiment.training), report="last"),
                replace(architecture, name=None, override=None),
                seed,
                _beside(experiment, index),
            )
            for seed in experiment.seeds
        )
        for index, architecture in enumerate(experiment.architectures)
    )


def _beside(experiment: Experiment, index: int) -> Hashable:
    if experiment.seeding == "sequential":
        return experiment.nameless(), index
    return experiment.seeds if experiment.architectures[index].engine == "torch" else None
