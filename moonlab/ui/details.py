"""More about the results on demand: seeds, size, pairs, confusion; one part at a time."""

from collections.abc import Callable, Sequence

import plotly.graph_objects as go
import streamlit as st

from moonlab import figures
from moonlab.judgement import Judgement
from moonlab.results import Comparison, Group
from moonlab.stats import PairedDifference
from moonlab.ui import verdict
from moonlab.ui.arrival import show_figure_at_last
from moonlab.ui.charts import is_dark
from moonlab.ui.outcome import Outcome
from moonlab.ui.parts import show_again
from moonlab.ui.words import as_plain_text
from moonlab.verdicts import Verdict


def show_details(outcome: Outcome) -> None:
    """Show the part that is chosen."""
    st.subheader("Look closer", anchor=False)
    part = st.segmented_control(
        "Look closer",
        list(_PARTS),
        default="Seeds",
        required=True,
        key="details",
        on_change=st.rerun,  # the whole page: it watches the A/A check when that is out of sight
        label_visibility="collapsed",
    )
    _PARTS[part](outcome)


def best_possible(comparison: Comparison) -> float | None:
    """Mean accuracy of the best possible classifier on the test points of the first group."""
    found = [run.best_possible for run in comparison.groups()[0].runs]
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known else None


def _show_seeds(outcome: Outcome) -> None:
    groups, best = outcome.comparison.groups(), best_possible(outcome.comparison)
    st.caption(
        f"A dot per seed; the bar is the average and its 95% interval. {_dashed(groups, best)}"
    )
    dark = is_dark()
    figure, words = _dots(outcome.key, outcome.margin, dark, outcome)
    show_figure_at_last(figure, "dots", words, f"{outcome.margin} {dark} {outcome.key}")


def _show_size(outcome: Outcome) -> None:
    comparison, judged = outcome.comparison, outcome.judged
    groups, best = comparison.groups(), best_possible(comparison)
    st.caption(
        "Accuracy on fresh points against parameters, with 95% intervals. On the line: no other "
        f"is both smaller and more accurate (filled marks). {_dashed(groups, best)}"
    )
    dark = is_dark()
    figure = figures.accuracy_against_parameters(groups, judged, best, dark)
    show_figure_at_last(
        figure, "size", figures.accuracy_against_parameters_in_words(groups, judged)
    )


def _dashed(groups: Sequence[Group], best: float | None) -> str:
    """What the dashed line is: of the first group's data, if there are others."""
    if best is None:
        return ""
    own = {run.data for run in groups[0].runs}
    data = "this data" if len(own) == 1 else "such data, averaged over the draws"
    if any(run.data not in own for group in groups for run in group.runs):
        data = f"the data of {as_plain_text(groups[0].name)}; what has other data has another"
    return f"The dashed line is the best classifier that can exist for {data}."


def _show_pairs(outcome: Outcome) -> None:
    judged = outcome.judged
    if not judged.pairs:
        st.caption("There is no pair to compare.")
        return
    st.caption(
        "Row minus column, in points of accuracy on fresh points, seed by seed: green, the row is "
        "better; purple, it is worse. A dot marks a clear difference."
    )
    dark = is_dark()
    show_figure_at_last(
        figures.difference_matrix(judged, dark),
        "matrix",
        figures.difference_matrix_in_words(judged),
    )
    labels = [f"{judged.names[p.first]} and {judged.names[p.second]}" for p in judged.pairs]
    index = st.selectbox(
        "A pair",
        range(len(labels)),
        format_func=labels.__getitem__,
        key="pair",
        on_change=show_again("details"),
        width=420,
    )
    said = judged.verdicts[index]
    st.markdown(f"**{as_plain_text(said.text)}.**")
    st.caption(_pair_in_words(judged.pairs[index], said, judged.names))
    _show_needed(outcome.comparison, judged, index)


def _pair_in_words(pair: PairedDifference, said: Verdict, names: Sequence[str]) -> str:
    """Seen from the same side as the verdict's sentence."""
    if said.kind == "clear" and pair.mean < 0:
        pair = pair.swapped()
    name = as_plain_text(names[pair.first])
    words = f"{name} won {pair.won}, tied {pair.tied}, lost {pair.lost} of {pair.n} seeds."
    if said.kind == "too few":
        return words
    return (
        f"{words} Probability of improvement (how often a seed favours {name}, ties counting "
        f"half): {100 * pair.probability_of_improvement:.0f}%. Corrected p (the chance of so large "
        "a difference if there were none, raised for the number of pairs compared): "
        f"{pair.p_holm:.2g}."
    )


def _show_needed(comparison: Comparison, judged: Judgement, index: int) -> None:
    """Offer the seeds that would settle a pair; a pin has those it has."""
    pair, needed = judged.pairs[index], judged.needed[index]
    own = max(pair.first, pair.second) < len(comparison.names)
    if own and judged.verdicts[index].kind == "unclear" and needed is not None:
        verdict.offer_seeds(comparison, needed, "more_seeds_for_pair", " for this pair")


def _show_confusion(outcome: Outcome) -> None:
    st.caption(
        "Counts at the reported epoch; means over seeds. Log-loss is the mean surprise at the true "
        "class, in nats, whichever loss was trained: lower is better."
    )
    part = st.segmented_control(
        "Points",
        ("Train", "Validation", "Test"),
        default="Test",
        required=True,
        key="confusion_part",
        on_change=show_again("details"),
        label_visibility="collapsed",
    )
    field = {"Train": "train", "Validation": "val", "Test": "test"}[part]
    rows = [_confusion(group, field) for group in outcome.comparison.groups()]
    st.dataframe(rows, hide_index=True, key="confusion")


def _confusion(group: Group, part: str) -> dict[str, str | float]:
    scores = [getattr(run.scores, part) for run in group.runs]
    means = {
        name: sum(getattr(score, name) for score in scores) / len(scores)
        for name in ("tn", "fp", "fn", "tp", "log_loss")
    }
    return {
        "Architecture": group.name,
        "Class 0 right": round(means["tn"], 1),
        "Class 0 taken for 1": round(means["fp"], 1),
        "Class 1 taken for 0": round(means["fn"], 1),
        "Class 1 right": round(means["tp"], 1),
        "Log-loss": round(means["log_loss"], 4),
    }


def _show_diagnosis(outcome: Outcome) -> None:
    judged = outcome.judged
    lines = [
        f"- **{as_plain_text(name)}**: {found.kind}. {as_plain_text(found.rule)}"
        for name, found in zip(judged.names, judged.diagnoses, strict=True)
        if found is not None
    ]
    st.markdown("\n".join(lines))
    if any(found is not None and found.kind == "unstable" for found in judged.diagnoses):
        st.caption(
            "Where seeds fail now and then, few seeds may show none of it: of an architecture that "
            "collapses once in 20, six seeds see nothing three times out of four."
        )


# Kept as an object, not as copies: nothing here changes it
@st.cache_resource(max_entries=64, show_spinner=False)
def _dots(key: str, margin: float, dark: bool, _outcome: Outcome) -> tuple[go.Figure, str]:
    groups, judged = _outcome.comparison.groups(), _outcome.judged
    best = best_possible(_outcome.comparison)
    figure = figures.accuracy_dots(groups, judged, best, dark)
    return figure, figures.accuracy_dots_in_words(groups, judged, best)


_PARTS: dict[str, Callable[[Outcome], None]] = {
    "Seeds": _show_seeds,
    "Size": _show_size,
    verdict.PAIRS: _show_pairs,
    "Confusion": _show_confusion,
    "Diagnosis": _show_diagnosis,
    "A/A check": lambda outcome: verdict.show_check(outcome.comparison),
}
