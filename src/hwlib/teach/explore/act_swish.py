"""Explorer of the chapter *Swish lies between half of x and ReLU*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import Array
from hwlib.activations import SWISH_CONSTANT, swish, swish_linear_error
from hwlib.teach._theme import LINES
from hwlib.teach.explore._chart import Chart, charts_above
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

BETAS = (-30.0, -3.0, -1.0, -0.3, -0.1, 0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_RADIUS = 4.0
_TARGETS: dict[str, Callable[[Array], Array]] = {
    "relu(x)": lambda x: np.maximum(x, 0),
    "x/2": lambda x: x / 2,
    "min(x, 0)": lambda x: np.minimum(x, 0),
}


def swish_explorer(*, betas: Sequence[float] = BETAS) -> ipywidgets.VBox:
    """Sliders for beta and for what Swish is compared with; shown are both graphs, and their distance.

    Args:
        betas: positions of the first slider.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(swish_explorer(betas=[0.0, 1.0]).children)
        4
    """
    x = np.linspace(-_RADIUS, _RADIUS, 161)
    across = {float(n): f"{n}" for n in range(-4, 5, 2)}

    def frame(beta: float, name: str) -> str:
        target = _TARGETS[name](x)
        values = np.asarray(swish(x, beta=beta))
        graph = Chart((-_RADIUS, _RADIUS), (-4.2, 4.2), f"Swish and {name}", across, across, "x", (230, 230))
        graph.line(np.column_stack([x, target]), LINES[1], dashes="6 4")
        graph.line(np.column_stack([x, values]), LINES[0], width=2.5)
        gaps = abs(values - target)
        bound = _largest(beta, name)
        top = next(top for top in (0.05, 0.1, 0.3, 1, 2, 3, 4.2, np.inf) if max(gaps.max(), bound or 0) < top)
        ticks = {0.0: "0", top / 2: f"{top / 2:g}", float(top): f"{top:g}"}
        errors = Chart((-_RADIUS, _RADIUS), (0, top), "distance", across, ticks, "x", (230, 230))
        errors.line(np.column_stack([x, gaps]), LINES[2])
        if bound is not None:
            errors.line([[-_RADIUS, bound], [_RADIUS, bound]], dashes="3 4", width=1.2)
        return charts_above([graph, errors], f"beta = {beta:g}: " + _said(beta, name, bound))

    begin = {"beta": 3.0} if 3.0 in betas else None
    return frame_explorer({"beta": betas, "compared with": tuple(_TARGETS)}, frame, start=begin)


def _largest(beta: float, name: str) -> float | None:
    """The largest distance: from x/2 inside the window, from the others on the whole line; None if there is none."""
    if name == "x/2":
        return swish_linear_error(beta, _RADIUS)
    toward = beta if name == "relu(x)" else -beta
    return SWISH_CONSTANT / toward if toward > 0 else None


def _said(beta: float, name: str, bound: float | None) -> str:
    if bound is None:
        return f"on the whole line the distance from {name} has no bound."
    if name == "x/2":
        there = "on the whole line the distance has no bound." if beta else "it is x/2, on the whole line."
        return f"in this window Swish is at most {_up(bound):.4f} from x/2; {there}"
    place = (1 + SWISH_CONSTANT) / abs(beta)
    return f"on the whole line Swish is at most {_up(bound):.4f} from {name}, at x = {place:.3f} and x = −{place:.3f}."


def _up(bound: float) -> float:
    """To four digits, so that "at most" stays true."""
    return float(np.ceil(bound * 1e4) / 1e4)
