from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from helpers import assert_same_run

import moonlab as ml

N_THREADS = 4
TRAINING = ml.Training(epochs=25, dropout=0.2, l2=0.01)
JOBS = {
    "numpy": [("numpy", hidden) for hidden in ((16,), (8, 8), (4,), (16, 16))],
    "torch": [("torch", hidden) for hidden in ((16,), (8, 8), (4,), (16, 16))],
    "both": [(engine, (8, 8)) for engine in ("numpy", "torch", "numpy", "torch")],
}


def experiment(engine, hidden, seeding):
    architectures = (ml.Architecture(hidden, engine=engine), ml.Architecture((4,), engine=engine))
    return ml.Experiment(
        training=TRAINING, architectures=architectures, seeds=(3, 1), seeding=seeding
    )


@pytest.mark.parametrize("seeding", ["independent", "sequential"])
@pytest.mark.parametrize("jobs", JOBS.values(), ids=JOBS.keys())
def test_training_at_once_in_threads_gives_the_serial_bits(jobs, seeding):
    experiments = [experiment(*job, seeding) for job in jobs]
    serial = [ml.compare(one) for one in experiments]
    together = Barrier(N_THREADS)

    def compare(one):
        together.wait(timeout=30)
        return ml.compare(one)

    with ThreadPoolExecutor(N_THREADS) as pool:
        parallel = list(pool.map(compare, experiments))
    for comparison, expected in zip(parallel, serial, strict=True):
        for run, other in zip(comparison.runs, expected.runs, strict=True):
            assert_same_run(run, other)
