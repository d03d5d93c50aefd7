"""What an experiment is: data, training protocol, architectures and seeds, frozen and validated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import ClassVar, Self

from moonlab.rules import (
    Fault,
    Rule,
    SpecError,
    check,
    choice,
    integer,
    integers,
    label_text,
    optional,
    real,
)

N_FEATURES = 2
MAX_SEED = 2**32 - 1


class _Checked:
    """A frozen dataclass that refuses, on construction, what its rules do not accept."""

    RULES: ClassVar[Mapping[str, Rule]]

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        faults = check(self.RULES, values) + self._more_faults()
        if faults:
            raise SpecError(faults)
        for field in fields(self):  # type: ignore[arg-type]
            if field.type is float:  # 1 and 1.0 are the same number: keep one form of it
                object.__setattr__(
                    self, field.name, float(values[field.name]) + 0.0
                )  # and -0.0 is 0

    def _more_faults(self) -> list[Fault]:
        return []


SEEDS_RULE = integers("seeds", 1, 128, 0, MAX_SEED, distinct=True)


@dataclass(frozen=True)
class DataSpec(_Checked):
    """Which points are drawn, and how they are split.

    Parameters
    ----------
    dataset : {"moons", "sklearn_moons"}
        The lesson's two moons, or scikit-learn's, which sit further apart.
    n_samples : int
        Points in all, half of each class (10 to 100,000).
    noise : float
        Standard deviation of the Gaussian noise on both coordinates (0 to 2).
    seed : int
        Seed of the draw, the shuffle and so the split.
    validation_fraction : float
        Share of the points held out for validation (0 to 0.9); the count is rounded.

    Raises
    ------
    SpecError
        If any value breaks its rule; all faults are named.
    """

    dataset: str = "moons"
    n_samples: int = 300
    noise: float = 0.1
    seed: int = 42
    validation_fraction: float = 0.2

    RULES: ClassVar[Mapping[str, Rule]] = {
        "dataset": choice("moons", "sklearn_moons"),
        "n_samples": integer(10, 100_000),
        "noise": real(0, 2),
        "seed": integer(0, MAX_SEED),
        "validation_fraction": real(0, 0.9),
    }

    @property
    def n_validation(self) -> int:
        """Points held out for validation."""
        return round(self.n_samples * self.validation_fraction)

    @property
    def n_train(self) -> int:
        """Points to train on."""
        return self.n_samples - self.n_validation


@dataclass(frozen=True)
class Training(_Checked):
    """The protocol that all architectures share.

    Parameters
    ----------
    optimizer : {"gd", "momentum", "adam"}
        Plain gradient descent, gradient descent with momentum 0.9, or Adam (betas 0.9, 0.999).
    learning_rate : float
        Step size, above 0 and at most 100.
    batch_size : int or None
        Points per update; None takes all training points at once.
    epochs : int
        Passes over the training points (1 to 20,000).
    loss : {"bce", "mse"}
        Binary cross-entropy, or the squared error of the probability.
    l2 : float
        λ of the penalty λ/2·Σ‖W‖² on the weights, not the biases; kept out of the reported loss.
    dropout : float
        Probability of dropping a hidden unit in training (0 to 0.9).
    report : {"last", "best_validation"}
        Which epoch the tables speak of.
    torch_dtype : {"float32", "float64"}
        Precision of the PyTorch engine; the NumPy engine always works in float64.
    device : {"cpu", "cuda"}
        Where the PyTorch engine trains.

    Raises
    ------
    SpecError
        If any value breaks its rule; all faults are named.
    """

    optimizer: str = "adam"
    learning_rate: float = 0.01
    batch_size: int | None = 32
    epochs: int = 300
    loss: str = "bce"
    l2: float = 0.0
    dropout: float = 0.0
    report: str = "last"
    torch_dtype: str = "float32"
    device: str = "cpu"

    RULES: ClassVar[Mapping[str, Rule]] = {
        "optimizer": choice("gd", "momentum", "adam"),
        "learning_rate": real(0, 100, above_low=True),
        "batch_size": optional(integer(1, 100_000), "full batch"),
        "epochs": integer(1, 20_000),
        "loss": choice("bce", "mse"),
        "l2": real(0, 10),
        "dropout": real(0, 0.9),
        "report": choice("last", "best_validation"),
        "torch_dtype": choice("float32", "float64"),
        "device": choice("cpu", "cuda"),
    }

    def batch_bounds(self, n_points: int) -> list[tuple[int, int]]:
        """First and one-past-last index of each batch of an epoch; the last may be smaller."""
        size = n_points if self.batch_size is None else min(self.batch_size, n_points)
        return [(start, min(start + size, n_points)) for start in range(0, n_points, size)]

    def n_batches(self, n_points: int) -> int:
        """Number of batches of an epoch."""
        return -(-n_points // min(self.batch_size or n_points, n_points))

    def is_full_batch(self, n_points: int) -> bool:
        """Whether one batch holds all points, so that their order means nothing."""
        return self.batch_size is None or self.batch_size >= n_points


class Override(Mapping[str, object]):
    """The training fields in which one architecture departs: a mapping that cannot change."""

    def __init__(self, values: Mapping[str, object]) -> None:
        names = [field.name for field in fields(Training)]
        self._values = {name: values[name] for name in names if name in values}

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


def _is_training_fields(value: object) -> bool:
    return isinstance(value, Mapping) and all(name in Training.RULES for name in value)


@dataclass(frozen=True)
class Architecture(_Checked):
    """One multilayer perceptron from two inputs to one logit.

    Parameters
    ----------
    hidden : tuple of int
        Width of each hidden layer: up to 16 of 1 to 1024; () is the linear baseline.
    activation : {"relu", "tanh", "sigmoid"}
        Activation of the hidden layers.
    engine : {"torch", "numpy"}
        Which implementation trains it.
    name : str or None
        Name in tables and legends; None shows the label.
    override : mapping or None
        `Training` fields, by name, in which this architecture departs from the protocol.

    Raises
    ------
    SpecError
        If any value breaks its rule; all faults are named.
    """

    hidden: tuple[int, ...] = (16,)
    activation: str = "relu"
    engine: str = "torch"
    name: str | None = None
    override: Mapping[str, object] | None = None

    RULES: ClassVar[Mapping[str, Rule]] = {
        "hidden": integers("widths", 0, 16, 1, 1024, distinct=False),
        "activation": choice("relu", "tanh", "sigmoid"),
        "engine": choice("torch", "numpy"),
        "name": optional(label_text(60), "show the label"),
        "override": Rule(
            "must map fields of Training (" + ", ".join(Training.RULES) + ") to values, or be None",
            lambda value: value is None or _is_training_fields(value),
        ),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.override is not None:
            training = Training(**dict(self.override))  # type: ignore[arg-type]
            values = {name: getattr(training, name) for name in self.override}
            object.__setattr__(self, "override", Override(values) if values else None)

    def _more_faults(self) -> list[Fault]:
        if self.override is None or not _is_training_fields(self.override):
            return []
        return SpecError(check(Training.RULES, self.override)).under("override")

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of every layer, input and output included."""
        return (N_FEATURES, *self.hidden, 1)

    @property
    def label(self) -> str:
        """The widths with arrows, such as "2→16→1"."""
        return "→".join(map(str, self.widths))

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(self.widths))

    def training(self, protocol: Training) -> Training:
        """The protocol with this architecture's departures from it."""
        return replace(protocol, **(self.override or {}))  # type: ignore[arg-type]


_ARCHITECTURES_RULE = Rule(
    "must be a tuple of 1 to 8 Architecture",
    lambda value: (
        isinstance(value, tuple)
        and 1 <= len(value) <= 8
        and all(isinstance(item, Architecture) for item in value)
    ),
    1,
    8,
)


@dataclass(frozen=True)
class Experiment(_Checked):
    """Everything that a comparison depends on.

    Parameters
    ----------
    data : DataSpec
        The data.
    training : Training
        The shared protocol.
    architectures : tuple of Architecture
        What is compared, 1 to 8 of them.
    seeds : tuple of int
        Seeds of the runs of each architecture: 1 to 128, distinct.
    seeding : {"independent", "with_data", "only_start", "only_batches", "only_data", "sequential"}
        What varies with the seed. "independent": initial weights and batches, from the run's own
        seed alone. "with_data": the points and their split too, drawn from the data's seed plus
        the run's. "only_start", "only_batches", "only_data": one of the three; the others are
        those of seed 0, and the points the data's own. "sequential": one stream a seed runs
        through the architectures in their order, as in the lesson.
    margin_points : float
        Differences in accuracy below so many percentage points make no difference to whoever
        asks (above 0, at most 100). Verdicts depend on it, runs do not.

    Raises
    ------
    SpecError
        If any value breaks its rule; all faults are named.
    """

    data: DataSpec = DataSpec()
    training: Training = Training()
    architectures: tuple[Architecture, ...] = (Architecture(),)
    seeds: tuple[int, ...] = (0, 1, 2)
    seeding: str = "independent"
    margin_points: float = 1.0

    RULES: ClassVar[Mapping[str, Rule]] = {
        "data": Rule("must be a DataSpec", lambda value: isinstance(value, DataSpec)),
        "training": Rule("must be a Training", lambda value: isinstance(value, Training)),
        "architectures": _ARCHITECTURES_RULE,
        "seeds": SEEDS_RULE,
        "seeding": choice(
            "independent", "with_data", "only_start", "only_batches", "only_data", "sequential"
        ),
        "margin_points": real(0, 100, above_low=True),
    }

    def _more_faults(self) -> list[Fault]:
        parts = ("data", "training", "architectures")
        if not all(self.RULES[part].accepts(getattr(self, part)) for part in parts):
            return []
        faults: list[Fault] = []
        for index, architecture in enumerate(self.architectures):
            departs = "report" in (architecture.override or {})
            field = f"architectures[{index}].override.report" if departs else "training.report"
            training = architecture.training(self.training)
            if self.seeding == "only_batches" and self._has_one_batch(training):
                rule = "needs batches that vary: take smaller ones, or dropout"
                faults.append(Fault("seeding", rule, "'only_batches' with all points in one"))
            faults += report_faults(training, self.data.n_validation, field)
        return list(dict.fromkeys(faults))

    def _has_one_batch(self, training: Training) -> bool:
        """Whether all runs meet the same points in the same step, with nothing left to vary."""
        return training.dropout == 0 and training.is_full_batch(self.data.n_train)

    @property
    def names(self) -> tuple[str, ...]:
        """A distinct name for each architecture: its name or label, a repeat with " (2)"."""
        names: list[str] = []
        for architecture in self.architectures:
            name = candidate = architecture.name or architecture.label
            count = 1
            while candidate in names:
                count += 1
                candidate = f"{name} ({count})"
            names.append(candidate)
        return tuple(names)

    def data_of(self, seed: int) -> DataSpec:
        """The data that the runs of a seed meet: its own draw, or that of all."""
        if self.seeding not in ("with_data", "only_data"):
            return self.data
        return replace(self.data, seed=(self.data.seed + seed) % (MAX_SEED + 1))

    def to_json(self) -> str:
        """The experiment as JSON text: every field, and the version of the schema."""
        from moonlab import codec

        return codec.to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The experiment that a JSON text describes.

        Raises
        ------
        SpecError
            If the text is no JSON, or a key or value breaks a rule; all faults are named.
        """
        from moonlab import codec

        return cls(**codec.from_json(text))

    def to_query(self) -> dict[str, str]:
        """The experiment as URL parameters: one compressed key of bounded size."""
        from moonlab import codec

        return codec.to_query(self)

    @classmethod
    def from_query(cls, parameters: Mapping[str, str]) -> Self:
        """The experiment in URL parameters; without the key, the default experiment.

        Raises
        ------
        SpecError
            If the key is there but empty, too long or damaged.
        """
        from moonlab import codec

        return cls(**codec.from_query(parameters))


def report_faults(training: Training, n_validation: int, field: str) -> list[Fault]:
    """The fault of reporting the best validation epoch where no point validates."""
    if training.report == "best_validation" and n_validation == 0:
        rule = "needs validation points: raise `validation_fraction` or report the last epoch"
        return [Fault(field, rule, "'best_validation' with no validation points")]
    return []
