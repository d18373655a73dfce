"""What the explorers of convolutions and of their transposes share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._svg import Cell, Grid


def two_axes(image: npt.ArrayLike) -> AnyArray:
    """The image as an array ``(h, w)``, or an error."""
    pixels = np.asarray(image)
    if pixels.ndim != 2:
        raise ValueError(f"image has shape {pixels.shape}: accepted are two-dimensional arrays")
    return pixels


def numbered_kernel(size: int) -> AnyArray:
    """Square kernel of 1, 2, 3, ... in reading order."""
    return np.arange(1, size**2 + 1).reshape(size, -1)


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
