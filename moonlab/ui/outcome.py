"""A comparison that is shown and what to make of it, worked out once however often it is shown."""

from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from moonlab.judgement import Judgement, judge
from moonlab.results import Comparison
from moonlab.ui.verdict import margin_points
from moonlab.verdicts import MARGIN_POINTS


class Outcome(NamedTuple):
    """A comparison that is shown, and what to make of it."""

    comparison: Comparison
    judged: Judgement
    margin: float
    key: str
    """Tells what is shown, but for the margin, from all else in caches."""
    results: str
    """Tells the results from all others, whatever they are called."""


def outcome_of(comparison: Comparison) -> Outcome:
    """Judge a comparison by the margin that is set up."""
    margin, results = margin_points(), _results(comparison)
    key = "\n".join([results, *comparison.names])
    return Outcome(comparison, _judged(key, margin, comparison), margin, key, results)


def _results(comparison: Comparison) -> str:
    """What tells results apart in caches: what they come from, pins, and how far they came."""
    parts = [str([len(run.curves) for run in comparison.runs]), comparison.status]
    experiment = comparison.experiment
    nameless = tuple(replace(one, name=None) for one in experiment.architectures)
    experiment = replace(experiment, architectures=nameless, margin_points=MARGIN_POINTS)
    parts.append(experiment.to_json())
    for name, runs in comparison.pinned:
        parts += [name, repr((runs[0].architecture, runs[0].training, runs[0].data))]
        parts.append(str([(run.seed, run.status, run.scores) for run in runs]))
    return "\n".join(parts)


# Kept as an object, not as copies: nothing here changes it
@st.cache_resource(max_entries=64, show_spinner=False)
def _judged(key: str, margin: float, _comparison: Comparison) -> Judgement:
    return judge(_comparison.groups(), margin)
