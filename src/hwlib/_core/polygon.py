"""Convex polygons, cut exactly when their corners are exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray

Corner = tuple[Any, Any]  # Fractions or floats


def clip(polygon: Sequence[Corner], heights: Sequence[Any]) -> list[Corner]:
    """Part of a polygon where an affine height, given at its corners, is not negative."""
    kept: list[Corner] = []
    for k, (corner, height) in enumerate(zip(polygon, heights, strict=True)):
        if height >= 0:
            kept.append(corner)
        after, next_height = polygon[(k + 1) % len(polygon)], heights[(k + 1) % len(polygon)]
        if height * next_height < 0:
            share = height / (height - next_height)
            kept.append((corner[0] + share * (after[0] - corner[0]), corner[1] + share * (after[1] - corner[1])))
    return kept


def half_plane(weights: Sequence[Any], bias: Any, box: Sequence[tuple[Any, Any]]) -> list[Corner]:
    """Corners of the part of a box ``[(low, high), (low, high)]`` where ``weights . x + bias`` is not negative."""
    (left, right), (bottom, top) = box
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    return clip(corners, [weights[0] * x + weights[1] * y + bias for x, y in corners])


def around(corners: AnyArray) -> AnyArray:
    """Corners ``(n, 2)`` of a convex polygon, in order."""
    x, y = (corners - corners.mean(axis=0)).T
    ordered: AnyArray = corners[np.argsort(np.arctan2(y, x))]
    return ordered
