"""Answers to the exercises of *A ReLU network is a list of straight pieces*, without those in test_exercises.py."""

from __future__ import annotations

SWITCH = [([[1], [-1]], [0, 0]), ([[1, -1]], [0])]
BEND = [([[1], [-1]], [0, 0]), ([[1, 1]], [0])]
RIGHT = {
    "pwl-pieces-error": ("C", [([[2], [-2]], [0, 0]), ([[3, -3]], [1])]),
    "pwl-pieces-convex": [([[1], [2]], [1, 2]), ([[-1, 3]], [0])],
    "pwl-pieces-seven": [([[-2], [-1]], [1, 3]), ([[3, -2], [-3, 3]], [3, -2]), ([[-2, -1]], [0])],
}
WRONG = {
    "pwl-pieces-error": [
        (("A", SWITCH), "A is true"),
        (("B", SWITCH), "B is true"),
        (("D", SWITCH), "it follows from the sentences before it"),
        (("C", BEND), "the change of one undo that of the other"),
        (("C", [([[1], [-1]], [1, 1]), ([[1, -1]], [0])]), "A bias of zero does it"),
        ("C", "Give (sentence, layers)"),
    ],
    "pwl-pieces-convex": [
        (BEND, "Then it is convex anyway"),
        ([*SWITCH[:1], ([[2, -3]], [0])], "A kink that turns down"),
        ([([[1], [0]], [0, 1]), ([[1, -1]], [0])], "Let a unit bend"),
        ([BEND], "Give two layers"),
    ],
    "pwl-pieces-seven": [
        ([([[1], [1]], [0, -1]), ([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])], "at four different places"),
        ([([[2], [2]], [0, 3]), ([[-3, 1], [-2, -2]], [2, 2]), ([[2, -1]], [0])], "cross zero twice"),
        ([([[1], [1]], [0, -2]), ([[1, -2], [-1, 2]], [-1, 1]), ([[1, -1]], [0])], "there changes cancel"),
        ([([[1], [-1]], [0, 0]), ([[1, -1], [-1, 2]], [-1, 1]), ([[1, -1]], [0])], "fewer than two places"),
        (BEND, "two hidden layers of two units"),
        (3, "Give three layers"),
    ],
}
