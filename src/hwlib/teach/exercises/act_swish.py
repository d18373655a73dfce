"""Exercises of the chapter *Swish lies between half of x and ReLU*."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hwlib.activations import SWISH_CONSTANT, sigmoid, swish
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import returned
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("act-swish-hard")
def _hard(answer: Any) -> Verdict:
    """The constant c of the gate that rises from 0 to 1 on a straight line over a width."""

    def reference(width: float) -> float:
        z = np.linspace(0, width, 400_001)
        return float((z * np.clip(0.5 - z / width, 0, 1)).max())

    return compare_function(
        answer,
        reference,
        [{"width": width} for width in (1.0, 6.0, 0.5, 16.0, 2.0)],
        mistakes={
            "The gate is zero half a width to the left, so the largest product is at a quarter of the width.": (
                lambda width: width / 8
            ),
            "That is the place of the largest product. How large is it there?": lambda width: width / 4,
            "That is the gate at the place of the largest product; multiply by the place.": lambda width: 0.25,
            "c is not the slope of the gate: it is the largest z G(-z).": lambda width: 1 / width,
        },
        tolerance=1e-6,
    )


@exercise("act-swish-maximum")
def _maximum(answer: Any) -> Verdict:
    """The least beta for which the mean of two numbers with logistic weights is within a tolerance of the larger."""

    def reference(tolerance: float) -> float:
        t = np.linspace(0, 10, 400_001)  # beta times the difference of the two numbers
        return float((t - swish(t)).max()) / tolerance

    return compare_function(
        answer,
        reference,
        [{"tolerance": tolerance} for tolerance in (0.1, 1.0, 0.01, 0.5)],
        mistakes={
            "With that one it is less by more, somewhere: the largest difference is c over beta.": (
                lambda tolerance: SWISH_CONSTANT * tolerance
            ),
            "The two terms are not off by c / beta each: their weights add up to one, so one Swish is enough.": (
                lambda tolerance: 2 * SWISH_CONSTANT / tolerance
            ),
            "That is the constant of softplus, which smooths the maximum from above.": (
                lambda tolerance: math.log(2) / tolerance
            ),
            "(1 + c) / beta is the place of the largest difference, not its size.": (
                lambda tolerance: (1 + SWISH_CONSTANT) / tolerance
            ),
            "It is sure to be large enough, but not the least: the constant is c, below one third.": (
                lambda tolerance: 1 / tolerance
            ),
        },
        tolerance=1e-6,
    )


@exercise("act-swish-error")
def _error(answer: Any) -> Verdict:
    """The false sentence of an argument, with numbers for which it is false."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, beta, x = answer
        sentence, beta, x = str(sentence).strip().upper(), float(beta), float(x)
    except (TypeError, ValueError):
        return Verdict("wrong", f"Give the letter of a sentence and two numbers, (sentence, beta, x), not {answer!r}.")
    if sentence not in ("A", "B", "C", "D") or not (math.isfinite(beta) and math.isfinite(x)) or beta <= 0:
        return Verdict("wrong", "The sentence is A, B, C or D; beta is above zero, and x is a number.")
    true = {
        "A": "Sentence A is true: the logistic function is continuous and grows from 0 to 1.",
        "B": "Sentence B is true: x / 2 and ReLU are both zero there.",
        "D": "Sentence D follows from sentence C, and is true all the same. Which sentence before it is false?",
    }
    if sentence in true:
        return Verdict("wrong", f"Sentence {sentence} is not the first false one.", true[sentence])
    # The slope is sigma(z) (1 + z sigma(-z)) with z = beta x. Far out its first factor is no float, its sign still is.
    z = min(max(beta * x, -1e300), 1e300)
    rest = 1 + z * float(sigmoid(-z))
    slope = f"the slope is {float(sigmoid(z)) * rest:.3g}" if z > -700 else "the slope is too small for a float"
    if rest < 0:
        return Verdict("right", f"Sentence C it is: at x = {x:g} with beta = {beta:g} Swish falls; {slope}.")
    return Verdict(
        "wrong",
        f"It is sentence C, but these numbers do not show it: at x = {x:g} with beta = {beta:g} Swish grows; {slope}.",
        "Both factors grow, but one of them is negative left of zero: look there." if x >= 0 else "",
    )


@exercise("act-swish-identity")
def _identity(answer: Any) -> Verdict:
    """A shift with which one Swish unit with biases is close to x on an interval."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    for radius, tolerance in [(1.0, 0.1), (1.0, 0.001), (5.0, 0.01), (0.0, 0.001), (50.0, 1e-6), (1.0, 1.0)]:
        given = returned(answer, {"radius": radius, "tolerance": tolerance})
        if isinstance(given, Verdict):
            return given
        case = f"For radius = {radius:g} and tolerance = {tolerance:g} your function returns {given!r}"
        try:
            shift = float(given)
        except (TypeError, ValueError):
            return Verdict("wrong", f"{case}, which is no number.")
        if not math.isfinite(shift):
            return Verdict("wrong", f"{case}: a bias is a finite number.")
        # swish(x + s) - s - x is -(x + s) sigmoid(-(x + s)) = swish(-(x + s)), without losing digits to s.
        x = np.linspace(-radius, radius, 20_001)
        gaps = abs(np.asarray(swish(-(x + shift))))
        if gaps.max() > tolerance * (1 + 1e-9):  # the least shift, solved for, misses by roundings
            worst = x[gaps.argmax()]
            message = f"{case}; at x = {worst:g} the unit is then off by {gaps.max():.3g}."
            return Verdict("wrong", message, _shift_mistake(shift, radius, tolerance))
    return Verdict("right", "In all six cases the unit stays within the tolerance.")


def _shift_mistake(shift: float, radius: float, tolerance: float) -> str:
    if shift <= -radius:
        return "The other way: far to the right Swish is close to x, far to the left to zero."
    if shift <= radius:
        return "Some x + s are still negative or near zero, where Swish bends: push all of the interval to the right."
    if math.exp(-(shift - radius)) <= tolerance:
        return "It is x + s that multiplies the exponential: with s the factor grows, too."
    return "The shift has to grow with the logarithm of one over the tolerance, counted from the left end, -R + s."


QUIZ = Quiz(
    Question(
        "For which beta is x sigmoid(beta x) the function x itself?",
        [
            Choice("For beta = 0.", "There the gate is one half everywhere, and so it is x / 2."),
            Choice("In the limit of large beta.", "Only right of zero. Left of zero it tends to zero: that is ReLU."),
            Choice("For none, but twice Swish with a small beta is close.", "On a bounded interval.", right=True),
        ],
    ),
    Question(
        "beta > 0 is made ten times as large. What happens to the largest distance from ReLU, over all real x?",
        [
            Choice("It is ten times smaller.", "It is a constant over beta; only the scale changes.", right=True),
            Choice("It falls exponentially.", "At one fixed x that is not 0 it does. The worst x moves in to zero."),
            Choice("It stays, because the dip never goes away.", "The dip stays, but it gets shallower with 1/beta."),
        ],
    ),
    Question(
        "beta runs to minus infinity. What becomes of Swish?",
        [
            Choice("ReLU again, by symmetry.", "The gate is open left of zero now: x passes there, not on the right."),
            Choice("min(x, 0).", "The gate is open where x is negative.", right=True),
            Choice("x / 2.", "That is beta = 0, in the middle."),
        ],
    ),
)
