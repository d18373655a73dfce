"""Handwritten digits that scikit-learn brings along: real images for where there is no network."""

from __future__ import annotations

import numpy as np

from hwlib._core.optional import require
from hwlib.datasets._images import ImageSet


def digits() -> ImageSet:
    """1,797 handwritten digits of 8x8 pixels, from scikit-learn; nothing is downloaded.

    They are the test part of Alpaydin and Kaynak's *Optical Recognition of Handwritten Digits* (UCI repository, 1998),
    written by 13 people. Their grey levels, 0 to 16, are stretched to 0 to 255.

    Returns:
        Images ``(1797, 1, 8, 8)`` with labels from 0 to 9.

    Raises:
        ImportError: if scikit-learn is not installed; the error says how to install it.

    Chapter: *A perfect fit is easy, and not the goal*.

    Example:
        >>> digits()
        ImageSet(1797 images of 1x8x8, 10 classes)
    """
    found = require("sklearn.datasets").load_digits()
    levels = np.rint(found.images * (255 / 16)).astype(np.uint8)
    return ImageSet(levels[:, None], found.target, tuple("0123456789"))
