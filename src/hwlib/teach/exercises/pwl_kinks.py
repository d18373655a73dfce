"""Exercises of the chapter *Kinks can be counted, and made to order*."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import folding_network
from hwlib.pieces import PiecewiseLinear, approximate, pieces_of, relu_network
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


@exercise("pwl-kinks-weights")
def _weights(answer: Any) -> Verdict:
    """Output weights of units relu(x - knot), from the slopes of a function that is flat on the far left."""

    def reference(slopes: AnyArray) -> AnyArray:
        knots = np.arange(1, len(slopes))
        intercepts = np.concatenate([[0], np.cumsum((slopes[:-1] - slopes[1:]) * knots)])
        function = PiecewiseLinear(knots, slopes, intercepts)
        weights: AnyArray = relu_network(function, least=False).layers[1].weight[0]
        return weights

    cases = [
        {"slopes": np.array(slopes, float)}
        for slopes in ([0, 1], [0, 3], [0, 1, 3], [0, 2, -1], [0, 1, -1, 0], [0, -2, 3, 1, 5])
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "Those are the slopes. Units that began further left go on: only what changes is left for the new one.": (
                lambda slopes: slopes[1:]
            ),
            "The sign is wrong: the weight is the slope after the kink minus the slope before it.": (
                lambda slopes: -np.diff(slopes)
            ),
            "Take absolute values off: where the slope falls, the weight is negative.": (
                lambda slopes: abs(np.diff(slopes))
            ),
            "There is a unit for each kink, one less than there are slopes.": (
                lambda slopes: np.diff(slopes, prepend=0.0)
            ),
        },
    )


@exercise("pwl-kinks-activation")
def _activation(answer: Any) -> Verdict:
    """Slope a right of alpha, 0 between, -b left of beta, and the value 0 in between."""

    def reference(x: float, a: float, b: float, alpha: float, beta: float) -> float:
        function = PiecewiseLinear.through(
            sorted({alpha, beta}), [0] * len({alpha, beta}), left_slope=-b, right_slope=a
        )
        return float(function(x))

    def relu(z: float) -> float:
        return max(z, 0.0)

    cases = [
        {"x": x, "a": a, "b": b, "alpha": alpha, "beta": beta}
        for a, b, alpha, beta in [(2.0, 3.0, 1.0, -2.0), (1.0, -1.0, 0.5, -0.25), (1.0, 0.0, 0.0, 0.0)]
        for x in (3.0, -3.0, 0.25, 1.5)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "On the left the slope comes out as b: relu(beta - x) already falls, so its weight is b, not -b.": (
                lambda x, a, b, alpha, beta: a * relu(x - alpha) - b * relu(beta - x)
            ),
            "Both units look to the right. The one at beta has to look to the left: relu(beta - x).": (
                lambda x, a, b, alpha, beta: a * relu(x - alpha) + b * relu(x - beta)
            ),
            "alpha and beta are swapped: slope a begins at alpha.": (
                lambda x, a, b, alpha, beta: a * relu(x - beta) + b * relu(alpha - x)
            ),
            "The signs inside are turned round: relu(x - alpha) is on right of alpha.": (
                lambda x, a, b, alpha, beta: a * relu(x + alpha) + b * relu(-beta - x)
            ),
        },
    )


@exercise("pwl-kinks-fold")
def _fold(answer: Any) -> Verdict:
    """Hidden units of the folding network that has at least n pieces on the unit interval."""

    def reference(n: int) -> int:
        depth = 1
        while len(pieces_of(folding_network(depth), 0, 1)) < n:
            depth += 1
        return 2 * depth

    return compare_function(
        answer,
        reference,
        [{"n": n} for n in (2, 3, 4, 5, 8, 9, 16, 33, 64, 100)],
        mistakes={
            "Those are the layers; each has two units.": lambda n: math.ceil(math.log2(n)),
            "That is what a network with one hidden layer needs, not what folding needs.": lambda n: n - 1,
            "Rounded down: for n that is no power of two that leaves too few pieces.": lambda n: 2 * int(math.log2(n)),
            "Each layer doubles the pieces; it does not add two.": lambda n: 2 * math.ceil(n / 2),
        },
    )


@exercise("pwl-kinks-chords")
def _chords(answer: Any) -> Verdict:
    """Number of equal chords that keeps a tolerance, by the bound."""

    def reference(width: float, curvature: float, tolerance: float) -> int:
        return len(approximate(lambda x: x * 0, 0, width, tolerance=tolerance, curvature=curvature))

    def count(value: float) -> int:
        return math.ceil(value * (1 - 1e-12))

    cases = [
        {"width": width, "curvature": curvature, "tolerance": tolerance}
        for width, curvature, tolerance in [
            (1.0, 2.0, 0.25),
            (1.0, 2.0, 0.0625),
            (2.0, 1.0, 0.125),
            (1.0, 2.0, 0.011),
            (6.0, 1.0, 0.001),
            (3.0, 5.0, 0.02),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The square root is missing: the error falls with the square of the number of pieces.": (
                lambda width, curvature, tolerance: count(width**2 * curvature / (8 * tolerance))
            ),
            "The bound has 8 in it: half the width on either side, and half the second derivative.": (
                lambda width, curvature, tolerance: count(width * math.sqrt(curvature / (2 * tolerance)))
            ),
            "Round up: with fewer pieces the bound exceeds the tolerance.": (
                lambda width, curvature, tolerance: int(width * math.sqrt(curvature / (8 * tolerance)))
            ),
            "The interval's width is missing.": (
                lambda width, curvature, tolerance: count(math.sqrt(curvature / (8 * tolerance)))
            ),
        },
    )


QUIZ = Quiz(
    Question(
        "How many kinks can a network with one input and one hidden layer of k ReLUs have?",
        [
            Choice("At most k.", "Each unit bends at one place at most, and the sum only there.", right=True),
            Choice("At most 2k.", "A ReLU has one kink, not two."),
            Choice(
                "As many as you like, with large weights.",
                "Weights move kinks and change slopes, but a unit never bends twice.",
            ),
        ],
    ),
    Question(
        "A network with one input and no biases is not linear. Where can it have kinks?",
        [
            Choice("Anywhere, one for each unit.", "Without a bias every unit of the first layer switches at zero."),
            Choice("Only at zero.", "It is straight on either side of zero, whatever its depth.", right=True),
            Choice("Nowhere.", "|x| is such a network."),
        ],
    ),
    Question(
        "You have 100 chords of equal width, and want half the error bound. How many chords?",
        [
            Choice("200.", "That makes the bound four times smaller."),
            Choice("142.", "The bound falls with the square of their number: 1.42 times as many.", right=True),
            Choice("101.", "The bound does not halve with each chord: it falls with the square of their number."),
        ],
    ),
)
