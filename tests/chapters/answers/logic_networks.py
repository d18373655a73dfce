"""Answers to the exercises of *Enough neurons decide everything*, without those in test_exercises.py."""

from __future__ import annotations


def by_the_average(w, b, v, c):
    """(1, 1) lies half-way between two false points, and the output is monotone along w.x."""
    outputs = {x: v * max(w[0] * x[0] + w[1] * x[1] + b, 0) + c for x in ((1, 1), (5, -3), (-3, 5))}
    return next(x for x, output in outputs.items() if (output > 0) != (x == (1, 1)))


def on_bits(w, b, v, c):
    bits = [(0, 0), (0, 1), (1, 0), (1, 1)]
    outputs = [v * max(w[0] * x + w[1] * y + b, 0) + c for x, y in bits]
    return next((x for x, o in zip(bits, outputs, strict=True) if (o > 0) != (x == (1, 1))), (1, 1))


def turned(w, b, v, c):
    point = by_the_average(w, b, v, c)
    return (point[0] + 0.25, point[1] + 0.25) if point != (1, 1) else (3, -1)


def nearly(w, b, v, c):
    """Right for many networks; but (1, 1) lies on one side of the line through the two others."""
    outputs = {x: v * max(w[0] * x[0] + w[1] * x[1] + b, 0) + c for x in ((1, 1), (4, -1), (-1, 3))}
    return next((x for x, output in outputs.items() if (output > 0) != (x == (1, 1))), (0.5, 0.5))


def silent_at_times(w, b, v, c):
    return (1, 1) if v * max(w[0] + w[1] + b, 0) + c <= 0 else None


SIX = ([[1, 0], [0, 1], [-1, 0], [0, -1], [1, -1], [-1, 1]], [0] * 6)
RIGHT = {
    "logic-networks-and-plane": [([[0, 1], [-1, 1]], [0, 0]), ([[1, -1]], [0])],
    "logic-networks-one": by_the_average,
    "logic-networks-error": ("C", (-1, 2)),
}
WRONG = {
    "logic-networks-and-plane": [
        ([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])], "This is OR"),
        ([([[1, 0]], [0]), ([[1]], [0])], "It looks at one input only"),
        ([([[0, 1]], [0]), ([[1]], [0])], "It looks at the other input only"),
        ([([[1, 0], [0, 1]], [0, 0]), ([[-1, -1]], [0])], "It is positive nowhere"),
        ([SIX, ([[-1, -1, 1, 1, -1, -1]], [0])], "This is the opposite corner"),
        ([SIX, ([[1, 1, -1, -1, -1, -1]], [0])], "which neuron is too many"),
        ([([[1, 1]], [-1]), ([[1]], [0])], "but the inputs are"),
        ([([[1, 1]], [-1]), ([[1], [1]], [0, 0])], "accepted is one"),
    ],
    "logic-networks-one": [
        (on_bits, "look at points off the square"),
        (lambda w, b, v, c: (3, -1), "One point for all networks"),
        (nearly, "right at all points that you have returned"),
        (silent_at_times, "returns nothing"),
        (turned, "Where the output is positive a false point"),
        (lambda w, b, v, c: "here", "give a point"),
        (3, "Give the function itself"),
    ],
    "logic-networks-error": [
        (("A", (1, -2)), "A is true"),
        (("B", (1, -2)), "B is true"),
        (("D", (1, -2)), "it follows from the sentences before it"),
        (("c", (1, 2)), "What does the first layer forget"),
        ("C", "Give (sentence, (x1, x2))"),
    ],
}
