"""Answers to the exercises of *One neuron cuts space in two*, without those in test_exercises.py."""

from __future__ import annotations

AND, OR, XOR = (0, 0, 0, 1), (0, 1, 1, 1), (0, 1, 1, 0)
FIRST, SECOND = (0, 0, 1, 0), (0, 1, 0, 0)  # x1 AND NOT x2, x2 AND NOT x1
RIGHT = {
    "logic-neuron-council": ((4, 2, 2, 2, 2), -7),
    "logic-neuron-negate": lambda w, b: ([-2 * p for p in w], -2 * b - 1),
    "logic-neuron-error": ("C", SECOND, FIRST),
}
WRONG = {
    "logic-neuron-council": [
        (((1, 1, 1, 1, 1), -3), "At (0, 0, 1, 1, 1) the sum is w.x + b = 0, so the neuron fires"),
        (((2, 1, 1, 1, 1), -3), "would be right if it fired only above zero"),
        (((2, 1, 1, 1, 1), 4), "The sign of the bias"),
        (((1, 1, 1, 1, 1), -1), "computes OR"),
        (((2, 1, 1, 1), -4), "4 weights: the neuron needs 5"),
    ],
    "logic-neuron-negate": [
        (lambda w, b: (-w, -b), "minus zero is not below zero"),
        (lambda w, b: (w, -b - 1), "Turn the weights as well"),
        (lambda w, b: (-w, -b + 1), "Subtract the one"),
    ],
    "logic-neuron-error": [
        (("A", FIRST, SECOND), "A is true"),
        (("B", FIRST, SECOND), "B is true"),
        (("D", FIRST, SECOND), "it follows from the sentences before it"),
        (("C", XOR, AND), "No neuron computes f"),
        (("C", AND, OR), "Which two functions of two variables"),
        ("C", "Give (sentence, f, g)"),
    ],
}
