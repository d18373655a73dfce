"""Convex polygons, cut exactly when their corners are exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
