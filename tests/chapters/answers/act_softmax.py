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


RIGHT = {
    "act-softmax-normalise": lambda x: -log_total(x),
    "act-softmax-temperature": lambda gap, p: gap / (math.log(p) - math.log1p(-p)),
    "act-softmax-error": ("D", [3.0, 3.0 - 33, -50]),
    "act-softmax-not": log_not,
}
WRONG = {
    "act-softmax-normalise": [
        (log_total, "The sign: subtract"),
        (lambda x: -max(x), "makes the largest entry zero"),
        (lambda x: -np.mean(x), "makes the entries add up to zero"),
        (lambda x: -naive_total(x), "the exponentials overflow, or are all zero"),
    ],
    "act-softmax-temperature": [
        (lambda gap, p: math.log(p / (1 - p)) / gap, "one over the temperature"),
        (lambda gap, p: -gap / math.log(p), "The odds are p / (1 - p)"),
        (lambda gap, p: gap / math.log((1 - p) / p), "The sign: the larger one"),
        (lambda gap, p: gap / (p / (1 - p)), "The logarithm is missing"),
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
