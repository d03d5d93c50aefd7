"""Pieces of this library's own code, read from its files, to be shown beside what they compute."""

import ast
import importlib.util
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

Definition = ast.FunctionDef | ast.ClassDef


@cache
def code_of(name: str) -> str:
    """The code of a function, class or method of moonlab, without its docstring.

    Its module is read, not imported: PyTorch's takes seconds.

    Parameters
    ----------
    name : str
        Module and qualified name, such as "numpy_mlp.NumpyEngine.step" or, of a function within a
        function, "numpy_mlp.adam.update".

    Raises
    ------
    LookupError
        If there is none of that name.
    """
    definition, lines = _find(name)
    head = lines[definition.lineno - 1 : definition.body[0].lineno - 1]
    return textwrap.dedent("\n".join([*head, *_body(definition, lines)]))


@cache
def body_of(name: str) -> str:
    """The same without its first lines, those that name it and its arguments."""
    definition, lines = _find(name)
    return textwrap.dedent("\n".join(_body(definition, lines))).strip("\n")


@cache
def statements(name: str, writes: str, reads: str = "") -> str:
    """The lines of a function that compute a value, each with its comment.

    Parameters
    ----------
    name : str
        As in `code_of`.
    writes : str
        The variable that they write: by `=`, an operation such as `+=`, or `out=`; or "return".
        A name for parts of something that is there already, as by `a, b = pair`, does not count.
    reads : str
        Keep only those that read this variable.

    Raises
    ------
    LookupError
        If there are none.
    """
    definition, lines = _find(name)
    found = [
        node
        for node in ast.walk(definition)
        if isinstance(node, ast.stmt)
        and writes in _written(node)
        and (not reads or reads in set(_read(node)))
    ]
    if not found:
        raise LookupError(f"{name} does not write {writes}" + f", reading {reads}" * bool(reads))
    found.sort(key=lambda node: node.lineno)
    return "\n".join(
        textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno])) for node in found
    )


def _body(definition: Definition, lines: list[str]) -> list[str]:
    """Its lines after its docstring."""
    has_docstring = ast.get_docstring(definition) is not None
    start = definition.body[0].end_lineno if has_docstring else definition.body[0].lineno - 1
    return lines[start : definition.end_lineno]


def _find(name: str) -> tuple[Definition, list[str]]:
    """A definition, and the lines of its file."""
    parts = name.split(".")
    size = 2 if parts[0] == "lab" else 1  # the laboratory's modules stand in a folder of their own
    path = parts[size:]
    tree, lines = _parsed(".".join(parts[:size]))
    found: Definition | None = None
    for part in path:
        inner = ast.walk(found or tree)
        named = (node for node in inner if isinstance(node, Definition) and node.name == part)
        found = next(named, None)
        if found is None:
            break
    if found is None:
        raise LookupError(f"moonlab has no {name}")
    return found, lines


@cache
def _parsed(module: str) -> tuple[ast.Module, list[str]]:
    spec = importlib.util.find_spec(f"moonlab.{module}")
    if spec is None or spec.origin is None:
        raise LookupError(f"moonlab has no module {module}")
    text = Path(spec.origin).read_text(encoding="utf-8")
    return ast.parse(text), text.splitlines()


def _written(node: ast.stmt) -> set[str]:
    """Names of the variables that a statement computes."""
    match node:
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AugAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Return():
            return {"return"}
        case ast.Expr(value=ast.Call(keywords=keywords)):
            outs = [keyword.value for keyword in keywords if keyword.arg == "out"]
            return {name for out in outs for name in _read(out)}
    return set()


def _read(node: ast.AST) -> Iterator[str]:
    """Names of the variables in a statement or expression, those it assigns aside."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
            yield child.id
