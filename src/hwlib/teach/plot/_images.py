"""Photographs and feature maps side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hwlib.teach.plot._figure import ThemedFigure, figure, panels, plain, rows_of


def image_row(images: Mapping[str, npt.ArrayLike]) -> ThemedFigure:
    """Draw images side by side, each under its title.

    Args:
        images: title to image: ``(h, w)`` drawn in grey from its least to its largest value (a signed image
            symmetrically, zero in mid-grey), or ``(h, w, 3)`` in colour.

    Returns:
        One panel an image.

    Raises:
        ValueError: if there is no image.

    Example:
        >>> [axes.get_title() for axes in image_row({"dark": [[0, 0]], "signed": [[-1, 1]]}).axes]
        ['dark', 'signed']
    """
    if not images:
        raise ValueError("images is empty: accepted are one or more titles with an image each")
    arrays = {title: np.asarray(image) for title, image in images.items()}
    height, width = next(iter(arrays.values())).shape[:2]
    rows = rows_of(len(arrays), 2.7)
    drawn = figure(2.7 * -(-len(arrays) // rows), rows * (2.7 * height / width + 0.3))
    for axes, (title, array) in zip(panels(drawn, len(arrays), rows=rows), arrays.items(), strict=True):
        limit = np.abs(array).max()
        low = -limit if array.min() < 0 else array.min()
        plain(axes, title).imshow(array, cmap="gray", vmin=low, vmax=limit, interpolation="nearest")
    return drawn
