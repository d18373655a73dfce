"""Exercises of the chapter *A perfect fit is easy, and not the goal*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.datasets import crop
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import named, returned
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("train-augmentation-kept")
def _kept(answer: Any) -> Verdict:
    """In how many crops a pixel is still to be seen."""

    def reference(i: int, j: int, h: int, w: int, p: int) -> int:
        rows, columns = np.indices((2 * p + 1, 2 * p + 1)).reshape(2, -1)
        image = np.zeros((len(rows), 1, h, w), np.uint8)
        image[:, :, i, j] = 1
        return int(crop(image, padding=p, rows=rows, columns=columns).sum())

    def along(i: int, h: int, p: int) -> int:
        return sum(0 <= i + p - r < h for r in range(2 * p + 1))

    shapes = [(1, 1, 0), (1, 1, 1), (3, 3, 1), (2, 4, 1), (5, 3, 2), (2, 2, 3)]
    cases = [
        {"i": i, "j": j, "h": h, "w": w, "p": p} for h, w, p in shapes for i in (0, h - 1) for j in {0, w // 2, w - 1}
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "That is the number of all crops; near the border a pixel is lost in some.": (
                lambda i, j, h, w, p: (2 * p + 1) ** 2
            ),
            "Those are the good rows alone: columns multiply them.": lambda i, j, h, w, p: along(i, h, p),
            "Rows and columns are independent: multiply, do not add.": (
                lambda i, j, h, w, p: along(i, h, p) + along(j, w, p)
            ),
            "Rows belong to i and h, columns to j and w.": lambda i, j, h, w, p: along(i, w, p) * along(j, h, p),
            "There are 2p + 1 places to begin, from 0 to 2p.": (
                lambda i, j, h, w, p: (
                    sum(0 <= i + p - r < h for r in range(2 * p)) * sum(0 <= j + p - s < w for s in range(2 * p))
                )
            ),
        },
    )


@exercise("train-augmentation-error")
def _error(answer: Any) -> Verdict:
    """Two different points of the plane that the direction (1, 2) does not tell apart."""
    if is_open(answer):
        return UNANSWERED
    try:
        first, second = [[_whole(number) for number in point] for point in answer]
        one, other = (x + 2 * y for x, y in (first, second))
    except (TypeError, ValueError, OverflowError):
        return Verdict("wrong", "Give two points with whole coordinates, each a pair, such as ((0, 0), (1, 0)).")
    if first == second:
        return Verdict("wrong", "The two points are equal.", "The theorem speaks of different points.")
    said = f"a.x is {one} at ({first[0]}, {first[1]}) and {other} at ({second[0]}, {second[1]})"
    if one != other:
        x, y = second[0] - first[0], second[1] - first[1]
        mistakes = {
            "These are level for (2, 1): the direction is (1, 2).": 2 * x + y == 0,
            "They differ along the direction: look for a difference that is orthogonal to it.": y == 2 * x,
            "With equal first coordinates, or equal second ones, the numbers always differ.": not x or not y,
        }
        return Verdict("wrong", f"{said}: these differ, so here the step holds.", named(mistakes))
    return Verdict("right", f"{said}: the points differ, and the numbers do not.")


def _whole(number: Any) -> int:
    """As Python's own number, which has no limit."""
    real = isinstance(number, Real)  # also those of NumPy and SymPy
    if not real or number != number // 1:
        raise ValueError(number)
    return int(number)


@exercise("train-augmentation-direction")
def _direction(answer: Any) -> Verdict:
    """A direction that separates all images of d pixels from 0 to m."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    for count, (d, m) in enumerate(
        [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (2, 9), (3, 4), (2, 10**6), (2, 10**9)]
    ):
        given = returned(answer, {"d": d, "m": m})
        if given is UNANSWERED and count:
            return Verdict("wrong", f"For d = {d}, m = {m} your function returns nothing.")
        if isinstance(given, Verdict):
            return given
        try:
            weights = [_whole(weight) for weight in given]
        except (TypeError, ValueError, OverflowError):
            weights = []
        if len(weights) != d:
            return Verdict("wrong", f"For d = {d}, m = {m}: accepted is a list of {d} whole numbers, not {given!r}.")
        if level := _level(weights, m):
            one, other = level
            total = sum(a * x for a, x in zip(weights, one, strict=True))
            message = f"For d = {d}, m = {m} your direction is {weights}, and a.x = {total} at both {one} and {other}."
            return Verdict("wrong", message, _known(answer))
    return Verdict("right", "Your direction is different on all images, for all sizes that were tried.")


def _level(weights: Sequence[int], m: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Two different images that a direction does not tell apart."""
    if len(weights) == 2 and m > 100:  # too many to try: a u + b v = 0 has one solution that is least
        a, b = (weight // (math.gcd(*weights) or 1) for weight in weights)
        u, v = (b, -a) if a or b else (1, 0)
        one = (max(-u, 0), max(-v, 0))
        return (one, (one[0] + u, one[1] + v)) if max(abs(u), abs(v)) <= m else None
    seen: dict[int, tuple[int, ...]] = {}
    for image in itertools.product(range(m + 1), repeat=len(weights)):
        total = sum(a * x for a, x in zip(weights, image, strict=True))
        if total in seen:
            return seen[total], image
        seen[total] = image
    return None


def _known(answer: Callable[..., Any]) -> str:
    """What kind of mistake it is: seen at three pixels from 0 to 4, where the usual ones differ."""
    try:
        weights, later = (sorted(_whole(weight) for weight in returned(answer, {"d": 3, "m": m})) for m in (4, 40))
    except (TypeError, ValueError, OverflowError):
        return ""
    mistakes = {
        "That adds up the pixels: which pixel is bright is lost.": [1, 1, 1],
        "These weights grow too slowly: one pixel makes up for another.": [1, 2, 3],
        "Twice is not enough where a pixel has more than two values.": [1, 2, 4],
        "256 is enough for bytes; here m may be larger.": [1, 256, 256**2],
        "A pixel with the weight 0 is not looked at.": [0, 0, 1],
    }
    seen = {text: weights == made for text, made in mistakes.items()}
    powers = [weights[1] ** k for k in range(3)] if len(weights) > 1 else []
    seen["A base that stays the same is too small for a large m."] = weights == later == powers
    seen["A pixel from 0 to m has m + 1 values: that is the base."] = weights == [1, 4, 16]
    return named(seen)


@exercise("train-augmentation-noise")
def _noise(answer: Any) -> Verdict:
    """The best weights of a linear function whose inputs are shown with noise."""

    def ridge(X: AnyArray, y: AnyArray, penalty: float) -> AnyArray:
        made: AnyArray = np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y)
        return made

    def reference(X: AnyArray, y: AnyArray, s: float) -> AnyArray:
        """Least squares over all samples with each entry moved by s sqrt(d), one at a time, both ways."""
        d = X.shape[1]
        moves = s * np.sqrt(d) * np.vstack([np.eye(d), -np.eye(d)])  # mean zero, covariance s^2 I
        shown = (X[:, None, :] + moves).reshape(-1, d)
        found: AnyArray = np.linalg.lstsq(shown, np.repeat(y, 2 * d), rcond=None)[0]
        return found

    cases = [([[1.0]], [1.0], 1.0), ([[1.0], [1.0]], [1.0, 3.0], 0.5), ([[1.0, 2.0]], [1.0], 0.1)]
    cases += [
        ([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [1.0, 2.0, 0.0], 2.0),
        ([[2.0, -1.0], [1.0, 3.0]], [1.0, 1.0], 1.5),
    ]
    return compare_function(
        answer,
        reference,
        [{"X": np.array(X), "y": np.array(y), "s": s} for X, y, s in cases],
        mistakes={
            "Each of the n samples has noise: the penalty is n s^2.": lambda X, y, s: ridge(X, y, s**2),
            "The variance is s^2, not s.": lambda X, y, s: ridge(X, y, len(X) * s),
            "That is least squares without noise.": lambda X, y, s: np.linalg.lstsq(X, y, rcond=None)[0],
            "Each sample has d entries of noise, but each meets its own weight: d is in |w|^2 already.": (
                lambda X, y, s: ridge(X, y, X.size * s**2)
            ),
        },
        tolerance=1e-9,
    )


QUIZ = Quiz(
    Question(
        "A network labels all training images right. What does that say of new images?",
        [
            Choice("It will be right on nearly all of them.", "With labels by lot it is right on one in ten."),
            Choice("By itself nothing.", "Any labels of different images can be fitted, even by lot.", right=True),
            Choice("It will be wrong: it has memorised.", "The wide network has a perfect fit, and is mostly right."),
        ],
    ),
    Question(
        "A training accuracy stays at 85 %. Does that contradict the theorem that any labels can be fitted?",
        [
            Choice("Yes: the images must hold equal ones.", "Perhaps, but here all are different; see the bound."),
            Choice(
                "No: that a network exists does not say that descent on a narrower one finds it.",
                "More width or more steps brought it above 99 % on average, both and a larger rate to 100 %.",
                right=True,
            ),
            Choice("Yes: then it is not a universal approximator.", "Networks of a fixed width need not be."),
        ],
    ),
    Question(
        "With random crops, training accuracy is below validation accuracy. Is something wrong?",
        [
            Choice("Yes: training accuracy is always higher.", "It is measured on cropped images, which are harder."),
            Choice("Yes: validation images were trained on.", "They need not have been: compare the images first."),
            Choice("No: the two are measured on different kinds of images.", "Cropped ones are harder.", right=True),
        ],
    ),
)
