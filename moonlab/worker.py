"""The process that trains: descriptions of jobs come in, a stream of events goes out.

Run as `python -m moonlab.worker`; it ends when its standard input does.
"""

import os
import pickle
import queue
import sys
import threading
import traceback
from dataclasses import dataclass
from typing import BinaryIO

from moonlab.compare import Progress, compare
from moonlab.results import Comparison
from moonlab.rules import SpecError
from moonlab.spec import Experiment

_NICENESS = 10
_EVERY_JOB = -1


@dataclass(frozen=True)
class Start:
    """Train this."""

    job: int
    experiment: Experiment
    budget_seconds: float


@dataclass(frozen=True)
class Stop:
    """Stop that job, if it still runs."""

    job: int


@dataclass(frozen=True)
class Progressed:
    """So far it is."""

    progress: Progress


@dataclass(frozen=True)
class Finished:
    """It ran to its end, or to where it was stopped."""

    comparison: Comparison


@dataclass(frozen=True)
class Refused:
    """It was refused, with the sentences for the user."""

    error: SpecError


@dataclass(frozen=True)
class Failed:
    """It failed, with the traceback for the log."""

    traceback: str


Event = Progressed | Finished | Refused | Failed


def _listen(source: BinaryIO, starts: "queue.Queue[Start | None]", stopped: set[int]) -> None:
    """Sort what comes in, until there is no more."""
    while True:
        try:
            message = pickle.load(source)
        except EOFError:
            stopped.add(_EVERY_JOB)
            starts.put(None)
            return
        if isinstance(message, Stop):
            stopped.add(message.job)
        else:
            starts.put(message)


def _events_of(start: Start, stopped: set[int], send: BinaryIO) -> None:
    def emit(event: Event) -> None:
        pickle.dump(event, send)
        send.flush()

    try:
        comparison = compare(
            start.experiment,
            lambda progress: emit(Progressed(progress)),
            should_stop=lambda: start.job in stopped or _EVERY_JOB in stopped,
            budget_seconds=start.budget_seconds,
        )
        emit(Finished(comparison))
    except SpecError as error:
        emit(Refused(error))
    except BrokenPipeError:
        raise
    except Exception:
        emit(Failed(traceback.format_exc()))


def main() -> None:
    """Take one job after the other, at a low priority, until the input ends."""
    os.nice(_NICENESS)
    send = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not get between the events
    starts: queue.Queue[Start | None] = queue.Queue()
    stopped: set[int] = set()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, starts, stopped), daemon=True).start()
    while (start := starts.get()) is not None:
        _events_of(start, stopped, send)


if __name__ == "__main__":
    from moonlab import worker  # so that events are pickled under the module's own name

    worker.main()
