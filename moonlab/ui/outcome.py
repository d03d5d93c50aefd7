"""A comparison that is shown and what to make of it, worked out once however often it is shown."""

from typing import NamedTuple

import streamlit as st

from moonlab.judgement import Judgement, judge
from moonlab.results import Comparison
from moonlab.ui.verdict import margin_points


class Outcome(NamedTuple):
    """A comparison that is shown, and what to make of it."""

    comparison: Comparison
    judged: Judgement
    margin: float
    key: str
    """Tells it from all others in caches."""


def outcome_of(comparison: Comparison) -> Outcome:
    """Judge a comparison by the margin that is set up."""
    key, margin = _key(comparison), margin_points()
    return Outcome(comparison, _judged(key, margin, comparison), margin, key)


def _key(comparison: Comparison) -> str:
    """What tells shown comparisons apart in caches: names, pins, and how far they came."""
    parts = [str([len(run.curves) for run in comparison.runs])]
    parts += [comparison.status, comparison.experiment.to_json(), *comparison.names]
    for name, runs in comparison.pinned:
        parts += [name, repr((runs[0].architecture, runs[0].training, runs[0].data))]
        parts.append(str([(run.seed, run.status, run.scores) for run in runs]))
    return "\n".join(parts)


# Kept as an object, not as copies: nothing here changes it
@st.cache_resource(max_entries=64, show_spinner=False)
def _judged(key: str, margin: float, _comparison: Comparison) -> Judgement:
    return judge(_comparison.groups(), margin)
