"""Training beside the server: a queue of jobs before one worker process, and a cache of results."""

import itertools
import logging
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from moonlab.budget import Estimate, check_budget
from moonlab.compare import Progress, missing
from moonlab.results import Comparison, Run
from moonlab.rules import SpecError
from moonlab.run_keys import RunKey, run_keys
from moonlab.spec import Experiment
from moonlab.worker import (
    GIVES_WAY,
    Event,
    Failed,
    Finished,
    Progressed,
    Refused,
    Start,
    Stop,
    Trained,
)

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 0.8  # to stop by itself; then the worker is ended
_GRACE_SECONDS = 180.0  # unwatched; a hidden tab's timers come once a minute
_UNSEEN_SECONDS = 3.0
_ATTEMPTS = 2
_MAX_BYTES = 512 * 2**20
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

FAILURE = "Training failed, and so did a second try. Change something and train again."


@dataclass(eq=False)
class Job:
    """One comparison under way; whoever polls it reads its fields.

    Attributes
    ----------
    has_page : callable
        Whether the page that asked for it is still connected: one in a hidden tab is, though it is
        seldom seen.
    follows : Job or None
        A job of an equal experiment that is under way before; its result will serve both.
    status : {"waiting", "running", "done", "stopped", "refused", "failed"}
        "stopped": ended early, with the comparison of what there was, or with none.
    """

    experiment: Experiment
    number: int
    has_page: Callable[[], bool] = lambda: False
    status: str = "waiting"
    progress: Progress | None = None
    comparison: Comparison | None = None
    message: str = ""
    error: SpecError | None = None
    runs: dict[RunKey, Run] = field(default_factory=dict)
    stop_asked: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    follows: "Job | None" = None
    seen_at: float = field(default_factory=time.monotonic)
    kept_at: float = field(default_factory=time.monotonic)
    _ending: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.ended.is_set()

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody has looked at it for the grace time."""
        return time.monotonic() - self.kept_at > _GRACE_SECONDS

    @property
    def is_left_behind(self) -> bool:
        """Whether the page it was started from has gone, as after a reload."""
        return not self.has_page() and time.monotonic() - self.seen_at > _UNSEEN_SECONDS

    @property
    def source(self) -> "Job":
        """Whose progress is this one's: its own, or that of the job that it follows."""
        return self if self.follows is None or self.follows.is_over else self.follows

    def so_far(self) -> Comparison | None:
        """The comparison of those architectures that are done, if any is."""
        runs = self.source.runs
        done: dict[RunKey, Run] = {}
        for keys in run_keys(self.experiment):
            if all(key in runs and runs[key].status != "stopped" for key in keys):
                done |= {key: runs[key] for key in keys}
        return Comparison.of(self.experiment, done) if done else None

    def seen(self) -> None:
        """Tell that somebody still looks; an unwatched job is stopped after a grace time."""
        self.seen_at = self.kept_at = time.monotonic()
        if self.follows is not None:
            self.follows.kept_at = self.seen_at

    def begin(self) -> bool:
        """Set the status to "running", unless the job is over."""
        with self._ending:
            if not self.is_over:
                self.status = "running"
            return not self.is_over

    def end(
        self,
        status: str,
        comparison: Comparison | None = None,
        *,
        message: str = "",
        error: SpecError | None = None,
    ) -> None:
        """Set the outcome; the first one stays."""
        with self._ending:
            if not self.is_over:
                self.comparison, self.message, self.error = comparison, message, error
                self.status = status
                self.ended.set()


class JobRunner:
    """Trains the jobs of all sessions, one after the other, in a process of its own.

    Finished runs are kept, so that only what is new is trained; those used longest ago go first.

    Parameters
    ----------
    budget_seconds : float
        Jobs estimated to take longer are refused.
    max_cached_bytes : int
        Bound on the arrays of the runs that are kept.
    max_bytes : int
        Jobs estimated to need more memory are refused: each session keeps its latest results, and
        a job larger than the cache would be trained again when it is asked for again.
    """

    def __init__(
        self,
        budget_seconds: float = 300.0,
        max_cached_bytes: int = _MAX_BYTES,
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        self._budget_seconds, self._max_bytes = budget_seconds, max_bytes
        self._cache = _RunCache(max_cached_bytes)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._numbers = itertools.count()
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._unfinished: list[Job] = []
        self._worker = _start_worker()
        self._thread = threading.Thread(target=self._work, daemon=True, name="moonlab-jobs")
        self._thread.start()

    @property
    def worker_pid(self) -> int:
        """Process id of the worker."""
        return self._worker.pid

    def cached(self, experiment: Experiment) -> Comparison | None:
        """The comparison of this experiment, if all its runs are still there."""
        runs = self._cache.of(experiment)
        return None if missing(experiment, runs) else Comparison.of(experiment, runs)

    def estimate(self, experiment: Experiment) -> Estimate:
        """What an experiment would take, in view of the runs that are there already.

        Raises
        ------
        SpecError
            If that is over the budget.
        """
        return self._checked(experiment, self._cache.of(experiment))

    def _checked(self, experiment: Experiment, known: Collection[RunKey]) -> Estimate:
        n_missing = {index: len(keys) for index, keys in missing(experiment, known).items()}
        return check_budget(experiment, self._budget_seconds, n_missing, self._max_bytes)

    def submit(self, experiment: Experiment, has_page: Callable[[], bool] = lambda: False) -> Job:
        """Queue an experiment; it is over at once if its runs are all there.

        `has_page` says whether who asks is still connected.
        """
        job = Job(experiment, next(self._numbers), has_page)
        if self._ended_from_cache(job):
            return job
        with self._lock:
            if self._closed.is_set():
                job.end("stopped")
                return job
            self._unfinished = [one for one in self._unfinished if not one.is_over]
            job.follows = next(self._equals(job), None)
            self._unfinished.append(job)
            self._waiting.put(job)
        return job

    def _equals(self, job: Job) -> Iterator[Job]:
        """The other unfinished jobs of an equal experiment, which take its runs from the cache."""
        others = (one for one in self._unfinished if one is not job)
        return (one for one in others if one.experiment == job.experiment)

    def _lead(self, job: Job) -> None:
        """Let the others of an equal experiment follow a job, now that it is its turn."""
        with self._lock:
            job.follows = None
            for one in self._equals(job):
                one.follows = job

    def stop(self, job: Job) -> None:
        """Ask a job to stop; it is over within about a second."""
        job.stop_asked.set()
        if job.status == "waiting":
            job.end("stopped", job.so_far())  # as of the job that it follows
        if job.follows is not None and job.follows.is_left_behind:
            job.follows.stop_asked.set()  # left behind by a reload: nobody else is there to stop it

    def close(self) -> None:
        """End the worker process and the thread; jobs under way or waiting end as stopped."""
        with self._lock:  # no job may come in behind the end of the queue
            self._closed.set()
            self._waiting.put(None)
        self._worker.kill()  # whoever reads its events sees them end
        self._thread.join()
        _end(self._worker)

    def _ended_from_cache(self, job: Job) -> bool:
        """Take what runs there are; whether the job is over by that, with results or refused."""
        job.runs = self._cache.of(job.experiment)
        if not missing(job.experiment, job.runs):
            job.end("done", Comparison.of(job.experiment, job.runs))
            return True
        try:
            self._checked(job.experiment, job.runs)
        except SpecError as error:
            job.end("refused", error=error)
        return job.is_over

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            try:
                if not (job.is_over or self._ended_from_cache(job)):
                    self._lead(job)
                    self._run(job)
            except Exception:  # whatever happens, the next job must be able to start
                _LOG.exception("job %s failed", job.number)
                job.end("failed", message=FAILURE)

    def _run(self, job: Job) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            if self._must_stop(job) or not job.begin():
                break
            event = self._train(job)
            if isinstance(event, Finished):
                self._finish(job)
                return
            if isinstance(event, Refused):
                job.end("refused", error=event.error)
                return
            if isinstance(event, Failed):
                _LOG.error("job %s failed in the worker:\n%s", job.number, event.traceback)
            elif not self._must_stop(job):
                _LOG.error("the worker ended during job %s, attempt %s", job.number, attempt)
        if self._must_stop(job):
            job.end("stopped", _begun_part(job))
        else:
            job.end("failed", message=FAILURE)

    def _must_stop(self, job: Job) -> bool:
        if job.is_abandoned:
            job.stop_asked.set()
        return job.stop_asked.is_set() or self._closed.is_set()

    def _finish(self, job: Job) -> None:
        comparison = Comparison.of(job.experiment, job.runs)
        if comparison.status == "stopped":
            job.end("stopped", _begun_part(job))
        else:
            job.end("done", comparison)

    def _train(self, job: Job) -> Finished | Refused | Failed | None:
        """The last event of one attempt; None if the worker ended."""
        if self._worker.poll() is not None:
            _end(self._worker)
            self._worker = _start_worker(gives_way=True)
        worker, over = self._worker, threading.Event()
        watch = threading.Thread(target=self._watch, args=(job, worker, over), daemon=True)
        watch.start()
        try:
            _send(worker, Start(job.number, job.experiment, frozenset(job.runs)))
            return self._last_event(job, cast(IO[bytes], worker.stdout))
        except (EOFError, OSError, pickle.UnpicklingError):
            _end(worker)
            return None
        except BaseException:
            _end(worker)  # or the next job would read what is left of this one's events
            raise
        finally:
            over.set()
            watch.join()

    def _last_event(self, job: Job, events: IO[bytes]) -> Finished | Refused | Failed:
        """Take a job's events in, up to the one that ends it."""
        while True:
            event = cast(Event, pickle.load(events))
            if event.job != job.number:
                continue
            if isinstance(event, Progressed):
                job.progress = event.progress
            elif isinstance(event, Trained):
                job.runs |= event.runs
                self._cache.add(event.runs)
            else:
                return event

    def _watch(self, job: Job, worker: "subprocess.Popen[bytes]", over: threading.Event) -> None:
        """Pass a wish to stop on to the worker, and end the worker if it does not heed it."""
        while not over.wait(0.05):
            if self._must_stop(job):
                _send(worker, Stop(job.number))
                if self._closed.is_set() or not over.wait(_STOP_SECONDS):
                    worker.kill()  # whoever reads its events sees them end
                return


class _RunCache:
    """Finished runs, up to a bound of memory; those used longest ago go first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._runs: OrderedDict[RunKey, Run] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, experiment: Experiment) -> dict[RunKey, Run]:
        """Those runs of an experiment that are there."""
        keys = [key for group in run_keys(experiment) for key in group]
        with self._lock:
            found = {key: self._runs[key] for key in keys if key in self._runs}
            for key in found:
                self._runs.move_to_end(key)
        return found

    def add(self, runs: Mapping[RunKey, Run]) -> None:
        """Keep those of some runs that were not stopped."""
        with self._lock:
            for key, run in runs.items():
                if run.status != "stopped" and key not in self._runs:
                    self._runs[key] = run
                    self._n_bytes += run.n_bytes
            while self._n_bytes > self._max_bytes:
                _, run = self._runs.popitem(last=False)
                self._n_bytes -= run.n_bytes


def _begun_part(job: Job) -> Comparison | None:
    """The comparison of the architectures that had begun when the job was stopped, if any had."""
    begun: dict[RunKey, Run] = {}
    for keys in run_keys(job.experiment):
        runs = {key: job.runs[key] for key in keys if key in job.runs}
        if any(run.status != "stopped" or len(run.curves) > 1 for run in runs.values()):
            begun |= runs
    return Comparison.of(job.experiment, begun) if begun else None


def _send(worker: "subprocess.Popen[bytes]", message: Start | Stop) -> None:
    stream = cast(IO[bytes], worker.stdin)
    try:
        pickle.dump(message, stream)
        stream.flush()
    except OSError:  # it has ended: whoever reads its events will see that
        _LOG.warning("the worker takes no more messages")


def _start_worker(*, gives_way: bool = False) -> "subprocess.Popen[bytes]":
    package = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "moonlab.worker", *([GIVES_WAY] if gives_way else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | dict.fromkeys(_THREAD_VARIABLES, "1") | {"PYTHONPATH": path},
    )


def _end(worker: "subprocess.Popen[bytes]") -> None:
    worker.kill()
    worker.wait()
    for stream in (worker.stdin, worker.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                _LOG.debug("a pipe of the worker was broken already")
