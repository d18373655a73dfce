"""Regions that a network maps onto one and the same set."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib.network import Network
from hwlib.regions._enumerate import Box, enumerate_regions

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
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


def identified_regions(network: Network, *, box: Box, target: Box) -> list[Identified]:
    """The regions in a box that a network maps one to one onto a target box.

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
        >>> found = identified_regions(folding_network(1, 1), box=[(0, 1)], target=[(0, 1)])
        >>> sorted((str(min(region.corners.ravel())), int(region.weight[0, 0])) for region in found)
        [('0', -2), ('1/2', 2)]
    """
    if network.outputs != network.inputs or len(target) != network.outputs:
        raise ValueError(
            f"a network from {network.inputs} to {network.outputs} numbers and a target of {len(target)}: "
            "accepted are equally many"
        )
    wanted = set(itertools.product(*((Fraction(low), Fraction(high)) for low, high in target)))
    found = []
    for region in enumerate_regions(network, box=box, exact=True):
        images = region.corners @ region.weight.T + region.bias
        corners = {tuple(row) for row in images.tolist()}
        if corners == wanted and len(images) == len(corners):  # different corners: the matrix is invertible
            found.append(Identified(region.corners, region.weight, region.bias))
    return found


def folding_network(layers: int, dimension: int, *, activation: str = "abs") -> Network:
    """The network of the folding problems: x becomes ``|2x - 1|`` in every coordinate, several times.

    Args:
        layers: how often, at least once.
        dimension: number d of coordinates.
        activation: ``"abs"``, d neurons a layer; or ``"relu"``, 2d neurons a layer, by ``|z| = relu(z) + relu(-z)``.

    Returns:
        The network, in Fractions.

    Raises:
        ValueError: if a number is not positive, or the activation is another one.

    Source: problem ``depth-folding``; chapter *Depth folds space*.

    Example:
        >>> folding_network(2, 1)([Fraction(1, 8), Fraction(1, 2)]).tolist()
        [Fraction(1, 2), Fraction(1, 1)]
    """
    if layers < 1 or dimension < 1:
        raise ValueError(f"layers={layers}, dimension={dimension}: accepted are whole numbers of at least 1")
    eye, ones = np.eye(dimension, dtype=int), np.ones(dimension, dtype=int)
    if activation == "abs":
        arrays = [(2 * eye, -ones)] * layers + [(eye, 0 * ones)]
    elif activation == "relu":
        both, joined = np.vstack([2 * eye, -2 * eye]), np.hstack([eye, eye])
        bias = np.concatenate([-ones, ones])
        arrays = [(both, bias)] + [(both @ joined, bias)] * (layers - 1) + [(joined, 0 * ones)]
    else:
        raise ValueError(f"activation={activation!r}: accepted are 'abs' and 'relu'")
    return Network.from_arrays(arrays, activation=activation).as_fractions()


def _rational(value: Fraction) -> Any:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)
