"""Pictures of how far away another class is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import LogLocator, NullFormatter

from hwlib.teach._theme import FAINT, INK, LINES
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, inked, legend

_MARKS = ("o", "D", "s", "^", "v")


def predicted_and_found(groups: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]) -> ThemedFigure:
    """Draw distances that were found against those that a gradient predicts, and the line on which both are the same.

    Args:
        groups: name to the predicted and the found distances, all positive; pairs with an infinite one are left out.

    Returns:
        One panel with logarithmic scales.

    Raises:
        ValueError: if there is no group, or more than can be told apart, or a distance is not positive.

    Example:
        >>> drawn = predicted_and_found({"images": ([1, 2, np.inf], [1, 1.5, 2])})
        >>> len(drawn.axes[0].lines[0].get_xdata())
        2
    """
    if not groups or len(groups) > len(_MARKS):
        raise ValueError(f"groups={list(groups)}: accepted are one to {len(_MARKS)} names")
    drawn = figure(5.6, 4.2)
    axes = drawn.subplots()
    across, up = [], []
    for (name, pair), colour, mark in zip(groups.items(), LINES, _MARKS, strict=False):
        predicted, found = (np.asarray(part, float) for part in pair)
        if predicted.shape != found.shape or not (predicted > 0).all() or not (found > 0).all():
            raise ValueError(f"groups[{name!r}]: accepted are as many found as predicted distances, all positive")
        both = np.isfinite(predicted) & np.isfinite(found)
        axes.plot(predicted[both], found[both], mark, color=colour, markersize=4.5, alpha=0.7, label=name)
        across += predicted[both].tolist()
        up += found[both].tolist()
    ends = [(min(values) / 1.25, max(values) * 1.25) for values in (across, up)]
    diagonal = max(low for low, _ in ends), min(high for _, high in ends)
    axes.plot(diagonal, diagonal, color=FAINT, linewidth=1.5, linestyle="--", label="as predicted")
    axes.set(xscale="log", yscale="log", xlim=ends[0], ylim=ends[1])
    for axis in (axes.xaxis, axes.yaxis):  # plain numbers, few enough that none overlap
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if axis is axes.xaxis else (1,)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    inked(axes, x="distance that the gradient predicts", y="distance found", framed=False)
    legend(axes)
    return drawn


def surviving(shares: Mapping[str, Mapping[str, float]], *, x: str) -> ThemedFigure:
    """Draw which share of changed images still has its class: a row for each disturbance, a mark for each group.

    Args:
        shares: name of a group to the share, from 0 to 1, under each disturbance; the same disturbances in each.
        x: what is drawn.

    Returns:
        One panel, the first disturbance on top.

    Raises:
        ValueError: if there is no group, or more than can be told apart, or the disturbances differ.

    Example:
        >>> drawn = surviving({"near": {"JPEG": 0.2}, "far": {"JPEG": 1.0}}, x="share")
        >>> [text.get_text() for text in drawn.axes[0].get_yticklabels()]
        ['JPEG']
    """
    rows = list(next(iter(shares.values()), ()))
    if not rows or len(shares) > len(_MARKS) or any(list(group) != rows for group in shares.values()):
        raise ValueError(f"shares={list(shares)}: accepted are one to {len(_MARKS)} groups with the same disturbances")
    drawn = figure(WIDEST, 1.1 + 0.3 * len(rows) + 0.2 * (len(shares) > 2))
    axes = drawn.subplots()
    for number, (name, group) in enumerate(shares.items()):
        lift = 0.22 * (number - (len(shares) - 1) / 2) / max(len(shares) - 1, 1)
        places = np.arange(len(rows)) + 2 * lift
        axes.plot(list(group.values()), places, _MARKS[number], color=LINES[number], markersize=6, label=name)
    for place in range(len(rows)):
        axes.axhline(place, color=FAINT, linewidth=0.5, alpha=0.5)
    axes.set_yticks(range(len(rows)), rows)
    axes.invert_yaxis()
    axes.set_xlim(-0.03, 1.03)
    inked(axes, x=x, framed=False)
    if len(shares) > 1:
        drawn.legend(
            loc="outside upper center", ncols=min(len(shares), 2), frameon=False, labelcolor=INK, fontsize=TYPE
        )
    return drawn
