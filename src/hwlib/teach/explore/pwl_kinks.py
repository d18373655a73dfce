"""Explorer of the chapter *Kinks can be counted, and made to order*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import Array
from hwlib.pieces import PiecewiseLinear, relu_network
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._graph import graph
from hwlib.teach.explore._svg import above, count

if TYPE_CHECKING:
    import ipywidgets


def approximation_explorer(*, counts: Sequence[int] = (1, 2, 3, 4, 6, 8, 12)) -> ipywidgets.VBox:
    """Sliders for a smooth function, a number of pieces and a shift; the chords, their error and their network.

    Args:
        counts: numbers of pieces.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(approximation_explorer(counts=[1, 2]).children)
        5
    """
    targets: dict[str, tuple[Callable[[Array], Array], float, float, float]] = {
        "x²": (np.square, -1, 1, 2),
        "sin x": (np.sin, -3, 3, 1),
        "exp x": (np.exp, -2, 1, math.e),
    }

    def frame(name: str, number: int, shift: str) -> str:
        function, lower, upper, curvature = targets[name]
        places = np.linspace(lower, upper, number + 1)
        bound = curvature * ((upper - lower) / number) ** 2 / 8
        lift = -bound / 2 if shift == "lowered" else 0
        chords = PiecewiseLinear.through(places, function(places) + lift)
        x = np.linspace(lower, upper, 4001)
        error = abs(chords(x) - function(x)).max()
        units = int(np.count_nonzero(relu_network(chords, least=False).layers[0].weight))
        say = f"{count(number, 'piece')}, {count(units, 'unit')}; error {error:.4f}, the bound is {bound:.4f}."
        low, high = float(function(x).min()), float(function(x).max())
        room = 0.3 * (high - low)
        label = f"{name} and its chords: {say}"
        across, up = (lower - 0.2, upper + 0.2), (low - room, high + room)
        return above([graph(chords, label=label, curve=function, x=across, y=up)], say)

    controls = {"function": tuple(targets), "pieces": counts, "chords": ("kept", "lowered")}
    return frame_explorer(controls, frame, start={"pieces": 4} if 4 in counts else None)
