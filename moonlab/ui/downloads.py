"""The results as files."""

import io
import re
from collections.abc import Callable

import streamlit as st

from moonlab import export
from moonlab.results import Comparison
from moonlab.ui.parts import show_again


def show_downloads(comparison: Comparison, margin_points: float) -> None:
    """Show a button for each file, made when it is clicked."""
    texts: dict[str, Callable[[], str]] = {
        "summary.csv": lambda: export.csv_text(comparison.summary(margin_points)),
        "runs.csv": lambda: export.csv_text(comparison.runs_table()),
        "pairs.csv": lambda: export.csv_text(comparison.pairs_table(margin_points)),
        "history.csv": lambda: export.csv_text(comparison.history()),
        "experiment.json": lambda: export.experiment_json(comparison.experiment),
    }
    with st.container(horizontal=True):
        for name, make in texts.items():
            st.download_button(
                name,
                data=make,
                file_name=name,
                mime="text/csv" if name.endswith("csv") else "application/json",
                on_click="ignore",
                icon=":material/download:",
                key=f"download_{name.split('.')[0]}",
            )
        with st.popover("Weights", icon=":material/download:", key="weights"):
            _show_weights(comparison)


def _show_weights(comparison: Comparison) -> None:
    """Let people choose a run, and download what it learned."""
    groups = {group.name: group for group in comparison.groups()}
    again = show_again("numbers")
    name = st.selectbox("Architecture", list(groups), key="weights_of", on_change=again)
    runs = {run.seed: run for run in groups[name].runs}
    seed = st.selectbox("Seed", list(runs), key="weights_seed", on_change=again)

    def state_dict() -> bytes:
        import torch

        file = io.BytesIO()
        torch.save(runs[seed].state_dict(), file)
        return file.getvalue()

    file_name = _weights_name(name, seed)
    st.download_button(
        "state_dict.pt",
        data=state_dict,
        file_name=file_name,
        on_click="ignore",
        icon=":material/download:",
        key="download_weights",
    )
    st.caption("For PyTorch; this reads it back:")
    st.code(f'torch.load("{file_name}")', language="python")


def _weights_name(architecture: str, seed: int) -> str:
    """A file name that any system takes, such as "state_dict 2-16-1 seed 0.pt"."""
    safe = re.sub(r"[^\w()]+", "-", architecture).strip("-")
    return " ".join(filter(None, ["state_dict", safe, f"seed {seed}.pt"]))
