import base64
import json
import random
import time
import zlib
from dataclasses import fields

import pytest
from helpers import EMOJI, changed_json
from hypothesis import example, given, settings
from hypothesis import strategies as st

import moonlab as ml

MAX_KEY = 8_000
N_TRAINING = len(fields(ml.Training))

reals = {
    "learning_rate": st.floats(0, 100, exclude_min=True),
    "l2": st.floats(0, 10),
    "dropout": st.floats(0, 0.9),
}
training_fields = {
    "optimizer": st.sampled_from(["gd", "momentum", "adam"]),
    "batch_size": st.none() | st.integers(1, 100_000),
    "epochs": st.integers(1, 20_000),
    "loss": st.sampled_from(["bce", "mse"]),
    "report": st.sampled_from(["last", "best_validation"]),
    "torch_dtype": st.sampled_from(["float32", "float64"]),
    "device": st.sampled_from(["cpu", "cuda"]),
} | reals
printable = st.characters(exclude_categories=["C", "Z"])
names = st.none() | st.text(printable, min_size=1, max_size=60).filter(str.isprintable)
architectures = st.builds(
    ml.Architecture,
    hidden=st.lists(st.integers(1, 1024), max_size=16).map(tuple),
    activation=st.sampled_from(["relu", "tanh", "sigmoid"]),
    engine=st.sampled_from(["torch", "numpy"]),
    name=names,
    override=st.none() | st.fixed_dictionaries({}, optional=training_fields),
)
experiments = st.builds(
    ml.Experiment,
    data=st.builds(
        ml.DataSpec,
        dataset=st.sampled_from(["moons", "sklearn_moons"]),
        n_samples=st.integers(10, 100_000),
        noise=st.floats(0, 2),
        seed=st.integers(0, 2**32 - 1),
        validation_fraction=st.floats(0.1, 0.9),
    ),
    training=st.builds(ml.Training, **training_fields),
    architectures=st.lists(architectures, min_size=1, max_size=8).map(tuple),
    seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=128, unique=True).map(tuple),
    seeding=st.sampled_from(["independent", "sequential"]),
    margin_points=st.floats(0, 100, exclude_min=True),
)


def worst_case():
    """Every field at its longest, nothing that compresses."""
    draw = random.Random(5)

    def character():
        while not (c := chr(draw.randrange(0x10000, 0x30000))).isprintable():
            pass
        return c

    def training():
        words = {"optimizer": "momentum", "report": "best_validation", "torch_dtype": "float64"}
        longest = {name: draw.random() * 1e-300 for name in reals}
        counts = {name: draw.randrange(10_000, 20_000) for name in ("epochs", "batch_size")}
        return words | longest | counts | {"loss": "mse", "device": "cuda"}

    def architecture():
        widths = tuple(draw.randrange(1, 1025) for _ in range(16))
        name = "".join(character() for _ in range(60))
        override = training()
        assert len(override) == N_TRAINING
        return ml.Architecture(widths, "sigmoid", "numpy", name, override)

    return ml.Experiment(
        ml.DataSpec("sklearn_moons", 99_999, draw.random(), 2**32 - 7, 0.1 + draw.random() / 2),
        ml.Training(**training()),
        tuple(architecture() for _ in range(8)),
        tuple(draw.sample(range(10**9, 2**32), 128)),
        "sequential",
        draw.random() * 1e-300,
    )


@given(experiments)
@example(ml.Experiment())
@example(EMOJI)
@example(ml.lesson.torch_experiment())
@example(worst_case())
def test_experiment_survives_json_and_url(experiment):
    text = experiment.to_json()
    key = experiment.to_query()
    for again in (ml.Experiment.from_json(text), ml.Experiment.from_query(key)):
        assert again == experiment
        assert (repr(again), hash(again)) == (repr(experiment), hash(experiment))
    assert list(key) == ["experiment"]
    assert len(key["experiment"]) <= MAX_KEY
    assert key["experiment"].isascii()


def test_json_carries_every_field_defaults_too_and_the_schema_version():
    document = json.loads(ml.Experiment().to_json())
    assert document.pop("schema_version") == 1
    assert list(document) == [field.name for field in fields(ml.Experiment)]
    for part, kind in (("data", ml.DataSpec), ("training", ml.Training)):
        assert list(document[part]) == [field.name for field in fields(kind)]
    assert list(document["architectures"][0]) == [field.name for field in fields(ml.Architecture)]


def test_a_text_from_before_there_was_a_margin_has_the_default_one():
    experiment = ml.Experiment(seeds=(5,))
    text = changed_json(seeds=[5], margin_points=...)
    assert ml.Experiment.from_json(text) == experiment
    key = base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")
    assert ml.Experiment.from_query({"experiment": key}) == experiment


REFUSED = {
    "unknown": [{"colour": 1}, {"data__colour": 1}, {"architectures__0__colour": 1}],
    "missing": [{"seeds": ...}, {"data__noise": ...}, {"architectures__0__name": ...}],
    "wrong": [{"data": 5}, {"training": None}, {"architectures": {}}, {"architectures": []}],
    "items": [{"architectures": [5]}, {"architectures": [None] * 9}, {"seeds": "012"}],
    "values": [{"data__n_samples": "１６"}, {"data__n_samples": 300.0}, {"seeds": [True]}],
    "types": [
        {"training__epochs": "30"},
        {"training__batch_size": [32]},
        {"seeding": ["x"]},
        {"margin_points": "1"},
    ],
    "hidden": [{"architectures__0__hidden": value} for value in (16, "16", [16.0], [[16]], None)],
    "override": [{"architectures__0__override": value} for value in ([], 5, {"width": 1})],
    "version": [{"schema_version": value} for value in (..., None, 0, 2, 10**30, "1", 1.0, True)],
    "made_with": [{"made_with": value} for value in (None, [], "x", {"numpy": 2}, {"a": None})],
}


@pytest.mark.parametrize(
    "changes", [change for group in REFUSED.values() for change in group], ids=str
)
def test_json_with_a_fault_is_refused_at_its_place(changes):
    path = next(iter(changes)).replace("__0", "[0]").replace("__", ".")
    with pytest.raises(ml.SpecError, match=r"Got .* instead\.$") as caught:
        ml.Experiment.from_json(changed_json(**changes))
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].field.startswith(path)


def test_all_faults_of_a_json_text_come_at_once():
    text = changed_json(
        made_with=5, colour=1, data__noise=3, data__size=1, training__loss=..., seeds=[1, 1],
        seeding="?", architectures__0__hidden=[0], architectures__0__override={"l2": -1},
    )  # fmt: skip
    with pytest.raises(ml.SpecError, match="must") as caught:
        ml.Experiment.from_json(text)
    assert {fault.field for fault in caught.value.faults} == {
        "made_with", "colour", "data.noise", "data.size", "training.loss", "seeds", "seeding",
        "architectures[0].hidden", "architectures[0].override.l2",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["schema_version", "seeds", "noise", "hidden"])
def test_a_repeated_key_is_refused_wherever_it_is(name):
    text = ml.Experiment().to_json().replace(f'"{name}":', f'"{name}": 1, "{name}":')
    with pytest.raises(ml.SpecError, match=rf"^`{name}` must be given once"):
        ml.Experiment.from_json(text)


def test_made_with_is_read_past():
    versions = {"moonlab": "9.9", "numpy": "2.4"}
    assert ml.Experiment.from_json(changed_json(made_with=versions)) == ml.Experiment()


NOT_JSON = {
    "empty": "",
    "words": "hello",
    "half": ml.Experiment().to_json()[:-1],
    "twice": ml.Experiment().to_json() * 2,
    "nan": ml.Experiment().to_json().replace("0.1", "NaN"),
    "infinity": ml.Experiment().to_json().replace("0.1", "-Infinity"),
    "deep list": "[" * 10_000,
    "deep list, closed": "[" * 10_000 + "]" * 10_000,
    "deep object": '{"a":' * 10_000,
    "digits": ml.Experiment().to_json().replace("300", "9" * 5_000),
    "20 MB": "x" * 20_000_000,
    "20 MB of brackets": "[" * 20_000_000,
    "no object": "[]",
    "null": "null",
    "NUL": "\x00",
    "byte order mark": "\ufeff{}",
    "bytes": b"{}",
    "none": None,
    "number": 5,
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_no_json_object_is_refused_promptly_in_a_short_sentence(text):
    started = time.perf_counter()
    with pytest.raises(ml.SpecError, match=r"^`experiment` must be .* instead\.$") as caught:
        ml.Experiment.from_json(text)
    assert len(str(caught.value)) < 400
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("number", ["1e999", "1E+400", "-1e999", "1e-1"])
def test_a_number_beyond_floats_or_in_another_form_is_no_integer(number):
    text = ml.Experiment().to_json().replace("300", number)
    with pytest.raises(ml.SpecError, match=r"`data\.n_samples` must be an integer"):
        ml.Experiment.from_json(text)


@settings(max_examples=50)
@given(st.text(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["schema_version", "data", "training", "architectures", "seeds", "x"]),
        inner, max_size=6),
).map(json.dumps))  # fmt: skip
def test_no_text_at_all_raises_anything_but_spec_error(text):
    with pytest.raises(ml.SpecError, match="must"):
        ml.Experiment.from_json(text)
