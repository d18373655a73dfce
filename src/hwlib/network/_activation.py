"""Continuous piecewise linear functions of one number, as activations.

Each is known by its breakpoints and by the slope and the intercept of each of its pieces.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hwlib._core.arrays import as_array, whole_array
from hwlib._core.exact import as_reals, plain
from hwlib._core.types import AnyArray, Number, Numbers

__all__ = ["Activation", "hard_tanh", "leaky_relu", "named_activation"]


@dataclass(frozen=True)
class Activation:
    """A continuous piecewise linear function of one number, applied to each entry.

    Piece ``i`` lies between breakpoints ``i - 1`` and ``i`` and is ``slopes[i] * z + intercepts[i]``; a breakpoint
    belongs to the piece on its left, as for the usual "active where z > 0".

    Attributes:
        name: what messages call it.
        breakpoints: where pieces meet, in increasing order; none for an affine function.
        slopes: one more than there are breakpoints.
        intercepts: as many as slopes.

    Raises:
        ValueError: if the numbers do not fit together, or if the pieces do not meet at a breakpoint.

    Example:
        >>> hat = Activation("hat", (0, 1), (0, 1, -1), (0, 0, 2))
        >>> hat([-3, 1, 5]).tolist()
        [0.0, 1.0, -3.0]
    """

    name: str
    breakpoints: tuple[Number, ...]
    slopes: tuple[Number, ...]
    intercepts: tuple[Number, ...]

    def __post_init__(self) -> None:
        for name in ("breakpoints", "slopes", "intercepts"):
            given = as_array(name, getattr(self, name))
            if as_reals(f"{name} of activation {self.name!r}", given).ndim != 1:
                raise ValueError(f"{name}={getattr(self, name)!r}: accepted are numbers in a row")
            object.__setattr__(self, name, tuple(given.tolist()))
        counts = (len(self.breakpoints), len(self.slopes), len(self.intercepts))
        if counts[1] != counts[0] + 1 or counts[2] != counts[1]:
            raise ValueError(
                f"activation {self.name!r} has {counts[0]} breakpoints, {counts[1]} slopes and {counts[2]} intercepts: "
                "accepted are one slope and one intercept more than breakpoints"
            )
        if any(right <= left for left, right in itertools.pairwise(self.breakpoints)):
            raise ValueError(f"breakpoints={self.breakpoints}: accepted are numbers in increasing order")
        pieces = itertools.pairwise(zip(self.slopes, self.intercepts, strict=True))
        for point, ((a, b), (c, d)) in zip(self.breakpoints, pieces, strict=True):
            left, right = (float(slope) * float(point) + float(intercept) for slope, intercept in ((a, b), (c, d)))
            if abs(left - right) > 1e-12 * (1 + abs(left)):  # more than rounding of floats leaves
                raise ValueError(
                    f"activation {self.name!r} jumps at {point} from {left:g} to {right:g}; accepted: pieces meet"
                )

    def __call__(self, z: Numbers) -> Any:
        """Values at z.

        Args:
            z: real numbers, of any shape.

        Returns:
            Of the same shape: Fractions if there is one in z, else float64.

        Raises:
            ValueError: if z holds something else than finite real numbers.

        Example:
            >>> named_activation("abs")([-2.0, 3.0])
            array([2., 3.])
        """
        return self.on_pieces(z, self.piece(z))

    def piece(self, z: Numbers) -> Any:
        """Number of the piece that each entry of z lies on.

        Args:
            z: real numbers, of any shape.

        Returns:
            Of the same shape, whole numbers that count from 0 on the far left.

        Raises:
            ValueError: if z holds something else than finite real numbers.

        Example:
            >>> named_activation("relu").piece([-1, 0, 1]).tolist()
            [0, 0, 1]
        """
        values = as_reals("z", z)
        found = np.zeros(values.shape, np.int8)
        for point in self.points(exact=values.dtype == object):
            found += values > point
        return found

    def on_pieces(self, z: Numbers, piece: Numbers) -> Any:
        """Values at z of given pieces, which are continued beyond their breakpoints.

        Args:
            z: real numbers, of any shape.
            piece: number of a piece for each, of the same shape or one that fits.

        Returns:
            Of the common shape.

        Raises:
            ValueError: if z holds something else than finite real numbers, or there is no such piece.

        Example:
            >>> named_activation("relu").on_pieces([-3.0, 3.0], [1, 0]).tolist()
            [-3.0, 0.0]
        """
        values, number = as_reals("z", z), whole_array("piece", piece)
        if number.size and not (number.min() >= 0 and number.max() < len(self.slopes)):
            raise ValueError(f"piece from {number.min()} to {number.max()}: accepted are 0 to {len(self.slopes) - 1}")
        slopes, intercepts = self.coefficients(exact=values.dtype == object)
        return plain(np.asarray(slopes[number] * values + intercepts[number]))

    def points(self, *, exact: bool) -> AnyArray:
        """Breakpoints as an array.

        Args:
            exact: as Fractions, floats at their exact value, or as float64.

        Returns:
            ``(pieces - 1,)``, not to be written to.

        Example:
            >>> hard_tanh().points(exact=False)
            array([-1.,  1.])
        """
        return self._arrays[exact][0]

    def coefficients(self, *, exact: bool) -> tuple[AnyArray, AnyArray]:
        """Slopes and intercepts as two arrays.

        Args:
            exact: as Fractions, floats at their exact value, or as float64.

        Returns:
            ``(pieces,)`` each, not to be written to.

        Example:
            >>> hard_tanh().coefficients(exact=False)
            (array([0., 1., 0.]), array([-1.,  0.,  1.]))
        """
        _, slopes, intercepts = self._arrays[exact]
        return slopes, intercepts

    @cached_property
    def _arrays(self) -> dict[bool, tuple[AnyArray, AnyArray, AnyArray]]:
        def made(name: str, exact: bool) -> AnyArray:
            array = as_reals(name, getattr(self, name), exact=exact)
            array.setflags(write=False)
            return array

        return {
            exact: (made("breakpoints", exact), made("slopes", exact), made("intercepts", exact))
            for exact in (False, True)
        }


def leaky_relu(slope: Number = 0.01) -> Activation:
    """max(z, 0) + slope * min(z, 0).

    Args:
        slope: slope of the left piece.

    Returns:
        The activation.

    Raises:
        ValueError: if the slope is not finite.

    Example:
        >>> leaky_relu(0.5)([-2.0, 2.0]).tolist()
        [-1.0, 2.0]
    """
    return Activation("leaky_relu", (0,), (slope, 1), (0, 0))


def hard_tanh(low: Number = -1, high: Number = 1) -> Activation:
    """Cuts off below ``low`` and above ``high``.

    Args:
        low: least value.
        high: largest value.

    Returns:
        The activation.

    Raises:
        ValueError: if ``low`` is not less than ``high``.

    Example:
        >>> hard_tanh()([-2.0, 0.5, 2.0]).tolist()
        [-1.0, 0.5, 1.0]
    """
    return Activation("hard_tanh", (low, high), (0, 1, 0), (low, 0, high))


IDENTITY = Activation("identity", (), (1,), (0,))
NAMED = {
    "relu": Activation("relu", (0,), (0, 1), (0, 0)),
    "leaky_relu": leaky_relu(),
    "abs": Activation("abs", (0,), (-1, 1), (0, 0)),
    "hard_tanh": hard_tanh(),
    "identity": IDENTITY,
}


def named_activation(activation: str | Activation) -> Activation:
    """The activation of a name.

    Args:
        activation: ``"relu"``, ``"leaky_relu"`` (slope 0.01), ``"abs"``, ``"hard_tanh"`` or ``"identity"``; an
            :class:`Activation` is returned as it is.

    Returns:
        The activation.

    Raises:
        ValueError: if there is none of that name.

    Example:
        >>> named_activation("relu").breakpoints
        (0,)
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str) or activation not in NAMED:
        raise ValueError(f"activation={activation!r}: accepted are {', '.join(map(repr, NAMED))} and an Activation")
    return NAMED[activation]
