"""Ways in and out: presets, a link, a command, an experiment file."""

import codecs
from copy import deepcopy
from dataclasses import replace

import streamlit as st

from moonlab.codec import MAX_JSON_CHARACTERS, QUERY_KEY
from moonlab.presets import PRESETS, preset_of
from moonlab.results import Comparison
from moonlab.rules import Fault, SpecError
from moonlab.spec import Experiment
from moonlab.ui import snapshot
from moonlab.ui.bind import choice, page_state
from moonlab.ui.copying import show_copying
from moonlab.ui.outcome import Outcome
from moonlab.ui.parts import show_part, then_whole
from moonlab.ui.training import current_experiment, start_if_quick
from moonlab.ui.words import as_plain_text, faults_in_words

_OWN = "Your own experiment"


def show_ways_in() -> None:
    """Show the presets, and the ways to share and load."""
    show_part("start", _show_starts)
    with st.popover("Share", icon=":material/share:"):
        show_part("share", _show_share)
    with st.popover("Load", icon=":material/upload:"):
        _show_load()


def _show_starts() -> None:
    preset = snapshot.last().preset
    options = [preset.title for preset in PRESETS.values()]
    if preset is None or page_state().own is not None:
        options.append(_OWN)
    value = _OWN if preset is None else preset.title
    choice("Start from", value, "preset", _start_from, options=options)


def _start_from(title: str) -> None:
    """Set up a preset, or what people had set up themselves before they chose one."""
    own = page_state().own
    if title != _OWN:
        _load(next(one for one in PRESETS.values() if one.title == title).experiment())
    elif own is not None:
        page_state().restore(deepcopy(own))
        current = current_experiment()
        if current is not None:
            start_if_quick(current)


def what_to_look_for() -> str:
    """What the chosen preset is about, in words if one is chosen."""
    preset = snapshot.last().preset
    return "" if preset is None else f"**What to look for:** {preset.look_for}"


def show_seen(outcome: Outcome) -> None:
    """Say what was seen, if the comparison is that of a preset."""
    seen = _seen(outcome.key, outcome.margin, outcome.comparison)
    if seen:
        st.markdown(f"**What was seen:** {as_plain_text(seen)}")


@st.cache_data(max_entries=64, show_spinner=False)
def _seen(key: str, margin: float, _comparison: Comparison) -> str:
    preset = preset_of(_comparison.experiment)
    if preset is None or _comparison.status != "ok":
        return ""
    return preset.seen(replace(_comparison, pinned=()))


def _load(experiment: Experiment) -> None:
    page_state().load(experiment)
    start_if_quick(experiment)


def _show_share() -> None:
    if snapshot.last().current is None:
        st.caption("Correct what is marked first.")
        return
    st.caption("The address of this page is the experiment.")
    show_copying("Copy link", f"{{page}}?{QUERY_KEY}={{experiment}}", "copy_link")
    st.caption("This command trains the same without the page, in moonlab's folder:")
    command = ".venv/bin/python -m moonlab compare {experiment} --out results"
    show_copying("Copy command", command, "copy_command")


def _show_load() -> None:
    st.file_uploader(
        "An experiment.json from moonlab",
        type="json",
        key="upload",
        on_change=then_whole(_load_upload),
        max_upload_size=1,
    )
    if st.session_state.get("upload_faults"):
        st.error(f"This file does not load:\n\n{st.session_state.upload_faults}")


def _load_upload() -> None:
    st.session_state.upload_faults = ""
    file = st.session_state.upload
    if file is None:
        return
    try:
        content = file.getvalue().removeprefix(codecs.BOM_UTF8)  # as some editors save it
        if len(content) > 4 * MAX_JSON_CHARACTERS:
            rule = f"must hold at most {MAX_JSON_CHARACTERS:,} characters"
            raise SpecError([Fault("file", rule, "more")])
        _load(Experiment.from_json(content.decode("utf-8")))
    except UnicodeDecodeError:
        fault = Fault("file", "must be a text in UTF-8", "other bytes")
        st.session_state.upload_faults = faults_in_words(SpecError([fault]))
    except SpecError as error:
        st.session_state.upload_faults = faults_in_words(error)
