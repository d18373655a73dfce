"""How far an image is from another class: exact for a linear classifier, a prediction for any other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.arrays import as_array, brief
from hwlib._core.exact import as_reals, has_fractions, plain
from hwlib._core.types import AnyArray, Number, Numbers
from hwlib.saliency._least_norm import least_norm

if TYPE_CHECKING:
    import torch

__all__ = ["LinearDistance", "linear_distance", "linear_prediction"]


@dataclass(frozen=True, repr=False, eq=False)
class LinearDistance:
    """The shortest way from an input of a linear classifier to another class.

    Attributes:
        label: class with the highest score at the input, the first of several.
        target: class that has the highest score at the end, alone or with others.
        perturbation: ``(inputs,)``, the way; it ends on the border of the class.
        squared: its squared length, a Fraction if the input was rational.
        binding: the other classes that have the same score as the target at the end, and that the way depends on.
    """

    label: int
    target: int
    perturbation: AnyArray
    squared: Number
    binding: tuple[int, ...]

    @property
    def distance(self) -> float:
        """Length of the way."""
        return math.sqrt(self.squared)

    @property
    def exact(self) -> bool:
        """Whether the perturbation is of Fractions."""
        return self.perturbation.dtype == object

    def __repr__(self) -> str:
        few = self.exact and len(self.perturbation) <= 6
        way = [str(entry) for entry in self.perturbation] if few else brief(self.perturbation)
        return f"LinearDistance({self.label} to {self.target}, distance {self.distance:.6g}, perturbation {way})"


def linear_distance(
    weight: Numbers,
    bias: Numbers,
    x: Numbers,
    *,
    target: int | None = None,
    box: tuple[Number, Number] | None = None,
) -> LinearDistance:
    """The shortest perturbation that gives a linear classifier another class.

    The scores are ``weight @ x + bias``. The inputs whose highest score is that of a class form a polyhedron; what is
    found is the nearest point of it. On the way to a given target a third class may be in between: then the
    hyperplane of the two classes alone is nearer, and wrong. For the nearest class that cannot happen.

    Args:
        weight: ``(classes, inputs)``, two classes or more.
        bias: ``(classes,)``.
        x: ``(inputs,)``. With a Fraction among all these numbers everything is exact.
        target: class to reach; without it the nearest one other than x's own.
        box: if given, ``(low, high)``: x, and x with the perturbation, have all entries between these two.

    Returns:
        The perturbation, of least Euclidean norm among all that give the target at least the score of every other
        class.

    Raises:
        ValueError: if shapes do not fit, there is no such class, x is outside the box, or the target has the highest
            score nowhere (in the box).

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``; Moosavi-Dezfooli, Fawzi, Frossard (2016), where the target is the nearest.

    Example:
        >>> from fractions import Fraction
        >>> weight, bias = [[Fraction(1), 0], [0, 1], [-1, 0]], [0, 0, 0]
        >>> linear_distance(weight, bias, [2, 1])
        LinearDistance(0 to 1, distance 0.707107, perturbation ['-1/2', '1/2'])
        >>> linear_distance(weight, bias, [2, 1], target=2).binding  # the hyperplane to class 0 is not enough
        (0, 1)
    """
    given = {"weight": as_array("weight", weight), "bias": as_array("bias", bias), "x": as_array("x", x)}
    exact = any(has_fractions(array) for array in given.values())
    matrix, offset, point = (as_reals(name, array, exact=exact) for name, array in given.items())
    classes = len(offset) if offset.ndim == 1 else 0
    if classes < 2 or matrix.shape != (classes, point.size) or point.ndim != 1:
        raise ValueError(
            f"weight has shape {matrix.shape}, bias {offset.shape} and x {point.shape}: accepted are (classes, "
            "inputs), (classes,) with at least two classes, and (inputs,)"
        )
    walls = None if box is None else _walls(point, box, exact=exact)
    scores = matrix @ point + offset
    label = int(np.argmax(scores))
    if target is not None:
        goal = _class("target", target, classes)
        others = [other for other in range(classes) if other != goal]
        found = _to(goal, others, matrix, scores, walls)
        if found is None:
            where = "" if box is None else f" between {box[0]} and {box[1]}"
            raise ValueError(f"target={goal} never has the highest score{where}: accepted is a class that has it")
    else:
        # The nearest class has nobody in between, so that its own hyperplane decides.
        ways = {other: _to(other, [label], matrix, scores, walls) for other in range(classes) if other != label}
        reached = {other: way for other, way in ways.items() if way is not None}
        if not reached:
            raise ValueError("no other class ever has the highest score: accepted is a classifier with borders")
        goal = min(reached, key=lambda other: reached[other][0] @ reached[other][0])
        found = reached[goal]
    way, binding = found
    return LinearDistance(label, goal, way, plain(np.asarray(way @ way)), binding)


def linear_prediction(
    model: torch.nn.Module, images: torch.Tensor, targets: int | Sequence[int] | torch.Tensor
) -> torch.Tensor:
    """How far each image would be from a class if the model were its tangent at the image.

    That is the distance to the hyperplane on which the tangents of two scores are equal, the target's and that of the
    image's own class: the difference of the scores over the norm of the gradient of this difference. For a linear
    classifier it is the exact distance as long as no third class is in between, see :func:`linear_distance`.

    Args:
        model: from images to scores, ``(n, classes)``; it is not changed.
        images: ``(n, ...)``.
        targets: a class for each image; one number if there is one image.

    Returns:
        ``(n,)``; zero where the target already has the highest score, infinite where the gradient vanishes.

    Raises:
        ValueError: if there is not one target for each image, or no such class.

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(2, 2).double().requires_grad_(False)
        >>> _ = model.weight.copy_(torch.eye(2)), model.bias.zero_()
        >>> linear_prediction(model, torch.tensor([[3.0, 1.0]]).double(), 1)  # from (3, 1) to the diagonal
        tensor([1.4142], dtype=torch.float64)
    """
    from hwlib.saliency._scores import image_scores, tangent, target_list

    goals = target_list(targets, image_scores(model, images))
    found = []
    for image, goal in zip(images[:, None], goals, strict=True):
        _, (gap,), (slope,) = tangent(model, image, goal, None)
        size = float(np.linalg.norm(slope))
        found.append(0.0 if gap <= 0 else gap / size if size else math.inf)
    return images.new_tensor(found)


def _to(
    goal: int,
    others: list[int],
    matrix: AnyArray,
    scores: AnyArray,
    walls: tuple[AnyArray, AnyArray] | None,
) -> tuple[AnyArray, tuple[int, ...]] | None:
    """The shortest way on which one class catches up with others, and with which of them it ties at the end."""
    rows, needs = matrix[goal] - matrix[others], scores[others] - scores[goal]
    count = len(others)
    while True:
        found = least_norm(rows, needs)
        if found is None or walls is None:
            break
        # Walls are taken in as they are hit: few are, and what is shortest with fewer of them and hits none of the
        # others is shortest with all.
        low, high = walls
        eye = as_reals("eye", np.eye(len(low)), exact=rows.dtype == object)
        below, above = (np.flatnonzero(beyond) for beyond in _beyond(found[0], low, high))
        if not len(below) and not len(above):
            break
        rows = np.concatenate([rows, eye[below], -eye[above]])
        needs = np.concatenate([needs, low[below], -high[above]])
    if found is None:
        return None
    return found[0], tuple(sorted(others[place] for place in found[1] if place < count))


def _beyond(r: AnyArray, low: AnyArray, high: AnyArray) -> tuple[Any, Any]:
    tolerance = 0 if r.dtype == object else 1e-9 * float(np.max(high - low))
    return r < low - tolerance, r > high + tolerance


def _walls(point: AnyArray, box: tuple[Number, Number], *, exact: bool) -> tuple[AnyArray, AnyArray]:
    ends = as_reals("box", box, exact=exact)
    if ends.shape != (2,) or not (ends[0] <= point).all() or not (point <= ends[1]).all():
        raise ValueError(f"box={box!r}: accepted are two numbers (low, high) with all of x between them")
    return ends[0] - point, ends[1] - point


def _class(name: str, value: int, classes: int) -> int:
    number = whole(name, value, least=0)
    if number >= classes:
        raise ValueError(f"{name}={value}: accepted is a class from 0 to {classes - 1}")
    return number
