"""Paths of descent in the plane of two weights, and maps of errors over two sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from hwlib._core.types import Array
from hwlib.teach._theme import DASHES, FAINT, INK, LINES
from hwlib.teach.plot._figure import TYPE, WIDEST, ThemedFigure, figure, inked, legend


def solution_paths(
    row: npt.ArrayLike,
    target: float,
    paths: Mapping[str, npt.ArrayLike],
    *,
    size: float = 4.0,
    circle: bool = False,
) -> ThemedFigure:
    """Draw the line of all weights that fit one sample, and paths that lead to it.

    Args:
        row: the sample ``(2,)``.
        target: its y.
        paths: name to points ``(t, 2)``, the start first.
        size: both axes go from a little below zero to this.
        circle: draw the circle of all weights as long as the shortest solution as well.

    Returns:
        One panel; a dot for each point, a star for the last.

    Raises:
        ValueError: if the sample has not two features, the second of them not zero, or there are too many paths.

    Example:
        >>> drawn = solution_paths([1, 2], 5, {"descent": [[0, 0], [1, 2]]})
        >>> drawn.axes[0].get_xlabel()
        '$w_0$'
    """
    x = np.asarray(row, float)
    if x.shape != (2,) or not x[1]:
        raise ValueError(f"row={row!r}: accepted are two numbers, the second not zero")
    if not 1 <= len(paths) <= len(LINES):
        raise ValueError(f"paths={sorted(paths)}: accepted are one to {len(LINES)} paths")
    drawn = figure(4.8, 4.2)
    axes = drawn.subplots()
    low = -0.12 * size
    ends = np.array([low, size])
    axes.plot(ends, (target - x[0] * ends) / x[1], color=INK, linewidth=1.5)
    if circle:
        shortest = abs(target) / np.linalg.norm(x)
        turn = np.linspace(0, 2 * np.pi, 200)
        axes.plot(shortest * np.cos(turn), shortest * np.sin(turn), color=FAINT, linestyle=":", linewidth=1.5)
    _paths(axes, paths, (low, size), (low, size))
    legend(axes)
    return drawn


def surface_paths(
    surface: Callable[[Array, Array], Array],
    paths: Mapping[str, npt.ArrayLike],
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    levels: npt.ArrayLike,
    lines: Mapping[str, npt.ArrayLike] | None = None,
) -> ThemedFigure:
    """Draw level lines of a function of two weights, and paths on it.

    Args:
        surface: from arrays of the two weights to an array of values.
        paths: name to points ``(t, 2)``, the start first.
        x: range of the first weight.
        y: range of the second weight.
        levels: values with a line, in increasing order.
        lines: name to points ``(t, 2)`` of plain lines, such as all minima.

    Returns:
        One panel; a dot for each point of a path, a star for its last one; the names stand below it.

    Raises:
        ValueError: if there are no paths, or too many.

    Example:
        >>> bowl = surface_paths(lambda a, b: a**2 + b**2, {"p": [[1, 1]]}, x=(0, 1), y=(0, 1), levels=[1])
        >>> bowl.axes[0].get_ylabel()
        '$w_1$'
    """
    if not 1 <= len(paths) <= len(LINES):
        raise ValueError(f"paths={sorted(paths)}: accepted are one to {len(LINES)} paths")
    drawn = figure(WIDEST, 5.6)
    axes = drawn.subplots()
    for name, points in (lines or {}).items():
        axes.plot(*np.asarray(points, float).T, color=INK, linewidth=1.6, label=name)
    grid = np.meshgrid(np.linspace(*x, 161), np.linspace(*y, 161))
    axes.contour(*grid, surface(*grid), levels=np.asarray(levels), colors=FAINT, linewidths=0.8)
    _paths(axes, paths, x, y)
    drawn.legend(loc="outside lower center", ncols=3, frameon=False, labelcolor=INK, fontsize=TYPE)
    return drawn


def error_map(
    errors: npt.ArrayLike,
    *,
    x: Mapping[str, float],
    y: Mapping[str, float],
    x_name: str,
    y_name: str,
    name: str,
    line: npt.ArrayLike | None = None,
    limit: float | None = None,
) -> ThemedFigure:
    """Draw numbers over two sizes as a map of colours, both axes one cell a value.

    Args:
        errors: ``(rows, columns)``, the first row at the bottom.
        x: what to write below which column, a place from 0.
        y: what to write beside which row.
        x_name: what the columns are.
        y_name: what the rows are.
        name: what the colours show.
        line: ``(t, 2)`` columns and rows of a line to draw on the map.
        limit: the colours end here; larger numbers have the last one.

    Returns:
        One panel with its scale of colours.

    Raises:
        ValueError: if the errors are no matrix.

    Example:
        >>> drawn = error_map([[1, 2], [3, 4]], x={"1": 0}, y={"2": 1}, x_name="width", y_name="epoch", name="error")
        >>> [axes.get_ylabel() for axes in drawn.axes]
        ['epoch', 'error']
    """
    values = np.asarray(errors, float)
    if values.ndim != 2:
        raise ValueError(f"errors has shape {values.shape}: accepted are matrices")
    drawn = figure(WIDEST, 3.8)
    axes = drawn.subplots()
    # Drawn as squares, not as a picture: a picture would have no place in the SVG's own coordinates.
    colours = axes.pcolormesh(values, cmap="cividis", vmax=limit, edgecolors="face", linewidth=0.6)
    if line is not None:
        axes.plot(*(np.asarray(line, float).T + 0.5), color="white", linestyle="--", linewidth=2)
    axes.set_xticks([place + 0.5 for place in x.values()], list(x))
    axes.set_yticks([place + 0.5 for place in y.values()], list(y))
    inked(axes, x=x_name, y=y_name)
    scale = drawn.colorbar(colours, ax=axes, extend="max" if limit is not None else "neither")
    inked(scale.ax, y=name)
    return drawn


def _paths(axes: Axes, paths: Mapping[str, npt.ArrayLike], x: tuple[float, float], y: tuple[float, float]) -> None:
    for number, (name, points) in enumerate(paths.items()):
        path = np.asarray(points, float)
        colour = LINES[number]
        axes.plot(*path.T, color=colour, linestyle=DASHES[number], marker="o", markersize=4, linewidth=1.6, label=name)
        axes.plot(*path[-1], "*", color=colour, markersize=14)
    axes.set(xlim=x, ylim=y, aspect="equal")
    inked(axes, x="$w_0$", y="$w_1$", framed=False)
