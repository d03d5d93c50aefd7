"""How large a step? A ladder of learning rates on one network, for each optimizer."""

import numpy as np
import streamlit as st

from moonlab import lesson
from moonlab.lab import figures_rates
from moonlab.lab.pace import (
    CALM,
    OPTIMIZERS,
    RATES,
    RESTLESS,
    WITHIN,
    Ladder,
    climb,
    coin_toss,
    ladder,
)
from moonlab.results import Comparison, Group
from moonlab.ui.charts import clicked, show_figure
from moonlab.ui.fields import in_words
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question

_RATE = "rate_looked_at"


def show() -> None:
    """Show the page."""
    asked = ladder(OPTIMIZERS[0])
    show_question(
        "How large a step?",
        f"One network, {asked.architectures[0].label}, takes {asked.training.epochs} steps down "
        f"the full gradient, from {len(asked.seeds)} starts at each of {len(RATES)} learning "
        "rates. Too small a step crawls, too large a one breaks everything. "
        "**Predict where the best one lies, then look.**",
    )
    optimizer, guess = _show_choices()
    if guess is not None:
        _show_ladder(optimizer, guess)
    offer_comparison(ladder(optimizer))


def _show_choices() -> tuple[str, float | None]:
    """The optimizer, and which rate the reader thinks is best for it."""
    with st.container(horizontal=True, gap="medium"):
        optimizer = st.segmented_control(
            "Optimizer",
            OPTIMIZERS,
            default=OPTIMIZERS[0],
            required=True,
            format_func=in_words,
            key="optimizer",
        )
        guess = st.segmented_control(
            "Which rate ends with the least loss? Predict.",
            RATES,
            format_func=lambda rate: f"{rate:g}",
            key=f"rate_guess_{optimizer}",
            wrap=True,
            persist_state="session",
            on_change=lambda: st.session_state.pop(_RATE, None),
        )
    return optimizer, guess


def _show_ladder(optimizer: str, guess: float) -> None:
    comparison = results_of(ladder(optimizer), "ladder")
    plain = comparison if optimizer == "gd" else results_of(ladder("gd"), "plain ladder")
    if comparison is None or plain is None:
        return
    groups, found = comparison.groups(), climb(comparison.groups())
    others = {} if optimizer == "gd" else {in_words("gd"): climb(plain.groups())}
    st.markdown(guess_in_words(found, guess))
    st.session_state.setdefault(_RATE, guess)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Where they end.** A mark is a start; click one to see its curves.")
        show_figure(
            figures_rates.rates(found, others, _looked_at(), dark=_is_dark()),
            "rates",
            figures_rates.rates_in_words(found),
            on_click=_pick,
        )
    with right:
        _show_steps(groups, found)
    st.markdown(rules_in_words())
    st.markdown(_why(optimizer, found, climb(plain.groups())))
    st.markdown(lesson_in_words(plain))


def _looked_at() -> int:
    return RATES.index(st.session_state[_RATE])


def _pick() -> None:
    values = clicked("rates")
    if values is not None:
        st.session_state[_RATE] = RATES[int(values[0])]


def _show_steps(groups: list[Group], found: Ladder) -> None:
    st.select_slider(
        "How they get there: the curves at rate",
        RATES,
        format_func=lambda rate: f"{rate:g}",
        key=_RATE,
    )
    group, rung = groups[_looked_at()], found.rungs[_looked_at()]
    toss, span = coin_toss("bce"), figures_rates.span_of(found)
    figure = figures_rates.steps(group, rung, toss, span, dark=_is_dark())
    show_figure(figure, "steps", figures_rates.steps_in_words(rung))
    train, fresh = _accuracies(group)
    st.caption(
        f"At rate {rung.rate:g}: {figures_rates.told(rung)}. On average {_percent(train)} of "
        f"the {groups[0].runs[0].data.n_train} training points are right, {_percent(fresh)} of "
        "fresh ones."
    )


def guess_in_words(found: Ladder, guess: float) -> str:
    """Whether the guessed rate is the best one, and what came of it."""
    best = found.rungs[found.best]
    own = found.rungs[RATES.index(guess)]
    if own is best:
        return f"**Yes, {best.rate:g}**: its median run ends with a loss of {best.median:.2g}."
    right = " It is among the right ones, though." if own.main == "right" else ""
    return (
        f"**Not {own.rate:g} but {best.rate:g}**: the median run ends with a loss of "
        f"{best.median:.2g} there, of {own.median:.2g} at your {own.rate:g} "
        f"({figures_rates.told(own)}).{right}"
    )


def rules_in_words() -> str:
    """How the paces are told from the curves."""
    return (
        "**The four paces** are read from the curves, by rules. What counts is how much steps up "
        "undo of what steps down gain, in the logarithm of the loss.\n"
        f"- *Too slow*: it ends over {WITHIN:g} times as high as the least median (above the "
        f"dashed line), after a calm fall: at most {CALM:.0%} was undone.\n"
        "- *Right*: it ends below that line, and not more than "
        f"{RESTLESS:.0%} was undone on the way.\n"
        f"- *Oscillating*: over {RESTLESS:.0%} was undone, or over {CALM:.0%} and it ends above "
        "the line: thrown off, and never quite back.\n"
        f"- *Diverged*: it became infinite; or over {CALM:.0%} was undone and it ends no lower "
        "than it began, or than a coin toss (the dotted line of the curves)."
    )


def _why(optimizer: str, found: Ladder, plain: Ladder) -> str:
    if optimizer == "momentum":
        return _why_momentum(found, plain)
    if optimizer == "adam":
        return _why_adam(found, plain)
    return (
        "**Why.** The gradient says which way is down, not how far. A step that goes beyond the "
        "bottom of its valley lands on the other side; from twice the way to the bottom on it "
        "lands higher than it began."
    )


def _why_momentum(found: Ladder, plain: Ladder) -> str:
    index = RATES.index(0.1)
    tenth, whole = found.rungs[index].median, plain.rungs[RATES.index(1.0)].median
    return (
        "**Why.** Nine tenths of each step are carried on into the next: steps that agree add up "
        "to 1 + 0.9 + 0.9² + … = 10 of them. So at 0.1 momentum ends about where plain descent "
        f"(dotted) does at 1: {tenth:.2g} and {whole:.2g}. Steps that fight each other cancel, so "
        f"it does not break ten times earlier: {_right_rates(found)} are right here, "
        f"{_right_rates(plain)} without momentum."
    )


def _why_adam(found: Ladder, plain: Ladder) -> str:
    wild = found.rungs[-2]
    asked, n_steps = lesson.torch_experiment(), ladder("adam").training.epochs
    n_updates = asked.training.epochs * asked.training.n_batches(asked.data.n_train)
    rate = asked.training.learning_rate
    own = found.rungs[RATES.index(rate)]
    return (
        "**Why.** Adam divides each step by the usual size of its gradient, so the rate itself is "
        f"about how far a weight moves. Right are {_right_rates(found)} here, "
        f"{_right_rates(plain)} for plain descent (dotted). A long step stays as long and no "
        f"longer: it shakes more than it breaks (at {wild.rate:g}: {figures_rates.told(wild)})."
        f" The lesson's rate {rate:g} is {own.main} here, for {n_steps} steps; the lesson takes "
        f"{n_updates:,}, with batches of {asked.training.batch_size}."
    )


def _right_rates(found: Ladder) -> str:
    *most, last = (f"{rung.rate:g}" for rung in found.rungs if rung.main == "right")
    return f"{', '.join(most)} and {last}" if most else last


def lesson_in_words(plain: Comparison) -> str:
    """Where the lesson's statement and the measurement part, from the ladder of plain descent."""
    by_rate = dict(zip(RATES, plain.groups(), strict=True))
    slow, fine, wreck = (_percent(_accuracies(by_rate[rate])[0]) for rate in (1.0, 3.0, 10.0))
    return (
        "**Lesson and measurement.** The lesson's classifier by hand takes plain full-batch steps "
        "at rate 1, and offers one that is too large to try. How large is too large? "
        f"After the same 200 steps 1 gets {slow} of the training points right, and **3 is still "
        f"fine: {fine}**; it is 10 that wrecks it: {wreck}."
    )


def _accuracies(group: Group) -> tuple[float, float]:
    """Mean accuracy on the training points, and on fresh ones."""
    scores = [run.scores for run in group.runs]
    return (
        float(np.mean([one.train.accuracy for one in scores])),
        float(np.mean([one.test.accuracy for one in scores])),
    )


def _is_dark() -> bool:
    return bool(st.context.theme.type == "dark")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
