"""Answers to the exercises of *Over size the error falls, rises and falls again*."""

from __future__ import annotations

import math


def scan(n, noise, squares, sizes=None, unseen=1.0, lost=1.0):
    """By the two displayed lines."""
    found = {}
    for p in range(len(squares) + 1) if sizes is None else sizes(n, len(squares)):
        beta, rho = sum(squares[:p]), noise + unseen * sum(squares[p:])
        if p == 0:
            found[p] = rho
        elif p <= n - 2:
            found[p] = rho * (n - 1) / (n - p - 1)
        elif p >= n + 2:
            found[p] = lost * beta * (p - n) / p + rho * (p - 1) / (p - n - 1)
    return min(found, key=found.get)


def lowest(n, signal, rest):
    """The lowest place of the curve itself, by thirds."""
    if rest >= signal:
        return float("inf")
    curve = lambda p: signal * (p - n) / p + rest * (p - 1) / (p - n - 1)  # noqa: E731
    low, high = n + 1 + 1e-6, 1e4
    for _ in range(150):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if curve(a) < curve(b) else (a, high)
    return low


RIGHT = {
    "opt-size-best": scan,
    "opt-size-error": ("c", 199 / 1089),
    "opt-size-useless": lowest,
    "opt-size-design": [0.3] + [0.7 / 11] * 11,
}
WRONG = {
    "opt-size-best": [
        (
            lambda n, noise, squares: scan(n, noise, squares, lambda n, d: range(1, d + 1)),
            "No feature at all is a choice",
        ),
        (lambda n, noise, squares: scan(n, noise, squares, unseen=0), "it belongs to rho"),
        (
            lambda n, noise, squares: scan(n, noise, squares, lambda n, d: range(min(n - 1, d + 1))),
            "Look beyond the pole",
        ),
        (lambda n, noise, squares: scan(n, noise, squares, lost=0), "a part of the signal is lost"),
    ],
    "opt-size-error": [
        (("A", 0.18), "the noise has mean zero"),
        (("B", 0.18), "the step of the proof with the trace"),
        (("D", 0.18), "Look before it"),
        (("E", 0.18), "only repeats"),
        (("F", 0.18), "There is no line"),
        (("C", -0.1827), "the bias would fall"),
        (("C", 0.3077), "the unseen features' part"),
        (("C", 0.2197), "The bias is a square"),
        (("C", 0.405), "with six there is some already"),
        (3, "Give a letter and a number"),
    ],
    "opt-size-useless": [
        (lambda n, b, r: (n + 1) / (1 - r / b) if r < b else math.inf, "Take the root"),
        (lambda n, b, r: n / (1 - math.sqrt(r / b)) if r < b else math.inf, "not p - n."),
        (lambda n, b, r: (n + 1) / (1 - math.sqrt(r / b)) if r != b else math.inf, "there is no place"),
        (lambda n, b, r: (n + 1) / (1 - math.sqrt(b / r)) if b < r else math.inf, "Beta and rho are exchanged"),
    ],
    "opt-size-design": [
        ([1 / 12] * 12, "more than a fifth"),
        ([0.3, 0.0, 0.4] + [0.3 / 9] * 9, "bends more than once"),
        ([1.0] + [0.0] * 11, "Leave something unexplained"),
        ([0.8] + [0.2 / 11] * 11, "the left low has to lie above it"),
        ([0.5] * 12, "Divide them by their sum"),
        ([1.5, -0.5] + [0.0] * 10, "none of them negative"),
        ([1.0], "give twelve numbers in a list"),
        ("x", "Give a list of twelve numbers"),
    ],
}
