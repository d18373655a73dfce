"""Where regions are looked for: a box, a convex polygon, or all of input space."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray
from hwlib.regions._shapes import Faces, FloatCell, InDoubtError, float_corner
from hwlib.regions.exact import Cell, box_cell, primitive, whole_space

Box = Sequence[tuple[Any, Any]] | AnyArray
Number = int | float | Fraction
Limits = list[tuple[Number, Number]]


@dataclass(frozen=True)
class Domain:
    """A part of input space.

    Attributes:
        inputs: its dimension.
        box: ``(low, high)`` for each input, if it is a box.
        polygon: corners, counter-clockwise, if it is a polygon; without one and without a box it is everything.
    """

    inputs: int
    box: Limits | None = None
    polygon: Cell | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all of space."""
        return self.box is None and self.polygon is None

    def cells(self) -> list[Cell]:
        """It as cells of whole numbers: one, or a fan of cones."""
        if self.polygon is not None:
            return [self.polygon]
        return whole_space(self.inputs) if self.box is None else [box_cell(self.box)]

    def float_cells(self) -> list[FloatCell]:
        """It as cells of floats."""
        cells = [FloatCell.of(cell) for cell in self.cells()]
        if self.whole:  # move the middle of the fan, so that no line passes through it
            for cell in cells:
                cell.corners[:, :-1] += cell.corners[:, -1:] * (0.1234567 + 0.1 * np.arange(self.inputs))
        return cells

    def faces(self) -> Faces:
        """It as faces of the plane: one, or three."""
        if self.box is not None:
            (left, right), (low, high) = ((float(a), float(b)) for a, b in self.box)
            if left == right or low == high:
                raise InDoubtError  # thinner than floats can tell
            corners = [[left, low, 1.0], [right, low, 1.0], [right, high, 1.0], [left, high, 1.0]]
            return Faces(np.array(corners), np.arange(4), np.array([0, 4]), [])
        if self.polygon is not None:
            corners = [float_corner(corner) for corner in self.polygon.corners]
            return Faces(np.array(corners), np.arange(len(corners)), np.array([0, len(corners)]), [])
        # Three cones around a point, in directions that weights hardly have.
        centre, angles = (0.1234567, 0.7654321), 0.4321 + np.arange(3) * 2 * np.pi / 3
        rays = [(*centre, 1.0), *((np.cos(angle), np.sin(angle), 0.0) for angle in angles)]
        return Faces(np.array(rays), np.array([0, 1, 2, 0, 2, 3, 0, 3, 1]), np.array([0, 3, 6, 9]), [])


def read_domain(inputs: int, *, box: Box | None, polygon: npt.ArrayLike | None = None) -> Domain:
    """What a user means by a box and a polygon."""
    limits = None if box is None else read_box(inputs, box)
    if polygon is None:
        return Domain(inputs, limits)
    corners = np.asarray(polygon, dtype=object)
    if limits is not None or inputs != 2 or corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(
            f"polygon {corners.shape} for {inputs} inputs{' and a box' if limits is not None else ''}: "
            "accepted are three or more corners (m, 2) for two inputs, and no box"
        )
    return Domain(inputs, polygon=_convex_polygon(polygon, corners.tolist()))


def read_box(inputs: int, box: Box, *, name: str = "box") -> Limits:
    """Checked limits, of floats, whole numbers and Fractions."""
    try:
        limits = [(_number(low), _number(high)) for low, high in box]
        sound = all(math.isfinite(float(low)) and math.isfinite(float(high)) and low < high for low, high in limits)
    except (TypeError, ValueError, OverflowError):
        sound, limits = False, []
    if not sound or len(limits) != inputs:
        raise ValueError(f"{name}={box!r}: accepted are {inputs} pairs (low, high) of finite numbers, low < high")
    return limits


def _number(value: Any) -> Number:
    """A number as Python has it: NumPy's whole numbers would overflow in Fractions, its floats are none of theirs."""
    if isinstance(value, int | float | Fraction):
        return value
    if isinstance(value, str):
        raise TypeError
    try:
        exact = Fraction(value)
    except TypeError:
        return float(value)
    return Fraction(int(exact.numerator), int(exact.denominator))


def _convex_polygon(polygon: npt.ArrayLike, corners: list[list[Any]]) -> Cell:
    accepted = f"polygon={polygon!r}: accepted are the corners of a convex polygon, in order"
    try:
        points = [(Fraction(_number(x)), Fraction(_number(y))) for x, y in corners]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(accepted) from None
    steps = [(c - a, d - b) for (a, b), (c, d) in itertools.pairwise([*points, points[0]])]
    turns = [a * d - b * c for (a, b), (c, d) in itertools.pairwise([*steps, steps[0]])]
    once_round = sum((b < 0) != (d < 0) for (_, b), (_, d) in itertools.pairwise([*steps, steps[0]])) <= 2
    if not (min(turns) > 0 or max(turns) < 0) or not once_round:
        raise ValueError(accepted)
    if max(turns) < 0:
        points.reverse()
    count = len(points)
    return Cell([primitive(point) for point in points], [1 << k | 1 << (k - 1) % count for k in range(count)])
