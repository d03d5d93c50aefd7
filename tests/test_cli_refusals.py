import errno
import json
import os
import re

import pytest

import moonlab as ml
from moonlab import __main__ as cli

SMALL = ml.Experiment(
    data=ml.DataSpec(n_samples=60),
    training=ml.Training(epochs=2),
    architectures=(ml.Architecture((4,), engine="numpy"), ml.Architecture((), engine="numpy")),
)


@pytest.fixture
def small_json(tmp_path):
    path = tmp_path / "small.json"
    path.write_text(SMALL.to_json(), encoding="utf-8")
    return path


def run(*arguments):
    return cli.main(["compare", *map(str, arguments)])


def contents(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def assert_calm(text):
    """A sentence or a few, and nothing that only a programmer reads."""
    assert re.search(r"\w+ \w+", text)
    assert "Traceback" not in text
    assert "None: " not in text
    assert len(text) < 1000


BAD_FILES = {
    "not JSON": (b"{", "must be JSON"),
    "empty": (b"", "must be JSON"),
    "a list": (b"[1]", "must be a JSON object"),
    "another schema": (b'{"schema_version": 2}', "schema_version"),
    "NaN": (SMALL.to_json().replace("0.01", "NaN").encode(), "NaN is not JSON"),
    "deep": (b"[" * 50_000, "nested too deeply"),
    "UTF-16": (SMALL.to_json().encode("utf-16"), "UTF-8"),
    "binary": (bytes(range(256)), "UTF-8"),
    "too large": (b" " * 500_000, "at most 100,000 characters"),
}


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence(tmp_path, capsys, content, words):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    assert run(path, "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert words in said.err
    assert_calm(said.err)
    assert said.out == ""
    assert contents(tmp_path) == ["bad.json"]


def test_all_faults_of_a_file_are_named_at_once(tmp_path, capsys):
    document = json.loads(SMALL.to_json())
    document["training"]["epochs"] = 0
    document["data"]["noise"] = "much"
    document["architectures"][1]["hidden"] = [4.0]
    document["sedes"] = document.pop("seeds")
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    assert run(path, "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    for field in ("training.epochs", "data.noise", "architectures[1].hidden", "seeds", "sedes"):
        assert f"`{field}`" in said
    assert_calm(said)
    assert contents(tmp_path) == ["bad.json"]


@pytest.mark.parametrize("arguments", [("nowhere.json",), (".",)])
def test_a_file_that_cannot_be_read_is_named(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments, "--out", "out") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{arguments[0]}: ")
    assert_calm(said)
    assert contents(tmp_path) == []


KEY = SMALL.to_query()["experiment"]
BAD_LINKS = {
    "cut off": (f"http://localhost:8501/?experiment={KEY[:-4]}", "copy the link again"),
    "key cut off": (KEY[:-4], "copy the link again"),
    "empty": ("http://localhost:8501/?experiment=", "1 to 8,000 characters"),
    "two": (f"http://localhost:8501/?experiment={KEY}&experiment={KEY}", "must hold one"),
    "none": ("http://localhost:8501/lab?draft=x", "copy it again, from Share"),
    "too long": ("experiment=" + "A" * 9_000, "1 to 8,000 characters"),
}


@pytest.mark.parametrize(("link", "words"), BAD_LINKS.values(), ids=BAD_LINKS)
def test_a_bad_link_is_refused_with_a_sentence(tmp_path, capsys, link, words):
    assert run(link, "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert words in said
    assert_calm(said)
    assert contents(tmp_path) == []


@pytest.mark.parametrize("out", ["small.json", "small.json/out"])
def test_a_folder_that_cannot_be_made_is_named_before_any_work(
    small_json, capsys, monkeypatch, out
):
    monkeypatch.setattr(cli, "compare", lambda *arguments, **options: pytest.fail("it trained"))
    before = small_json.read_bytes()
    assert run(small_json, "--out", small_json.parent / out) == 1
    said = capsys.readouterr().err
    assert out in said
    assert_calm(said)
    assert small_json.read_bytes() == before


BUDGETS = ["nan", "inf", "-1", "0", "1e-9"]


@pytest.mark.parametrize("budget", [*BUDGETS, "１６", "1_000"])
def test_a_budget_that_is_none_or_too_small_refuses_the_work(small_json, capsys, budget):
    try:
        code = run(small_json, "--out", small_json.parent / "out", "--budget", budget)
    except SystemExit as error:  # argparse's own refusal
        code = error.code
    assert code == 2
    assert_calm(capsys.readouterr().err)
    assert contents(small_json.parent) == ["small.json"]


def test_an_interrupt_ends_with_130_and_no_files(small_json, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "compare", interrupted)
    assert run(small_json, "--out", small_json.parent / "out") == 130
    assert_calm(capsys.readouterr().err)
    assert contents(small_json.parent) == ["small.json"]


def test_a_full_disk_is_told_without_a_programmers_none(small_json, capsys, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert run(small_json, "--out", small_json.parent / "out") == 1
    assert contents(small_json.parent) == ["small.json"]
    assert_calm(capsys.readouterr().err)
