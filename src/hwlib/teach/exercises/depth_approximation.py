"""Exercises of the chapter *Depth buys digits*."""

from __future__ import annotations

import functools
import math
import reprlib
from fractions import Fraction
from typing import Any

from hwlib.network import Network
from hwlib.pieces import PiecewiseLinear, pieces_of
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant
from hwlib.teach._verdict import UNANSWERED, is_open


def _offs(function: PiecewiseLinear) -> list[tuple[Fraction, Fraction]]:
    """Places and how far above x^2 a function is there, the farthest first: ends of pieces, or where x^2 has a slope.

    Between these the difference runs one way, so the first is the farthest of all.
    """
    places = {Fraction(end) for piece in function for end in (piece.start, piece.end)}
    places |= {Fraction(piece.slope) / 2 for piece in function if piece.start <= Fraction(piece.slope) / 2 <= piece.end}
    return sorted(((x, function(x) - x * x) for x in sorted(places)), key=lambda pair: -abs(pair[1]))


@exercise("depth-approximation-share")
def _share(answer: Any) -> Verdict:
    """The largest product of positive whole numbers with a given sum, over all of them."""

    @functools.cache
    def reference(N: int) -> int:
        return max([N, *(k * reference(N - k) for k in range(1, N))])

    return compare_function(
        answer,
        lambda N: reference(N),
        [{"N": N} for N in range(1, 16)],
        mistakes={
            "All in one layer: N pieces. Layers multiply.": lambda N: N,
            "That is with two teeth in each layer. Two layers of three make more than three layers of two.": (
                lambda N: 2 ** (N // 2) if N > 1 else 1
            ),
            "Threes are best, but a last layer of one is wasted: take a three apart then.": (
                lambda N: 3 ** (N // 3) * max(N % 3, 1)
            ),
        },
    )


@exercise("depth-approximation-bend")
def _bend(answer: Any) -> Verdict:
    """The least N with 2^N pieces or more, where the number of pieces follows from the proof."""

    def reference(m: Fraction, eps: Fraction) -> int:
        pieces = 1
        while m > 16 * eps * pieces**2:
            pieces += 1
        return (pieces - 1).bit_length()

    def least(m: Fraction, eps: Fraction, *, factor: int = 16, base: int = 4) -> int:
        units = 0
        while factor * eps * base**units < m:
            units += 1
        return units

    cases = [
        {"m": Fraction(m), "eps": Fraction(1, n)}
        for m, n in [(2, 1), (2, 8), (2, 9), (1, 100), (2, 100), (5, 1000), (2, 10**4), (16, 10**5)]
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "With f = x^2, and so m = 2, this has to be the bound of the text: there, 8 stands before eps.": (
                functools.partial(least, factor=8)
            ),
            "The bound on the error falls with the square of the number of pieces: 4 to the power N, not 2.": (
                functools.partial(least, base=2)
            ),
            "That is the number of pieces. N units may make as many as 2 to the power N.": (
                lambda m, eps: max(1, math.isqrt(math.ceil(m / (16 * eps)) - 1) + 1)
            ),
        },
    )


@exercise("depth-approximation-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and a pair of numbers at which the last one fails."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, *numbers = answer
        line = letter.strip().upper()
        read = as_meant("x and y", numbers)
        if read.shape != (2,):
            raise ValueError(f"shape {read.shape}")
        x, y = read.tolist()
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and two numbers, such as ("A", 0.5, 1), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is true: multiply out.",
        "B": "Line B is the theorem.",
        "D": "Line D follows from the lines before: one of these is false already.",
    }
    if line != "C":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {line}: they go from A to D.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    if not (0 <= x <= 1 and 0 <= y <= 1):
        return Verdict("wrong", f"Line C is the one. But x = {x}, y = {y} are not both between 0 and 1.")

    def once(t: Fraction) -> Fraction:
        return t - (1 - abs(2 * t - 1)) / 4

    off = (once(x + y) - once(x) - once(y)) / 2 - x * y
    if -Fraction(1, 16) <= off <= Fraction(1, 32):
        why = "x + y is at most 1 there, and so the theorem holds." if x + y <= 1 else "Take a larger sum."
        return Verdict(
            "wrong", f"Line C is the first false one. But at x = {x}, y = {y} line D is true: off by {off}.", why
        )
    return Verdict("right", f"x + y = {x + y} leaves [0, 1], and line D is off by {off}, outside of -1/16 to 1/32.")


MOST_UNITS = 10


@exercise("depth-approximation-design")
def _design(answer: Any) -> Verdict:
    """A small network that squares, by its exact pieces."""
    if is_open(answer):
        return UNANSWERED
    form = "Give a list of pairs (weight, bias), such as [([[1], [-1]], [0, 0]), ([[1, 1]], [0])]: "
    try:
        network = Network.from_arrays(
            [(as_meant("weight", weight), as_meant("bias", bias)) for weight, bias in answer]
        ).as_fractions()
        units = sum(len(layer.bias) for layer in network.layers[:-1])
        if (network.inputs, network.outputs) != (1, 1):
            return Verdict("wrong", f"{form}this has {network.inputs} inputs and {network.outputs} outputs.")
        if units > MOST_UNITS:
            return Verdict("wrong", f"This has {units} hidden units, and {MOST_UNITS} are allowed.")
        offs = _offs(pieces_of(network, -1, 1))
    except (TypeError, ValueError) as error:
        return Verdict("wrong", f"{form}{error}")
    x, off = offs[0]
    if abs(off) > Fraction(1, 500):
        slip = ""
        if abs(off) <= Fraction(1, 250) and (all(up >= 0 for _, up in offs) or all(up <= 0 for _, up in offs)):
            slip = "All errors are on one side: with another last bias the largest is half of that."
        elif x < 0 and abs(_offs(pieces_of(network, 0, 1))[0][1]) <= Fraction(1, 256):
            slip = "Right of zero it is close: the squares of negative numbers are those of |x|."
        elif len(network.layers) <= 2:
            slip = "One hidden layer of ten units has eleven pieces: off by 1/242 at least."
        return Verdict(
            "wrong", f"At x = {x} the network returns {network(x)}, and x^2 = {x * x}: off by {abs(off)}.", slip
        )
    return Verdict("right", f"{units} units, and nowhere off by more than {abs(off)} on [-1, 1], exactly.")


QUIZ = Quiz(
    Question(
        "A folding network squares with an error of 1/1,000,000. What does one digit more take?",
        [
            Choice("Ten times the units.", "That is too many even for one hidden layer, which needs about three."),
            Choice(
                "Two folds at most, so six units.",
                "Each fold of three units divides the error by four, and 4 · 4 is more than 10.",
                right=True,
            ),
            Choice("About three times the units.", "That is the price in one hidden layer: the square root of ten."),
        ],
    ),
    Question(
        "One hidden layer of 100 units is trained on a sawtooth of 1,024 pieces. What can training reach?",
        [
            Choice(
                "A small error on average, with a few bad points.",
                "It changes sides at most 101 times, so it is on the wrong side on half of most pieces.",
            ),
            Choice(
                "Whatever the optimizer, a mean distance of more than 1/16.",
                "At most 101 sign changes against 1,024 pieces: the bound is about 0.11.",
                right=True,
            ),
            Choice(
                "Zero, since one hidden layer is a universal approximator.",
                "With enough units, and 100 are not enough.",
            ),
        ],
    ),
    Question(
        "Depth makes 2^L pieces from 2L units. Is every function with 2^L pieces cheap, then?",
        [
            Choice(
                "No: a few weights place all pieces, and most functions do not repeat themselves like that.",
                "Almost no list of m values can be reached with fewer than m weights, whatever the depth.",
                right=True,
            ),
            Choice("Yes, if the network is deep enough.", "Depth does not add weights to choose freely."),
            Choice("Yes, training finds the weights.", "They need not exist; and where they do, it may not find them."),
        ],
    ),
)
