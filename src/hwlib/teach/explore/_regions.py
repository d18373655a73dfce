"""Regions of the plane as small SVG text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.regions import Regions
from hwlib.teach._theme import ON_COLOUR
from hwlib.teach.explore._svg import above, drawing

_SIDE = 220  # pixels; the drawing counts in tenths of them, so that whole numbers are exact enough


def regions_above(
    found: Regions, fills: Sequence[str], say: str, points: npt.ArrayLike, filled: Sequence[bool] | None = None
) -> str:
    """Regions in their colours, with points in them, above a sentence.

    Args:
        found: regions in a box.
        fills: the colour of each.
        say: the sentence.
        points: ``(n, 2)``.
        filled: which points are dark; by default all.
    """
    corners = found.points[found.ring, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)

    def place(rows: AnyArray) -> list[list[int]]:
        across, up = ((rows - low) / (high - low) * (_SIDE * 10)).T
        places: list[list[int]] = np.rint(np.stack([across, _SIDE * 10 - up], axis=1)).astype(int).tolist()
        return places

    at = place(corners)
    shapes: dict[str, list[str]] = {}
    for number, fill in enumerate(fills):
        ring = at[found.start[number] : found.start[number + 1]]
        shapes.setdefault(fill, []).append("M" + "L".join(f"{x},{y}" for x, y in ring) + "z")
    paths = "".join(f'<path fill="{fill}" d="{"".join(drawn)}"/>' for fill, drawn in shapes.items())
    dots = place(np.array(points))
    marks = {True: (ON_COLOUR, "#fff"), False: ("#fff", ON_COLOUR)}  # either is seen on light and on dark pages
    inks = [marks[bool(dark)] for dark in ([True] * len(dots) if filled is None else filled)]
    parts = [f'<g stroke="currentColor" stroke-width="6" stroke-linejoin="round">{paths}</g>']
    parts += [
        f'<circle cx="{x}" cy="{y}" r="24" stroke="{edge}" stroke-width="10" fill="{ink}"/>'
        for (x, y), (ink, edge) in zip(dots, inks, strict=True)
    ]
    whole = _SIDE * 10 + 200
    return above([drawing(parts, (_SIDE + 20, _SIDE + 20), say, view=(-100, -100, whole, whole))], say)
