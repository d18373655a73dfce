"""Exercises of the chapter *A layer's cost can be counted*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from hwlib.conv import conv_matrix, output_shape
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import all_cases

Layer = tuple[str, int]  # kind, kernel size


@exercise("conv-counting-parameters")
def _parameters(answer: Any) -> Verdict:
    """Parameters of a convolution with bias, counted on arrays of its shape."""

    def count(i: int, o: int, k: int) -> int:
        return np.zeros((o, i, k, k)).size + np.zeros(o).size

    return compare_function(
        answer,
        count,
        _easiest_first(all_cases(i=range(1, 5), o=range(1, 5), k=range(1, 5))),
        mistakes={
            "The biases are missing: one for each output channel.": lambda i, o, k: o * i * k * k,
            "A kernel has k × k weights for each pair of channels, not k.": lambda i, o, k: o * i * k + o,
            "Each output channel has its own weights for every input channel: multiply by both.": (
                lambda i, o, k: o * k * k + o
            ),
            "One bias for each output channel, not one for each weight or input channel.": (
                lambda i, o, k: o * i * k * k + i
            ),
        },
    )


@exercise("conv-counting-multiplications")
def _multiplications(answer: Any) -> Verdict:
    """Multiplications of a valid convolution: the stored entries of its matrix."""

    def count(n: int, k: int, s: int, i: int, o: int) -> int:
        return int(conv_matrix(np.ones((o, i, k, k)), (i, n, n), stride=s).nnz)

    def formula(n: int, k: int, s: int, i: int, o: int) -> int:
        return ((n - k) // s + 1) ** 2 * k * k * i * o

    cases = all_cases(n=range(1, 6), k=range(1, 4), s=range(1, 3), i=range(1, 3), o=range(1, 3))
    return compare_function(
        answer,
        count,
        _easiest_first(case for case in cases if case["k"] <= case["n"]),
        mistakes={
            "Those are the weights. Each is used once for every output pixel.": lambda n, k, s, i, o: k * k * i * o,
            "A sum is computed for each output, not for each input pixel: with k > 1 there are fewer than n × n.": (
                lambda n, k, s, i, o: n * n * k * k * i * o
            ),
            "The input channels are missing: every output sums over all of them.": (
                lambda n, k, s, i, o: formula(n, k, s, 1, o)
            ),
            "The stride is missing: it thins out the outputs along both axes.": (
                lambda n, k, s, i, o: formula(n, k, 1, i, o)
            ),
        },
    )


@exercise("conv-counting-resolution")
def _resolution(answer: Any) -> Verdict:
    """Resolution after a list of convolutions (stride 1) and poolings (stride = size), without padding."""
    return compare_function(
        answer,
        _run,
        [{"n": n, "layers": layers} for layers in _NETWORKS for n in range(_smallest(layers), 24)],
        mistakes={
            "A pooling divides the size by k; it does not only take off k - 1.": (
                lambda n, layers: n - sum(k - 1 for _, k in layers)
            ),
            "A convolution takes off k - 1, not k: with k = 1 nothing is lost.": _slips(lambda n, k: n - k),
            "A convolution without padding loses k - 1 pixels along an axis.": _slips(lambda n, k: n),
        },
    )


@exercise("conv-counting-smallest")
def _smallest_input(answer: Any) -> Verdict:
    """Smallest input that a list of layers takes, found by trying."""
    return compare_function(
        answer,
        _smallest,
        [{"layers": layers} for layers in _NETWORKS],
        mistakes={
            "That is the size that leaves nothing. One pixel has to come out.": lambda layers: _smallest(layers) - 1,
            "Poolings count too: what comes out of one was k times as large before.": (
                lambda layers: 1 + sum(k - 1 for kind, k in layers if kind == "conv")
            ),
            "Go from the last layer to the first: order matters where there are poolings.": (
                lambda layers: _smallest(layers[::-1])
            ),
        },
    )


_NETWORKS: list[list[Layer]] = [
    [],
    [("conv", 1)],
    [("conv", 3)],
    [("pool", 2)],
    [("conv", 3), ("conv", 3)],
    [("conv", 3), ("pool", 2)],
    [("pool", 2), ("conv", 3)],
    [("conv", 5), ("pool", 3), ("conv", 2)],
    [("conv", 3), ("pool", 2), ("conv", 3), ("pool", 2)],
]


def _run(n: int, layers: Sequence[Layer]) -> int:
    """By the library, layer by layer; 0 if a layer does not fit."""
    for kind, k in layers:
        if k > n:
            return 0
        (n,) = output_shape((k,), (n,), stride=k if kind == "pool" else 1)
    return n


def _smallest(layers: Sequence[Layer]) -> int:
    return next(n for n in itertools.count(1) if _run(n, layers))


def _slips(convolve: Callable[[int, int], int]) -> Callable[[int, Sequence[Layer]], int]:
    """The resolution by a wrong rule for convolutions."""

    def run(n: int, layers: Sequence[Layer]) -> int:
        for kind, k in layers:
            n = n // k if kind == "pool" else convolve(n, k)
        return n

    return run


def _easiest_first(cases: Iterable[dict[str, int]]) -> list[dict[str, int]]:
    return sorted(cases, key=lambda case: math.prod(case.values()))


QUIZ = Quiz(
    Question(
        "The image doubles along both axes. What happens to the parameters of a convolution?",
        [
            Choice("They stay.", "The kernel does not know how large the image is.", right=True),
            Choice("They double.", "Nothing in the kernel's shape depends on the image."),
            Choice(
                "They grow fourfold.",
                "The multiplications do, about, if the image is much larger than the kernel: so do the outputs.",
            ),
        ],
    ),
    Question(
        "Which network takes images of any size, from a smallest one on?",
        [
            Choice(
                "Convolutions, then flatten, then a dense layer.",
                "Each unit of the dense layer has one weight for each entry of its input: their number is fixed.",
            ),
            Choice(
                "Convolutions, then a global average, then a dense layer.",
                "The average leaves one number for each channel, whatever the size.",
                right=True,
            ),
            Choice("Dense layers only.", "Each has a fixed number of inputs."),
        ],
    ),
    Question(
        "A layer with g groups, otherwise equal: how do weights (biases aside) and multiplications change?",
        [
            Choice(
                "Both are divided by g.",
                "Each output channel sees only a g-th of the input channels.",
                right=True,
            ),
            Choice("Only the weights are.", "Each weight serves every output pixel, with groups and without."),
            Choice(
                "Neither: groups only reorder the channels.", "They cut connections: fewer weights, fewer products."
            ),
        ],
    ),
)
