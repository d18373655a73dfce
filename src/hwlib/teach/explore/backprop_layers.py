"""Explorer of the chapter *Backwards, each layer applies its transpose*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.backprop import CrossEntropyLoss, Linear, ReLU
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, above

if TYPE_CHECKING:
    import ipywidgets

SECOND_SAMPLE = (3, -1)
TARGETS = (0, 1)
W1, W2 = np.array([[1.0, 2.0], [-1.0, 1.0]]), np.array([[1.0, -1.0], [0.0, 2.0]])
# What has its gradient after each step; the steps are named after the layer that was called last.
STEPS = {
    "none": (),
    "loss": ("Z",),
    "linear 2": ("Z", "W₂", "H"),
    "ReLU": ("Z", "W₂", "H", "Y"),
    "linear 1": ("Z", "W₂", "H", "Y", "W₁", "X"),
}


def batch_backward_explorer(*, entries: Sequence[int] = (-2, -1, 0, 1, 2, 3)) -> ipywidgets.VBox:
    """Sliders for an entry of the input, how far the backward pass has come, and what the loss does over the batch.

    Two samples go through a linear layer, ReLU and another linear layer without biases into cross-entropy. The hidden
    unit 1 is off for the second sample; the entry switches it for the first.

    Args:
        entries: values of the first sample's first entry; the second one is 1.

    Returns:
        Widget for Jupyter, Colab and the static page; it begins with the last step, and an entry that turns unit 1 off.

    Example:
        >>> len(batch_backward_explorer(entries=[0, 2]).children)
        5
    """

    def frame(entry: int, step: str, reduction: Any) -> str:
        values, gradients = _passes(entry, reduction)
        known = STEPS[step]
        say = _sentence(step, values["Y"], gradients)
        pairs = []
        for name, array in values.items():
            both = _grid(name, array), _grid(f"∂{name}", gradients[name] if name in known else None, lit=True)
            pairs.append("<div>" + "".join(grid.render(f"{grid.title}: {say}") for grid in both) + "</div>")
        return above(pairs, say)

    controls = {"input X(0,0)": tuple(entries), "back through": tuple(STEPS), "loss": ("mean", "sum")}
    start = {"back through": "linear 1"} | ({"input X(0,0)": 2} if 2 in entries else {})
    return frame_explorer(controls, frame, start=start)


def _passes(entry: int, reduction: Any) -> tuple[dict[str, AnyArray], dict[str, AnyArray]]:
    """Values and their gradients, in the order of the forward pass."""
    x = np.array([[entry, 1], SECOND_SAMPLE], float)
    first, relu, second = Linear(W1, [0, 0]), ReLU(), Linear(W2, [0, 0])
    y = first.forward(x)
    h = relu.forward(y)
    z = second.forward(h)
    loss = CrossEntropyLoss(reduction=reduction)
    loss.forward(z, TARGETS)
    dz = loss.backward()
    dh = second.backward(dz)
    dy = relu.backward(dh)
    dx = first.backward(dy)
    values = {"X": x, "W₁": W1, "Y": y, "H": h, "W₂": W2, "Z": z}
    slopes = (dx, first.weight.gradient, dy, dh, second.weight.gradient, dz)
    return values, dict(zip(values, slopes, strict=True))


def _grid(title: str, array: AnyArray | None, *, lit: bool = False) -> Grid:
    def cell(r: int, c: int) -> Cell:
        if array is None:
            return Cell()
        number = array[r, c] + 0.0
        text = f"{number:.2f}".replace("-0.00", "0.00") if lit else f"{number:g}"
        shown = lit and abs(number) > 1e-12  # also where two digits show none
        return Cell(text.replace("-", "−"), weight_colour(1, 0, 1) if shown else "none")

    return Grid(title, (2, 2), cell, size=37)


def _sentence(step: str, y: AnyArray, gradients: dict[str, AnyArray]) -> str:
    """What is to be seen."""
    if step == "none":
        return "Forward: each array from the one before. No gradient is known yet."
    if step == "loss":
        return "∂Z = P − T: each row adds up to zero, and is negative at the right class."
    if step == "linear 2":
        return "The second linear layer: ∂W₂ from ∂Z and H, ∂H from ∂Z and W₂."
    off = "both samples" if (y[:, 1] <= 0).all() else "the second sample"
    at_kink = [unit for unit, number in zip(("first", "second"), y[0], strict=True) if number == 0]
    kink = f" For the first sample, the {at_kink[0]} unit is exactly at its kink." if at_kink else ""
    if step == "ReLU":
        return f"∂Y is ∂H where Y is positive. The second unit is off for {off}.{kink}"
    if not gradients["W₁"][1].any():
        return f"The second unit is off for {off}: its weights, the second row of ∂W₁, get no gradient.{kink}"
    return f"The second unit is on for the first sample, and its weights get a gradient from there.{kink}"
