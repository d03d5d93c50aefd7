"""Ways in and out: presets, a link, a command, an experiment file."""

import codecs
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
from moonlab.ui.training import start_if_quick
from moonlab.ui.words import as_plain_text, faults_in_words


def show_ways_in() -> None:
    """Show the presets, and the ways to share and load."""
    preset = snapshot.last().preset
    titles = {preset.title: name for name, preset in PRESETS.items()}
    choice(
        "Start from",
        preset.title if preset else None,
        "preset",
        lambda title: _load_preset(titles[title]),
        options=list(titles),
        placeholder="Your own experiment",
        width=300,
    )
    with st.popover("Share", icon=":material/share:"):
        show_part("share", _show_share)
    with st.popover("Load", icon=":material/upload:"):
        _show_load()


def show_what_to_look_for() -> None:
    """Say what the chosen preset is about."""
    preset = snapshot.last().preset
    if preset is not None:
        st.markdown(f"**What to look for:** {preset.look_for}")


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


def _load_preset(name: str) -> None:
    _load(PRESETS[name].experiment())


def _show_share() -> None:
    current = snapshot.last().current
    if current is None:
        st.caption("Correct what is marked first.")
        return
    st.caption("The address of this page is the experiment.")
    address, key = (st.context.url or "").split("?")[0], current.to_query()[QUERY_KEY]
    link = f"{address}?{QUERY_KEY}={key}"
    show_copying("Copy link", link, "copy_link")
    st.caption("This command trains the same without the page, in moonlab's folder:")
    command = f".venv/bin/python -m moonlab compare {key} --out results"
    show_copying("Copy command", command, "copy_command")
    with st.expander("Read them"):
        st.code(link, language=None, wrap_lines=True)
        st.code(command, language="sh", wrap_lines=True)


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
