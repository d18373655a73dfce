"""Answers to the exercises of *Depth folds space*."""

from __future__ import annotations

from fractions import Fraction as Q


def unfolded(y, folds):
    values = [y]
    for _ in range(folds):
        values = [value for v in values for value in ((1 - v) / 2, (1 + v) / 2)]
    return values


def met(y, folds, *, inside=None, zero=None, one=None):
    """Worked out on paper: how often 0, 1 and all else are met."""
    number = 1
    for v in y:
        usual = 2**folds
        number *= {0: zero or usual // 2, 1: one or usual // 2 + 1}.get(v, inside or usual)
    return number


def zigzags(first, then):
    """Two layers of teeth, all weights by hand."""

    def layer(k):
        return [[1]] * k, [Q(-j, k) for j in range(k)]

    def out(k):
        return [k, *((-1) ** j * 2 * k for j in range(1, k))]

    return [layer(first), ([out(first)] * then, layer(then)[1]), ([out(then)], [0])]


ONE_LAYER = [([[1]] * 6, [Q(-j, 6) for j in range(6)]), ([[6, -12, 12, -12, 12, -12]], [0])]
STEEP = [*zigzags(3, 3)[:2], ([[Q(5, 2), -5, 5]], [0])]

RIGHT = {
    "depth-folding-all": lambda y, L: sorted(unfolded(y, L)),
    "depth-folding-corners": met,
    "depth-folding-error": ("d", [Q(1, 2), 0, Q(1, 4), 0.0]),
    "depth-folding-design": zigzags(3, 3),
}
WRONG = {
    "depth-folding-all": [
        (lambda y, L: [1 - (1 - y) / 2**L], "You followed one half only"),
        (unfolded, "not in increasing order"),
        (lambda y, L: [(1 - y) / 2, (1 + y) / 2], "You unfolded once only"),
    ],
    "depth-folding-corners": [
        (lambda y, L: met(y, L, zero=2**L, one=2**L), "the number for points inside"),
        (lambda y, L: met(y, L, zero=2**L), "one and the same"),
        (lambda y, L: met(y, L, one=2 ** (L - 1)), "one more than half"),
        (lambda y, L: sum(met([v], L) for v in y), "multiply"),
    ],
    "depth-folding-error": [
        (("A", [0, 1, 0, 1]), "Line A is true"),
        (("B", [0, 1, 0, 1]), "Line B is true"),
        (("C", [0, 1, 0, 1]), "Line C is true"),
        (("E", [0.5, 1, 0.5, 1]), "took the fault from a line before"),
        (("F", [0.5, 1, 0.5, 1]), "There is no line F"),
        (("D", [0, 1, 0.5, 1]), "identifies 1 itself"),
        (("D", [0, 0.25, 0, 0.25]), "one half of the interval"),
        (("D", [0, 2, 0, 1]), "four values of g from 0 to 1"),
        (3, "a letter and four values"),
    ],
    "depth-folding-design": [
        (ONE_LAYER, "at most seven pieces"),
        (zigzags(2, 3), "Two layers multiply"),
        (STEEP, "run over all of (0, 1)"),
        (zigzags(4, 3), "7 hidden units, and 6 are allowed"),
        ([([[1, 1]], [0])], "2 inputs and 1 outputs"),
        (3, "Give a list of pairs"),
    ],
}
