"""Exercises of the chapter *Regions can be counted*."""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.arrays import real_array
from hwlib.network import Network
from hwlib.regions import bounds, count_regions, enumerate_regions
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import returned
from hwlib.teach._verdict import UNANSWERED, is_open


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


@exercise("depth-counting-bounded")
def _bounded(answer: Any) -> Verdict:
    """Bounded regions of n lines in general position: those without a direction, among all of them."""

    def reference(n: int) -> int:
        if not n:
            return 0
        layer = (np.array([(2.0 * k, -1.0) for k in range(1, n + 1)]), -(np.arange(1.0, n + 1) ** 2))
        found = enumerate_regions(Network.from_arrays([layer, (np.ones((1, n)), [0])]))
        return sum(not len(region.directions) and len(region.corners) > 0 for region in found)

    return compare_function(
        answer,
        reference,
        [{"n": n} for n in (1, 2, 3, 0, 4, 5, 7)],
        mistakes={
            "Those are all regions, also the ones that go on for ever.": lambda n: bounds.zaslavsky(n, 2),
            "The n-th line has n - 2 bounded parts, not n - 1: its two ends are rays.": lambda n: n * (n - 1) // 2,
            "Each line of the picture counts for what it adds: sum up, the last term alone is not enough.": (
                lambda n: max(n - 2, 0)
            ),
            "Every triangle of three lines, but most are cut by other lines.": lambda n: math.comb(n, 3),
        },
    )


@exercise("depth-counting-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and widths at which the sharper bound is below the product."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, *numbers = answer
        line, widths = letter.strip().upper(), [whole("widths", number, least=1) for number in numbers]
        first, second = widths
    except (AttributeError, TypeError, ValueError):
        return Verdict(
            "wrong", f'Give a letter and two positive widths, such as ("A", 2, 2), not {reprlib.repr(answer)}.'
        )
    reasons = {
        "A": "Line A is Zaslavsky's theorem.",
        "B": "Line B is true: on a region of the first layer, inputs of the second are affine.",
        "C": "Line C is true: it cuts a part of the plane by lines, and a part of it cannot have more.",
    }
    if line != "D":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {line}: they go from A to D.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    product = bounds.zaslavsky(first, 2) * bounds.zaslavsky(second, 2) if max(widths) < 100 else 11
    if product > 10:
        return Verdict("wrong", f"Line D is the one. But {first} and {second} have a product above ten.")
    sharper = bounds.serra_upper(2, widths)  # always less: with so few neurons dimensions are lost
    return Verdict("right", f"The product is {product}, and no weights make more than {sharper} regions.")


@exercise("depth-counting-design")
def _design(answer: Any) -> Verdict:
    """Four lines for each number of regions that four lines can make."""

    def counted(lines: Any) -> int:
        array = real_array("lines", lines)
        if array.shape != (4, 3) or not array[:, :2].any(axis=1).all():
            raise ValueError("not four lines")
        return _counted([(a, b) for a, b, _ in array.tolist()], [-c for *_, c in array.tolist()])

    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    for number in (5, 8, 9, 10, 11):
        given = returned(answer, {"regions": number})
        if isinstance(given, Verdict):
            return given
        try:
            found = counted(given)
        except (TypeError, ValueError):
            return Verdict("wrong", f"For regions = {number} give four (a, b, c) with a and b not both zero.")
        array = real_array("lines", given)
        if any(np.linalg.matrix_rank(array[list(pair)]) < 2 for pair in itertools.combinations(range(4), 2)):
            return Verdict("wrong", f"For regions = {number} two of the lines are the same.")
        if found != number:
            slips = {
                5: "All four are parallel.",
                8: "All pass through one point, or three are parallel.",
                9: "That is a grid of two and two, or a pair of parallels and a point with three lines.",
                11: "They are in general position: let some be parallel, or meet.",
            }
            return Verdict(
                "wrong", f"For regions = {number} your lines cut the plane into {found}.", slips.get(found, "")
            )
    return Verdict("right", "All five numbers come out, counted exactly.")


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
