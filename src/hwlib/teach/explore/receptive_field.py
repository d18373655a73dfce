"""Explorer of the chapter *What an output sees is a product of patterns*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix, output_shape
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import Cell, Grid, grids_above

if TYPE_CHECKING:
    import ipywidgets


def receptive_explorer(
    pixels: int = 16,
    *,
    depths: Sequence[int] = (1, 2, 3, 4),
    kernel_sizes: Sequence[int] = (2, 3),
    strides: Sequence[int] = (1, 2),
    dilations: Sequence[int] = (1, 2),
) -> ipywidgets.VBox:
    """Sliders build a network on a line of pixels and choose an output; shown is what it reads of each layer.

    Every layer has the same kernel size, stride and dilation, and half of what its kernel spans as padding.

    Args:
        pixels: length of the input.
        depths: numbers of layers.
        kernel_sizes: positions of the second slider.
        strides: positions of the third.
        dilations: positions of the fourth.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if a kernel does not fit.

    Example:
        >>> len(receptive_explorer(8, depths=[1], kernel_sizes=[3], strides=[1], dilations=[1]).children)
        7
    """

    def frame(depth: int, kernel: int, stride: int, dilation: int, which: str) -> str:
        options: dict[str, Any] = {"stride": stride, "padding": dilation * (kernel - 1) // 2, "dilation": dilation}
        sizes, patterns = [pixels], []
        for _ in range(depth):
            patterns.append(conv_matrix(np.ones(kernel, bool), (sizes[-1],), **options))
            sizes += output_shape((kernel,), (sizes[-1],), **options)
        chosen = {"first": 0, "middle": sizes[-1] // 2, "last": sizes[-1] - 1}[which]
        reads: list[AnyArray] = [np.arange(sizes[-1]) == chosen]
        for pattern in reversed(patterns):  # from the output down to the input
            reads.insert(0, (reads[0] @ pattern).astype(bool))
        grid = _layers(sizes, reads, stride)
        extent = 1 + dilation * (kernel - 1) * sum(stride**layer for layer in range(depth))
        places = np.flatnonzero(reads[0])
        say = (
            f"Output {chosen} of {sizes[-1]} reads {len(places)} pixels, from {places[0]} to {places[-1]}. "
            f"On a longer line the span of an inner output is {extent}."
        )
        return grids_above([grid], say)

    controls = {
        "layers": depths,
        "kernel size k": kernel_sizes,
        "stride s": strides,
        "dilation d": dilations,
        "output": ("first", "middle", "last"),
    }
    begin = {"layers": depths[min(1, len(depths) - 1)], "kernel size k": kernel_sizes[min(1, len(kernel_sizes) - 1)]}
    return frame_explorer(controls, frame, start=begin | {"output": "middle"})


def _layers(sizes: Sequence[int], reads: Sequence[AnyArray], stride: int) -> Grid:
    """A row for each layer, the output on top; each unit stands where its stride puts it."""
    units = {
        (len(sizes) - 1 - layer, unit * stride**layer): (layer, unit)
        for layer, size in enumerate(sizes)
        for unit in range(size)
        if unit * stride**layer < sizes[0]
    }

    def cell(row: int, column: int) -> Cell | None:
        if (row, column) not in units:
            return None
        layer, unit = units[row, column]
        return Cell(str(unit), weight_colour(layer, 0, 1) if reads[layer][unit] else "none")

    names = ["input", *(f"y{layer}" for layer in range(1, len(sizes)))]
    return Grid("what it reads, layer by layer", (len(sizes), sizes[0]), cell, size=20, rows=names[::-1])
