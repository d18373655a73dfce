"""One neuron's line under sliders, and signals that run through a compiled network."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib.logic import (
    BooleanFunction,
    LogicNetwork,
    as_relu,
    boolean_function,
    nand_circuit,
    relu_circuit,
    threshold_network,
)
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.plot.logic import FIRES, half_plane

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
    middle = {label: values[len(values) // 2] for label, values in controls.items()}
    return frame_explorer(controls, _neuron_frame, start=middle)


def _neuron_frame(w1: int, w2: int, bias: int) -> str:
    function = boolean_function(lambda x1, x2: w1 * x1 + w2 * x2 + bias >= 0)
    name = _NAMES["".join(map(str, function.values))]
    sums = [f"({x}, {y}): {w1 * x + w2 * y + bias}" for x, y in itertools.product((0, 1), repeat=2)]
    say = f"Sums at {', '.join(sums)}. Fires: {name}.".replace("-", "−")
    fires = " ".join(f"{_across(x):g},{_up(y):g}" for x, y in half_plane((w1, w2), bias, -0.5, 1.5))
    parts = [f'<polygon points="{fires}" fill="{FIRES}" fill-opacity=".4"/>'] if fires else []
    for x, y in itertools.product((0, 1), repeat=2):
        fill = FIRES if function(x, y) else "#fff"
        parts.append(
            f'<circle cx="{_across(x):g}" cy="{_up(y):g}" r="9" fill="{fill}" stroke="#16181b" stroke-width="2"/>'
        )
        parts.append(f'<text x="{_across(x):g}" y="{_up(y) + 20:g}">({x},{y})</text>')
    frame = '<rect x="1" y="1" width="198" height="198" fill="none"/>'
    return _figure("".join([frame, *parts]), 200, 200, say)


def _across(x: float) -> float:
    return 1 + (x + 0.5) * 99


def _up(y: float) -> float:
    return 199 - (y + 0.5) * 99


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
    kinds = {
        "threshold": threshold_network,
        "NAND only": nand_circuit,
        "ReLU": relu_circuit,
        "ReLU from threshold": _relu_from_threshold,
    }
    controls: dict[str, list[Any]] = {"function": list(compiled), "neurons": list(kinds), "x1": [0, 1], "x2": [0, 1]}
    return frame_explorer(
        controls, lambda text, kind, x1, x2: _signals_frame(compiled[text], text, kinds[kind](compiled[text]), (x1, x2))
    )


def _relu_from_threshold(function: BooleanFunction) -> LogicNetwork:
    return as_relu(threshold_network(function))


def _signals_frame(function: BooleanFunction, text: str, network: LogicNetwork, bits: tuple[int, int]) -> str:
    values = [np.array(bits)]
    for number in range(len(network.layers)):
        head = LogicNetwork(network.layers[: number + 1], network.activation)
        signals = head(np.array([bits]))[0]
        hidden = number < len(network.layers) - 1
        values.append(np.maximum(signals, 0) if hidden and network.activation == "relu" else signals)
    tallest = max(map(len, values))
    places = [
        [(40 + 95 * column, 22 + 50 * (row + (tallest - len(layer)) / 2)) for row in range(len(layer))]
        for column, layer in enumerate(values)
    ]
    parts = []
    for (weight, bias), before, after in zip(network.layers, places, places[1:], strict=False):
        for (r, c), w in np.ndenumerate(weight):
            if w:
                (x1, y1), (x2, y2) = before[c], after[r]
                parts.append(
                    f'<path d="M{x1 + 15} {y1:g}L{x2 - 15} {y2:g}" stroke="currentColor" stroke-opacity=".6" '
                    f'stroke-dasharray="{"none" if w > 0 else "4 3"}"/>'
                )
                along = 0.68 if (r + c) % 2 else 0.32
                parts.append(_label(x1 + 15 + along * (x2 - x1 - 30), y1 + along * (y2 - y1) - 6, w))
        parts += [_label(x, y + 24, f"b={b}") for (x, y), b in zip(after, bias.tolist(), strict=True) if b]
    for column, (layer, spots) in enumerate(zip(values, places, strict=True)):
        for row, (value, (x, y)) in enumerate(zip(layer.tolist(), spots, strict=True)):
            fill = FIRES if value > 0 else "#fff"
            parts.append(f'<circle cx="{x}" cy="{y:g}" r="14" fill="{fill}" stroke="#16181b"/>')
            parts.append(f'<text class="on" x="{x}" y="{y:g}">{value}</text>')
            if column == 0:
                parts.append(f'<text x="12" y="{y:g}">x{row + 1}</text>')
    between = ", ".join(str(tuple(layer.tolist())).replace(",)", ")") for layer in values[1:-1]) or "none"
    say = f"{text} at {bits}: hidden values {between}; output {values[-1][0]}, which is f{bits} = {function(*bits)}."
    return _figure("".join(parts).replace(">-", ">−"), 80 + 95 * (len(values) - 1), 50 * tallest + 8, say)


def _label(x: float, y: float, text: object) -> str:
    return f'<text x="{x:g}" y="{y:g}" style="font-weight:400">{text}</text>'


def _figure(drawing: str, width: int, height: int, say: str) -> str:
    escaped = say.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<div class="hw-views"><figure class="hw-view"><svg width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escaped}">{drawing}</svg></figure></div>'
        f'<p class="hw-note">{escaped}</p>'
    )
