"""Explorer of the chapter *Depth folds space*."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import Layer, Network, folding_network
from hwlib.regions import Regions, enumerate_regions
from hwlib.teach._theme import weight_colour
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._regions import regions_above
from hwlib.teach.explore._svg import count

if TYPE_CHECKING:
    import ipywidgets


def folding_explorer(
    *,
    layers: Sequence[int] = (1, 2, 3),
    angles: Sequence[int] = (0, 15, 30, 45),
    places: Sequence[str] = ("1/8", "3/8", "5/8", "7/8"),
) -> ipywidgets.VBox:
    """Folds of the plane, turned by an angle: all regions, and all points that reach one output.

    Args:
        layers: how often the plane is folded.
        angles: by how many degrees the input is turned before.
        places: first coordinate of the output point; the second is one quarter.

    Returns:
        The explorer; it needs no kernel.

    Example:
        >>> len(folding_explorer(layers=(1,), angles=(0,), places=("1/4",)).children)
        5
    """

    def frame(number: int, angle: int, place: str) -> str:
        turn = np.array(
            [
                [np.cos(np.radians(angle)), -np.sin(np.radians(angle))],
                [np.sin(np.radians(angle)), np.cos(np.radians(angle))],
            ]
        )
        found = _turned_fold(number, turn)
        target = np.array([float(Fraction(place)), 0.25])
        points = _preimages(found, target)
        say = (
            f"{count(number, 'fold')}, turned by {angle} degrees: {len(found)} regions. "
            f"The output ({place}, 1/4) is reached from {len(points)} points, one in each region."
        )
        return regions_above(found, _tint(found), say, points)

    return frame_explorer({"folds": list(layers), "angle": list(angles), "output": list(places)}, frame)


def _turned_fold(folds: int, turn: AnyArray) -> Regions:
    """Regions of the fold in the square that the turned unit square fits into, its middle kept."""
    first, *rest = folding_network(folds, 2).as_floats().layers
    middle = np.array([0.5, 0.5])
    weight = first.weight @ turn
    network = Network([Layer(weight, first.weight @ middle + first.bias - weight @ middle, first.activation), *rest])
    return enumerate_regions(network, box=[(-0.25, 1.25)] * 2)


def _preimages(found: Regions, target: AnyArray) -> list[AnyArray]:
    weights, biases = found.affine_maps
    return [np.linalg.solve(weight, target - bias) for weight, bias in zip(weights, biases, strict=True)]


def _tint(found: Regions) -> list[str]:
    """Colour by the pattern: regions that differ in one neuron take different ones."""
    flat = np.concatenate(found.patterns, axis=1).astype(int)
    number = flat @ (1 + np.arange(flat.shape[1]))
    return [weight_colour(int(n) % 4, int(n) // 4 % 4, 4) for n in number]
