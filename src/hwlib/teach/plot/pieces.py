"""Graphs of piecewise linear functions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from hwlib.pieces import PiecewiseLinear
from hwlib.teach.plot._theme import FAINT, INK, ThemedFigure, figure

# Neighbouring pieces take turns; blue and orange of Okabe & Ito, and the kink between them is marked as well.
PIECE_COLOURS = ("#0072b2", "#e69f00")


def piece_graphs(
    functions: Mapping[str, PiecewiseLinear], lower: float, upper: float, *, columns: int = 3
) -> ThemedFigure:
    """Draw functions side by side: pieces in alternating colours, kinks as dots, other knots as rings.

    Args:
        functions: title to function.
        lower: left end of each window.
        upper: right end.
        columns: panels in a row.

    Returns:
        One panel a function, all with the same horizontal axis.

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
    width = 4.4 if columns == 1 else 2.3
    drawn = figure(width * columns + 0.4, 2.3 * rows + 0.4)
    panels = drawn.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, function) in zip(panels, functions.items(), strict=False):
        _graph(axes, function, lower, upper)
        axes.set_title(title, color=INK, fontsize=11)
    for axes in panels[len(functions) :]:
        axes.remove()
    return drawn


def errors_by_pieces(
    counts: Sequence[int], errors: Mapping[str, npt.ArrayLike], laws: Mapping[str, npt.ArrayLike]
) -> ThemedFigure:
    """Draw errors against numbers of pieces, both logarithmic, with the laws that they should follow.

    Args:
        counts: numbers of pieces.
        errors: name to measured errors, dots.
        laws: name to predicted errors, lines.

    Returns:
        One panel with a legend.

    Raises:
        ValueError: if lengths differ.

    Example:
        >>> made = errors_by_pieces([1, 2], {"chords": [4.0, 1.0]}, {"law": [4.0, 1.0]})
        >>> [text.get_text() for text in made.axes[0].get_legend().get_texts()]
        ['law', 'chords']
    """
    named = {**laws, **errors}
    if any(np.shape(values) != (len(counts),) for values in named.values()):
        raise ValueError(
            f"errors and laws have shapes {[np.shape(values) for values in named.values()]}: accepted is one number "
            f"for each of {len(counts)} counts"
        )
    drawn = figure(5, 3.4)
    axes = _axes(drawn.subplots())
    for number, (name, values) in enumerate(laws.items()):
        axes.plot(counts, np.asarray(values), color=PIECE_COLOURS[number % 2], linewidth=1.5, label=name)
    for number, (name, values) in enumerate(errors.items()):
        marker = "os"[number % 2]
        axes.plot(counts, np.asarray(values), marker, color=PIECE_COLOURS[number % 2], markersize=6, label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(list(counts), [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("pieces", color=INK)
    axes.set_ylabel("largest error", color=INK)
    axes.legend(frameon=False, labelcolor=INK, fontsize=10)
    return drawn


def _axes(axes: Axes) -> Axes:
    """Frame and labels in colours that follow the page."""
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=9)
    return axes


def _graph(axes: Axes, function: PiecewiseLinear, lower: float, upper: float) -> None:
    _axes(axes)
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    low, high = (float(min(max(end, function.lower), function.upper)) for end in (lower, upper))
    ends = [low, *(float(knot) for knot in function.linear().knots if low < knot < high), high]
    for number, (start, end) in enumerate(itertools.pairwise(ends)):
        values = [float(function(start)), float(function(end))]
        axes.plot([start, end], values, color=PIECE_COLOURS[number % 2], linewidth=2.2)
    kinks = set(ends[1:-1])
    for knot in (float(knot) for knot in function.knots if low < knot < high):
        fill = INK if knot in kinks else "none"
        axes.plot([knot], [float(function(knot))], "o", color=INK, markerfacecolor=fill, markersize=5, zorder=3)
    axes.set_xlim(lower, upper)
