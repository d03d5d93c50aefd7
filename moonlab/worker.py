"""The process that trains: descriptions of jobs come in, a stream of events goes out.

Run as `python -m moonlab.worker [--give-way]`; it ends when its standard input does.
"""

import contextlib
import gc
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from typing import BinaryIO

from moonlab.compare import Progress, train_missing
from moonlab.results import Run
from moonlab.rules import SpecError
from moonlab.run_keys import RunKey
from moonlab.spec import Experiment

GIVES_WAY = "--give-way"
_NICENESS = 10
_EVERY_JOB = -1


@dataclass(frozen=True)
class Start:
    """Train this."""

    job: int
    experiment: Experiment
    known: frozenset[RunKey]
    """The runs that need no training."""


@dataclass(frozen=True)
class Stop:
    """Stop that job, if it still runs."""

    job: int


@dataclass(frozen=True)
class Progressed:
    """The job is so far."""

    job: int
    progress: Progress


@dataclass(frozen=True)
class Trained:
    """The runs of one more architecture are there."""

    job: int
    runs: dict[RunKey, Run]


@dataclass(frozen=True)
class Finished:
    """The job ran to its end, or to where it was stopped."""

    job: int


@dataclass(frozen=True)
class Refused:
    """The job was refused, with the sentences for the user."""

    job: int
    error: SpecError


@dataclass(frozen=True)
class Failed:
    """The job failed, with the traceback for the log."""

    job: int
    traceback: str


Event = Progressed | Trained | Finished | Refused | Failed


def _listen(source: BinaryIO, starts: "queue.Queue[Start | None]", stopped: set[int]) -> None:
    """Sort what comes in, until there is no more, or no more than half a message."""
    with contextlib.suppress(EOFError, pickle.UnpicklingError):
        while True:
            message = pickle.load(source)
            if isinstance(message, Stop):
                stopped.add(message.job)
            else:
                starts.put(message)
    stopped.add(_EVERY_JOB)
    starts.put(None)


def _run(start: Start, stopped: set[int], send: BinaryIO) -> None:
    """Train one job and send its events."""

    def emit(event: Event) -> None:
        pickle.dump(event, send)
        send.flush()

    job = start.job
    try:
        for runs in train_missing(
            start.experiment,
            start.known,
            lambda progress: emit(Progressed(job, progress)),
            lambda: job in stopped or _EVERY_JOB in stopped,
        ):
            emit(Trained(job, runs))
        emit(Finished(job))
    except SpecError as error:
        emit(Refused(job, error))
    except BrokenPipeError:
        raise
    except Exception:
        emit(Failed(job, traceback.format_exc()))


def _give_way() -> None:
    """Let the server go before; Windows knows no such order."""
    if hasattr(os, "nice"):
        os.nice(max(_NICENESS - os.nice(0), 0))


def main(*, gives_way: bool = False) -> None:
    """Take one job after the other until the input ends.

    Parameters
    ----------
    gives_way : bool
        Whether the server goes before from the start, and not only after the first job, which is
        what its first visitor waits for.
    """
    if gives_way:
        _give_way()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this too
    send = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not get between the events
    gc.disable()  # in the first job: it may load PyTorch, a tenth of which would be looking for it
    starts: queue.Queue[Start | None] = queue.Queue()
    stopped: set[int] = set()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, starts, stopped), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more
        while (start := starts.get()) is not None:
            _run(start, stopped, send)
            stopped.discard(start.job)
            gc.enable()
            _give_way()


if __name__ == "__main__":
    from moonlab import worker  # so that events are pickled under the module's own name

    worker.main(gives_way=GIVES_WAY in sys.argv)
