"""Answers to the exercises of *Images made by gradients show the network, not the world*."""

from __future__ import annotations

import itertools
import math

import numpy as np


def nearest(x, weights, biases, *, power=0.5, steep=lambda a, b: ((a - b) ** 2).sum()):
    scores = [sum(a * b for a, b in zip(row, x, strict=True)) + bias for row, bias in zip(weights, biases, strict=True)]
    best = scores.index(max(scores))
    found = (math.inf, best)
    for k, score in enumerate(scores):
        length = steep(weights[best], weights[k]) ** power
        if length > 0 and k != best:
            found = min(found, ((scores[best] - score) / length, k))
    return found[1]


def second(x, weights, biases):
    scores = (weights @ x + biases).tolist()
    return scores.index(sorted(scores)[-2])


def alone(x, weights, biases):
    scores = weights @ x + biases
    far = [
        math.inf if k == scores.argmax() else (scores.max() - s) / np.sqrt((row**2).sum()) if row.any() else math.inf
        for k, (row, s) in enumerate(zip(weights, scores, strict=True))
    ]
    return far.index(min(far))


def fewest(x, w, m, *, key=lambda gain, weight, place: -gain, gain=lambda p, a: a * p if a > 0 else -a * (1 - p)):
    if m <= 0:
        return 0
    worth = [(key(gain(p, a), a, place), gain(p, a)) for place, (p, a) in enumerate(zip(x, w, strict=True))]
    total = 0
    for count, (_, brought) in enumerate(sorted(worth, key=lambda pair: pair[0]), 1):
        total += brought
        if total >= m:
            return count
    return math.inf


def turn(F, H):
    """Orthonormal bases of both that correspond: first of the rows' spaces, then of what is orthogonal to them."""
    values, vectors = np.linalg.eigh(F @ F.T)
    keep = values > 1e-9

    def basis(rows):
        inside = (vectors[:, keep].T @ rows) / np.sqrt(values[keep])[:, None]
        full = np.linalg.qr(np.vstack([inside, np.eye(rows.shape[1])]).T)[0].T
        full[: len(inside)] = inside
        return full

    return basis(F).T @ basis(H)


def safe(W, v, m, *, loss=lambda part: np.minimum(part, 0)):
    worst = 0
    for s in itertools.product([1, -1], repeat=W.shape[1]):
        worst = min(worst, loss(v * (W @ np.array(s))).sum())
    return m / -worst


RIGHT = {
    "saliency-images-nearest": nearest,
    "saliency-images-fewest": fewest,
    "saliency-images-error": ([[0, 10, 0], [0, 0, 0]], [[6, 0, 8], [0, 0, 0]]),
    "saliency-images-orthogonal": turn,
    "saliency-images-safe": safe,
}
WRONG = {
    "saliency-images-nearest": [
        (second, "second highest score"),
        (alone, "not of one class's weights"),
        (lambda x, w, b: nearest(x, w, b, power=1, steep=lambda p, q: abs(p - q).sum()), "largest move of a pixel"),
        (lambda x, w, b: nearest(x, w, b, power=1), "not by its square"),
        (lambda x, w, b: int((w @ x + b).argmax()), "That is the present class"),
        (0, "Give the function itself"),
    ],
    "saliency-images-fewest": [
        (lambda x, w, m: fewest(x, w, m, gain=lambda p, a: abs(a)), "no more room"),
        (lambda x, w, m: fewest(x, w, m, key=lambda gain, a, place: -abs(a)), "not the ones with the largest weights"),
        (lambda x, w, m: fewest(x, w, m, key=lambda gain, a, place: place), "not in their order in the image"),
        (lambda x, w, m: fewest(x, w, m, gain=lambda p, a: max(a, 0) * p), "they can be raised"),
        (lambda x, w, m: len(x), "expected 1"),
    ],
    "saliency-images-error": [
        (([[1, 0]], [[0, 1]]), "look for one against it"),
        (([[0.3]], [[0.1 + 0.2]]), "look for one against it"),
        (([[1, 2]], [[2 + 1e-12, 1]]), "look for one against it"),
        (([[1e-5]], [[2e-5]]), "Entry (0,0) of the Gram matrices is 1e-10 and 4e-10"),
        (([[1, 3]], [[2, 2]]), "equal sums"),
        (([[1, 1]], [[1, -1]]), "after a ReLU have none"),
        (([[1, 1]], [[1, 1, 0]]), "about one shape"),
        (([[1, 1]], [[1, 2]]), "Entry (0,0) of the Gram matrices is 2 and 5"),
        (([1, 2], [2, 1]), "Give two lists of rows"),
        (([[1, float("nan")]], [[1, 1]]), "Give two lists of rows"),
        (3, "Give two lists of rows"),
    ],
    "saliency-images-orthogonal": [
        (lambda F, H: np.linalg.pinv(F) @ H, "shortens what is orthogonal"),
        (lambda F, H: turn(F, H).T, "It takes H to F"),
        (lambda F, H: turn(F.T, H.T), "Q stands on the right"),
        (lambda F, H: np.eye(F.shape[1]), "does not depend on H"),
        (lambda F, H: "turn", "accepted is a matrix of 1 rows"),
        (lambda F, H: None if F.any() and F.shape[1] > 1 else -np.eye(1), "returns nothing"),
        (3, "Give the function itself"),
    ],
    "saliency-images-safe": [
        (lambda W, v, m: m / sum(abs(a) * abs(row).sum() for a, row in zip(v, W, strict=True)), "not the largest"),
        (lambda W, v, m: m / max(abs((W * v[:, None]).sum(0)).sum(), 1e-12), "with all units on"),
        (lambda W, v, m: safe(W, v, m, loss=lambda part: -abs(part)), "these can be off"),
        (lambda W, v, m: safe(W, np.ones(len(v)), m), "weights v after the hidden layer are missing"),
    ],
}
