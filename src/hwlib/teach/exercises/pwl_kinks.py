"""Exercises of the chapter *Kinks can be counted, and made to order*."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from hwlib._core.arrays import whole_array
from hwlib.network import folding_network
from hwlib.pieces import PiecewiseLinear, fewest_units, pieces_of
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import exact_network
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("pwl-kinks-fold")
def _fold(answer: Any) -> Verdict:
    """Hidden units of the folding network that has at least n pieces on the unit interval."""

    def reference(n: int) -> int:
        depth = 1
        while len(pieces_of(folding_network(depth), 0, 1)) < n:
            depth += 1
        return 2 * depth

    return compare_function(
        answer,
        reference,
        [{"n": n} for n in (2, 3, 4, 5, 8, 9, 16, 33, 64, 100)],
        mistakes={
            "Those are the layers; each has two units.": lambda n: math.ceil(math.log2(n)),
            "That is what a network with one hidden layer needs, not what folding needs.": lambda n: n - 1,
            "Rounded down: for n that is no power of two that leaves too few pieces.": lambda n: 2 * int(math.log2(n)),
            "Each layer doubles the pieces; it does not add two.": lambda n: 2 * math.ceil(n / 2),
        },
    )


@exercise("pwl-kinks-units")
def _units(answer: Any) -> Verdict:
    """The fewest units of one hidden layer, from the slopes."""

    def reference(slopes: list[int]) -> int:
        knots = np.arange(1, len(slopes))
        intercepts = np.concatenate([[0], np.cumsum((np.array(slopes[:-1]) - slopes[1:]) * knots)])
        return fewest_units(PiecewiseLinear(knots, np.array(slopes), intercepts))

    def by_sum(slopes: list[int]) -> int:
        return len(slopes) - 1 + (slopes[0] != 0)

    def one_side(slopes: list[int]) -> int:
        jumps = [b - a for a, b in itertools.pairwise(slopes)]
        return len(jumps) + (-slopes[0] not in [0, *jumps])

    def all_or_none(slopes: list[int]) -> int:
        return len(slopes) - 1 + (slopes[0] != 0 and slopes[-1] != 0)

    cases = [
        {"slopes": slopes}
        for slopes in (
            [0, 1], [-1, 0], [-1, 1], [1, 2], [-1, 1, 0], [2, 1, 3], [-3, -2, 0], [-1, 2, 4], [-3, -2, 1, 3],
            [1, -1, 1, -1], [-4, -3, -1, 3], [-5, -2, -1, 7, 9],
        )
    ]  # fmt: skip
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "One unit a kink is sometimes one too few: on the far left the slope has to be right as well.": (
                lambda slopes: len(slopes) - 1
            ),
            "Flat on the far left is one way to save a unit, not the only one.": by_sum,
            "Several units together may look left: try sums of jumps, not only single ones.": one_side,
            "All looking left, or none, are two choices out of many.": all_or_none,
        },
    )


@exercise("pwl-kinks-error")
def _error(answer: Any) -> Verdict:
    """The first false sentence, with a network that has more kinks than units."""
    if is_open(answer):
        return UNANSWERED
    try:
        sentence, layers = answer
        sentence = sentence.strip().upper()
        network = exact_network(layers)
        kinks = pieces_of(network).kinks.tolist()
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", "Give (sentence, layers) with layers such as [([[1], [1]], [0, -1]), ([[1, 1]], [0])].")
    if sentence != "C":
        reasons = {
            "A": "A is true: relu(z) has its one kink where z is zero.",
            "B": "B is true: elsewhere all units are straight around, and so is what is added up.",
            "D": "D is false, but it follows from the sentences before it.",
        }
        return Verdict("wrong", f"{sentence!r} is not the first false sentence.", reasons.get(sentence, ""))
    units = sum(len(layer.weight) for layer in network.layers[:-1])
    message = f"{len(kinks)} kinks, and {units} hidden units"
    if len(kinks) > units:
        return Verdict("right", f"{message}: the input of a unit may cross zero more than once.")
    mistake = "With one hidden layer C is true." if len(network.layers) == 2 else "Fold once more, or into more teeth."
    return Verdict("wrong", f"{message}: no counter-example.", mistake)


@exercise("pwl-kinks-chain")
def _chain(answer: Any) -> Verdict:
    """A chain of single units with two kinks."""
    if is_open(answer):
        return UNANSWERED
    try:
        network = exact_network(answer)
        function = pieces_of(network)
        widths = [len(layer.weight) for layer in network.layers]
    except (TypeError, ValueError):
        return Verdict("wrong", "Give a list of layers such as [([[1]], [0]), ([[1]], [0])].")
    if any(width != 1 for width in widths):
        return Verdict("wrong", f"The layers have {widths} rows: in a chain each has one.")
    kinks = function.kinks.tolist()
    if len(kinks) == 2:
        shown = ", ".join(map(str, function.linear().slopes.tolist()))
        return Verdict("right", f"Two kinks, at {kinks[0]} and {kinks[1]}, with the slopes {shown}.")
    mistakes = {
        "Without a hidden layer there is no ReLU.": len(widths) == 1,
        "The output is constant: some unit is never on.": not kinks and not any(function.slopes.tolist()),
        "One ReLU flattens one end. Turn the sign before the next, and raise it, so that it flattens the other.": True,
    }
    message = f"{len(kinks)} kink{'s' * (len(kinks) != 1)}: accepted are two."
    return Verdict("wrong", message, next(text for text, made in mistakes.items() if made))


@exercise("pwl-kinks-save")
def _save(answer: Any) -> Verdict:
    """Slopes with three kinks, from 1 to 5, that need three units only."""
    if is_open(answer):
        return UNANSWERED
    try:
        slopes = [int(slope) for slope in whole_array("slopes", answer)]
    except (TypeError, ValueError):
        return Verdict("wrong", "Give a list of four whole slopes, from left to right.")
    if len(slopes) != 4 or slopes[0] != 1 or slopes[-1] != 5:
        return Verdict("wrong", f"These slopes are {slopes}: accepted are four, the first 1 and the last 5.")
    if any(a == b for a, b in itertools.pairwise(slopes)):
        return Verdict("wrong", "Two neighbouring slopes are equal.", "Then there is no kink between them.")
    jumps = [b - a for a, b in itertools.pairwise(slopes)]
    saved = [some for k in range(4) for some in itertools.combinations(jumps, k) if sum(some) == -1]
    if saved:
        return Verdict(
            "right", f"The jumps are {jumps}, and {' + '.join(map(str, saved[0]))} = -1: three units will do."
        )
    mistakes = {
        "The jumps that look left add up to minus the first slope, so to -1, not to 1.": any(
            sum(some) == 1 for k in range(4) for some in itertools.combinations(jumps, k)
        ),
        "Choose a jump, or two, that make -1, then the others so that the last slope is 5.": True,
    }
    message = f"The jumps are {jumps}; no sum of some of them is -1, so four units are needed."
    return Verdict("wrong", message, next(text for text, made in mistakes.items() if made))


QUIZ = Quiz(
    Question(
        "How many kinks can a network with one input and one hidden layer of k ReLUs have?",
        [
            Choice("At most k.", "Each unit bends at one place at most, and the sum only there.", right=True),
            Choice("At most 2k.", "A ReLU has one kink, not two."),
            Choice(
                "As many as you like, with large weights.",
                "Weights move kinks and change slopes, but a unit never bends twice.",
            ),
        ],
    ),
    Question(
        "A network with one input and no biases is not linear. Where can it have kinks?",
        [
            Choice("Anywhere, one for each unit.", "Without a bias every unit of the first layer switches at zero."),
            Choice("Only at zero.", "It is straight on either side of zero, whatever its depth.", right=True),
            Choice("Nowhere.", "|x| is such a network."),
        ],
    ),
    Question(
        "You have 100 chords of equal width, and want half the error bound. How many chords?",
        [
            Choice("200.", "That makes the bound four times smaller."),
            Choice("142.", "The bound falls with the square of their number: 1.42 times as many.", right=True),
            Choice("101.", "The bound does not halve with each chord: it falls with the square of their number."),
        ],
    ),
)
