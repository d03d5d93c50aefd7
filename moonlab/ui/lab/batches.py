"""How many points an update? Three races of batch sizes, and what a batch costs."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import streamlit as st

from moonlab.dataset import load_data
from moonlab.judgement import Judgement, judge
from moonlab.lab import batches, figures_batches, figures_races
from moonlab.lab.gradient_noise import GradientNoise, gradient_noise, points_for_half
from moonlab.results import Comparison
from moonlab.spec import Architecture, Experiment
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.ui.words import as_plain_text
from moonlab.wording import in_a_row

NAMES = tuple(batches.BATCH_SIZES)
RACES = ("epochs", "updates", "seconds")
CLOCKS = {"20 networks at once": 20, "One network alone": 1}
NOISE_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 192)
MILLION = 1_000_000


class Race(NamedTuple):
    """A race as the page shows it."""

    key: str
    experiment: Experiment
    clock: str
    per_epoch: tuple[float, ...]
    rule: str


def show() -> None:
    """Show the page."""
    show_question(
        "How many points an update?",
        f"An update can follow the exact gradient of all {Experiment().data.n_train} training "
        "points, or a rough one of 32, or of a single point. Which learns fastest depends on what "
        "you count. **Three races: three winners?** Choose a race and guess its winner.",
    )
    race, comparison = _show_races()
    _show_lesson()
    if comparison is not None:
        _show_costs(comparison)
    offer_comparison(race.experiment, f"Open this in the comparison: the race of {race.key}")


def _show_races() -> tuple[Race, Comparison | None]:
    """The race that is chosen, with its results once they are there."""
    told, picture = st.columns((2, 3), gap="large")
    with told:
        key = st.segmented_control(
            "On the same number of",
            RACES,
            default=RACES[0],
            required=True,
            format_func=str.capitalize,
            key="race",
        )
        race = _race(key)
        guess = st.segmented_control(
            "Your winner", NAMES, key=f"guess_{key}", persist_state="session"
        )
        st.caption(f"{race.rule} (full, 32, 1).")
        comparison = results_of(race.experiment, key)
        if comparison is not None and guess is not None:
            _show_winner(race, judge(comparison.groups()), guess)
        if key == "seconds":
            _show_clock()
    with picture:
        if comparison is not None and guess is not None:
            _show_picture(race, comparison)
    return race, comparison


def _race(key: str) -> Race:
    return {"epochs": _epochs_race, "updates": _updates_race, "seconds": _seconds_race}[key]()


def _epochs_race() -> Race:
    experiment = batches.race_of_epochs()
    n_epochs = _epochs_of(experiment)[0]
    rule = f"{n_epochs} passes over the points: {_listed(_updates_of(experiment))} updates"
    return Race("epochs", experiment, "Epochs", (1, 1, 1), rule)


def _updates_race() -> Race:
    experiment = batches.race_of_updates()
    n_updates = _updates_of(experiment)[0]
    rule = f"{n_updates} updates each: {_listed(_epochs_of(experiment))} epochs"
    per_epoch = tuple(batches.updates_per_epoch().values())
    return Race("updates", experiment, "Updates", per_epoch, rule)


def _seconds_race() -> Race:
    seconds = _measured(_n_timed())
    experiment = batches.race_of_seconds(seconds)
    steps = batches.updates_per_epoch()
    per_epoch = tuple(1000 * seconds[name] * steps[name] for name in NAMES)
    total = per_epoch[1] * _epochs_of(experiment)[1]
    rule = f"About {total:.0f} ms of updates: {_listed(_updates_of(experiment))} of them"
    return Race("seconds", experiment, "Milliseconds", per_epoch, rule)


def _n_timed() -> int:
    """How many networks train side by side where the updates are timed."""
    return CLOCKS[st.session_state.get("clock") or next(iter(CLOCKS))]


@st.cache_resource(max_entries=4, show_spinner="Timing…")
def _measured(n_networks: int) -> dict[str, float]:
    return batches.race_seconds_per_update(load_data(Experiment().data), n_networks)


def _show_clock() -> None:
    with st.expander("What was timed?"):
        st.segmented_control(
            "Timed with",
            list(CLOCKS),
            default=next(iter(CLOCKS)),
            required=True,
            key="clock",
            persist_state="session",
        )
        st.markdown(
            f"Here an update by the full batch takes {_ratio(_measured(_n_timed()))} times as long "
            "as one by a single point. Scoring is not timed."
        )


def _show_winner(race: Race, judged: Judgement, guess: str) -> None:
    top = _top(judged)
    st.markdown(_winner_in_words(top, guess))
    st.caption(f"On fresh points: {as_plain_text(_verdicts(judged))}.")
    winners = st.session_state.setdefault("race_winners", {})
    winners[race.key] = top
    st.markdown(_answer(winners))


def _show_picture(race: Race, comparison: Comparison) -> None:
    groups = comparison.groups()
    figure = figures_races.race(
        groups,
        race.per_epoch,
        race.clock,
        lowest=50,
        dark=is_dark(),
    )
    show_figure(figure, f"race_{race.key}", figures_races.race_in_words(groups, race.clock))


def _top(judged: Judgement) -> tuple[str, ...]:
    """Who won: several if they cannot be told apart."""
    return tuple(name for index, name in enumerate(judged.names) if judged.tier(index) == 1)


def _winner_in_words(top: tuple[str, ...], guess: str) -> str:
    """Who won, and whether that was guessed."""
    won = f"{top[0]} wins" if len(top) == 1 else f"a tie of {in_a_row(top)}"
    said = "as you guessed" if top == (guess,) else f"your guess was {guess}"
    return f"**{won[0].upper()}{won[1:]}**; {said}."


def _answer(winners: Mapping[str, tuple[str, ...]]) -> str:
    """Whether the races that were guessed so far have different winners."""
    run = [key for key in RACES if key in winners]
    listed = "; ".join(f"{in_a_row(winners[key])} on the same {key}" for key in run)
    if len(run) < len(RACES):
        return f"So far: {listed}. Guess the other races, too."
    if any(len(top) > 1 for top in winners.values()):
        return f"**Three races, and a tie among them:** {listed}."
    count = ("one winner", "two winners", "three winners")[len(set(winners.values())) - 1]
    return f"**Three races, {count}:** {listed}."


def _verdicts(judged: Judgement) -> str:
    """What is said of the pairs that a winner is part of."""
    return "; ".join(
        said.text
        for pair, said in zip(judged.pairs, judged.verdicts, strict=True)
        if judged.tier(pair.first) == 1 or judged.tier(pair.second) == 1
    )


def _show_lesson() -> None:
    st.markdown(
        "**Lesson and measurement.** The lesson counts the updates of an epoch, "
        f"{_listed(batches.updates_per_epoch().values())}, and what a batch holds, but runs no "
        "race. What decides is what an update is worth and what it costs. All run at the lesson's "
        f"learning rate, {Experiment().training.learning_rate:g} with Adam; at another the races "
        "may end otherwise."
    )


def _show_costs(result: Comparison) -> None:
    """What a batch costs, and how rough the gradient is that it buys."""
    left, right = st.columns(2, gap="large")
    with left:
        _show_table(result.experiment.architectures[0])
    with right:
        _show_noise(result)


def _show_table(architecture: Architecture) -> None:
    st.subheader("What a batch costs", anchor=False)
    alone, together = _measured(1), _measured(20)
    steps, n_points = batches.updates_per_epoch(), Experiment().data.n_train
    sizes = [size or n_points for size in batches.BATCH_SIZES.values()]
    rows = {
        "Updates an epoch": [f"{steps[name]}" for name in NAMES],
        "An update of one network": [_microseconds(alone[name]) for name in NAMES],
        "An update of 20 networks": [_microseconds(together[name]) for name in NAMES],
        "Numbers held meanwhile": [
            f"{batches.activations_held(architecture, size):,}" for size in sizes
        ],
    }
    lines = [f"| {label} | {' | '.join(cells)} |" for label, cells in rows.items()]
    st.markdown("\n".join(["| | Full batch | 32 | 1 |", "|:--|--:|--:|--:|", *lines]))
    more, few = (batches.activations_held(architecture, size) for size in (MILLION, 32))
    st.markdown(
        "The times were measured on this machine, once since the server started. A step has a "
        f"fixed cost that its points share: for one small network {n_points} points take "
        f"{_ratio(alone)} times as long as one, for 20 networks, where the arithmetic tells, "
        f"{_ratio(together)} times. "
        "Between forward and backward pass a batch holds its points and every unit's output, "
        f"{sum(architecture.widths)} numbers a point for {architecture.label}. With a million "
        f"points the full batch would hold {more:,}: {more / few:,.0f} times what 32 points do, "
        "the lesson's “about 31,000”."
    )


@st.fragment
def _show_noise(result: Comparison) -> None:
    st.subheader("How rough is the gradient?", anchor=False)
    run = result.groups()[NAMES.index("batch 32")].runs[0]
    with st.expander("At which weights?"):
        epoch = st.select_slider(
            "Those after so many epochs of batch 32",
            run.snapshot_epochs,
            key=f"noise_epoch_{run.snapshot_epochs[-1]}",
        )
    index = run.snapshot_epochs.index(epoch)
    found = _noise(result.experiment.to_json(), index, result)
    st.markdown(_noise_in_words(found, epoch, Experiment().data.n_train))
    figure = figures_batches.noise(found, dark=is_dark())
    show_figure(figure, "noise", figures_batches.noise_in_words(found))


def _noise_in_words(found: GradientNoise, epoch: int, n: int) -> str:
    at_32 = found.measured[NOISE_SIZES.index(32)]
    when = f"After {epoch} epochs of batch 32" if epoch else "Before training"
    return (
        f"{when} a gradient of 32 points misses the full one by {at_32:.2f} times its length. By "
        f"theory half of that takes {points_for_half(32, n)} points, not "
        f"{4 * 32}: no point is drawn twice, and with all {n} nothing is left to chance. The "
        "nearer the minimum, the shorter the gradient, and the more of a batch's is noise."
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _noise(experiment: str, snapshot: int, _result: Comparison) -> GradientNoise:
    run = _result.groups()[NAMES.index("batch 32")].runs[0]
    data = load_data(run.data)
    return gradient_noise(
        run.snapshots[snapshot],
        run.architecture,
        data.X_train,
        data.y_train,
        NOISE_SIZES,
        np.random.default_rng(0),
        n_draws=500,
    )


def _epochs_of(experiment: Experiment) -> list[int]:
    return [one.training(experiment.training).epochs for one in experiment.architectures]


def _updates_of(experiment: Experiment) -> list[int]:
    steps = batches.updates_per_epoch()
    return [
        epochs * steps[name] for epochs, name in zip(_epochs_of(experiment), NAMES, strict=True)
    ]


def _listed(numbers: Iterable[int]) -> str:
    return in_a_row(f"{number:,}" for number in numbers)


def _ratio(seconds: dict[str, float]) -> str:
    return f"{seconds['full batch'] / seconds['batch 1']:.1f}"


def _microseconds(seconds: float) -> str:
    return f"{1e6 * seconds:.0f}\u00a0µs"  # no line may break there
