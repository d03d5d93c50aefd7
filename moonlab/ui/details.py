"""More about the results on demand: seeds, size, pairs, confusion; one part at a time."""

from collections.abc import Callable

import streamlit as st

from moonlab import figures
from moonlab.judgement import Judgement
from moonlab.results import Comparison, Group
from moonlab.ui import training, verdict
from moonlab.ui.charts import show_figure
from moonlab.ui.state import MAX_SEEDS
from moonlab.ui.words import as_plain_text


def show_details(comparison: Comparison, judged: Judgement) -> None:
    """Show the part that is chosen."""
    st.subheader("Look closer", anchor=False)
    part = st.segmented_control(
        "Look closer",
        list(_PARTS),
        default="Seeds",
        required=True,
        key="details",
        label_visibility="collapsed",
    )
    _PARTS[part](comparison, judged)


def best_possible(comparison: Comparison) -> float | None:
    """Mean accuracy of the best possible classifier on the test points of the first group."""
    found = [run.best_possible for run in comparison.groups()[0].runs]
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known else None


def _show_seeds(comparison: Comparison, judged: Judgement) -> None:
    st.caption(
        "A dot per seed; the bar is the average and its 95% interval. The dashed line is the best "
        "classifier that can exist for this data."
    )
    dark = st.context.theme.type == "dark"
    groups, best = comparison.groups(), best_possible(comparison)
    figure = figures.accuracy_dots(groups, judged, best, dark)
    show_figure(figure, "dots", figures.accuracy_dots_in_words(groups, judged, best))


def _show_size(comparison: Comparison, judged: Judgement) -> None:
    st.caption(
        "Accuracy on fresh points against parameters, with 95% intervals. On the line: no other "
        "is both smaller and more accurate (filled marks)."
    )
    dark = st.context.theme.type == "dark"
    groups, best = comparison.groups(), best_possible(comparison)
    figure = figures.accuracy_against_parameters(groups, judged, best, dark)
    show_figure(figure, "size", figures.accuracy_against_parameters_in_words(groups, judged))


def _show_pairs(comparison: Comparison, judged: Judgement) -> None:
    if not judged.pairs:
        st.caption("There is no pair to compare.")
        return
    st.caption(
        "Row minus column, in points of accuracy on fresh points, seed by seed: green, the row is "
        "better; purple, it is worse. A dot marks a clear difference."
    )
    dark = st.context.theme.type == "dark"
    show_figure(
        figures.difference_matrix(judged, dark),
        "matrix",
        figures.difference_matrix_in_words(judged),
    )
    labels = [f"{judged.names[p.first]} and {judged.names[p.second]}" for p in judged.pairs]
    index = st.selectbox(
        "A pair", range(len(labels)), format_func=labels.__getitem__, key="pair", width=420
    )
    pair, said = judged.pairs[index], judged.verdicts[index]
    st.markdown(f"**{as_plain_text(said.text)}.**")
    words = f"Won {pair.won}, tied {pair.tied}, lost {pair.lost} of {pair.n} for the first."
    if said.kind != "too few":
        words += (
            f" Probability of improvement, ties counting half: "
            f"{100 * pair.probability_of_improvement:.0f}%. Corrected p {pair.p_holm:.2g}."
        )
    st.caption(words)
    _show_needed(comparison, judged, index)


def _show_needed(comparison: Comparison, judged: Judgement, index: int) -> None:
    """How many seeds would settle a pair, and the button that trains them."""
    pair = judged.pairs[index]
    if max(pair.first, pair.second) >= len(comparison.names):
        return  # a pin has the seeds it has
    if comparison.experiment != training.current_experiment() or training.active_job():
        return
    needed, present = judged.needed[index], len(comparison.experiment.seeds)
    if judged.verdicts[index].kind != "unclear" or needed is None or needed <= present:
        return
    n_more = min(needed, MAX_SEEDS) - present
    if n_more < 1:
        return
    st.button(
        f"Train {n_more} more seed{'' if n_more == 1 else 's'} for this pair",
        key="more_seeds_for_pair",
        icon=":material/add:",
        on_click=verdict.train_more_seeds,
        args=(n_more,),
    )


def _show_confusion(comparison: Comparison, judged: Judgement) -> None:
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
        label_visibility="collapsed",
    )
    field = {"Train": "train", "Validation": "val", "Test": "test"}[part]
    rows = [_confusion(group, field) for group in comparison.groups()]
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


def _show_diagnosis(comparison: Comparison, judged: Judgement) -> None:
    lines = [
        f"- **{as_plain_text(name)}** {found.kind}. {as_plain_text(found.rule)}"
        for name, found in zip(judged.names, judged.diagnoses, strict=True)
        if found is not None
    ]
    st.markdown("\n".join(lines))
    if any(found is not None and found.kind == "unstable" for found in judged.diagnoses):
        st.caption(
            "Where seeds fail now and then, few seeds may show none of it: of an architecture that "
            "collapses once in 20, six seeds see nothing three times out of four."
        )


_PARTS: dict[str, Callable[[Comparison, Judgement], None]] = {
    "Seeds": _show_seeds,
    "Size": _show_size,
    "Pairs": _show_pairs,
    "Confusion": _show_confusion,
    "Diagnosis": _show_diagnosis,
    "A/A check": lambda comparison, judged: verdict.show_check(comparison),
}
