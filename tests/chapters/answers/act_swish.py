"""Answers to the exercises of *Swish lies between half of x and ReLU*."""

from __future__ import annotations

import math

import scipy.special

RIGHT = {
    "act-swish-hard": lambda width: max(z * max(width / 2 - z, 0) / width for z in (width / 4, width / 3, width)),
    "act-swish-maximum": lambda tolerance: scipy.special.lambertw(math.exp(-1)).real / tolerance,
    "act-swish-error": ("C", 0.5, -4.0),
    "act-swish-identity": lambda radius, tolerance: radius + 30,
}
WRONG = {
    "act-swish-hard": [
        (lambda width: width / 8, "at a quarter of the width"),
        (lambda width: width / 4, "That is the place of the largest product"),
        (lambda width: 0.25, "That is the gate at the place"),
        (lambda width: 1 / width, "not the slope of the gate"),
    ],
    "act-swish-maximum": [
        (lambda tolerance: 0.2784645427610738 * tolerance, "c over beta"),
        (lambda tolerance: 2 * 0.2784645427610738 / tolerance, "one Swish is enough"),
        (lambda tolerance: math.log(2) / tolerance, "the constant of softplus"),
        (lambda tolerance: 1.2784645427610738 / tolerance, "the place of the largest difference"),
        (lambda tolerance: 1 / tolerance, "not the least"),
    ],
    "act-swish-error": [
        (("A", 1, 0), "Sentence A is true"),
        (("D", 1, -2), "Sentence D follows from sentence C"),
        (("C", 1, 2), "one of them is negative left of zero"),
        (("C", 1, -1), "these numbers do not show it"),
        (("C", -1, 2), "beta is above zero"),
        (("E", 1, 2), "The sentence is A, B, C or D"),
        ("C", "Give the letter of a sentence and two numbers"),
    ],
    "act-swish-identity": [
        (lambda radius, tolerance: -50, "The other way"),
        (lambda radius, tolerance: 0, "push all of the interval to the right"),
        (lambda radius, tolerance: radius + math.log(1 / tolerance) + 1e-9, "the factor grows, too"),
        (lambda radius, tolerance: radius + 2, "the logarithm of one over the tolerance"),
        (lambda radius, tolerance: math.inf, "a bias is a finite number"),
        (lambda radius, tolerance: "far", "which is no number"),
        (7.0, "Give the function itself"),
    ],
}
