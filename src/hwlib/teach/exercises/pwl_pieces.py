"""Exercises of the chapter *A ReLU network is a list of straight pieces*."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import Network
from hwlib.pieces import PiecewiseLinear, pieces_of
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


@exercise("pwl-pieces-slope")
def _slope(answer: Any) -> Verdict:
    """Slope of a two-layer network of one number at a point that is on no boundary; whole numbers."""

    def reference(w1: AnyArray, b1: AnyArray, w2: AnyArray, x: float) -> float:
        network = Network.from_arrays([(w1[:, None], b1), (w2[None], [0])])
        return float(network.affine_at(x).weight[0, 0])

    cases = [
        {"w1": np.array(w1), "b1": np.array(b1), "w2": np.array(w2), "x": x}
        for w1, b1, w2, x in [
            ([2], [1], [3], 1.0),
            ([2], [1], [3], -1.0),
            ([2], [-3], [3], 1.0),
            ([1, -1], [0, 0], [5, 7], 2.0),
            ([1, -1], [0, 0], [5, 7], -2.0),
            ([1, 2, -3], [-1, 4, 1], [2, -1, 5], 0.5),
            ([1, 2, -3], [-1, 4, 1], [2, -1, 5], -3.5),
            ([1, 2, 3], [0, -1, -2], [3, 5, 7], 0.75),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "You count every unit. Only those with w1 x + b1 > 0 contribute.": lambda w1, b1, w2, x: w2 @ w1,
            "The bias decides, too, which units are on: look at w1 x + b1, not at w1 x.": (
                lambda w1, b1, w2, x: w2 @ (w1 * (w1 * x > 0))
            ),
            "The weights of the first layer are missing: the chain rule multiplies w2 by w1.": (
                lambda w1, b1, w2, x: w2 @ (w1 * x + b1 > 0).astype(int)
            ),
            "That is the value at x. The slope is the derivative: no x and no b1 in the sum.": (
                lambda w1, b1, w2, x: w2 @ np.maximum(w1 * x + b1, 0)
            ),
        },
    )


@exercise("pwl-pieces-knots")
def _knots(answer: Any) -> Verdict:
    """Where the units of a first layer switch, in increasing order, each place once."""

    def reference(w1: AnyArray, b1: AnyArray) -> list[float]:
        units = [(w, b) for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w]
        hinge = [pieces_of(Network.from_arrays([([[w]], [b]), ([[1]], [0])])).knots.item() for w, b in units]
        return sorted(set(hinge))

    cases = [
        {"w1": np.array(w1, float), "b1": np.array(b1, float)}
        for w1, b1 in [
            ([1], [2]),
            ([2], [1]),
            ([1, 1], [5, 3]),
            ([1, -1], [-2, 1]),
            ([2, 0], [4, 1]),
            ([1, 2, 4], [1, 2, 3]),
            ([0, 0], [1, 2]),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The sign is wrong: w x + b = 0 at x = -b / w.": lambda w1, b1: sorted(
                {b / w for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w}
            ),
            "Divided the wrong way round: w x + b = 0 at x = -b / w.": lambda w1, b1: sorted(
                {-w / b for w, b in zip(w1.tolist(), b1.tolist(), strict=True)}
            ),
            "Two units may switch at one place: list it once.": lambda w1, b1: sorted(
                -b / w for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w
            ),
            "The places should be in increasing order.": lambda w1, b1: list(
                dict.fromkeys(-b / w for w, b in zip(w1.tolist(), b1.tolist(), strict=True) if w)
            ),
        },
    )


def _shape_of(slopes: list[int]) -> str:
    """By a function that has these slopes."""
    knots, intercepts = np.arange(1, len(slopes)), [0]
    for knot, (a, b) in enumerate(itertools.pairwise(slopes), start=1):
        intercepts.append(intercepts[-1] + (a - b) * knot)
    return PiecewiseLinear(knots, np.array(slopes), np.array(intercepts)).shape


def _word(numbers: list[int], *, strict: bool = False) -> str:
    """The word for steps of a slope: affine if none, convex if none is down, concave if none is up."""
    if not any(numbers):
        return "affine"
    least = 1 if strict else 0
    return "convex" if min(numbers) >= least else "concave" if max(numbers) <= -least else "neither"


@exercise("pwl-pieces-shape")
def _shape(answer: Any) -> Verdict:
    """Convex, concave, affine or neither, from the slopes of the pieces."""
    cases = [
        {"slopes": slopes}
        for slopes in [
            [3], [0, 1], [1, 0], [2, 2], [-1, 1], [-3, -1], [1, -1, 1], [-2, 0, 0, 5], [3, 1, 1, -1], [4, 4, 4],
            [1, 2, 1], [0, 1, 0, 1], [0, 0, 1], [2, 0, 1], [3, 1, 2, 0],
        ]
    ]  # fmt: skip

    def swapped(slopes: list[int]) -> str:
        return {"convex": "concave", "concave": "convex"}.get(_shape_of(slopes), _shape_of(slopes))

    return compare_function(
        answer,
        _shape_of,
        cases,
        mistakes={
            "That is whether the function rises. Convex means that its slopes rise.": (
                lambda slopes: "affine" if len(set(slopes)) == 1 else _word(slopes)
            ),
            "The two words are swapped: |x| is convex, and its slopes are -1 and 1.": swapped,
            "Equal slopes side by side are allowed: only one step in the wrong direction forbids it.": (
                lambda slopes: _word([b - a for a, b in itertools.pairwise(slopes)], strict=True)
            ),
            "First and last slope are not enough: look at every step between them.": (
                lambda slopes: _word([slopes[-1] - slopes[0]])
            ),
        },
    )


@exercise("pwl-pieces-lipschitz")
def _lipschitz(answer: Any) -> Verdict:
    """Lipschitz constant of the function through points, straight in between."""

    def reference(x: list[Fraction], y: list[Fraction]) -> float:
        return float(PiecewiseLinear.through(x, y).lipschitz)

    def slopes(x: Any, y: Any) -> list[float]:
        return [(d - c) / (b - a) for a, b, c, d in zip(x, x[1:], y, y[1:], strict=False)]

    cases = [
        {"x": x, "y": y}
        for x, y in [
            ([0, 1], [0, 3]),
            ([0, 2], [0, 3]),
            ([0, 1], [0, -3]),
            ([0, 1, 2], [0, 4, 3]),
            ([0, 4, 5, 9], [0, 2, -4, -4]),
            ([0, 1, 2, 3], [0, 1, 2, 7]),
            ([-2, -1, 3], [5, 1, 9]),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "A steep fall counts as well: take absolute values.": lambda x, y: max(slopes(x, y)),
            "Those are differences of values: divide by the widths.": lambda x, y: max(
                abs(d - c) for c, d in itertools.pairwise(y)
            ),
            "That is the slope from the first point to the last. Somewhere between it may be steeper.": (
                lambda x, y: abs(y[-1] - y[0]) / (x[-1] - x[0])
            ),
            "That is the average steepness. The constant has to hold everywhere.": (
                lambda x, y: sum(map(abs, slopes(x, y))) / (len(x) - 1)
            ),
        },
    )


QUIZ = Quiz(
    Question(
        "A network with ReLUs is straight near a point. What can end the piece?",
        [
            Choice(
                "Some unit's input changes its sign.",
                "Only there can the pattern change, and with it the slope.",
                right=True,
            ),
            Choice("The output changes its sign.", "The output has no ReLU behind it: nothing happens there."),
            Choice("The point leaves the training data.", "The pieces belong to the weights, not to the data."),
        ],
    ),
    Question(
        "PyTorch reports a derivative at a point where a unit's input is exactly zero. What do you know?",
        [
            Choice(
                "The derivative of the network there.",
                "Not even that it exists. Two units can cancel so that it exists, and PyTorch still returns another.",
            ),
            Choice(
                "What the chain rule gives with slope zero for that unit.",
                "That is the convention. It need not be the derivative, nor a one-sided one.",
                right=True,
            ),
            Choice("That the point is a kink.", "Not necessarily: the slopes on both sides may be equal."),
        ],
    ),
    Question(
        "The slopes of a continuous function's pieces are, in order, −1, 0, 2, 1. Is it convex?",
        [
            Choice("Yes, it ends steeper than it begins.", "No step may fall; the last one does."),
            Choice("No, the last slope is less than the one before.", "One such step is enough.", right=True),
            Choice("It depends on the intercepts.", "They follow from continuity, up to one constant."),
        ],
    ),
)
