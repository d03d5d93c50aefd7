"""How moonlab's speed compares with the lesson's plain script, in turns, one thread each.

Run from the project's folder: python -m benchmarks.speed [--rounds N]
"""

import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy and PyTorch are loaded

import statistics
import time
from collections.abc import Callable

import moonlab as ml
from benchmarks.plain_script import HIDDEN, train_all

# How many times the script's speed per model, and at most which share of its time for all seeds
PROMISED = {("torch", 1): 2, ("numpy", 1): 8, ("torch", 32): 35, ("numpy", 32): 50}
OF_THE_SCRIPT = {("numpy", 20): 0.45, ("torch", 20): 0.75}


def experiment(engine: str, n_seeds: int, epochs: int = 300) -> ml.Experiment:
    """The lesson's five architectures under its protocol."""
    return ml.Experiment(
        training=ml.Training(epochs=epochs),
        architectures=tuple(ml.Architecture(hidden, engine=engine) for hidden in HIDDEN),
        seeds=tuple(range(n_seeds)),
    )


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of a piece of work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Run the rounds and print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    cases = [*PROMISED, *OF_THE_SCRIPT]
    train_all(epochs=2)
    for engine in ("torch", "numpy"):
        ml.compare(experiment(engine, 1, epochs=2))
    script: list[float] = []
    taken: dict[tuple[str, int], list[float]] = {case: [] for case in cases}
    for _ in range(rounds):
        script.append(seconds(train_all))
        for case in cases:
            taken[case].append(seconds(lambda case=case: ml.compare(experiment(*case))))
    _print_table(script, taken)


def _print_table(script: list[float], taken: dict[tuple[str, int], list[float]]) -> None:
    n_models, n_rounds = len(HIDDEN), len(script)
    print(f"Median of {n_rounds} rounds, one thread; five architectures, 300 epochs.\n")
    print("| what | seconds | estimated | ms a model | times the script's speed | promised |")
    print("|---|---|---|---|---|---|")
    median = statistics.median(script)
    print(f"| plain script, 1 seed | {median:.2f} | | {median / n_models * 1e3:.0f} | 1 | |")
    for (engine, n_seeds), times in taken.items():
        ratios = [n_seeds * one / other for one, other in zip(script, times, strict=True)]
        share = statistics.median(b / a for a, b in zip(script, times, strict=True))
        seeds = "1 seed" if n_seeds == 1 else f"{n_seeds} seeds"
        if (engine, n_seeds) in PROMISED:
            promise = f"at least {PROMISED[engine, n_seeds]} times"
        else:
            limit = OF_THE_SCRIPT[engine, n_seeds]
            promise = f"{share:.2f} of the script's time (at most {limit})"
        print(
            f"| {engine}, {seeds} | {statistics.median(times):.2f} "
            f"| {ml.estimate(experiment(engine, n_seeds)).seconds:.2f} "
            f"| {statistics.median(times) / n_models / n_seeds * 1e3:.1f} "
            f"| {statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f}) | {promise} |"
        )


if __name__ == "__main__":
    main()
