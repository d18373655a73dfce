"""Answers to the exercises of *A linear map that commutes with shifts is a convolution*."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import sympy


def kernel_of_both(v, w):
    """By polynomials: the product, divided by S^n - 1."""
    s = sympy.Symbol("s")
    first, second = (sympy.Poly(list(map(int, kernel[::-1])), s) for kernel in (v, w))
    rest = sympy.rem(first * second, sympy.Poly(s ** len(v) - 1, s)).all_coeffs()[::-1]
    return np.array([int(c) for c in rest] + [0] * (len(v) - len(rest)))


def by_fourier(w, x):
    product = np.fft.fft(x) * np.conj(np.fft.fft(w, len(x)))
    return np.fft.ifft(product).real[: len(x) - len(w) + 1]


def on_ring(w, x):
    return np.fft.ifft(np.fft.fft(x) * np.conj(np.fft.fft(w, len(x)))).real


def backwards(w, x):
    return np.fft.ifft(np.conj(np.fft.fft(x)) * np.fft.fft(w, len(x))).real[: len(x) - len(w) + 1]


RIGHT = {
    "conv-shifts-least": math.prod,
    "conv-shifts-error": np.diag([1.0, 0.0, 1.0, 0.0]),
    "conv-shifts-product": kernel_of_both,
    "conv-shifts-notch": [Fraction(1, 2), 0, 0.5],
    "conv-shifts-fast": by_fourier,
}
WRONG = {
    "conv-shifts-least": [
        (max, "next layer skips pixels"),
        (sum, "they do not add up"),
        (lambda strides: math.lcm(*strides), "share a divisor"),
        (lambda strides: math.prod(strides[:-1]), "the last one counts"),
        (lambda strides: 1, "For strides = [2] your function returns 1, expected 2"),
    ],
    "conv-shifts-error": [
        ([[1, 0, 0, 0], [0] * 4, [0] * 4, [0] * 4], "not only one of them"),
        ([[1, 2, 3, 4], [0] * 4] * 2, "equal rows are something else"),
        ([[2 * (i == j) for j in range(4)] for i in range(4)], "multiple of the identity"),
        (np.roll(np.eye(4), 2, 0), "both are powers of S"),
        ([[1, 2, 0, 0], [0, 1, 2, 0], [0, 0, 1, 2], [2, 0, 0, 1]], "the convolution with the kernel (1, 2, 0, 0)"),
        ([[1, 0], [0, 2]], "the ring has four pixels"),
        ([[1, 2, 3, 4], [5, 6, 7, 8], [9, 8, 7, 6], [5, 4, 3, 2]], "at pixel 2 it gives y(2) = 7"),
        ("S", "Give a matrix of real numbers"),
    ],
    "conv-shifts-product": [
        (lambda v, w: v * w, "how transforms multiply"),
        (lambda v, w: np.convolve(v, w)[: len(v)], "begin again at 0"),
        (lambda v, w: np.array([sum(np.roll(v, c) * w) for c in range(len(v))]), "not with v(b - c)"),
        (lambda v, w: v + w, "the sum of both layers"),
        (lambda v, w: np.convolve(v, w), "an array of shape (3,), expected (2,)"),
    ],
    "conv-shifts-notch": [
        ([0.5, 0.5], "which has the period two"),
        ([0.5, 0, 0, 0, 0.5], "added, they double"),
        ([0.7], "A kernel of one weight"),
        ([0.25] * 4, "needs four weights"),
        ([0, 0, 0], "Zero erases everything"),
        ([1, 0, 1], "divide by their sum"),
        ([0.125] * 8, "with 8 weights other than 0"),
        ([1, 0, 0, 0, -1], "add pixels, do not subtract"),
        ([1, -1], "becomes (1, 1, -1, -1, 1, 1, -1, -1)"),
        ([[0.5, 0, 0.5]], "accepted are one to eight weights"),
        ("1/2, 0, 1/2", "Give the weights"),
    ],
    "conv-shifts-fast": [
        (lambda w, x: np.convolve(x, w, "valid"), "take the conjugate of its transform"),
        (on_ring, "keep the first n - k + 1"),
        (backwards, "the output runs backwards"),
        (lambda w, x: np.convolve(x, w[::-1]), "border filled by zeros"),
        (lambda w, x: x, "entry (0) is 3.0, expected 6.0"),
    ],
}
