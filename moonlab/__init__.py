"""Compare small neural networks side by side on the two-moons data.

>>> import moonlab as ml
>>> comparison = ml.compare(ml.lesson.torch_experiment())
>>> comparison.summary()
"""

from moonlab import lesson
from moonlab.budget import Estimate, estimate
from moonlab.compare import Progress, compare
from moonlab.dataset import Data, load_data
from moonlab.results import Comparison, Run
from moonlab.rules import Fault, SpecError
from moonlab.spec import Architecture, DataSpec, Experiment, Training
from moonlab.trainers import train
from moonlab.version import __version__

__all__ = [
    "Architecture",
    "Comparison",
    "Data",
    "DataSpec",
    "Estimate",
    "Experiment",
    "Fault",
    "Progress",
    "Run",
    "SpecError",
    "Training",
    "__version__",
    "compare",
    "estimate",
    "lesson",
    "load_data",
    "train",
]
