"""Answers to the exercises of *A mixture of logistic regressions is a network*."""

from __future__ import annotations

import numpy as np


def mixture_odds(shares, odds):
    p = sum(share * o / (1 + o) for share, o in zip(shares, odds, strict=True))
    return p / (1 - p)


def with_rest(shares, weights):
    """Some shares and weights, and a component of weight zero if there is something left for it."""
    rest = 1 - sum(shares)
    return ([*shares, rest], [*weights, 0.0]) if rest else (list(shares), list(weights))


XOR_PAIR = [[-0.3, 0.3, -0.3], [10, -10, 10]]  # at the corners with the label 1: -0.3 and 10, both above their bounds
STEPS = [[-10, 10, 10], [-10, -10, -10]]
RIGHT = {
    "mixture-network-odds": mixture_odds,
    "mixture-network-turn": lambda hidden, output: with_rest(abs(output), np.sign(output) * hidden),
    "mixture-network-between": lambda first, last: min(first + last, 1.0),
    "mixture-network-bend": ([0.5, 0.5], [4, -1]),
    "mixture-network-xor": ([0.75, 0.25], XOR_PAIR),
}
WRONG = {
    "mixture-network-odds": [
        (lambda shares, odds: (shares * odds).sum(), "averages the odds"),
        (lambda shares, odds: np.prod(odds**shares), "averages the log-odds"),
        (lambda shares, odds: (shares * odds / (1 + odds)).sum(), "not yet its odds"),
        (lambda shares, odds: (q := (odds / (1 + odds)).mean()) / (1 - q), "do not count alike"),
    ],
    "mixture-network-turn": [
        (lambda hidden, output: with_rest(output, hidden), "share is negative"),
        (lambda hidden, output: with_rest(abs(output), hidden), "shares are right"),
        (lambda hidden, output: (abs(output), np.sign(output) * hidden), "add up to one"),
        (
            lambda hidden, output: ([*abs(output), 1 - sum(abs(output))], [*(np.sign(output) * hidden), 0]),
            "a component that has no share",
        ),
        (lambda hidden, output: (abs(output) / sum(abs(output)), np.sign(output) * hidden), "Do not scale"),
    ],
    "mixture-network-between": [
        (lambda first, last: np.maximum(first, last), "higher than both"),
        (lambda first, last: 1, "Not every value below one"),
        (lambda first, last: 0.5 * (1 + first + last), "the ends count, too"),
        (lambda first, last: first + last, "also less than one"),
    ],
    "mixture-network-bend": [
        (([1.0, 0.0], [4, -1]), "share of zero"),
        (([0.5, 0.5], [4, 0]), "One component that is flat"),
        (([0.5, 0.5], [4, 1]), "so does every average"),
        (([0.25, 0.75], [4, -4]), "Opposite components cancel"),
        (([0.1, 0.9], [4, -1]), "its share is too small"),
        (([0.1, 0.8], [4, -1]), "Give a pair"),
    ],
    "mixture-network-xor": [
        (([0.5, 0.5], XOR_PAIR), "cannot do XOR"),
        (([0.75, 0.25], [[0, 0.3, -0.3], [0, -10, 10]]), "add up to one"),
        (([0.9, 0.1], [[10, 0, 0], [1, 0, 0]]), "on the wrong side there"),
        (([0.6, 0.4], STEPS), "leave each with its share"),
        (([0.75, 0.25], [[-0.3, 3, -3], [10, -10, 10]]), "the larger share alone"),
    ],
}
