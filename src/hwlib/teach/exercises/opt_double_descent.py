"""Exercises of the chapter *The worst size is the one that just fits*."""

from __future__ import annotations

import math
import reprlib
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.arrays import real_array
from hwlib.optim import expected_risk, least_squares_limit, parameter_count
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("opt-double-descent-width")
def _width(answer: Any) -> Verdict:
    """Least width of a network with one hidden layer and two outputs that has as many parameters as samples."""

    def reference(samples: int, inputs: int) -> int:
        return next(width for width in range(samples + 1) if parameter_count(width, inputs=inputs) >= samples)

    return compare_function(
        answer,
        reference,
        [{"samples": n, "inputs": i} for n in (10, 100, 186, 187, 1000) for i in (1, 5, 20)],
        mistakes={
            "Round up: with the width rounded down there are too few.": (
                lambda samples, inputs: (samples - 2) // (inputs + 3)
            ),
            "The biases are missing.": lambda samples, inputs: math.ceil(samples / (inputs + 2)),
            "Two outputs for each sample: but the question asks for as many parameters as samples.": (
                lambda samples, inputs: math.ceil((2 * samples - 2) / (inputs + 3))
            ),
            "The second layer is missing.": lambda samples, inputs: math.ceil(samples / (inputs + 1)),
        },
    )


@exercise("opt-double-descent-error")
def _error(answer: Any) -> Verdict:
    """The first line that does not follow, and where the counter-example is least."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, number = answer
        line, p = letter.strip().upper(), whole("p", number)
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and a whole number, such as ("A", 6), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is what the figure is said to show.",
        "B": "Line B follows: a fit without training error is not too poor for its samples.",
        "C": "Line C is what the figure is said to show.",
        "E": "Line E does not follow, but an earlier line has the same fault.",
    }
    if line != "D":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {reprlib.repr(line)}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first that does not follow.", reasons[line])
    if p < 6:
        return Verdict("wrong", "Line D is the one. But the counter-example is about sizes from six on.")
    risks = {size: expected_risk(4, size, signal=1, rest=0.05) for size in range(6, 101)}  # it only rises from there
    best = min(risks, key=lambda size: risks[size])
    if p != best:
        here = expected_risk(4, p, signal=1, rest=0.05)
        return Verdict(
            "wrong",
            f"Line D is the one. But at p = {p} the error is {here:.3f}, and at {best} it is {risks[best]:.3f}.",
        )
    said = ", ".join(f"{risks[size]:.3f}" for size in range(6, 13))
    return Verdict("right", f"From p = 6 on the errors are {said} and so on: least at {best}.")


@exercise("opt-double-descent-samples")
def _samples(answer: Any) -> Verdict:
    """First number of samples at which one more hurts; the reference looks at the error itself."""

    def first(p: int, signal: float, rest: float, *, last: int, begin: int = 1) -> int:
        def risk(n: int) -> float:
            return expected_risk(n, p, signal=signal, rest=rest)

        return next((n for n in range(begin, last) if risk(n + 1) > risk(n)), 0)

    def by_condition(p: int, signal: float, rest: float, *, shift: int = 1) -> list[int]:
        return [n for n in range(1, p - 2) if (p - n - shift) * (p - n - 1 - shift) * signal < p * (p - 1) * rest]

    cases = [
        {"p": p, "signal": signal, "rest": rest}
        for p in (4, 6, 12, 60)
        for signal, rest in ((1.0, 0.25), (1.0, 0.01), (1.0, 0.001), (0.5, 1.0), (1.0, 0.1))
    ]
    return compare_function(
        answer,
        lambda p, signal, rest: first(p, signal, rest, last=p - 2),
        cases,
        mistakes={
            "Both n and n + 1 have to lie left of the pole: n + 1 is at most p - 2.": (
                lambda p, signal, rest: first(p, signal, rest, last=p)
            ),
            "The denominators are p - n - 1 and p - n - 2.": (
                lambda p, signal, rest: min(by_condition(p, signal, rest, shift=0), default=0)
            ),
            "That is the last such n, not the first.": (
                lambda p, signal, rest: max(by_condition(p, signal, rest), default=0)
            ),
            "Beta and rho are exchanged.": lambda p, signal, rest: min(by_condition(p, rest, signal), default=0),
        },
    )


@exercise("opt-double-descent-design")
def _design(answer: Any) -> Verdict:
    """Two samples whose shortest solution is huge on two features and short on three."""
    if is_open(answer):
        return UNANSWERED
    try:
        X = real_array("answer", answer)
    except ValueError as error:
        return Verdict("wrong", f"Give two rows of three numbers. {error}")
    if X.shape != (2, 3):
        return Verdict("wrong", f"This has shape {X.shape}: give two rows of three numbers.")
    if abs(X).max() > 1:
        return Verdict("wrong", f"The entry {X.flat[abs(X).argmax()]:g} is not from -1 to 1.")
    y, lengths = np.array([1.0, -1.0]), []
    for features in (2, 3):
        w = least_squares_limit(X[:, :features], y, np.zeros(features))
        missing = float(abs(X[:, :features] @ w - y).max())
        if missing > 1e-6:
            told = "Two samples that are the same cannot have different targets." if features == 2 else ""
            return Verdict("wrong", f"On {features} features no weights fit: {missing:.2g} is missing.", told)
        lengths.append(float(np.linalg.norm(w)))
    two, three = lengths
    if two <= 1000:
        told = "Make the first two features of the samples more alike."
        return Verdict("wrong", f"On two features the shortest solution has the length {two:.4g}.", told)
    if three >= 2:
        told = "Let the third feature differ more between the samples."
        return Verdict("wrong", f"On three features the shortest solution has the length {three:.4g}.", told)
    return Verdict("right", f"The lengths are {two:.4g} and {three:.3g}: one feature more, and short weights will do.")


QUIZ = Quiz(
    Question(
        "Why is the risk so large where parameters and samples are equally many?",
        [
            Choice("Because the model cannot fit the samples.", "It fits them perfectly, and in one way only."),
            Choice(
                "Because the one perfect fit has to bend to every error in the labels.",
                "Its weights become huge.",
                right=True,
            ),
            Choice("Because descent does not converge.", "The pole is in the exact solution, without any descent."),
        ],
    ),
    Question(
        "Just beyond the peak more parameters help. What gets better?",
        [
            Choice("The fit to the training samples.", "It is perfect already."),
            Choice("Among more perfect fits there is a shorter one.", "And descent from zero picks it.", right=True),
            Choice(
                "The approximation error, and nothing else.",
                "With no new signal the error falls as well, if there is noise enough: shorter weights fit it.",
            ),
        ],
    ),
    Question(
        "Does double descent mean that larger models are always better?",
        [
            Choice("Yes, beyond the peak.", "Not always: with weights 1/j the best size lay left of the peak."),
            Choice(
                "No: and with a good penalty, or a good moment to stop, there may be no peak.",
                "Both were measured above.",
                right=True,
            ),
            Choice(
                "Yes, if there is enough data.",
                "More data brings a model that is too large for its data to the peak first.",
            ),
        ],
    ),
)
