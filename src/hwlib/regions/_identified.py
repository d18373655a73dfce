"""Regions that a network maps onto one and the same set."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import NetworkLike, as_network
from hwlib.regions._domain import Box, read_box
from hwlib.regions._enumerate import enumerate_regions


@dataclass(frozen=True, eq=False, repr=False)
class Identified:
    """A region with its bijection onto the target box: x goes to ``weight @ x + bias``.

    Attributes:
        corners: ``(m, d)``, Fractions.
        weight: ``(d, d)``, invertible, Fractions.
        bias: ``(d,)``, Fractions.
    """

    corners: Array
    weight: Array
    bias: Array

    def __repr__(self) -> str:
        return f"Identified({len(self.corners)} corners, weight {_text(self.weight)}, bias {_text(self.bias)})"

    def preimage(self, y: Sequence[Fraction | int | float]) -> Array:
        """The one point of the region that is mapped to y, exactly.

        Args:
            y: ``(d,)``, in the target box.

        Returns:
            The point, ``(d,)``, as Fractions.
        """
        import sympy

        matrix = sympy.Matrix(self.weight.shape[0], self.weight.shape[1], list(map(_rational, self.weight.ravel())))
        right = sympy.Matrix([_rational(Fraction(a) - b) for a, b in zip(y, self.bias, strict=True)])
        return np.array([Fraction(int(x.p), int(x.q)) for x in matrix.LUsolve(right)], dtype=object)


def identified_regions(network: NetworkLike, *, box: Box, target: Box) -> list[Identified]:
    """The activation regions in a box that a network maps one to one onto a target box.

    A region counts only if it is an activation region, as :func:`enumerate_regions` finds them. Where a unit switches
    and the function stays affine, one set that is mapped onto the target may be two such regions, and is not found:
    relu(x) - relu(-x) is x, and maps (-1, 1) onto itself, but 0 divides it. The number is then too small.

    An affine map with an invertible matrix maps a region onto the target if and only if it maps the corners of the
    one to the corners of the other. All of it is computed in Fractions.

    Args:
        network: as many outputs as inputs.
        box: ``(low, high)`` for each input.
        target: ``(low, high)`` for each output.

    Returns:
        The regions with their bijections. To each point of the target the network maps one point of every region.

    Raises:
        ValueError: if inputs and outputs are not equally many, or a box does not fit.

    Source: problems ``depth-one-layer`` and ``depth-composition``; chapter *Depth folds space*.

    Example:
        >>> from hwlib.network import folding_network
        >>> found = identified_regions(folding_network(1), box=[(0, 1)], target=[(0, 1)])
        >>> sorted((str(min(region.corners.ravel())), int(region.weight[0, 0])) for region in found)
        [('0', -2), ('1/2', 2)]
        >>> from hwlib.network import Network
        >>> identity = Network.from_arrays([([[1], [-1]], None), ([[1, -1]], None)])
        >>> identified_regions(identity, box=[(-1, 1)], target=[(-1, 1)])
        []
    """
    network = as_network(network)
    if network.outputs != network.inputs:
        raise ValueError(
            f"a network from {network.inputs} to {network.outputs} numbers: accepted are as many outputs as inputs"
        )
    sides = read_box(network.outputs, target, name="target")
    wanted = set(itertools.product(*((Fraction(low), Fraction(high)) for low, high in sides)))
    found = []
    for region in enumerate_regions(network, box=box, exact=True):
        images = region.corners @ region.weight.T + region.bias
        corners = {tuple(row) for row in images.tolist()}
        if corners == wanted and len(images) == len(corners):  # different corners: the matrix is invertible
            found.append(Identified(region.corners, region.weight, region.bias))
    return found


def _text(array: Array) -> str:
    """Fractions as one writes them, or the shape where there are many."""
    if array.size > 9:
        return f"of shape {array.shape}"
    return f"[{', '.join(_text(row) for row in array)}]" if array.ndim > 1 else f"[{', '.join(map(str, array))}]"


def _rational(value: Fraction) -> Any:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)
