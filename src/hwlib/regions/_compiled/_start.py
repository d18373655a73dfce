"""The engine of machine code: compiled, or loaded from the disk, when it is started."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numba
import numpy as np

from hwlib._core.types import Array, Integers
from hwlib.network import Layer
from hwlib.regions._compiled import _cells, _made, _plane
from hwlib.regions._compiled._lines import as_numbers, by_layer
from hwlib.regions._numpy import NumpyEngine
from hwlib.regions._shapes import Faces, FloatCell, InDoubtError, pack, patterns, unpack


class CompiledEngine:
    """What numba makes of three functions; see :class:`hwlib.regions._engine.Engine`."""

    name = "numba"

    def __init__(self) -> None:
        _keep_freed_memory()
        if _made.is_made():
            self._compile(_made.code_folder())
        else:
            with _made.being_made() as folder:
                self._compile(folder)

    def _compile(self, folder: Path | None) -> None:
        """With a folder, numba looks for the code there first, and leaves it there."""
        others, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder or "")
        try:
            self._subdivide, self._maps, self._regions = (
                numba.njit(signature, cache=folder is not None)(function)
                for signature, function in (
                    (_plane.SUBDIVIDE, _plane.subdivide),
                    (_plane.MAPS, _plane.maps),
                    (_cells.REGIONS, _cells.regions),
                )
            )
        finally:
            numba.config.CACHE_DIR = others

    def plane(self, faces: Faces, layers: Sequence[Layer]) -> tuple[Faces, Array]:
        """Face by face."""
        if len(layers) == 1:
            return NumpyEngine().plane(faces, layers)
        points, outputs, ring, start, positive, _ = self._cut(faces, layers, counting=False)
        return Faces(points, ring, start, by_layer(positive, layers[:-1])), outputs

    def count(self, faces: Faces, layers: Sequence[Layer]) -> int:
        """The same, without drawing the faces of the last cut."""
        *_, number = self._cut(faces, layers, counting=True)
        return int(number)

    def _cut(self, faces: Faces, layers: Sequence[Layer], *, counting: bool) -> Any:
        ring, start = faces.ring.astype(np.int64, copy=False), faces.start.astype(np.int64, copy=False)
        found = self._subdivide(faces.points, ring, start, *as_numbers(layers), counting)
        if found[-1] < 0:
            raise InDoubtError
        return found

    def maps(self, points: Array, ring: Integers, start: Integers, outputs: Array) -> tuple[Array, Array, Array]:
        """By the largest triangle at the first corner of each face."""
        numbers = ring.astype(np.int64, copy=False), start.astype(np.int64, copy=False)
        found: tuple[Array, Array, Array] = self._maps(
            np.ascontiguousarray(points), *numbers, np.ascontiguousarray(outputs)
        )
        return found

    def cells(self, starts: Iterable[FloatCell], layers: Sequence[Layer], *, depth: int = 0) -> Iterator[FloatCell]:
        """Layer by layer within each of the cells."""
        if not layers[depth:]:
            yield from starts
            return
        shapes, numbers = as_numbers(layers)
        lines = int((shapes[:, 0] * shapes[:, 2]).sum())
        for cell in starts:
            before = cell.facets.shape[1]
            marks = pack(np.pad(cell.facets, [(0, 0), (0, lines)]))
            corners = np.ascontiguousarray(cell.corners)
            begin, corners, marks, positive, safe = self._regions(corners, marks, before, shapes, numbers, depth)
            if not safe:
                raise InDoubtError
            facets = unpack(marks, before + lines)
            made = patterns(by_layer(positive, layers[depth:]), layers[depth:])
            for number, (a, b) in enumerate(itertools.pairwise(begin)):
                pattern = (*cell.pattern, *(pieces[number] for pieces in made))
                yield FloatCell(corners[a:b], facets[a:b], pattern)


def _keep_freed_memory() -> None:
    """Have the C library keep memory that is freed, for the next call.

    Work on a hundred thousand regions takes and frees arrays of megabytes. Linux's glibc gives a freed block back to
    the system if it is large, and every page that is taken anew costs more than the work on it. How large is large
    follows the largest block that was ever freed, so one such block is enough; nothing is ever written into it.
    """
    np.empty(2**22 - 2**16)
