"""From an experiment to its comparison."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from moonlab.best_possible import best_possible
from moonlab.budget import check_budget
from moonlab.dataset import Data, load_data
from moonlab.draws import Draws, IndependentDraws, SequentialDraws
from moonlab.results import Comparison, Run
from moonlab.rules import Fault, SpecError, shown
from moonlab.run_keys import RunKey, run_keys
from moonlab.spec import Architecture, DataSpec, Experiment
from moonlab.trainers import ShouldStop, train


class Progress(NamedTuple):
    """How far a comparison is."""

    position: int
    """Of the architecture that trains among those that have to, from 0."""
    n_architectures: int
    """Those that have to train."""
    name: str
    """Of the architecture that trains."""
    epoch: int
    """Epochs of it that are done."""
    epochs: int

    @property
    def fraction(self) -> float:
        """Share of the work done, each architecture counted alike."""
        return (self.position + self.epoch / self.epochs) / self.n_architectures


OnProgress = Callable[[Progress], None]


def compare(
    experiment: Experiment,
    on_progress: OnProgress | None = None,
    *,
    should_stop: ShouldStop = lambda: False,
    budget_seconds: float = 3600.0,
) -> Comparison:
    """Train every architecture of an experiment from every seed, and score them.

    Parameters
    ----------
    experiment : Experiment
        What to compare.
    on_progress : callable, optional
        Told now and then how far it is.
    should_stop : callable, optional
        Asked before each update; once it says yes, what is unfinished ends as "stopped".
    budget_seconds : float
        Work estimated to take longer is refused before it starts.

    Returns
    -------
    Comparison

    Raises
    ------
    SpecError
        If the data would lack a class, the work is over the budget, or a device is not there.
    """
    if not isinstance(experiment, Experiment):
        raise SpecError([Fault("experiment", "must be an Experiment", shown(experiment))])
    check_budget(experiment, budget_seconds)
    runs: dict[RunKey, Run] = {}
    for trained in train_missing(experiment, (), on_progress, should_stop):
        runs |= trained
    return Comparison.of(experiment, runs)


def train_missing(
    experiment: Experiment,
    known: Collection[RunKey],
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop = lambda: False,
) -> Iterator[dict[RunKey, Run]]:
    """Train those runs of an experiment that are not known, one architecture after the other.

    Raises
    ------
    SpecError
        See `compare`.
    """
    _check_devices(experiment)
    datasets = _Datasets()
    streams = _Streams(experiment.seeding)
    work = missing(experiment, known)
    for place, (index, keys) in enumerate(work.items()):
        architecture = experiment.architectures[index]
        name, epochs = experiment.names[index], keys[0].training.epochs

        def on_epoch(epoch: int, place: int = place, name: str = name, last: int = epochs) -> None:
            if on_progress is not None:
                on_progress(Progress(place, len(work), name, epoch, last))

        data = datasets.of([key.data for key in keys])
        datasets.prepare([key.data for key in keys], should_stop)
        on_epoch(0)
        trained = train(
            architecture,
            experiment.training,
            data,
            tuple(key.seed for key in keys),
            draws=partial(streams.draws, architecture),
            on_epoch=on_epoch,
            should_stop=should_stop,
        )
        yield {
            key: run
            if run.status == "stopped"
            else replace(run, best_possible=datasets.best_possible(key.data))
            for key, run in zip(keys, trained, strict=True)
        }


def missing(experiment: Experiment, known: Collection[RunKey]) -> dict[int, list[RunKey]]:
    """By architecture the runs of an experiment that are not known; equal ones are named once."""
    found: dict[int, list[RunKey]] = {}
    named: set[RunKey] = set()
    replays = experiment.seeding == "sequential"  # its streams run through all architectures
    for index, keys in enumerate(run_keys(experiment)):
        lacks = any(key not in known for key in keys)
        # the runs of a PyTorch stack round alike only together
        whole = replays or (lacks and experiment.architectures[index].engine == "torch")
        wanted = [key for key in keys if key not in named and (whole or key not in known)]
        named.update(wanted)
        if wanted:
            found[index] = wanted
    return {} if all(key in known for key in named) else found


class _Datasets:
    """The data that runs meet, drawn once each, and how well they can be classified at best."""

    def __init__(self) -> None:
        self._drawn: dict[DataSpec, Data] = {}
        self._best: dict[DataSpec, float | None] = {}

    def of(self, specs: list[DataSpec]) -> list[Data] | Data:
        """The data of each run, or the one that all share."""
        for spec in specs:
            if spec not in self._drawn:
                self._drawn[spec] = load_data(spec)
        return self._drawn[specs[0]] if len(set(specs)) == 1 else [self._drawn[s] for s in specs]

    def prepare(self, specs: list[DataSpec], should_stop: ShouldStop) -> None:
        """Compute what is best possible before training, which a stop then does not cost."""
        for count, spec in enumerate(dict.fromkeys(specs)):
            if count and should_stop():
                return
            self.best_possible(spec)

    def best_possible(self, spec: DataSpec) -> float | None:
        """Accuracy of the best possible classifier on the test points, if it is known."""
        if spec not in self._best:
            classifier, data = best_possible(spec), self._drawn[spec]
            self._best[spec] = (
                None if classifier is None else classifier.accuracy_on(data.X_test, data.y_test)
            )
        return self._best[spec]


def _check_devices(experiment: Experiment) -> None:
    """Refuse a device that is not there before anything trains."""
    for architecture in experiment.architectures:
        device = architecture.training(experiment.training).device
        if architecture.engine == "torch" and device != "cpu":
            from moonlab.torch_mlp import check_device

            check_device(device)


class _Streams:
    """The draws of an experiment; with sequential seeding, one stream an engine and seed."""

    def __init__(self, seeding: str) -> None:
        self._seeding = seeding
        self._streams: dict[tuple[str, int], Any] = {}

    def draws(self, architecture: Architecture, seeds: tuple[int, ...]) -> Draws:
        """The draws of an architecture; sequential ones go on where the streams stand."""
        if self._seeding != "sequential":
            first = (0,) * len(seeds)
            fixed_start = self._seeding in ("only_batches", "only_data")
            fixed_batches = self._seeding in ("only_start", "only_data")
            return IndependentDraws(
                architecture, first if fixed_start else seeds, first if fixed_batches else seeds
            )
        engine = architecture.engine
        if engine == "numpy":
            return SequentialDraws(
                architecture,
                seeds,
                [self._stream(engine, seed, np.random.RandomState) for seed in seeds],
            )
        from moonlab import torch_mlp

        return torch_mlp.SequentialDraws(
            architecture,
            seeds,
            [self._stream(engine, seed, torch_mlp.seeded_generator) for seed in seeds],
        )

    def _stream(self, engine: str, seed: int, make: Callable[[int], Any]) -> Any:
        if (engine, seed) not in self._streams:
            self._streams[engine, seed] = make(seed)
        return self._streams[engine, seed]
