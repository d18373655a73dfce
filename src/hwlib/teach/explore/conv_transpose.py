"""Explorer of the chapter *A transposed convolution is the transpose*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.conv import conv_transpose_matrix, conv_transpose_output_shape
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._conv import kernel_grid, matrix_grid, sliders
from hwlib.teach.explore._svg import Cell, Grid, grids_above

if TYPE_CHECKING:
    import ipywidgets


def conv_transpose_explorer(
    image: npt.ArrayLike,
    *,
    kernel_sizes: Sequence[int] = (1, 2, 3, 4),
    strides: Sequence[int] = (1, 2, 3),
    paddings: Sequence[int] = (0, 1),
) -> ipywidgets.VBox:
    """Sliders for the kernel size, stride and padding of a transposed convolution.

    Shown are the matrix, the output, and how many pixels paint each output pixel: where that differs, equal weights
    make a checkerboard.

    Args:
        image: ``(h, w)``, whole numbers.
        kernel_sizes: positions of the first slider; the kernel is square and holds 1, 2, 3, ...
        strides: positions of the second.
        paddings: positions of the third.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if the image is not two-dimensional or a padding leaves nothing of the output.

    Example:
        >>> len(conv_transpose_explorer([[1, 2], [3, 4]], kernel_sizes=[2], strides=[2], paddings=[0]).children)
        5
    """
    return sliders(image, kernel_sizes, strides, paddings, _frame)


def _frame(pixels: AnyArray, kernel: AnyArray, stride: int, padding: int) -> str:
    """Input, matrix and output of one setting of a transposed convolution, and the sentence that says it in words."""
    matrix = conv_transpose_matrix(kernel, pixels.shape, stride=stride, padding=padding)
    shape = conv_transpose_output_shape(kernel.shape, pixels.shape, stride=stride, padding=padding)
    outputs = (matrix @ pixels.ravel()).reshape(shape)
    times = np.diff(matrix.indptr).reshape(shape)
    k, n = kernel.shape[0], pixels.shape[0]

    def painted(r: int, c: int) -> Cell:
        count = int(times[r, c])
        return Cell(str(count), weight_colour(1, count - 1, max(int(times.max()), 2)) if count else "none")

    grids = [
        kernel_grid(kernel),
        Grid("input X", pixels.shape, lambda r, c: Cell(str(pixels[r, c])), size=24),
        matrix_grid("matrix", matrix.toarray(), k),
        Grid("output Y", shape, lambda r, c: Cell(str(outputs[r, c])), size=26),
        Grid("pixels that paint each", shape, painted, size=26),
    ]
    say = (
        f"({n} − 1)·{stride} − 2·{padding} + {k} = {shape[0]}: the output is {shape[0]} × {shape[1]}; "
        f"each of its pixels is painted by {times.min()} to {times.max()} input pixels."
    )
    return grids_above(grids, say)
