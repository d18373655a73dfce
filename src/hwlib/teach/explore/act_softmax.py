"""Explorer of the chapter *Softmax knows only differences*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import AnyArray, Array
from hwlib.activations import log_softmax, softmax
from hwlib.teach._theme import LINES
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, drawing

if TYPE_CHECKING:
    import ipywidgets

ROWS = ((3, 2, 1, 0), (3, 3, 1, 0), (2, 2, 2, 2))
SHIFTS = (-1000, -100, 0, 100, 1000)
TEMPERATURES = (0.05, 0.3, 1.0, 3.0, 10.0, 100.0)
_WIDTH, _BAR, _LEFT = 210, 26, 64


def softmax_explorer(
    *,
    rows: Sequence[tuple[int, ...]] = ROWS,
    shifts: Sequence[int] = SHIFTS,
    temperatures: Sequence[float] = TEMPERATURES,
) -> ipywidgets.VBox:
    """Sliders for a row, a constant added to it, and a temperature; shown are probabilities, and what naive forms say.

    Args:
        rows: positions of the first slider.
        shifts: positions of the second.
        temperatures: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Example:
        >>> len(softmax_explorer(rows=[(1, 0)], shifts=[0], temperatures=[1.0]).children)
        5
    """

    def frame(row: tuple[int, ...], shift: int, temperature: float) -> str:
        x = np.array(row, dtype=float) + shift
        right = softmax(x, temperature=temperature)
        logs = log_softmax(x, temperature=temperature)
        naive = _naive(x / temperature)
        words = (
            "all are finite"
            if np.isfinite(naive).all()
            else f"{np.isnan(naive).sum()} NaN, {np.isinf(naive).sum()} infinite"
        )
        say = (
            f"x = ({', '.join(f'{entry:g}' for entry in x)}), T = {temperature:g}: "
            f"largest probability {right.max():.4f}; naive logarithms: {words}."
        )
        pictures = [_bars(x, right, "softmax(x / T)", say), _numbers(logs, naive, say)]
        return above(pictures, say)

    begin = {"shift": 1000} if 1000 in shifts else {}
    if 1.0 in temperatures:
        begin["temperature"] = 1.0  # type: ignore[assignment]
    return frame_explorer({"row": rows, "shift": shifts, "temperature": temperatures}, frame, start=begin)


def _naive(x: Array) -> AnyArray:
    """Logarithms of the quotients of exponentials, as the definition is written."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        terms = np.exp(x)
        return np.asarray(np.log(terms / terms.sum()))


def _bars(x: Array, shares: AnyArray, title: str, label: str) -> str:
    parts = []
    for place, (entry, share) in enumerate(zip(x, shares, strict=True)):
        top = 6 + place * _BAR
        length = max(_WIDTH * float(share), 0.5)
        parts.append(f'<text x="{_LEFT - 8}" y="{top + 10}" style="text-anchor:end">{entry:g}</text>')
        parts.append(f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="20" fill="{LINES[0]}"/>')
        parts.append(
            f'<text x="{_LEFT + length + 6:.1f}" y="{top + 10}" style="text-anchor:start">{float(share):.4f}</text>'
        )
    return drawing(parts, (_LEFT + _WIDTH + 60, 12 + _BAR * len(x)), f"{title}: {label}", title=title)


def _numbers(logs: AnyArray, naive: AnyArray, label: str) -> str:
    columns = {"stable": (70, logs), "naive": (190, naive)}
    parts = []
    for name, (across, values) in columns.items():
        parts.append(f'<text x="{across}" y="10">{name}</text>')
        parts += [
            f'<text x="{across}" y="{32 + place * 24}">{_written(float(value))}</text>'
            for place, value in enumerate(values)
        ]
    return drawing(parts, (260, 24 + 24 * len(logs)), f"logarithms: {label}", title="logarithms")


def _written(value: float) -> str:
    if np.isnan(value):
        return "NaN"
    return f"{value:.6g}".replace("-inf", "−∞").replace("-", "−")
