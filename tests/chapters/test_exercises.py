"""Each exercise: a right answer passes, the stub is met politely, and each typical mistake is told by its own name.

The answers here are written out by hand or by another method than the reference, so that a wrong reference fails.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from sympy import Symbol

from hwlib.conv import symbol_array
from hwlib.teach import check, exercise_names, exercises
from hwlib.teach.exercises.conv_matrix import check_conv_matrix

w1, w2 = symbol_array("w", (3,)), symbol_array("w", (2, 2))
(a, b), (c, d) = w2


def output_size(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def build(kernel, size, stride, padding):
    (kh, kw), (height, width) = kernel.shape, size
    columns = []
    for pixel in np.ndindex(height, width):  # column by column: the answer to an impulse
        image = np.zeros((height + 2 * padding, width + 2 * padding), kernel.dtype)
        image[pixel[0] + padding, pixel[1] + padding] = 1
        windows = np.lib.stride_tricks.sliding_window_view(image, (kh, kw))[::stride, ::stride]
        columns.append((windows * kernel).sum((2, 3)).ravel())
    return np.array(columns).T


def build_wrapping(kernel, size, stride, padding):
    kh, kw = kernel.shape
    out = [(size[i] + 2 * padding - kernel.shape[i]) // stride + 1 for i in (0, 1)]
    matrix = np.zeros((out[0] * out[1], size[0] * size[1]), kernel.dtype)
    for r, c in np.ndindex(*out):
        for i, j in np.ndindex(kh, kw):
            column = (r * stride + i - padding) * size[1] + (c * stride + j - padding)
            if 0 <= column < matrix.shape[1]:
                matrix[r * out[1] + c, column] += kernel[i, j]
    return matrix


SLIDE = [[w1[1], w1[2], 0, 0, 0], [0, w1[0], w1[1], w1[2], 0], [0, 0, 0, w1[0], w1[1]]]
TWO_DIAGONALS = [
    [a, b, 0, c, d, 0, 0, 0, 0],
    [0, a, b, 0, c, d, 0, 0, 0],
    [0, 0, 0, a, b, 0, c, d, 0],
    [0, 0, 0, 0, a, b, 0, c, d],
]
# Worked out on paper: the kernel [[1, 1], [-1, -1]] sums a pair of neighbours and subtracts the pair below.
# Above the figure that is 0 - (3 + 3) = -6; below it, where one of the two has dimmed to 2, only 3 + 2 = 5.
EDGE_PLACES = [(0, 1), (0, 2)]

RIGHT = {
    "conv-matrix-slide-1d": SLIDE,
    "conv-matrix-two-diagonals": np.array(TWO_DIAGONALS, dtype=object),
    "conv-matrix-edge-places": EDGE_PLACES,
    "conv-matrix-output-size": output_size,
    "conv-matrix-build": build,
    "conv-matrix-unread": (5, 2, 2),
    "conv-matrix-slopes": np.array([[0.1, -0.2, 0.1], [0, 0, 0], [-0.1, 0.2, -0.1]]),
}


def phases(kernel, r):
    """By torch: the convolution's kernel is read off its answers to impulses."""
    inputs, outputs, size = kernel.shape[:3]
    k = size // r
    made = np.zeros((outputs * r * r, inputs, k, k), kernel.dtype)
    for i in range(inputs):
        impulse = torch.zeros(1, inputs, 1, 1)
        impulse[0, i] = 1
        drawn = F.conv_transpose2d(impulse, torch.from_numpy(kernel.astype(np.float32)), stride=r)
        made[:, i] = F.pixel_unshuffle(drawn, r)[0].flip(1, 2).numpy()
    return made


TRANSPOSE_1D = [[w1[0], 0], [w1[1], 0], [w1[2], w1[0]], [0, w1[1]], [0, w1[2]]]
RIGHT |= {
    "conv-transpose-1d": TRANSPOSE_1D,
    "conv-transpose-size": lambda n, k, s, p, d: (n - 1) * s + d * (k - 1) + 1 - 2 * p,
    "conv-transpose-double": lambda k, s: ((k - s + 1) // 2, (k - s) % 2),
    "conv-transpose-order": [3, 1, 2, 2],
    "conv-transpose-gram": lambda w: (np.array(w) ** 2).sum(),
    "conv-transpose-subpixel": phases,
}


def smallest(layers):
    n = 1
    for kind, k in reversed(layers):
        n = n * k if kind == "pool" else n + k - 1
    return n


def resolution(n, layers, loss=1):
    for kind, k in layers:
        n = n // k if kind == "pool" else n - k + loss
    return n


RIGHT |= {
    "conv-counting-stride": [4, 2, 2],
    "conv-counting-saved": lambda n, k, s: (math.ceil((n - k + 1) / s) / Fraction(n - k + 1)) ** 2,
    "conv-counting-cheaper": [(64, 12, 1, 1), (12, 12, 3, 1), (12, 64, 1, 1)],
    "conv-counting-multiplications": lambda n, k, s, i, o: len(range(0, n - k + 1, s)) ** 2 * k * k * i * o,
    "conv-counting-resolution": resolution,
    "conv-counting-smallest": smallest,
}


def autograd(w, dz, size, stride):
    x = torch.zeros(1, 1, *size, dtype=torch.float64, requires_grad=True)
    F.conv2d(x, torch.from_numpy(w.astype(float))[None, None], stride=stride).backward(
        torch.from_numpy(dz.astype(float))[None, None]
    )
    return x.grad[0, 0].numpy()


def weights_by_sums(x, dz):
    shape = [n - m + 1 for n, m in zip(x.shape, dz.shape, strict=True)]
    made = np.zeros(shape, x.dtype)
    for a, b in np.ndindex(*shape):
        made[a, b] = (x[a : a + dz.shape[0], b : b + dz.shape[1]] * dz).sum()
    return made


def stamped(w, dz, size, stride, add=True):
    dx = np.zeros(size, dz.dtype)
    for r, c in np.ndindex(*dz.shape):
        for a, b in np.ndindex(*w.shape):
            old = dx[stride * r + a, stride * c + b] if add else 0
            dx[stride * r + a, stride * c + b] = old + w[a, b] * dz[r, c]
    return dx


RIGHT |= {
    "conv-gradients-grow": [-1, 0, 0.5],
    "conv-gradients-bound": lambda w, n: [((w[0] * w[1] > 0) * 2 - 1) ** i if len(w) > 1 else i for i in range(n)],
    "conv-gradients-smooth": [Fraction(1, 3), Fraction(1, 2), Fraction(1, 6)],
    "conv-gradients-kernel": weights_by_sums,
    "conv-gradients-input": autograd,
    "conv-gradients-norm": lambda kernel, n: max(
        abs(sum(w * np.exp(2j * np.pi * f * a / n) for a, w in enumerate(kernel))) for f in range(n)
    ),
}


def shape_by_chords(slopes):
    y = [0, *itertools.accumulate(slopes)]
    above = [2 * b <= a + c for a, b, c in zip(y, y[1:], y[2:], strict=False)]
    below = [2 * b >= a + c for a, b, c in zip(y, y[1:], y[2:], strict=False)]
    return {(1, 1): "affine", (1, 0): "convex", (0, 1): "concave"}.get((all(above), all(below)), "neither")


RIGHT |= {
    "pwl-pieces-knots": lambda w1, b1: sorted({-b / w for w, b in zip(w1, b1, strict=True) if w}),
    "pwl-pieces-shape": shape_by_chords,
}


RIGHT |= {
    "pwl-kinks-fold": lambda n: 2 * len(f"{n - 1:b}"),
}


def with_entry(matrix, row, column, value):
    changed = [list(entries) for entries in matrix]
    changed[row][column] = value
    return changed


WRONG = {
    "conv-matrix-slide-1d": [
        ([[w1[1], w1[0], 0, 0, 0], [0, w1[2], w1[1], w1[0], 0], [0, 0, 0, w1[2], w1[1]]], "kernel is flipped"),
        ([[w1[0], w1[1], w1[2], 0, 0], [0, 0, w1[0], w1[1], w1[2]]], "left out the padding"),
        ([list(column) for column in zip(*SLIDE, strict=True)], "this is the transpose"),
        (with_entry(SLIDE, 1, 3, 0), "Row 1, which computes y(1): the entry for x(3) is 0, expected w(2)"),
        ([[w1[1], 0, 0], [0, w1[0], 0]], "2 x 3, expected 3 x 5"),
        ([[([0] * 5 + list(w1) + [0] * 5)[x - y + 6] for x in range(5)] for y in range(5)], "mind the stride"),
    ],
    "conv-matrix-two-diagonals": [
        ([[{a: d, b: c, c: b, d: a}.get(e, 0) for e in row] for row in TWO_DIAGONALS], "kernel is flipped"),
        ([[{b: c, c: b}.get(e, e) for e in row] for row in TWO_DIAGONALS], "kernel is transposed"),
        ([[row[3 * (i % 3) + i // 3] for i in range(9)] for row in TWO_DIAGONALS], "flattened X column by column"),
        (with_entry(TWO_DIAGONALS, 2, 4, w2[1, 0]), "Row 2, which computes y(1,0): the entry for x(1,1) is w(1,0)"),
        ([[Symbol("q")] * 9] * 4, "unknown symbol q; the symbols here are w(0,0), w(0,1), w(1,0), w(1,1)"),
    ],
    "conv-matrix-edge-places": [
        ([(4, 1), (4, 2)], "the places of the largest value"),
        ([(row + 1, column + 1) for row, column in EDGE_PLACES], "counted rows and columns from 1"),
        ([(column, row) for row, column in EDGE_PLACES], "wrote (column, row)"),
        ([(row, column) for row in (1, 2, 3) for column in (0, 3)], "the vertical-edge kernel"),
        (EDGE_PLACES[1:], "A place is missing: Z(0,1) = -6"),
        ([*EDGE_PLACES, (1, 1)], "Z(1,1) = 0 is not of the largest absolute value"),
        ([*EDGE_PLACES, (5, 0)], "(5,0) is no place of Z, which is 5 x 4"),
        ("somewhere", "Give a list of index tuples"),
    ],
    "conv-matrix-output-size": [
        (lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1, "Rounded up"),
        (lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1, "Padding counted once"),
        (lambda n, k, s, p, d: (n + 2 * p - k) // s + 1, "Dilation left out"),
        (lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1, "not d k"),
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s, "The + 1 is missing"),
        (lambda n, k, s, p, d: n // 0, "raises ZeroDivisionError in line 1 of it"),
        (3, "Give the function itself"),
    ],
    "conv-matrix-build": [
        (lambda kernel, size, s, p: build(kernel[::-1, ::-1], size, s, p), "kernel is flipped"),
        (build_wrapping, "wrapped round to a neighbouring row"),
        (lambda kernel, size, s, p: build(kernel, size, s, p).T, "this is the transpose"),
        (lambda kernel, size, s, p: build(kernel, size, s, 0), "padding is left out"),
        (
            lambda kernel, size, s, p: build(kernel, size, 1, p),
            "stride = 2, padding = 0 your function returns an array",
        ),
    ],
    "conv-matrix-unread": [
        ((5, 2, 1), "With stride 1 the last place"),
        ((4, 4, 2), "One place that covers everything"),
        ((4, 2, 2), "The stride divides n - k"),
        ((7, 2, 3), "look at the end, not between"),
        ((2, 2, 3), "Here the stride 3 is larger than the kernel 2"),
        ((2, 3, 1), "does not fit on 2 pixels"),
        ((5, 2), "Give three whole numbers"),
        ((5, 2, 0), "Give three whole numbers"),
        ((10**9, 3, 2), "larger than need be"),
    ],
    "conv-matrix-slopes": [
        ([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "On the slope x(i,j) = j the output at (0,0) is -8"),
        ([[1, 1, 1]] * 3, "averages: constant images come through"),
        ([[0, 1, 0], [1, -3, 1], [0, 1, 0]], "Subtract as much as you add"),
        ([[1, 0], [0, 0]], "shape (2, 2): three by three"),
        ([[0] * 3] * 3, "Zeros see nothing at all"),
        ([[1, -2, 1]], "three by three weights are asked for"),
        ("Laplace", "Give three rows"),
    ],
}

WRONG |= {
    "conv-transpose-1d": [
        ([list(column) for column in zip(*TRANSPOSE_1D, strict=True)], "Rows and columns are swapped"),
        ([[{w1[0]: w1[2], w1[2]: w1[0]}.get(e, e) for e in row] for row in TRANSPOSE_1D], "kernel is flipped"),
        ([[w1[0], 0], [w1[1], w1[0]], [w1[2], w1[1]], [0, w1[2]]], "mind the stride"),
        (with_entry(TRANSPOSE_1D, 2, 1, 0), "Row 2, which computes y(2): the entry for x(1) is 0, expected w(0)"),
    ],
    "conv-transpose-size": [
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s + 1, "the size of a convolution"),
        (lambda n, k, s, p, d: (n - 1) * s + d * (k - 1) + 1 + 2 * p, "it is cut off"),
        (lambda n, k, s, p, d: n * s + d * (k - 1) + 1 - 2 * p, "n - 1 steps"),
        (lambda n, k, s, p, d: (n - 1) * s + k - 2 * p, "Dilation left out"),
    ],
    "conv-transpose-double": [
        (lambda k, s: (k - s, 0), "both sides"),
        (lambda k, s: ((k - 1) // 2, 0), "keeps the size at stride 1"),
        (lambda k, s: ((k - s) // 2, 0), "right only if k - s is even"),
        (lambda k, s: ((k - s - (k - s) % 2) // 2, (k - s) % 2), "does not take away"),
        (lambda k, s: (0, s - k), "accepted are p >= 0 and 0 <= e < 2"),
        (lambda k, s: (k - s) / 2, "accepted is a pair of whole numbers"),
        (lambda k, s: None if k > 2 else (0, 0), "returns nothing"),
        ((1, 1), "Give the function itself"),
    ],
    "conv-transpose-order": [
        ((3, 2, 3, 2), "can change places unnoticed"),
        ((2, 1, 3, 1), "they only add up"),
        ((1, 2, 1, 3), "which multiply in either order"),
        ((5, 3, 3, 2), "here the claim holds"),
        ((2, 2), "Accepted are four whole numbers"),
        ((0, 1, 1, 1), "Accepted are four whole numbers"),
    ],
    "conv-transpose-gram": [
        (lambda w: np.sum(w), "the sum of the weights"),
        (lambda w: np.sum(w) ** 2, "You squared the sum"),
        (lambda w: np.linalg.norm(w), "You took the root"),
        (lambda w: np.size(w), "the number of weights"),
    ],
    "conv-transpose-subpixel": [
        (lambda kernel, r: phases(kernel, r)[:, :, ::-1, ::-1], "each has to be flipped"),
        (lambda kernel, r: phases(kernel.transpose(0, 1, 3, 2), r).transpose(0, 1, 3, 2), "phases are swapped"),
        (
            lambda kernel, r: phases(kernel.transpose(0, 1, 3, 2), r).transpose(0, 1, 3, 2)[:, :, ::-1, ::-1],
            "swapped and not flipped",
        ),
        (lambda kernel, r: kernel, "returns an array"),
    ],
}

WRONG |= {
    "conv-counting-stride": [
        ((4, 1, 1), "nothing to compare"),
        ((5, 2, 2), "and these count"),
        ((4, 1, 2), "that s does not divide"),
        ((2, 3, 1), "does not fit"),
        ((4, 1), "Accepted are three whole numbers"),
        ((4, 1, 0), "Accepted are three whole numbers"),
    ],
    "conv-counting-saved": [
        (lambda n, k, s: Fraction(1, s * s), "exact only where"),
        (lambda n, k, s: Fraction(math.ceil(n / s), n) ** 2, "You counted pixels"),
        (lambda n, k, s: Fraction((n - k + 1) // s, n - k + 1) ** 2, "Rounded down"),
        (lambda n, k, s: Fraction(math.ceil((n - k + 1) / s), n - k + 1), "there are two"),
    ],
    "conv-counting-cheaper": [
        ([(64, 64, 3, 1)], "That is the layer itself"),
        ([(64, 64, 3, 64)], "Nothing mixes them all"),
        ([(64, 64, 1, 1)], "Nothing looks around"),
        ([(64, 64, 3, 64), (64, 64, 3, 64), (64, 64, 1, 1)], "One kernel of three is enough"),
        ([(64, 32, 1, 1), (64, 64, 3, 64)], "but there are 32 before it"),
        ([(64, 64, 3, 60), (64, 64, 1, 1)], "Each group has as many"),
        ([(64, 12, 1, 1), (12, 12, 3, 1)], "not 64"),
        ([(64, 32, 1, 1), (32, 32, 3, 1), (32, 64, 1, 1)], "a seventh of 36864 is 5266"),
        ([], "Accepted is a list of"),
        ([(64, 64, 3)], "Accepted is a list of"),
    ],
    "conv-counting-multiplications": [
        (lambda n, k, s, i, o: k * k * i * o, "Those are the weights"),
        (lambda n, k, s, i, o: n * n * k * k * i * o, "fewer than n × n"),
        (lambda n, k, s, i, o: ((n - k) // s + 1) ** 2 * k * k * o, "The input channels are missing"),
        (lambda n, k, s, i, o: (n - k + 1) ** 2 * k * k * i * o, "The stride is missing"),
    ],
    "conv-counting-resolution": [
        (lambda n, layers: n - sum(k - 1 for _, k in layers), "A pooling divides"),
        (lambda n, layers: resolution(n, layers, loss=0), "takes off k - 1, not k"),
        (lambda n, layers: resolution(n, [layer for layer in layers if layer[0] == "pool"]), "loses k - 1 pixels"),
    ],
    "conv-counting-smallest": [
        (lambda layers: smallest(layers) - 1, "leaves nothing"),
        (lambda layers: 1 + sum(k - 1 for kind, k in layers if kind == "conv"), "Poolings count too"),
        (lambda layers: smallest(layers[::-1]), "from the last layer to the first"),
    ],
}

WRONG |= {
    "conv-gradients-grow": [
        ([1], "One weight alone"),
        ([0.5, 0.5], "add up to at most 1"),
        ([0, 0], "A layer of zeros"),
        ([0, 2], "w(1) = 2: accepted are weights between"),
        ([1] * 9, "the ring has 8 pixels"),
        ([], "Accepted is a list of numbers"),
        (1, "Accepted is a list of numbers"),
    ],
    "conv-gradients-bound": [
        (lambda w, n: [1] * n, "terms of different signs cancel"),
        (lambda w, n: [1] + [0] * (n - 1), "One bright pixel"),
        (lambda w, n: [(-1) ** i for i in range(n)], "terms of equal signs cancel"),
        (lambda w, n: [0] * n, "zero everywhere"),
        (lambda w, n: [1] * (n + 1), "accepted is a list of 2 numbers"),
        (lambda w, n: [1, 1] if len(w) < 2 else None, "returns nothing"),
        ([1, 1], "Give the function itself"),
    ],
    "conv-gradients-smooth": [
        ([1, 2, 1], "divide by their sum"),
        ([0.5, 0.25, 0.25], "has to balance"),
        ([2, 0.5, -1.5], "can pull together"),
        ([0.5, 0.5, 0], "none of them zero"),
        ([1, -2, 1], "not by 1"),
        ("smooth", "Accepted is a list of numbers"),
    ],
    "conv-gradients-kernel": [
        (lambda x, dz: weights_by_sums(x, dz)[::-1, ::-1], "This is flipped"),
        (lambda x, dz: weights_by_sums(x, dz) / dz.size, "Do not average"),
        (lambda x, dz: weights_by_sums(x, dz[::-1, ::-1]), "You flip dZ"),
        (lambda x, dz: x, "returns an array"),
    ],
    "conv-gradients-input": [
        (lambda w, dz, size, stride: stamped(w[::-1, ::-1], dz, size, stride), "The kernel is flipped"),
        (lambda w, dz, size, stride: stamped(w, dz, size, stride, add=False), "you overwrite them"),
        (lambda w, dz, size, stride: stamped(w, dz, size, 1), "The stride is missing"),
    ],
    "conv-gradients-norm": [
        (lambda kernel, n: abs(kernel.sum()), "the constant image only"),
        (lambda kernel, n: np.fft.fft(kernel, n).real.max(), "not real parts"),
        (lambda kernel, n: np.sqrt((kernel**2).sum()), "the length of the kernel as a vector"),
    ],
}

WRONG |= {
    "pwl-pieces-knots": [
        (lambda w1, b1: np.unique(b1[w1 != 0] / w1[w1 != 0]), "The sign is wrong"),
        (lambda w1, b1: np.unique(-w1 / b1), "Divided the wrong way round"),
        (lambda w1, b1: np.sort(-b1[w1 != 0] / w1[w1 != 0]), "list it once"),
        (lambda w1, b1: np.unique(-b1[w1 != 0] / w1[w1 != 0]) if any(w1) else [0], "your function returns"),
        (lambda w1, b1: list(dict.fromkeys(-b1[w1 != 0] / w1[w1 != 0])), "in increasing order"),
    ],
    "pwl-pieces-shape": [
        (
            lambda slopes: (
                "affine"
                if len(set(slopes)) == 1
                else "convex"
                if min(slopes) >= 0
                else "concave"
                if max(slopes) <= 0
                else "neither"
            ),
            "Convex means that its slopes rise",
        ),
        (
            lambda slopes: (
                {"convex": "concave", "concave": "convex"}.get(shape_by_chords(slopes)) or shape_by_chords(slopes)
            ),
            "The two words are swapped",
        ),
        (
            lambda slopes: "affine" if slopes[0] == slopes[-1] else ["concave", "convex"][slopes[0] < slopes[-1]],
            "First and last slope are not enough",
        ),
        (
            lambda slopes: (
                "concave" if slopes[-1] < slopes[0] and min(np.diff(slopes)) < 0 else shape_by_chords(slopes)
            ),
            "For slopes = [2, 0, 1] your function returns concave, expected neither",
        ),
        (
            lambda slopes: (
                "affine"
                if len(set(slopes)) == 1
                else {(1,): "convex", (-1,): "concave"}.get(tuple(set(np.sign(np.diff(slopes)))), "neither")
            ),
            "Equal slopes side by side are allowed",
        ),
    ],
}

WRONG |= {
    "pwl-kinks-fold": [
        (lambda n: len(f"{n - 1:b}"), "Those are the layers"),
        (lambda n: n - 1, "one hidden layer needs"),
        (lambda n: 2 * (len(f"{n:b}") - 1), "Rounded down"),
        (lambda n: n + n % 2, "it does not add two"),
    ],
}


def parity_layers(n):
    """A kink at each sum of bits: up by one, then down and up by two."""
    kinks = [1, *(2 * (-1) ** k for k in range(1, n))]
    return [([[1] * n] * n, [-k for k in range(n)]), ([kinks], [0])]


def flat_kinks(n, first, other):
    return [([[1] * n] * n, [-k for k in range(n)]), ([[first, *(other * (-1) ** k for k in range(1, n))]], [0])]


def comparing(n, base=2, bias=-1, sign=1):
    places = [sign * base**k for k in range(n)][::-1]
    return [*places, *(-place for place in places)], bias


RIGHT |= {
    "logic-neuron-implies": ((-2, 1), 1),
    "logic-neuron-certificate": ([(1, 1, 0, 0), (0, 0, 1, 1)], [(0, 1, 1, 0), (1, 0, 0, 1)]),
    "logic-networks-parity": parity_layers,
    "logic-networks-greater": comparing,
}
WRONG |= {
    "logic-neuron-implies": [
        (((-1, 1), -1), "At (0, 0) the sum is w.x + b = -1, so the neuron does not fire, but f(0, 0) = 1"),
        (((1, -1), 0), "The signs of the weights are the wrong way round"),
        (((-2, 1), -1), "The sign of the bias is the wrong way round"),
        (((1, -1), -1), "It computes the opposite of f"),
        (((-1, 1), 9), "computes a constant"),
        (((1, 1), -1), "computes OR"),
        (((1, 1, 1), 0), "3 weights: the neuron needs 2"),
    ],
    "logic-neuron-certificate": [
        (([(1, 0, 1, 0), (0, 1, 0, 1)], [(1, 1, 0, 0), (0, 0, 1, 1)]), "The true points come first"),
        (([(1, 1, 0, 0), (0, 1, 1, 0)], [(1, 0, 1, 0), (0, 1, 0, 1)]), "f(0, 1, 1, 0) = 0"),
        (([(1, 1, 0, 0), (0, 0, 1, 1)], [(1, 0, 1, 0)]), "there must be equally many"),
        (([(1, 1, 0, 0), (0, 0, 1, 1)], [(1, 0, 1, 0), (0, 1, 1, 0)]), "Only equal sums"),
        ("1100 0011", "Give two lists of points"),
    ],
    "logic-networks-parity": [
        (lambda n: flat_kinks(n, 1, 1), "changes by 2, not by 1"),
        (lambda n: flat_kinks(n, 2, 2), "the slope changes by 1 only"),
        (lambda n: [([[1] * n], [0]), ([[0]], [1])], "The output is constant"),
        (lambda n: [parity_layers(n)[0], ([[-k for k in parity_layers(n)[1][0][0]]], [1])], "It computes the opposite"),
        (lambda n: [parity_layers(n)[0], ([[3 * k for k in parity_layers(n)[1][0][0]]], [0])], "The sign is right"),
        (lambda n: [([[-1] * n], [0]), ([[1]], [0])], "All hidden neurons are dead"),
        (lambda n: [([[1] * n] * (n + 1), [-k for k in range(n + 1)]), ([[*parity_layers(n)[1][0][0], 0]], [0])],
         "accepted are at most"),
        (lambda n: 1 / 0, "raises ZeroDivisionError"),
    ],
    "logic-networks-greater": [
        (lambda n: comparing(n, bias=0), "It fires for equal numbers too"),
        (lambda n: comparing(n, sign=-1), "It fires if the second number is larger"),
        (lambda n: comparing(n, base=1), "A digit must weigh more"),
        (lambda n: comparing(n, bias=-2), "With another bias these weights would do"),
        (lambda n: 1 / 0, "raises ZeroDivisionError"),
    ],
}  # fmt: skip


# Descent, by hand: one sample is an inner product.


RIGHT |= {
    "opt-min-norm-shortest": lambda x, y: np.linalg.pinv(x[None]) @ [y],
    "opt-min-norm-error": ("c", [3.8, 0.6]),
    "opt-min-norm-ridge": lambda s, eps: min(v * v for v in s if v) / (1 / eps - 1),
    "opt-min-norm-apart": (0.9, 1e-4),
}

WRONG |= {
    "opt-min-norm-shortest": [
        (lambda x, y: y * x, "Divide by the square of the length of x"),
        (lambda x, y: y * x / np.sqrt(x @ x), "not by the length"),
        (lambda x, y: np.append(y / x[0], 0 * x[1:]), "not the shortest"),
        (lambda x, y: [0], "returns an array of shape (1,)"),
    ],
    "opt-min-norm-error": [
        (("A", (1, 2)), "a number times the sample"),
        (("B", (1, 2)), "through the start, along the sample"),
        (("D", (1, 2)), "predicts 5 c"),
        (("E", (1, 2)), "follows from an earlier line"),
        (("F", (1, 2)), "There is no line"),
        (("C", (1, 2)), "not reached along"),
        (("C", (4, 1)), "It does not fit"),
        (("C", 3), "Give the end as two numbers"),
        (3, "Give a letter and two numbers"),
    ],
    "opt-min-norm-ridge": [
        (lambda s, eps: eps / (1 - eps) * max(s) ** 2, "not the largest"),
        (lambda s, eps: eps / (1 - eps) * min(v for v in s if v), "count with their squares"),
        (lambda s, eps: eps * min(v for v in s if v) ** 2, "with lambda below as well"),
        (lambda s, eps: eps / (1 - eps) * min(s) ** 2, "these directions do not count"),
    ],
    "opt-min-norm-apart": [
        ((0.5, 0.5), "Hold the second back"),
        ((0.5, 0.04), "Make it grow from less"),
        ((1, 0), "stays zero"),
        ((2, 1), "not above 0 and at most 1"),
        ((1, 1, 1), "give two numbers"),
        ("x", "Give two numbers"),
    ],
}


# Curvature: softmax by its matrix, R by a complex step.


def softmax_matrix(a):
    s = np.exp(a) / sum(np.exp(a))
    return np.diag(s) - np.outer(s, s)


def slope_along(w, v, t):
    """The gradient of (w0 w1 - t)^2 / 2 at w + i r v: its imaginary part over r."""
    z = w + 1e-30j * v
    return ((z[0] * z[1] - t) * z[::-1]).imag / 1e-30


RIGHT |= {
    "opt-curvature-error": ("c", 2 / 101),
    "opt-curvature-softmax": lambda a, ra: softmax_matrix(a) @ ra,
    "opt-curvature-trap": (1.0, 1.01),
    "opt-curvature-r": slope_along,
}

WRONG |= {
    "opt-curvature-error": [
        (("A", 0.1), "the eigenvalue times the distance"),
        (("B", 0.1), "both factors lie between"),
        (("D", 0.1), "only says what follows"),
        (("E", 0.1), "true of that rate"),
        (("F", 0.1), "There is no line"),
        (("C", 0.01), "the larger eigenvalue alone"),
        (("C", 1), "the smaller eigenvalue alone"),
        (("C", 0.02), "the limit of stability"),
        ((1, 2), "Give a letter and a number"),
    ],
    "opt-curvature-softmax": [
        (lambda a, ra: np.exp(a) / sum(np.exp(a)) * ra, "The sum in the denominator moves"),
        (lambda a, ra: np.diag(np.diag(softmax_matrix(a))) @ ra, "Each share depends on all entries"),
        (lambda a, ra: -softmax_matrix(a) @ ra, "The wrong sign"),
        (lambda a, ra: np.exp(a) / sum(np.exp(a)), "the softmax itself"),
    ],
    "opt-curvature-trap": [
        ((1.0, 2.0), "Here it even falls"),
        ((1.0, 1.0), "Go a little beside it"),
        ((1.0, 1.2), "A longer step is needed"),
        ((0.0, 1.0), "not above 0"),
        ((1.0, 1.0, 1.0), "give two numbers"),
        ("x", "Give two numbers"),
    ],
    "opt-curvature-r": [
        (lambda w, v, t: (v[0] * w[1] + w[0] * v[1]) * w[::-1], "has a second term"),
        (lambda w, v, t: (w[0] * w[1] - t) * v[::-1], "has a first term"),
        (lambda w, v, t: (v[0] * w[1] + w[0] * v[1]) * w[::-1] + (w[0] * w[1] - t) * v, "the other entry of v"),
        (lambda w, v, t: (w[0] * w[1] - t) * w[::-1], "the gradient itself"),
    ],
}

# Double descent: the width by counting up, the first harm by changes.


def first_width(samples, inputs, extra=0):
    width = 0
    while (inputs + 1) * width + 2 * width + 2 < samples + extra:
        width += 1
    return width


def harm(p, signal, rest, last=None, m=lambda p, n: p - n - 1):
    """The first sample that hurts, by the quotient of the two changes."""
    for n in range(1, p - 2):
        if rest * (p - 1) / (m(p, n) * (m(p, n) - 1)) > signal / p:
            return n
    return p - 2 if last and last > p - 2 >= 1 else 0


RIGHT |= {
    "opt-double-descent-width": first_width,
    "opt-double-descent-error": ("d", 7),
    "opt-double-descent-samples": lambda p, b, r: harm(p, b, r),
    "opt-double-descent-design": [[0.5, 1e-4, 1], [0.5, -1e-4, -1]],
}

WRONG |= {
    "opt-double-descent-width": [
        (lambda samples, inputs: int((samples - 2) / (inputs + 3)), "Round up"),
        (lambda samples, inputs: -(-samples // (inputs + 2)), "The biases are missing"),
        (lambda samples, inputs: first_width(samples, inputs, extra=samples), "Two outputs for each sample"),
        (lambda samples, inputs: -(-samples // (inputs + 1)), "The second layer is missing"),
    ],
    "opt-double-descent-error": [
        (("A", 6), "Line A is what the figure"),
        (("B", 6), "not too poor for its samples"),
        (("C", 6), "Line C is what the figure"),
        (("E", 6), "an earlier line has the same fault"),
        (("F", 6), "There is no line"),
        (("D", 50), "at 7 it is"),
        (("D", 6), "at 7 it is"),
        (("D", 3), "sizes from six on"),
        (("D", 6.5), "a letter and a whole number"),
    ],
    "opt-double-descent-samples": [
        (lambda p, b, r: harm(p, b, r, last=p), "n + 1 is at most p - 2"),
        (lambda p, b, r: harm(p, b, r, m=lambda p, n: p - n), "The denominators are"),
        (lambda p, b, r: p - 3 if harm(p, b, r) else 0, "the last such n"),
        (lambda p, b, r: harm(p, r, b), "Beta and rho are exchanged"),
    ],
    "opt-double-descent-design": [
        ([[1, 0, 1], [0, 1, 1]], "more alike"),
        ([[1, 0.001, 0], [1, 0, 0]], "differ more"),
        ([[1, 1, 1], [1, 1, -1]], "cannot have different targets"),
        ([[1, 2, 1], [1, 1, -1]], "is not from -1 to 1"),
        ([[1, 2], [1, 1]], "two rows of three"),
        ("x", "two rows of three"),
    ],
}


# Answers to the exercises of newer chapters: a file each.
for answers in (Path(__file__).parent / "answers").glob("[a-z]*.py"):
    module = importlib.import_module(f".answers.{answers.stem}", __package__)
    RIGHT |= module.RIGHT
    WRONG |= module.WRONG


def test_every_exercise_is_tested_here():
    assert set(exercise_names()) == set(RIGHT) == set(WRONG)
    assert all(len(answers) >= 3 for answers in WRONG.values())


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_right_answer_passes(name):
    verdict = check(name, RIGHT[name])
    assert verdict, verdict
    assert "✓ Right." in verdict._repr_html_()


@pytest.mark.parametrize("name", sorted(RIGHT))
@pytest.mark.parametrize("stub", [..., None, [...], [[..., 0]]])
def test_a_stub_is_met_politely(name, stub):
    verdict = check(name, stub)
    if callable(RIGHT[name]) and isinstance(stub, list):
        assert verdict.status == "wrong"
    else:
        assert verdict.status == "open", verdict
    assert not verdict


@pytest.mark.parametrize("name", [name for name in sorted(RIGHT) if callable(RIGHT[name])])
def test_a_function_stub_is_met_politely(name):
    def unwritten(*arguments):
        return ...

    def unimplemented(*arguments):
        raise NotImplementedError

    assert check(name, unwritten).status == check(name, unimplemented).status == "open"


@pytest.mark.parametrize("name", ["logic-neuron-negate", "logic-networks-greater"])
def test_a_stub_that_returns_a_pair_is_met_politely(name):
    assert check(name, lambda *arguments: (..., ...)).status == "open"


@pytest.mark.parametrize(
    ("name", "answer", "told"), [(name, answer, told) for name in sorted(WRONG) for answer, told in WRONG[name]]
)
def test_a_typical_mistake_is_told_by_its_own_name(name, answer, told):
    verdict = check(name, answer)
    assert verdict.status == "wrong"
    assert told in repr(verdict)


def test_every_mistake_that_the_exercises_know_is_made_here():
    known = set()
    for module in Path(exercises.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf8"))):
            keys = node.keys if isinstance(node, ast.Dict) else []
            known |= {key.value for key in keys if isinstance(key, ast.Constant) and str(key.value).endswith(".")}
    told = {check(name, answer).diagnosis for name, answers in WRONG.items() for answer, _ in answers}
    by_columns = [[a, 0, b, 0, 0, 0], [0, a, 0, b, 0, 0], [0, 0, a, 0, b, 0], [0, 0, 0, a, 0, b]]
    x_and_y = check_conv_matrix(by_columns, (1, 2), (2, 3))  # the exercises have square kernels
    assert len(known) > 200
    assert known <= told | {x_and_y.diagnosis}


def test_every_exercise_names_three_slips_or_more():
    """Several answers may make one slip."""
    for name, answers in WRONG.items():
        assert len({check(name, answer).diagnosis for answer, _ in answers} - {""}) >= 3, name
