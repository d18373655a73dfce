"""Exercises of the chapter *A layer's cost can be counted*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib.conv import conv_matrix, output_shape
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import all_cases, named
from hwlib.teach._verdict import UNANSWERED, is_open

Layer = tuple[str, int]  # kind, kernel size


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


@exercise("conv-counting-stride")
def _stride(answer: Any) -> Verdict:
    """A case in which a stride does not save exactly its square."""
    if is_open(answer):
        return UNANSWERED
    try:
        n, k, s = (whole("case", number, least=1) for number in answer)
    except (TypeError, ValueError):
        return Verdict("wrong", "Accepted are three whole numbers of at least 1: (n, k, s).")
    if k > n:
        return Verdict("wrong", f"A kernel of {k} does not fit into {n} pixels: accepted is k <= n.")
    one, other = n - k + 1, -(-(n - k + 1) // s)
    said = f"Along an axis there are {one} outputs at stride 1 and {other} at stride {s}"
    if one == s * other:
        mistakes = {
            "With stride 1 there is nothing to compare.": s == 1,
            "s does not divide the number of pixels, but that of the outputs, and these count.": n % s != 0,
            "Take a number of outputs that s does not divide.": True,
        }
        return Verdict("wrong", f"{said}: here the claim holds.", named(mistakes))
    return Verdict("right", f"{said}: the fraction is {other**2}/{one**2}, and not 1/{s**2}.")


@exercise("conv-counting-saved")
def _saved(answer: Any) -> Verdict:
    """The fraction of multiplications that remains, counted on outputs."""

    def counted(n: int, k: int, s: int) -> Fraction:
        return Fraction(len(range(0, n - k + 1, s)), len(range(n - k + 1))) ** 2

    cases = all_cases(n=range(1, 9), k=range(1, 5), s=range(1, 5))
    return compare_function(
        answer,
        counted,
        _easiest_first(case for case in cases if case["k"] <= case["n"]),
        mistakes={
            "That is exact only where s divides the number of outputs.": lambda n, k, s: Fraction(1, s * s),
            "You counted pixels; what is kept are outputs, n - k + 1 along an axis.": lambda n, k, s: (
                Fraction(-(-n // s), n) ** 2
            ),
            "Rounded down: the first output of an incomplete group is kept too.": lambda n, k, s: (
                Fraction((n - k + 1) // s, n - k + 1) ** 2
            ),
            "That is along one axis; there are two.": lambda n, k, s: Fraction(-(-(n - k + 1) // s), n - k + 1),
        },
    )


@exercise("conv-counting-cheaper")
def _cheaper(answer: Any) -> Verdict:
    """A chain of convolutions instead of one of 3 by 3 weights and 64 channels."""
    form = "a list of (inputs, outputs, k, groups), each a whole number of at least 1"
    if is_open(answer):
        return UNANSWERED
    try:
        chain = [tuple(whole("chain", number, least=1) for number in layer) for layer in answer]
    except (TypeError, ValueError):
        return Verdict("wrong", f"Accepted is {form}.")
    if not chain or {len(layer) for layer in chain} != {4}:
        return Verdict("wrong", f"Accepted is {form}.")
    for place, (inputs, outputs, _, groups) in enumerate(chain):
        before = chain[place - 1][1] if place else 64
        if inputs != before:
            return Verdict("wrong", f"Layer {place} takes {inputs} channels, but there are {before} before it.")
        if inputs % groups or outputs % groups:
            message = f"Layer {place}: {groups} groups do not divide {inputs} and {outputs} channels."
            return Verdict("wrong", message, "Each group has as many channels as every other.")
    if chain[-1][1] != 64:
        return Verdict("wrong", f"The last layer has {chain[-1][1]} output channels, not 64.")
    if (widest := max(outputs for _, outputs, _, _ in chain)) > 4096:
        return Verdict("wrong", f"A layer with {widest} output channels is not cheaper: take at most 4096.")
    work = sum(outputs * (inputs // groups) * k * k for inputs, outputs, k, groups in chain)
    if missed := _unseen(chain):
        return Verdict("wrong", missed[0], missed[1])
    if 7 * work > 64 * 64 * 9:
        message = f"Your chain does {work} multiplications for each output pixel; a seventh of 36864 is 5266."
        mistakes = {"That is the layer itself.": chain == [(64, 64, 3, 1)]}
        return Verdict("wrong", message, named(mistakes))
    return Verdict("right", f"It does {work} multiplications for each output pixel instead of 36864, and sees all.")


def _unseen(chain: Sequence[tuple[int, ...]]) -> tuple[str, str] | None:
    """What an output of a chain does not see, and why; None if it sees all channels and 3 by 3 pixels."""
    if (side := 1 + sum(k - 1 for _, _, k, _ in chain)) < 3:
        return f"An output sees {side} by {side} pixels, not three by three.", "Nothing looks around."
    if side > 3:
        return f"An output sees {side} by {side} pixels, more than three by three.", "One kernel of three is enough."
    seen: list[set[int]] = [{channel} for channel in range(64)]  # of each channel: the inputs that it depends on
    for inputs, outputs, _, groups in chain:
        wide, narrow = inputs // groups, outputs // groups
        unions = [set().union(*seen[group * wide : (group + 1) * wide]) for group in range(groups)]
        seen = [unions[channel // narrow] for channel in range(outputs)]
    if (fewest := min(map(len, seen))) < 64:
        return f"Some output channel depends on {fewest} of the 64 input channels only.", "Nothing mixes them all."
    return None


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
