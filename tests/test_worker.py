import io
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers import assert_same_run
from job_helpers import endless, quick

import moonlab as ml
from moonlab.worker import Failed, Finished, Progressed, Refused, Start, Stop, Trained

ROOT = Path(__file__).resolve().parent.parent
NONE = frozenset()
ONE_CLASS = ml.Experiment(ml.DataSpec(n_samples=10, validation_fraction=0.9))
THE_WORKER = ["-m", "moonlab.worker"]
# The worker, but for a `train_missing` that also prints, in Python and past it
PRINTING = """
import os
from moonlab import worker
train_missing = worker.train_missing
def printing(*arguments, **options):
    print("noise from Python", flush=True)
    os.write(1, b"noise past Python")
    return train_missing(*arguments, **options)
worker.train_missing = printing
worker.main()
"""
FAILING = """
from moonlab import worker
def failing(experiment, *arguments, **options):
    raise ZeroDivisionError("of the test")
worker.train_missing = failing
worker.main()
"""


@pytest.fixture
def start_worker():
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def talk(process, *messages):
    """Give it all messages, then end its input: its events and what it said beside them."""
    sent = b"".join(pickle.dumps(message) for message in messages)
    out, err = process.communicate(sent, timeout=30)
    stream, events = io.BytesIO(out), []
    while stream.tell() < len(out):
        events.append(pickle.load(stream))
    return events, err.decode()


def next_event(process):
    """The next event, waited for no longer than 20 seconds."""
    timer = threading.Timer(20, process.kill)
    timer.start()
    try:
        return pickle.load(process.stdout)
    finally:
        timer.cancel()


def test_the_worker_ends_when_its_input_does(start_worker):
    process = start_worker(*THE_WORKER)
    assert talk(process) == ([], "")
    assert process.returncode == 0


def test_the_worker_ends_when_its_input_does_within_a_message(start_worker):
    process = start_worker(*THE_WORKER)
    message = pickle.dumps(Start(0, endless(), NONE))
    process.stdin.write(message[: len(message) // 2])
    assert talk(process) == ([], "")
    assert process.returncode == 0


def test_a_job_under_way_ends_when_the_input_does(start_worker):
    process = start_worker(*THE_WORKER)
    pickle.dump(Start(0, endless(), NONE), process.stdin)
    process.stdin.flush()
    assert isinstance(next_event(process), Progressed)
    events, _ = talk(process)
    assert process.returncode == 0
    assert isinstance(events[-1], Finished)
    assert {run.status for event in events for run in getattr(event, "runs", {}).values()} == {
        "stopped"
    }


def test_what_prints_does_not_get_between_the_events(start_worker):
    process = start_worker("-c", PRINTING)
    pickle.dump(Start(0, quick(), NONE), process.stdin)
    process.stdin.flush()
    runs, event = [], next_event(process)
    while not isinstance(event, Finished):
        runs += event.runs.values() if isinstance(event, Trained) else []
        event = next_event(process)
    for run, other in zip(runs, ml.compare(quick()).runs, strict=True):
        assert_same_run(run, other)
    rest, said = talk(process)
    assert rest == []
    assert "noise from Python" in said
    assert "noise past Python" in said


def test_a_stop_reaches_its_own_job_only(start_worker):
    process = start_worker(*THE_WORKER)
    for message in (Start(0, endless(), NONE), Stop(0), Start(1, quick(), NONE)):
        pickle.dump(message, process.stdin)
    process.stdin.flush()
    statuses, event = {0: set(), 1: set()}, None
    while not (isinstance(event, Finished) and event.job == 1):
        event = next_event(process)
        if isinstance(event, Trained):
            statuses[event.job] |= {run.status for run in event.runs.values()}
    assert statuses == {0: {"stopped"}, 1: {"ok"}}


def test_a_refusal_and_a_failure_are_events_and_the_worker_goes_on(start_worker):
    events, _ = talk(
        start_worker(*THE_WORKER),
        Start(0, ONE_CLASS, NONE),
        Start(1, ONE_CLASS, NONE),
    )
    assert [type(event) for event in events] == [Refused, Refused]
    assert "must leave both classes" in str(events[1].error)
    events, _ = talk(start_worker("-c", FAILING), Start(0, quick(), NONE), Start(1, quick(), NONE))
    assert [type(event) for event in events] == [Failed, Failed]
    assert "ZeroDivisionError: of the test" in events[1].traceback
