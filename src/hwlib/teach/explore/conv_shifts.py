"""Explorer of the chapter *A linear map that commutes with shifts is a convolution*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, count, grids_above

if TYPE_CHECKING:
    import ipywidgets

Layer = Callable[[AnyArray], AnyArray]
KERNEL = (1, 2, 1)  # its middle weight stands on the output's own pixel


def _circular(x: AnyArray) -> AnyArray:
    made: AnyArray = np.sum([weight * np.roll(x, 1 - a) for a, weight in enumerate(KERNEL)], axis=0)
    return made


def _zeros(x: AnyArray) -> AnyArray:
    return np.correlate(x, KERNEL, mode="same")


def _pooled(x: AnyArray) -> AnyArray:
    made: AnyArray = np.maximum(x, np.roll(x, -1))
    return made


LAYERS: dict[str, tuple[Layer, int]] = {
    "convolution on the ring": (_circular, 1),
    "zeros round the border": (_zeros, 1),
    "stride 2": (lambda x: _circular(x)[::2], 2),
    "max pooling": (_pooled, 1),
    "max pooling, stride 2": (lambda x: _pooled(x)[::2], 2),
}


def shifts_explorer(signal: npt.ArrayLike, *, moves: Sequence[int] = (0, 1, 2, 3, 4)) -> ipywidgets.VBox:
    """Buttons choose a layer, a slider moves its input; shown is whether its output only moves.

    Args:
        signal: ``(n)``, whole numbers, on a ring of an even number of pixels.
        moves: positions of the slider: by how many pixels the signal moves to the left.

    Returns:
        Widget for Jupyter, Colab and the static page; it opens on a stride, moved by one.

    Raises:
        ValueError: if the signal is not one-dimensional, or its length is odd.

    Example:
        >>> len(shifts_explorer([0, 0, 1, 2]).children)  # buttons, slider, style, frames
        4
    """
    x = np.asarray(signal)
    if x.ndim != 1 or x.size % 2 or not x.size:
        raise ValueError(f"signal has shape {x.shape}: accepted are one-dimensional arrays of even length")

    def frame(name: str, move: int) -> str:
        layer, stride = LAYERS[name]
        moved, plain = np.roll(x, -move), layer(x)
        output = layer(moved)
        ways = {u: int((np.roll(plain, -u) != output).sum()) for u in range(plain.size)}
        fits = move // stride if move % stride == 0 else None
        u = fits if fits is not None else min(ways, key=lambda u: (ways[u], u))
        other, wrong = np.roll(plain, -u), ways[u % plain.size]
        grids = [
            _row("input x", x),
            _row(f"x, moved by {move}", moved),
            _row("T of the moved x", output, output != other),
            _row(f"T x, moved by {u}", other, output != other),
        ]
        if fits is not None:
            verdict = "they are equal" if not wrong else f"they differ at {count(wrong, 'place')}"
            say = f"{name}: move the input by {move}, or the output by {u}: {verdict}."
        elif wrong:
            say = f"{name}: no move of the output fits; the nearest, by {u}, is wrong in {wrong} of {plain.size}."
        else:
            say = f"{name}: for this x a move by {u} happens to fit."
        return grids_above(grids, say, column=True)

    controls = {"layer T": tuple(LAYERS), "move by": tuple(moves)}
    start = {"layer T": "stride 2", "move by": 1 if 1 in moves else moves[0]}
    return frame_explorer(controls, frame, start=start, buttons=("layer T",))


def _row(title: str, values: AnyArray, lit: AnyArray | None = None) -> Grid:
    """A row of numbers; those that are lit stand on colour."""

    def cell(_: int, c: int) -> Cell:
        return Cell(str(values[c]), weight_colour(1, 0, 1) if lit is not None and lit[c] else "none")

    return Grid(title, (1, values.size), cell, size=28)
