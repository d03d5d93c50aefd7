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
from moonlab.ui.charts import clicked, is_dark, show_figure
from moonlab.ui.fields import in_words
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.wording import in_a_row, percent


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
    optimizer, rate = _show_choices()
    if rate is not None:
        _show_ladder(optimizer, rate)
    offer_comparison(ladder(optimizer))


def _show_choices() -> tuple[str, float | None]:
    """The optimizer, and the rate that the reader thinks is best for it, or looks at later."""
    with st.container(horizontal=True, gap="medium"):
        optimizer = st.segmented_control(
            "Optimizer",
            OPTIMIZERS,
            default=OPTIMIZERS[0],
            required=True,
            format_func=in_words,
            key="optimizer",
        )
        rate = st.segmented_control(
            "Which rate ends with the least loss? Predict, then look at others.",
            RATES,
            format_func=lambda rate: f"{rate:g}",
            key=_rate_key(optimizer),
            wrap=True,
            persist_state="session",
        )
    return optimizer, rate


def _rate_key(optimizer: str) -> str:
    return f"rate_{optimizer}"


def _show_ladder(optimizer: str, rate: float) -> None:
    comparison = results_of(ladder(optimizer), "ladder")
    plain = comparison if optimizer == "gd" else results_of(ladder("gd"), "plain ladder")
    if comparison is None or plain is None:
        return
    found = climb(comparison.groups())
    plain_found = climb(plain.groups(), found.lowest)
    others = {} if optimizer == "gd" else {in_words("gd"): plain_found}
    place = RATES.index(rate)
    st.markdown(guess_in_words(found, rate))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Where they end.** A mark is a start; click one to see its rate's curves.")
        show_figure(
            figures_rates.rates(found, others, place, dark=is_dark()),
            "rates",
            figures_rates.rates_in_words(found),
            on_click=lambda: _pick(optimizer),
        )
    with right:
        _show_steps(comparison.groups()[place], found, place)
    st.markdown(rules_in_words())
    st.markdown(_why(optimizer, found, plain_found))
    st.markdown(lesson_in_words(plain))


def _pick(optimizer: str) -> None:
    values = clicked("rates")
    if values is not None:
        st.session_state[_rate_key(optimizer)] = RATES[int(values[0])]


def _show_steps(group: Group, found: Ladder, place: int) -> None:
    rung = found.rungs[place]
    st.markdown(f"**How they get there.** The curves at rate {rung.rate:g}.")
    toss, span = coin_toss("bce"), figures_rates.span_of(found)
    figure = figures_rates.steps(group, rung, toss, span, dark=is_dark())
    show_figure(figure, "steps", figures_rates.steps_in_words(rung))
    train, fresh = _accuracies(group)
    st.caption(
        f"At rate {rung.rate:g}: {figures_rates.told(rung)}. On average {percent(train)} of "
        f"the {group.runs[0].data.n_train} training points are right, {percent(fresh)} of "
        "fresh ones."
    )


def guess_in_words(found: Ladder, guess: float) -> str:
    """Whether a rate is the best one, and what came of it."""
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
        "undo of what steps down gain, in the logarithm of the loss. Where "
        "several fit, the last counts.\n"
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
        "it does not break ten times earlier: held to the same dashed line, it is right at "
        f"{_right_rates(found)}, plain descent at {_right_rates(plain)}."
    )


def _why_adam(found: Ladder, plain: Ladder) -> str:
    wild = found.rungs[-2]
    asked, n_steps = lesson.torch_experiment(), ladder("adam").training.epochs
    n_updates = asked.training.epochs * asked.training.n_batches(asked.data.n_train)
    rate = asked.training.learning_rate
    own = found.rungs[RATES.index(rate)]
    return (
        "**Why.** Adam divides each step by the usual size of its gradient, so the rate itself is "
        "about how far a weight moves. Held to the same dashed line, it is right at "
        f"{_right_rates(found)}, plain descent (dotted) at {_right_rates(plain)}. A long step "
        "stays as long and no longer: it shakes more than it breaks "
        f"(at {wild.rate:g}: {figures_rates.told(wild)}). The lesson's rate {rate:g} is "
        f"{own.main} here, for {n_steps} steps; the lesson takes {n_updates:,}, with batches of "
        f"{asked.training.batch_size}."
    )


def _right_rates(found: Ladder) -> str:
    right = [f"{rung.rate:g}" for rung in found.rungs if rung.main == "right"]
    return in_a_row(right or ["none"])


def lesson_in_words(plain: Comparison) -> str:
    """Where the lesson's statement and the measurement part, from the ladder of plain descent."""
    by_rate = dict(zip(RATES, plain.groups(), strict=True))
    slow, fine, wreck = (percent(_accuracies(by_rate[rate])[0]) for rate in (1.0, 3.0, 10.0))
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
