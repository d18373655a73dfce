"""Curves: a number against another, several lines in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from hwlib.teach.plot._theme import DASHES, FAINT, INK, LINES, ThemedFigure, figure

Scale = Literal["", "x", "y", "xy"]
Line = tuple[npt.ArrayLike, npt.ArrayLike]


def curves(
    lines: Mapping[str, Line],
    *,
    x: str,
    y: str,
    log: Scale = "",
    points: Mapping[str, Line] | None = None,
    marks: Mapping[str, float] | None = None,
) -> ThemedFigure:
    """Draw lines of numbers, each with its own colour and dashes.

    Args:
        lines: name to abscissae and ordinates.
        x: what the horizontal axis shows.
        y: what the vertical axis shows.
        log: the axes with a logarithmic scale.
        points: name to abscissae and ordinates of dots; dots with a line's name get its colour.
        marks: name to the place of a vertical line.

    Returns:
        One panel.

    Raises:
        ValueError: if there is nothing to draw, or more lines than can be told apart.

    Example:
        >>> drawn = curves({"square": ([1, 2], [1, 4])}, x="side", y="area")
        >>> drawn.axes[0].get_ylabel()
        'area'
    """
    drawn = figure(6.4, 3.6)
    draw_curves(drawn.subplots(), lines, x=x, y=y, log=log, points=points, marks=marks)
    return drawn


def curve_panels(panels: Mapping[str, Mapping[str, Line]], *, x: str, y: str, log: Scale = "") -> ThemedFigure:
    """Draw panels of lines side by side, on the same axes; a name has the same colour in each.

    Args:
        panels: title to lines, as for :func:`curves`.
        x: what the horizontal axes show.
        y: what the vertical axis shows.
        log: the axes with a logarithmic scale.

    Returns:
        One panel a title.

    Raises:
        ValueError: if there is no panel, or one that :func:`curves` would refuse.

    Example:
        >>> drawn = curve_panels({"a": {"u": ([1], [1])}, "b": {"u": ([1], [2])}}, x="x", y="y")
        >>> [axes.get_title() for axes in drawn.axes]
        ['a', 'b']
    """
    if not panels:
        raise ValueError("panels is empty: accepted are one or more titles with lines each")
    drawn = figure(3.4 * len(panels) + 0.6, 3.4)
    row = drawn.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for number, (axes, (title, lines)) in enumerate(zip(row, panels.items(), strict=True)):
        draw_curves(axes, lines, x=x, y="" if number else y, log=log, legend=not number)
        axes.set_title(title, color=INK, fontsize=11)
    return drawn


def draw_curves(
    axes: Axes,
    lines: Mapping[str, Line],
    *,
    x: str,
    y: str,
    log: Scale = "",
    points: Mapping[str, Line] | None = None,
    marks: Mapping[str, float] | None = None,
    legend: bool = True,
) -> None:
    """Lines, dots and marks into given axes."""
    names = list(dict.fromkeys([*lines, *(points or {})]))
    if not names or len(names) > len(LINES):
        raise ValueError(f"lines={names}: accepted are one to {len(LINES)} names, more can't be told apart")
    style = {name: (LINES[number], DASHES[number]) for number, name in enumerate(names)}
    for name, (across, up) in lines.items():
        colour, dashes = style[name]
        axes.plot(np.asarray(across), np.asarray(up), color=colour, linestyle=dashes, linewidth=2, label=name)
    for name, (across, up) in (points or {}).items():
        label = None if name in lines else name
        axes.plot(np.asarray(across), np.asarray(up), "o", color=style[name][0], markersize=4.5, label=label)
    for name, place in (marks or {}).items():
        axes.axvline(place, color=FAINT, linestyle=":", linewidth=1.5)
        top = axes.get_xaxis_transform()
        axes.annotate(name, (place, 1), (4, -4), top, "offset points", va="top", color=INK, fontsize=9)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    ink_axes(axes)
    if legend and len(names) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)


def ink_axes(axes: Axes) -> None:
    """Frame and ticks in the ink of the page."""
    axes.set_facecolor("none")
    axes.tick_params(which="both", colors=INK, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_color(FAINT)
        spine.set_visible(side in ("left", "bottom"))


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
    drawn = figure(6.4, 0.7 + 0.28 * len(groups) * (len(parts) + 0.7))
    axes = drawn.subplots()
    height = 0.8 / len(parts)
    for number, part in enumerate(parts):
        lengths = [values[number] for values in groups.values()]
        places = np.arange(len(groups)) + (number - (len(parts) - 1) / 2) * height
        made = axes.barh(places, lengths, height * 0.9, color=LINES[number], label=part)
        axes.bar_label(made, fmt="%.2f", padding=3, color=INK, fontsize=9)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.invert_yaxis()
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.margins(x=0.12)
    axes.set_xlabel(x, color=INK)
    ink_axes(axes)
    if len(parts) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    return drawn
