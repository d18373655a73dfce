"""Answers to the exercises of *The perceptron learns what a neuron can do*."""

from __future__ import annotations

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def trace(values, least=0, bias=1, sign=1, passes=6):
    w1 = w2 = b = 0
    states = []
    for _ in range(passes):
        for (x, y), value in zip(BITS, values, strict=True):
            if (w1 * x + w2 * y + b >= least) != bool(value):
                step = sign if value else -sign
                w1, w2, b = w1 + step * x, w2 + step * y, b + step * bias
                states.append((w1, w2, b))
    return states


OR = (0, 1, 1, 1)
RIGHT = {
    "logic-learning-trace": trace(OR),
    "logic-learning-error": ("C", (0, 0, -1), (0, 0), (1, 1)),
    "logic-learning-start": lambda R, gamma, start: (R / gamma) ** 2 + 2 * start / gamma,
    "logic-learning-slow": ([[3, -5], [5, -4], [4, -4]], [1, 1, 0]),
}
WRONG = {
    "logic-learning-trace": [
        (trace(OR, bias=0), "The bias learns as well"),
        (trace(OR, least=1), "At a sum of zero"),
        (trace(OR, passes=1), "One pass is not enough"),
        ([(0, 0, 0), *trace(OR)], "the start is not one of them"),
        (trace(OR, sign=-1), "the wrong way"),
        ([*trace(OR), (9, 9, 9)], "nothing more to correct"),
        ([(0, 0, -1), (7, 7, 7)], "Correcting it gives"),
        ([], "your list ends."),
        ([(0, 0)], "Give a list of triples"),
    ],
    "logic-learning-error": [
        (("A", (0, 0, -1), (0, 0), (1, 1)), "A is true"),
        (("B", (0, 0, -1), (0, 0), (1, 1)), "B is true"),
        (("D", (0, 0, -1), (0, 0), (1, 1)), "not the first: it follows"),
        (("C", (0, 0, 0), (0, 0), (1, 1)), "is not right to begin with"),
        (("C", (1, 1, -2), (0, 0), (1, 1)), "nothing is corrected"),
        ((" c", (0, 0, -2.5), (0, 0), (1, 1)), "just on the right side"),
        ("C", "Give (sentence, (w1, w2, b), x, y)"),
    ],
    "logic-learning-start": [
        (lambda R, gamma, start: (R / gamma) ** 2, "for a start at zero"),
        (lambda R, gamma, start: (R**2 + start**2) / gamma**2, "both ends cost"),
        (lambda R, gamma, start: (R / gamma) ** 2 + start / gamma, "a factor 2"),
        (lambda R, gamma, start: (R / gamma) ** 2 + 2 * start / gamma**2, "divided by gamma once"),
    ],
    "logic-learning-slow": [
        (([[0, 0], [1, 1], [2, 2]], [1, 1, 1]), "one kind of point"),
        (([[0, 0], [5, 5], [5, 4]], [0, 1, 1]), "The strip between the two kinds is wide"),
        (([[0, 0], [2, 2], [1, 2]], [1, 1, 0]), "Nearly"),
        (([[0, 0], [2, 2], [1, 1]], [1, 1, 0]), "it never ends"),
        (([[0, 0], [2, 2], [1, 9]], [1, 1, 0]), "from -5 to 5"),
        (([[0, 0], [2, 2]], [1, 1]), "Give three points"),
    ],
}
