"""Exercises of the chapter *Curvature costs two gradients*."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.optim import taylor_minimum
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


@exercise("opt-curvature-size")
def _size(answer: Any) -> Verdict:
    """Parameters of a multi-layer perceptron with biases, and entries of its Hessian."""

    def parameters(sizes: list[int], *, bias: int = 1) -> int:
        return sum((i + bias) * o for i, o in itertools.pairwise(sizes))

    return compare_function(
        answer,
        lambda sizes: (parameters(sizes), parameters(sizes) ** 2),
        [{"sizes": sizes} for sizes in ([1, 1], [2, 3], [2, 3, 1], [4, 5, 6, 2], [32, 512, 512, 10])],
        mistakes={
            "The biases are missing: one for each output of a layer.": (
                lambda sizes: (parameters(sizes, bias=0), parameters(sizes, bias=0) ** 2)
            ),
            "A Hessian has a row and a column for each parameter: P squared.": (
                lambda sizes: (parameters(sizes), 2 * parameters(sizes))
            ),
            "Those are the distinct entries; the matrix has P squared.": (
                lambda sizes: (parameters(sizes), parameters(sizes) * (parameters(sizes) + 1) // 2)
            ),
            "One bias for each output, not for each input.": (
                lambda sizes: (
                    parameters(sizes, bias=0) + sum(sizes[:-1]),
                    (parameters(sizes, bias=0) + sum(sizes[:-1])) ** 2,
                )
            ),
        },
    )


@exercise("opt-curvature-newton")
def _newton(answer: Any) -> Verdict:
    """Step to the minimum of the second-order model, for a positive definite Hessian."""
    cases = [
        {"H": np.array(H), "g": np.array(g)}
        for H, g in [
            ([[2.0]], [4.0]),
            ([[4.0, 0.0], [0.0, 1.0]], [4.0, 2.0]),
            ([[4.0, 1.0], [1.0, 1.0]], [-2.0, -1.0]),
            ([[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]], [1.0, 0.0, 3.0]),
        ]
    ]
    return compare_function(
        answer,
        lambda H, g: taylor_minimum(H, g).step,
        cases,
        mistakes={
            "The sign is wrong: this goes uphill.": lambda H, g: np.linalg.solve(H, g),
            "That is the step of gradient descent; the Hessian is not used.": lambda H, g: -g,
            "Multiply by the inverse of H, not by H.": lambda H, g: -H @ g,
            "Dividing by the diagonal is enough only if H is diagonal.": lambda H, g: -g / np.diag(H),
        },
        tolerance=1e-8,
    )


@exercise("opt-curvature-central")
def _central(answer: Any) -> Verdict:
    """Central difference of the gradient w^3, entry by entry."""

    def g(w: AnyArray) -> AnyArray:
        return np.asarray(w**3)

    cases = [
        {"w": np.array(w), "v": np.array(v), "r": r}
        for w, v in [([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([2.0, -1.0], [0.5, 3.0])]
        for r in (0.5, 0.25)
    ]
    return compare_function(
        answer,
        lambda w, v, r: (g(w + r * v) - g(w - r * v)) / (2 * r),
        cases,
        mistakes={
            "That is the one-sided difference: its error falls with r only.": lambda w, v, r: (g(w + r * v) - g(w)) / r,
            "The two points are 2r apart.": lambda w, v, r: (g(w + r * v) - g(w - r * v)) / r,
            "The result has the wrong sign.": lambda w, v, r: (g(w - r * v) - g(w + r * v)) / (2 * r),
            "That is the exact product. The exercise asks for the difference, with its error.": (
                lambda w, v, r: 3 * w**2 * v
            ),
        },
        tolerance=1e-8,
    )


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
