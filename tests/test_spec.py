import dataclasses
import pickle

import numpy as np
import pytest

import moonlab as ml
from moonlab.rules import Fault

NAN, INF = float("nan"), float("inf")
HUGE = 10**5000  # its repr is refused by Python itself
SEED_EDGE = 2**32 - 1

ACCEPTED = [
    (ml.DataSpec, "dataset", ["moons", "sklearn_moons"]),
    (ml.DataSpec, "n_samples", [10, 100_000]),
    (ml.DataSpec, "noise", [0, 0.0, 2, 2.0, 5e-324]),
    (ml.DataSpec, "seed", [0, SEED_EDGE]),
    (ml.DataSpec, "validation_fraction", [0, 0.0, 0.9]),
    (ml.Training, "optimizer", ["gd", "momentum", "adam"]),
    (ml.Training, "learning_rate", [5e-324, 1, 100, 100.0]),
    (ml.Training, "batch_size", [None, 1, 100_000]),
    (ml.Training, "epochs", [1, 20_000]),
    (ml.Training, "loss", ["bce", "mse"]),
    (ml.Training, "l2", [0, 10, 10.0]),
    (ml.Training, "dropout", [0, 0.0, 0.9]),
    (ml.Training, "report", ["last", "best_validation"]),
    (ml.Training, "torch_dtype", ["float32", "float64"]),
    (ml.Training, "device", ["cpu", "cuda"]),
    (ml.Architecture, "hidden", [(), (1,), (1024,), (1,) * 16]),
    (ml.Architecture, "activation", ["relu", "tanh", "sigmoid"]),
    (ml.Architecture, "engine", ["torch", "numpy"]),
    (ml.Architecture, "name", [None, "x", "é" * 60, "🚀" * 60, "=1+1", "<b>", "[a](b)"]),
    (ml.Experiment, "seeds", [(0,), (SEED_EDGE,), tuple(range(128))]),
    (ml.Experiment, "seeding", ["independent", "sequential"]),
    (ml.Experiment, "margin_points", [5e-324, 1, 2.5, 100]),
    (ml.Experiment, "architectures", [(ml.Architecture(),), (ml.Architecture(),) * 8]),
]

NOT_INTEGERS = ["16", "１６", 16.0, True, np.int64(16), NAN, INF, (16,), [16], HUGE, -HUGE, b"16"]
NOT_REALS = ["0.5", True, False, NAN, INF, -INF, None, (0.5,), [0.5], HUGE, -HUGE, 0.5j]
NOT_WORDS = ["", None, 1, True, ("gd",), ["gd"], "Adam", "adam ", "x" * 100_000, "\ud800"]

REFUSED = [
    (ml.DataSpec, "dataset", NOT_WORDS),
    (ml.DataSpec, "n_samples", [*NOT_INTEGERS, None, 9, 100_001, 0, -300]),
    (ml.DataSpec, "noise", [*NOT_REALS, -5e-324, 2.0000000000000004, 3]),
    (ml.DataSpec, "seed", [*NOT_INTEGERS, None, -1, 2**32]),
    (ml.DataSpec, "validation_fraction", [*NOT_REALS, -5e-324, 0.9000000000000001, 1]),
    (ml.Training, "optimizer", [*NOT_WORDS, "sgd"]),
    (ml.Training, "learning_rate", [*NOT_REALS, 0, 0.0, -0.0, -1, 100.00000000000001, 101]),
    (ml.Training, "batch_size", [*NOT_INTEGERS, 0, -1, 100_001]),
    (ml.Training, "epochs", [*NOT_INTEGERS, None, 0, -1, 20_001]),
    (ml.Training, "loss", [*NOT_WORDS, "BCE"]),
    (ml.Training, "l2", [*NOT_REALS, -5e-324, 10.000000000000002, 11]),
    (ml.Training, "dropout", [*NOT_REALS, -0.1, 0.9000000000000001, 1]),
    (ml.Training, "report", [*NOT_WORDS, "best"]),
    (ml.Training, "torch_dtype", [*NOT_WORDS, "float16"]),
    (ml.Training, "device", [*NOT_WORDS, "mps"]),
    (ml.Architecture, "hidden", [None, 16, "16", [16], [], {16}, (1,) * 17, (0,), (1025,)]),
    (ml.Architecture, "hidden", [(16, -1), *((width,) for width in [*NOT_INTEGERS, None])]),
    (ml.Architecture, "activation", [*NOT_WORDS, "gelu"]),
    (ml.Architecture, "engine", [*NOT_WORDS, "jax"]),
    (ml.Architecture, "name", ["", " ", "   ", "x" * 61, "a\nb", "a\x00", "\x1b[31m", 5, b"x"]),
    (ml.Architecture, "name", ["\ud800", "a\u202eb", "\u200b", "\u2028", ("x",), True, NAN]),
    (ml.Architecture, "override", [5, "l2", ["l2"], {"width": 1}, {1: 2}, {None: 2}, ("l2", 1)]),
    (ml.Experiment, "seeds", [(), tuple(range(129)), (1, 1), (-1,), (2**32,), [0], 0, None, "0"]),
    (ml.Experiment, "seeds", [{0}, range(3), np.arange(3), ((0,),), (0, True), (0.0,), (HUGE,)]),
    (ml.Experiment, "seeding", [*NOT_WORDS, "paired"]),
    (ml.Experiment, "margin_points", [*NOT_REALS, 0, -0.0, -1, 100.00000000000001]),
    (ml.Experiment, "architectures", [(), (ml.Architecture(),) * 9, [ml.Architecture()], None]),
    (ml.Experiment, "architectures", [ml.Architecture(), ((16,),), (None,), "2→16→1"]),
    (ml.Experiment, "data", [None, {}, ml.Training(), ml.DataSpec]),
    (ml.Experiment, "training", [None, {}, ml.DataSpec(), ml.Training]),
]


def cases(table):
    return [
        pytest.param(kind, field, value, id=f"{kind.__name__}.{field}-{index}")
        for kind, field, values in table
        for index, value in enumerate(values)
    ]


@pytest.mark.parametrize(("kind", "field", "value"), cases(ACCEPTED))
def test_value_at_the_edge_of_its_limit_is_accepted_unchanged(kind, field, value):
    kept = getattr(kind(**{field: value}), field)
    assert kept is value or (type(kept) is float and kept == value)


@pytest.mark.parametrize(("kind", "field", "value"), cases(REFUSED))
def test_value_outside_its_limit_or_of_wrong_type_is_refused_by_name(kind, field, value):
    with pytest.raises(ml.SpecError, match=rf"^`{field}` must .* Got .* instead\.$") as caught:
        kind(**{field: value})
    assert [fault.field for fault in caught.value.faults] == [field]
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("field", ["noise", "validation_fraction"])
def test_integer_and_float_of_one_number_make_one_experiment(field):
    by_integer, by_float = ml.DataSpec(**{field: 0}), ml.DataSpec(**{field: 0.0})
    assert type(getattr(by_integer, field)) is float
    assert repr(by_integer) == repr(by_float)


def test_every_limit_has_a_case_at_its_edge():
    for kind in (ml.DataSpec, ml.Training, ml.Architecture, ml.Experiment):
        for field in dataclasses.fields(kind):
            assert any((kind, field.name) == row[:2] for row in REFUSED), field.name


def test_all_faults_of_one_part_come_at_once():
    with pytest.raises(ml.SpecError, match="`optimizer` must") as caught:
        ml.Training("sgd", 0, "16", 0, "hinge", -1, 1, "best", "int8", "tpu")
    names = [field.name for field in dataclasses.fields(ml.Training)]
    assert [fault.field for fault in caught.value.faults] == names
    assert all(f"`{name}` must" in str(caught.value) for name in names)


def test_faults_of_an_override_come_with_those_beside_it():
    override = {"epochs": "3", "l2": -1, "loss": "bce"}
    with pytest.raises(ml.SpecError, match=r"`override\.epochs` must be an integer") as caught:
        ml.Architecture(hidden=(0,), name="", override=override)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["hidden", "name", "override.epochs", "override.l2"]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [case for case in cases(REFUSED) if case.values[0] is ml.Training],
)
def test_override_is_held_to_the_rules_of_training(kind, field, value):
    with pytest.raises(ml.SpecError, match=rf"^`override\.{field}` must"):
        ml.Architecture(override={field: value})


def test_override_departs_from_the_protocol_in_its_fields_alone():
    protocol = ml.Training(epochs=7, l2=0.5)
    architecture = ml.Architecture(override={"epochs": 9, "batch_size": None})
    assert architecture.training(protocol) == ml.Training(epochs=9, l2=0.5, batch_size=None)
    assert ml.Architecture().training(protocol) == protocol


def test_override_equals_its_dict_in_any_order_and_hashes_alike():
    one = ml.Architecture(override={"l2": 1, "epochs": 3})
    other = ml.Architecture(override={"epochs": 3, "l2": 1.0})
    assert one.override == {"epochs": 3, "l2": 1.0}
    assert (one, hash(one), repr(one)) == (other, hash(other), repr(other))
    assert ml.Architecture(override={}) == ml.Architecture()
    assert one != ml.Architecture(override={"epochs": 3})


def test_override_does_not_change_with_the_dict_it_came_from():
    given = {"epochs": 3}
    architecture = ml.Architecture(override=given)
    given["epochs"] = 4
    assert architecture.override == {"epochs": 3}
    with pytest.raises(TypeError, match="does not support item assignment"):
        architecture.override["epochs"] = 5


WHOLE = ml.Experiment(
    architectures=(ml.Architecture((8, 8), override={"l2": 0.1}, name="🚀"), ml.Architecture()),
    seeds=(7, 3),
)


@pytest.mark.parametrize("value", [WHOLE.data, WHOLE.training, WHOLE.architectures[0], WHOLE])
def test_specs_are_frozen_hashable_and_picklable(value):
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        setattr(value, dataclasses.fields(value)[0].name, None)
    again = pickle.loads(pickle.dumps(value))
    assert (again, hash(again)) == (value, hash(value))
    assert {value: 1}[again] == 1


@pytest.mark.parametrize(
    ("hidden", "label", "n_parameters"),
    [
        ((), "2→1", 3),
        ((4,), "2→4→1", 17),
        ((16,), "2→16→1", 65),
        ((32,), "2→32→1", 129),
        ((8, 8), "2→8→8→1", 105),
        ((16, 16), "2→16→16→1", 337),
    ],
)
def test_label_and_parameters_are_the_lessons(hidden, label, n_parameters):
    architecture = ml.Architecture(hidden)
    assert (architecture.label, architecture.n_parameters) == (label, n_parameters)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["A", "B"], ("A", "B")),
        (["A", "A", "A"], ("A", "A (2)", "A (3)")),
        ([None, None], ("2→16→1", "2→16→1 (2)")),
        (["2→16→1", None], ("2→16→1", "2→16→1 (2)")),
        (["A", "A", "A (2)"], ("A", "A (2)", "A (2) (2)")),
        (["A (2)", "A", "A"], ("A (2)", "A", "A (3)")),
    ],
)
def test_two_architectures_never_share_a_name(given, expected):
    architectures = tuple(ml.Architecture(name=name) for name in given)
    assert ml.Experiment(architectures=architectures).names == expected


@pytest.mark.parametrize(
    ("fraction", "n_validation"), [(0.0, 0), (0.2, 60), (0.9, 270), (0.001, 0), (0.002, 1)]
)
def test_validation_count_is_the_rounded_share(fraction, n_validation):
    data = ml.DataSpec(validation_fraction=fraction)
    assert (data.n_train, data.n_validation) == (300 - n_validation, n_validation)


BEST = {"report": "best_validation"}


@pytest.mark.parametrize(
    ("training", "override", "field"),
    [
        (BEST, None, "training.report"),
        (BEST, {"epochs": 3}, "training.report"),
        ({}, BEST, r"architectures\[0\].override.report"),
    ],
)
def test_best_validation_without_validation_points_is_refused(training, override, field):
    parts = {
        "training": ml.Training(**training),
        "architectures": (ml.Architecture(override=override),),
    }
    with pytest.raises(ml.SpecError, match=rf"^`{field}` needs validation points"):
        ml.Experiment(data=ml.DataSpec(validation_fraction=0.001), **parts)
    ml.Experiment(data=ml.DataSpec(validation_fraction=0.002), **parts)


def test_best_validation_overridden_away_needs_no_validation_points():
    ml.Experiment(
        data=ml.DataSpec(validation_fraction=0.0),
        training=ml.Training(**BEST),
        architectures=(ml.Architecture(override={"report": "last"}),),
    )


def test_spec_error_is_a_value_error_that_survives_pickling():
    error = ml.SpecError([Fault("a", "must be b", "c"), Fault("d", "must be e", "f")])
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(error, ValueError)
    assert (type(again), again.faults, str(again)) == (ml.SpecError, error.faults, str(error))
    assert str(error) == "`a` must be b. Got c instead.\n`d` must be e. Got f instead."


def test_message_of_ten_thousand_faults_is_bounded_and_counts_the_rest():
    error = ml.SpecError([Fault("a", "must be b", "c")] * 10_000)
    assert len(str(error)) < 5_000
    assert str(error).endswith("And 9,950 more.")
    assert len(error.faults) == 10_000


def test_a_near_word_is_suggested():
    with pytest.raises(ml.SpecError, match=r"did you mean 'momentum'\?"):
        ml.Training(optimizer="momentom")


class BrokenRepr:
    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize("value", [BrokenRepr(), [BrokenRepr()], "\x1b[2J" * 100, {"a": HUGE}])
def test_a_hostile_value_still_gets_one_printable_line(value):
    with pytest.raises(ml.SpecError, match=r"^`epochs` must be an integer") as caught:
        ml.Training(epochs=value)
    assert str(caught.value).isprintable()
