"""Regions counted by linear programs: does a cell reach the other side of a line?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import linprog

from hwlib._core.types import AnyArray as Array
from hwlib.network import Layer, Network
from hwlib.regions._layers import merged_layers

_THINNEST = 1e-9  # radius of a ball that must fit into a region, in units of the box


def count_by_programs(network: Network, box: Sequence[tuple[Any, Any]]) -> int:
    """Number of regions in a box that hold a ball of radius 1e-9 times the box, depth first."""
    low, high = np.array([[float(end) for end in pair] for pair in box]).T
    scale = (high - low).max()
    eye = np.eye(network.inputs)
    rows, limits = np.vstack([eye, -eye]), np.concatenate([high, -low])  # rows @ x <= limits
    layers = merged_layers(network.as_floats())[:-1]
    start = np.hstack([eye, np.zeros((network.inputs, 1))])
    return _count(rows, limits, (low + high) / 2, start, layers, _THINNEST * scale)


def _count(rows: Array, limits: Array, inside: Array, maps: Array, layers: list[Layer], thinnest: float) -> int:
    """``maps`` is what enters the first of the layers on this cell, ``(inputs, d + 1)``."""
    if not layers:
        return 1
    layer, *rest = layers
    sums = layer.weight @ maps
    sums[:, -1] += layer.bias
    cells = [(rows, limits, inside)]
    for row in sums:
        for point in layer.activation.points(exact=False):
            line = np.append(row[:-1], row[-1] - point)
            cells = [part for cell in cells for part in _sides(*cell, line, thinnest)]
    total = 0
    slopes, intercepts = layer.activation.coefficients(exact=False)
    for rows, limits, inside in cells:
        piece = layer.activation.piece(sums[:, :-1] @ inside + sums[:, -1])
        mapped = sums * slopes[piece][:, None]
        mapped[:, -1] += intercepts[piece]
        total += _count(rows, limits, inside, mapped, rest, thinnest)
    return total


def _sides(rows: Array, limits: Array, inside: Array, line: Array, thinnest: float) -> list[tuple[Array, Array, Array]]:
    """The cell itself, or its parts on both sides of a line; each with a point inside."""
    size = np.linalg.norm(line[:-1])
    if size == 0:
        return [(rows, limits, inside)]
    found = []
    for sign in (1.0, -1.0):  # sign * (line @ x + c) >= 0
        a, b = np.vstack([rows, -sign * line[:-1] / size]), np.append(limits, sign * line[-1] / size)
        # The largest ball: centre x and radius r with a @ x + r <= b, as all rows have length 1.
        answer = linprog(
            np.append(np.zeros(len(inside)), -1.0),
            np.hstack([a, np.ones((len(a), 1))]),
            b,
            bounds=[(None, None)] * len(inside) + [(0, None)],
        )
        if answer.x is not None and answer.status == 0 and answer.x[-1] > thinnest:
            found.append((a, b, answer.x[:-1]))
    return found if len(found) == 2 else [(rows, limits, inside)]
