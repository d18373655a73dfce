"""Pictures of computations and their gradients."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path

from hwlib.backprop import Graph
from hwlib.teach._theme import FAINT, FIRES, INK, ON_COLOUR, SILENT
from hwlib.teach.plot._figure import TYPE, ThemedFigure, figure

Place = tuple[float, float]  # across and down, in units of a level
_HALF, _HEIGHT, _APART = 0.86, 0.5, 2.1  # half of a box, its height, and the distance of boxes side by side


def computation(graph: Graph, *, step: int | None = None) -> ThemedFigure:
    """Draw a computation from top to bottom: in the left half of each box its number, in the right one its gradient.

    Args:
        graph: the computation.
        step: how many steps have been taken; by default all, forward and back.

    Returns:
        The graph, with the slope beside each edge.

    Raises:
        ValueError: if there is no such step.

    Example:
        >>> from hwlib.backprop import weight_twice_graph
        >>> len(computation(weight_twice_graph(2, 1)).axes[0].texts)
        25
    """
    frame = graph.frame(graph.steps if step is None else step)
    places = [(_APART * across, float(level)) for level, across in graph.places]
    deepest, widest = max(down for _, down in places), max(across for across, _ in places) + 1.25
    drawn = figure(0.95 * 2 * widest, 0.6 * (deepest + 1))
    axes = drawn.subplots()
    axes.axis("off")
    axes.set(xlim=(-widest, widest), ylim=(deepest + 0.4, -0.4))
    slopes: dict[tuple[int, int], list[str]] = {}
    for edge in graph.edges:  # an operand may be used twice by one operation
        slopes.setdefault((edge.start, edge.end), []).append(_number_text(edge.slope))
    for (start, end), some in slopes.items():
        _edge(axes, places[start], places[end], " and ".join(some))
    for node, (x, y), number, gradient in zip(graph.nodes, places, frame.numbers, frame.gradients, strict=True):
        for left, colour, shown in ((x - _HALF, SILENT, number), (x, FIRES, gradient)):
            fill = "none" if shown is None else colour
            half = Rectangle((left, y - _HEIGHT / 2), _HALF, _HEIGHT, facecolor=fill, edgecolor=INK, lw=1)
            axes.add_patch(half)
        value = node.name if number is None else f"{node.name} = {_number_text(number)}"
        _words(axes, (x - _HALF / 2, y), value, given=number)
        _words(axes, (x + _HALF / 2, y), "" if gradient is None else _number_text(gradient), given=gradient)
    return drawn


def _edge(axes: Axes, start: Place, end: Place, slope: str) -> None:
    """An arrow with a slope beside it; one that skips a level goes round the boxes between, on its own side."""
    (x1, y1), (x2, y2) = start, end
    side = -1 if x1 < 0 else 1
    if y2 - y1 <= 1:
        into = x2 + 0.45 * ((x1 > x2) - (x1 < x2))
        path = Path([(x1, y1 + _HEIGHT / 2), (into, y2 - _HEIGHT / 2)])
        label = ((x1 + into) / 2 + (0.17 if x1 >= x2 else -0.17), (y1 + y2) / 2)
    else:
        away = x1 if x1 else side * (_HALF + 0.65)
        first = (x1, y1 + _HEIGHT / 2) if x1 else (side * _HALF, y1)
        path = Path([first, (away, y1 + 0.6), (away, y2), (x2 + side * _HALF, y2)], [1, 4, 4, 4])
        label = (away + side * (0.13 if x1 else 0.0), (y1 + y2) / 2 + (0.3 if x1 else 0.0))
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", color=FAINT, mutation_scale=9, lw=1.3))
    axes.text(*label, slope, ha="center", va="center", fontsize=TYPE, color=INK)


def _words(axes: Axes, place: Place, text: str, *, given: object) -> None:
    colour = INK if given is None else ON_COLOUR
    axes.text(*place, text, ha="center", va="center", fontsize=TYPE, color=colour)


def _number_text(number: Any) -> str:
    """A number in four digits, a Fraction as it is, with a proper minus sign."""
    text = f"{number:.4g}" if isinstance(number, float) else str(number)
    return text.replace("-", "−")
