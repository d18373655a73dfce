"""Explorer of the chapter *Gradient descent picks the nearest solution*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib._core.optional import require
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
from hwlib.teach.explore._chart import Chart, charts_above
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

ROUNDS = (0, 1, 2, 5, 20, 400)
STARTS = ((0.5, 0.5), (3.0, 0.5), (0.5, 3.0), (3.0, 3.5))


def descent_explorer(
    row: npt.ArrayLike,
    target: float,
    *,
    starts: Sequence[tuple[float, float]] = STARTS,
    rounds: Sequence[int] = ROUNDS,
) -> ipywidgets.VBox:
    """Sliders choose a method, a start and the number of rounds; shown is the path in the plane of two weights.

    Args:
        row: the one sample, ``(2,)``, both entries above 0.
        target: its y.
        starts: positions of the second slider, all positive.
        rounds: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if an entry of the sample or of a start is not above 0.

    Example:
        >>> len(descent_explorer([1, 2], 5, starts=[(1.0, 1.0)], rounds=[0, 1]).children)
        5
    """
    x = np.asarray(row, float)
    if x.shape != (2,) or not (x > 0).all() or not (np.asarray(starts) > 0).all():
        raise ValueError(f"row={row!r}, starts={starts!r}: accepted are pairs of numbers above 0")
    gradient = least_squares_gradient(x[None], [target])
    rate, most = 0.2 * learning_rate_limit(x[None]), max(rounds)
    methods: dict[str, Callable[[Any], npt.NDArray[Any]]] = {
        "descent": lambda w: gradient_descent(gradient, w, learning_rate=rate, steps=most),
        "momentum": lambda w: gradient_descent(gradient, w, learning_rate=rate, steps=most, momentum=0.7),
        "multiplying": lambda w: mirror_descent(gradient, w, learning_rate=rate, steps=most, mirror=entropy()),
        "Adam": lambda w: _adam(gradient, w, most),
    }
    paths = {(name, start): method(np.array(start)) for name, method in methods.items() for start in starts}
    size = 1.15 * max(target / x.min(), *map(max, starts))
    ticks = {float(n): str(n) for n in range(int(size) + 1)}

    def frame(method: str, start: tuple[float, float], count: int) -> str:
        path = paths[method, start]
        nearest, here = least_squares_limit(x[None], [target], start), path[count]
        chart = Chart(
            (0, size), (0, size), "plane of the two weights", ticks, ticks, "w(0), across; w(1), up", (240, 240)
        )
        across = np.array([0, size])
        chart.line(np.stack([across, (target - x[0] * across) / x[1]], 1))
        chart.line(np.stack([start, nearest]), dashes="3 4", width=1)
        shown = path[: min(count, 60) + 1]
        chart.line(shown, LINES[0])
        chart.dots(shown, LINES[0], radius=2)
        chart.dots([here], LINES[1], radius=5)
        say = (
            f"{method.capitalize()} from {_pair(start)} is at {_pair(here)} after {count} rounds; the squared error is "
            f"{(x @ here - target) ** 2:.4f}. The nearest solution is {_pair(nearest)}, {_far(here, nearest)}."
        )
        return charts_above([chart], say)

    return frame_explorer({"method": list(methods), "start": starts, "rounds": rounds}, frame)


def _adam(
    gradient: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], start: npt.ArrayLike, steps: int
) -> npt.NDArray[Any]:
    torch = require("torch")

    return follow(lambda parameters: torch.optim.Adam(parameters, lr=0.1), gradient, start, steps=steps)


def _pair(point: Sequence[float] | npt.NDArray[Any]) -> str:
    return f"({point[0]:.2f}, {point[1]:.2f})"


def _far(here: npt.NDArray[Any], nearest: npt.NDArray[Any]) -> str:
    distance = float(np.linalg.norm(here - nearest))
    return f"{distance:.2f} away" if distance >= 0.005 else "reached"
