import ast
import inspect
import textwrap

import pytest

from moonlab import draws, functional, numpy_mlp, spec, torch_mlp, trainers
from moonlab.lab.source import body_of, code_of, statements
from moonlab.lab.under_glass import Nudges

OBJECTS = {
    "functional.bce": functional.bce,
    "numpy_mlp.forward": numpy_mlp.forward,
    "numpy_mlp.NumpyEngine.step": numpy_mlp.NumpyEngine.step,
    "numpy_mlp.NumpyEngine": numpy_mlp.NumpyEngine,
    "torch_mlp.train_plain": torch_mlp.train_plain,
    "torch_mlp.MLP.forward": torch_mlp.MLP.forward,
    "draws.DropoutMasks.draw": draws.DropoutMasks.draw,
    "spec.Training.batch_bounds": spec.Training.batch_bounds,
    "trainers._gathered": trainers._gathered,
    "lab.under_glass.Nudges.slopes": Nudges.slopes.fget,
}
every_object = pytest.mark.parametrize("name", list(OBJECTS))


def without_docstring(text):
    """A definition's tree, its own docstring and decorators taken out."""
    [definition] = ast.parse(textwrap.dedent(text)).body
    definition.decorator_list = []
    if ast.get_docstring(definition) is not None:
        del definition.body[0]
    return definition


@every_object
def test_code_is_what_inspect_reads_of_the_object_without_its_docstring(name):
    source = inspect.getsource(OBJECTS[name])
    code = code_of(name)
    assert ast.dump(ast.parse(code).body[0]) == ast.dump(without_docstring(source))
    lines = {line.strip() for line in source.splitlines()}
    assert {line.strip() for line in code.splitlines()} <= lines  # with its comments, as it stands
    assert code.count("#") == source.count("#")


@every_object
def test_body_is_the_code_after_the_line_that_names_it(name):
    body = ast.parse(body_of(name) if "class" in code_of(name) else f"def f():\n{indented(name)}")
    expected = without_docstring(inspect.getsource(OBJECTS[name])).body
    found = body.body if "class" in code_of(name) else body.body[0].body
    assert list(map(ast.dump, found)) == list(map(ast.dump, expected))


def indented(name):
    return textwrap.indent(body_of(name), "    ")


def test_a_function_within_a_function_is_found():
    assert code_of("numpy_mlp.adam.update").startswith("def update(theta")
    assert code_of("numpy_mlp.momentum.update") != code_of("numpy_mlp.adam.update")


@pytest.mark.parametrize(
    ("name", "writes", "reads", "starts"),
    [
        ("numpy_mlp.forward", "Z", "", ["Z = inputs[-1] @ W", "Z += b"]),
        ("numpy_mlp.forward", "logits", "", ["logits = inputs[-1] @ W", "logits += b"]),
        ("numpy_mlp.backward", "dW", "", ["np.matmul("]),
        ("numpy_mlp.backward", "db", "", ["np.matmul(ones"]),
        ("numpy_mlp.backward", "dZ", "W", ["dZ = dZ * W"]),
        ("numpy_mlp.backward", "dZ", "activation", ["dZ *= activation.derivative"]),
        ("functional.relu", "return", "", ["return np.maximum"]),
    ],
)
def test_statements_are_those_that_compute_the_value(name, writes, reads, starts):
    lines = statements(name, writes, reads).splitlines()
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    file = inspect.getsource(functional if "functional" in name else numpy_mlp)
    assert all(line in file for line in lines)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: code_of("numpy_mlp.backwards"),
        lambda: code_of("numpy_mlp"),
        lambda: body_of("nothing.at_all"),
        lambda: statements("numpy_mlp.forward", "Q"),
        lambda: statements("numpy_mlp.backward", "dZ", reads="X"),
    ],
)
def test_what_is_not_there_is_an_error_and_no_empty_text(ask):
    with pytest.raises(LookupError, match=r"moonlab has no|does not write"):
        ask()
