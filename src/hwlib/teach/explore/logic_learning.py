"""Explorer of the chapter *The perceptron learns what a neuron can do*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hwlib.logic import PerceptronRun, boolean_function, corners, perceptron
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above
from hwlib.teach.explore.logic_neuron import neuron_drawing

if TYPE_CHECKING:
    import ipywidgets

GATES = {"AND": "0001", "OR": "0111", "NAND": "1110", "XOR": "0110"}
ORDERS = {"first to last": (0, 1, 2, 3), "last to first": (3, 2, 1, 0)}


def logic_learning_explorer(
    *, gates: Mapping[str, str] = GATES, most: int = 15, start: tuple[str, int] = ("XOR", 8)
) -> ipywidgets.VBox:
    """Sliders choose a gate, the order of the points and how many mistakes were made; shown is the neuron then.

    Args:
        gates: name to truth table.
        most: the last number of mistakes.
        start: gate and number of mistakes to begin with, where they are among the others.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(logic_learning_explorer(gates={"AND": "0001"}, most=2).children)
        5
    """
    runs = {
        (gate, name): perceptron(corners(2)[list(order)], [int(table[row]) for row in order])
        for gate, table in gates.items()
        for name, order in ORDERS.items()
    }

    def frame(gate: str, order: str, count: int) -> str:
        run = runs[gate, order]
        say = _said(run, count)
        w1, w2, bias = run.history[_place(run, count)]
        return above([neuron_drawing((w1, w2), bias, boolean_function(gates[gate]), say)], say)

    controls: dict[str, Sequence[Any]] = {"gate": list(gates), "order": list(ORDERS), "mistakes": list(range(most + 1))}
    begin = {"gate": start[0] if start[0] in gates else next(iter(gates)), "mistakes": min(start[1], most)}
    return frame_explorer(controls, frame, start=begin)


def _place(run: PerceptronRun, count: int) -> int:
    """Where in its history a run is after so many mistakes; circles go on for ever."""
    if run.returned is None or count <= run.mistakes:
        return min(count, run.mistakes)
    return run.returned + (count - run.returned) % (run.mistakes - run.returned)


def _said(run: PerceptronRun, count: int) -> str:
    w1, w2, bias = run.history[_place(run, count)]
    neuron = f"w = ({w1}, {w2}), b = {bias}"
    if run.learned and count >= run.mistakes:
        text = f"Learned, after {run.mistakes} mistakes: {neuron}."
    else:
        place = _place(run, count)
        row = run.corrected[place] if place < run.mistakes else run.corrected[run.returned or 0]
        point, value = run.points[row], run.values[row]
        action = "silent and should fire: add" if value else "firing and should not: subtract"
        text = f"{count} mistakes so far: {neuron}. Next it is wrong at {point}, {action} it, and 1 for the bias."
        if run.returned is not None and count >= run.mistakes:
            text += f" It was here before, after {_place(run, count)} mistakes."
            if place == run.mistakes:
                text = text.replace(f"after {place} mistakes.", f"after {run.returned} mistakes.")
    return text.replace("-", "−")
