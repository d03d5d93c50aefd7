import threading
from dataclasses import replace

import pytest
from helpers import assert_same_run
from job_helpers import (
    BUDGET,
    NUMPY,
    ended,
    endless,
    quick,
    running,
    wait_until,
)

import moonlab as ml
from moonlab import jobs
from moonlab.jobs import JobRunner

STOP_SECONDS = 1.5  # one second is promised; the rest is for a busy machine


SLOW = ml.Experiment(
    training=ml.Training(batch_size=1, epochs=20_000),
    architectures=(ml.Architecture((1024,) * 4, engine="numpy"),),
    seeds=tuple(range(90)),
)


def same_arrays(comparison, other):
    """Whether two comparisons hold the very same runs: nothing was trained twice."""
    pairs = zip(comparison.runs, other.runs, strict=True)
    return all(run.curves is twin.curves for run, twin in pairs)


@pytest.fixture(scope="module")
def runner():
    runner = JobRunner(BUDGET)
    yield runner
    runner.close()


@pytest.fixture
def busy(runner):
    """The runner, and a job that runs in it until the test is over."""
    job = running(runner, endless())
    yield runner, job
    runner.stop(job)
    assert job.ended.wait(10)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_job_gives_the_numbers_of_compare_bit_for_bit(runner, engine):
    architectures = (ml.Architecture((8, 8), engine=engine, override={"dropout": 0.2}), NUMPY)
    experiment = quick(11, architectures, epochs=20, report="best_validation")
    job = ended(runner.submit(experiment))
    expected = ml.compare(experiment)
    assert job.status == "done"
    assert job.comparison.experiment == experiment
    for run, other in zip(job.comparison.runs, expected.runs, strict=True):
        assert_same_run(run, other)


def test_an_equal_experiment_is_over_at_once_from_the_cache(runner):
    first = ended(runner.submit(quick(12)))
    second = runner.submit(quick(12))
    assert (second.is_over, second.status) == (True, "done")
    assert same_arrays(second.comparison, first.comparison)
    assert runner.cached(quick(13)) is None


def test_the_cache_forgets_the_least_recently_used_over_its_bound():
    n_bytes = sum(run.n_bytes for run in ml.compare(quick(0)).runs)
    runner = JobRunner(max_cached_bytes=2 * n_bytes)
    try:
        for seed in (0, 2):
            ended(runner.submit(quick(seed)))
        assert runner.cached(quick(0)) is not None  # used again: 2 is the oldest now
        ended(runner.submit(quick(4)))
        assert [runner.cached(quick(seed)) is not None for seed in (0, 2, 4)] == [True, False, True]
    finally:
        runner.close()


def test_only_what_is_new_is_trained_and_a_repeat_is_trained_once(runner):
    wide = ml.Architecture((9,), engine="numpy")
    first = ended(runner.submit(quick(40, (NUMPY,)))).comparison
    named = replace(NUMPY, name="again")
    job = ended(runner.submit(quick(40, (wide, NUMPY, named))))
    assert job.progress.n_architectures == 1
    assert job.comparison.experiment.names == ("2→9→1", "2→4→1", "again")
    for known, *others in zip(
        first.runs, job.comparison.runs[2:4], job.comparison.runs[4:], strict=True
    ):
        assert all(run.curves is known.curves for run in others)
    expected = ml.compare(quick(40, (wide, NUMPY, named)))
    for run, other in zip(job.comparison.runs, expected.runs, strict=True):
        assert_same_run(run, other)


def test_more_seeds_and_another_report_train_just_what_is_missing(runner):
    first = ended(runner.submit(quick(50))).comparison
    more = replace(quick(50, report="best_validation"), seeds=(51, 52, 50))
    assert (
        runner.estimate(more).seconds < runner.estimate(replace(more, seeds=(53, 54, 55))).seconds
    )
    comparison = ended(runner.submit(more)).comparison
    assert comparison.runs[0].curves is first.runs[1].curves
    assert comparison.runs[2].curves is first.runs[0].curves
    for run, other in zip(comparison.runs, ml.compare(more).runs, strict=True):
        assert_same_run(run, other)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("seeding", ["independent", "with_data", "sequential"])
def test_what_comes_from_earlier_runs_is_bit_for_bit_what_training_gives(runner, engine, seeding):
    one = ml.Architecture((5,), engine=engine)
    two = ml.Architecture((6,), engine=engine)
    before = replace(quick(60, (one,)), seeding=seeding)
    after = replace(quick(60, (two, one)), seeding=seeding, seeds=(61, 60, 62))
    ended(runner.submit(before))
    for run, other in zip(
        ended(runner.submit(after)).comparison.runs, ml.compare(after).runs, strict=True
    ):
        assert_same_run(run, other)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_the_beginning_of_a_replay_is_that_of_the_shorter_replay(runner, engine):
    networks = tuple(ml.Architecture((n,), engine=engine) for n in (5, 6))
    whole = replace(quick(70, networks), seeding="sequential")
    shorter = replace(whole, architectures=networks[:1])
    first = ended(runner.submit(whole)).comparison
    found = runner.cached(shorter)
    for run, known, other in zip(found.runs, first.runs, ml.compare(shorter).runs, strict=False):
        assert run.curves is known.curves
        assert_same_run(run, other)
    assert runner.cached(replace(shorter, architectures=networks[1:])) is None


def test_a_job_that_would_fill_the_memory_is_refused(runner):
    wide = tuple(ml.Architecture((64, 64, n), engine="numpy") for n in range(61, 69))
    large = ml.Experiment(architectures=wide, seeds=tuple(range(128)))
    with pytest.raises(ml.SpecError, match=r"at most 0\.5 GiB of memory.* Got an estimated 1\."):
        runner.estimate(large)
    assert runner.estimate(replace(large, seeds=tuple(range(20)))).n_bytes < 2**29


def test_progress_comes_and_never_goes_back(runner):
    wide = [ml.Architecture((width,), engine="numpy") for width in (8, 9)]
    job = runner.submit(quick(14, wide, epochs=400, batch_size=2))
    seen = []
    while not job.ended.wait(0.005):
        seen += [job.progress] if job.progress is not None else []
    fractions = [progress.fraction for progress in seen]
    assert job.status == "done"
    assert fractions == sorted(fractions)
    assert len(set(fractions)) >= 4
    assert (fractions[0] < 0.3, job.progress.fraction) == (True, 1.0)
    assert {progress.name for progress in seen} == {"2→8→1", "2→9→1"}


def test_a_stopped_job_is_over_within_a_second_and_the_next_one_runs(runner):
    job, pid = running(runner, endless(1)), runner.worker_pid
    wait_until(lambda: job.progress.epoch > 0)
    runner.stop(job)
    assert job.ended.wait(STOP_SECONDS)
    assert job.status == "stopped"
    assert [run.status for run in job.comparison.runs] == ["stopped"]
    assert runner.cached(endless(1)) is None
    assert ended(runner.submit(quick(15))).status == "done"
    assert runner.worker_pid == pid  # it stopped by itself: nobody had to end it


def test_a_job_stopped_while_it_waits_never_starts(busy):
    runner, first = busy
    waiting = runner.submit(quick(16))
    assert waiting.status == "waiting"
    runner.stop(waiting)
    runner.stop(first)
    ended(waiting)
    assert (waiting.status, waiting.comparison, waiting.progress) == ("stopped", None, None)


def test_a_job_stopped_while_it_waits_is_over_within_a_second(busy):
    runner, _ = busy
    waiting = runner.submit(quick(17))
    runner.stop(waiting)
    assert waiting.ended.wait(STOP_SECONDS)


def test_an_equal_experiment_that_waits_is_not_trained_again(busy):
    runner, first = busy
    twins = [runner.submit(quick(18)) for _ in range(2)]
    runner.stop(first)
    one, other = map(ended, twins)
    assert same_arrays(one.comparison, other.comparison)


@pytest.mark.parametrize(
    ("experiment", "sentence"),
    [
        (SLOW, "`experiment` must take at most 27.8 hours"),
        (
            ml.Experiment(ml.DataSpec(n_samples=10, validation_fraction=0.9)),
            "`validation_fraction` must leave both classes",
        ),
    ],
)
def test_a_refused_job_says_why(runner, experiment, sentence):
    job, pid = ended(runner.submit(experiment)), runner.worker_pid
    assert (job.status, job.comparison) == ("refused", None)
    assert str(job.error).startswith(sentence)
    assert runner.cached(experiment) is None
    assert ended(runner.submit(quick(24))).status == "done"
    assert runner.worker_pid == pid


def test_a_job_that_nobody_watches_is_stopped_after_the_grace_time(runner, monkeypatch):
    monkeypatch.setattr(jobs, "_GRACE_SECONDS", 1.0)
    job = running(runner, endless(3))
    for _ in range(8):
        job.seen()
        assert not job.ended.wait(0.2)
    assert job.ended.wait(1.0 + STOP_SECONDS)
    assert job.status == "stopped"


def quick_then_slow(first_seed):
    return ml.Experiment(
        training=ml.Training(epochs=3000),
        architectures=(
            ml.Architecture((4,), engine="numpy", override={"epochs": 3}),
            ml.Architecture((32, 32), engine="numpy"),
            ml.Architecture((5,), engine="numpy"),
        ),
        seeds=tuple(range(first_seed, first_seed + 16)),
    )


def in_the_second(job):
    while not (job.progress and job.progress.position == 1 and job.progress.epoch > 0):
        assert not job.ended.wait(0.02)
    return job


def test_what_was_finished_before_a_stop_is_kept_and_what_had_not_begun_is_left_out(runner):
    job = in_the_second(runner.submit(quick_then_slow(0)))
    runner.stop(job)
    ended(job)
    assert job.status == "stopped"
    assert job.comparison.experiment.architectures == job.experiment.architectures[:2]
    statuses = [run.status for run in job.comparison.runs]
    assert statuses == ["ok"] * 16 + ["stopped"] * 16


def test_what_was_finished_is_kept_by_a_stop_after_a_reload_too(runner):
    job = in_the_second(runner.submit(quick_then_slow(16)))
    again = runner.submit(job.experiment)
    runner.stop(again)
    assert ended(again).status == "stopped"
    assert again.comparison.experiment.architectures == job.experiment.architectures[:1]
    assert [run.status for run in again.comparison.runs] == ["ok"] * 16
    runner.stop(job)
    ended(job)


def test_after_a_reload_the_same_experiment_shows_the_progress_of_the_job_under_way(runner):
    first = running(runner, endless(7))
    again = runner.submit(endless(7))
    assert again.follows is first
    first.seen_at -= 10  # its page has gone
    runner.stop(again)
    ended(again)
    assert ended(first).status == "stopped"


@pytest.mark.parametrize("hidden", [False, True])
def test_stopping_a_follower_leaves_a_job_that_others_watch_alone(runner, hidden):
    first = running(runner, endless(8), has_page=lambda: hidden)
    again = runner.submit(endless(8))
    if hidden:
        first.seen_at -= 30  # its tab is in the background
    else:
        first.seen()
    runner.stop(again)
    ended(again)
    assert not first.ended.wait(0.5)
    runner.stop(first)
    ended(first)


def test_whoever_trains_is_followed_by_all_others_of_an_equal_experiment(runner):
    first, second, third = running(runner, endless(9)), *(runner.submit(endless(9)) for _ in "23")
    assert second.follows is third.follows is first
    runner.stop(first)
    ended(first)
    wait_until(lambda: second.progress is not None)
    assert third.source is second
    runner.stop(third)
    runner.stop(second)
    ended(second)


def test_no_job_comes_in_behind_the_end():
    runner, late = JobRunner(BUDGET), []
    first = running(runner, endless(10))
    submitting = [
        threading.Thread(target=lambda seed=seed: late.append(runner.submit(endless(seed))))
        for seed in range(20, 30)
    ]
    for thread in submitting[:5]:
        thread.start()
    runner.close()
    for thread in submitting[5:]:
        thread.start()
    for thread in submitting:
        thread.join(30)
    assert len(late) == 10
    for job in (first, *late):
        assert ended(job, 5).status == "stopped"
