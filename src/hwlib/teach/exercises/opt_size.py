"""Exercises of the chapter *Over size the error falls, rises and falls again*."""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.arrays import real_array
from hwlib.optim import expected_risk
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("opt-size-best")
def _best(answer: Any) -> Verdict:
    """Number of features with the least expected error."""

    def least(
        n: int, noise: float, squares: Sequence[float], *, first: int = 0, unseen: bool = True, lost: bool = True
    ) -> int:
        def risk(p: int) -> float:
            signal = sum(squares[:p]) if lost else 0.0
            return expected_risk(n, p, signal=signal, rest=noise + (sum(squares[p:]) if unseen else 0.0))

        return min(range(first, len(squares) + 1), key=risk)

    cases = [
        {"n": n, "noise": noise, "squares": squares}
        for n in (4, 6, 10)
        for noise in (0.25, 1.0)
        for squares in ([1.0, 0.5, 0.25], [0.75] + [0.025] * 10, [0.05] * 20, [1.0] * 12)
    ]
    return compare_function(
        answer,
        lambda n, noise, squares: least(n, noise, squares),
        cases,
        mistakes={
            "No feature at all is a choice, too: then nothing is learned, and the error is rho.": (
                lambda n, noise, squares: least(n, noise, squares, first=1)
            ),
            "What the unseen features do is noise for the fit: it belongs to rho.": (
                lambda n, noise, squares: least(n, noise, squares, unseen=False)
            ),
            "Look beyond the pole as well.": (
                lambda n, noise, squares: min(
                    range(min(n - 1, len(squares) + 1)),
                    key=lambda p: expected_risk(n, p, signal=0.0, rest=noise + sum(squares[p:])),
                )
            ),
            "Beyond the pole a part of the signal is lost as well: (p - n) / p of it.": (
                lambda n, noise, squares: least(n, noise, squares, lost=False)
            ),
        },
    )


@exercise("opt-size-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and by how much the bias rises."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, number = answer
        line, said = letter.strip().upper(), float(real_array("answer", number))
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and a number, such as ("A", 0.5), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is true: given the samples, what the fit adds up of the noise has mean zero.",
        "B": "Line B is true: it is the step of the proof with the trace.",
        "D": "Line D is true: there is no noise. Look before it.",
        "E": "Line E is false, but it only repeats what an earlier line says.",
    }
    if line != "C":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {reprlib.repr(line)}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])

    def bias(p: int, *, unseen: bool = True, power: int = 2) -> Fraction:
        rest = Fraction(11 - p, 40)
        return rest * unseen + (1 - Fraction(4, p)) ** power * (1 - rest)

    right = bias(11) - bias(6)
    if math.isclose(said, right, abs_tol=5e-4):
        return Verdict(
            "right", f"Line C: a fit may choose the smaller one's weights, but the shortest does not. {right}."
        )
    typical = {
        "With that sign the bias would fall.": -right,
        "The bias has the unseen features' part as well: u.": bias(11, unseen=False) - bias(6, unseen=False),
        "The bias is a square: (1 - n / p)^2 of the signal seen.": bias(11, power=1) - bias(6, power=1),
        "That is the bias with all eleven; with six there is some already.": bias(11),
    }
    told = next((text for text, value in typical.items() if math.isclose(said, value, abs_tol=5e-4)), "")
    return Verdict("wrong", f"Line C is the one. But from 6 to 11 features the bias does not rise by {said:g}.", told)


@exercise("opt-size-useless")
def _useless(answer: Any) -> Verdict:
    """Where useless features have the least error, p taken as a real number."""

    def least(n: int, signal: float, rest: float) -> float:
        if rest >= signal:
            return math.inf
        low, high = n + 1 + 1e-9, 1e6  # by halving: the derivative grows through zero
        for _ in range(200):
            middle = (low + high) / 2
            slope = signal / middle**2 - rest / (middle - n - 1) ** 2
            low, high = (middle, high) if slope < 0 else (low, middle)
        return low

    def place(n: int, ratio: float, shift: int = 1) -> float:
        return (n + shift) / (1 - ratio) if ratio < 1 else math.inf

    cases = [
        {"n": n, "signal": signal, "rest": rest}
        for n, (signal, rest) in itertools.product(
            (1, 4, 20), [(1.0, 0.25), (1.0, 0.01), (2.0, 0.5), (1.0, 1.0), (0.5, 2.0)]
        )
    ]
    return compare_function(
        answer,
        least,
        cases,
        mistakes={
            "Take the root: the denominators of the derivative are squares.": (
                lambda n, signal, rest: place(n, rest / signal)
            ),
            "The second denominator is p - n - 1, not p - n.": (
                lambda n, signal, rest: place(n, math.sqrt(rest / signal), shift=0)
            ),
            "If rho is at least beta, the error falls for ever: there is no place.": (
                lambda n, signal, rest: (n + 1) / (1 - math.sqrt(rest / signal)) if rest != signal else math.inf
            ),
            "Beta and rho are exchanged.": lambda n, signal, rest: place(n, math.sqrt(signal / rest)),
        },
        tolerance=1e-4,
        read=lambda value: 1e9 if np.ndim(value) == 0 and value == math.inf else value,  # infinities have no difference
    )


@exercise("opt-size-design")
def _design(answer: Any) -> Verdict:
    """Squares of twelve weights whose curve falls, rises and is least at its right end."""
    if is_open(answer):
        return UNANSWERED
    try:
        squares = real_array("answer", answer)
    except ValueError as error:
        return Verdict("wrong", f"Give a list of twelve numbers. {error}")
    if squares.shape != (12,):
        return Verdict("wrong", f"This has shape {squares.shape}: give twelve numbers in a list.")
    if (squares < 0).any():
        return Verdict(
            "wrong", f"{squares.min():g} is no square of a weight.", "Give the squares, none of them negative."
        )
    if abs(squares.sum() - 1) > 1e-9:
        return Verdict("wrong", f"The squares add up to {squares.sum():.6g}, not to one.", "Divide them by their sum.")
    shares = np.append(0, np.cumsum(squares)).clip(max=1)
    curve = [expected_risk(6, p, signal=shares[p], rest=max(0.0, 1 - shares[p])) for p in range(13)]
    low = int(np.argmin(curve[:5]))
    if not curve[1] < curve[0]:
        return Verdict(
            "wrong",
            f"At its beginning the curve does not fall: it is {', '.join(f'{value:.3g}' for value in curve[:5])}.",
            "By the condition for p = 0 the first feature needs more than a fifth of the whole.",
        )
    if not curve[4] > curve[low]:
        return Verdict(
            "wrong",
            f"The curve does not rise before the pole: it is {', '.join(f'{value:.3g}' for value in curve[:5])}.",
            "Leave something unexplained to the features that come later.",
        )
    if sorted(curve[: low + 1], reverse=True) != curve[: low + 1] or sorted(curve[low:5]) != curve[low:5]:
        return Verdict(
            "wrong",
            f"On the left the curve bends more than once: it is {', '.join(f'{value:.3g}' for value in curve[:5])}.",
            "Put the features in the order of their squares.",
        )
    best = int(np.argmin(curve))
    if best != 12 or curve[12] >= min(curve[:12]):
        return Verdict(
            "wrong",
            f"With all 12 features the error is {curve[12]:.3g}, with {best} it is {curve[best]:.3g}.",
            "With everything seen the error is one half, whatever the squares are: the left low has to lie above it.",
        )
    return Verdict("right", f"It falls to {curve[low]:.3g} at {low}, rises to the pole, and ends at {curve[12]:.3g}.")


QUIZ = Quiz(
    Question(
        "A larger model contains the smaller one. Is its bias at most as large?",
        [
            Choice("Yes: it can represent all that the smaller one can.", "The mean of its fits need not do so."),
            Choice(
                "Not always: beyond the pole the shortest solution has only n / p of each weight on average.",
                "So the bias may rise there.",
                right=True,
            ),
            Choice("Yes, if there is no noise.", "The example by hand has no noise, and a bias that rises."),
        ],
    ),
    Question(
        "Just beyond the pole a feature is added that has nothing to do with y. What can happen to the error?",
        [
            Choice("It rises: a useless feature only adds variance.", "So it is left of the pole, if rho is positive."),
            Choice(
                "It may fall: the fit meets the samples with shorter weights.", "Much as with a penalty.", right=True
            ),
            Choice("Nothing: its weight will be zero.", "The shortest solution gives it a weight."),
        ],
    ),
    Question(
        "Which penalty is proved to leave no peak over size, for all weights?",
        [
            Choice(
                "The best single one.",
                "It leaves none for equal weights; with weights 1/j its error rises with size.",
            ),
            Choice("One for each weight, rho over its square.", "Then no sample and no feature hurts.", right=True),
            Choice("Any large one.", "A very large penalty learns nothing, whatever the size."),
        ],
    ),
)
