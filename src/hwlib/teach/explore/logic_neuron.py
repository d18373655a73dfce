"""Explorer of the chapter *One neuron cuts space in two*."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hwlib._core.polygon import half_plane
from hwlib.logic import BooleanFunction, boolean_function
from hwlib.teach._theme import FIRES, ON_COLOUR
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, drawing

if TYPE_CHECKING:
    import ipywidgets

_NAMES = {
    "0000": "never",
    "0001": "AND",
    "0010": "x1 AND NOT x2",
    "0011": "x1",
    "0100": "x2 AND NOT x1",
    "0101": "x2",
    "0110": "XOR",
    "0111": "OR",
    "1000": "NOR",
    "1001": "XNOR",
    "1010": "NOT x2",
    "1011": "x2 IMPLIES x1",
    "1100": "NOT x1",
    "1101": "x1 IMPLIES x2",
    "1110": "NAND",
    "1111": "always",
}


def neuron_explorer(
    *, weights: Sequence[int] = (-2, -1, 0, 1, 2), biases: Sequence[int] = (-2, -1, 0, 1)
) -> ipywidgets.VBox:
    """The half-plane where a neuron of two inputs fires, and the gate that it is, under three sliders.

    Args:
        weights: values of w1 and of w2.
        biases: values of b.

    Returns:
        The explorer; it needs no kernel.

    Example:
        >>> len(neuron_explorer(weights=(0, 1), biases=(-1, 0)).children)
        5
    """
    controls = {"w1": list(weights), "w2": list(weights), "b": list(biases)}
    start = {"w1": weights[-2], "w2": weights[-2], "b": biases[0]}  # AND, with the values that are set
    return frame_explorer(controls, _neuron_frame, start=start)


def _neuron_frame(w1: int, w2: int, bias: int) -> str:
    function = boolean_function(lambda x1, x2: w1 * x1 + w2 * x2 + bias >= 0)
    name = _NAMES["".join(map(str, function.values))]
    sums = [f"({x}, {y}): {w1 * x + w2 * y + bias}" for x, y in itertools.product((0, 1), repeat=2)]
    say = f"Sums at {', '.join(sums)}. Fires: {name}.".replace("-", "−")
    return above([neuron_drawing((w1, w2), bias, function, say)], say)


def neuron_drawing(weights: tuple[int, int], bias: int, function: BooleanFunction, label: str) -> str:
    """Draw the half-plane where a neuron fires, and the four points of a truth table.

    Args:
        weights: w1 and w2.
        bias: b.
        function: the points that are filled are the true ones of this function.
        label: text for those who cannot see it.

    Returns:
        SVG text.

    Example:
        >>> neuron_drawing((1, 1), -2, boolean_function("0001"), "AND").count("<circle")
        4
    """
    fires = " ".join(f"{_across(x):g},{_up(y):g}" for x, y in half_plane(weights, bias, [(-0.5, 1.5)] * 2))
    parts = [f'<polygon points="{fires}" fill="{FIRES}" fill-opacity=".4"/>'] if fires else []
    for x, y in itertools.product((0, 1), repeat=2):
        fill = FIRES if function(x, y) else "#fff"
        parts.append(
            f'<circle cx="{_across(x):g}" cy="{_up(y):g}" r="9" fill="{fill}" stroke="{ON_COLOUR}" stroke-width="2"/>'
        )
        parts.append(f'<text x="{_across(x):g}" y="{_up(y) + 20:g}">({x},{y})</text>')
    frame = '<rect x="1" y="1" width="198" height="198" fill="none"/>'
    return drawing([frame, *parts], (200, 200), label)


def _across(x: float) -> float:
    return 1 + (x + 0.5) * 99


def _up(y: float) -> float:
    return 199 - (y + 0.5) * 99
