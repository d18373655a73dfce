"""Regions one cell at a time, in any dimension, by corners in float64.

The idea is that of :mod:`hwlib.regions.exact`, for lines in general position: two corners span an edge if they share
d - 1 facets. Corners are homogeneous, (p, t): the point p for t = 1, the direction p for t = 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Layer
from hwlib.regions._numpy._lines import LayerLines
from hwlib.regions._shapes import FloatCell, InDoubtError


def float_cells(starts: Iterable[FloatCell], layers: Sequence[Layer], *, depth: int = 0) -> Iterator[FloatCell]:
    """The regions within cells, depth first, in general position; raises :class:`InDoubtError` where signs are.

    The first ``depth`` layers have cut the cells already.
    """
    lines = [LayerLines(layer) for layer in layers]
    for cell in starts:
        values, t = cell.corners[:, :-1], cell.corners[:, -1]
        for layer in lines[:depth]:
            values = layer.outputs(layer.heights(values, t), t)
        yield from _through(cell, values, lines[depth:])


def _through(cell: FloatCell, values: Array, layers: Sequence[LayerLines]) -> Iterator[FloatCell]:
    if not layers:
        yield cell
        return
    layer, *rest = layers
    t = cell.corners[:, -1]
    heights = layer.heights(values, t)
    least = layer.margins(values, t)
    pieces = [(cell.corners, cell.facets, heights)]
    lines = np.flatnonzero(layer.lines)
    if (np.abs(heights) <= least)[:, lines].any():
        raise InDoubtError
    for line in lines[(heights[:, lines] > 0).any(axis=0) & (heights[:, lines] < 0).any(axis=0)]:
        pieces = [half for piece in pieces for half in _split(*piece, line, layer, least.max(axis=0))]
    for corners, facets, above in pieces:
        positive = (above > 0).any(axis=0)
        pattern = positive.reshape(-1, layer.per_neuron).sum(axis=1, dtype=np.int8)
        part = FloatCell(corners, facets, (*cell.pattern, pattern))
        yield from _through(part, layer.outputs(above, corners[:, -1]), rest)


def _split(
    corners: Array, facets: Array, heights: Array, line: int, layer: LayerLines, least: Array
) -> list[tuple[Array, Array, Array]]:
    signed = heights[:, line]
    above, below = np.flatnonzero(signed > 0), np.flatnonzero(signed < 0)
    if not len(above) or not len(below):
        return [(corners, facets, heights)]
    shared = facets[above].astype(np.float32) @ facets[below].T.astype(np.float32)
    p, q = np.nonzero(shared == corners.shape[1] - 2)
    p, q = above[p], below[q]
    share = signed[p] / (signed[p] - signed[q])  # of q
    new_corners = corners[p] + share[:, None] * (corners[q] - corners[p])
    new_heights = heights[p] + share[:, None] * (heights[q] - heights[p])
    scale = np.where(new_corners[:, -1:] > 0, new_corners[:, -1:], 1)
    if (scale != 1).any():
        new_corners, new_heights = new_corners / scale, new_heights / scale
    layer.settle(new_heights, np.full(len(p), line))
    # Lines of this layer that both ends lie on pass through the new corner as well.
    own = (heights[p] == 0) & (heights[q] == 0)
    new_heights[own] = 0
    own[:, line] = True
    if ((np.abs(new_heights) <= least) & ~own)[:, layer.lines].any():
        raise InDoubtError
    column = np.zeros((len(corners), 1), bool)
    old = np.hstack([facets, column])
    new = np.hstack([facets[p] & facets[q], np.ones((len(p), 1), bool)])
    halves = []
    for side in (above, below):
        kept = np.concatenate([old[side], new])
        used = kept.any(axis=0)
        halves.append(
            (
                np.concatenate([corners[side], new_corners]),
                kept[:, used],
                np.concatenate([heights[side], new_heights]),
            )
        )
    return halves
