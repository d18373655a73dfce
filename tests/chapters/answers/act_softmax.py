"""Answers to the exercises of *Softmax knows only differences*."""

from __future__ import annotations

import math

import numpy as np


def log_total(x):
    """Log-sum-exp, two entries at a time."""
    total = -math.inf
    for entry in x:
        total = float(np.logaddexp(total, entry))
    return total


def log_not(x, i):
    x = [entry - max(x) for entry in x]  # or entries near 1e10 leave no digits after the point
    z = x[i] - log_total([*x[:i], *x[i + 1 :]])
    return -math.log1p(math.exp(z)) if z < 0 else -z - math.log1p(math.exp(-z))


def log_not_directly(x, i):
    with np.errstate(divide="ignore"):
        return np.log(1 - np.exp(x[i] - log_total(x)))


def naive_total(x):
    with np.errstate(over="ignore", divide="ignore"):
        return np.log(np.exp(x).sum())


def shares(x):
    terms = np.exp(x - max(x))
    return terms / terms.sum()


def pairwise_variance(x, v):
    """Half of the mean squared difference of two independent draws."""
    p = shares(x)
    return sum(a * b * (s - t) ** 2 for a, s in zip(p, v, strict=True) for b, t in zip(p, v, strict=True)) / 2


RIGHT = {
    "act-softmax-convex": pairwise_variance,
    "act-softmax-error": ("D", [3.0, 3.0 - 33, -50]),
    "act-softmax-not": log_not,
}
WRONG = {
    "act-softmax-convex": [
        (lambda x, v: shares(x) @ v**2 - (shares(x) @ v) ** 2, "subtract the mean from v first"),
        (lambda x, v: (shares(x) * (1 - shares(x))) @ v**2, "mixed ones are missing"),
        (lambda x, v: sum(shares(x) * v), "a mean"),
        (lambda x, v: sum(shares(x) * v * v), "the square of the mean is missing"),
        (lambda x, v: v.var(), "with equal weights"),
    ],
    "act-softmax-error": [
        (("A", [0, 1]), "Sentence A is true"),
        (("b", [0, 1]), "Sentence B is true"),
        (("C", [0, 1]), "Sentence C is true"),
        (("D", [0, 1]), "Where is a logarithm of a probability close to zero"),
        (("D", [0, math.inf]), "one or more finite numbers"),
        (("E", [0]), "The sentence is A, B, C or D"),
        ("D", "Give the letter of a sentence and a row"),
    ],
    "act-softmax-not": [
        (log_not_directly, "avoid both"),
        (lambda x, i: -np.logaddexp(0, x[i] - log_total([*x[:i], *x[i + 1 :]])), "beside 1e10"),
        (lambda x, i: log_total([*x[:i], *x[i + 1 :]]) - log_total(x), "loses all digits where class i hardly counts"),
        (lambda x, i: x[i] - log_total(x), "of class i itself"),
    ],
}
