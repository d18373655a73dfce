"""Explorer of the chapter *Gradient descent picks the nearest solution*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib._core.optional import require
from hwlib._core.types import AnyArray
from hwlib.optim import (
    entropy,
    follow,
    gradient_descent,
    learning_rate_limit,
    least_squares_gradient,
    least_squares_limit,
    mirror_descent,
)
from hwlib.teach._theme import LINES
from hwlib.teach.explore._chart import charts_above, weights_plane
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

STEPS = (0, 1, 2, 5, 20, 400)
STARTS = ((0.5, 0.5), (3.0, 0.5), (0.5, 3.0), (3.0, 3.5))


def descent_explorer(
    row: npt.ArrayLike,
    target: float,
    *,
    starts: Sequence[tuple[float, float]] = STARTS,
    steps: Sequence[int] = STEPS,
) -> ipywidgets.VBox:
    """Sliders choose a method, a start and the number of steps; shown is the path in the plane of two weights.

    Args:
        row: the one sample, ``(2,)``, both entries above 0.
        target: its y.
        starts: positions of the second slider, all positive.
        steps: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if an entry of the sample or of a start is not above 0.

    Example:
        >>> len(descent_explorer([1, 2], 5, starts=[(1.0, 1.0)], steps=[0, 1]).children)
        5
    """
    x = np.asarray(row, float)
    if x.shape != (2,) or not (x > 0).all() or not (np.asarray(starts) > 0).all():
        raise ValueError(f"row={row!r}, starts={starts!r}: accepted are pairs of numbers above 0")
    gradient = least_squares_gradient(x[None], [target])
    rate, most = 0.2 * learning_rate_limit(x[None]), max(steps)
    methods: dict[str, Callable[[Any], AnyArray]] = {
        "descent": lambda w: gradient_descent(gradient, w, learning_rate=rate, steps=most),
        "momentum": lambda w: gradient_descent(gradient, w, learning_rate=rate, steps=most, momentum=0.7),
        "exponentiated gradient": lambda w: mirror_descent(
            gradient, w, learning_rate=rate, steps=most, mirror=entropy()
        ),
        "Adam": lambda w: _adam(gradient, w, most),
    }
    paths = {(name, start): method(np.array(start)) for name, method in methods.items() for start in starts}
    size = 1.15 * max(target / x.min(), *map(max, starts))

    def frame(method: str, start: tuple[float, float], count: int) -> str:
        path = paths[method, start]
        nearest, here = least_squares_limit(x[None], [target], start), path[count]
        chart, across = weights_plane((0, size), 240), np.array([0, size])
        chart.line(np.stack([across, (target - x[0] * across) / x[1]], 1))
        chart.line(np.stack([start, nearest]), dashes="3 4", width=1)
        chart.path(path[: min(count, 60) + 1], LINES[0])
        chart.dots([here], LINES[1], radius=5)
        say = (
            f"{method.capitalize()} from {_pair(start)} is at {_pair(here)} after {count} iterations; the squared "
            f"error is {(x @ here - target) ** 2:.4f}. The nearest solution is {_pair(nearest)}, {_far(here, nearest)}."
        )
        return charts_above([chart], say)

    begin = {"iterations": steps[-1]}  # it opens on where the way ends
    return frame_explorer({"method": list(methods), "start": starts, "iterations": steps}, frame, start=begin)


def _adam(gradient: Callable[[AnyArray], AnyArray], start: npt.ArrayLike, steps: int) -> AnyArray:
    torch = require("torch")
    return follow(lambda parameters: torch.optim.Adam(parameters, lr=0.1), gradient, start, steps=steps)


def _pair(point: Sequence[float] | AnyArray) -> str:
    return f"({point[0]:.2f}, {point[1]:.2f})"


def _far(here: AnyArray, nearest: AnyArray) -> str:
    distance = float(np.linalg.norm(here - nearest))
    return f"{distance:.2f} away" if distance >= 0.005 else "reached"
