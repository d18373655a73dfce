"""Exercises of the chapter *Images made by gradients show the network, not the world*."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import named, returned
from hwlib.teach._verdict import UNANSWERED, is_open

_FAR = 1e9  # stands for infinity, which has no distance to itself


def _finite(value: Any) -> float:
    """A number of a student's, infinity included."""
    return min(float(value), _FAR)


@exercise("saliency-images-nearest")
def _nearest(answer: Any) -> Verdict:
    """The class that the shortest change leads to, for a linear classifier."""

    def leads(x: AnyArray, weights: AnyArray, biases: AnyArray) -> tuple[AnyArray, AnyArray]:
        scores = weights @ x + biases
        best = int(scores.argmax())
        ahead = scores[best] - scores
        ahead[best] = math.inf
        return ahead, weights[best] - weights

    def quotient(norm: Any) -> Any:
        def nearest(x: AnyArray, weights: AnyArray, biases: AnyArray) -> int:
            ahead, differences = leads(x, weights, biases)
            sizes = [norm(row) for row in differences]
            far = [math.inf if size == 0 else lead / size for lead, size in zip(ahead, sizes, strict=True)]
            return int(np.argmin(far))

        return nearest

    def alone(x: AnyArray, weights: AnyArray, biases: AnyArray) -> int:
        ahead, _ = leads(x, weights, biases)
        return int(np.argmin(ahead / np.linalg.norm(weights, axis=1)))

    cases = [
        {"x": np.array(x, float), "weights": np.array(rows, float), "biases": np.array(biases, float)}
        for x, rows, biases in [
            ([1, 1], [[4, 1], [1, 1]], [0, 0]),
            ([1, 0], [[5, 1], [1, 1], [1, 4]], [0, 0, 0.5]),
            ([0, 0], [[1, 1], [4, 5], [2, 1]], [10, 2, 8.5]),
            ([0, 0], [[1, 1], [3, 3], [4, 1]], [12, 0.5, 0]),
            ([0, 0], [[10, 0], [1, 0], [10, 3]], [9, 4, 1]),
            ([8, 4, 10, 12, 10, 2], [[3, 2, 2, 2, 1, 0], [2, 3, 2, 0, 0, 3], [0, -1, -1, 2, 4, 0]], [0, 0, 0]),
            ([0, 0], [[2, 1], [2, 1], [3, 1]], [5, 4, 0]),
        ]
    ]
    return compare_function(
        answer,
        quotient(np.linalg.norm),
        cases,
        mistakes={
            "That is the class with the second highest score: a lower one may have a steeper way.": (
                lambda x, weights, biases: int(np.argsort(weights @ x + biases)[-2])
            ),
            "Divide by the length of the difference of weights, not of one class's weights.": alone,
            "Absolute weights added up measure the largest move of a pixel; here it is the Euclidean length.": (
                quotient(lambda row: abs(row).sum())
            ),
            "Divide by the length, not by its square.": quotient(lambda row: row @ row),
            "That is the present class; asked is another.": (
                lambda x, weights, biases: int(np.argmax(weights @ x + biases))
            ),
        },
    )


@exercise("saliency-images-fewest")
def _fewest(answer: Any) -> Verdict:
    """How many pixels of an image in the unit box have to change so that a lead is gone."""

    def gains(x: AnyArray, w: AnyArray) -> AnyArray:
        return np.where(w > 0, w * x, -w * (1 - x))

    def counted(values: AnyArray, m: float) -> float:
        return next((k for k in range(len(values) + 1) if values[:k].sum() >= m), math.inf)

    def reference(x: AnyArray, w: AnyArray, m: float) -> float:
        """By trying all sets of pixels."""
        worth = gains(x, w)
        sets = itertools.product((False, True), repeat=len(x))
        return min((sum(chosen) for chosen in sets if worth[list(chosen)].sum() >= m), default=math.inf)

    cases = [
        {"x": np.array(x, float), "w": np.array(w, float), "m": float(m)}
        for x, w, m in [
            ([1], [2], 1),
            ([0.5, 0.5], [2, -2], 1),
            ([1, 1, 1], [1, 2, 4], 5),
            ([0, 0, 1], [4, 3, 1], 1),
            ([0, 1, 0.5], [-4, 1, 2], 4),
            ([0.25, 1, 1, 0], [4, 2, 1, 1], 3),
            ([0.5, 0.5, 0], [2, 2, 8], 2),
            ([1, 0, 0.5, 0.5], [1, -1, 3, -3], 4),
            ([0.5, 0.5], [1, 1], 2),
            ([0.5, 1], [1, 0], 0),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "A pixel has no more room than to 0 or to 1: count what each can really bring.": (
                lambda x, w, m: counted(np.sort(abs(w))[::-1], m)
            ),
            "Take the pixels that bring most, not the ones with the largest weights.": (
                lambda x, w, m: counted(gains(x, w)[np.argsort(-abs(w), kind="stable")], m)
            ),
            "Take the pixels in the order of what they bring, not in their order in the image.": (
                lambda x, w, m: counted(gains(x, w), m)
            ),
            "Pixels with negative weights help as well: they can be raised.": (
                lambda x, w, m: counted(np.sort(np.maximum(w, 0) * x)[::-1], m)
            ),
        },
        tolerance=1e-9,
        read=_finite,
    )


@exercise("saliency-images-error")
def _error(answer: Any) -> Verdict:
    """Two feature maps, not negative, with equal Gram matrices, and not the same positions in another order."""
    if is_open(answer):
        return UNANSWERED
    try:
        first, second = (real_array("answer", part) for part in answer)
        fits = first.ndim == second.ndim == 2 and first.size > 0 and second.size > 0
    except (TypeError, ValueError, OverflowError, RuntimeError):
        fits = False
    if not fits:
        return Verdict("wrong", "Give two lists of rows, one row a feature, such as ([[1, 0]], [[0, 1]]).")
    if first.shape != second.shape:
        return Verdict("wrong", f"The shapes {first.shape} and {second.shape} differ.", "The claim is about one shape.")
    if min(first.min(), second.min()) < 0:
        diagnosis = "With signs it is easier; features after a ReLU have none."
        return Verdict("wrong", "A feature is negative somewhere.", diagnosis)
    scale = max(first.max(), second.max(), np.finfo(float).tiny)
    first, second = first / scale, second / scale  # the claim does not depend on it, and rounding does not matter then
    grams = first @ first.T, second @ second.T
    apart = abs(grams[0] - grams[1]) > 1e-9
    if apart.any():
        i, j = np.argwhere(apart)[0]
        here, there = (scale * (scale * float(matrix[i, j])) for matrix in grams)
        message = f"Entry ({i},{j}) of the Gram matrices is {here:g} and {there:g}."
        sums = np.allclose(first.sum(1), second.sum(1))
        return Verdict(
            "wrong", message, named({"These have equal sums; a Gram matrix adds products.": bool(sums and first.any())})
        )
    if _same_columns(first, second):
        diagnosis = "That is an example of the claim; look for one against it."
        return Verdict("wrong", "The columns of both are the same, in some order.", diagnosis)
    given = np.round(scale * (scale * grams[0]), 9).tolist()
    return Verdict("right", f"Both have the Gram matrix {given}, and their columns differ.")


def _same_columns(first: AnyArray, second: AnyArray) -> bool:
    """Whether two maps, of size one or so, have the same columns in some order, but for rounding."""
    left = list(second.T)
    for column in first.T:
        apart = [float(abs(column - other).max()) for other in left]
        nearest = int(np.argmin(apart))
        if apart[nearest] > 1e-4:
            return False
        left.pop(nearest)
    return True


@exercise("saliency-images-orthogonal")
def _orthogonal(answer: Any) -> Verdict:
    """The orthogonal matrix that takes features to others with the same Gram matrix."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    turn = np.array([[2, -2, 1], [1, 2, 2], [2, 1, -2]]) / 3
    rows = [
        ([[2]], -np.eye(1)),
        ([[3, 4]], np.array([[3, 4], [4, -3]]) / 5),
        ([[1, 2], [0, 1]], np.array([[0, 1], [-1, 0]])),
        ([[1, 2, 0], [0, 1, 1]], turn),
        ([[1, 2, 3], [2, 4, 6]], turn),
        ([[1, 0], [2, 1], [0, 3]], np.array([[4, 3], [-3, 4]]) / 5),
        ([[0, 0]], np.eye(2)),
    ]
    for count, (features, q) in enumerate(rows):
        F = np.array(features, float)
        H = F @ q
        given = returned(answer, {"F": F, "H": H})
        if given is UNANSWERED and count:
            return Verdict("wrong", f"For F = {features} your function returns nothing.")
        if isinstance(given, Verdict):
            return given
        if (wrong := _not_the_turn(given, F, H)) is not None:
            return wrong
    return Verdict("right", f"Your matrices are orthogonal and take F to H, in all {len(rows)} cases.")


def _not_the_turn(given: Any, F: AnyArray, H: AnyArray) -> Verdict | None:
    """What is wrong with a matrix that should be orthogonal and take F to H."""
    features, positions = F.shape
    start = f"For F = {F.tolist()}, H = {np.round(H, 3).tolist()}"
    try:
        q = real_array("the matrix", given)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        q = np.empty(0)
    if q.shape != (positions, positions):
        diagnosis = named({"Positions are mixed, not features: Q stands on the right.": q.shape == (features,) * 2})
        accepted = f"accepted is a matrix of {positions} rows and {positions} columns"
        return Verdict("wrong", f"{start}: {accepted}, and this has the shape {q.shape}.", diagnosis)
    fits, turns = np.allclose(F @ q, H, atol=1e-6), np.allclose(q @ q.T, np.eye(positions), atol=1e-6)
    if fits and turns:
        return None
    mistakes = {
        "It takes F to H, and shortens what is orthogonal to all features: that has to be turned as well.": fits,
        "It takes H to F: transpose it.": turns and np.allclose(H @ q, F, atol=1e-6),
        "It is orthogonal, and does not depend on H as it should.": turns and np.allclose(q, np.eye(positions)),
    }
    what = "F Q is not H" if not fits else "Q is not orthogonal"
    return Verdict("wrong", f"{start}: {what}, with Q = {np.round(q, 3).tolist()}.", named(mistakes))


@exercise("saliency-images-safe")
def _safe(answer: Any) -> Verdict:
    """The largest radius, in the largest move of a pixel, that no biases of the hidden units can undo."""

    def signs(W: AnyArray) -> list[AnyArray]:
        return [np.array(s) for s in itertools.product((-1.0, 1.0), repeat=W.shape[1])]

    def reference(W: AnyArray, v: AnyArray, m: float) -> float:
        """A unit that would help is off, one that would harm is on: a convex loss, largest at a corner."""
        return m / max(sum(max(-float(a) * float(row @ s), 0.0) for a, row in zip(v, W, strict=True)) for s in signs(W))

    cases = [
        {"W": np.array(W, float), "v": np.array(v, float), "m": m}
        for W, v, m in [
            ([[2]], [1], 1.0),
            ([[1], [-1]], [1, 1], 1.0),
            ([[1, 1], [1, -1]], [1, 1], 4.0),
            ([[1, 2], [2, -1]], [2, 1], 3.0),
            ([[1, 0, 2], [0, 3, -1]], [1, -2], 6.0),
            ([[1, 1], [1, 1]], [2, -1], 1.0),
            ([[1, 2, -1], [2, 0, 1], [-1, 1, 1]], [1, -1, 2], 5.0),
        ]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "This radius is certain, but not the largest: one move cannot be the worst one for each unit.": (
                lambda W, v, m: m / (abs(v) @ abs(W)).sum()
            ),
            "That is the prediction with all units on; some biases switch off those that would help.": (
                lambda W, v, m: m / max(abs(v @ W).sum(), 1e-12)
            ),
            "You count units that raise the lead as if they lowered it: these can be off.": (
                lambda W, v, m: m / max((abs(v) @ abs(W @ s)) for s in signs(W))
            ),
            "The weights v after the hidden layer are missing.": (
                lambda W, v, m: m / max(sum(max(-float(row @ s), 0.0) for row in W) for s in signs(W))
            ),
        },
        tolerance=1e-9,
        read=_finite,
    )


QUIZ = Quiz(
    Question(
        "A linear classifier gives scores 9, 8 and 2. To which class does the shortest change lead?",
        [
            Choice("To the one with score 8.", "Only if its weights differ enough: what counts is lead over length."),
            Choice(
                "That depends on the weights.",
                "A lead of 7 over a length of 14 is nearer than a lead of 1 over a length of 1.",
                right=True,
            ),
            Choice(
                "To the one with score 2.", "Not always: its lead is the largest, so its weights have to differ more."
            ),
        ],
    ),
    Question(
        "Ascent has made an image that the network calls a class with probability nearly one. What is shown?",
        [
            Choice(
                "What the network thinks such things look like.",
                "Noise and a picture that people recognise reach it alike; which of them one gets is decided by what "
                "the ascent is not allowed to do.",
            ),
            Choice(
                "That the network was trained well.",
                "Nothing in the ascent asks how good the network is.",
            ),
            Choice(
                "One of many images with that score, chosen by start, steps and regularizers.",
                "So it says something about the network, and as much about the regularizers.",
                right=True,
            ),
        ],
    ),
    Question(
        "Two feature maps have the same Gram matrix. What do they share?",
        [
            Choice("The same columns, in another order.", "Also (3, 4) and (5, 0) have the same Gram matrix."),
            Choice(
                "Everything that stays when positions are mixed by an orthogonal matrix.",
                "And nothing else: equal Gram matrices are exactly that.",
                right=True,
            ),
            Choice("The mean of each feature.", "(1, -1) and (1, 1) have means 0 and 1, and the same Gram matrix."),
        ],
    ),
)
