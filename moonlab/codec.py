"""Experiments as text: JSON with a schema version, and one compressed key for a URL."""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from moonlab.rules import Fault, SpecError, check, shown
from moonlab.spec import Architecture, DataSpec, Experiment, Override, Training

SCHEMA_VERSION = 1
QUERY_KEY = "experiment"
MAX_JSON_CHARACTERS = 100_000
MAX_QUERY_CHARACTERS = 8_000

_CHECKED_HERE = ("seeds", "seeding", "margin_points")
_LATER = {"margin_points": Experiment.margin_points}  # documents of before lack these fields
_DAMAGED = "must be the whole key of a moonlab link; copy the link again"


def to_dict(experiment: Experiment) -> dict[str, Any]:
    """The experiment as plain dicts, lists, texts and numbers, every field written out."""
    return {"schema_version": SCHEMA_VERSION} | asdict(experiment, dict_factory=_plain_dict)


def _plain_dict(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, Override) else value for name, value in items}


def to_json(experiment: Experiment) -> str:
    """See `Experiment.to_json`."""
    return json.dumps(to_dict(experiment), indent=2, ensure_ascii=False)


def to_query(experiment: Experiment) -> dict[str, str]:
    """See `Experiment.to_query`."""
    text = json.dumps(to_dict(experiment), separators=(",", ":"), ensure_ascii=False)
    return {QUERY_KEY: packed(text)}


def packed(text: str) -> str:
    """A text as a value that an address can hold."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def from_query(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the experiment in URL parameters; none where the key is absent."""
    if not isinstance(parameters, Mapping):
        raise SpecError([Fault("parameters", "must be a mapping", shown(parameters))])
    if QUERY_KEY not in parameters:
        return {}
    return from_json(unpacked(QUERY_KEY, parameters[QUERY_KEY]))


def unpacked(key: str, value: object) -> str:
    """The text that was packed into the value of a key.

    Raises
    ------
    SpecError
        If the value is empty, too long or damaged.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_QUERY_CHARACTERS:
        rule = f"must be a text of 1 to {MAX_QUERY_CHARACTERS:,} characters"
        raise SpecError([Fault(key, rule, shown(value))])
    try:
        content = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(content, 4 * MAX_JSON_CHARACTERS).decode()
        whole = unpacker.eof and not unpacker.unused_data
    except (ValueError, zlib.error):
        whole = False
    if not whole:
        raise SpecError([Fault(key, _DAMAGED, shown(value))])
    return text


def from_json(text: str) -> dict[str, Any]:
    """The fields of the experiment in a JSON text, ready for `Experiment(**fields)`."""
    document, faults = _parse(text)
    return from_dict(document, faults)


def from_dict(document: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The fields of the experiment in a parsed document, whose faults so far are given."""
    document, faults = dict(document), list(faults)
    made_with = document.pop("made_with", {})
    if not _is_text_map(made_with):
        rule = "must map names of programs to versions"
        faults.append(Fault("made_with", rule, shown(made_with)))
    version = document.pop("schema_version", None)
    if type(version) is not int or version != SCHEMA_VERSION:
        rule = f"must be {SCHEMA_VERSION}, the version that this moonlab reads"
        given = "nothing" if version is None else shown(version)
        raise SpecError([Fault("schema_version", rule, given), *faults])
    document = _LATER | document
    faults += _key_faults("", document, [field.name for field in fields(Experiment)])
    parts: dict[str, Any] = {}
    for name, kind in (("data", DataSpec), ("training", Training)):
        if name in document:
            parts[name] = _build(kind, document[name], name, faults)
    if "architectures" in document:
        parts["architectures"] = _build_architectures(document["architectures"], faults)
    if "seeds" in document:
        parts["seeds"] = _as_tuple(document["seeds"])
    if "seeding" in document:
        parts["seeding"] = document["seeding"]
    parts["margin_points"] = document["margin_points"]
    faults += check({name: Experiment.RULES[name] for name in _CHECKED_HERE}, parts)
    if faults:
        raise SpecError(faults)
    return parts


def _parse(text: str) -> tuple[dict[str, Any], list[Fault]]:
    """The JSON object in the text, with a fault for each key that it repeats."""
    if not isinstance(text, str) or len(text) > MAX_JSON_CHARACTERS:
        rule = f"must be a text of at most {MAX_JSON_CHARACTERS:,} characters"
        given = f"{len(text):,} characters" if isinstance(text, str) else shown(text)
        raise SpecError([Fault("experiment", rule, given)])
    faults: list[Fault] = []

    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        faults.extend(Fault(_key(name), "must be given once", "it repeated") for name in repeated)
        return dict(pairs)

    def refuse_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    try:
        document = json.loads(
            text, object_pairs_hook=without_repeats, parse_constant=refuse_constant
        )
    except (ValueError, RecursionError) as error:
        reason = "it nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise SpecError([Fault("experiment", f"must be JSON: {reason}", shown(text))]) from None
    if not isinstance(document, dict):
        raise SpecError([Fault("experiment", "must be a JSON object", shown(document))])
    return document, faults


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _key(name: str) -> str:
    return shown(name)[1:-1]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _key_faults(path: str, given: Mapping[str, Any], expected: list[str]) -> list[Fault]:
    missing = [
        Fault(path + name, "must be given", "nothing") for name in expected if name not in given
    ]
    known = "must be left out: known here are " + ", ".join(expected)
    return missing + [
        Fault(path + _key(name), known, shown(given[name]))
        for name in given
        if name not in expected
    ]


def _build(kind: type[Any], given: Any, path: str, faults: list[Fault]) -> Any:
    """One part of the experiment, or None with its faults added to `faults`."""
    if not isinstance(given, dict):
        faults.append(Fault(path, "must be a JSON object", shown(given)))
        return None
    names = [field.name for field in fields(kind)]
    faults += _key_faults(f"{path}.", given, names)
    known = {name: _as_tuple(value) for name, value in given.items() if name in names}
    try:
        return kind(**known)
    except SpecError as error:
        faults += error.under(path)
        return None


def _build_architectures(given: Any, faults: list[Fault]) -> Any:
    limit = Experiment.RULES["architectures"]
    if not isinstance(given, list) or not limit.low <= len(given) <= limit.high:
        rule = f"must be a list of {limit.low} to {limit.high} architectures"
        faults.append(Fault("architectures", rule, shown(given)))
        return None
    return tuple(
        _build(Architecture, item, f"architectures[{index}]", faults)
        for index, item in enumerate(given)
    )
