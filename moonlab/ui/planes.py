"""Pictures of the plane side by side, in which a training point is picked by a click."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from moonlab.lab.planes import Plane

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "moonlab_planes",
    html='<div class="planes"></div>',
    css=(_HERE / "planes.css").read_text(encoding="utf-8"),
    js=(_HERE / "planes.js").read_text(encoding="utf-8"),
)


class Picture(NamedTuple):
    """A plane with its caption."""

    number: int
    """By which it is told from the others."""
    plane: Plane
    title: str
    words: str


def show_planes(
    pictures: Sequence[Picture],
    chosen: int,
    picked: int,
    on_pick: Callable[[int, int], None],
    key: str,
) -> None:
    """Show pictures of the same points.

    Parameters
    ----------
    pictures : sequence of Picture
        From left to right.
    chosen : int
        The number of the one in a frame.
    picked : int
        The point with a ring.
    on_pick : callable
        Told the picture's number and the point that is nearest to a click.
    key : str
        Distinct on the page.
    """

    def pick() -> None:
        value = st.session_state[key]["picked"]
        if value is not None:
            number, point = value
            on_pick(int(number), int(point))

    _component(
        key=key,
        data={
            "pictures": [
                {
                    "number": one.number,
                    "svg": one.plane.svg,
                    "title": one.title,
                    "words": one.words,
                    "alternative": f"Decision boundary: {one.title} {one.words}",
                }
                for one in pictures
            ],
            "places": pictures[0].plane.places.round(1).tolist(),
            "chosen": chosen,
            "picked": picked,
        },
        on_picked_change=pick,
    )
