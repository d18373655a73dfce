"""Where on a ray the class changes: exactly for a piecewise linear network, between samples for any model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.arguments import positive, whole
from hwlib._core.arrays import as_numbers
from hwlib._core.exact import as_reals
from hwlib._core.types import Number, Numbers
from hwlib.network import Layer, Network, NetworkLike, as_network, named_activation
from hwlib.pieces import PiecewiseLinear, pieces_of
from hwlib.regions import slice_network

if TYPE_CHECKING:
    import torch

__all__ = ["BoundaryBracket", "BoundaryDistance", "boundary_bracket", "boundary_distance"]


@dataclass(frozen=True)
class BoundaryDistance:
    """Where a ray leaves a class of a piecewise linear network for the first time.

    Attributes:
        label: class with the highest score where the ray begins, the first of several.
        reached: class that catches up first; None if none does.
        step: at this multiple of the direction it does: the label has the highest score alone before it, and not
            there. Infinite if no class catches up; a Fraction if the network or the numbers were rational.
        distance: the same as a length.
        predicted: the length at which the tangent at the beginning predicts it.
        borders: how many borders of linear regions the ray crosses before.
    """

    label: int
    reached: int | None
    step: Number
    distance: float
    predicted: float
    borders: int


def boundary_distance(
    network: NetworkLike, x: Numbers, direction: Numbers, *, farthest: Number = math.inf
) -> BoundaryDistance:
    """The exact distance from an input to the nearest other class along a direction, for a piecewise linear network.

    On a ray such a network is a list of straight pieces, :func:`hwlib.pieces.pieces_of`, so that nothing is searched
    for: where another class catches up is solved for, piece by piece.

    Args:
        network: whatever :func:`hwlib.network.as_network` takes; its outputs are the scores, two or more.
        x: ``(inputs,)`` or any shape with as many numbers. With Fractions in the network, x or the direction the
            result is exact; otherwise it is exact but for rounding.
        direction: as many numbers, not all zero.
        farthest: how many times the direction to go at most.

    Returns:
        Where it happens first.

    Raises:
        ValueError: if the network is not piecewise linear, has one output only, or shapes do not fit.

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``.

    Example:
        >>> two_scores = [([[1], [1]], [0, -2]), ([[1, -2], [0, 0]], [1, 0])]  # 1 + relu(t) - 2 relu(t - 2), and 0
        >>> boundary_distance(two_scores, [0], [1])
        BoundaryDistance(label=0, reached=1, step=5.0, distance=5.0, predicted=inf, borders=1)
    """
    network = as_network(network)
    start, way = (as_numbers(name, value, exact=True).ravel() for name, value in (("x", x), ("direction", direction)))
    if network.outputs < 2:
        raise ValueError(
            f"{network} has one output: accepted are networks with a score for each of two or more classes"
        )
    if not (way != 0).any():
        raise ValueError("direction is zero: accepted is a direction to go in")
    if not math.isinf(farthest):
        positive("farthest", farthest)
    ray = slice_network(network, start, way)
    here = ray([as_reals("t", 0, exact=ray.exact).item()])
    label = int(np.argmax(here))
    length = math.sqrt(sum(entry * entry for entry in way.tolist()))
    first: Number = math.inf
    reached, predicted, knots = None, math.inf, set[Number]()
    for other in range(network.outputs):
        if other != label:
            lead = pieces_of(_difference(ray, label, other), 0, farthest)
            knots.update(lead.knots.tolist())
            caught = _first_not_positive(lead)
            if caught < first:
                first, reached = caught, other
            slope, gap = lead.slopes[0], lead.intercepts[0]
            predicted = min(predicted, float(-gap / slope) if slope < 0 else 0.0 if gap <= 0 else math.inf)
    borders = sum(knot < first for knot in knots)
    return BoundaryDistance(label, reached, first, float(first) * length, predicted * length, borders)


@dataclass(frozen=True)
class BoundaryBracket:
    """Between which two places on a ray a model was found to change its class.

    What is known is what was computed: at ``inside`` the model gives the label, at ``outside`` another class, and at
    all samples before it gives the label. An interval of another class between two samples can have been missed, so
    ``outside`` bounds the first change from above, and nothing here bounds it from below.

    Attributes:
        label: class where the ray begins.
        reached: class at ``outside``; None if all samples have the label.
        inside: a length; the model gives the label there.
        outside: a length; it gives another class there. Infinite if no sample does.
        spacing: length between two samples.
    """

    label: int
    reached: int | None
    inside: float
    outside: float
    spacing: float


def boundary_bracket(
    model: torch.nn.Module,
    image: torch.Tensor,
    direction: torch.Tensor,
    *,
    farthest: float,
    samples: int = 20,
    resolution: float = 1e-3,
) -> BoundaryBracket:
    """Where along a direction any model changes its class, as well as samples can tell.

    Args:
        model: from images to scores, ``(n, classes)``; it is not changed.
        image: ``(1, ...)``.
        direction: of the same shape, not zero. Nothing is cut off at the ends of the pixels' range.
        farthest: how many times the direction to go.
        samples: at so many places, evenly, the class is asked for; then the first change is halved in.
        resolution: width of the last bracket, as a share of ``farthest``.

    Returns:
        The last bracket.

    Raises:
        ValueError: if shapes do not fit, or a number is out of range.

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(1, 2).requires_grad_(False)
        >>> _ = model.weight.copy_(torch.tensor([[1.0], [-1.0]])), model.bias.zero_()
        >>> found = boundary_bracket(model, torch.tensor([[1.0]]), torch.tensor([[-1.0]]), farthest=4)
        >>> found.inside <= 1.0 <= found.outside
        True
    """
    from hwlib.saliency._scores import image_scores

    count, share = whole("samples", samples, least=1), positive("resolution", resolution)
    end = positive("farthest", farthest)
    if image.shape != direction.shape or len(image) != 1 or not 0 < float(direction.double().norm()) < math.inf:
        raise ValueError(
            f"image of shape {tuple(image.shape)} and direction of shape {tuple(direction.shape)}: accepted are "
            "(1, ...), the same for both, and a direction that is finite and not zero"
        )
    length = float(direction.double().norm())

    def label_at(step: float) -> int:
        return int(image_scores(model, image + step * direction)[0].argmax())

    label = label_at(0.0)
    inside, outside, reached = 0.0, math.inf, None
    for number in range(1, count + 1):
        step = end * number / count
        found = label_at(step)
        if found != label:
            outside, reached = step, found
            break
        inside = step
    while math.isfinite(outside) and outside - inside > share * end:
        middle = (inside + outside) / 2
        found = label_at(middle)
        if found == label:
            inside = middle
        else:
            outside, reached = middle, found
    return BoundaryBracket(label, reached, inside * length, outside * length, end / count * length)


def _difference(ray: Network, label: int, other: int) -> Network:
    """The lead of one class over another, as a network of one number."""
    row = np.zeros((1, ray.outputs))
    row[0, label], row[0, other] = 1, -1
    last = Layer(
        as_reals("weight", row, exact=ray.exact), as_reals("bias", [0], exact=ray.exact), named_activation("identity")
    )
    return Network([*ray.layers, last])


def _first_not_positive(lead: PiecewiseLinear) -> Number:
    """The first place where a function that begins at zero is not positive; infinite if there is none."""
    for piece in lead:
        start, end = piece.start, piece.end
        if piece.slope * start + piece.intercept <= 0:
            return start
        ahead = piece.slope < 0 if math.isinf(end) else piece.slope * end + piece.intercept <= 0
        if ahead:
            return min(max(0 - piece.intercept / piece.slope, start), end)
    return math.inf
