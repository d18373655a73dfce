"""Exercises of the chapter *Gradient descent picks the nearest solution*."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
from scipy import optimize

from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray
from hwlib.optim import least_squares_limit
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED, is_open

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


@exercise("opt-min-norm-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and where descent from (4, 1) ends."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, point = answer
        line, end = letter.strip().upper(), real_array("answer", point)
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and two numbers, such as ("A", (1, 2)), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is true: the gradient is a number times the sample.",
        "B": "Line B is true: through the start, along the sample.",
        "D": "Line D is true: c (1, 2) predicts 5 c.",
        "E": "Line E is false, but it follows from an earlier line.",
    }
    if line != "C":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {reprlib.repr(line)}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    if end.shape != (2,):
        return Verdict("wrong", "Line C is the one. Give the end as two numbers.")
    row, start = np.array([1.0, 2.0]), np.array([4.0, 1.0])
    if np.allclose(end, least_squares_limit(row[None], [5.0], start), atol=1e-3):
        return Verdict("right", "Only the moves are multiples of the sample; the start stays in the end.")
    told = "It does not fit." if abs(row @ end - 5) > 1e-3 else "It fits, but is not reached along (1, 2)."
    return Verdict(
        "wrong",
        f"Line C is the one. But descent does not end in ({end[0]:g}, {end[1]:g}): {row @ end:g} is predicted.",
        told,
    )


@exercise("opt-min-norm-ridge")
def _ridge(answer: Any) -> Verdict:
    """Largest penalty with which ridge is near the shortest solution; by halving, not by the formula."""

    def reference(singular_values: AnyArray, epsilon: float) -> float:
        def worst(penalty: float) -> float:
            lacks = [1 - s * s / (s * s + penalty) for s in singular_values if s > 0]
            return float(max(lacks))

        low, high = 0.0, 1e6
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if worst(middle) <= epsilon else (low, middle)
        return low

    def penalty(least: float, epsilon: float) -> float:
        return float(epsilon / (1 - epsilon) * least**2)

    cases = [
        {"singular_values": np.array(values), "epsilon": epsilon}
        for values in ([1.0], [2.0], [2.0, 0.5], [0.0, 3.0, 1.5], [4.0, 0.25, 0.0])
        for epsilon in (0.5, 0.1)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The smallest singular value above zero suffers most, not the largest.": (
                lambda singular_values, epsilon: penalty(singular_values.max(), epsilon)
            ),
            "Singular values count with their squares.": lambda singular_values, epsilon: (
                epsilon / (1 - epsilon) * singular_values[singular_values > 0].min()
            ),
            "The fraction that is lacking is lambda / (sigma^2 + lambda), with lambda below as well.": (
                lambda singular_values, epsilon: epsilon * singular_values[singular_values > 0].min() ** 2
            ),
            "Where sigma is zero both have nothing: these directions do not count.": (
                lambda singular_values, epsilon: penalty(singular_values.min(), epsilon)
            ),
        },
        tolerance=1e-6,
    )


@exercise("opt-min-norm-apart")
def _apart(answer: Any) -> Verdict:
    """A start from which descent and exponentiated gradient end far apart."""
    if is_open(answer):
        return UNANSWERED
    try:
        start = real_array("answer", answer)
    except ValueError as error:
        return Verdict("wrong", f"Give two numbers, such as (0.5, 0.5). {error}")
    if start.shape != (2,):
        return Verdict("wrong", f"This has shape {start.shape}: give two numbers, such as (0.5, 0.5).")
    if (start <= 0).any() or (start > 1).any():
        return Verdict(
            "wrong",
            f"({start[0]:g}, {start[1]:g}) has an entry that is not above 0 and at most 1.",
            "A weight of zero stays zero when it is multiplied." if (start == 0).any() else "",
        )
    nearest = least_squares_limit([[1.0, 2.0]], [5.0], start)
    grown = optimize.brentq(lambda c: start[0] * np.exp(c) + 2 * start[1] * np.exp(2 * c) - 5, -10, 40)
    end = start * np.exp(grown * np.array([1.0, 2.0]))
    apart = float(np.linalg.norm(end - nearest))
    where = f"descent ends in ({nearest[0]:.2f}, {nearest[1]:.2f}), the other in ({end[0]:.2f}, {end[1]:.2f})"
    if apart <= 3:
        told = (
            "Make it grow from less."
            if start[1] < 0.1 * start[0]
            else "Both weights may grow here. Hold the second back."
        )
        return Verdict("wrong", f"From ({start[0]:g}, {start[1]:g}) {where}: {apart:.2f} apart.", told)
    return Verdict("right", f"From ({start[0]:g}, {start[1]:g}) {where}: {apart:.2f} apart.")


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
