"""What the results amount to, in words; and how to learn more: other seeds, more of them."""

from dataclasses import replace
from functools import partial
from itertools import islice

import streamlit as st

from moonlab.judgement import Judgement, race_against_itself
from moonlab.results import Comparison
from moonlab.spec import Experiment
from moonlab.stats import MIN_SEEDS, POWER
from moonlab.ui import terms, training
from moonlab.ui.bind import page_state, real
from moonlab.ui.faults import show_if_faulty
from moonlab.ui.parts import show_again, show_part, then_whole
from moonlab.ui.state import MAX_SEEDS
from moonlab.ui.words import as_plain_text
from moonlab.verdicts import MARGIN_POINTS

MORE_SEEDS = "more seeds"
"""The part of a verdict that offers them."""
PAIRS = "Pairs"
"""The part of the details that offers more seeds, too."""
_MARGIN = Experiment.RULES["margin_points"]
_LEAST_A_SIDE = 20  # seeds of an A/A check
_WORDS = """
- **Seed**: where a run's luck begins: {varying}. All architectures run from the same seeds, so
  they are compared seed by seed (**paired**).
- **95% interval**: bounds that hold {average} in 95 of 100 such comparisons.
- **Clear**: so large a difference would come from luck in fewer than 5 of 100 comparisons, all
  pairs counted together (Holm's correction), if the number of seeds was fixed beforehand. Who
  adds seeds until it is clear is fooled more often.
- **Equivalent**: the whole interval lies within the margin, even if one wins steadily. **Unclear**:
  neither; more seeds would tell. The number named settles it with a chance of {power:.0%}, if
  average and spread stay as they are.
- **Tier 1**: the leader, and all that are not clearly worse than it. The smallest of them is the
  one to start from, unless too many of its seeds failed.
- **Regret**: points that are missing to the best classifier that can exist for this data.
"""


def margin_points() -> float:
    """The margin within which architectures count as equivalent, if what was typed is one."""
    margin = page_state().margin_points
    return float(margin) if _is_margin(margin) else MARGIN_POINTS


def _is_margin(value: object) -> bool:
    return _MARGIN.accepts(value)


def show_verdict(comparison: Comparison, judged: Judgement) -> None:
    """Show the verdict for the whole, with its terms and what would make it firmer."""
    if judged.overall is None or comparison.status == "stopped":
        st.warning("Training was stopped: the results show how far it came. No verdict from that.")
        return
    with st.container(border=True, key="verdict", horizontal=True, vertical_alignment="center"):
        said = f"**{as_plain_text(judged.overall.text)}**{_scope(comparison, judged)}"
        st.markdown(said, width="stretch")
        show_part(MORE_SEEDS, partial(_show_more_seeds, comparison, judged))
        with st.popover("What the words mean"):
            st.markdown(_words(comparison.experiment.seeding))
            _show_margin()


def _scope(comparison: Comparison, judged: Judgement) -> str:
    """That a verdict is on one draw of the points, if it is, and where that can be changed."""
    is_one = judged.pairs and not terms.draws_points(comparison.experiment.seeding)
    if not is_one or len(comparison.experiment.seeds) < MIN_SEEDS:
        return ""
    return (
        " :small[:gray[On these very points; to speak of all such data, let the points vary, too: "
        "“What varies with the seed”.]]"
    )


def _words(seeding: str) -> str:
    return _WORDS.format(
        varying=terms.varying(seeding), average=terms.average(seeding), power=POWER
    )


def _show_margin() -> None:
    real(
        "Equivalent within ± points",
        page_state().margin_points,
        "margin",
        page_state().set_margin,
        help="Differences smaller than this make no difference to you.",
    )
    if not _is_margin(page_state().margin_points):
        show_if_faulty(_MARGIN, "margin_points", page_state().margin_points)
        st.caption(f"Until then it is {MARGIN_POINTS:g}.")


def _show_more_seeds(comparison: Comparison, judged: Judgement) -> None:
    """Offer as many more seeds as would settle what is unclear."""
    present = len(comparison.experiment.seeds)
    offer_seeds(comparison, seeds_wanted(judged, present, len(comparison.names)), "more_seeds")


def offer_seeds(comparison: Comparison, wanted: int, key: str, purpose: str = "") -> None:
    """Show a button that trains so many seeds in all, or as many as there may be."""
    n_more = min(wanted, MAX_SEEDS) - len(comparison.experiment.seeds)
    if n_more < 1 or comparison.experiment != training.current_experiment():
        return
    st.button(
        f"Train {n_more} more seed{'' if n_more == 1 else 's'}{purpose}",
        key=key,
        icon=":material/add:",
        help=_more_in_words(comparison.experiment),
        on_click=then_whole(train_more_seeds),
        args=(n_more,),
        disabled=training.active_job() is not None,
    )
    if wanted > MAX_SEEDS:
        st.caption(
            f"{MAX_SEEDS} seeds are the most there can be: "
            f"the chance that so many settle the difference is below {POWER:.0%}."
        )


def _more_in_words(experiment: Experiment) -> str:
    engines = {one.engine for one in experiment.architectures}
    if experiment.seeding == "sequential" or "torch" in engines:
        return "A replay, and PyTorch's networks, are trained anew together with these."
    return "Only these are trained; what is there already stays."


def seeds_wanted(judged: Judgement, present: int, n_own: int) -> int:
    """How many seeds would support a verdict, or settle the quickest unclear pair of tier 1."""
    if len(judged.compared) < 2:
        return present
    if present < MIN_SEEDS:
        return 20
    needed = [
        count
        for pair, said, count in zip(judged.pairs, judged.verdicts, judged.needed, strict=True)
        if said.kind == "unclear"
        and count is not None
        and max(pair.first, pair.second) < n_own  # a pin has the seeds it has
        and judged.tier(pair.first) == judged.tier(pair.second) == 1
    ]
    return min(needed, default=present)


def train_more_seeds(n_more: int) -> None:
    """Add seeds to what is set up, and train what is missing."""
    page_state().add_seeds(n_more)
    training.start_current()


def show_check(comparison: Comparison) -> None:
    """Race an architecture against itself, which must not come out as clear."""
    st.markdown(
        "**The A/A check** races an architecture against itself, under other seeds. There is no "
        "difference to find, so a *clear* verdict would be a false alarm: at most 1 in 20. "
        f"It takes at least {_LEAST_A_SIDE} seeds a side."
    )
    experiment = comparison.experiment
    names = dict(zip(comparison.names, experiment.architectures, strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Architecture", list(names), key="check_of", on_change=show_again("details"), width=260
        )
        st.button(
            "Race it against itself",
            key="check",
            icon=":material/compare_arrows:",
            on_click=then_whole(
                lambda: st.session_state.update(checked=_doubled(comparison, name))
            ),
        )
    if "checked" not in st.session_state:
        return
    result = training.comparison_of(st.session_state.checked, "check")
    if result is not None:
        _show_outcome(result)


def _doubled(comparison: Comparison, name: str) -> Experiment:
    """The experiment of one architecture from its seeds and as many others, 20 at least."""
    index = comparison.names.index(name)
    experiment = comparison.experiment
    own = experiment.seeds[: MAX_SEEDS // 2]
    others = (seed for seed in range(2 * MAX_SEEDS) if seed not in experiment.seeds)
    seeds = (*own, *islice(others, 2 * max(len(own), _LEAST_A_SIDE) - len(own)))
    unmarked = experiment.names[index]
    name = unmarked if name == unmarked + terms.EARLIER else name
    one = replace(experiment.architectures[index], name=name[:60])
    seeding = "independent" if experiment.seeding == "sequential" else experiment.seeding
    return replace(experiment, architectures=(one,), seeds=seeds, seeding=seeding)


def _show_outcome(result: Comparison) -> None:
    said = race_against_itself(result.groups()[0], margin_points())
    comment = "As it should be: there is nothing to find."
    if said.kind == "clear":
        comment = "A false alarm: that happens once in about 20 checks, with any number of seeds."
    st.info(f"{as_plain_text(said.text)}. {comment}")
