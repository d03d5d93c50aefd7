import re
import time
import tracemalloc
from dataclasses import replace

import pytest
from helpers import small_experiment as small

import moonlab as ml

LONG = small(
    training=ml.Training(epochs=20_000, batch_size=1),
    data=ml.DataSpec(n_samples=5_000),
    seeds=(0,),
)
ROWS = small(
    training=ml.Training(epochs=20_000, batch_size=None),
    architectures=(ml.Architecture((), engine="numpy"),),
    data=ml.DataSpec(n_samples=10),
    seeds=tuple(range(128)),
)
MEMORY = small(
    training=ml.Training(epochs=1, batch_size=None),
    architectures=(ml.Architecture((1024,) * 3, engine="numpy"),),
    data=ml.DataSpec(n_samples=100_000),
    seeds=(0,),
)
PARAMETERS = small(
    training=ml.Training(epochs=1, batch_size=None),
    architectures=(ml.Architecture((1024,) * 8, engine="numpy"),),
    seeds=tuple(range(16)),
)
LARGEST = ml.Experiment(
    ml.DataSpec(n_samples=100_000),
    ml.Training(epochs=20_000, batch_size=1),
    (ml.Architecture((1024,) * 16),) * 8,
    tuple(range(128)),
)


@pytest.mark.parametrize(
    ("experiment", "limits"),
    [
        (LONG, [r"60 minutes: .* Got an estimated [\d,.]+ hours"]),
        (ROWS, [r"2,000,000 rows of history: .* Got an estimated 2,560,128 rows"]),
        (MEMORY, [r"2 GiB of memory: .* Got an estimated \d+\.\d\d GiB"]),
        (LARGEST, ["60 minutes", "rows of history", "GiB of memory"]),
        (PARAMETERS, ["2 GiB of memory"]),
    ],
    ids=["time", "rows", "memory", "largest", "parameters"],
)
def test_too_much_work_is_refused_before_anything_is_allocated(experiment, limits):
    started = time.perf_counter()
    with pytest.raises(ml.SpecError, match=r"^`experiment` must take at most") as caught:
        ml.compare(experiment)
    assert time.perf_counter() - started < 2
    for fault, limit in zip(caught.value.faults, limits, strict=True):
        assert re.search(limit, str(fault))
    tracemalloc.start()
    with pytest.raises(ml.SpecError, match="must take at most"):
        ml.compare(experiment)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


def test_a_smaller_budget_is_kept():
    with pytest.raises(ml.SpecError, match=r"at most 0\.0 seconds"):
        ml.compare(small(), budget_seconds=0.001)


def test_estimate_sees_what_makes_work():
    base = small(seeds=(0,))
    seconds = ml.estimate(base).seconds
    assert ml.estimate(base).history_rows == 7 * 4 + 4
    assert (
        ml.estimate(replace(base, training=replace(base.training, batch_size=1))).seconds
        > 3 * seconds
    )
    assert ml.estimate(small(seeds=(0, 1))).history_rows == 64
    assert (
        ml.estimate(replace(base, training=replace(base.training, epochs=600))).seconds
        > 30 * seconds
    )
