"""Graphs of piecewise linear functions as small SVG text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from hwlib._core.types import Array
from hwlib.pieces import PiecewiseLinear
from hwlib.teach._theme import PIECES
from hwlib.teach.explore._svg import drawing

WIDTH, HEIGHT = 330, 220


def graph(
    function: PiecewiseLinear,
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    label: str,
    curve: Callable[[Array], Array] | None = None,
    dots: bool = True,
) -> str:
    """A graph in a window, pieces in alternating colours, kinks as dots if asked for, and a smooth curve behind it."""

    def place(across: float, up: float) -> str:
        left = 8 + (WIDTH - 16) * (across - x[0]) / (x[1] - x[0])
        top = HEIGHT - 8 - (HEIGHT - 16) * (up - y[0]) / (y[1] - y[0])
        return f"{left:.1f},{top:.1f}"

    def line(points: Sequence[tuple[float, float]], style: str) -> str:
        return f'<polyline points="{" ".join(place(*point) for point in points)}" fill="none" {style}/>'

    axes = ([(x[0], 0.0), (x[1], 0.0)], [(0.0, y[0]), (0.0, y[1])])
    parts = [line(axis, 'stroke="currentColor" stroke-opacity=".4"') for axis in axes]
    for axis, (low, high) in enumerate((x, y)):
        for tick in _round_ticks(low, high):
            across, up = place(*((tick, 0.0) if axis == 0 else (0.0, tick))).split(",")
            mark = f"M{across} {up}v5" if axis == 0 else f"M{across} {up}h-5"
            parts.append(f'<path d="{mark}" stroke="currentColor" stroke-opacity=".6"/>')
            words = f"{tick:g}".replace("-", "−")
            at = (float(across), float(up) + 17) if axis == 0 else (float(across) - 8, float(up) + 4)
            anchor = "middle" if axis == 0 else "end"
            parts.append(
                f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" style="text-anchor:{anchor};font-size:11px">{words}</text>'
            )
    if curve is not None:
        places = np.linspace(*x, 80)
        drawn = list(zip(places.tolist(), curve(places).tolist(), strict=True))
        parts.append(line(drawn, 'stroke="currentColor" stroke-opacity=".6" stroke-width="1.5" stroke-dasharray="4 3"'))
    low, high = max(x[0], float(function.lower)), min(x[1], float(function.upper))
    kinks = [float(kink) for kink in function.kinks if low < kink < high]
    for number, ends in enumerate(itertools.pairwise([low, *kinks, high])):
        points = [(end, float(function(end))) for end in ends]
        parts.append(line(points, f'stroke="{PIECES[number % 2]}" stroke-width="3"'))
    for kink in kinks if dots else []:
        left, top = place(kink, float(function(kink))).split(",")
        parts.append(f'<circle cx="{left}" cy="{top}" r="4" fill="currentColor"/>')
    # Axes at an edge have their numbers beyond it.
    aside, below = (26 if x[0] > -0.1 * (x[1] - x[0]) else 0), (16 if y[0] > -0.15 * (y[1] - y[0]) else 0)
    whole = (WIDTH + aside, HEIGHT + below)
    return drawing(parts, whole, label, view=(-aside, 0, *whole))


def _round_ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers inside a range, without zero."""
    for step in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0):
        ticks = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1) if k]
        inside = [tick for tick in ticks if low + 0.02 * (high - low) < tick < high - 0.02 * (high - low)]
        if len(inside) <= 6:
            return inside
    return []
