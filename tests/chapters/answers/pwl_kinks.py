"""Answers to the exercises of *Kinks can be counted, and made to order*, without those in test_exercises.py."""

from __future__ import annotations

from itertools import combinations, pairwise

FOLD = [([[1], [1]], [0, -0.5]), ([[2, -4]], [0])]
FOLDED = [FOLD[0], *[([[2, -4], [2, -4]], [0, -0.5])] * 2, FOLD[1]]


def fewest(slopes):
    jumps = [b - a for a, b in pairwise(slopes)]
    some = {sum(chosen) for k in range(len(jumps) + 1) for chosen in combinations(jumps, k)}
    return len(jumps) if -slopes[0] in some else len(jumps) + 1


def one_alone(slopes):
    return len(slopes) - 1 + (-slopes[0] not in [0, *(b - a for a, b in pairwise(slopes))])


RIGHT = {
    "pwl-kinks-units": fewest,
    "pwl-kinks-error": ("C", FOLDED),
    "pwl-kinks-chain": [([[1]], [0]), ([[-1]], [1]), ([[1]], [0])],
    "pwl-kinks-save": [1, 3, 2, 5],
}
WRONG = {
    "pwl-kinks-units": [
        (lambda slopes: len(slopes) - 1, "One unit a kink is sometimes one too few"),
        (lambda slopes: len(slopes) - (slopes[0] == 0), "not the only one"),
        (one_alone, "Several units together"),
        (lambda slopes: len(slopes) - (slopes[0] == 0 or slopes[-1] == 0), "two choices out of many"),
        (len, "expected 1"),
    ],
    "pwl-kinks-error": [
        (("A", FOLDED), "A is true"),
        (("B", FOLDED), "B is true"),
        (("D", FOLDED), "it follows from the sentences before it"),
        (("C", FOLD), "With one hidden layer C is true"),
        (("C", [([[1]], [0]), ([[1]], [-1]), ([[1]], [0])]), "Fold once more"),
        ("C", "Give (sentence, layers)"),
    ],
    "pwl-kinks-chain": [
        ([([[1]], [0]), ([[-1]], [-1]), ([[1]], [0])], "some unit is never on"),
        ([([[1]], [0]), ([[1]], [1]), ([[1]], [0])], "so that it flattens the other"),
        ([([[1]], [0])], "there is no ReLU"),
        (FOLD, "in a chain each has one"),
        (3, "Give a list of layers"),
    ],
    "pwl-kinks-save": [
        ([1, 2, 4, 5], "to -1, not to 1"),
        ([1, -1, 3, 5], "Choose a jump"),
        ([1, 3, 6, 9], "the last 5"),
        ([1, 1, 2, 5], "there is no kink between them"),
        ([1, 3.5, 4, 5], "Give a list"),
        ([1, 3, 5, 9, 5], "accepted are four"),
    ],
}
