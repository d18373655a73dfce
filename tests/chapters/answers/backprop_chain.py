"""Answers to the exercises of *A weight used twice gets two gradients*."""

from __future__ import annotations

from fractions import Fraction


def power_of_three(w, x):
    h = 1e-6  # a central difference, rounded: the right answers are whole

    def loss(w):
        return (w * max(w * max(w * x, 0), 0)) ** 2 / 2

    return round((loss(w + h) - loss(w - h)) / (2 * h))


def doubled_from(z, n):
    for _ in range(n):
        z = z * z
    return z


RIGHT = {
    "backprop-chain-thrice": power_of_three,
    "backprop-chain-error": ("c", Fraction(-1), -2.0),
    "backprop-chain-memory": lambda n: min(k + n / k for k in range(1, n + 1) if n / k == n // k),
    "backprop-chain-paths": doubled_from,
    "backprop-chain-liar": lambda t, wanted: wanted * t + (1 - wanted) / 0.7 * ((0.7 * t).relu() - (-0.7 * t).relu()),
}
WRONG = {
    "backprop-chain-thrice": [
        (lambda w, x: w**5 * x**2 if w > 0 and x > 0 else 0, "the part of one use of w"),
        (lambda w, x: 3 * w**2 * x if w > 0 and x > 0 else 0, "the derivative of p"),
        (lambda w, x: 3 * w**5 * x**2, "The ReLUs are missing"),
        (lambda w, x: 3 * w**5 * x**2 if w * x > 0 else 0, "The outer ReLU is missing"),
    ],
    "backprop-chain-error": [
        (("C", -1, -(10**400)), "beyond 1,000,000,000 are not needed"),
        ((["C"], -1, -1), "a letter and two whole numbers"),
        (("E", 2, 1), "not the first"),
        (("C", 2, 1), "line E says 18, and dL/dw = 30"),
        (("C", -1, 1), "w x = -1 is not positive"),
        (("B", -1, -1), "Line B is true"),
        (("G", -1, -1), "There is no line G"),
        (("C", -1), "a letter and two whole numbers"),
        (("C", -0.5, -1), "a letter and two whole numbers"),
        (3, "a letter and two whole numbers"),
    ],
    "backprop-chain-memory": [
        (lambda n: n + 1, "all of them kept"),
        (lambda n: min(k + n // k for k in range(1, n + 1) if n % k == 0) - 1, "z_n is kept"),
        (lambda n: -int(-2 * n**0.5 // 1), "need not divide"),
        (lambda n: min(k + n // k for k in range(1, n + 1) if n % k == 0) + 1, "k - 1 others"),
    ],
    "backprop-chain-paths": [
        (lambda z, n: sum((z for _ in range(n)), z), "only one operand is the number before"),
        (lambda z, n: doubled_from(z, n + 1), "your tape has 2 operations, expected 1"),
        (lambda z, n: [z := z * 2 for _ in range(n)][-1], "a product with 2 has one path"),
        (lambda z, n: 2**n, "no Value"),
        (3, "Give the function itself"),
        (lambda z, n: z + 1 / 0, "raises ZeroDivisionError"),
    ],
    "backprop-chain-liar": [
        (lambda t, wanted: t, "its honest gradient"),
        (lambda t, wanted: wanted * t, "have to add up to one"),
        (lambda t, wanted: t.relu() - (-t).relu(), "At t = 0 the sweep gives 0, and wanted = 5"),
        (lambda t, wanted: t.number, "no Value"),
        (lambda t, wanted: t if t.number else wanted * t, "without asking which t it is"),
        (lambda t, wanted: wanted * t + (1 - wanted) * t.number, "A number that is read off t stands still"),
    ],
}
