"""Two engines, one network: the step by hand beside PyTorch's, and what `train()` changes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from moonlab import lesson
from moonlab.dataset import Labels, load_data
from moonlab.functional import expit
from moonlab.lab.figures_engines import overlay, overlay_in_words, passes, passes_in_words
from moonlab.lab.modes import Modes, in_both_modes, marks
from moonlab.lab.parity import loss_gaps
from moonlab.lab.source import body_of, code_of
from moonlab.results import Comparison, Run
from moonlab.spec import Architecture, Experiment, Training
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.codes import with_small_code
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.wording import percent

GUESSES = ("Not at all", "In the last digits", "By enough to see")
DROPOUT = 0.2
PASSES = 200
_VISIBLE = 1e-3
_PIECES = {  # of the loop: how it is done by hand
    "the whole step": (
        "`zero_grad` to `step`",
        "is one update. By hand it is as short, since the work is elsewhere:",
        ("numpy_mlp.NumpyEngine.step",),
    ),
    "autograd": (
        "`loss.backward()`",
        "remembers every operation of the forward pass and runs the chain rule back through them. "
        "By hand the chain rule is written out, and anew for every kind of layer:",
        ("numpy_mlp.backward",),
    ),
    "DataLoader": (
        "`DataLoader`",
        "gathers the points of each batch. With `shuffle` and `batch_size` it would also draw an "
        "order and cut it; here both engines are to see the same batches, so it is handed the "
        "cuts of moonlab's own order. By hand all three, draw, cut and gather:",
        ("draws.IndependentDraws.orders", "spec.Training.batch_bounds", "trainers._gathered"),
    ),
    "optimizer.step": (
        "`descent.step()`",
        "turns gradients into a step and keeps what the rule must remember. By hand, Adam:",
        ("numpy_mlp.adam.update",),
    ),
}


def engines() -> Experiment:
    """One network by hand and in PyTorch, in double and in single precision."""
    return Experiment(
        architectures=(
            Architecture((16,), engine="numpy", name="NumPy, by hand"),
            Architecture((16,), name="PyTorch, 64 bits", override={"torch_dtype": "float64"}),
            Architecture((16,), name="PyTorch, 32 bits"),
        ),
        seeds=tuple(range(5)),
    )


def dropped() -> Experiment:
    """The network in PyTorch, trained with dropout."""
    return Experiment(
        training=Training(dropout=DROPOUT), architectures=(Architecture((16,)),), seeds=(0,)
    )


def show() -> None:
    """Show the page."""
    show_question(
        "What does PyTorch do that NumPy by hand does not?",
        "One network, 2→16→1, trained twice from the same initial weights on the same batches: by "
        "the hand-written step in NumPy, and by PyTorch. The lesson's two classifiers differ in "
        "optimizer, batches, points and start as well, so they cannot answer this.",
    )
    guess = st.segmented_control(
        "Predict: both compute in 64 bits. How far apart do their loss curves come in "
        f"{engines().training.epochs} epochs?",
        GUESSES,
        wrap=True,
        key="gap_guess",
    )
    if guess is not None:
        comparison = results_of(engines(), "engines")
        if comparison is not None:
            _show_overlay(comparison, guess)
            _show_lesson(comparison)
    _show_code()
    _show_modes()
    offer_comparison(engines())


def _show_overlay(comparison: Comparison, guess: str) -> None:
    first, *others = comparison.groups()
    gaps = {group.name: loss_gaps(first.runs, group.runs) for group in others}
    dark = is_dark()
    picture, told = st.columns([3, 1], gap="medium")
    with picture:
        figure = overlay([first, *others], gaps, dark=dark)
        show_figure(figure, "overlay", overlay_in_words(gaps))
    with told:
        for name, gap in gaps.items():
            st.metric(f"{name}: largest difference", _power(gap.max()))
        st.markdown(gaps_in_words(comparison, guess))


def gaps_in_words(comparison: Comparison, guess: str) -> str:
    """Whether the guess is right, and where the differences come from."""
    ours, double, single = (group.runs for group in comparison.groups())
    each = np.array([loss_gaps([a], [b]).max() for a, b in zip(ours, single, strict=True)])
    median = np.median(each)
    n_within = np.count_nonzero(each <= median)
    largest = loss_gaps(ours, double).max()
    truth = GUESSES[0] if largest == 0 else GUESSES[1] if largest < _VISIBLE else GUESSES[2]
    return (
        f"**{'Right' if guess == truth else 'Not quite'}: {truth.lower()}.** The arithmetic is the "
        f"same, only in another order, and 64 bits keep about {_digits(np.float64)} digits. "
        f"PyTorch by itself takes 32 bits, which keep about {_digits(np.float32)}: {n_within} of "
        f"the {len(each)} seeds stay within {_power(median)}, the worst drifts by "
        f"{_power(each.max())}. A jump comes where a unit stands at its kink, on by one engine's "
        "rounding and off by the other's."
    )


def _digits(kind: type[np.floating]) -> int:
    return round(-np.log10(np.finfo(kind).eps))


def _power(value: float) -> str:
    return f"{value:.1e}".replace("e-", "e−")


def _show_lesson(comparison: Comparison) -> None:
    by_hand = results_of(lesson.numpy_experiment(), "by hand")
    if by_hand is not None:
        st.markdown(lesson_in_words(comparison, by_hand))


def lesson_in_words(comparison: Comparison, by_hand: Comparison) -> str:
    """Where the lesson's two classifiers and the measurement part."""
    [own] = by_hand.runs
    ours, double, single = (group.runs for group in comparison.groups())
    return (
        f"**Lesson and measurement.** The lesson's classifier by hand ends with {_right([own])} of "
        "its training points right, the one in PyTorch with all of its own. The engine has no part "
        f"in that: by hand it is {_n_updates(own):,} plain steps down the full gradient, in "
        f"PyTorch {_n_updates(ours[0]):,} of Adam's on batches. Given the latter, NumPy by hand "
        f"gets {_right(ours)} right, PyTorch {_right(double)} in 64 bits, {_right(single)} in 32."
    )


def _right(runs: Sequence[Run]) -> str:
    return percent(float(np.mean([run.scores.train.accuracy for run in runs])))


def _n_updates(run: Run) -> int:
    return run.training.epochs * run.training.n_batches(run.data.n_train)


def _show_code() -> None:
    st.subheader("What each line of PyTorch replaces", anchor=False)
    with with_small_code("engine_code"):
        loop, by_hand = st.columns(2, gap="medium")
    with loop:
        st.markdown(
            "**PyTorch**: the plain loop; moonlab takes the same steps for all seeds at once"
        )
        st.code(body_of("torch_mlp.train_plain"), wrap_lines=True)
    with by_hand:
        piece = st.segmented_control(
            "By hand, in place of",
            tuple(_PIECES),
            default="autograd",
            required=True,
            wrap=True,
            key="piece",
        )
        line, words, names = _PIECES[piece]
        code = [code_of(name) if len(names) > 1 else body_of(name) for name in names]
        st.markdown(f"{line} {words}")
        st.code("\n\n".join(code), wrap_lines=True)


def _show_modes() -> None:
    st.subheader("train() and eval(): the same weights, two answers", anchor=False)
    comparison = results_of(dropped(), "dropped")
    if comparison is None:
        return
    [run] = comparison.runs
    data = load_data(run.data)
    modes = in_both_modes(run, data.X_val, PASSES)
    told, picture = st.columns(2, gap="medium")
    with told:
        st.markdown(modes_in_words(modes, data.y_val))
        with with_small_code("mode_code"):
            st.code(body_of("torch_mlp.MLP.forward"), wrap_lines=True)
            st.code(body_of("draws.DropoutMasks.draw"), wrap_lines=True)
    with picture:
        _show_point(modes)
        st.table(_modes_table(modes, data.y_val), border="horizontal")


def _show_point(modes: Modes) -> None:
    point = int(expit(modes.training).std(axis=0).argmax())
    training, evaluation = expit(modes.training[:, point]), float(expit(modes.evaluation[0, point]))
    st.markdown(f"Validation point {point}, which wavers most, shown {PASSES} times")
    dark = is_dark()
    words = passes_in_words(training, evaluation)
    show_figure(passes(training, evaluation, dark=dark), "passes", words)


def modes_in_words(modes: Modes, y: Labels) -> str:
    """What the mode changes on points with labels (n,), and why."""
    training, evaluation = (marks(logits, y, "bce") for logits in modes)
    right = int(evaluation.correct[0])
    low, high = training.correct.min(), training.correct.max()
    flatters = " It can even flatter." if high > right else ""
    return (
        "With dropout, in **train()** every pass leaves out other units, each with probability "
        f"{DROPOUT:g}, and scales the rest by 1/(1 − {DROPOUT:g}), so that sums stay alike on "
        "average: no unit can rely on another. In **eval()** all units answer. Forget eval() and "
        f"the validation score becomes a lottery: {low} to {high} of {len(y)} right, by the masks "
        f"alone; with it, {right}, always.{flatters} Every other score in moonlab is measured in "
        "eval(). Without dropout both modes are the same here."
    )


def _modes_table(modes: Modes, y: Labels) -> pd.DataFrame:
    training, evaluation = (marks(logits, y, "bce") for logits in modes)
    return pd.DataFrame(
        {
            "Validation loss": [
                f"{training.loss.mean():.3f} ({training.loss.min():.3f} to "
                f"{training.loss.max():.3f})",
                f"{evaluation.loss[0]:.3f}",
            ],
            f"Right of {len(y)}": [
                f"{training.correct.mean():.1f} ({training.correct.min()} to "
                f"{training.correct.max()})",
                f"{evaluation.correct[0]}",
            ],
        },
        [f"train(), {len(modes.training)} passes", "eval()"],
    )
