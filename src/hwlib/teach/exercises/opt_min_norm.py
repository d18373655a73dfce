"""Exercises of the chapter *Gradient descent picks the nearest solution*."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.optim import gradient_descent, learning_rate_limit, least_squares_gradient, least_squares_limit
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise

_SAMPLES = [([1.0, 0.0], 3.0), ([1.0, 1.0], 4.0), ([1.0, 2.0], 5.0), ([2.0, -1.0, 2.0], 6.0), ([3.0, 4.0], -2.0)]


@exercise("opt-min-norm-shortest")
def _shortest(answer: Any) -> Verdict:
    """Shortest w with x w = y, for one sample."""
    return compare_function(
        answer,
        lambda x, y: least_squares_limit(x[None], [y], np.zeros(len(x))),
        [{"x": np.array(x), "y": y} for x, y in _SAMPLES],
        mistakes={
            "Divide by the square of the length of x: this w does not fit.": lambda x, y: y * x,
            "Divide by the square of the length, not by the length.": lambda x, y: y * x / np.linalg.norm(x),
            "This fits, by the first weight alone, but it is not the shortest.": (
                lambda x, y: np.eye(len(x))[0] * y / x[0]
            ),
        },
        tolerance=1e-6,
    )


@exercise("opt-min-norm-nearest")
def _nearest(answer: Any) -> Verdict:
    """Limit of descent from any start, for one sample."""

    def reference(x: AnyArray, y: float, start: AnyArray) -> AnyArray:
        return least_squares_limit(x[None], [y], start)

    cases = [
        {"x": np.array(x), "y": y, "start": np.arange(shift, shift + len(x), dtype=float)}
        for x, y in _SAMPLES
        for shift in (0, 1, -2)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "That is the limit from zero: the start leaves its trace.": lambda x, y, start: reference(x, y, 0 * start),
            "Move by what is still missing, y - x w0, not by y.": (
                lambda x, y, start: start + reference(x, y, 0 * start)
            ),
            "The wrong way: this doubles the error instead of removing it.": (
                lambda x, y, start: 2 * start - reference(x, y, start)
            ),
        },
        tolerance=1e-6,
    )


@exercise("opt-min-norm-step")
def _step(answer: Any) -> Verdict:
    """Whether descent on |Xw - y|^2 converges from every start, from the singular values of X."""

    def reference(singular_values: AnyArray, learning_rate: float) -> bool:
        return learning_rate < learning_rate_limit(np.diag(singular_values))

    cases = [
        {"singular_values": np.array(values), "learning_rate": rate}
        for values in ([1.0], [2.0], [2.0, 1.0], [4.0, 0.5], [4.0, 2.0, 0.0])
        for rate in (0.03125, 0.0625, 0.125, 0.25, 0.375, 0.5, 1.0, 1.5, 2.0)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "That is the limit for half the sum of squares; here the gradient has a factor 2.": (
                lambda singular_values, learning_rate: learning_rate < 2 / singular_values.max() ** 2
            ),
            "The singular value counts with its square.": lambda singular_values, learning_rate: (
                learning_rate < 1 / singular_values.max()
            ),
            "At the limit itself the error keeps its size for ever: it has to be below.": (
                lambda singular_values, learning_rate: learning_rate <= 1 / singular_values.max() ** 2
            ),
            "The largest singular value decides: along it the path overshoots first.": (
                lambda singular_values, learning_rate: learning_rate * singular_values.min() ** 2 < 1
            ),
        },
    )


@exercise("opt-min-norm-path")
def _path(answer: Any) -> Verdict:
    """Point after some steps from zero, without taking them; the reference takes them."""

    def reference(X: AnyArray, y: AnyArray, learning_rate: float, steps: int) -> AnyArray:
        path: AnyArray = gradient_descent(
            least_squares_gradient(X, y), np.zeros(X.shape[1]), learning_rate=learning_rate, steps=steps
        )
        return np.asarray(path[-1])

    def filled(X: AnyArray, y: AnyArray, shares: Any, power: int = 1) -> AnyArray:
        u, s, vt = np.linalg.svd(X, full_matrices=False)
        return np.asarray(vt.T @ (shares(s) / s**power * (u.T @ y)))

    cases = [
        {"X": np.array(X), "y": np.array(y), "learning_rate": rate, "steps": steps}
        for X, y in [([[1.0, 1.0]], [4.0]), ([[1.0, 2.0]], [5.0]), ([[2.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [3.0, 1.0])]
        for rate in (0.0625, 0.1)
        for steps in (1, 2, 3, 10)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The gradient of the squares has a factor 2: each step keeps 1 - 2 eta sigma^2.": (
                lambda X, y, learning_rate, steps: filled(X, y, lambda s: 1 - (1 - learning_rate * s**2) ** steps)
            ),
            "That is the end of the path, not the point after so many steps.": (
                lambda X, y, learning_rate, steps: filled(X, y, lambda s: 1)
            ),
            "That is what is still missing; you want what is there already.": (
                lambda X, y, learning_rate, steps: filled(X, y, lambda s: (1 - 2 * learning_rate * s**2) ** steps)
            ),
            "Divide by the singular values: a residual is not yet a weight.": (
                lambda X, y, learning_rate, steps: filled(
                    X, y, lambda s: 1 - (1 - 2 * learning_rate * s**2) ** steps, power=0
                )
            ),
        },
        tolerance=1e-6,
    )


QUIZ = Quiz(
    Question(
        "Why does descent from zero end in the shortest of all solutions?",
        [
            Choice("Because the loss punishes long weights.", "It does not: all solutions have the same loss, zero."),
            Choice(
                "Because it never leaves the span of the samples.",
                "Each gradient is a combination of samples, and only one solution is such a combination.",
                right=True,
            ),
            Choice("Because it stops early.", "The limit, which no step changes any more, is the shortest solution."),
        ],
    ),
    Question(
        "The start is not zero. What does descent do with the part of it that no sample sees?",
        [
            Choice("It shrinks it slowly.", "The gradient has no component there, so nothing moves there."),
            Choice("It keeps it.", "So the limit is the solution nearest to the start.", right=True),
            Choice("It removes it in the first step.", "Weight decay would shrink it; plain descent does not."),
        ],
    ),
    Question(
        "With more weights than samples, two methods reach a training error of zero. Do they predict the same?",
        [
            Choice("Yes: the problem is convex.", "Convex, but not strictly: there are infinitely many minimisers."),
            Choice(
                "Surely only in the span of the samples.",
                "There both have the same products; outside it the solutions may differ.",
                right=True,
            ),
            Choice("Yes, if both run long enough.", "Running longer does not move a method to another solution."),
        ],
    ),
)
