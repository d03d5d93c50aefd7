"""The pages of the losses and of the batches, run by Streamlit's AppTest: no browser."""

import re

import numpy as np
import pytest
from lab_helpers import choose, new_page, open_page

import moonlab as ml
from moonlab import presets
from moonlab.judgement import judge
from moonlab.lab import batches
from moonlab.lab.gradient_noise import gradient_noise
from moonlab.lab.point_loss import PointLoss
from moonlab.lab.wrong_start import compare_from, confidently_wrong
from moonlab.ui.lab import batches as batches_page
from moonlab.ui.lab import losses as losses_page

pytestmark = pytest.mark.usefixtures("own_worker")


def shown(at):
    """All texts as one reads them: without escapes and invisible joiners."""
    parts = [*at.markdown, *at.caption, *at.info]
    return "\n".join(re.sub(r"[\\\u2060]", "", part.value) for part in parts)


@pytest.fixture(scope="module")
def losses():
    return open_page("losses")


SECONDS = {20: (300e-6, 60e-6, 30e-6), 1: (37e-6, 24e-6, 22e-6)}  # an idle machine's


def measured():
    return {n: dict(zip(batches.BATCH_SIZES, each, strict=True)) for n, each in SECONDS.items()}


@pytest.fixture(scope="module")
def racers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "race_seconds_per_update", lambda data, n: measured()[n])
        batches_page._measured.clear()
        yield open_page("batches")
    batches_page._measured.clear()


def signed(value):
    return f"{value:+.3g}".replace("-", "−")


@pytest.mark.parametrize(("z", "y"), [(-5.0, 1), (3.0, 1), (-1.0, 0)])
def test_the_moved_point_shows_its_probability_pulls_and_surprise(losses, z, y):
    losses.slider(key="z").set_value(z)
    losses.segmented_control(key="y").set_value(y)
    losses.run()
    point, text = PointLoss.at(z, y), shown(losses)
    assert f"true class **{100 * point.p_true:.1f}%**" in text
    assert f"**{signed(point.bce_gradient)}**" in text
    assert f"**{signed(point.mse_gradient)}**" in text
    assert f"= {point.bits:.2f} bits" in text


def test_the_lessons_three_cases_stand_in_the_table(losses):
    losses.segmented_control(key="y").set_value(1).run()
    rows = [line for line in shown(losses).splitlines() if line.startswith("| 0.")]
    assert rows == [
        "| 0.01 | 6.64 bits | −0.99 | −0.0196 |",
        "| 0.5 | 1.00 bits | −0.5 | −0.25 |",
        "| 0.99 | 0.01 bits | −0.01 | −0.000198 |",
    ]


@pytest.fixture(scope="module")
def ordinary():
    return ml.compare(presets.losses())


def test_the_race_from_wrong_starts_is_shown_once_its_outcome_was_guessed(losses, ordinary):
    (said,) = judge(ordinary.groups()).verdicts
    assert said.text in shown(losses)
    assert "from 20 starts" in shown(losses)
    assert "20 networks 2→16→1, 200 steps" in shown(losses)
    assert "this race can be seen here only" in shown(losses)
    assert "guessed.**" not in shown(losses)
    choose(losses, guess="Squared error")
    choose(losses, sureness=4.0)
    wrong = wrong_race(ordinary, 4.0)
    (said,) = judge(wrong.groups()).verdicts
    assert said.text in shown(losses)
    assert "Not as you guessed" in shown(losses)
    choose(losses, guess="Cross-entropy")
    assert "**As you guessed.**" in shown(losses)
    by_entropy, by_square = wrong.groups()
    began = np.mean([run.curves[0] for run in by_entropy.runs], axis=0)
    assert f"They began with {100 * began[2]:.1f}% right" in shown(losses)
    assert f"a surprise of {began[0] / np.log(2):.1f} bits" in shown(losses)
    n_stuck = sum(says_one_class(run) for run in by_square.runs)
    assert n_stuck > 0
    assert f"{n_stuck} of the 20 with squared error end by calling every point" in shown(losses)


def wrong_race(ordinary, sureness):
    starts = confidently_wrong(ordinary.groups()[0].runs, sureness)
    return compare_from(ordinary.experiment, starts)


def says_one_class(run):
    return len(set(run.predict_proba(ml.load_data(run.data).X_test) > 0.5)) == 1


def test_the_losses_say_where_the_lesson_and_both_races_part(losses, ordinary):
    choose(losses, guess="Neither")
    choose(losses, sureness=1.0)
    slow, wrong = (
        [f"{100 * np.mean(accuracies(group)):.1f}%" for group in comparison.groups()]
        for comparison in (ordinary, wrong_race(ordinary, 1.0))
    )
    assert (
        f"it is slower, with {slow[1]} of fresh points right after 200 updates where cross-entropy "
        f"has {slow[0]}. From these confidently wrong starts it has {wrong[1]} where cross-entropy "
        f"has {wrong[0]}:"
    ) in shown(losses)


def accuracies(group):
    return [run.scores.test.accuracy for run in group.runs]


@pytest.mark.parametrize("module", [losses_page, batches_page])
def test_a_page_without_results_still_leads_to_the_comparison(module, monkeypatch):
    monkeypatch.setattr(module, "results_of", lambda experiment, key: None)
    at = new_page(module.__name__.split(".")[-1])
    assert not at.run().exception
    at.button(key="open").click().run()
    assert at.session_state["go_to_comparison"]


def test_a_race_from_wrong_starts_is_trained_once_for_all_sessions(ordinary, monkeypatch):
    calls = []
    monkeypatch.setattr(losses_page, "compare_from", lambda *given: calls.append(given) or ordinary)
    for _ in range(2):
        losses_page._from_wrong(ordinary.experiment.to_json(), 3.0, ordinary)
    assert len(calls) == 1


def test_the_losses_lead_to_their_race_in_the_comparison(losses):
    losses.button(key="open").click().run()
    assert losses.session_state["page"].experiment() == presets.losses()
    assert losses.session_state["go_to_comparison"]


def shows_no_winner(at):
    return "wins**" not in shown(at) and "tie of" not in shown(at)


def test_three_races_show_their_winners_once_guessed_and_say_whether_they_differ(racers):
    experiments = {
        "epochs": batches.race_of_epochs(),
        "updates": batches.race_of_updates(),
        "seconds": batches.race_of_seconds(measured()[20]),
    }
    so_far = []
    for race, experiment in experiments.items():
        choose(racers, race=race)
        assert shows_no_winner(racers)
        choose(racers, **{f"guess_{race}": "batch 32"})
        comparison = racers.session_state["asides"][race].comparison
        assert comparison.experiment == experiment
        judged = judge(comparison.groups())
        (winner,) = [name for index, name in enumerate(judged.names) if judged.tier(index) == 1]
        said = "as you guessed" if winner == "batch 32" else "your guess was batch 32"
        assert f"**{winner[0].upper()}{winner[1:]} wins**; {said}." in shown(racers)
        assert sum(said.text in shown(racers) for said in judged.verdicts) == 2
        so_far.append(f"{winner} on the same {race}")
        assert "; ".join(so_far) in shown(racers)
        assert ("Guess the other races" in shown(racers)) == (race != "seconds")
        racers.button(key="open").click().run()
        assert racers.session_state["page"].experiment() == experiment
    assert (
        "**Three races, three winners:** batch 1 on the same epochs; "
        "full batch on the same updates; batch 32 on the same seconds." in shown(racers)
    )


@pytest.mark.parametrize(
    ("winners", "said"),
    [
        (("a", "b", "c"), "Three races, three winners:"),
        (("a", "b", "a"), "Three races, two winners:"),
        (("a", "a", "a"), "Three races, one winner:"),
    ],
)
def test_the_answer_counts_the_winners(winners, said):
    found = dict(zip(batches_page.RACES, [(name,) for name in winners], strict=True))
    assert said in batches_page._answer(found)


def test_the_answer_calls_a_tie_a_tie_and_waits_for_all_races():
    found = {"epochs": ("a",), "updates": ("a", "b"), "seconds": ("a",)}
    assert "a tie among them:** a on the same epochs; a and b on the same updates; " in (
        batches_page._answer(found)
    )
    assert batches_page._answer({"updates": ("a",)}) == (
        "So far: a on the same updates. Guess the other races, too."
    )


def test_the_race_of_seconds_runs_as_many_updates_as_the_times_measured_allow(racers):
    choose(racers, race="seconds")
    choose(racers, clock="20 networks at once")
    choose(racers, guess_seconds="batch 32")
    assert "About 29 ms of updates: 96, 480 and 960 of them" in shown(racers)
    assert "takes 10.0 times as long" in shown(racers)
    assert "**Batch 32 wins**; as you guessed." in shown(racers)
    choose(racers, clock="One network alone")
    assert "About 12 ms of updates: 311, 480 and 480 of them" in shown(racers)
    assert "takes 1.7 times as long" in shown(racers)
    assert "**Full batch wins**; your guess was batch 32." in shown(racers)


def test_costs_and_the_noise_of_the_gradient_are_measured(racers):
    choose(racers, race="epochs")
    text = shown(racers)
    assert "| Updates an epoch | 1 | 8 | 240 |" in text
    assert "updates of an epoch, 1, 8 and 240, and what a batch holds" in text
    assert "| An update of one network | 37\u00a0µs | 24\u00a0µs | 22\u00a0µs |" in text
    assert "| Numbers held meanwhile | 4,560 | 608 | 19 |" in text
    assert "19,000,000: 31,250 times" in text
    assert "half of that takes 92 points, not 128" in text
    assert f"{noise_of_32(racers, 0):.2f} times its length" in text
    racers.select_slider(key="noise_epoch_20").set_value(20).run()
    assert "After 20 epochs of batch 32 a gradient" in shown(racers)
    assert f"{noise_of_32(racers, 20):.2f} times its length" in shown(racers)


def noise_of_32(at, epoch):
    run = at.session_state["asides"]["epochs"].comparison.groups()[1].runs[0]
    data = ml.load_data(run.data)
    found = gradient_noise(
        run.snapshots[run.snapshot_epochs.index(epoch)],
        run.architecture,
        data.X_train,
        data.y_train,
        batches_page.NOISE_SIZES,
        np.random.default_rng(0),
        n_draws=500,
    )
    return found.measured[batches_page.NOISE_SIZES.index(32)]
