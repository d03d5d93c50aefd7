"""The lesson as a laboratory: a page for each of its claims."""

from moonlab.ui.lab import (
    batches,
    capacity,
    engines,
    from_scratch,
    learning_rate,
    losses,
    luck,
    overfitting,
)
from moonlab.ui.lab.frame import LabPage

PAGES = (
    LabPage("From scratch", "from-scratch", from_scratch.show),
    LabPage("Two engines", "engines", engines.show),
    LabPage("Why not squared error?", "losses", losses.show),
    LabPage("Batches", "batches", batches.show),
    LabPage("Capacity", "capacity", capacity.show),
    LabPage("Overfitting", "overfitting", overfitting.show),
    LabPage("Luck", "luck", luck.show),
    LabPage("Learning rate", "learning-rate", learning_rate.show),
)
