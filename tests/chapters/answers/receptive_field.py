"""Answers to the exercises of *What an output sees is a product of patterns*."""

from __future__ import annotations


def reach(layers, i, *, order=-1, padded=True):
    first = last = i
    for k, s, p in layers[::order]:
        first, last = first * s - p * padded, last * s - p * padded + k - 1
    return first, last


def shifted(layers, i):
    first, last = reach(layers, i, padded=False)
    total = sum(p for _, _, p in layers)
    return first - total, last - total


def next_dilation(dilations):
    """The first pixel that is not read yet, counted from the first one."""
    read = {0}
    for d in dilations:
        read = {place + tap * d for place in read for tap in range(3)}
    return max(read) + 1


PLAIN_LATE = [(3, 1, 1)] * 3 + [(3, 2, 1)] * 3

RIGHT = {
    "receptive-field-box": reach,
    "receptive-field-holes": next_dilation,
    "receptive-field-error": ("d", 15),
    "receptive-field-design": [(3, 2, 1), (3, 2, 1), (3, 2, 1), (3, 1, 1), (3, 1, 2)],
}
WRONG = {
    "receptive-field-box": [
        (lambda layers, i: reach(layers, i, order=1), "Begin with the last layer"),
        (lambda layers, i: reach(layers, i, padded=False), "The padding is missing"),
        (lambda layers, i: (reach(layers, i)[0], reach(layers, i)[1] + 1), "not the one after it"),
        (shifted, "each as wide as the strides before it"),
    ],
    "receptive-field-holes": [
        (lambda dilations: 2 * max(dilations, default=0.5), "Twice the largest so far"),
        (lambda dilations: next_dilation(dilations) - 1, "one more than that"),
        (lambda dilations: 1 + sum(dilations), "Each dilation counts twice"),
        (lambda dilations: 3 * next_dilation(dilations), "not its dilation"),
    ],
    "receptive-field-error": [
        (("A", 15), "Line A is true"),
        (("B", 15), "Line B is true"),
        (("C", 15), "Line C is true"),
        (("E", 15), "took the fault from a line before"),
        (("F", 15), "There is no line F"),
        (("D", 11), "it is not 11"),
        (3, "a letter and a whole number"),
    ],
    "receptive-field-design": [
        (PLAIN_LATE, "put strides first"),
        ([(3, 2, 1), (3, 2, 1), (3, 2, 4), (3, 1, 1), (3, 2, 1)], "The stride in all is 16"),
        ([(3, 1, 1), (3, 4, 6), (3, 2, 6)], "holes where the layers before see too little"),
        ([(3, 8, 1), (3, 1, 500)], "above 100"),
        ([(3, 1, 1)], "The stride in all is 1"),
        ([(5, 8, 1)], "each with three taps"),
        (3, "Give a list of (3, s, d)"),
    ],
}
