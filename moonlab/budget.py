"""How much work an experiment is, estimated before anything is allocated."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from moonlab.dataset import N_TEST
from moonlab.record import snapshot_epochs
from moonlab.rules import Fault, SpecError, real, shown
from moonlab.spec import Architecture, DataSpec, Experiment, Training
from moonlab.trainers import stack_size

MAX_HISTORY_ROWS = 2_000_000
MAX_BYTES = 2 * 2**30

# Seconds on one core of a small server; `benchmarks/speed.py` prints how well they fit.
_STEP = {"numpy": 16e-6, "torch": 70e-6}
_STEP_PER_LAYER = {"numpy": 14e-6, "torch": 50e-6}
_PER_OUTPUT = 3e-9  # an output of a layer: its activation, mask and derivative
_PER_PRODUCT = 0.08e-9  # a multiplication and addition in a matrix product
_PER_PARAMETER = 3e-9  # an update of a parameter
_PER_EVALUATED_OUTPUT = 1.6e-9


class Estimate(NamedTuple):
    """What an experiment would take."""

    seconds: float
    """On one core."""
    history_rows: int
    n_bytes: int
    """Of memory at the peak, beside the program itself."""


def estimate(experiment: Experiment, n_missing: Mapping[int, int] | None = None) -> Estimate:
    """Estimate the time and memory of an experiment.

    Parameters
    ----------
    experiment : Experiment
        What would be compared.
    n_missing : mapping from int to int, optional
        By architecture how many of its runs have to be trained: all, unless this says otherwise.

    Returns
    -------
    Estimate
    """
    if not isinstance(experiment, Experiment):
        raise SpecError([Fault("experiment", "must be an Experiment", shown(experiment))])
    seconds, rows, kept, largest = 0.0, 0, 0, 0
    n_seeds = len(experiment.seeds)
    for index, architecture in enumerate(experiment.architectures):
        training = architecture.training(experiment.training)
        n_trained = n_seeds if n_missing is None else n_missing.get(index, 0)
        if n_trained:
            seconds += _seconds(architecture, training, experiment.data, n_trained)
        rows += n_seeds * (training.epochs + 1)
        kept += n_seeds * _run_bytes(architecture, training)
        largest = max(largest, _stack_bytes(architecture, training, experiment.data, n_seeds))
    return Estimate(seconds, rows, kept + largest)


def check_budget(
    experiment: Experiment,
    budget_seconds: float,
    n_missing: Mapping[int, int] | None = None,
    max_bytes: int = MAX_BYTES,
) -> Estimate:
    """Refuse work over the budget, or over so much memory; `n_missing` as in `estimate`.

    Raises
    ------
    SpecError
        If the estimate is over the seconds given, the history rows, or the memory.
    """
    if not real(0, 1e12, above_low=True).accepts(budget_seconds):
        rule = "must be a number of seconds above 0"
        raise SpecError([Fault("budget_seconds", rule, shown(budget_seconds))])
    work = estimate(experiment, n_missing)
    advice = "take fewer seeds, epochs or architectures, smaller ones, or larger batches"
    faults = [
        Fault("experiment", f"must take at most {limit}: {advice}", f"an estimated {given}")
        for over, limit, given in (
            (
                work.seconds > budget_seconds,
                duration(budget_seconds),
                duration(work.seconds),
            ),
            (
                work.history_rows > MAX_HISTORY_ROWS,
                f"{MAX_HISTORY_ROWS:,} rows of history",
                f"{work.history_rows:,} rows",
            ),
            (
                work.n_bytes > max_bytes,
                f"{max_bytes / 2**30:.3g} GiB of memory",
                f"{work.n_bytes / 2**30:.2f} GiB",
            ),
        )
        if over
    ]
    if faults:
        raise SpecError(faults)
    return work


def duration(seconds: float) -> str:
    """Seconds in words: "0.5 seconds", "40 seconds", "12 minutes", "3.4 hours"."""
    if seconds < 10:
        return f"{seconds:.1f} seconds"
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:,.1f} hours"


def _seconds(architecture: Architecture, training: Training, data: DataSpec, n_seeds: int) -> float:
    """Of one architecture: steps with their overhead and arithmetic, evaluation, scoring."""
    widths = architecture.widths
    products = sum(n_in * n_out for n_in, n_out in pairwise(widths))
    outputs = sum(widths[1:])
    engine = architecture.engine
    n_steps = training.epochs * training.n_batches(data.n_train)
    overhead = n_steps * (_STEP[engine] + _STEP_PER_LAYER[engine] * (len(widths) - 1))
    updates = n_steps * _PER_PARAMETER * architecture.n_parameters
    trained = training.epochs * data.n_train * (3 * products * _PER_PRODUCT + outputs * _PER_OUTPUT)
    evaluated = (training.epochs * data.n_samples + N_TEST + data.n_samples) * (
        products * _PER_PRODUCT + outputs * _PER_EVALUATED_OUTPUT
    )
    return overhead + n_seeds * (updates + trained + evaluated)


def _stack_bytes(
    architecture: Architecture, training: Training, data: DataSpec, n_seeds: int
) -> int:
    """Of a stack while it trains: about ten copies of its parameters, and a batch on its way."""
    size = min(n_seeds, stack_size(architecture, training, data.n_train))
    n_batch = min(training.batch_size or data.n_train, data.n_train)
    parameters = 10 * architecture.n_parameters
    return 8 * size * (parameters + 4 * n_batch * sum(architecture.widths) + 5 * data.n_train)


def _run_bytes(architecture: Architecture, training: Training) -> int:
    """Of a run that is over: last and best weights, snapshots, history."""
    n_snapshots = len(snapshot_epochs(training.epochs, architecture.n_parameters))
    return architecture.n_parameters * (16 + 4 * n_snapshots) + 32 * (training.epochs + 1)
