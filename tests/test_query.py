import base64
import tracemalloc
import zlib

import pytest
from helpers import EMOJI, changed_json
from hypothesis import given
from hypothesis import strategies as st

import moonlab as ml

MAX_KEY = 8_000


def packed(content):
    return base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


KEY = EMOJI.to_query()["experiment"]
BOMB = packed(b" " * 5_000_000)
DAMAGED_KEYS = {
    "empty": "",
    "too long": "A" * (MAX_KEY + 1),
    "20 MB": "A" * 20_000_000,
    "one letter": "A",
    "blank": " " * 40,
    "non-ASCII": KEY[:-1] + "é",
    "other digits": KEY.replace("1", "１", 1),
    "not compressed": base64.urlsafe_b64encode(ml.Experiment().to_json().encode()).decode(),
    "line break after": KEY + "\n",
    "trailing bytes": KEY + "A" * (-len(KEY) % 4) + "AAAA",
    "twice": KEY + KEY,
    "zip bomb": BOMB,
    "not UTF-8": packed(b"\xff\xfe{}"),
    "list": [KEY],
    "none": None,
    "bytes": KEY.encode(),
}


@pytest.mark.parametrize("key", DAMAGED_KEYS.values(), ids=DAMAGED_KEYS.keys())
def test_damaged_key_is_refused_in_a_short_sentence(key):
    with pytest.raises(ml.SpecError, match=r"^`experiment` must be .* instead\.$") as caught:
        ml.Experiment.from_query({"experiment": key})
    assert len(str(caught.value)) < 300


def test_zip_bomb_is_not_unpacked():
    assert len(BOMB) <= MAX_KEY
    tracemalloc.start()
    with pytest.raises(ml.SpecError, match="copy the link again"):
        ml.Experiment.from_query({"experiment": BOMB})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_key_of_faulty_json_names_the_fault():
    key = packed(changed_json(data__noise=3).encode())
    with pytest.raises(ml.SpecError, match=r"^`data\.noise` must be a number from 0 to 2"):
        ml.Experiment.from_query({"experiment": key})


@pytest.mark.parametrize("parameters", [{}, {"tab": "2"}, {"Experiment": KEY}])
def test_absent_key_is_the_default_experiment(parameters):
    assert ml.Experiment.from_query(parameters) == ml.Experiment()


def test_every_truncation_of_a_key_is_refused():
    for length in range(len(KEY)):
        with pytest.raises(ml.SpecError, match=r"^`experiment` must be"):
            ml.Experiment.from_query({"experiment": KEY[:length]})


@given(st.integers(0, len(KEY) - 1), st.characters(max_codepoint=0x2FF))
def test_a_key_with_one_other_character_is_refused_or_means_the_same(position, character):
    # base64's unused last bits and its second alphabet leave a few keys with the same bytes
    key = KEY[:position] + character + KEY[position + 1 :]
    try:
        found = ml.Experiment.from_query({"experiment": key})
    except ml.SpecError:
        return
    assert found == EMOJI
