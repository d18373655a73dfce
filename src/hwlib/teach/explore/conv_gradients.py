"""Explorer of the chapter *The gradients of a convolution are convolutions*."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.conv import input_gradient, kernel_gradient, output_shape
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, grids_above

if TYPE_CHECKING:
    import ipywidgets


def gradient_explorer(
    image: npt.ArrayLike, kernel: npt.ArrayLike, *, strides: tuple[int, ...] = (1, 2)
) -> ipywidgets.VBox:
    """Sliders choose one output pixel; shown is what its gradient does to the input and to the kernel.

    Args:
        image: ``(h, w)``, whole numbers.
        kernel: ``(kh, kw)``, whole numbers.
        strides: positions of the first slider; the others go over the rows and columns that all of them have.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if the kernel does not fit.

    Example:
        >>> len(gradient_explorer(np.ones((4, 4), int), np.ones((2, 2), int)).children)
        5
    """
    pixels, weights = np.asarray(image), np.asarray(kernel)
    rows, columns = output_shape(weights.shape, pixels.shape, stride=max(strides))

    def frame(stride: int, row: int, column: int) -> str:
        shape = output_shape(weights.shape, pixels.shape, stride=stride)
        chosen = np.zeros(shape, int)
        chosen[row, column] = 1
        to_input = input_gradient(weights, chosen, pixels.shape, stride=stride)
        to_kernel = kernel_gradient(pixels, chosen, weights.shape, stride=stride)

        place = np.zeros(pixels.shape, bool)
        start = (row * stride, column * stride)
        place[start[0] : start[0] + weights.shape[0], start[1] : start[1] + weights.shape[1]] = True

        def grid(title: str, values: AnyArray, hue: int, lit: AnyArray) -> Grid:
            def cell(r: int, c: int) -> Cell:
                return Cell(str(values[r, c]), weight_colour(hue, 0, 1) if lit[r, c] else "none")

            return Grid(title, values.shape, cell, size=28)

        everywhere = np.ones(weights.shape, bool)
        views = [
            grid("gradient at Z", chosen, 3, chosen > 0),
            grid("input X", pixels, 0, place),
            grid("kernel W", weights, 1, everywhere),
            grid("gradient at X", to_input, 1, place),
            grid("gradient at W", to_kernel, 0, everywhere),
        ]
        return grids_above(
            views,
            f"The kernel stood at ({start[0]},{start[1]}): X gets the kernel there, W the pixels that it covered.",
        )

    controls = {"stride s": strides, "output row": range(rows), "output column": range(columns)}
    return frame_explorer(controls, frame)
