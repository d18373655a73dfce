"""Pictures of computations and their gradients."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path

from hwlib.backprop import Graph
from hwlib.teach._theme import FAINT, FIRES, INK, ON_COLOUR, SILENT
from hwlib.teach.plot._figure import ThemedFigure, figure

Place = tuple[float, float]
_WIDTH, _HEIGHT = 0.74, 0.26  # of a node, and of each of its two halves


def computation(graph: Graph, *, step: int | None = None) -> ThemedFigure:
    """Draw a computation from left to right: numbers in the upper halves of the boxes, gradients in the lower ones.

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
    places = graph.places
    depth, across = max(level for level, _ in places) + 1, [place for _, place in places]
    low, high = min(across) - 0.35, max(across) + 0.35
    drawn = figure(1.06 * depth, 1.15 * (high - low) + 0.3)
    axes = drawn.subplots()
    axes.axis("off")
    axes.set(xlim=(-0.5, depth - 0.5), ylim=(high, low))
    for edge in graph.edges:
        _edge(axes, places[edge.start], places[edge.end], _number_text(edge.slope))
    for node, (x, y), number, gradient in zip(graph.nodes, places, frame.numbers, frame.gradients, strict=True):
        for top, colour, shown in ((y - _HEIGHT, SILENT, number), (y, FIRES, gradient)):
            fill = "none" if shown is None else colour
            half = Rectangle((x - _WIDTH / 2, top), _WIDTH, _HEIGHT, facecolor=fill, edgecolor=INK, lw=1)
            axes.add_patch(half)
        value = node.name if number is None else f"{node.name} = {_number_text(number)}"
        _words(axes, (x, y - _HEIGHT / 2), value, given=number)
        _words(axes, (x, y + _HEIGHT / 2), "" if gradient is None else _number_text(gradient), given=gradient)
    return drawn


def _edge(axes: Axes, start: Place, end: Place, slope: str) -> None:
    """An arrow with a slope beside it; one that skips a level goes round the boxes between, on its own side."""
    (x1, y1), (x2, y2) = start, end
    if x2 - x1 <= 1:
        path = Path([(x1 + _WIDTH / 2, y1), (x2 - _WIDTH / 2, y2)])
        label = ((x1 + x2) / 2, (y1 + y2) / 2 - 0.1)
    else:
        side = -1 if y1 < 0 else 1
        away = y1 if y1 else side * (_HEIGHT + 0.3)
        first = (x1 + _WIDTH / 2, y1) if y1 else (x1, side * _HEIGHT)
        path = Path([first, (x1 + 0.6, away), (x2, away), (x2, y2 + side * _HEIGHT)], [1, 4, 4, 4])
        label = ((x1 + x2) / 2, away + (-0.1 if y1 else 0.07))
    arrow = FancyArrowPatch(path=path, arrowstyle="-|>", color=FAINT, mutation_scale=9, lw=1.3)
    axes.add_patch(arrow)
    axes.text(*label, slope, ha="center", va="center", fontsize=8.5, color=INK)


def _words(axes: Axes, place: Place, text: str, *, given: object) -> None:
    colour = INK if given is None else ON_COLOUR
    axes.text(*place, text, ha="center", va="center", fontsize=9, color=colour)


def _number_text(number: Any) -> str:
    """A number in four digits, a Fraction as it is, with a proper minus sign."""
    text = f"{number:.4g}" if isinstance(number, float) else str(number)
    return text.replace("-", "−")
