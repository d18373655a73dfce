"""Explorer of the chapter *A checkerboard is a difference of phases*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.conv import phase_sums
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, above, drawing

if TYPE_CHECKING:
    import ipywidgets

_STRIDE, _TILES, _SIDE = 2, 8, 22  # drawn are so many repetitions of the four phases, each pixel of this size


def conv_checkerboard_explorer(
    *, weights: Sequence[int] = (0, 1, 2, 3), start: tuple[int, int, int] = (1, 1, 1)
) -> ipywidgets.VBox:
    """Three sliders set the weights of a kernel on each axis; shown is what it makes of a flat image with stride 2.

    The kernel of the plane is the product of the one of the two axes.

    Args:
        weights: positions of each slider.
        start: positions at the beginning.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if a slider cannot start where it should.

    Example:
        >>> len(conv_checkerboard_explorer(weights=[0, 1]).children)
        5
    """
    if not set(start) <= set(weights):
        raise ValueError(f"start={start}: accepted are three of the weights {list(weights)}")
    labels = [f"weight w({a})" for a in range(3)]
    return frame_explorer(
        dict.fromkeys(labels, weights),
        lambda *chosen: _frame(np.array(chosen)),
        start=dict(zip(labels, start, strict=True)),
    )


def _frame(w: AnyArray) -> str:
    """The kernel, its phase sums, what a flat image becomes inside, and whether that is flat."""
    kernel, sums = np.outer(w, w), phase_sums(np.outer(w, w), _STRIDE)
    even, odd = phase_sums(w, _STRIDE)
    grids = [
        Grid("kernel", kernel.shape, lambda r, c: Cell(str(kernel[r, c])), size=28),
        Grid("phase sums", sums.shape, lambda u, v: Cell(str(sums[u, v])), size=42),
    ]
    say = f"w(0) + w(2) = {even} and w(1) = {odd}: "
    say += "flat stays flat inside." if even == odd else "a pattern appears where nothing was."
    return above([*(grid.render(f"{grid.title}: {say}") for grid in grids), _picture(sums, say)], say)


def _picture(sums: AnyArray, say: str) -> str:
    """The phases again and again, as grey values between black for zero and white for the largest."""
    largest, side = max(int(sums.max()), 1), _SIDE * _STRIDE
    name = "phases-" + "-".join(map(str, sums.ravel()))
    tile = [
        f'<rect x="{v * _SIDE}" y="{u * _SIDE}" width="{_SIDE}" height="{_SIDE}" style="stroke:none" '
        f'fill="rgb({(grey := round(255 * int(sums[u, v]) / largest))},{grey},{grey})"/>'
        for u, v in np.ndindex(*sums.shape)
    ]
    whole = side * _TILES // 2
    parts = [
        f'<pattern id="{name}" width="{side}" height="{side}" patternUnits="userSpaceOnUse">{"".join(tile)}</pattern>',
        f'<rect width="{whole}" height="{whole}" fill="url(#{name})"/>',
    ]
    return drawing(parts, (whole, whole), f"a flat image becomes: {say}", title="a flat image becomes, inside")
