"""Explorer of the chapter *Enough neurons decide everything*."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.logic import (
    BooleanFunction,
    LogicNetwork,
    as_relu,
    boolean_function,
    nand_circuit,
    relu_circuit,
    threshold_network,
)
from hwlib.teach._theme import FIRES, ON_COLOUR
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, drawing

if TYPE_CHECKING:
    import ipywidgets

Place = tuple[int, float]  # across and down, in pixels


def signals_explorer(
    functions: Sequence[str] = ("x1 ^ x2", "x1 & x2", "x1 | x2", "~(x1 & x2)", "~(x1 ^ x2)", "x1 & ~x2"),
) -> ipywidgets.VBox:
    """The values of all neurons of a compiled network, under sliders for the function, the neurons and the input.

    Args:
        functions: expressions in x1 and x2.

    Returns:
        The explorer; it needs no kernel.

    Example:
        >>> len(signals_explorer(["x1 ^ x2"]).children)
        6
    """
    compiled = {text: boolean_function(text, variables=["x1", "x2"]) for text in functions}
    kinds: dict[str, Callable[[BooleanFunction], LogicNetwork]] = {
        "threshold": threshold_network,
        "NAND only": nand_circuit,
        "ReLU": relu_circuit,
        "ReLU from threshold": lambda function: as_relu(threshold_network(function)),
    }

    def frame(text: str, kind: str, x1: int, x2: int) -> str:
        return _frame(compiled[text], text, kinds[kind](compiled[text]), (x1, x2))

    controls: dict[str, list[Any]] = {"function": list(compiled), "neurons": list(kinds), "x1": [0, 1], "x2": [0, 1]}
    return frame_explorer(controls, frame)


def _frame(function: BooleanFunction, text: str, network: LogicNetwork, bits: tuple[int, int]) -> str:
    """All neurons with their values, joined by their weights, and the sentence that says it in words."""
    values = _signals(network, bits)
    tallest = max(map(len, values))
    places = [
        [(40 + 95 * column, 22 + 50 * (row + (tallest - len(layer)) / 2)) for row in range(len(layer))]
        for column, layer in enumerate(values)
    ]
    parts: list[str] = []
    for (weight, bias), before, after in zip(network.layers, places, places[1:], strict=False):
        parts += _wires(weight, before, after)
        parts += [_label((x, y + 24), f"b={b}") for (x, y), b in zip(after, bias.tolist(), strict=True) if b]
    for layer, spots in zip(values, places, strict=True):
        for row, (value, (x, y)) in enumerate(zip(layer.tolist(), spots, strict=True)):
            fill = FIRES if value > 0 else "#fff"
            parts.append(f'<circle cx="{x}" cy="{y:g}" r="14" fill="{fill}" stroke="{ON_COLOUR}"/>')
            parts.append(f'<text class="on" x="{x}" y="{y:g}">{_signed(value)}</text>')
            if layer is values[0]:
                parts.append(f'<text x="12" y="{y:g}">x{row + 1}</text>')
    hidden = ", ".join(str(tuple(layer.tolist())).replace(",)", ")") for layer in values[1:-1]) or "none"
    say = f"{text} at {bits}: hidden values {hidden}; output {values[-1][0]}, which is f{bits} = {function(*bits)}."
    return above([drawing(parts, (80 + 95 * (len(values) - 1), 50 * tallest + 8), say)], say)


def _signals(network: LogicNetwork, bits: tuple[int, int]) -> list[AnyArray]:
    """The input, the values of the hidden neurons layer by layer, and the output."""
    values = [np.array(bits)]
    for number in range(1, len(network.layers) + 1):
        sums = LogicNetwork(network.layers[:number], network.activation)(np.array([bits]))[0]
        rectified = network.activation == "relu" and number < len(network.layers)
        values.append(np.maximum(sums, 0) if rectified else sums)
    return values


def _wires(weight: AnyArray, before: Sequence[Place], after: Sequence[Place]) -> Iterator[str]:
    """A line for each weight that is not zero, dashed for a negative one, with its number beside it."""
    for (r, c), w in np.ndenumerate(weight):
        if w:
            (x1, y1), (x2, y2) = before[c], after[r]
            yield (
                f'<path d="M{x1 + 15} {y1:g}L{x2 - 15} {y2:g}" stroke="currentColor" stroke-opacity=".6" '
                f'stroke-dasharray="{"none" if w > 0 else "4 3"}"/>'
            )
            along = 0.68 if (r + c) % 2 else 0.32  # numbers of crossing lines stand apart
            yield _label((x1 + 15 + along * (x2 - x1 - 30), y1 + along * (y2 - y1) - 6), _signed(w))


def _label(place: tuple[float, float], text: str) -> str:
    return f'<text x="{place[0]:g}" y="{place[1]:g}" style="font-weight:400">{text}</text>'


def _signed(number: object) -> str:
    return str(number).replace("-", "−")
