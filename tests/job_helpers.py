"""Jobs short and long, and how to wait for them with a bound."""

import os
import signal
import time

import moonlab as ml

BUDGET = 100_000.0
NUMPY = ml.Architecture((4,), engine="numpy")


def quick(seed=0, architectures=(NUMPY,), **training):
    training = ml.Training(**{"epochs": 5} | training)
    data = ml.DataSpec(n_samples=60)
    return ml.Experiment(data, training, tuple(architectures), seeds=(seed, seed + 1))


def endless(seed=0):
    """Minutes of quick steps."""
    return ml.Experiment(ml.DataSpec(), ml.Training(batch_size=1, epochs=20_000), (NUMPY,), (seed,))


def ended(job, seconds=90):
    assert job.ended.wait(seconds), job.status
    return job


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def running(runner, experiment, **options):
    job = runner.submit(experiment, **options)
    wait_until(lambda: job.progress is not None)
    return job


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill_worker(runner):
    """Kill the worker, and say which it was."""
    pid = runner.worker_pid
    os.kill(pid, signal.SIGKILL)
    return pid
