"""Exercises of the chapter *A linear map that commutes with shifts is a convolution*."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.conv import circular_conv_matrix, circular_kernel, commutes_with_shifts
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import as_meant, in_short, named, rounding
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("conv-shifts-least")
def _least(answer: Any) -> Verdict:
    """The least move of the input that only moves the output of a stack of strides."""

    def reference(strides: list[int]) -> int:
        ring = np.arange(16 * math.prod(strides))  # each pixel has its own number
        for t in itertools.count(1):
            plain, moved = ring, np.roll(ring, -t)
            for stride in strides:
                plain, moved = plain[::stride], moved[::stride]
            if moved[0] in plain:
                return t
        raise AssertionError  # the whole ring fits

    cases = [{"strides": list(s)} for length in (1, 2, 3) for s in itertools.product((1, 2, 3, 4), repeat=length)]
    return compare_function(
        answer,
        reference,
        sorted(cases, key=lambda case: math.prod(case["strides"])),
        mistakes={
            "The largest stride is not enough: the next layer skips pixels of what is left.": max,
            "Strides one after the other multiply; they do not add up.": sum,
            "The least common multiple is too small where strides share a divisor.": lambda strides: math.lcm(*strides),
            "Those are the strides before the last one; the last one counts, too.": lambda s: math.prod(s[:-1]),
        },
    )


@exercise("conv-shifts-error")
def _error(answer: Any) -> Verdict:
    """A matrix on a ring of four that commutes with moving by two, and not with moving by one."""
    if is_open(answer):
        return UNANSWERED
    try:
        matrix = as_meant("answer", answer)
    except (TypeError, ValueError, OverflowError):
        return Verdict("wrong", "Give a matrix of real numbers as a list of rows.")
    if matrix.shape != (4, 4):
        return Verdict("wrong", f"Your matrix has the shape {matrix.shape}: the ring has four pixels, so give 4 x 4.")
    twice = np.roll(np.roll(matrix, 2, 0), 2, 1)
    if places := np.argwhere(twice != matrix).tolist():
        (r, c) = places[0]
        message = (
            f"It does not commute with moving by two: a single 1 at pixel {c} gives y({r}) = {matrix[r, c]}, but at "
            f"pixel {(c + 2) % 4} it gives y({(r + 2) % 4}) = {matrix[(r + 2) % 4, (c + 2) % 4]}."
        )
        rows = [row.tolist() for row in matrix]
        mistakes = {
            "Pixels 0 and 2 take turns, so they have to be treated alike: not only one of them.": (
                np.count_nonzero(matrix) == 1
            ),
            "Commuting speaks of moving input and output: equal rows are something else.": (
                rows[0] == rows[2] and rows[1] == rows[3]
            ),
        }
        return Verdict("wrong", message, named(mistakes))
    if commutes_with_shifts(matrix, (4,)):
        power = np.roll(np.eye(4, dtype=int), 2, 1)
        mistakes = {
            "A multiple of the identity commutes with everything.": (
                bool((matrix == matrix[0, 0] * np.eye(4, dtype=int)).all())
            ),
            "Moving by two commutes with moving by one: both are powers of S.": bool((matrix == power).all()),
        }
        kernel = ", ".join(map(str, matrix[0]))
        message = f"It commutes with moving by one as well: it is the convolution with the kernel ({kernel})."
        return Verdict("wrong", message, named(mistakes))
    return Verdict("right", "It commutes with moving by two, and not with moving by one.")


@exercise("conv-shifts-product")
def _product(answer: Any) -> Verdict:
    """The kernel of two circular convolutions, one after the other."""

    def reference(v: AnyArray, w: AnyArray) -> AnyArray:
        n = (v.size,)
        return circular_kernel(circular_conv_matrix(v, n) @ circular_conv_matrix(w, n), n)

    pairs = [([2], [3]), ([1, 0], [4, 5]), ([0, 1], [4, 5]), ([1, 2], [3, 4]), ([0, 1, 0], [4, 5, 6])]
    pairs += [([1, 2, 3], [4, 5, 6]), ([0, 0, 1, 2], [3, 0, 4, 1]), ([1, -2, 0, 3, 1], [2, 0, 1, 1, -1])]

    def crossed(v: AnyArray, w: AnyArray) -> AnyArray:
        made: AnyArray = np.array([(v * np.roll(w, -c)).sum() for c in range(v.size)])
        return made

    return compare_function(
        answer,
        reference,
        [{"v": np.array(v), "w": np.array(w)} for v, w in pairs],
        mistakes={
            "Weight by weight is how transforms multiply, not kernels.": lambda v, w: v * w,
            "Exponents beyond n - 1 are cut off here: on the ring they begin again at 0.": (
                lambda v, w: np.convolve(v, w)[: v.size]
            ),
            "The exponents add up: w(b) goes with v(c - b), not with v(b - c).": crossed,
            "That is the kernel of the sum of both layers, not of one after the other.": lambda v, w: v + w,
        },
        tolerance=1e-6,  # Fourier transforms round, also in single precision
    )


@exercise("conv-shifts-notch")
def _notch(answer: Any) -> Verdict:
    """At most three weights on a ring of eight that erase what has the period four up and down, and keep constants."""
    if is_open(answer):
        return UNANSWERED
    try:
        weights, slack = as_meant("answer", answer), rounding(answer)
    except (TypeError, ValueError, OverflowError):
        return Verdict("wrong", "Give the weights as a list of real numbers.")
    if weights.ndim != 1 or not 1 <= weights.size <= 8:
        return Verdict("wrong", f"Your kernel has the shape {weights.shape}: accepted are one to eight weights.")
    w = weights.tolist()
    hum = [1, 0, -1, 0] * 2

    def output(signal: list[int]) -> list[Fraction]:
        return [sum((weight * signal[(i + a) % 8] for a, weight in enumerate(w)), Fraction(0)) for i in range(8)]

    made, level, used = output(hum), output([1] * 8)[0], sum(weight != 0 for weight in w)
    slack *= sum(map(abs, w))
    shown = ", ".join(map(in_short, made))
    mistakes = {
        "Neighbours do not cancel here: this erases 1, -1, 1, -1, which has the period two.": (
            used == 2 and any(w[a] == w[a - 1] != 0 for a in range(1, len(w)))
        ),
        "Pixels four apart are equal in the hum: added, they double.": used == 2
        and any(w[a] == w[(a + 4) % 8] != 0 for a in range(len(w)) if (a + 4) % 8 < len(w)),
        "A kernel of one weight only makes the hum weaker or moves it.": used == 1,
    }
    if any(abs(value) > slack for value in made):
        return Verdict("wrong", f"The hum (1, 0, -1, 0, 1, 0, -1, 0) becomes ({shown}).", named(mistakes))
    if abs(level - 1) > slack:
        return Verdict(
            "wrong",
            f"The hum is gone, but the constant signal 1 becomes {in_short(level)}.",
            named(
                {
                    "Zero erases everything.": not used,
                    "The weights have to add up to 1: divide by their sum.": level != 0,
                    "Your weights add up to 0, so constants are erased, too: add pixels, do not subtract.": level == 0,
                }
            ),
        )
    if used > 3:
        message = f"It works, but with {used} weights other than 0; at most 3 are asked for."
        means = {"A mean over a whole period does it, but needs four weights.": set(w) <= {0, Fraction(1, 4)}}
        return Verdict("wrong", message, named(means))
    return Verdict("right", "The hum and all its moves are erased, and constant signals stay.")


@exercise("conv-shifts-fast")
def _fast(answer: Any) -> Verdict:
    """The valid convolution of two signals by the Fourier transform."""
    pairs = [([2.0], [3.0]), ([2.0], [3.0, 4.0]), ([1.0, 2.0], [3.0, 4.0]), ([1.0, 2.0], [1.0, 0.0, 0.0])]
    pairs += [([1.0, 2.0], [5.0, 0.0, 1.0, 2.0, 4.0]), ([0.5, 2.0, -1.0], [1.0, 4.0, 2.0, 8.0, 5.0, 7.0])]
    rng = np.random.default_rng(0)
    pairs += [(rng.normal(size=31).tolist(), rng.normal(size=1000).tolist())]

    def ring(w: AnyArray, x: AnyArray) -> AnyArray:
        made: AnyArray = circular_conv_matrix(w, x.shape) @ x
        return made

    def reversed_ring(w: AnyArray, x: AnyArray) -> AnyArray:
        return np.roll(ring(w, x)[::-1], 1)[: x.size - w.size + 1]

    return compare_function(
        answer,
        lambda w, x: np.correlate(x, w, mode="valid"),
        [{"w": np.array(w), "x": np.array(x)} for w, x in pairs],
        mistakes={
            "This kernel is flipped: take the conjugate of its transform.": (
                lambda w, x: np.convolve(x, w, mode="valid")
            ),
            "The last outputs read round the border of the ring: keep the first n - k + 1.": ring,
            "You took the conjugate of the signal's transform, so the output runs backwards.": reversed_ring,
            "That is the output with the border filled by zeros; only places within the signal are asked for.": (
                lambda w, x: np.correlate(x, w, mode="full")
            ),
        },
        tolerance=1e-8,
    )


QUIZ = Quiz(
    Question(
        "A layer commutes with every shift of the ring. Is it a convolution?",
        [
            Choice(
                "Yes, that is the theorem.",
                "The theorem asks for one thing more. What about the square of each pixel?",
            ),
            Choice(
                "Only if it is linear as well.",
                "ReLU, squares and max pooling with stride 1 commute with shifts, and are no convolutions.",
                right=True,
            ),
            Choice(
                "Only if its kernel is small.",
                "Size does not matter: a circulant may have n weights other than zero.",
            ),
        ],
    ),
    Question(
        "A network has two convolutions with stride 2. You move its input by 2 pixels. What does its output do?",
        [
            Choice(
                "It moves by half a pixel, so in general it changes.",
                "After the first layer the move is 1, which the second stride does not divide.",
                right=True,
            ),
            Choice("It moves by 1.", "The first layer's output does. The second layer halves that move again."),
            Choice("It stays the same.", "That would be invariance; convolutions move what they see along."),
        ],
    ),
    Question(
        "Why does one transform serve all circulants?",
        [
            Choice(
                "Because the Fourier transform is fast.",
                "Fast it is, but that is no reason why waves should be eigenvectors.",
            ),
            Choice(
                "Because all of them are polynomials in one shift, and have its eigenvectors.",
                "A wave only gets a factor when it is shifted, so it gets a factor from every polynomial in the shift.",
                right=True,
            ),
            Choice(
                "Because all symmetric matrices have a basis of eigenvectors.",
                "Circulants need not be symmetric: the shift itself is not, with more than two pixels.",
            ),
        ],
    ),
)
