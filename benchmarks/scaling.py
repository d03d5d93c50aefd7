"""How time and memory of `moonlab.compare` grow with seeds, width, depth, samples and epochs.

Run from the project's folder: python -m benchmarks.scaling [--picture FILE] | --profile
Every point is measured in a process of its own, on one thread: processor time, the least of some
repeats, and the peak of memory above that of the loaded program. The process that starts them
loads neither NumPy nor PyTorch, since its own peak would be inherited.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy and PyTorch are loaded

from benchmarks.scaling_picture import Curve, Panel, write_picture

ENGINES = ("numpy", "torch")
ALLOWED = 1.25  # times as fast as its work a cost may grow from one row to the next
N_TEST, BATCH = 20_000, 32  # of moonlab, which is not loaded here
REPEATS, ENOUGH_SECONDS = 5, 1.5
INTRODUCTION = f"""\
One thread. *s*: processor seconds of `compare`, histories and scoring included. *a unit*: seconds a
unit of work, the first row's being 1. *step*: how many times the seconds grow from the row above,
divided by how many times the work does; above {ALLOWED} it is marked. *MB*: memory at the peak,
beside the loaded program. *work*: millions of additions, multiplications and the like."""


@dataclass(frozen=True)
class Point:
    """A comparison of one architecture."""

    engine: str
    n_seeds: int = 8
    hidden: tuple[int, ...] = (16,)
    n_samples: int = 300
    epochs: int = 60

    @property
    def work(self) -> float:
        """Its arithmetic: additions, multiplications and the like, whatever the engine.

        A weight costs two for each point that goes forward, and two for each of its gradients
        (its own and that of its input, which the first layer's does not need); an output of a
        layer two forward and three backward; a parameter twelve an update.
        """
        widths = (2, *self.hidden, 1)
        products = [n_in * n_out for n_in, n_out in pairwise(widths)]
        outputs = sum(widths[1:])
        n_train = self.n_samples - round(self.n_samples * 0.2)
        forward = 2 * sum(products) + 2 * outputs
        backward = 4 * sum(products) - 2 * products[0] + 3 * outputs
        trained = self.epochs * n_train * (forward + backward)
        updated = self.epochs * -(-n_train // BATCH) * 12 * (sum(products) + outputs)
        evaluated = ((self.epochs + 2) * self.n_samples + N_TEST) * forward
        return self.n_seeds * (trained + updated + evaluated)


@dataclass(frozen=True)
class Sweep:
    """A quantity, the values it takes, and the comparison at a value."""

    name: str
    others: str
    values: tuple[int, ...]
    point: Callable[[str, int], Point]


SWEEPS = (
    Sweep(
        "seeds",
        "2→16→1, 300 samples, 60 epochs",
        tuple(2**k for k in range(8)),
        lambda engine, value: Point(engine, n_seeds=value),
    ),
    Sweep(
        "width",
        "two hidden layers of it, 4 seeds, 300 samples, 20 epochs",
        tuple(2**k for k in range(2, 10)),
        lambda engine, value: Point(engine, n_seeds=4, hidden=(value, value), epochs=20),
    ),
    Sweep(
        "depth",
        "hidden layers of 16, 8 seeds, 300 samples, 60 epochs",
        tuple(range(7)),
        lambda engine, value: Point(engine, hidden=(16,) * value),
    ),
    Sweep(
        "samples",
        "2→16→1, 8 seeds, 6 epochs",
        (300, 1_000, 3_000, 10_000, 30_000, 100_000),
        lambda engine, value: Point(engine, n_samples=value, epochs=6),
    ),
    Sweep(
        "epochs",
        "2→16→1, 8 seeds, 300 samples",
        (10, 30, 100, 300, 1_000, 3_000),
        lambda engine, value: Point(engine, epochs=value),
    ),
)


@dataclass(frozen=True)
class Cost:
    """What a point took."""

    seconds: float
    """Of the processor."""
    megabytes: float
    """At the peak, beside the loaded program."""


Costs = dict[tuple[str, int], Cost]
"""By engine and value of the quantity."""


def measure_here(point: Point) -> Cost:
    """Measure a point in this process, which must be fresh."""
    import moonlab as ml

    def experiment(point: Point) -> ml.Experiment:
        return ml.Experiment(
            data=ml.DataSpec(n_samples=point.n_samples),
            training=ml.Training(epochs=point.epochs, batch_size=BATCH),
            architectures=(ml.Architecture(point.hidden, engine=point.engine),),
            seeds=tuple(range(point.n_seeds)),
        )

    ml.compare(experiment(Point(point.engine, n_seeds=1, hidden=(1,), n_samples=100, epochs=2)))
    before = _peak_megabytes()
    measured = experiment(point)
    taken: list[float] = []
    while len(taken) < 2 or (len(taken) < REPEATS and sum(taken) < ENOUGH_SECONDS):
        started = time.process_time()
        ml.compare(measured)
        taken.append(time.process_time() - started)
    return Cost(min(taken), _peak_megabytes() - before)


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measure(point: Point) -> Cost:
    """Measure a point in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--point", json.dumps(asdict(point))]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Cost(**json.loads(answer))


def measure_sweep(sweep: Sweep) -> Costs:
    """Measure the points of a sweep, an engine after the other."""
    costs: Costs = {}
    for engine in ENGINES:
        for value in sweep.values:
            cost = costs[engine, value] = measure(sweep.point(engine, value))
            said = f"{engine}, {sweep.name} {value}: {cost.seconds:.3f} s, {cost.megabytes:.0f} MB"
            print(said, file=sys.stderr, flush=True)
    return costs


def main() -> None:
    """Measure one point, or where the time goes, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture", type=Path, default=Path("docs/scaling.svg"))
    parser.add_argument("--profile", action="store_true", help="where compare spends its time")
    parser.add_argument("--point", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        given = json.loads(options.point)
        point = Point(**given | {"hidden": tuple(given["hidden"])})
        print(json.dumps(asdict(measure_here(point))))
    elif options.profile:
        from benchmarks.stages import print_profile

        print_profile()
    else:
        run_sweeps(options.picture)


def run_sweeps(picture: Path) -> None:
    """Print a table a quantity, and draw them all."""
    started = time.perf_counter()
    measured = [(sweep, measure_sweep(sweep)) for sweep in SWEEPS]
    print(INTRODUCTION)
    n_flags = 0
    for sweep, costs in measured:
        n_flags += print_table(sweep, costs)
    print(f"\n{n_flags} steps grow more than {ALLOWED} times as fast as their work.")
    write_picture(picture, [_panels(*both) for both in measured])
    print(f"{time.perf_counter() - started:.0f} s in all; {picture}", file=sys.stderr)


def print_table(sweep: Sweep, costs: Costs) -> int:
    """Print a sweep as Markdown; how many steps grow faster than their work."""
    print(f"\n**{sweep.name.capitalize()}** ({sweep.others})\n")
    columns = [
        f"{engine} {column}" for engine in ENGINES for column in ("s", "a unit", "step", "MB")
    ]
    print(f"| {sweep.name} | work | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 2) + "|")
    n_flags = 0
    for index, value in enumerate(sweep.values):
        cells = [f"{value:,}", f"{sweep.point('numpy', value).work / 1e6:,.0f}"]
        for engine in ENGINES:
            per_work = [_per_work(sweep, costs, engine, v) for v in sweep.values[: index + 1]]
            growth = per_work[-1] / per_work[-2] if index else 0.0
            n_flags += growth > ALLOWED
            step = f"{growth:.2f}" if index else ""
            cells += [
                f"{costs[engine, value].seconds:.3f}",
                f"{per_work[-1] / per_work[0]:.2g}",
                f"**{step} !**" if growth > ALLOWED else step,
                f"{costs[engine, value].megabytes:.0f}",
            ]
        print(f"| {' | '.join(cells)} |")
    return n_flags


def _per_work(sweep: Sweep, costs: Costs, engine: str, value: int) -> float:
    return costs[engine, value].seconds / sweep.point(engine, value).work


def _panels(sweep: Sweep, costs: Costs) -> tuple[Panel, Panel]:
    """Time and memory of a sweep, as drawn."""
    x = [value + (sweep.name == "depth") for value in sweep.values]  # depth 0 has no logarithm
    labels = [_short(value) for value in sweep.values]
    times, memories = (
        [Curve(e, [getattr(costs[e, value], what) for value in sweep.values]) for e in ENGINES]
        for what in ("seconds", "megabytes")
    )
    last = sweep.values[-1]
    work = [sweep.point("numpy", value).work for value in sweep.values]
    guide = [costs["numpy", last].seconds * one / work[-1] for one in work]
    return Panel(sweep.name, x, labels, times, guide), Panel(sweep.name, x, labels, memories)


def _short(value: int) -> str:
    return f"{value // 1000}k" if value >= 1000 else str(value)


if __name__ == "__main__":
    main()
