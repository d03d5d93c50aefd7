"""Where luck comes from: three sources of randomness, one at a time, as variance shares."""

import numpy as np
import streamlit as st

from moonlab import lesson
from moonlab.dataset import N_TEST, load_data
from moonlab.figure_look import color_of
from moonlab.lab import luck
from moonlab.lab.figures_luck import (
    Row,
    in_percent,
    many_draws,
    many_draws_in_words,
    shares,
    shares_in_words,
)
from moonlab.lab.variance_shares import VarianceShares, variance_shares
from moonlab.parameters import Floats
from moonlab.results import Comparison
from moonlab.spec import DataSpec
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.frame import results_of

NETWORKS = (0, 1, 4)  # of the lesson's table, by their place in it
_SOURCES = tuple(luck.SOURCES.values())


def show_sources(names: tuple[str, ...]) -> None:
    """The second half: which source of randomness makes how much of the variance."""
    st.markdown(
        "Three things are drawn by lot: the initial weights, the order of the batches, and the "
        "data with their split. Let one vary at a time while the others stand still."
    )
    with st.container(horizontal=True, gap="medium"):
        network = st.segmented_control(
            "Network",
            NETWORKS,
            default=NETWORKS[0],
            required=True,
            format_func=lambda index: names[index],
            key="luck_network",
        )
        guess = st.segmented_control(
            f"Which draw moves the accuracy of {names[network]} most? Predict.",
            _SOURCES,
            key=f"source_guess_{network}",
            wrap=True,
            persist_state="session",
        )
    if guess is not None:
        _show_shares(network, names[network], guess)


def _show_shares(network: int, name: str, guess: str) -> None:
    hidden = lesson.torch_experiment().architectures[network].hidden
    runs = []
    for seeding in (*luck.SOURCES, luck.TOGETHER):
        comparison = results_of(luck.varying(hidden, seeding), f"luck_{seeding}")
        if comparison is None:
            return
        runs.append(comparison)
    scores, found = _measured(runs[-1].experiment.to_json(), runs)
    color = color_of(network)
    st.markdown(sources_in_words(found, guess))
    dots, bars = st.columns(2, gap="large")
    with dots:
        rows = source_rows(scores, found, color)
        title = f"{name} on fresh points: a dot a seed"
        figure = many_draws(rows, title, dark=is_dark())
        show_figure(figure, "sources", many_draws_in_words(rows, title))
    with bars:
        figure = shares(_SOURCES, found.shares, found.total, color, dark=is_dark())
        show_figure(figure, "shares", shares_in_words(_SOURCES, found.shares, found.total))
    by_few = np.std([run.scores.val.accuracy for run in runs[-1].runs], ddof=1)
    st.caption(caveats_in_words(found, float(by_few)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _measured(experiment: str, _runs: list[Comparison]) -> tuple[Floats, VarianceShares]:
    """Accuracies (4, seeds) on the same fresh points, a row for each seeding, and their shares."""
    exam = load_data(DataSpec())
    scores = np.stack([luck.on_one_exam(one.runs, exam) for one in _runs])
    return scores, variance_shares(scores[:-1], scores[-1], np.random.default_rng(0))


def source_rows(scores: Floats, found: VarianceShares, color: str) -> list[Row]:
    """A row of dots for each source alone, and one for all: scores (4, seeds)."""
    texts = [*(f"{name} alone" for name in _SOURCES), "All three"]
    sds = [*found.sds, found.sd]
    return [
        Row(f"<b>{text}</b>  sd {100 * sd:.2f} points", values, color)
        for text, sd, values in zip(texts, sds, scores, strict=True)
    ]


def sources_in_words(found: VarianceShares, guess: str) -> str:
    """Which source matters most, and whether they add up."""
    if not found.sd:
        return f"All {found.n} runs score the same, whatever is drawn: there is nothing to share."
    order = sorted(range(len(_SOURCES)), key=lambda i: -found.shares[i].share)
    most, *rest = (f"{_SOURCES[i].lower()} {in_percent(found.shares[i])}" for i in order)
    right = "As you guessed" if guess == _SOURCES[order[0]] else f"Not the {guess.lower()}"
    sums = f"Together the three make {in_percent(found.total)}: "
    if found.adds_up:
        sums += "with this many seeds, that cannot be told from 100%."
    elif found.total.low > 1:
        sums += "more than the whole, so what one draw does depends on the others."
    else:
        sums += "the rest shows only when they vary together."
    return f"**{right}: {most}** of the variance; {', '.join(rest)}. {sums}"


def caveats_in_words(found: VarianceShares, by_few: float) -> str:
    """What the shares do not say; and the scatter by few points, in shares, beside theirs."""
    return (
        f"In brackets 95% intervals, from {found.n} seeds each. Alone means that the others are "
        "held at one draw: those of seed 0, the lesson's points. Held elsewhere, a share can be "
        "quite another (the data draw does much less to 2→4→1 from some other starts), and the "
        "three need not sum to 100%. All runs are judged by the same "
        f"{N_TEST:,} fresh points, on which all three draws together scatter by "
        f"{100 * found.sd:.2f} points (sd); on their {DataSpec().n_validation} validation points "
        f"by {100 * by_few:.2f}: so few points are a draw of their own."
    )
