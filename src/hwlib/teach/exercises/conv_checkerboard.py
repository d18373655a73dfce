"""Exercises of the chapter *A checkerboard is a difference of phases*."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from hwlib.conv import phase_sums
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, in_short, named, returned, rounding
from hwlib.teach._verdict import UNANSWERED, is_open

KERNELS = ([1], [1, 1], [1, 2, 3], [1, 2, 1], [2, 3, 5, 7], [1, 0, 2, 0, 4], [3, 1, 4, 1, 5, 9])


def _drawn_inside(w: list[int], s: int) -> list[int]:
    """Stamps on a long flat signal, and one period of the middle, from an index that s divides."""
    drawn = [0] * (s * 40 + len(w))
    for pixel in range(40):
        for place, weight in enumerate(w):
            drawn[s * pixel + place] += weight
    return drawn[20 * s : 21 * s]


@exercise("conv-checkerboard-period")
def _period(answer: Any) -> Verdict:
    """What repeats inside a flat signal."""
    return compare_function(
        answer,
        _drawn_inside,
        [{"w": w, "s": s} for s in (1, 2, 3, 4) for w in KERNELS],
        mistakes={
            "You took neighbours together: a phase has every s-th weight.": lambda w, s: [
                sum(w[u * -(-len(w) // s) : (u + 1) * -(-len(w) // s)]) for u in range(s)
            ],
            "Those are numbers of weights, not their sums.": lambda w, s: [len(w[u::s]) for u in range(s)],
            "The phases are right, but in the opposite order.": lambda w, s: _drawn_inside(w, s)[::-1],
            "You turned the kernel around: a stamp is laid down as it is.": lambda w, s: _drawn_inside(w[::-1], s),
            "A phase that no weight has is there too: its sum is 0.": lambda w, s: [
                sum(w[u::s]) for u in range(min(s, len(w)))
            ],
        },
    )


@exercise("conv-checkerboard-factor")
def _factor(answer: Any) -> Verdict:
    """The kernel that is applied after repeating; found by solving for one weight after the other."""

    def divided(w: list[int], s: int) -> list[int]:
        rest, factor = list(w), []
        for place in range(len(w) - s + 1):
            factor.append(rest[place])
            for tap in range(s):
                rest[place + tap] -= factor[-1]
        return factor

    factors = ([1], [2, 5], [1, -1], [1, 0, 3], [4, 1, 1, 2])
    cases = [{"w": np.convolve(u, np.ones(s, int)).tolist(), "s": s} for s in (1, 2, 3) for u in factors]
    return compare_function(
        answer,
        divided,
        cases,
        mistakes={
            "Those are the phase sums; wanted are the weights of q.": lambda w, s: [sum(w[u::s]) for u in range(s)],
            "Every s-th weight of w is not q: stamps of ones overlap.": lambda w, s: w[::s],
            "Differences undo a sum over all earlier weights; here only s of them are added.": lambda w, s: [
                w[a] - (w[a - 1] if a else 0) for a in range(len(w) - s + 1)
            ],
            "The first k - s + 1 weights of w have neighbours in them: subtract what earlier weights of q put there.": (
                lambda w, s: w[: len(w) - s + 1]
            ),
            "Dividing each weight by s undoes nothing: near the ends fewer than s stamps overlap.": lambda w, s: [
                Fraction(weight, s) for weight in w[: len(w) - s + 1]
            ],
        },
        tolerance=1e-6,  # least squares round, and the weights are whole
    )


def _kernel(answer: Any) -> list[Fraction] | None:
    """The weights of a kernel on one axis, or None if it is none."""
    try:
        weights = as_meant("kernel", answer)
    except (ValueError, TypeError, OverflowError):
        return None
    return list(weights) if weights.ndim == 1 and len(weights) else None


def _whole_kernel(answer: Any, form: str) -> list[Fraction] | Verdict:
    """The answer's weights, or what is wrong with its form."""
    if is_open(answer):
        return UNANSWERED
    weights = _kernel(answer)
    if weights is None or any(weight.denominator > 1 for weight in weights):
        return Verdict("wrong", f"Accepted is {form}.")
    return weights


def _told(weights: list[Fraction], stride: int) -> str:
    sums = phase_sums(np.array(weights), stride)
    shown = ", ".join(map(in_short, sums))
    return f"with stride {stride} the phase sums are {shown}"


@exercise("conv-checkerboard-design")
def _design(answer: Any) -> Verdict:
    """Five positive weights, not all alike, even for strides 2 and 3."""
    weights = _whole_kernel(answer, "a list of five whole numbers, such as [1, 2, 3, 2, 1]")
    if isinstance(weights, Verdict):
        return weights
    if len(weights) != 5:
        return Verdict("wrong", f"Your kernel has {len(weights)} weights: accepted are five.")
    if min(weights) <= 0:
        place = next(place for place, weight in enumerate(weights) if weight <= 0)
        return Verdict("wrong", f"w({place}) = {weights[place]}: accepted are weights above zero.")
    uneven = [stride for stride in (2, 3) if len(set(phase_sums(np.array(weights), stride))) > 1]
    if uneven:
        mistakes = {
            "Equal weights are even for the strides that divide five only: 1 and 5.": len(set(weights)) == 1,
            "Stride 2 is settled. Which kernels are even for both? Think of the two polynomials of ones.": 2
            not in uneven,
            "Stride 3 is settled. Which kernels are even for both? Think of the two polynomials of ones.": 3
            not in uneven,
        }
        told = _told(weights, uneven[0])
        return Verdict("wrong", f"A flat signal does not stay flat: {told}.", named(mistakes))
    return Verdict("right", f"{_told(weights, 2).capitalize()}, and {_told(weights, 3)}.")


@exercise("conv-checkerboard-error")
def _error(answer: Any) -> Verdict:
    """A kernel that is even for stride 2 and not for stride 4."""
    weights = _whole_kernel(answer, "a list of whole numbers, such as [1, 2, 1]")
    if isinstance(weights, Verdict):
        return weights
    if len(set(phase_sums(np.array(weights), 2))) > 1:
        slip = "The claim speaks of kernels that are even for stride 2: a counter-example has to be one."
        return Verdict("wrong", f"{_told(weights, 2).capitalize()}, which differ.", slip)
    if len(set(phase_sums(np.array(weights), 4))) == 1:
        mistakes = {
            "A kernel of zeros is even for every stride.": not any(weights),
            "Equal weights whose number is divisible by four are even for both.": len(set(weights)) == 1,
        }
        return Verdict("wrong", f"{_told(weights, 4).capitalize()}: here the claim holds.", named(mistakes))
    return Verdict("right", f"{_told(weights, 2).capitalize()}, but {_told(weights, 4)}.")


@exercise("conv-checkerboard-blur")
def _blur(answer: Any) -> Verdict:
    """A kernel whose product with every kernel is even: one that is even itself, as the kernel (1) shows."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    for s in (2, 1, 3, 4, 5):
        given = returned(answer, {"s": s})
        if given is UNANSWERED and s != 2:
            return Verdict("wrong", f"For s = {s} your function returns nothing.")
        if isinstance(given, Verdict):
            return given
        weights = _kernel(given)
        if weights is None:
            return Verdict("wrong", f"For s = {s}: accepted is a list of numbers, not {given!r}.")
        if not any(weights):
            return Verdict("wrong", f"For s = {s} all your weights are zero.", "That blurs everything away.")
        sums = phase_sums(np.array(weights), s)
        if max(sums) - min(sums) > rounding(given) * sum(map(abs, weights)):
            mistakes = {
                "The blur has to depend on s.": s != 2 and weights == _kernel(returned(answer, {"s": 2})),
                "Equal weights are even if s divides their number.": len(set(weights)) == 1,
            }
            message = f"For s = {s} the kernel w = (1) becomes v itself, and {_told(weights, s)}."
            return Verdict("wrong", message, named(mistakes))
    return Verdict("right", "Your blur is even itself for s from 1 to 5, and so its product with every kernel is.")


QUIZ = Quiz(
    Question(
        "A kernel of five different weights, stride 2, has equal phase sums. What can be said of the layer?",
        [
            Choice(
                "Nothing more: it is an ordinary transposed convolution.",
                "It is that, and on one axis it is also something simpler: its polynomial has the factor 1 + z.",
            ),
            Choice(
                "On one axis it repeats every sample twice, and then convolves with four weights.",
                "1 + z divides the kernel's polynomial; the quotient has one weight less.",
                right=True,
            ),
            Choice(
                "It repeats the samples, whatever the number of axes.",
                "In the plane there are kernels with equal phase sums that no repetition makes: (1, 1, 0) above "
                "(0, 1, 1), for one.",
            ),
        ],
    ),
    Question(
        "A network starts with equal phase sums, and is trained. What then?",
        [
            Choice(
                "The sums stay equal, for the gradient treats all phases alike.",
                "It does not: phases meet different pixels of the target. In the stored runs they part at once.",
            ),
            Choice(
                "Nothing keeps them equal; in the stored runs they part within ten steps.",
                "Only what holds for all weights, such as repeating first, holds after training as well.",
                right=True,
            ),
            Choice(
                "They are equal again when the training is over.",
                "In none of the stored runs were they, after 600 steps.",
            ),
        ],
    ),
    Question(
        "Why do gradients with respect to an image often show a grid?",
        [
            Choice(
                "Because pixels are drawn as squares.",
                "That would be a grid of one pixel. The one seen has the period of the strides.",
            ),
            Choice(
                "The gradient of a convolution with a stride is a transposed convolution: pixels of different phases "
                "meet different weights.",
                "For the sum of all outputs each pixel inside gets the phase sum of its place.",
                right=True,
            ),
            Choice("Because of rounding.", "It is there in whole numbers as well."),
        ],
    ),
)
