import time

import pytest
from helpers import assert_same_run
from job_helpers import (
    BUDGET,
    ended,
    endless,
    is_alive,
    kill_worker,
    quick,
    running,
    wait_until,
)

import moonlab as ml
from moonlab.jobs import JobRunner

STOP_SECONDS = 1.5  # one second is promised; the rest is for a busy machine


@pytest.fixture(scope="module")
def runner():
    runner = JobRunner(BUDGET, max_bytes=2**31)
    yield runner
    runner.close()


def test_a_job_whose_worker_dies_is_tried_again(runner):
    experiment = quick(20, epochs=500, batch_size=2)
    job = running(runner, experiment)
    pid = kill_worker(runner)
    assert ended(job).status == "done"
    assert runner.worker_pid != pid
    for run, other in zip(job.comparison.runs, ml.compare(experiment).runs, strict=True):
        assert_same_run(run, other)


def test_a_worker_that_died_idle_costs_nobody_anything(runner):
    kill_worker(runner)
    assert ended(runner.submit(quick(21))).status == "done"


def test_a_job_whose_worker_dies_twice_fails_calmly_and_loses_no_other(runner):
    earlier = ended(runner.submit(quick(22))).comparison
    job = running(runner, endless(2))
    pid = kill_worker(runner)
    wait_until(lambda: runner.worker_pid != pid)
    kill_worker(runner)
    assert ended(job).status == "failed"
    assert (
        job.message == "Training failed, and so did a second try. Change something and train again."
    )
    assert job.comparison is None
    assert_same_run(runner.cached(quick(22)).runs[0], earlier.runs[0])
    assert ended(runner.submit(quick(23))).status == "done"


def test_a_job_within_one_long_step_is_stopped_by_ending_the_worker(runner):
    huge = ml.Architecture((1024,) * 6, engine="numpy")
    training = ml.Training(optimizer="gd", batch_size=None, epochs=3)
    experiment = ml.Experiment(ml.DataSpec(n_samples=1000), training, (huge,), (0,))
    job, pid = running(runner, experiment), runner.worker_pid
    time.sleep(0.3)
    runner.stop(job)
    assert job.ended.wait(STOP_SECONDS)
    assert (job.status, job.comparison) == ("stopped", None)
    assert not is_alive(pid)
    assert ended(runner.submit(quick(19))).status == "done"


def test_close_ends_the_worker_and_every_job():
    runner = JobRunner(BUDGET)
    first, second = running(runner, endless(4)), runner.submit(endless(5))
    try:
        runner.close()
        assert first.ended.wait(STOP_SECONDS)
        assert second.ended.wait(STOP_SECONDS)
        assert not is_alive(runner.worker_pid)
    finally:
        for job in (first, second):
            runner.stop(job)
        runner.close()
