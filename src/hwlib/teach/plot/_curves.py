"""Curves: a number against another, several lines in one picture; and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from hwlib.teach._theme import DASHES, FAINT, INK, LINES
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, inked, legend

Scale = Literal["", "x", "y", "xy"]
Line = tuple[npt.ArrayLike, npt.ArrayLike]
_MARKS = ("o", "D", "s", "^", "v")


def curves(
    lines: Mapping[str, Line],
    *,
    x: str,
    y: str,
    log: Scale = "",
    points: Mapping[str, Line] | None = None,
    marks: Mapping[str, float] | None = None,
    ticks: Sequence[float] | None = None,
    bands: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]] | None = None,
) -> ThemedFigure:
    """Draw lines of numbers, each with its own colour and dashes.

    Args:
        lines: name to abscissae and ordinates.
        x: what the horizontal axis shows.
        y: what the vertical axis shows.
        log: the axes with a logarithmic scale.
        points: name to abscissae and ordinates of dots; dots with a line's name get its colour.
        marks: name to the place of a vertical line.
        ticks: the numbers to write below the horizontal axis; by default a choice of round ones.
        bands: name of a line to abscissae, lower and upper ends of a band in its colour.

    Returns:
        One panel.

    Raises:
        ValueError: if there is nothing to draw, or more lines than can be told apart.

    Example:
        >>> drawn = curves({"square": ([1, 2], [1, 4])}, x="side", y="area")
        >>> drawn.axes[0].get_ylabel()
        'area'
    """
    points = points or {}
    names = list(dict.fromkeys([*lines, *points]))
    if not names or len(names) > len(LINES):
        raise ValueError(f"lines={names}: accepted are one to {len(LINES)} names, more cannot be told apart")
    drawn = figure(WIDEST, 3.5)
    axes = drawn.subplots()
    colours, dashes = dict(zip(names, LINES, strict=False)), dict(zip(names, DASHES, strict=False))
    for name, (across, up) in lines.items():
        (line,) = axes.plot(np.asarray(across), np.asarray(up), linewidth=2, label=name)
        line.set(color=colours[name], linestyle=dashes[name])
    alone = [name for name in points if name not in lines]
    for name, (across, up) in points.items():
        # Dots that have no line differ in shape and size too, so that those below others are seen.
        rank = alone.index(name) if name in alone else 0
        mark, wide = _MARKS[rank], 4.5 + 1.4 * (len(alone) - 1 - rank if name in alone else 0)
        label = name if name in alone else None
        axes.plot(np.asarray(across), np.asarray(up), mark, color=colours[name], markersize=wide, label=label)
    for name, (across, low, high) in (bands or {}).items():
        ends = np.asarray(low), np.asarray(high)
        axes.fill_between(np.asarray(across), *ends, color=colours[name], alpha=0.2, linewidth=0)
    for name, place in (marks or {}).items():
        axes.axvline(place, color=FAINT, linestyle=":", linewidth=1.5)
        top = axes.get_xaxis_transform()
        axes.annotate(name, (place, 1), (4, -4), top, "offset points", va="top", color=INK, fontsize=TYPE)
    axes.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    if ticks is not None:
        axes.set_xticks(list(ticks), [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    inked(axes, x=x, y=y, framed=False)
    if len(names) > 1:
        legend(axes)
    return drawn


def bars(groups: Mapping[str, Sequence[float]], *, parts: Sequence[str], x: str) -> ThemedFigure:
    """Draw horizontal bars: a group for each name, in it a bar for each part, with its number.

    Args:
        groups: name to one number for each part.
        parts: what the bars of a group are.
        x: what a bar's length shows.

    Returns:
        One panel, the first group on top.

    Raises:
        ValueError: if a group has not a number for each part, or there are more parts than colours.

    Example:
        >>> drawn = bars({"a": [1.0, 2.0], "b": [3.0, 4.0]}, parts=["left", "right"], x="size")
        >>> len(drawn.axes[0].patches)
        4
    """
    if not groups or len(parts) > len(LINES) or any(len(values) != len(parts) for values in groups.values()):
        raise ValueError(
            f"groups={dict(groups)}: accepted are names with {len(parts)} numbers each, at most {len(LINES)}"
        )
    drawn = figure(WIDEST, 0.8 + 0.31 * len(groups) * (len(parts) + 0.7))
    axes = drawn.subplots()
    height = 0.8 / len(parts)
    for number, part in enumerate(parts):
        lengths = [values[number] for values in groups.values()]
        places = np.arange(len(groups)) + (number - (len(parts) - 1) / 2) * height
        made = axes.barh(places, lengths, height * 0.9, color=LINES[number], label=part)
        axes.bar_label(made, fmt="%.2f", padding=3, color=INK, fontsize=TYPE)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.invert_yaxis()
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.margins(x=0.12)
    inked(axes, x=x, framed=False)
    if len(parts) > 1:
        legend(axes)
    return drawn
