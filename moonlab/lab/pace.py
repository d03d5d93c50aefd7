"""What a learning rate does to training, read from curves of loss: a pace for every run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from moonlab.functional import LOSSES
from moonlab.parameters import Floats
from moonlab.results import Group, Run
from moonlab.rules import Fault, Rule, check, real, shown
from moonlab.spec import Architecture, DataSpec, Experiment, Training
from moonlab.stats import refuse

Pace = Literal["too slow", "right", "oscillating", "diverged"]
PACES: tuple[Pace, ...] = ("too slow", "right", "oscillating", "diverged")

RATES = (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
OPTIMIZERS = ("gd", "momentum", "adam")

WITHIN = 5.0  # times the least loss on the ladder: so far is far enough
CALM = 0.1  # of what steps down gain, steps up may undo so much
RESTLESS = 0.5  # and where they undo more than that, a run oscillates wherever it ends

_LEAST = 1e-12  # a loss below is one that no step can better
_ROUNDING = 1e-6
_RULES = {
    "run": Rule("must be a Run", lambda value: isinstance(value, Run)),
    "lowest": real(0, 1e300),
}


def ladder(optimizer: str) -> Experiment:
    """2→16→1 at each of eight learning rates, 200 steps down the full gradient of 300 points.

    Full batches, so that a row of a history is a step, and nothing but the rate shakes a curve.

    Parameters
    ----------
    optimizer : {"gd", "momentum", "adam"}
        The one that takes the steps.
    """
    return Experiment(
        data=DataSpec(validation_fraction=0.0),
        training=Training(optimizer=optimizer, batch_size=None, epochs=200),
        architectures=tuple(
            Architecture((16,), engine="numpy", name=f"{rate:g}", override={"learning_rate": rate})
            for rate in RATES
        ),
        seeds=tuple(range(32)),
    )


def setback(run: Run) -> float:
    """What steps up undo, as a share of what steps down gain, in the logarithm of train loss.

    0 is a curve that only falls, 1 one that ends where it began.

    Raises
    ------
    SpecError
        If `run` is none.
    """
    refuse(check(_RULES, {"run": run}))
    steps = np.diff(np.log(np.maximum(run.curves[:, 0], _LEAST)))
    up, down = steps[steps > 0].sum(), -steps[steps < 0].sum()
    return float(up / down) if down else (np.inf if up else 0.0)


def pace(run: Run, lowest: float) -> Pace:
    """What the learning rate did to a run; the first that holds.

    1. Diverged: a loss or weight became infinite; or steps up undo over a tenth of what steps
       down gain, and it ends no lower than it began, or than if every point were a coin toss.
    2. Oscillating: steps up undo over half of what steps down gain; or over a tenth, and it ends
       higher than five times `lowest`.
    3. Too slow: it ends higher than five times `lowest`, and so after a calm fall.
    4. Right.

    Gains and losses are in the logarithm of the train loss; see `setback`.

    Parameters
    ----------
    run : Run
        Best of full batches: smaller ones shake a curve, too, and no rate is at fault.
    lowest : float
        The train loss that can be reached in as many steps; see `climb`.

    Raises
    ------
    SpecError
        If an argument is of a wrong type or out of bounds.
    """
    refuse(check(_RULES, {"run": run, "lowest": lowest}))
    if run.status == "diverged" or not len(run.curves):
        return "diverged"
    first, last = run.curves[[0, -1], 0]
    back, is_high = setback(run), last > WITHIN * lowest
    no_gain = min(first, coin_toss(run.training.loss)) * (1 - _ROUNDING)
    if back > CALM and last >= no_gain:
        return "diverged"
    if back > RESTLESS or (back > CALM and is_high):
        return "oscillating"
    return "too slow" if is_high else "right"


def coin_toss(loss: str) -> float:
    """The loss of a network that gives both classes a half, whatever the point."""
    return float(LOSSES[loss].value(np.zeros(1), np.zeros(1, dtype=int))[0])


@dataclass(frozen=True, eq=False)
class Rung:
    """The runs of one learning rate.

    Attributes
    ----------
    rate : float
        The learning rate.
    final : ndarray (seeds,)
        Train loss of each run after its last finite step; infinite if the run became so.
    paces : tuple of Pace
        Of each run.
    """

    rate: float
    final: Floats
    paces: tuple[Pace, ...]

    @property
    def median(self) -> float:
        """Of the final losses."""
        return float(np.median(self.final))

    @property
    def main(self) -> Pace:
        """The pace of most runs; of equally many, the first in `PACES`."""
        return max(PACES, key=self.paces.count)


@dataclass(frozen=True, eq=False)
class Ladder:
    """The runs of many learning rates.

    Attributes
    ----------
    rungs : tuple of Rung
        As the groups were given.
    best : int
        The rung with the least median loss at the end.
    """

    rungs: tuple[Rung, ...]
    best: int

    @property
    def lowest(self) -> float:
        """The median loss at the end of the best rung."""
        return self.rungs[self.best].median


def climb(groups: Sequence[Group], lowest: float | None = None) -> Ladder:
    """Give every run its pace.

    Parameters
    ----------
    groups : sequence of Group
        Each of one learning rate.
    lowest : float, optional
        The train loss that can be reached, such as another ladder's, by which the paces of both
        can be compared; otherwise the least median loss of these groups.

    Raises
    ------
    SpecError
        If there are none, or all runs became infinite.
    """
    finals = [np.array([_final(run) for run in group.runs]) for group in groups]
    medians = [float(np.median(final)) for final in finals]
    best = int(np.argmin(medians)) if medians else 0
    if not medians or medians[best] == np.inf:
        rule = "must be groups of runs, one of which stays finite"
        refuse([Fault("groups", rule, shown([group.name for group in groups]))])
    reachable = medians[best] if lowest is None else lowest
    rungs = [
        Rung(
            group.runs[0].training.learning_rate,
            final,
            tuple(pace(run, reachable) for run in group.runs),
        )
        for group, final in zip(groups, finals, strict=True)
    ]
    return Ladder(tuple(rungs), best)


def _final(run: Run) -> float:
    is_finite = run.status != "diverged" and len(run.curves) > 0
    return float(run.curves[-1, 0]) if is_finite else np.inf
