"""Illustrations of the chapters on convolution, for slides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwlib.teach import plot
from hwlib.teach.plot import ThemedFigure

FIGURES: dict[str, Callable[[], ThemedFigure]] = {
    "conv_by_hand.svg": lambda: plot.kernel_placements(
        [[1, 2], [3, 4]], np.arange(1, 10).reshape(3, 3), stride=3, padding=1
    ),
    "conv_transpose_by_hand.svg": lambda: plot.kernel_stamps([[1, 2], [3, 4]], [[5, 6], [7, 8]], stride=2),
    "conv_matrix_stride2.svg": lambda: plot.labelled_matrix((3, 3), (3, 3), stride=2, padding=1),
}
