"""The lesson as a laboratory: a page for each of its claims."""

from importlib import import_module
from typing import NamedTuple


class LabPage(NamedTuple):
    """A page of the laboratory."""

    title: str
    """Short: it stands in the navigation."""
    path: str
    """The last part of its address, and, but for hyphens, its module's name."""

    def show(self) -> None:
        """Show it; its module is loaded only now, since most visitors come for the comparison."""
        import_module(f"{__name__}.{self.path.replace('-', '_')}").show()


PAGES = (
    LabPage("From scratch", "from-scratch"),
    LabPage("Two engines", "engines"),
    LabPage("Why not squared error?", "losses"),
    LabPage("Batches", "batches"),
    LabPage("Capacity", "capacity"),
    LabPage("Overfitting", "overfitting"),
    LabPage("Luck", "luck"),
    LabPage("Learning rate", "learning-rate"),
)
