"""The boundaries side by side, moved through the epochs by the browser alone."""

from pathlib import Path

import streamlit as st

from moonlab import boundary, dataset, frames
from moonlab.results import Comparison

_HTML = """
<div class="controls">
  <button type="button" class="play" aria-label="Play or pause the epochs">▶ Play</button>
  <input type="range" min="0" step="1" aria-label="Epoch of all boundaries">
</div>
<div class="panels"></div>
"""
_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "moonlab_boundaries",
    html=_HTML,
    css=(_HERE / "boundaries.css").read_text(encoding="utf-8"),
    js=(_HERE / "boundaries.js").read_text(encoding="utf-8"),
)


def show_boundaries(comparison: Comparison, cache_key: str) -> None:
    """Show the boundaries of a comparison; the cache key tells it from all others."""
    st.subheader("Decision boundaries", anchor=False)
    several = len(comparison.experiment.seeds) > 1
    st.caption(
        "Blue is class 0, orange class 1; the line is where the network cannot tell. Circles "
        "train, diamonds validate, a cross marks a wrong one."
        + (" The colour is the mean over all seeds." if several else "")
    )
    _component(key="boundaries", data=_frames(cache_key, comparison))


@st.cache_resource(max_entries=32, show_spinner=False)
def _frames(cache_key: str, _comparison: Comparison) -> bytes:
    data = dataset.load_data(_comparison.experiment.data)
    return frames.pack(_comparison, data, boundary.grid_over(data))
