"""NumPy's training steps beside the same loop in C (`floor.c`), in turns, one thread each.

Run from the project's folder: python -m benchmarks.floor [--rounds N]
One hidden layer of 16, Adam, batches of 32, 240 points, 300 epochs; NumPy trains 32 seeds at once
in float64, C one network in float32. What NumPy evaluates, keeps and scores is left out.
"""

import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is loaded

import re
import shutil
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import moonlab as ml
from benchmarks.stages import BATCHES, TRAINING, watched

SOURCE = Path(__file__).with_name("floor.c")
BUILDS = (("-O3", "-march=native", "-ffast-math"), ("-O3", "-march=native"))
WIDTH, N_SEEDS = 16, 32
STEPS = f"NumPy, {N_SEEDS} seeds, training steps"
WITH_BATCHES = f"{STEPS} and drawing batches"
PROMISED = 5  # times the C loop's time a model, at most
C_RUNS = 20  # a round: one takes milliseconds


def compiled(program: Path, flags: Sequence[str]) -> bool:
    """Make the C loop's program; whether there is a compiler that can."""
    compiler = shutil.which("cc")
    if compiler is None:
        return False
    command = [compiler, *flags, str(SOURCE), "-o", str(program), "-lm"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def milliseconds_of(program: Path) -> float:
    """Of one network in C: the least of some runs."""
    times = []
    for _ in range(C_RUNS):
        command = [str(program), str(WIDTH)]
        said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        times.append(float(re.findall(r"time=([\d.]+) ms", said)[0]))
    return min(times)


def numpy_steps(epochs: int = 300) -> tuple[float, float]:
    """Milliseconds a model: the training steps alone, and those with drawing their batches."""
    architecture = ml.Architecture((WIDTH,), engine="numpy")
    data = ml.load_data(ml.DataSpec())
    with watched() as watch:
        ml.train(architecture, ml.Training(epochs=epochs), data, tuple(range(N_SEEDS)))
    steps, batches = (watch.seconds[stage] / N_SEEDS * 1e3 for stage in (TRAINING, BATCHES))
    return steps, steps + batches


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = defaultdict(list)
    numpy_steps(epochs=5)
    with tempfile.TemporaryDirectory() as folder:
        named = {f"C, {' '.join(flags)}": flags for flags in BUILDS}
        programs = {name: Path(folder, str(index)) for index, name in enumerate(named)}
        builds = [name for name, flags in named.items() if compiled(programs[name], flags)]
        for _ in range(rounds):
            for name in builds:
                times[name].append(milliseconds_of(programs[name]))
            for name, value in zip((STEPS, WITH_BATCHES), numpy_steps(), strict=True):
                times[name].append(value)
    print_table(times, builds)


def print_table(times: dict[str, list[float]], builds: list[str]) -> None:
    """Print medians over the rounds, and the ratios of each round's own pairs."""
    print(f"Median (least–most) of {len(times[STEPS])} rounds, one thread.\n")
    print(f"| what | ms a model | {' | '.join(f'times {name}' for name in builds)} |")
    print("|---" * (2 + len(builds)) + "|")
    for name, values in times.items():
        cells = [spread(values), *(spread(ratios(values, times[build])) for build in builds)]
        print(f"| {name} | {' | '.join(cells)} |")
    if not builds:
        print("\nNo C compiler (`cc`) here: NumPy's times stand alone.")
        return
    ratio = statistics.median(ratios(times[STEPS], times[builds[0]]))
    verdict = "kept" if ratio <= PROMISED else "not kept"
    print(
        f"\nPromised: training steps at most {PROMISED} times {builds[0]}; {verdict}: {ratio:.1f}."
    )


def ratios(values: list[float], others: list[float]) -> list[float]:
    """Of each round's own pair."""
    return [value / other for value, other in zip(values, others, strict=True)]


def spread(values: list[float]) -> str:
    """The median, and least and most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


if __name__ == "__main__":
    main()
