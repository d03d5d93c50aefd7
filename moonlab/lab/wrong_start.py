"""Confidently wrong starts: what networks have learned, turned into its opposite."""

from collections.abc import Sequence

from moonlab.dataset import load_data
from moonlab.parameters import Layers
from moonlab.results import Comparison, Run
from moonlab.rules import Fault, Rule, SpecError, check, real, shown
from moonlab.spec import Experiment
from moonlab.trainers import train

_RULES = {
    "runs": Rule(
        "must be a list or tuple of Run",
        lambda value: isinstance(value, list | tuple) and all(isinstance(r, Run) for r in value),
    ),
    "sureness": real(0, 100, above_low=True),
}


def confidently_wrong(runs: Sequence[Run], sureness: float = 1.0) -> list[Layers]:
    """Weights of trained networks with the sign of the last layer flipped: every p becomes 1 − p.

    What was right is wrong, and as sure of it as training had made it. By symmetry such a network
    stands to the true labels as the trained one stands to swapped labels.

    Parameters
    ----------
    runs : sequence of Run
        The trained networks.
    sureness : float
        Factor on the logits, above 0 and at most 100: how sure the network is, not of what.

    Returns
    -------
    list of list of (ndarray (in, out), ndarray (out,))
        For each run, as `train(initial_weights=...)` takes them.

    Raises
    ------
    SpecError
        If an argument is of a wrong type or out of bounds.
    """
    faults = check(_RULES, {"runs": runs, "sureness": sureness})
    if faults:
        raise SpecError(faults)
    starts = []
    for run in runs:
        *before, (W, b) = run.weights
        starts.append([*before, (-sureness * W, -sureness * b)])
    return starts


def compare_from(experiment: Experiment, initial_weights: Sequence[Layers]) -> Comparison:
    """Train every architecture of an experiment from the same given weights, one set a seed.

    Parameters
    ----------
    experiment : Experiment
        With independent seeding; its architectures have the widths of the weights.
    initial_weights : sequence of list of (ndarray (in, out), ndarray (out,))
        For each seed.

    Returns
    -------
    Comparison
        The accuracy of the best possible classifier is left out of its runs.

    Raises
    ------
    SpecError
        If an argument breaks a rule.
    """
    if not isinstance(experiment, Experiment) or experiment.seeding != "independent":
        rule = "must be an Experiment with independent seeding"
        raise SpecError([Fault("experiment", rule, shown(experiment))])
    data = load_data(experiment.data)
    runs = [
        run
        for architecture in experiment.architectures
        for run in train(architecture, experiment.training, data, experiment.seeds, initial_weights)
    ]
    return Comparison(experiment, tuple(runs))
