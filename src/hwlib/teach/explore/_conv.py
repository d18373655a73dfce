"""What the explorers of convolutions and of their transposes share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid

if TYPE_CHECKING:
    import ipywidgets


def sliders(
    image: npt.ArrayLike,
    kernel_sizes: Sequence[int],
    strides: Sequence[int],
    paddings: Sequence[int],
    frame: Callable[[AnyArray, AnyArray, int, int], str],
    *,
    start: tuple[int, int, int] | None = None,
) -> ipywidgets.VBox:
    """Sliders for kernel size, stride and padding above the frame of a kernel of 1, 2, 3, ... on the image.

    They begin at ``start`` where it is among their positions, otherwise at the first.
    """
    pixels = np.asarray(image)
    if pixels.ndim != 2:
        raise ValueError(f"image has shape {pixels.shape}: accepted are two-dimensional arrays")

    def framed(size: int, stride: int, padding: int) -> str:
        return frame(pixels, np.arange(1, size**2 + 1).reshape(size, -1), stride, padding)

    controls = {"kernel size k": kernel_sizes, "stride s": strides, "padding p": paddings}
    begin = {
        name: value for (name, values), value in zip(controls.items(), start or (), strict=False) if value in values
    }
    return frame_explorer(controls, framed, start=begin)


def kernel_grid(kernel: AnyArray) -> Grid:
    """The kernel, each weight in its colour."""
    return Grid(
        "kernel W", kernel.shape, lambda r, c: Cell(str(kernel[r, c]), weight_colour(r, c, len(kernel))), size=24
    )


def matrix_grid(name: str, matrix: AnyArray, size: int) -> Grid:
    """A matrix of the weights of a numbered kernel, each in its colour; zeros are left out."""

    def entry(r: int, c: int) -> Cell | None:
        weight = int(matrix[r, c])
        return Cell("", weight_colour((weight - 1) // size, (weight - 1) % size, size)) if weight else None

    return Grid(f"{name}, {matrix.shape[0]} × {matrix.shape[1]}", matrix.shape, entry, size=300 / max(matrix.shape))
