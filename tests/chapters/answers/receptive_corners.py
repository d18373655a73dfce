"""Answers to the exercises of *Seeing is not enough: the corner problem*."""

from __future__ import annotations


def walks(layers, dy, dx):
    """One step after the other, in both directions at once."""
    ends = [(0, 0)]
    for _ in range(layers):
        ends = [(y + a, x + b) for y, x in ends for a in (-1, 0, 1) for b in (-1, 0, 1)]
    return ends.count((dy, dx))


READ = [[1, 0, 0, 1], [0, 1, 1, 0], [2, 2, 2, 2]]
KINKS = ([[1, 1, 1, 1], [1, 0, 0, 1], [0, 1, 1, 0]], [0, -1, -1])

RIGHT = {
    "receptive-corners-ways": walks,
    "receptive-corners-meet": lambda n: 2 * -(-(n - 1) // 2),
    "receptive-corners-error": ("d", 12),
    "receptive-corners-design": [(READ, [-1, -1, 0]), ([[4, 4, -1]], [2]), ([[0.5]], [0])],
}
WRONG = {
    "receptive-corners-ways": [
        (lambda layers, dy, dx: sum(walks(layers, d, 0) // walks(layers, 0, 0) ** 0.5 for d in (dy, dx)), "multiply"),
        (lambda layers, dy, dx: round(walks(layers, dy, 0) / walks(layers, 0, 0) ** 0.5), "along a line"),
        (lambda layers, dy, dx: 9**layers, "wherever they end"),
        (lambda layers, dy, dx: int(walks(layers, dy, dx) > 0), "whether there is a path"),
    ],
    "receptive-corners-meet": [
        (lambda n: n - 1, "no better than one less"),
        (lambda n: n + (n + 1) % 2, "n - 1 steps, not n"),
        (lambda n: n // 2, "has to come back, too"),
        (lambda n: 2 * n - 2, "met half way"),
    ],
    "receptive-corners-error": [
        (("A", 12), "Line A is true"),
        (("B", 12), "Line B is true"),
        (("C", 12), "Line C is the theorem"),
        (("E", 12), "There is no line E"),
        (("D", 9), "get more of them right"),
        (("D", 13), "one is wrong"),
        (3, "a letter and a whole number"),
    ],
    "receptive-corners-design": [
        ([KINKS, ([[-1, 2, 2]], [2])], "adds the two agreements up"),
        ([KINKS, ([[-1, 2, 2]], [1])], "falls below zero"),
        ([(KINKS[0][1:], KINKS[1][1:]), ([[1, 1]], [0])], "Four zeros agree as well"),
        ([([[1, 0, 0, 1]] * 5, [0] * 5), ([[1] * 5], [0])], "5 hidden units, and 4 are allowed"),
        ([([[1, 1]], [0])], "2 inputs and 1 outputs"),
        (3, "Give a list of pairs"),
    ],
}
