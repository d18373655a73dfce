"""Graphs of piecewise linear functions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from hwlib.pieces import PiecewiseLinear
from hwlib.teach._theme import FAINT, INK, PIECES
from hwlib.teach.plot._figure import ThemedFigure, figure, inked, panels


def piece_graphs(
    functions: Mapping[str, PiecewiseLinear],
    lower: float,
    upper: float,
    *,
    columns: int = 2,
    x: str = "$x$",
    y: str = "$f(x)$",
    points: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> ThemedFigure:
    """Draw functions side by side: pieces in alternating colours, kinks as dots, other knots as rings.

    Args:
        functions: title to function.
        lower: left end of each window.
        upper: right end.
        columns: panels in a row.
        x: what the horizontal axes show.
        y: what the vertical axes show.
        points: abscissae and ordinates of data, drawn as small dots in each panel.

    Returns:
        One panel a function, all with the same horizontal axis; the axes have their names at the left and below.

    Raises:
        ValueError: if there is no function, or the ends are not in order.

    Example:
        >>> hat = PiecewiseLinear.through([0, 1, 2], [0, 1, 0])
        >>> [axes.get_title() for axes in piece_graphs({"hat": hat}, 0, 2).axes]
        ['hat']
    """
    if not functions or not lower < upper:
        raise ValueError(
            f"functions={sorted(functions)} from {lower} to {upper}: accepted are one or more functions, and ends in "
            "order"
        )
    columns = min(columns, len(functions))
    rows = -(-len(functions) // columns)
    width = 4.6 if columns == 1 else 2.55
    drawn = figure(width * columns + 0.4, 2.3 * rows + 0.4)
    all_axes = panels(drawn, len(functions), rows=rows)
    for number, (axes, (title, function)) in enumerate(zip(all_axes, functions.items(), strict=True)):
        is_lowest, is_first = number + columns >= len(functions), number % columns == 0
        inked(axes, title, x=x if is_lowest else "", y=y if is_first else "")
        if points is not None:
            across, up = (np.asarray(part, dtype=float) for part in points)
            axes.plot(across, up, ".", color=FAINT, markersize=4, zorder=1)
        _graph(axes, function, lower, upper)
    return drawn


def _graph(axes: Axes, function: PiecewiseLinear, lower: float, upper: float) -> None:
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    low, high = (float(min(max(end, function.lower), function.upper)) for end in (lower, upper))
    ends = [low, *(float(knot) for knot in function.linear().knots if low < knot < high), high]
    for number, (start, end) in enumerate(itertools.pairwise(ends)):
        values = [float(function(start)), float(function(end))]
        axes.plot([start, end], values, color=PIECES[number % 2], linewidth=2.2)
    kinks = set(ends[1:-1])
    for knot in (float(knot) for knot in function.knots if low < knot < high):
        fill = INK if knot in kinks else "none"
        axes.plot([knot], [float(function(knot))], "o", color=INK, markerfacecolor=fill, markersize=5, zorder=3)
    axes.set_xlim(lower, upper)
