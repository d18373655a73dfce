"""Exercises of the chapter *Depth folds space*."""

from __future__ import annotations

import math
import reprlib
from fractions import Fraction
from typing import Any

from hwlib.network import Network, folding_network
from hwlib.pieces import PiecewiseLinear, pieces_of, relu_network
from hwlib.regions import identified_regions
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant
from hwlib.teach._verdict import UNANSWERED, is_open


def _preimages(y: Fraction, folds: int) -> list[Fraction]:
    """By the regions that the network identifies."""
    unit = [(0, 1)]
    found = identified_regions(folding_network(folds, 1), box=unit, target=unit)
    return sorted(region.preimage([y])[0] for region in found)


@exercise("depth-folding-all")
def _unfold_all(answer: Any) -> Verdict:
    """All places that L folds map to y."""

    def unfolded(y: Fraction, folds: int, signs: tuple[int, ...]) -> list[Fraction]:
        values = [y]
        for _ in range(folds):
            values = [(1 + side * value) / 2 for value in values for side in signs]
        return values

    return compare_function(
        answer,
        _preimages,
        [{"y": Fraction(k, 8), "L": folds} for folds in (1, 2, 3) for k in (2, 3, 7)],
        mistakes={
            "You followed one half only: every value has two places.": lambda y, L: unfolded(y, L, (1,)),
            "The places are right, but not in increasing order.": lambda y, L: unfolded(y, L, (-1, 1)),
            "You unfolded once only.": lambda y, L: unfolded(y, 1, (-1, 1)),
        },
    )


@exercise("depth-folding-corners")
def _corners(answer: Any) -> Verdict:
    """How many points the folds map to y, by unfolding each coordinate and counting different places."""

    def places(v: Fraction, folds: int) -> int:
        values = {v}
        for _ in range(folds):
            values = {(1 + side * value) / 2 for value in values for side in (-1, 1)}
        return len(values)

    def reference(y: list[Fraction], L: int) -> int:
        return math.prod(places(v, L) for v in y)

    half = Fraction(1, 2)
    cases = [
        {"y": y, "L": folds}
        for y in ([half], [Fraction(0)], [Fraction(1)], [half, Fraction(1)], [Fraction(0), Fraction(1), half])
        for folds in (1, 2, 3, 4)
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "That is the number for points inside the cube. Some corners and sides are met less often.": (
                lambda y, L: 2 ** (L * len(y))
            ),
            "The two places that a fold takes 0 from are one and the same, so 0 is met half as often.": (
                lambda y, L: math.prod(2 ** (L - 1) + 1 if v == 1 else 2**L for v in y)
            ),
            "1 is taken at every second fold line and at both ends: one more than half of the others.": (
                lambda y, L: math.prod(2 ** (L - 1) if v in (0, 1) else 2**L for v in y)
            ),
            "Choices for different coordinates multiply.": lambda y, L: sum(places(v, L) for v in y),
        },
    )


@exercise("depth-folding-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and a function that shows it, taken apart in fractions."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, values = answer
        line = letter.strip().upper()
        heights = as_meant("values", values).tolist()
    except (AttributeError, TypeError, ValueError):
        return Verdict(
            "wrong", f'Give a letter and four values, such as ("A", [0, 1, 0, 1]), not {reprlib.repr(answer)}.'
        )
    reasons = {
        "A": "Line A is true: g maps such a region one to one onto all of (0, 1).",
        "B": "Line B is true: one to one, and then one to one again.",
        "C": "Line C is true: parts of different regions are different.",
        "E": "Line E is false, but it took the fault from a line before it.",
    }
    if line != "D":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {line}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    if len(heights) != 4 or not all(0 <= value <= 1 for value in heights):
        return Verdict("wrong", "Line D is the one. Give four values of g from 0 to 1.")
    g = relu_network(PiecewiseLinear.through([Fraction(k, 3) for k in range(4)], heights))
    alone, both = (
        len(identified_regions(network, box=[(0, 1)], target=[(0, 1)]))
        for network in (g, Network([*g.layers, *folding_network(1).layers]))
    )
    if alone:
        return Verdict("wrong", f"Line D is the one. But this g identifies {alone} itself: some piece covers [0, 1].")
    if not both:
        return Verdict(
            "wrong",
            "Line D is the one. But behind this g the fold identifies nothing either, so D holds.",
            "A piece of g has to cover one half of the interval, from 0 to 1/2 or from 1/2 to 1.",
        )
    return Verdict("right", f"This g identifies nothing, and followed by the fold it identifies {both}.")


MOST_UNITS = 6


@exercise("depth-folding-design")
def _design(answer: Any) -> Verdict:
    """A network of at most six units that identifies nine regions."""
    if is_open(answer):
        return UNANSWERED
    form = "Give a list of pairs (weight, bias), such as [([[1], [1]], [0, 0]), ([[1, 1]], [0])]: "
    unit = [(0, 1)]
    try:
        network = Network.from_arrays(
            [(as_meant("weight", weight), as_meant("bias", bias)) for weight, bias in answer]
        ).as_fractions()
        units = sum(len(layer.bias) for layer in network.layers[:-1])
        if (network.inputs, network.outputs) != (1, 1):
            return Verdict("wrong", f"{form}this has {network.inputs} inputs and {network.outputs} outputs.")
        if units > MOST_UNITS:
            return Verdict("wrong", f"This has {units} hidden units, and {MOST_UNITS} are allowed.")
        found, pieces = identified_regions(network, box=unit, target=unit), len(pieces_of(network, 0, 1).linear())
    except (TypeError, ValueError) as error:
        return Verdict("wrong", f"{form}{error}")
    if len(found) != 9:
        slip = ""
        if len(network.layers) <= 2:
            slip = "One layer of six units has at most seven pieces: use two layers."
        elif pieces >= 9:
            slip = f"It has {pieces} pieces. Each of nine has to run over all of (0, 1)."
        elif len(found) in (4, 6):
            slip = "Two layers multiply: three teeth in each make nine."
        return Verdict("wrong", f"This identifies {len(found)} regions onto (0, 1), not 9.", slip)
    return Verdict("right", f"{units} units, and nine regions that are mapped one to one onto (0, 1).")


QUIZ = Quiz(
    Question(
        "Two regions are identified. What can a later layer do with them?",
        [
            Choice(
                "Whatever it does on one, it does on the other.",
                "It sees the same values, so it cannot even tell them apart.",
                right=True,
            ),
            Choice(
                "It can treat them differently, if it is wide enough.", "Width does not help: the values are equal."
            ),
            Choice("Nothing, they are lost.", "They are not lost: each is there in full, only on top of the other."),
        ],
    ),
    Question(
        "The folding network with one layer more identifies how many regions, compared with the one before?",
        [
            Choice("Two to the d more.", "A source puts it so, but the numbers multiply."),
            Choice("Two to the d times as many.", "Composition multiplies.", right=True),
            Choice("Twice as many.", "Only in one dimension: each of the d coordinates is folded."),
        ],
    ),
    Question(
        "Every network with many linear regions in the cube identifies many onto the cube. Is that so?",
        [
            Choice("Yes, regions are regions.", "Each must be mapped onto all of the cube."),
            Choice(
                "No: a fold that is off makes as many, and none of them onto the cube.",
                "As the fold at 0.45 does.",
                right=True,
            ),
            Choice(
                "Yes, if it is deep.",
                "Depth is not enough: the fold at 0.45, twice, maps none of its four regions onto (0, 1) either.",
            ),
        ],
    ),
)
