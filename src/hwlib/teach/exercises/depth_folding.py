"""Exercises of the chapter *Depth folds space*."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hwlib.network import folding_network
from hwlib.regions import identified_regions
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


def _preimages(y: Fraction, folds: int) -> list[Fraction]:
    """By the regions that the network identifies."""
    unit = [(0, 1)]
    found = identified_regions(folding_network(folds, 1), box=unit, target=unit)
    return sorted(region.preimage([y])[0] for region in found)


@exercise("depth-folding-preimages")
def _unfold(answer: Any) -> Verdict:
    """Both places that one fold maps to y."""
    return compare_function(
        answer,
        lambda y: _preimages(y, 1),
        [{"y": Fraction(k, 8)} for k in (2, 4, 1, 5, 7)],
        mistakes={
            "These are right, but the smaller one comes first.": lambda y: [(1 + y) / 2, (1 - y) / 2],
            "That is one place. On the other half of the interval there is another.": lambda y: [(1 + y) / 2],
            "These are the places of |x - 1| = y: the input is stretched by two.": lambda y: [1 - y, 1 + y],
            "One half lies in the middle between the two, not zero: shift by one half.": lambda y: [-y / 2, y / 2],
        },
    )


@exercise("depth-folding-count")
def _count(answer: Any) -> Verdict:
    """Regions identified by L layers of zigzags with k pieces in d coordinates, by multiplying them out."""

    def reference(L: int, d: int, k: int) -> int:
        regions = 1
        for _ in range(L):
            for _ in range(d):
                regions *= k
        return regions

    return compare_function(
        answer,
        reference,
        [{"L": layers, "d": d, "k": k} for k in (2, 3) for layers in (1, 2, 3) for d in (1, 2, 3)],
        mistakes={
            "Layers do not add their regions, each multiplies them.": lambda L, d, k: L * k**d,
            "Coordinates do not add their parts: every choice of parts makes a box.": lambda L, d, k: (d * k) ** L,
            "That is for folds into two parts.": lambda L, d, k: 2 ** (L * d),
            "The number of factors is L times d, not their sum.": lambda L, d, k: k ** (L + d),
        },
    )


@exercise("depth-folding-weights")
def _weights(answer: Any) -> Verdict:
    """Weights and biases, counted on the network itself."""

    def reference(L: int, d: int) -> int:
        layers = folding_network(L, d).layers[:L]
        return sum(layer.weight.size + layer.bias.size for layer in layers)

    return compare_function(
        answer,
        reference,
        [{"L": layers, "d": d} for layers in (1, 2, 3) for d in (1, 2, 3)],
        mistakes={
            "The biases are missing.": lambda L, d: L * d * d,
            "Each neuron reads all d inputs: a layer has d squared weights, not d.": lambda L, d: 2 * L * d,
            "Each neuron has a bias: d of them in a layer, not one.": lambda L, d: L * (d * d + 1),
            "Layers do not multiply their weights, they add them.": lambda L, d: (d * (d + 1)) ** L,
        },
    )


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
