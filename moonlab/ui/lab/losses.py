"""Why not squared error? One point under two losses; then they race from two kinds of start."""

import math

import streamlit as st

from moonlab import presets
from moonlab.judgement import Judgement, judge
from moonlab.lab import figures_losses, figures_races
from moonlab.lab.point_loss import LESSON_CASES, PointLoss, logit_of
from moonlab.lab.wrong_start import compare_from, confidently_wrong
from moonlab.metrics import Score
from moonlab.results import Comparison
from moonlab.spec import Experiment
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.ui.words import as_plain_text
from moonlab.wording import percent

SURENESS = (1.0, 2.0, 4.0)
GUESSES = ("Cross-entropy", "Squared error", "Neither")


def show() -> None:
    """Show the page."""
    experiment = presets.losses()
    show_question(
        "Why not squared error?",
        "The lesson trains on cross-entropy and says that squared error fails. Move a point to see "
        "how hard each loss pulls at it; then let the two race, from "
        f"{len(experiment.seeds)} starts.",
    )
    _show_point()
    st.subheader("The race", anchor=False)
    ordinary = results_of(experiment, "ordinary")
    if ordinary is not None:
        left, right = st.columns(2, gap="large")
        with left:
            _show_ordinary(ordinary)
        with right:
            wrong = _show_wrong(ordinary)
        _show_lesson(ordinary, wrong)
    offer_comparison(experiment, "Open this in the comparison: the race from ordinary starts")


@st.fragment
def _show_point() -> None:
    """One point, moved along the logit: fragments rerun alone, so that it follows the hand."""
    left, right = st.columns((3, 2), gap="large")
    with left:
        z = st.slider(
            "Logit z of the point",
            -figures_losses.FURTHEST,
            figures_losses.FURTHEST,
            -2.0,
            0.1,
            key="z",
        )
        with st.expander("The other class"):
            y = st.segmented_control(
                "True class of the point", (1, 0), default=1, required=True, key="y"
            )
        point = PointLoss.at(z, y)
        figure = figures_losses.losses_at_logit(point, dark=is_dark())
        show_figure(figure, "point", figures_losses.losses_at_logit_in_words(point))
    with right:
        st.markdown(_pull_in_words(point))
        st.markdown(_table(point))
        st.markdown(_surprise_in_words(point))


def _pull_in_words(point: PointLoss) -> str:
    moral = f"Move it {'left' if point.y else 'right'}: wrong, and surer and surer of it."
    if point.p_true < 0.05:
        moral = "Wrong and sure of it: this is where squared error lets go."
    elif point.p_true > 0.95:
        moral = "Right and sure of it: both let go, as they should."
    return (
        f"The network gives your point's true class **{percent(point.p_true)}**. Cross-entropy "
        f"pulls at its logit with **{_signed(point.bce_gradient)}**, squared error with "
        f"**{_signed(point.mse_gradient)}**: {point.times_weaker:,.1f} times weaker. {moral}"
    )


def _table(point: PointLoss) -> str:
    """The lesson's three cases and the point, as Markdown."""
    sign = 1 if point.y else -1
    rows = [(f"{p:g}", PointLoss.at(sign * logit_of(p), point.y)) for p in LESSON_CASES]
    rows.append((f"**yours: {point.p_true:.3g}**", point))
    lines = [
        f"| {name} | {one.bits:.2f} bits | {_signed(one.bce_gradient)} "
        f"| {_signed(one.mse_gradient)} |"
        for name, one in rows
    ]
    head = "| p of the true class | Surprise | Pull of cross-entropy | of squared error |"
    return "\n".join([head, "|:--|--:|--:|--:|", *lines])


def _surprise_in_words(point: PointLoss) -> str:
    return (
        f"**Surprise.** What had probability {percent(point.p_true)} surprises by "
        f"−log₂ {point.p_true:.3g} = {point.bits:.2f} bits: as much as {point.bits:.1f} tosses of "
        "a coin all falling as told. Cross-entropy is the mean surprise, the length of a message "
        "that spells out the true classes; it is least where the probabilities are the true ones."
    )


def _show_ordinary(comparison: Comparison) -> None:
    training = comparison.experiment.training
    st.markdown("**From ordinary starts**")
    st.caption(
        f"{len(comparison.experiment.seeds)} networks "
        f"{comparison.experiment.architectures[0].label}, {training.epochs} steps down the full "
        f"gradient at rate {training.learning_rate:g}; both losses from the same weights. A thin "
        "line is a network, the thick one their mean."
    )
    _show_race(comparison, judge(comparison.groups()), "ordinary_race")


def _show_wrong(ordinary: Comparison) -> Comparison | None:
    """The race from flipped networks, once its outcome was guessed."""
    st.markdown("**From confidently wrong starts**")
    st.caption(
        "The networks that cross-entropy has just trained, with the sign of the last layer "
        "flipped: every p becomes 1 − p. The comparison draws its starts at random, so this race "
        "can be seen here only."
    )
    guess = st.segmented_control("Which loss gets further from there? Guess.", GUESSES, key="guess")
    if guess is None:
        return None
    wrong = _from_wrong(ordinary.experiment.to_json(), _choose_sureness(), ordinary)
    judged = judge(wrong.groups())
    _show_race(wrong, judged, "wrong_race")
    st.markdown(_wrong_in_words(wrong, guess == _outcome(judged)))
    return wrong


def _choose_sureness() -> float:
    with st.expander("Surer still, or less?"):
        return st.segmented_control(
            "How sure of the wrong answer: logits times",
            SURENESS,
            default=2.0,
            required=True,
            format_func=lambda factor: f"{factor:g}",
            key="sureness",
        )


def _wrong_in_words(wrong: Comparison, is_right: bool) -> str:
    first, second = (group.runs for group in wrong.groups())
    loss, _, accuracy, _ = sum(run.curves[0] for run in first) / len(first)
    n_stuck = sum(_says_one_class(run.scores.test) for run in second)
    stuck = (
        f" {n_stuck} of the {len(second)} with squared error end by calling every point the same."
        if n_stuck
        else ""
    )
    return (
        f"**{'As you guessed' if is_right else 'Not as you guessed'}.** They began with "
        f"{percent(accuracy)} right, each point a surprise of {loss / math.log(2):.1f} bits on "
        f"average.{stuck}"
    )


def _says_one_class(score: Score) -> bool:
    return score.tp + score.fp in (0, score.n)


@st.cache_resource(max_entries=8, show_spinner="Training from there…")
def _from_wrong(experiment: str, sureness: float, _ordinary: Comparison) -> Comparison:
    """Trained here, as a worker's jobs draw their starts: half a second for each sureness.

    All sessions share what comes of it, so a server does this three times in its life.
    """
    trained = _ordinary.groups()[0].runs
    return compare_from(Experiment.from_json(experiment), confidently_wrong(trained, sureness))


def _outcome(judged: Judgement) -> str:
    """Which of the guesses came true."""
    if judged.verdicts[0].kind != "clear":
        return GUESSES[2]
    return GUESSES[0] if judged.pairs[0].mean > 0 else GUESSES[1]


def _show_race(comparison: Comparison, judged: Judgement, key: str) -> None:
    groups, clock = comparison.groups(), "Updates"
    figure = figures_races.race(groups, (1, 1), clock, single_runs=True, dark=is_dark())
    show_figure(figure, key, figures_races.race_in_words(groups, clock))
    st.markdown(f"**On fresh points:** {as_plain_text(judged.verdicts[0].text)}.")


def _show_lesson(ordinary: Comparison, wrong: Comparison | None) -> None:
    """Where the lesson's statement and the measurement part."""
    right, wrong_one = _accuracies(ordinary)
    text = (
        "**Lesson and measurement.** That squared error fails is too much: from ordinary starts it "
        f"is slower, with {percent(wrong_one)} of fresh points right after "
        f"{ordinary.experiment.training.epochs} updates where cross-entropy has {percent(right)}."
    )
    if wrong is not None:
        right, wrong_one = _accuracies(wrong)
        text += (
            f" From these confidently wrong starts it has {percent(wrong_one)} where "
            f"cross-entropy has {percent(right)}: where p (1 − p) is next to nothing, so is its "
            "gradient."
        )
    st.markdown(text)


def _accuracies(comparison: Comparison) -> tuple[float, float]:
    """Mean accuracy on fresh points with cross-entropy, and with squared error."""
    first, second = (
        sum(run.scores.test.accuracy for run in group.runs) / len(group.runs)
        for group in comparison.groups()
    )
    return first, second


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")
