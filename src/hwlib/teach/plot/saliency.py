"""Photographs beside the maps of what moves a score, and what was measured on many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.teach._theme import DASHES, FAINT, INK, LINES
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, inked, legend, panels
from hwlib.teach.plot._pictures import PictureFigure, pictures

_COLOURS = "PuOr"  # brown: lowers the score, purple: raises it; told apart by colour-blind readers
_LEAST = 112  # pixels that a map of few places is drawn with


def map_limit(values: npt.ArrayLike) -> float:
    """Where the colours of a map end: only one value in a hundred is larger in size, so that no spark darkens the rest.

    Args:
        values: of a map, of any shape.

    Returns:
        A positive number.

    Example:
        >>> map_limit([0.0, -2.0, 1.0])
        1.98
    """
    limit = float(np.quantile(np.abs(np.asarray(values, float)), 0.99)) if np.size(values) else 0.0
    return limit or float(np.abs(values).max(initial=0)) or 1.0


def map_pictures(images: Mapping[str, Any], *, columns: int | None = None) -> PictureFigure:
    """Show photographs and maps side by side; a map is white at zero, purple above it and brown below it.

    Args:
        images: title to picture: ``(h, w, 3)`` or ``(3, h, w)`` from 0 to 1 in colour, ``(h, w)`` is a map of numbers.
        columns: pictures in a row; by default all.

    Returns:
        The figure.

    Raises:
        ValueError: if there is no picture, or one has another shape.

    Example:
        >>> map_pictures({"photograph": np.zeros((2, 2, 3)), "map": [[1, -1], [0, 0]]})
        PictureFigure(photograph, map)
    """
    arrays = {title: np.asarray(image) for title, image in images.items()}
    shown = {title: _enlarged(map_colours(array)) if array.ndim == 2 else array for title, array in arrays.items()}
    return pictures(shown, columns=columns, quality=60)


def _enlarged(picture: AnyArray) -> AnyArray:
    """A picture of few places with each as a square of many pixels, which the compression leaves as it is."""
    times = max(1, round(_LEAST / max(picture.shape[:2])))
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def map_colours(values: npt.ArrayLike) -> AnyArray:
    """A map of numbers as a colour picture; the colours end at ``map_limit`` on either side.

    Args:
        values: ``(h, w)``.

    Returns:
        ``(h, w, 3)``, whole numbers from 0 to 255.

    Example:
        >>> bool(map_colours([[0.0, 2.0]])[0, 0].min() > 240)  # zero is white
        True
    """
    array = np.asarray(values, float)
    coloured: AnyArray = mpl.colormaps[_COLOURS](0.5 + array / map_limit(array) / 2, bytes=True)[..., :3]
    return coloured


def spread_dots(
    groups: Mapping[str, npt.ArrayLike], *, x: str, marks: Mapping[str, float] | None = None
) -> ThemedFigure:
    """Draw numbers of groups: a row for each, a dot for each number, and a line at the median.

    Args:
        groups: name to numbers.
        x: what the numbers are.
        marks: name to the place of a vertical line.

    Returns:
        One panel, the first group on top.

    Raises:
        ValueError: if there is no group, or one is empty.

    Example:
        >>> [text.get_text() for text in spread_dots({"a": [1, 2]}, x="size").axes[0].get_yticklabels()]
        ['a']
    """
    values = {name: np.asarray(numbers, float).ravel() for name, numbers in groups.items()}
    if not values or not all(numbers.size for numbers in values.values()):
        raise ValueError(f"groups={list(values)}: accepted are one or more, each with one or more numbers")
    drawn = figure(WIDEST, 0.9 + 0.42 * len(values))
    axes = drawn.subplots()
    for place, numbers in enumerate(values.values()):
        axes.plot(numbers, [place] * len(numbers), "o", color=LINES[0], markersize=4.5, alpha=0.5)
        axes.plot([np.median(numbers)] * 2, [place - 0.3, place + 0.3], color=INK, linewidth=2)
    for name, place_of in (marks or {}).items():
        axes.axvline(place_of, color=FAINT, linestyle=":", linewidth=1.5)
        axes.annotate(
            name, (place_of, 1), (4, 2), axes.get_xaxis_transform(), "offset points", color=INK, fontsize=TYPE
        )
    axes.set_yticks(range(len(values)), list(values))
    axes.invert_yaxis()
    inked(axes, x=x, framed=False)
    return drawn


def spread_curves(
    panels_of: Mapping[str, Mapping[str, npt.ArrayLike]], *, across: Sequence[Any], x: str, y: str
) -> ThemedFigure:
    """Draw curves of many images as their median, with a band from the lower to the upper quartile.

    Args:
        panels_of: title of a panel to its lines, each ``(images, points)``.
        across: a number for each point, or a name.
        x: what the horizontal axis shows.
        y: what the vertical axis shows.

    Returns:
        A panel for each title, one below the other with one scale.

    Raises:
        ValueError: if there is no panel, more lines than can be told apart, or a line has not a point for each place.

    Example:
        >>> drawn = spread_curves({"one": {"a": [[1, 2], [3, 4]]}}, across=[0, 1], x="steps", y="score")
        >>> drawn.axes[0].lines[0].get_ydata().tolist()
        [2.0, 3.0]
    """
    if not panels_of or any(not 0 < len(lines) <= len(LINES) for lines in panels_of.values()):
        raise ValueError(f"panels_of={list(panels_of)}: accepted are one or more, each with 1 to {len(LINES)} lines")
    named = any(isinstance(place, str) for place in across)
    places = np.arange(len(across)) if named else np.asarray(across, float)
    drawn = figure(WIDEST, 3.5 * len(panels_of))
    all_axes = panels(drawn, len(panels_of), rows=len(panels_of), sharey=True)
    for axes, (title, lines) in zip(all_axes, panels_of.items(), strict=True):
        for (name, values), colour, dash in zip(lines.items(), LINES, DASHES, strict=False):
            curves = np.asarray(values, float)
            if curves.ndim != 2 or curves.shape[1] != len(places):
                raise ValueError(f"{name!r} has shape {curves.shape}: accepted is (images, {len(places)})")
            low, middle, high = np.quantile(curves, [0.25, 0.5, 0.75], axis=0)
            axes.plot(places, middle, color=colour, linestyle=dash, linewidth=2, label=name)
            axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
        if named:
            axes.set_xticks(places, [str(place) for place in across], rotation=40, ha="right")
        inked(axes, title if len(panels_of) > 1 else "", x=x if axes is drawn.axes[-1] else "", y=y, framed=False)
    legend(drawn.axes[0])
    return drawn
