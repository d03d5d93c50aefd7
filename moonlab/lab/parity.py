"""How far apart two engines end up that train the same network from the same start."""

from collections.abc import Sequence

import numpy as np

from moonlab.parameters import Floats
from moonlab.results import Run
from moonlab.rules import Fault, SpecError


def loss_gaps(runs: Sequence[Run], others: Sequence[Run]) -> Floats:
    """The largest difference between paired runs in train or validation loss, after each epoch.

    Parameters
    ----------
    runs, others : sequence of Run
        Of the same seeds in the same order, all of as many epochs.

    Returns
    -------
    ndarray, shape (rows,)

    Raises
    ------
    SpecError
        If they do not pair.
    """
    seeds = [[run.seed for run in side] for side in (runs, others)]
    rows = {len(run.curves) for side in (runs, others) for run in side}
    if seeds[0] != seeds[1] or len(rows) != 1:
        rule = "must have the seeds of `runs` in their order, and as many epochs"
        raise SpecError([Fault("others", rule, f"seeds {seeds[1]}, rows {sorted(rows)}")])
    pairs = zip(runs, others, strict=True)
    gaps = np.abs([one.curves[:, :2] - other.curves[:, :2] for one, other in pairs])
    return np.nanmax(gaps, axis=(0, 2))
