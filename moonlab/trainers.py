"""The one loop over epochs and batches, for all seeds of an architecture at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard

import numpy as np

from moonlab.dataset import Data
from moonlab.draws import Draws, IndependentDraws, Indices
from moonlab.numpy_mlp import NumpyEngine
from moonlab.parameters import Floats, Layers, pack, unpack
from moonlab.record import Record
from moonlab.results import Run
from moonlab.rules import Fault, SpecError, check, shown
from moonlab.spec import SEEDS_RULE, Architecture, Training, report_faults

_STACK_PARAMETERS = 2**22  # in one stack
_STACK_NUMBERS = 2**21  # of a layer's outputs, or of gathered points, in one stack
_CHUNK_NUMBERS = 2**18  # of indices drawn at a time

OnEpoch = Callable[[int], None]
ShouldStop = Callable[[], bool]


class Engine(Protocol):
    """A stack of networks that can take a step; all evaluation is done elsewhere, in NumPy."""

    def prepare(self, array: Floats) -> Any:
        """The array in the engine's own form."""
        ...

    def step(self, X: Any, y: Any, masks: Sequence[Floats]) -> None:
        """One update of every network on its own batch: X (S, n, 2), y (S, n, 1)."""
        ...

    def parameters(self) -> Floats:
        """A copy of the flat parameters of every network in float64, shape (S, P)."""
        ...


def train(
    architecture: Architecture,
    training: Training,
    data: Data | Sequence[Data],
    seeds: tuple[int, ...] = (0,),
    initial_weights: Sequence[Layers] | None = None,
    *,
    draws: Callable[[tuple[int, ...]], Draws] | None = None,
    on_epoch: OnEpoch = lambda epoch: None,
    should_stop: ShouldStop = lambda: False,
) -> list[Run]:
    """Train one architecture from every seed, all seeds at once.

    Parameters
    ----------
    architecture : Architecture
        The network; its override departs from `training`.
    training : Training
        The protocol.
    data : Data or sequence of Data
        From `load_data`; a sequence gives each seed its own, all of the same sizes.
    seeds : tuple of int
        1 to 128 distinct seeds.
    initial_weights : sequence of list of (ndarray (in, out), ndarray (out,)), optional
        For each seed the weights and biases to start from, in place of drawn ones.
    draws : callable, optional
        From some of the seeds to their draws, in place of independent ones.
    on_epoch : callable, optional
        Told now and then how many epochs of the whole work are done, between 0 and `epochs`.
    should_stop : callable, optional
        Asked before each update; once it says yes, every run ends with status "stopped" and
        the weights of its last whole epoch.

    Returns
    -------
    list of Run
        One a seed, in the order of the seeds. A run that diverges has the status "diverged" and
        its last finite weights; the others are unharmed.

    Raises
    ------
    SpecError
        If an argument breaks a rule, or the data cannot serve the protocol.
    """
    _check_arguments(architecture, training, data, seeds)
    datasets = [data] if isinstance(data, Data) else data
    n_train, n_val = len(datasets[0].y_train), len(datasets[0].y_val)
    training = architecture.training(training)
    faults = report_faults(training, n_val, "training.report")
    if faults:
        raise SpecError(faults)
    if initial_weights is not None:
        initial_weights = _checked_weights(architecture, training, seeds, initial_weights)
    draws_of = draws or (lambda seeds: IndependentDraws(architecture, seeds))
    make_engine = _engine(architecture)
    started = time.perf_counter()
    runs: list[Run] = []
    size = stack_size(architecture, training, n_train)
    for first in range(0, len(seeds), size):
        last = min(first + size, len(seeds))
        some = seeds[first:last]
        points = datasets if len(datasets) == 1 else datasets[first:last]
        stack = _Stack(architecture, training, points, some, draws_of(some), make_engine)
        start = (
            stack.draws.initial_weights()
            if initial_weights is None
            else initial_weights[first:last]
        )

        def on_stack_epoch(epoch: int, first: int = first, last: int = last) -> None:
            on_epoch(int((first * training.epochs + (last - first) * epoch) / len(seeds)))

        runs += stack.train(start, on_stack_epoch, should_stop)
    seconds = (time.perf_counter() - started) / len(seeds)
    return [replace(run, seconds=seconds) for run in runs]


def _check_arguments(architecture: object, training: object, data: object, seeds: object) -> None:
    faults = [
        Fault(field, f"must be of type {kind.__name__}", shown(value))
        for field, value, kind in (
            ("architecture", architecture, Architecture),
            ("training", training, Training),
        )
        if not isinstance(value, kind)
    ]
    n_seeds = len(seeds) if isinstance(seeds, tuple) else 0
    if not isinstance(data, Data) and not (_are_datasets(data) and len(data) == n_seeds):
        rule = "must be of type Data, or a list with one of equal sizes for each seed"
        faults.append(Fault("data", rule, shown(data)))
    faults += check({"seeds": SEEDS_RULE}, {"seeds": seeds})
    if faults:
        raise SpecError(faults)


def _are_datasets(value: object) -> TypeGuard[Sequence[Data]]:
    if not isinstance(value, (list, tuple)) or not value:
        return False
    if not all(isinstance(item, Data) for item in value):
        return False
    return len({(len(item.y_train), len(item.y_val)) for item in value}) == 1


def _checked_weights(
    architecture: Architecture, training: Training, seeds: tuple[int, ...], given: Sequence[Layers]
) -> list[Layers]:
    """The given initial weights in float64, if their number, shapes and values are right."""
    expected = [
        (W.shape, b.shape)
        for W, b in unpack(np.empty(architecture.n_parameters), architecture.widths)
    ]
    rule = f"must give {len(seeds)} seeds finite real arrays of shapes {expected}"
    single = architecture.engine == "torch" and training.torch_dtype == "float32"
    try:
        arrays = [[(np.asarray(W), np.asarray(b)) for W, b in layers] for layers in given]
    except (TypeError, ValueError):
        raise SpecError([Fault("initial_weights", rule, shown(given))]) from None
    shapes = [[(W.shape, b.shape) for W, b in layers] for layers in arrays]
    if shapes != [expected] * len(seeds):
        raise SpecError([Fault("initial_weights", rule, f"shapes {shown(shapes)}")])
    kinds = {part.dtype.kind for layers in arrays for layer in layers for part in layer}
    if not kinds <= set("iuf"):
        raise SpecError([Fault("initial_weights", rule, "values that are no real numbers")])
    weights = [[(W.astype(float), b.astype(float)) for W, b in layers] for layers in arrays]
    with np.errstate(over="ignore"):
        packed = np.stack([pack(layers) for layers in weights])
        finite = np.isfinite(packed.astype(np.float32) if single else packed).all()
    if not finite:
        kind = "float32" if single else "float64"
        raise SpecError([Fault("initial_weights", rule, f"a value that is not finite in {kind}")])
    return weights


def stack_size(architecture: Architecture, training: Training, n_points: int) -> int:
    """How many seeds train at once: as many as fit a bound on memory, at least one."""
    n_batch = min(training.batch_size or n_points, n_points)
    activations = max(n_batch * max(architecture.widths), n_points)
    by_parameters = _STACK_PARAMETERS // architecture.n_parameters
    return max(1, min(_STACK_NUMBERS // activations, by_parameters))


MakeEngine = Callable[[Architecture, Training, Sequence[Layers]], Engine]


def _engine(architecture: Architecture) -> MakeEngine:
    if architecture.engine == "numpy":
        return NumpyEngine
    from moonlab.torch_mlp import TorchEngine  # over a second to load: only where it is used

    return TorchEngine


@dataclass
class _Stack:
    """The runs of some seeds of one architecture."""

    architecture: Architecture
    training: Training
    data: Sequence[Data]
    seeds: tuple[int, ...]
    draws: Draws
    make_engine: MakeEngine

    def train(
        self, initial_weights: Sequence[Layers], on_epoch: OnEpoch, should_stop: ShouldStop
    ) -> list[Run]:
        """Train from the given weights until the end or a stop."""
        record = Record(self.architecture, self.training, self.data, len(self.seeds))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            engine = self.make_engine(self.architecture, self.training, initial_weights)
            record.add(engine.parameters())
            record.evaluate()
            stopped = False
            for epoch, batches in enumerate(self._epochs(engine), start=1):
                stopped = self._run_epoch(engine, batches, should_stop)
                if stopped:
                    break
                record.add(engine.parameters())
                if record.is_due or epoch == self.training.epochs:
                    record.evaluate()
                    on_epoch(epoch)
            record.evaluate()
            return record.runs(self.seeds, stopped)

    def _run_epoch(
        self,
        engine: Engine,
        batches: Iterator[tuple[Any, Any, list[Floats]]],
        should_stop: ShouldStop,
    ) -> bool:
        """Take the steps of one epoch; whether it was cut short."""
        for X, y, masks in batches:
            if should_stop():
                return True
            engine.step(X, y, masks)
        return False

    def _epochs(self, engine: Engine) -> Iterator[Iterator[tuple[Any, Any, list[Floats]]]]:
        """For each epoch its batches: X (S, n, 2), y (S, n, 1), dropout masks."""
        masks = self.draws.masks(self.training.dropout)
        bounds = self.training.batch_bounds(len(self.data[0].y_train))
        for X, y in self._shuffled(engine):
            yield ((X[:, a:b], y[:, a:b], masks.draw(b - a)) for a, b in bounds)

    def _shuffled(self, engine: Engine) -> Iterator[tuple[Any, Any]]:
        """For each epoch all training points in the order of each seed: (S, n, 2) and (S, n, 1)."""
        points = [(one.X_train, one.y_train.astype(np.float64)[:, np.newaxis]) for one in self.data]
        n_seeds, n_points = len(self.seeds), len(points[0][1])
        if self.training.is_full_batch(n_points):
            every = _gathered(points, np.tile(np.arange(n_points), (n_seeds, 1)))
            prepared = tuple(engine.prepare(part) for part in every)
            for _ in range(self.training.epochs):
                yield prepared
            return
        chunk = max(1, _CHUNK_NUMBERS // (n_seeds * n_points))
        for done in range(0, self.training.epochs, chunk):
            for order in self.draws.orders(min(chunk, self.training.epochs - done), n_points):
                X, y = _gathered(points, order)
                yield engine.prepare(X), engine.prepare(y)


def _gathered(points: list[tuple[Floats, Floats]], order: Indices) -> tuple[Floats, Floats]:
    """The points of each seed, or those of all, in each seed's order (S, n)."""
    if len(points) == 1:
        X, y = points[0]
        return X.take(order, axis=0), y.take(order, axis=0)  # many times quicker than X[order]
    pairs = [
        (X.take(row, axis=0), y.take(row, axis=0))
        for (X, y), row in zip(points, order, strict=True)
    ]
    return np.stack([X for X, _ in pairs]), np.stack([y for _, y in pairs])
