"""Exercises of the chapter *Curvature costs two gradients*."""

from __future__ import annotations

import math
import reprlib
from typing import Any

import numpy as np

from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("opt-curvature-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and the rate at which descent on eigenvalues 100 and 1 is fastest."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, number = answer
        line, rate = letter.strip().upper(), float(real_array("answer", number))
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and a number, such as ("A", 0.5), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is true: along an eigenvector the gradient is the eigenvalue times the distance.",
        "B": "Line B is true: both factors lie between -1 and 1 for just these rates.",
        "D": "Line D is false, but it only says what follows from an earlier line.",
        "E": "Line E is true of that rate; but is it the best?",
    }
    if line != "C":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {reprlib.repr(line)}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    factor = max(abs(1 - 100 * rate), abs(1 - rate))
    if math.isclose(rate, 2 / 101, rel_tol=1e-5):
        return Verdict(
            "right", f"At 2/101 both factors have the size 99/101 = {99 / 101:.4f}. Beyond, the first one grows."
        )
    typical = {
        "That is best for the larger eigenvalue alone.": 1 / 100,
        "That is best for the smaller eigenvalue alone, and the larger one diverges.": 1.0,
        "That is the limit of stability: the larger eigenvalue's part keeps its size for ever.": 2 / 100,
    }
    told = next((text for text, value in typical.items() if math.isclose(rate, value, rel_tol=1e-6)), "")
    return Verdict(
        "wrong",
        f"Line C is the one. With the rate {rate:g} the larger factor is {factor:.4f}; there is a smaller one.",
        told,
    )


@exercise("opt-curvature-softmax")
def _softmax(answer: Any) -> Verdict:
    """R of the gradient of the cross-entropy, against a complex step."""

    def reference(a: AnyArray, ra: AnyArray) -> AnyArray:
        moved = np.exp(a - a.max() + 1e-30j * ra)
        return np.asarray((moved / moved.sum()).imag / 1e-30)

    def share(a: AnyArray) -> AnyArray:
        return np.asarray(np.exp(a - a.max()) / np.exp(a - a.max()).sum())

    cases = [
        {"a": np.array(a), "ra": np.array(ra)}
        for a, ra in [
            ([0.0, 0.0], [1.0, 0.0]),
            ([0.0, 1.0], [1.0, 2.0]),
            ([1.0, -1.0, 0.5], [1.0, 0.0, -2.0]),
            ([2.0, 0.0, 1.0], [1.0, 1.0, 1.0]),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "The sum in the denominator moves as well.": lambda a, ra: share(a) * ra,
            "Each share depends on all entries, not on its own alone.": lambda a, ra: share(a) * (1 - share(a)) * ra,
            "The wrong sign: a larger entry has a larger share.": lambda a, ra: -reference(a, ra),
            "That is the softmax itself, not how it moves.": lambda a, ra: share(a),
        },
        tolerance=1e-9,
    )


@exercise("opt-curvature-trap")
def _trap(answer: Any) -> Verdict:
    """A start from which one step of Newton's method makes the loss a hundred times as large."""
    if is_open(answer):
        return UNANSWERED
    try:
        start = real_array("answer", answer)
    except ValueError as error:
        return Verdict("wrong", f"Give two numbers, such as (1.0, 2.0). {error}")
    if start.shape != (2,):
        return Verdict("wrong", f"This has shape {start.shape}: give two numbers, such as (1.0, 2.0).")
    if (start <= 0).any() or (start > 3).any():
        return Verdict("wrong", f"{_pair(start)} has an entry that is not above 0 and at most 3.")
    off = 2 * start.prod() - 3
    hessian = np.array([[start[1] ** 2, off], [off, start[0] ** 2]])
    if abs(np.linalg.det(hessian)) < 1e-12:
        return Verdict(
            "wrong", f"At {_pair(start)} the Hessian is singular: there is no step.", "Go a little beside it."
        )
    step = np.linalg.solve(hessian, -(start.prod() - 3) * start[::-1])
    before, after = ((point.prod() - 3) ** 2 / 2 for point in (start, start + step))
    if after <= 100 * before:
        return Verdict(
            "wrong",
            f"From {_pair(start)} the loss goes from {before:.4g} to {after:.4g}.",
            "A longer step is needed." if after > before else "Here it even falls. Where is the step long?",
        )
    return Verdict(
        "right", f"From {_pair(start)} to {_pair(start + step)}: the loss goes from {before:.4g} to {after:.4g}."
    )


def _pair(point: AnyArray) -> str:
    return f"({point[0]:.4g}, {point[1]:.4g})"


@exercise("opt-curvature-r")
def _r_operator(answer: Any) -> Verdict:
    """R of the gradient of (w0 w1 - t)^2 / 2, against its Hessian."""

    def hessian(w: AnyArray, t: float) -> AnyArray:
        off = 2 * w[0] * w[1] - t
        return np.array([[w[1] ** 2, off], [off, w[0] ** 2]])

    def tangent(w: AnyArray, v: AnyArray) -> float:
        return float(v[0] * w[1] + w[0] * v[1])

    cases = [
        {"w": np.array(w), "v": np.array(v), "t": t}
        for w, v, t in [
            ([1.0, 2.0], [1.0, 0.0], 3.0),
            ([1.0, 2.0], [0.0, 1.0], 3.0),
            ([2.0, -1.0], [1.0, 3.0], 1.0),
            ([0.5, 4.0], [-2.0, 1.0], 0.0),
        ]
    ]
    return compare_function(
        answer,
        lambda w, v, t: hessian(w, t) @ v,
        cases,
        mistakes={
            "The product rule has a second term: the error e times R of the other weight.": (
                lambda w, v, t: tangent(w, v) * w[::-1]
            ),
            "The product rule has a first term: R of the error e times the other weight.": (
                lambda w, v, t: (w[0] * w[1] - t) * v[::-1]
            ),
            "R of the other weight is the other entry of v.": (
                lambda w, v, t: tangent(w, v) * w[::-1] + (w[0] * w[1] - t) * v
            ),
            "That is the gradient itself.": lambda w, v, t: (w[0] * w[1] - t) * w[::-1],
        },
        tolerance=1e-8,
    )


QUIZ = Quiz(
    Question(
        "At a point the Hessian is invertible and has a negative eigenvalue. Where does Newton's step lead?",
        [
            Choice("To the minimum of the model.", "The model has none: it falls without end along that eigenvector."),
            Choice(
                "To a place where the model is flat, but which is no minimum.", "A saddle, or a maximum.", right=True
            ),
            Choice(
                "Downhill in any case.",
                "Where the gradient has a part along the negative eigenvector, it goes uphill there.",
            ),
        ],
    ),
    Question(
        "A function is smooth, and r is small. You halve the r of a one-sided difference, and its error doubles. Why?",
        [
            Choice("The Taylor series diverges.", "Where r is small, the error of truncation falls with r."),
            Choice(
                "Rounding: two nearly equal gradients are subtracted and divided by r.",
                "So r is too short.",
                right=True,
            ),
            Choice("The Hessian is singular.", "That makes no difference to a product."),
        ],
    ),
    Question(
        "What does the R-operator give?",
        [
            Choice("The Hessian.", "That would need a product for each column."),
            Choice(
                "An approximation of a product.", "No step size occurs in it: it is a derivative, not a difference."
            ),
            Choice(
                "The exact product of the Hessian and one vector.",
                "After a set-up, for about the price of two gradients.",
                right=True,
            ),
        ],
    ),
)
