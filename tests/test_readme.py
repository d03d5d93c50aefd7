"""README tells the truth."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_example_prints_what_it_says():
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(block("python")[0], {})
    assert printed.getvalue() == block("text")[0]


def test_every_file_that_readme_names_is_there():
    named = re.findall(r"\]\(([\w./-]+)\)", README) + re.findall(r"`(moonlab/[\w./]*)`", README)
    assert named
    for name in named:
        assert (ROOT / name).exists(), name


def test_both_commands_install_what_the_requirements_pin():
    run, test = block("sh")[:2]
    for command in (run, test):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
        assert "-r requirements.txt" in command
    assert "streamlit run streamlit_app.py" in run
    assert "-m pytest" in test


def test_no_text_has_a_place_left_to_fill_in():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md")]:
        assert "@@" not in path.read_text(encoding="utf-8"), path
