"""Exercises of the chapter *The worst size is the one that just fits*."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.optim import expected_risk, parameter_count
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


@exercise("opt-double-descent-few")
def _few(answer: Any) -> Verdict:
    """Expected risk with fewer features than samples."""
    return compare_function(
        answer,
        lambda n, p, rest: expected_risk(n, p, signal=0, rest=rest),
        [{"n": n, "p": p, "rest": rest} for n, p in [(4, 0), (4, 1), (4, 2), (20, 9), (50, 40)] for rest in (1.0, 0.5)],
        mistakes={
            "That is the error of the weights; the rest of a new sample comes on top.": (
                lambda n, p, rest: rest * p / (n - p - 1)
            ),
            "The expectation of an inverse Wishart matrix has n - p - 1 below, not n - p.": (
                lambda n, p, rest: rest * (1 + p / (n - p))
            ),
            "That is the formula of fixed samples: it has no pole.": lambda n, p, rest: rest * (1 + p / n),
        },
        tolerance=1e-9,
    )


@exercise("opt-double-descent-many")
def _many(answer: Any) -> Verdict:
    """Expected risk with more features than samples."""
    cases = [
        {"n": n, "p": p, "signal": signal, "rest": rest}
        for n, p in [(1, 3), (4, 6), (4, 12), (20, 60)]
        for signal, rest in [(1.0, 0.0), (0.0, 1.0), (0.5, 0.25)]
    ]
    return compare_function(
        answer,
        lambda n, p, signal, rest: expected_risk(n, p, signal=signal, rest=rest),
        cases,
        mistakes={
            "Samples see only a share n / p of the signal: the rest of it is lost.": (
                lambda n, p, signal, rest: rest * (1 + n / (p - n - 1))
            ),
            "The share that is lost is 1 - n / p, not n / p.": (
                lambda n, p, signal, rest: signal * n / p + rest * (1 + n / (p - n - 1))
            ),
            "n and p are swapped in the second term.": (
                lambda n, p, signal, rest: signal * (1 - n / p) + rest * (1 + p / (p - n - 1))
            ),
            "The rest of the new sample itself is missing.": (
                lambda n, p, signal, rest: signal * (1 - n / p) + rest * n / (p - n - 1)
            ),
        },
        tolerance=1e-9,
    )


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


@exercise("opt-double-descent-ridge")
def _ridge(answer: Any) -> Verdict:
    """Minimiser of squares plus a penalty, for any shape."""

    def reference(X: AnyArray, y: AnyArray, penalty: float) -> AnyArray:
        """Least squares with rows added that ask each weight to be zero."""
        d = X.shape[1]
        longer = np.vstack([X, np.sqrt(penalty) * np.eye(d)])
        return np.asarray(np.linalg.lstsq(longer, np.append(y, np.zeros(d)), rcond=None)[0])

    def solved(X: AnyArray, y: AnyArray, penalty: float) -> AnyArray:
        return np.asarray(np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y))

    cases = [
        {"X": np.array(X), "y": np.array(y), "penalty": penalty}
        for X, y in [
            ([[1.0], [2.0]], [1.0, 3.0]),
            ([[1.0, 2.0]], [5.0]),
            ([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], [1.0, 2.0]),
        ]
        for penalty in (0.5, 3.0)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "That is the shortest least-squares solution; the penalty is not used.": (
                lambda X, y, penalty: np.linalg.pinv(X) @ y
            ),
            "The penalty enters as it is, not squared.": lambda X, y, penalty: solved(X, y, penalty**2),
            "The penalty is not multiplied by the number of samples here.": (
                lambda X, y, penalty: solved(X, y, penalty * len(y))
            ),
        },
        tolerance=1e-8,
    )


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
