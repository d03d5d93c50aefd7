"""The pages of one training step and of the two engines, run by Streamlit's AppTest: no browser."""

import dataclasses
import re

import numpy as np
import pytest
from lab_helpers import choose, open_page
from numpy.testing import assert_allclose
from scipy.special import expit
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab.lab.modes import in_both_modes, marks
from moonlab.lab.moments import moments
from moonlab.lab.parity import loss_gaps
from moonlab.lab.under_glass import nudge, parameter_names, step_values
from moonlab.ui import arrival
from moonlab.ui.lab import engines, from_scratch, glass

pytestmark = pytest.mark.usefixtures("own_worker")
NETWORK = ml.lesson.numpy_experiment().architectures[0]


def texts(at):
    return "\n".join(part.value for part in [*at.markdown, *at.caption])


def codes(at):
    return [part.value for part in at.code]


@pytest.fixture(scope="module")
def scratch():
    return open_page("from_scratch")


@pytest.fixture(scope="module")
def trace():
    return {moment.updates: moment for moment in moments(from_scratch._LESSON, (0, 100, 200, 499))}


@pytest.fixture(scope="module")
def points():
    data = ml.load_data(from_scratch._LESSON.data)
    return data.X_train, data.y_train


def number(value):
    return f"**{value:.4g}**".replace("-", "−")


def test_the_lessons_trace_stands_under_the_pictures():
    assert [f"{one.title} {one.words}" for one in from_scratch._pictures()] == [
        "0 updates: loss 0.4991, 232 of 300 right (77.3%)",
        "100 updates: loss 0.2186, 269 of 300 right (89.7%)",
        "200 updates: loss 0.1079, 292 of 300 right (97.3%)",
        "499 updates: loss 0.0377, 297 of 300 right (99.0%)",
    ]


@pytest.mark.parametrize(("updates", "point"), [(0, 0), (200, 17), (499, 299)])
def test_the_point_under_the_glass_has_its_values_with_their_code(
    scratch, trace, points, updates, point
):
    scratch.number_input(key="glass_point").set_value(point)
    choose(scratch, glass_updates=updates, glass_guess="Up")
    X, y = points[0][[point]], points[1][[point]]
    step = step_values(trace[updates].parameters, NETWORK, X, y)
    shown = texts(scratch)
    for name in ("Z2", "p", "loss", "dZ2"):
        assert f"**{name}** (1, 1) = {number(getattr(step, name).item())}" in shown
    for name in ("Z1", "H", "dW2", "dH", "dZ1", "dW1", "db1"):
        assert f"**{name}** {getattr(step, name).shape}" in shown
    assert f"of **class {y[0]}**" in shown
    assert any("Z = inputs[-1] @ W" in code for code in codes(scratch))
    assert any("np.matmul(passed.inputs[index]" in code for code in codes(scratch))
    strips = "".join(part.proto.body for part in scratch.get("html"))
    for values in (step.Z1[0], step.H[0], step.dW2[:, 0], step.dZ1[0], *step.dW1, step.db1):
        assert glass.strip(values, step.H[0] == 0) in strips


def test_gradients_come_after_a_prediction_which_is_judged(trace, points):
    at = open_page("from_scratch")
    assert "**dZ2**" not in texts(at)
    for point in (0, 2):
        label = points[1][point]
        at.number_input(key="glass_point").set_value(point)
        for guess in glass.WAYS:
            choose(at, glass_guess=guess)
            right = "Up" if label else "Down"
            assert "**dZ2**" in texts(at)
            assert ("**Right.**" in texts(at)) == (guess == right)
            assert (f"**{right}.**" in texts(at)) == (guess != right)


def test_not_at_all_is_nearly_right_where_the_network_is_sure(trace, points):
    at = open_page("from_scratch")
    X, y = points
    step = step_values(trace[499].parameters, NETWORK, X, y)
    sure = int(np.abs(step.p[:, 0] - y).argmin())
    at.number_input(key="glass_point").set_value(sure)
    choose(at, glass_updates=499, glass_guess="Not at all")
    assert "**Hardly at all, but " in texts(at)


def test_the_update_shown_is_one_step_on_this_point_alone(scratch, trace, points):
    scratch.number_input(key="glass_point").set_value(2)
    choose(scratch, glass_updates=0, glass_guess="Up")
    X, y = points[0][[2]], points[1][[2]]
    before = step_values(trace[0].parameters, NETWORK, X, y)
    after = step_values(trace[0].parameters - before.gradient, NETWORK, X, y)
    assert f"from {before.loss.item():.4f} to **{after.loss.item():.4f}**" in texts(scratch)


@pytest.mark.parametrize("name", ["W1[0, 0]", "W1[1, 9]", "b1[3]", "W2[15, 0]", "b2[0]"])
def test_a_chosen_weight_is_nudged_on_the_point_and_on_all(scratch, trace, points, name):
    scratch.number_input(key="glass_point").set_value(5)
    scratch.selectbox(key="glass_weight").select(name)
    choose(scratch, glass_updates=100)
    index = parameter_names(NETWORK).index(name)
    table = next(t.value for t in scratch.table if "slope between" in t.value.index)
    for column, of in (("Point 5", slice(5, 6)), ("All 300 points", slice(None))):
        X, y = points[0][of], points[1][of]
        step = step_values(trace[100].parameters, NETWORK, X, y)
        found = nudge(trace[100].parameters, NETWORK, X, y)
        below, above, slope, backward = map(float, table[column])
        assert_allclose([below, above], [found.below[index], found.above[index]], atol=1e-12)
        assert_allclose([slope, backward], step.gradient[index], atol=2e-9)
    said = re.search(
        r"differ by \*\*(\S+)\*\* at (.+), and by (\S+) at most over all 65", texts(scratch)
    )
    assert said[2] == name
    assert float(said[1]) <= float(said[3]) < 2e-9


def test_the_lessons_start_is_set_beside_32_others(scratch):
    curves = np.array([run.curves[:, 2] for run in ml.compare(from_scratch.other_starts()).runs])
    table = next(t.value for t in scratch.table if "Lesson" in t.value)
    assert list(table["Lesson"]) == ["77.3%", "89.7%", "97.3%", "99.0%"]
    others = curves[:, [0, 100, 200, 499]]
    assert list(table["Mean of 32 others"]) == [f"{m:.1%}" for m in others.mean(axis=0)]
    ends = zip(others.min(axis=0), others.max(axis=0), strict=True)
    assert list(table["Worst, best"]) == [f"{low:.1%}, {high:.1%}" for low, high in ends]
    assert f"beat {(others[:, 0] < 232 / 300).sum()} of 32" in texts(scratch)
    assert f"ahead of {(others[:, 1] < 269 / 300).sum()} of 32" in texts(scratch)
    spread = np.ptp(others, axis=0)
    assert spread[-1] < 0.02 < 0.5 < spread[0]  # "in the end they come close to each other"


@pytest.mark.parametrize(("key", "value"), [("glass_point", 300), ("glass_updates", 7)])
def test_what_no_widget_would_send_becomes_the_first_choice(key, value):
    at = open_page("from_scratch")
    at.session_state[key] = value
    assert not at.run().exception
    assert at.session_state[key] == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-1.456, "−1.46"), (0.0231, "0.02"), (12.34, "12.3"), (-3e-5, "−3e−5")],
)
def test_numbers_in_cells_are_short(value, text):
    assert glass.compact(value) == text


def quick_engines():
    few = ml.Training(epochs=12)
    return dataclasses.replace(REAL_ENGINES(), training=few, seeds=(0, 1))


def quick_dropped():
    asked = REAL_DROPPED()
    return dataclasses.replace(asked, training=dataclasses.replace(asked.training, epochs=40))


REAL_ENGINES, REAL_DROPPED = engines.engines, engines.dropped


@pytest.fixture
def pair(monkeypatch):
    monkeypatch.setattr(engines, "engines", quick_engines)
    monkeypatch.setattr(engines, "dropped", quick_dropped)
    return open_page("engines")


def test_the_two_engines_differ_in_their_last_digits(pair):
    assert not pair.metric
    choose(pair, gap_guess="In the last digits")
    first, double, single = ml.compare(quick_engines()).groups()
    gaps = [loss_gaps(first.runs, group.runs).max() for group in (double, single)]
    assert 0 < gaps[0] < 1e-13 < 1e-9 < gaps[1] < 1e-5
    assert [one.value for one in pair.metric] == [f"{g:.1e}".replace("e-", "e−") for g in gaps]
    assert "**Right: in the last digits.**" in texts(pair)
    choose(pair, gap_guess="By enough to see")
    assert "**Not quite: in the last digits.**" in texts(pair)
    pairs = zip(first.runs, single.runs, strict=True)
    each = [loss_gaps([one], [other]).max() for one, other in pairs]
    told = [f"{value:.1e}".replace("e-", "e−") for value in (sum(each) / 2, max(each))]
    assert f"1 of the 2 seeds stay within {told[0]}, the worst drifts by {told[1]}." in texts(pair)


@pytest.mark.parametrize(
    ("piece", "first_line"),
    [
        ("the whole step", "passed = forward(X, self._layers, self._activation, masks)"),
        ("autograd", "dZ = d_logits"),
        ("DataLoader", "def orders(self, n_epochs: int, n_points: int) -> Indices:"),
        ("optimizer.step", "nonlocal power1, power2"),
    ],
)
def test_each_piece_of_the_loop_has_its_code_by_hand_beside_it(pair, piece, first_line):
    choose(pair, piece=piece)
    assert any(code.startswith(first_line) for code in codes(pair))
    assert any("loss.backward()" in code for code in codes(pair))


def test_train_mode_makes_the_score_a_lottery_and_eval_does_not(pair):
    [run] = ml.compare(quick_dropped()).runs
    data = ml.load_data(run.data)
    modes = in_both_modes(run, data.X_val, 200)
    drawn, fixed = (marks(logits, data.y_val, "bce") for logits in modes)
    low, high, right = drawn.correct.min(), drawn.correct.max(), fixed.correct[0]
    assert low < right
    assert f"{low} to {high} of 60 right, by the masks alone; with it, {right}, always" in texts(
        pair
    )
    assert ("It can even flatter." in texts(pair)) == (high > right)
    table = next(t.value for t in pair.table if "eval()" in t.value.index)
    assert table["Validation loss"]["eval()"] == f"{fixed.loss[0]:.3f}"
    assert drawn.loss.mean() > fixed.loss[0]
    wavers = expit(modes.training).std(axis=0).argmax()
    assert f"Validation point {wavers}, which wavers most, shown 200 times" in texts(pair)


def test_the_lessons_classifiers_differ_by_their_protocols_not_by_their_engines(pair):
    choose(pair, gap_guess="Not at all")
    by_hand = ml.lesson.numpy_experiment()
    [own] = ml.compare(by_hand).runs
    words = engines.lesson_in_words(ml.compare(quick_engines()), ml.compare(by_hand))
    assert words in texts(pair)
    assert f"ends with {own.scores.train.accuracy:.1%} of its training points" in words
    assert own.scores.train.accuracy < 1
    assert f"{by_hand.training.epochs} plain steps" in words
    assert f"{12 * 8} of Adam's on batches" in words
    shares = [
        f"{np.mean([run.scores.train.accuracy for run in group.runs]):.1%}"
        for group in ml.compare(quick_engines()).groups()
    ]
    assert "by hand gets {} right, PyTorch {} in 64 bits, {} in 32.".format(*shares) in words


def test_64_bits_keep_about_16_digits_and_32_bits_7(pair):
    choose(pair, gap_guess="Not at all")
    assert "64 bits keep about 16 digits" in texts(pair)
    assert "32 bits, which keep about 7:" in texts(pair)
    for kind, digits in ((np.float64, 16), (np.float32, 7)):
        assert 10**-digits < np.nextafter(kind(1), kind(2)) - 1 < 10 ** (1 - digits)


def test_the_comparison_shows_networks_that_differ_in_precision():
    at = AppTest.from_file("../moonlab/ui/script.py", default_timeout=60)
    for key, value in quick_engines().to_query().items():
        at.query_params[key] = value
    at.session_state["stage"] = arrival.FIGURES
    assert not at.run().exception
    names = [f"p{number}_name" for number in (1, 2, 3)]
    assert [at.text_input(key=name).value for name in names] == list(quick_engines().names)
    assert at.selectbox(key="p2_own_torch_dtype").value == "float64"


def test_a_weight_of_a_unit_that_is_off_is_said_to_change_nothing(scratch, trace, points):
    scratch.number_input(key="glass_point").set_value(0)
    choose(scratch, glass_updates=0)
    off = step_values(trace[0].parameters, NETWORK, points[0][:1], points[1][:1]).H[0] == 0
    for unit in (int(np.flatnonzero(off)[0]), int(np.flatnonzero(~off)[0])):
        scratch.selectbox(key="glass_weight").select(f"W2[{unit}, 0]").run()
        assert ("the unit is off" in texts(scratch)) == off[unit]
