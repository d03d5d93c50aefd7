"""One widget for each field of the data and the protocol, wherever it is shown."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from moonlab.rules import Rule
from moonlab.spec import DataSpec, Training
from moonlab.ui.bind import Store, choice, number, real
from moonlab.ui.typed import as_typed

WORDS = {
    "moons": "Two moons",
    "sklearn_moons": "Two moons, further apart",
    "adam": "Adam",
    "momentum": "Momentum 0.9",
    "gd": "Gradient descent",
    "bce": "Cross-entropy",
    "mse": "Squared error",
    "last": "Last epoch",
    "best_validation": "Best validation loss",
    "float32": "32 bits",
    "float64": "64 bits",
    "cpu": "Processor",
    "cuda": "Graphics card (CUDA)",
}
_BATCH_SIZES = (1, 8, 16, 32, 64, 128)
_FULL_BATCH = "Full batch"  # a list takes None for nothing chosen


class Field(NamedTuple):
    """How a field is shown: its label, one sentence of help, and the step of a whole number."""

    label: str
    help: str
    step: int | None = None


DATA_FIELDS = {
    "dataset": Field("Data set", "Where the points come from."),
    "n_samples": Field("Points", "Half of them in each class.", 10),
    "noise": Field("Noise", "How far points stray from their moon."),
    "seed": Field("Data seed", "Another seed draws other points.", 1),
    "validation_fraction": Field(
        "Validation share", "Points held out to judge by. Training never sees them."
    ),
}
TRAINING_FIELDS = {
    "optimizer": Field("Optimizer", "The rule by which weights follow the gradient of the loss."),
    "learning_rate": Field("Learning rate", "The size of a step down the gradient."),
    "batch_size": Field("Batch size", "Points per step. Full batch takes all points at once."),
    "epochs": Field("Epochs", "Passes over the training points.", 50),
    "loss": Field("Loss", "The number that training makes as small as it can."),
    "l2": Field("L2", "Keeps weights small: λ/2 times their squares."),
    "dropout": Field("Dropout", "Share of units left out at random."),
    "report": Field("Report", "Which epoch the table and the last picture show."),
}
OWN_FIELDS = TRAINING_FIELDS | {  # all in which one architecture can depart
    "torch_dtype": Field("PyTorch precision", "NumPy always has 64 bits."),
    "device": Field("PyTorch device", "Where PyTorch trains."),
}


def rule_of(part: str, name: str) -> Rule:
    """The rule of a field of the data ("data") or of the protocol ("training")."""
    rules: Mapping[str, Rule] = DataSpec.RULES if part == "data" else Training.RULES
    return rules[name]


def _is_text(part: str, name: str) -> bool:
    """Whether it is a real number, which is typed as a text."""
    rule, field = rule_of(part, name), _field(part, name)
    return name != "batch_size" and not rule.options and field.step is None


def _field(part: str, name: str) -> Field:
    return (DATA_FIELDS if part == "data" else OWN_FIELDS)[name]


def as_shown(part: str, name: str, value: Any) -> Any:
    """What the widget of a field has for a value."""
    if name == "batch_size" and value is None:
        return _FULL_BATCH
    return as_typed(value) if _is_text(part, name) else value


def show_field(part: str, name: str, value: Any, key: str, store: Store) -> None:
    """Show the widget of a field of the data ("data") or of the protocol ("training")."""
    field, rule = _field(part, name), rule_of(part, name)
    if name == "batch_size":
        sizes = sorted({*_BATCH_SIZES, value} if isinstance(value, int) else _BATCH_SIZES)
        _choice(
            field,
            [*sizes, _FULL_BATCH],
            as_shown(part, name, value),
            key,
            lambda size: store(None if size == _FULL_BATCH else size),
        )
    elif rule.options:
        _choice(field, list(rule.options), value, key, store)
    elif _is_text(part, name):
        real(field.label, value, key, store, help=field.help)
    else:
        number(field.label, value, key, store, step=field.step, help=field.help)


def in_words(value: Any) -> str:
    """A value as the page names it."""
    if value is None:
        return _FULL_BATCH
    return WORDS.get(value, str(value)) if isinstance(value, str) else f"{value:g}"


def in_short(values: Mapping[str, Any]) -> str:
    """Fields and their values, such as "Learning rate 0.1, Epochs 50"; faulty ones are left out."""
    known, rules = DATA_FIELDS | OWN_FIELDS, {**DataSpec.RULES, **Training.RULES}
    return ", ".join(
        f"{known[name].label if name in known else name} {in_words(value)}"
        for name, value in values.items()
        if name not in rules or rules[name].accepts(value)
    )


def departures(override: Mapping[str, Any] | None, protocol: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an architecture's own training that are not as in the protocol."""
    given = override or {}
    return {name: value for name, value in given.items() if value != protocol[name]}


def _choice(field: Field, options: list[Any], value: Any, key: str, store: Store) -> None:
    choice(
        field.label,
        value,
        key,
        store,
        options=options,
        format_func=in_words,
        help=field.help,
    )
