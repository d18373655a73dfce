"""Answers to the exercises of *A saliency map shows a gradient, not a reason*."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np


def shares(W, b, v, c, x, *, units=None, times=None, biases=None, own=1):
    z = [sum(w * p for w, p in zip(row, x, strict=True)) + bias for row, bias in zip(W, b, strict=True)]
    on = [float(value > 0) for value in z] if units is None else [units] * len(z)
    pixels = [
        sum(v[k] * on[k] * W[k][j] for k in range(len(z))) * (x[j] if times is None else times) for j in range(len(x))
    ]
    rest = sum((v[k] * on[k] if biases is None else biases(v[k], on[k])) * b[k] for k in range(len(z))) + own * c
    return [*pixels, rest]


def along(w, b, x, points=5040):
    """A sum over so many midpoints that no unit of the cases switches inside a part."""
    t = (np.arange(points) + 0.5) / points
    on = (t * (w @ x) + b > 0).mean()
    return w * x * on


def relu(z):
    return max(z, 0.0)


def safe(w, b, x, rise):
    return w * x * rise / (w @ x) if w @ x else w * x * (b > 0)


RIGHT = {
    "saliency-maps-shares": shares,
    "saliency-maps-path": along,
    "saliency-maps-error": ([1, 1], -1, [1, 1]),
    "saliency-maps-proof": (([1], [1]), ([1, 1], [2, -1])),
    "saliency-maps-order": lambda g, x, fill: sorted(range(len(g)), key=lambda j: g[j] * (fill - x[j])),
}
WRONG = {
    "saliency-maps-shares": [
        (lambda *args: shares(*args, units=1), "All units are taken as on"),
        (lambda *args: shares(*args, times=1), "That is the gradient"),
        (lambda *args: shares(*args, own=0), "The output's own bias is missing"),
        (lambda *args: shares(*args, biases=lambda v, on: v), "units that are off do not count"),
        (lambda *args: shares(*args, biases=lambda v, on: on), "not one"),
        (lambda *args: shares(*args)[:-1], "expected"),
    ],
    "saliency-maps-path": [
        (lambda w, b, x: w * x * (w @ x + b > 0), "at the end of the way"),
        (lambda w, b, x: w * x * (b > 0), "at the start of the way"),
        (
            lambda w, b, x: w * x * ((relu(w @ x + b) - relu(b)) / (w @ x) if w @ x else 0),
            "stays as it is on the whole way",
        ),
        (lambda w, b, x: safe(w, b, x, relu(w @ x + b)), "The score of the black image counts"),
        (lambda w, b, x: w * x * (float(w @ x + b > 0) + float(b > 0)) / 2, "the mean of both ends"),
    ],
    "saliency-maps-error": [
        (([1, 1], 0, [1, 1]), "or on at all of these"),
        (([1, 1], -1, [1, 0]), "A black pixel has no share"),
        (([1, 0], Q(-1, 2), [1, 1]), "A pixel with the weight 0"),
        (([1, 1], -1, [2, 1]), "two pixels from 0 to 1"),
        (([1], -1, [1, 1]), "Give (w, b, x)"),
        ("none", "Give (w, b, x)"),
    ],
    "saliency-maps-proof": [
        ((([1, -1], [1, 1]), ([2, -2], [1, 1])), "these are two functions"),
        ((([1], [1]), ([2], [1])), "they have to for x > 0 as well"),
        ((([1], [1]), ([1, -1], [1, -1])), "they have to for x < 0 as well"),
        ((([1, -1], [1, 2]), ([-1, 1], [2, 1])), "changes nothing"),
        ((([1], [1]), ([1], [1, 2])), "Give two networks"),
        (3, "Give two networks"),
    ],
    "saliency-maps-order": [
        (lambda g, x, fill: np.argsort(-g, kind="stable"), "the order of the gradient"),
        (lambda g, x, fill: np.argsort(-g * x, kind="stable"), "right only for the fill 0"),
        (lambda g, x, fill: np.argsort(-abs(g * (x - fill)), kind="stable"), "has to go last"),
        (lambda g, x, fill: np.argsort(g * (x - fill), kind="stable"), "takes the most important pixel last"),
        (lambda g, x, fill: [0] * len(g), "each of the pixels 0 to 1 once"),
        (3, "Give the function itself"),
    ],
}
