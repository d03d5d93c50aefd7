"""What every page of the laboratory has, run by Streamlit's AppTest: no browser."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from moonlab.ui import lab, training
from moonlab.ui.lab import PAGES

SCRIPT = """
from moonlab.ui import page
from moonlab.ui.lab import PAGES
page.open_session()
PAGES[{index}].show()
"""
ANSWERS = {
    "gap_guess": "Not at all",
    "ranking": [5],
    "source_guess_0": "Data draw",
    "rate_gd": 0.1,
}


@pytest.mark.parametrize("index", range(len(PAGES)), ids=[one.path for one in PAGES])
def test_a_page_that_has_no_results_still_leads_to_the_comparison(index, monkeypatch):
    asked = []
    monkeypatch.setattr(training, "comparison_of", lambda *given: asked.append(given))
    at = AppTest.from_string(SCRIPT.format(index=index), default_timeout=60)
    for key, answer in ANSWERS.items():
        at.session_state[key] = answer
    assert not at.run().exception
    assert asked or PAGES[index].path == "batches"  # which asks for a guess of each race first
    assert any(button.key == "open" for button in at.button)


def keys_of_results(path):
    """What a page calls the results that it asks for."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "results_of":
            yield ast.unparse(node.args[1])


def test_no_two_pages_ask_for_results_under_one_key():
    pages = Path(lab.__file__).parent.glob("*.py")
    keys = [key for page in pages for key in keys_of_results(page)]
    assert len(keys) > len(PAGES)
    assert sorted(keys) == sorted(set(keys))
