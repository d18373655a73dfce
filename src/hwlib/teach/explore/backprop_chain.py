"""Explorer of the chapter *A weight used twice gets two gradients*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hwlib.backprop import Frame, Graph, weight_twice_graph
from hwlib.teach._theme import FAINT, FIRES, SILENT, VERMILION
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, drawing

if TYPE_CHECKING:
    import ipywidgets

_DOWN, _ACROSS, _HALF, _HEIGHT, _MIDDLE = 52, 170, 68, 26, 205  # pixels: levels, columns, half a box, its height

SAMPLES = {"2, 1": (2, 1), "−2, −1": (-2, -1), "−2, 1": (-2, 1)}


def sweep_explorer(*, samples: Mapping[str, tuple[int, int]] | None = None) -> ipywidgets.VBox:
    """Forward and back through the graph of the loss with a weight used twice, under sliders for numbers and step.

    Args:
        samples: name to w and x.

    Returns:
        The explorer; it needs no kernel.

    Example:
        >>> len(sweep_explorer(samples={"2, 1": (2, 1)}).children)
        5
    """
    graphs = {name: weight_twice_graph(*numbers) for name, numbers in (samples or SAMPLES).items()}
    steps = range(next(iter(graphs.values())).steps + 1)

    def frame(name: str, rule: str, step: int) -> str:
        return _frame(graphs[name], step, overwrite=rule == "overwritten")

    controls: dict[str, list[Any]] = {
        "w, x": list(graphs),
        "parts are": ["added", "overwritten"],
        "step": list(steps),
    }
    return frame_explorer(controls, frame, start={"step": steps[-1]})


def _frame(graph: Graph, step: int, *, overwrite: bool) -> str:
    """The graph from top to bottom after so many steps, and what the last step did."""
    frame = graph.frame(step, overwrite=overwrite)
    places = [(_MIDDLE + _ACROSS * across, 24.0 + _DOWN * level) for level, across in graph.places]
    now = _just_computed(graph, step)
    parts = list(_edges(graph, frame, places))
    for place, (x, y) in enumerate(places):
        number, gradient = frame.numbers[place], frame.gradients[place]
        for left, shown, colour in ((x - _HALF, number, SILENT), (x, gradient, FIRES)):
            fill = "none" if shown is None else colour
            width = 3 if place == now and left < x else 1
            parts.append(
                f'<rect x="{left:g}" y="{y - _HEIGHT / 2:g}" width="{_HALF}" height="{_HEIGHT}" fill="{fill}" '
                f'stroke-width="{width}"/>'
            )
        name = graph.nodes[place].name
        text = name if number is None else f"{name} = {_text(number)}"
        parts.append(_words(x - _HALF / 2, y, text, on=number is not None))
        if gradient is not None:
            parts.append(_words(x + _HALF / 2, y, _text(gradient), on=True))
    say = _sentence(graph, frame, step, overwrite=overwrite)
    return above([drawing(parts, (2 * _MIDDLE, 48 + _DOWN * graph.places[-1][0]), f"Step {step}: {say}")], say)


def _just_computed(graph: Graph, step: int) -> int | None:
    """Which node a step on the way forward has computed."""
    if not 0 < step <= graph.steps // 2:
        return None
    before, after = (graph.frame(number).numbers for number in (step - 1, step))
    return next(place for place in range(len(after)) if before[place] is None and after[place] is not None)


def _edges(graph: Graph, frame: Frame, places: list[tuple[float, float]]) -> Iterator[str]:
    """An edge for each use, with its slope; those that carry a part in this step with the part."""
    for use, edge in enumerate(graph.edges):
        (x1, y1), (x2, y2) = places[edge.start], places[edge.end]
        part = frame.passed.get(use)
        style = f'stroke="{FAINT}" stroke-width="1.5"' if part is None else f'stroke="{VERMILION}" stroke-width="3"'
        if y2 - y1 > _DOWN:  # round the boxes between, on the side on which it starts
            side = -1 if x1 < _MIDDLE else 1
            bend = _MIDDLE + side * (_HALF + 42)
            curve = f"C{bend:g} {y1 + 44:g} {bend:g} {y2 - 24:g} {x2 + side * _HALF:g} {y2:g}"
            path = f"M{x1 + side * 20:g} {y1 + 13:g}{curve}"
            label = (float(bend + side * 4), (y1 + y2) / 2 + 4)
        else:
            shift = 0 if x1 == x2 else 40 * (1 if x1 > x2 else -1)
            path = f"M{x1:g} {y1 + 13:g}L{x2 + shift:g} {y2 - 13:g}"
            label = ((x1 + x2 + shift) / 2 + (16 if x1 >= x2 else -16), (y1 + y2) / 2)
        yield f'<path d="{path}" fill="none" {style}/>'
        slope = "" if frame.numbers[edge.end] is None else f"×{_text(edge.slope)}"
        text = slope if part is None else f"{_text(part)} ↑"
        yield _words(*label, text, on=False, bold=part is not None)


def _sentence(graph: Graph, frame: Frame, step: int, *, overwrite: bool) -> str:
    names, half = [node.name for node in graph.nodes], graph.steps // 2
    now = _just_computed(graph, step)
    if step == 0:
        return "Before the first step only w and x are known."
    if now is not None:
        return f"Forward: {names[now]} = {_text(frame.numbers[now])}."
    parts = [f"{_text(part)} to {names[graph.edges[use].start]}" for use, part in frame.passed.items()]
    source = names[graph.edges[next(iter(frame.passed))].end]
    say = f"Back: {source} hands {' and '.join(parts)}."
    if step < 2 * half:
        return say
    right = graph.frame(step).gradients[0]
    if overwrite:
        return f"{say} w is left with {_text(frame.gradients[0])}; the derivative is {_text(right)}."
    earlier = graph.frame(step - 1).gradients[0]
    later = f"({_text(right - earlier)})" if right < earlier else _text(right - earlier)
    return f"{say} So w has {_text(earlier)} + {later} = {_text(right)}, one part for each use."


def _words(x: float, y: float, text: str, *, on: bool, bold: bool = True) -> str:
    weight = "" if bold else ' style="font-weight:400"'
    return f'<text x="{x:g}" y="{y:g}"{" class=" + chr(34) + "on" + chr(34) if on else ""}{weight}>{text}</text>'


def _text(number: Any) -> str:
    return f"{number:g}".replace("-", "−").replace("+0", "0")
