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


def ones(weights, X):
    return 1 / (1 + np.exp(-X @ weights.T))


def slopes_by_differences(shares, weights, X, y):
    def height(weights):
        p = ones(weights, X) @ shares
        return np.log(np.where(y == 1, p, 1 - p)).sum()

    found, h = np.zeros(weights.shape), 1e-4
    for place in np.ndindex(weights.shape):
        move = np.zeros(weights.shape)
        move[place] = h
        near, far = (height(weights + k * move) - height(weights - k * move) for k in (1, 2))
        found[place] = (8 * near - far) / (12 * h)
    return found


XOR_PAIR = [[-0.3, 0.3, -0.3], [10, -10, 10]]  # at the corners with the label 1: -0.3 and 10, both above their bounds
STEPS = [[-10, 10, 10], [-10, -10, -10]]
RIGHT = {
    "mixture-network-turn": lambda hidden, output: with_rest(abs(output), np.sign(output) * hidden),
    "mixture-network-slopes": slopes_by_differences,
    "mixture-network-bend": ([0.5, 0.5], [4, -1]),
    "mixture-network-xor": ([0.75, 0.25], XOR_PAIR),
}
WRONG = {
    "mixture-network-slopes": [
        (lambda shares, weights, X, y: (shares * (y[:, None] - ones(weights, X))).T @ X, "into the sum"),
        (
            lambda shares, weights, X, y: (
                ((shares * ones(weights, X) / (ones(weights, X) @ shares)[:, None]) * (y[:, None] - ones(weights, X))).T
                @ X
            ),
            "responsibilities for the label 1",
        ),
        (lambda shares, weights, X, y: (y[:, None] - ones(weights, X)).T @ X, "each component were alone"),
        (lambda shares, weights, X, y: slopes_by_differences(shares, weights, X, y) / len(X), "not a mean"),
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
