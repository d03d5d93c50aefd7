"""Where `compare` spends its time on the lesson's five architectures and 20 seeds.

Methods of moonlab are wrapped; a stage's time is what its methods took without the stages they
called in turn. It is processor time, which other programs on the machine disturb less. Used by
`python -m benchmarks.scaling --profile`, and for the steps alone by `benchmarks.floor`.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any
from unittest.mock import patch

import moonlab as ml
from benchmarks.plain_script import HIDDEN
from moonlab.compare import _Datasets
from moonlab.numpy_mlp import NumpyEngine
from moonlab.record import Record
from moonlab.torch_mlp import TorchEngine
from moonlab.trainers import _Stack

TRAINING, BATCHES = "training steps", "order of batches, gathering"
HISTORIES, SNAPSHOTS = "evaluation of histories", "last, best and snapshot weights"
SCORING, BEST = "scoring, test points too", "best possible classifier"
REST = "rest: data, first weights, loop"
STAGES = (TRAINING, BATCHES, HISTORIES, SNAPSHOTS, SCORING, BEST, REST)
ROUNDS = 3

WRAPPED = (
    (NumpyEngine, "step", TRAINING),
    (TorchEngine, "step", TRAINING),
    (_Stack, "_shuffled", BATCHES),
    (Record, "evaluate", HISTORIES),
    (NumpyEngine, "parameters", SNAPSHOTS),
    (TorchEngine, "parameters", SNAPSHOTS),
    (Record, "_take", SNAPSHOTS),
    (Record, "runs", SCORING),
    (_Datasets, "best_possible", BEST),
)


class Stopwatch:
    """Seconds of each stage, those of the stages inside it left out."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stages = [REST]
        self._since = time.process_time()

    def enter(self, stage: str) -> None:
        """From here on book under a stage."""
        self._book()
        self._stages.append(stage)

    def leave(self) -> None:
        """From here on book under the stage before."""
        self._book()
        self._stages.pop()

    def _book(self) -> None:
        now = time.process_time()
        self.seconds[self._stages[-1]] += now - self._since
        self._since = now

    def wrapped(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """The function, its calls booked under a stage."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return timed

    def wrapped_generator(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """The generator function, what it does between its values booked under a stage."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Iterator[Any]:
            values, end = function(*args, **kwargs), object()
            following = self.wrapped(lambda: next(values, end), stage)
            while (value := following()) is not end:
                yield value

        return timed


@contextmanager
def watched() -> Iterator[Stopwatch]:
    """A stopwatch of all that moonlab does inside the block."""
    watch = Stopwatch()
    with ExitStack() as patches:
        for owner, name, stage in WRAPPED:
            original = getattr(owner, name)
            wrap = watch.wrapped_generator if isgeneratorfunction(original) else watch.wrapped
            patches.enter_context(patch.object(owner, name, wrap(original, stage)))
        yield watch
        watch.leave()


def profile(engine: str, epochs: int = 300) -> dict[str, float]:
    """Seconds of each stage of one comparison."""
    experiment = ml.Experiment(
        training=ml.Training(epochs=epochs),
        architectures=tuple(ml.Architecture(hidden, engine=engine) for hidden in HIDDEN),
        seeds=tuple(range(20)),
    )
    with watched() as watch:
        ml.compare(experiment)
    return watch.seconds


def print_profile() -> None:
    """Print a table of the stages for both engines: of some rounds the quickest."""
    best: dict[str, dict[str, float]] = {}
    for engine in ("numpy", "torch"):
        profile(engine, epochs=2)
        rounds = [profile(engine) for _ in range(ROUNDS)]
        best[engine] = min(rounds, key=lambda seconds: sum(seconds.values()))
    print(f"Five architectures, 20 seeds, 300 epochs, one thread: the quickest of {ROUNDS}.\n")
    print("| stage | numpy s | share | torch s | share |")
    print("|---|---|---|---|---|")
    for stage in STAGES:
        cells = [
            f"{seconds[stage]:.2f} | {seconds[stage] / sum(seconds.values()):.0%}"
            for seconds in best.values()
        ]
        print(f"| {stage} | {' | '.join(cells)} |")
    print(f"| all | {' | '.join(f'{sum(s.values()):.2f} | ' for s in best.values())} |\n")
    for engine, seconds in best.items():
        beside = sum(seconds[stage] for stage in (HISTORIES, SNAPSHOTS, SCORING))
        ratio = beside / (seconds[TRAINING] + seconds[BATCHES])
        print(f"{engine}: histories, weights kept and scoring cost {ratio:.2f} of the training.")
