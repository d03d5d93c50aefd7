"""Races of batch sizes on one budget, of epochs, updates or seconds, and what a batch costs."""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from moonlab.dataset import Data
from moonlab.rules import Fault, SpecError, check, integer, real, shown
from moonlab.spec import Architecture, Experiment, Training
from moonlab.stats import refuse
from moonlab.trainers import train

BATCH_SIZES: Mapping[str, int | None] = {"full batch": None, "batch 32": 32, "batch 1": 1}
"""The racers: points per update, by name."""

_BASE = Experiment(seeds=tuple(range(20)))
_EPOCHS = Training.RULES["epochs"]
_COUNT = integer(1, 10**12)
_SECONDS = real(0, 1e6, above_low=True)


def updates_per_epoch() -> dict[str, int]:
    """Updates of an epoch on the race's 240 training points, by the racers' names."""
    return {
        name: Training(batch_size=size).n_batches(_BASE.data.n_train)
        for name, size in BATCH_SIZES.items()
    }


def race(epochs: Mapping[str, int]) -> Experiment:
    """The lesson's 2→16→1 and protocol at each batch size, for so many epochs, from 20 seeds.

    Parameters
    ----------
    epochs : mapping from str to int
        By the names in `BATCH_SIZES`.

    Raises
    ------
    SpecError
        If a name is missing or unknown, or epochs are no integers from 1 to 20,000.
    """
    _check_names("epochs", epochs)
    architectures = [
        Architecture((16,), "relu", "numpy", name, {"batch_size": size, "epochs": epochs[name]})
        for name, size in BATCH_SIZES.items()
    ]
    return replace(_BASE, architectures=tuple(architectures))


def race_of_epochs(epochs: int = 20) -> Experiment:
    """Equally many passes over the points; `SpecError` as for `race`."""
    return race(dict.fromkeys(BATCH_SIZES, epochs))


def race_of_updates(updates: int = 480) -> Experiment:
    """Equally many steps, in whole epochs.

    Raises
    ------
    SpecError
        If `updates` is no integer from 1 to 20,000.
    """
    refuse(check({"updates": _EPOCHS}, {"updates": updates}))
    return race({name: _epochs(updates / n) for name, n in updates_per_epoch().items()})


def race_of_seconds(seconds: Mapping[str, float], epochs_of_32: int = 60) -> Experiment:
    """Equally long training, updates alone, in whole epochs.

    Parameters
    ----------
    seconds : mapping from str to float
        An update takes, by the names in `BATCH_SIZES`, such as from `seconds_per_update`.
    epochs_of_32 : int
        Whose time at a batch size of 32 is the budget.

    Raises
    ------
    SpecError
        If a name is missing or unknown, or a number is out of bounds.
    """
    _check_names("seconds", seconds)
    rules = {"seconds": _SECONDS, "epochs_of_32": _EPOCHS}
    faults = check(rules, {"epochs_of_32": epochs_of_32})
    refuse(faults + [fault for one in seconds.values() for fault in check(rules, {"seconds": one})])
    epoch = {name: n * seconds[name] for name, n in updates_per_epoch().items()}
    budget = epochs_of_32 * epoch["batch 32"]
    return race({name: _epochs(budget / each) for name, each in epoch.items()})


def seconds_per_update(
    architecture: Architecture,
    training: Training,
    data: Data,
    n_networks: int = 1,
    n_updates: int = 100,
) -> float:
    """Measure how long an update takes, here and now: the quickest of some.

    What other programs take of the machine meanwhile, and the scoring after an epoch, are no part
    of it.

    Parameters
    ----------
    architecture, training, data
        What would be trained.
    n_networks : int
        Trained side by side in one stack; the time is that of them all (1 to 128).
    n_updates : int
        How many are timed (1 to 10,000).

    Raises
    ------
    SpecError
        If an argument breaks a rule.
    """
    rules = {"n_networks": integer(1, 128), "n_updates": integer(1, 10_000)}
    refuse(check(rules, {"n_networks": n_networks, "n_updates": n_updates}))
    training = architecture.training(training)
    epochs = -(-(n_updates + 1) // training.n_batches(len(data.y_train)))
    began: list[float] = []

    def must_stop() -> bool:  # asked before each update, so it can tell the time
        began.append(time.perf_counter())
        return len(began) > n_updates

    few = replace(data, X_test=data.X_train, y_test=data.y_train)  # the scoring is not timed
    train(
        replace(architecture, override=None),
        replace(training, epochs=epochs),
        few,
        tuple(range(n_networks)),
        should_stop=must_stop,
    )
    return float(np.diff(began).min())


def race_seconds_per_update(data: Data, n_networks: int) -> dict[str, float]:
    """`seconds_per_update` of each racer, by its name."""
    experiment = race_of_epochs()
    return {
        name: seconds_per_update(architecture, experiment.training, data, n_networks)
        for name, architecture in zip(experiment.names, experiment.architectures, strict=True)
    }


def activations_held(architecture: Architecture, n_points: int) -> int:
    """Numbers that a batch holds between forward and backward pass: inputs, units, logits.

    Parameters
    ----------
    architecture : Architecture
        The network.
    n_points : int
        In the batch, from 1.

    Raises
    ------
    SpecError
        If `n_points` is no integer from 1.
    """
    refuse(check({"n_points": _COUNT}, {"n_points": n_points}))
    return n_points * sum(architecture.widths)


def _epochs(count: float) -> int:
    return int(min(max(round(count), 1), _EPOCHS.high))


def _check_names(field: str, given: Mapping[str, object]) -> None:
    if not isinstance(given, Mapping) or set(given) != set(BATCH_SIZES):
        rule = "must give a number for each of " + ", ".join(BATCH_SIZES)
        raise SpecError([Fault(field, rule, shown(given))])
