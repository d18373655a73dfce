"""Exercises of the chapter *A saliency map shows a gradient, not a reason*."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import Network
from hwlib.pieces import difference_witness, pieces_of
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, named, returned
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("saliency-maps-shares")
def _shares(answer: Any) -> Verdict:
    """Gradient times input of a network with one hidden layer, and the share of its biases."""

    def reference(W: AnyArray, b: AnyArray, v: AnyArray, c: float, x: AnyArray) -> AnyArray:
        """By differences, which are exact here: no unit switches on so short a way."""
        step = 2.0**-10

        def score(point: AnyArray) -> float:
            return float(v @ np.maximum(W @ point + b, 0) + c)

        slopes = [(score(x + step * e) - score(x - step * e)) / (2 * step) for e in np.eye(len(x))]
        return np.append(np.array(slopes) * x, score(x) - np.array(slopes) @ x)

    def told(W: AnyArray, b: AnyArray, v: AnyArray, c: float, x: AnyArray, on: AnyArray, **parts: AnyArray) -> AnyArray:
        gradient = (v * on) @ W
        return np.append(parts.get("map", gradient * x), parts.get("rest", (v * on) @ b + c))

    def on(W: AnyArray, b: AnyArray, x: AnyArray) -> AnyArray:
        return np.asarray(W @ x + b > 0)

    layers = [
        ([[1, -1, 1, -1], [-1, -1, 1, 1]], [-1, 3], [2, -1], 0.0, [3, 1, 2, 0]),
        ([[1, 2]], [1], [3], 2.0, [1, 1]),
        ([[1, 0], [0, 1]], [0, -4], [1, 5], -1.0, [2, 3]),
        ([[2, -1], [-1, 1], [1, 1]], [1, 2, -9], [1, -2, 4], 1.0, [-1, -2]),
    ]
    cases = [
        {"W": np.array(W, float), "b": np.array(b, float), "v": np.array(v, float), "c": c, "x": np.array(x, float)}
        for W, b, v, c, x in layers
    ]
    return compare_function(
        answer,
        reference,
        cases,
        tolerance=1e-9,
        mistakes={
            "All units are taken as on: leave out those whose input is below zero.": (
                lambda W, b, v, c, x: told(W, b, v, c, x, np.ones(len(b)))
            ),
            "That is the gradient: multiply it by the input.": (
                lambda W, b, v, c, x: told(W, b, v, c, x, on(W, b, x), map=(v * on(W, b, x)) @ W)
            ),
            "The output's own bias is missing from the last number.": (
                lambda W, b, v, c, x: told(W, b, v, 0.0, x, on(W, b, x))
            ),
            "The biases of units that are off do not count: their derivative is zero.": (
                lambda W, b, v, c, x: told(W, b, v, c, x, on(W, b, x), rest=v @ b + c)
            ),
            "A bias counts times its derivative, which is the output weight of its unit, not one.": (
                lambda W, b, v, c, x: told(W, b, v, c, x, on(W, b, x), rest=on(W, b, x) @ b + c)
            ),
        },
    )


def _unit_path(w: AnyArray, b: float, x: AnyArray) -> AnyArray:
    """Integrated gradients of relu(w . x + b) from zero, in fractions: the share of the way on which it is on."""
    weights, point = as_meant("w", w), as_meant("x", x)
    start = Fraction(b)
    end = start + Fraction(sum(weights * point))
    rise = max(end, Fraction(0)) - max(start, Fraction(0))
    share = Fraction(start > 0) if start == end else rise / (end - start)
    shares: AnyArray = weights * point * share
    return shares


@exercise("saliency-maps-path")
def _path(answer: Any) -> Verdict:
    """Exact integrated gradients of one unit."""

    def value(z: float) -> float:
        return max(z, 0.0)

    cases = [
        {"w": np.array(w, float), "b": float(b), "x": np.array(x, float)}
        for w, b, x in [
            ([1], 0, [2]),
            ([1], -1, [4]),
            ([-1], 1, [2]),
            ([1, 1], -1, [1, 1]),
            ([2, -1], -1, [1, 1]),
            ([1, -1], 1, [2, 2]),
            ([1, -1], -1, [2, 2]),
            ([1, -1], 0, [1, 1]),
            ([-1, -2], 3, [2, 2]),
        ]
    ]

    def end(w: AnyArray, b: float, x: AnyArray) -> float:
        return float(w @ x + b)

    def no_case(w: AnyArray, b: float, x: AnyArray) -> AnyArray:
        rise = value(end(w, b, x)) - value(b)
        return np.asarray(w * x * rise / (w @ x)) if w @ x else w * x * 0

    return compare_function(
        answer,
        lambda w, b, x: _unit_path(w, b, x).astype(float),
        cases,
        tolerance=1e-9,
        mistakes={
            "That is gradient times input at the end of the way: the unit may have been off on a part of it.": (
                lambda w, b, x: w * x * (end(w, b, x) > 0)
            ),
            "That is gradient times input at the start of the way.": lambda w, b, x: w * x * (b > 0),
            "Where w . x = 0 the unit stays as it is on the whole way: if it is on, each pixel still has its share.": (
                no_case
            ),
            "The score of the black image counts, too: the shares add up to the difference.": (
                lambda w, b, x: w * x * value(end(w, b, x)) / (w @ x) if w @ x else w * x * (b > 0)
            ),
            "That is the mean of both ends: the unit need not switch in the middle.": (
                lambda w, b, x: w * x * (float(end(w, b, x) > 0) + float(b > 0)) / 2
            ),
        },
    )


@exercise("saliency-maps-error")
def _error(answer: Any) -> Verdict:
    """One unit whose shares are not what blackening a pixel costs."""
    if is_open(answer):
        return UNANSWERED
    asked = "Give (w, b, x): two weights, a bias, and two pixels from 0 to 1, such as ([1, 2], 0, [1, 1])."
    try:
        w, b, x = answer
        weights, pixels = as_meant("w", w), as_meant("x", x)
        bias = as_meant("b", [b]).item()  # also of a list of one number
    except (TypeError, ValueError):
        return Verdict("wrong", asked)
    if weights.shape != (2,) or pixels.shape != (2,) or any(not 0 <= pixel <= 1 for pixel in pixels):
        return Verdict("wrong", asked)

    def score(point: AnyArray) -> Fraction:
        return Fraction(max(sum(weights * point) + bias, 0))

    shares = _unit_path(weights, bias, pixels)
    falls = [score(pixels) - score(pixels * np.array(keep)) for keep in ((0, 1), (1, 0))]
    said = f"The shares are {shares[0]} and {shares[1]}, and blackening one pixel costs {falls[0]} and {falls[1]}"
    if list(shares) != falls:
        return Verdict("right", f"{said}.")
    slips = {
        "A black pixel has no share, and blackening it costs nothing: let both be bright.": any(pixels == 0),
        "A pixel with the weight 0 does nothing: let both count.": any(weights == 0),
        "The unit is off at the end and with either pixel black, or on at all of these: then it is affine there.": True,
    }
    return Verdict("wrong", f"{said}: here the claim holds.", named(slips))


@exercise("saliency-maps-proof")
def _proof(answer: Any) -> Verdict:
    """Two networks that are one function, with different guided maps at 1."""
    if is_open(answer):
        return UNANSWERED
    asked = "Give two networks, each as (w, v): as many weights as output weights, such as ([1, -1], [2, 3])."
    try:
        pairs = [tuple(as_meant(name, part) for name, part in zip("wv", network, strict=True)) for network in answer]
        sizes = {(part.ndim, len(w) == len(v) > 0) for w, v in pairs for part in (w, v)}
    except (TypeError, ValueError):
        return Verdict("wrong", asked)
    if len(pairs) != 2 or sizes != {(1, True)}:
        return Verdict("wrong", asked)
    first, second = (Network.from_arrays([(w[:, None], [0] * len(w)), (v[None], [0])]) for w, v in pairs)
    if (x := difference_witness(first, second)) is not None:
        message = f"At x = {x} the first network is {first(x)}, the second one {second(x)}: these are two functions."
        return Verdict("wrong", message, _same_at_one(first, second))
    guided = [sum(max(v, Fraction(0)) * w for w, v in zip(*pair, strict=True) if w > 0) for pair in pairs]
    slope = pieces_of(first, 0, 2).slopes[-1]
    if guided[0] == guided[1]:
        message = f"Both are the same function, but the guided map of both is {guided[0]} at x = 1."
        return Verdict("wrong", message, "To order units differently, or to split one by its weight, changes nothing.")
    message = f"One function with the slope {slope} at x = 1, and the guided maps {guided[0]} and {guided[1]}."
    return Verdict("right", message)


def _same_at_one(first: Network, second: Network) -> str:
    right, left = ([pieces_of(network, *ends) for network in (first, second)] for ends in ((0, 5), (-5, 0)))
    return named(
        {
            "They agree for x > 0; they have to for x < 0 as well.": difference_witness(*right) is None,
            "They agree for x < 0; they have to for x > 0 as well.": difference_witness(*left) is None,
        }
    )


def _area(order: Any, gradient: AnyArray, image: AnyArray, fill: float) -> float:
    """Sum of the scores on the way, without the affine score's constant."""
    point = image.astype(float).copy()
    total = 0.0
    for pixel in order:
        point[pixel] = fill
        total += float(gradient @ point)
    return total


@exercise("saliency-maps-order")
def _order(answer: Any) -> Verdict:
    """The order of pixels with the least area under the deletion curve of an affine score."""

    def read_area(order: Any, gradient: AnyArray, image: AnyArray, fill: float) -> float:
        given = list(order)
        pixels = [int(pixel) for pixel in given]
        if sorted(pixels) != list(range(len(gradient))) or pixels != given:
            raise ValueError(f"accepted is each of the pixels 0 to {len(gradient) - 1} once, not {given}")
        return _area(pixels, gradient, image, fill)

    cases = [
        {"gradient": np.array(g, float), "image": np.array(x, float), "fill": float(fill)}
        for g, x, fill in [
            ([1, 3], [1, 1], 0),
            ([1, -3], [1, 1], 0),
            ([4, 1], [1, 5], 0),
            ([3, -1, 1, -3], [3, 1, 2, 0], 0),
            ([2, 1, 3], [1, 0, 1], 1),
            ([-2, 1, 3, 2], [0, 2, 1, 3], 1),
        ]
    ]

    def graded(gradient: AnyArray, image: AnyArray, fill: float) -> float:
        # Copies: the answer may work in place.
        return read_area(answer(gradient.copy(), image.copy(), fill), gradient, image, fill)

    def best(gradient: AnyArray, image: AnyArray, fill: float) -> float:
        orders = itertools.permutations(range(len(gradient)))
        return min(_area(order, gradient, image, fill) for order in orders)

    def of(key: Any) -> Any:
        return lambda g, x, fill: _area(np.argsort(key(g, x, fill), kind="stable"), g, x, fill)

    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    begun = returned(answer, cases[0])
    if isinstance(begun, Verdict) and begun.status == "open":
        return begun
    verdict = compare_function(
        graded,
        best,
        cases,
        tolerance=1e-9,
        mistakes={
            "That is the order of the gradient: how far a pixel is from the fill counts as well.": (
                of(lambda g, x, fill: -g)
            ),
            "That is the order of gradient times input: it is right only for the fill 0.": (
                of(lambda g, x, fill: -g * x)
            ),
            "Sizes forget the sign: a pixel that lowers the score has to go last.": (
                of(lambda g, x, fill: -abs(g * (x - fill)))
            ),
            "That order is the worst: it takes the most important pixel last.": of(lambda g, x, fill: g * (x - fill)),
        },
    )
    message = verdict.message.replace("your function returns", "the sum of the scores on your way is")
    return Verdict(verdict.status, message, verdict.diagnosis)


QUIZ = Quiz(
    Question(
        "A map looks sharp and follows the outline of the dog. What does that say?",
        [
            Choice("That the network has used the outline.", "A map of an untrained network can do the same."),
            Choice(
                "By itself nothing: first look whether it changes when the weights do.",
                "A map that stays as it is with random weights cannot depend on what the network learnt.",
                right=True,
            ),
            Choice("That the method is precise.", "An edge filter is as precise, and knows no network."),
        ],
    ),
    Question(
        "The shares of integrated gradients add up to the difference of two scores. So each share is right?",
        [
            Choice("Yes: completeness says so.", "One equation for the sum does not fix the terms."),
            Choice(
                "No: completeness is one equation for all pixels together.",
                "Another baseline gives other shares, which are complete as well.",
                right=True,
            ),
            Choice(
                "Yes, if the sum is exact to many digits.",
                "The digits tell about the sum over the path, not about what a pixel does.",
            ),
        ],
    ),
    Question(
        "Guided backpropagation of a network without a single nn.ReLU module returns a map. What is it?",
        [
            Choice(
                "The guided map: modules are only a way to write it.",
                "It should be. Tools that change the modules find none to change.",
            ),
            Choice(
                "With tools that hook modules, the plain gradient, without a word.",
                "They find nothing to change, and return what backpropagation gives.",
                right=True,
            ),
            Choice("Zero: nothing was guided.", "The signal still flows backwards, only unguided."),
        ],
    ),
)
