"""The lesson's table as one draw out of many, and the experiments that say what draws it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from moonlab import lesson
from moonlab.dataset import Data
from moonlab.judgement import Judgement
from moonlab.metrics import predictions
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats
from moonlab.results import Run
from moonlab.rules import Fault, Rule, SpecError, check, choice, integer, shown
from moonlab.spec import Architecture, Experiment
from moonlab.stats import numbers, refuse

SOURCES = {
    "only_start": "Initial weights",
    "only_batches": "Batch order",
    "only_data": "Data draw",
}
"""What can vary with the seed, by the seeding that varies it alone."""
TOGETHER = "with_data"
"""The seeding that varies all of them."""

_RULES = {
    "n_seeds": integer(1, 128),
    "seeding": choice(*SOURCES, TOGETHER),
    "runs": Rule(
        "must be a list or tuple of Run",
        lambda value: isinstance(value, list | tuple) and all(isinstance(r, Run) for r in value),
    ),
    "data": Rule("must be of type Data", lambda value: isinstance(value, Data)),
}


class RankingCheck(NamedTuple):
    """How a ranking fares, pair by pair."""

    right: int
    """Pairs that differ clearly, and in this order."""
    wrong: int
    """Pairs that differ clearly, in the other order."""
    even: int
    """Pairs with no clear difference: no order of them is right or wrong."""


def many_tables(n_seeds: int = 64) -> Experiment:
    """The lesson's five architectures, data and protocol, from many seeds; a seed is a table.

    The NumPy engine trains them. Initial weights and batches vary, the data are the lesson's.
    """
    refuse(check(_RULES, {"n_seeds": n_seeds}))
    asked = lesson.torch_experiment()
    networks = tuple(replace(one, engine="numpy") for one in asked.architectures)
    seeds = tuple(range(n_seeds))
    return replace(asked, architectures=networks, seeds=seeds, seeding="independent")


def varying(hidden: tuple[int, ...], seeding: str, n_seeds: int = 40) -> Experiment:
    """One architecture by the lesson's protocol from many seeds that draw what `seeding` says.

    Parameters
    ----------
    hidden : tuple of int
        Width of each hidden layer.
    seeding : {"only_start", "only_batches", "only_data", "with_data"}
        One of `SOURCES`, or `TOGETHER`.
    n_seeds : int
        From 1 to 128.
    """
    refuse(check(_RULES, {"seeding": seeding, "n_seeds": n_seeds}))
    asked = lesson.torch_experiment()
    networks = (Architecture(hidden, engine="numpy"),)
    return replace(asked, architectures=networks, seeds=tuple(range(n_seeds)), seeding=seeding)


def on_one_exam(runs: Sequence[Run], data: Data) -> Floats:
    """The accuracy (n,) of runs on the same fresh points, whatever data each was trained on.

    Scores on fresh points of one's own have some luck of the draw of these in them.

    Raises
    ------
    SpecError
        If an argument is of a wrong type.
    """
    refuse(check(_RULES, {"runs": runs, "data": data}))
    said = [
        predictions(logits(run.reported_parameters[np.newaxis], run.architecture, data.X_test)[0])
        for run in runs
    ]
    return np.array([np.mean(one == (data.y_test == 1)) for one in said])


def check_ranking(ranking: Sequence[int], judged: Judgement) -> RankingCheck:
    """Hold a ranking against a judgement.

    Parameters
    ----------
    ranking : sequence of int
        The compared groups, best first.
    judged : Judgement
        Of these groups.

    Raises
    ------
    SpecError
        If the ranking does not hold each compared group once.
    """
    if not isinstance(ranking, list | tuple) or sorted(ranking) != list(judged.compared):
        rule = f"must hold each of {judged.compared} once"
        raise SpecError([Fault("ranking", rule, shown(ranking))])
    place = {group: index for index, group in enumerate(ranking)}
    agrees = [
        (place[pair.first] < place[pair.second]) == (pair.mean > 0)
        for pair, said in zip(judged.pairs, judged.verdicts, strict=True)
        if said.kind == "clear"
    ]
    right = sum(agrees)
    return RankingCheck(right, len(agrees) - right, len(judged.pairs) - len(agrees))


def n_rankings(scores: Sequence[Sequence[float]] | Floats) -> int:
    """How many different rankings, ties among them, there are in the columns of a table.

    Parameters
    ----------
    scores : ndarray, shape (architectures, seeds)
        Accuracies as shares.

    Raises
    ------
    SpecError
        If `scores` are no numbers from 0 to 1 of that shape.
    """
    array, faults = numbers("scores", scores, ("architectures", "seeds"), 0, 1)
    refuse(faults)
    signs = np.sign(array[:, np.newaxis] - array)  # (architectures, architectures, seeds)
    return len(np.unique(signs.reshape(-1, array.shape[1]), axis=1).T)
