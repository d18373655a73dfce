"""Regions in NumPy: nothing to install and nothing to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hwlib._core.types import Array, Integers
from hwlib.network import Layer
from hwlib.regions._numpy import _cells, _plane
from hwlib.regions._shapes import Faces, FloatCell


class NumpyEngine:
    """The engine that is always there; see :class:`hwlib.regions._engine.Engine`."""

    name = "numpy"

    def plane(self, faces: Faces, layers: Sequence[Layer]) -> tuple[Faces, Array]:
        """Layer by layer, all faces at once."""
        return _plane.subdivide(faces, layers)

    def count(self, faces: Faces, layers: Sequence[Layer]) -> int:
        """The same, without the faces of the last cut."""
        return _plane.count(faces, layers)

    def maps(self, points: Array, ring: Integers, start: Integers, outputs: Array) -> tuple[Array, Array, Array]:
        """By the largest triangle at the first corner of each face."""
        return _plane.maps_by_corners(points, ring, start, outputs)

    def cells(self, starts: Iterable[FloatCell], layers: Sequence[Layer], *, depth: int = 0) -> Iterator[FloatCell]:
        """Depth first."""
        return _cells.float_cells(starts, layers, depth=depth)
