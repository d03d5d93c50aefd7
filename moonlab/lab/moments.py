"""The weights of a run at moments on its way, to the last bit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from moonlab.compare import compare
from moonlab.dataset import load_data
from moonlab.parameters import Floats, unpack
from moonlab.results import Run
from moonlab.rules import Fault, SpecError, is_integer, shown
from moonlab.spec import Experiment
from moonlab.trainers import train


class Moment(NamedTuple):
    """A network on its way."""

    updates: int
    parameters: Floats
    """Flat, shape (P,)."""
    loss: float
    """On the training points."""
    accuracy: float
    """On the training points."""


def moments(experiment: Experiment, after: Sequence[int]) -> list[Moment]:
    """The first run of an experiment after certain numbers of updates.

    Parameters
    ----------
    experiment : Experiment
        Full-batch gradient descent, which keeps nothing from step to step but the weights: a run
        that goes on from them is the same run.
    after : sequence of int
        Numbers of updates in rising order, up to the experiment's epochs.

    Raises
    ------
    SpecError
        If the protocol is another, or a number is out of order or range.
    """
    plain = _first_run_of(experiment)
    _check(plain, after)
    run = compare(plain, should_stop=lambda: True).runs[0]  # before its first update
    found, done = [], 0
    for updates in after:
        if updates > done:
            run = _go_on(plain, run, updates - done)
            done = updates
        loss, _, accuracy, _ = map(float, run.curves[-1])
        found.append(Moment(updates, run.last_parameters, loss, accuracy))
    return found


def _first_run_of(experiment: Experiment) -> Experiment:
    """Its first architecture and seed alone, no override left in the architecture."""
    architecture = experiment.architectures[0]
    return replace(
        experiment,
        training=architecture.training(experiment.training),
        architectures=(replace(architecture, override=None),),
        seeds=experiment.seeds[:1],
    )


def _go_on(experiment: Experiment, run: Run, updates: int) -> Run:
    """The run that goes on from where a run ended."""
    architecture = experiment.architectures[0]
    training = replace(experiment.training, epochs=updates)
    start = [unpack(run.last_parameters, architecture.widths)]
    return train(architecture, training, load_data(run.data), (run.seed,), start)[0]


def _check(experiment: Experiment, after: Sequence[int]) -> None:
    training, faults = experiment.training, []
    if training.optimizer != "gd" or not training.is_full_batch(experiment.data.n_train):
        given = f"{training.optimizer!r} with batch_size {training.batch_size}"
        faults.append(Fault("training", "must be 'gd' with the full batch", given))
    rising = list(after) == sorted(set(after))
    if not rising or not all(is_integer(number, 0, training.epochs) for number in after):
        rule = f"must be rising integers from 0 to {training.epochs:,}"
        faults.append(Fault("after", rule, shown(after)))
    if faults:
        raise SpecError(faults)
