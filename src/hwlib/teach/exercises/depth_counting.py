"""Exercises of the chapter *Regions can be counted*."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib.network import Network
from hwlib.regions import bounds, count_regions
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


def _counted(directions: Sequence[tuple[float, float]], offsets: Sequence[float]) -> int:
    """Regions of lines, by enumeration."""
    if not directions:
        return 1
    layer = (np.array(directions), np.array(offsets))
    return count_regions(Network.from_arrays([layer, (np.ones((1, len(directions))), [0])]))


def _lines(n: int, parallel: int) -> int:
    """The first lines are parallel; the others touch a parabola, so that no two of those are and no three meet."""
    directions = [(0.0, 1.0)] * parallel + [(2.0 * k, -1.0) for k in range(1, n - parallel + 1)]
    offsets = [-100.0 - k for k in range(parallel)] + [-float(k * k) for k in range(1, n - parallel + 1)]
    return _counted(directions, offsets)


@exercise("depth-counting-lines")
def _general(answer: Any) -> Verdict:
    """Regions of n lines in general position."""
    return compare_function(
        answer,
        lambda n: _lines(n, 0),
        [{"n": n} for n in (1, 2, 3, 0, 5, 8)],
        mistakes={
            "Not every region is cut by a new line: only those that it passes through.": lambda n: 2**n,
            "The plane without lines is one region, too: add 1.": lambda n: n * (n + 1) // 2,
            "That is the number for parallel lines: here each new line crosses all others.": lambda n: n + 1,
            "The last line adds n regions, not n - 1.": lambda n: 1 + n * (n - 1) // 2,
        },
    )


@exercise("depth-counting-parallel")
def _parallel(answer: Any) -> Verdict:
    """Regions of n lines of which p are parallel."""
    return compare_function(
        answer,
        _lines,
        [{"n": n, "p": p} for n, p in [(2, 2), (3, 2), (3, 3), (4, 2), (5, 3), (6, 4)]],
        mistakes={
            "That is the number without parallel lines.": lambda n, p: bounds.zaslavsky(n, 2),
            "That is as if all lines were parallel.": lambda n, p: n + 1,
            "A line that crosses k others has k + 1 parts, not k.": lambda n, p: 1 + p + sum(range(p, n)),
            "The others cross each other, too.": lambda n, p: (p + 1) * (n - p + 1),
        },
    )


@exercise("depth-counting-bound")
def _bound(answer: Any) -> Verdict:
    """The bound of Serra and others, by listing all indices."""

    def reference(d: int, widths: list[int]) -> int:
        total = 0
        for chosen in np.ndindex(*(n + 1 for n in widths)):
            left = [d, *(n - j for n, j in zip(widths, chosen, strict=True))]
            if all(j <= min(left[: layer + 1]) for layer, j in enumerate(chosen)):
                total += math.prod(math.comb(n, j) for n, j in zip(widths, chosen, strict=True))
        return total

    return compare_function(
        answer,
        reference,
        [
            {"d": d, "widths": widths}
            for d, widths in [
                (2, [3]),
                (1, [2, 2]),
                (2, [3, 3]),
                (2, [4, 2, 3]),
                (2, [2, 3, 2]),
                (3, [4, 4]),
                (2, [2, 5]),
                (3, [2, 4]),
            ]
        ],
        mistakes={
            "That is the product, which does not know that few active neurons leave few dimensions.": (
                lambda d, widths: math.prod(bounds.zaslavsky(n, d) for n in widths)
            ),
            "That is two to the number of neurons: all patterns, most of which no input meets.": (
                lambda d, widths: 2 ** sum(widths)
            ),
            "The layers see at most as many dimensions as layers before are wide. Mind n - j.": (
                lambda d, widths: bounds.montufar_upper(d, widths)
            ),
            "The first layer's choice is missing: sum over its j.": (
                lambda d, widths: bounds.serra_upper(d, widths[1:]) if widths[1:] else 1
            ),
        },
    )


QUIZ = Quiz(
    Question(
        "A network has a million linear regions. What follows?",
        [
            Choice("That it fits its data well.", "A random network can have as many."),
            Choice("That it is deep.", "One wide layer makes a million regions as well."),
            Choice("That at least so many patterns of active neurons occur.", "Each region has its own.", right=True),
        ],
    ),
    Question(
        "Why do random deep networks not reach the exponential bound?",
        [
            Choice(
                "Their weights are too small.",
                "Double all weights, and the biases of layer l two to the l times: every line stays where it is.",
            ),
            Choice(
                "A later line cuts few of the regions, unless the layers before fold them onto each other.",
                "Folding makes one line cut many regions at once, and random weights rarely fold.",
                right=True,
            ),
            Choice("They have too few neurons.", "Folding reaches thousands with the same neurons."),
        ],
    ),
    Question(
        "You count regions in a large box and find 770. How many has the plane?",
        [
            Choice("770 as well.", "Lines that are almost parallel meet far outside."),
            Choice("At least 770.", "What lies outside has to be counted with its directions.", right=True),
            Choice("Infinitely many.", "There are finitely many patterns, and a region for each at most."),
        ],
    ),
)
