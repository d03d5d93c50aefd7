"""What the numbers of a comparison amount to: intervals, pairs, verdicts, diagnoses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moonlab.diagnosis import Diagnosis, diagnose
from moonlab.parameters import Floats
from moonlab.results import Group
from moonlab.rules import Fault, SpecError
from moonlab.stats import (
    Interval,
    PairedDifference,
    mean_interval,
    paired_differences,
    seeds_needed,
    wilson,
)
from moonlab.verdicts import MARGIN_POINTS, Overall, Verdict, overall, verdict


@dataclass(frozen=True)
class Judgement:
    """What is said of some groups of runs, by their accuracy on fresh points.

    Attributes
    ----------
    names : tuple of str
        Of the groups.
    compared : tuple of int
        Which groups can be compared seed by seed with the first: the others, pinned from other
        data or seeds, or stopped, have no tier and no pairs.
    intervals : tuple of Interval
        Of each group's mean accuracy: a t interval over seeds, or Wilson's for a single run.
    regrets : tuple of float or None
        What each group lacks, on average, to the best possible classifier; None if unknown.
    diagnoses : tuple of Diagnosis or None
        Of each group; None for a stopped one.
    overall : Overall or None
        Of the compared ones, in their order; None if there are none.
    pairs, verdicts : tuple of PairedDifference, tuple of Verdict
        Of each pair among the compared ones; `first` and `second` count groups.
    needed : tuple of int or None
        Of each pair, how many seeds would settle it.
    """

    names: tuple[str, ...]
    compared: tuple[int, ...]
    intervals: tuple[Interval, ...]
    regrets: tuple[float | None, ...]
    diagnoses: tuple[Diagnosis | None, ...]
    overall: Overall | None
    pairs: tuple[PairedDifference, ...]
    verdicts: tuple[Verdict, ...]
    needed: tuple[int | None, ...]

    def tier(self, group: int) -> int | None:
        """The tier of a group, from 1, if it has one."""
        if self.overall is None or self.overall.tiers is None or group not in self.compared:
            return None
        return self.overall.tiers[self.compared.index(group)]


def judge(groups: Sequence[Group], margin_points: float = MARGIN_POINTS) -> Judgement:
    """Judge groups of runs.

    Parameters
    ----------
    groups : sequence of Group
        As `Comparison.groups()` gives them.
    margin_points : float
        Differences below so many percentage points make no difference.

    Returns
    -------
    Judgement
    """
    names = tuple(group.name for group in groups)
    compared = tuple(
        index
        for index, group in enumerate(groups)
        if group.pairs_with == groups[0].pairs_with
        and all(run.status != "stopped" for run in group.runs)
    )
    scores = np.array([[run.scores.test.accuracy for run in groups[i].runs] for i in compared])
    pairs = tuple(
        pair._replace(first=compared[pair.first], second=compared[pair.second])
        for pair in (paired_differences(scores) if len(compared) > 1 else [])
    )
    diagnoses = tuple(_diagnosis(group) for group in groups)
    return Judgement(
        names,
        compared,
        tuple(accuracy_interval(group) for group in groups),
        tuple(_regret(group) for group in groups),
        diagnoses,
        _overall(groups, compared, scores, diagnoses, margin_points) if compared else None,
        pairs,
        tuple(verdict(pair, names, margin_points) for pair in pairs),
        tuple(seeds_needed(pair, margin_points / 100) for pair in pairs),
    )


def _overall(
    groups: Sequence[Group],
    compared: tuple[int, ...],
    scores: Floats,
    diagnoses: Sequence[Diagnosis | None],
    margin_points: float,
) -> Overall:
    found = [diagnoses[index] for index in compared]
    return overall(
        [groups[index].name for index in compared],
        [groups[index].runs[0].architecture.n_parameters for index in compared],
        scores,
        margin_points,
        unstable=[
            position
            for position, one in enumerate(found)
            if one is not None and one.kind in ("unstable", "diverged")
        ],
    )


def accuracy_interval(group: Group, part: str = "test") -> Interval:
    """95% interval of a group's accuracy on a part: over seeds, or of a single run's count."""
    scores = [getattr(run.scores, part) for run in group.runs]
    if len(scores) == 1:
        return wilson(scores[0].correct, scores[0].n)
    mean = mean_interval([score.accuracy for score in scores])
    return Interval(mean.low, mean.high)


def _regret(group: Group) -> float | None:
    lacks = [
        run.best_possible - run.scores.test.accuracy
        for run in group.runs
        if run.best_possible is not None
    ]
    return float(np.mean(lacks)) if len(lacks) == len(group.runs) else None


def _diagnosis(group: Group) -> Diagnosis | None:
    if any(run.status == "stopped" for run in group.runs):
        return None
    known = [run.best_possible for run in group.runs if run.best_possible is not None]
    return diagnose(
        [run.scores.train.accuracy for run in group.runs],
        [run.scores.test.accuracy for run in group.runs],
        [run.status == "diverged" for run in group.runs],
        float(np.mean(known)) if len(known) == len(group.runs) else None,
    )


def race_against_itself(group: Group, margin_points: float = MARGIN_POINTS) -> Verdict:
    """The first half of a group's runs against the second: no difference is there to be found."""
    if len(group.runs) < 2:
        rule = "must hold at least two runs to be raced against itself"
        raise SpecError([Fault("group", rule, f"{len(group.runs)}")])
    scores = [run.scores.test.accuracy for run in group.runs]
    half = len(scores) // 2
    (pair,) = paired_differences([scores[:half], scores[half : 2 * half]])
    names = (group.name, f"{group.name} under other seeds")
    return verdict(pair, names, margin_points, paired=False)
