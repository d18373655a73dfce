"""Explorers of the chapter *Curvature costs two gradients*, on the surface (w0 w1 - 3)^2 / 2 of its first example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.optim import gradient_descent, newton_path
from hwlib.teach._theme import FAINT, LINES
from hwlib.teach.explore._chart import Chart, charts_above, weights_plane
from hwlib.teach.explore._frames import frame_explorer

if TYPE_CHECKING:
    import ipywidgets

STARTS = ((1.0, 2.0), (0.4, 0.2), (3.0, 0.5), (0.3, 2.5), (2.6, 2.6))
STEPS = (0, 1, 2, 3, 5, 10, 40)
_TARGET = 3.0


def _gradient(w: AnyArray) -> AnyArray:
    return np.asarray((w[0] * w[1] - w.dtype.type(_TARGET)) * w[::-1])


def _hessian(w: AnyArray) -> AnyArray:
    off = 2 * w[0] * w[1] - _TARGET
    return np.array([[w[1] ** 2, off], [off, w[0] ** 2]])


def newton_explorer(
    *, starts: Sequence[tuple[float, float]] = STARTS, steps: Sequence[int] = STEPS, learning_rate: float = 0.05
) -> ipywidgets.VBox:
    """Sliders choose a start and the number of steps; shown are descent, Newton's method and its saddle-free form.

    Args:
        starts: positions of the first slider.
        steps: positions of the second.
        learning_rate: of descent.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(newton_explorer(starts=[(1.0, 2.0)], steps=[0, 1]).children)
        4
    """
    most = max(steps)
    paths = {
        start: {
            "descent": gradient_descent(_gradient, np.array(start), learning_rate=learning_rate, steps=most),
            "Newton": newton_path(_gradient, _hessian, start, steps=most),
            "Newton with absolute eigenvalues": newton_path(
                _gradient, _hessian, start, steps=most, damping=0.1, absolute=True
            ),
        }
        for start in starts
    }

    def frame(start: tuple[float, float], count: int) -> str:
        chart = weights_plane((-0.6, 4.2), 260)
        _level_lines(chart)
        said = []
        for (name, path), colour in zip(paths[start].items(), LINES, strict=False):
            chart.path(path[: count + 1], colour)
            chart.dots(path[[count]], colour, radius=4)
            here = path[count]
            loss = 0.5 * (here[0] * here[1] - _TARGET) ** 2
            # A square in the line's colour, and words in the page's own: coloured words would be hard to read.
            key = f'<i style="display:inline-block;width:.7em;height:.7em;background:{colour}"></i>'
            said.append(f"{key} {name} at ({here[0]:.3f}, {here[1]:.3f}), loss {loss:.1e}")
        say = f"from ({start[0]:g}, {start[1]:g}) after {count} iterations"
        return charts_above([chart], say, details=f": {'; '.join(said)}.")

    begin = {"iterations": steps[-1]}  # it opens on where the ways end
    return frame_explorer({"start": starts, "iterations": steps}, frame, start=begin)


def _level_lines(chart: Chart) -> None:
    """The solutions, and level lines beside them: ``|w0 w1 - 3|`` is 0.5, 1.5 and 2.5."""
    across = np.geomspace(0.15, 4.2, 18)
    for off in (0.5, 1.5, 2.5):
        for product in (_TARGET - off, _TARGET + off):
            chart.line(np.stack([across, product / across], 1), FAINT, width=0.7)
    chart.line(np.stack([across, _TARGET / across], 1))


def difference_explorer(*, exponents: Sequence[int] = tuple(range(-1, -13, -1))) -> ipywidgets.VBox:
    """Sliders choose the difference, the precision and r; shown is the error of the Hessian-vector product.

    Args:
        exponents: r is ten to the power of these; positions of the third slider.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(difference_explorer(exponents=[-1, -2]).children)
        5
    """
    places = np.arange(min(exponents) - 0.5, max(exponents) + 0.51, 0.25)
    kinds = ("one-sided", "central")
    lines = {
        (kind, precision): np.array([(e, np.log10(max(_error(kind, precision, e), 1e-17))) for e in places])
        for kind in kinds
        for precision in _PRECISIONS
    }
    x_ticks = {float(e): f"1e{e}" for e in range(min(exponents), max(exponents) + 1) if e % 3 == 0}
    y_ticks = {float(e): f"1e{e}" for e in range(-15, 4, 3)}

    def frame(kind: str, precision: str, exponent: int) -> str:
        chart = Chart((places[0], places[-1]), (-16, 3), "error of H v", x_ticks, y_ticks, "step r", (300, 220))
        for key, line in lines.items():
            if key != (kind, precision):
                chart.line(line, FAINT, width=1)
        chart.line(lines[kind, precision], LINES[0])
        wrong = _error(kind, precision, exponent)
        chart.dots([(exponent, np.log10(max(wrong, 1e-16)))], LINES[1], radius=5)
        value = _difference(kind, precision, exponent)
        say = (
            f"{kind.capitalize()} difference in {precision} precision with r = 1e{exponent}: "
            f"({value[0]:.9g}, {value[1]:.9g}) instead of (5, 2). The error is {wrong:.1e}."
        )
        return charts_above([chart], say)

    controls = {"difference": kinds, "precision": list(_PRECISIONS), "r = 10^": exponents}
    return frame_explorer(controls, frame, start={"r = 10^": exponents[len(exponents) // 2]})


_PRECISIONS: dict[str, type[np.floating[Any]]] = {"double": np.float64, "single": np.float32}
_POINT, _VECTOR, _PRODUCT = np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([5.0, 2.0])  # H v is known by hand


def _difference(kind: str, precision: str, exponent: float) -> AnyArray:
    """The Hessian times the vector, by a difference of gradients with r ten to the power of the exponent."""
    real = _PRECISIONS[precision]
    w, v, r = _POINT.astype(real), _VECTOR.astype(real), real(10**exponent)
    before, width = (w - r * v, 2 * r) if kind == "central" else (w, r)
    return np.asarray((_gradient(w + r * v) - _gradient(before)) / width)


def _error(kind: str, precision: str, exponent: float) -> float:
    return float(np.linalg.norm(_difference(kind, precision, exponent).astype(float) - _PRODUCT))
