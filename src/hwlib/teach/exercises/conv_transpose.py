"""Exercises of the chapter *A transposed convolution is the transpose*."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.types import AnyArray
from hwlib.conv import (
    conv_transpose_matrix,
    subpixel_kernel,
    symbol_array,
    symbolic_conv_transpose_matrix,
)
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, compare_matrix, exercise
from hwlib.teach._compare import all_cases, named, returned
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("conv-transpose-1d")
def _one_axis(answer: Any) -> Verdict:
    """Kernel of 3, input of 2, stride 2, as a matrix of symbols."""
    w = symbol_array("w", (3,))
    right = symbolic_conv_transpose_matrix(w, (2,), stride=2)
    return compare_matrix(
        answer,
        right,
        row_name="y({})".format,
        column_name="x({})".format,
        explain_row=lambda row: (
            f"\nThe pixel x(0) paints y(0) to y(2), and x(1) paints y(2) to y(4): look at y({row})."
        ),
        mistakes={
            "Rows and columns are swapped: this gathers, as a convolution does. Spreading is the transpose.": right.T,
            "Your kernel is flipped: the first weight goes to the pixel's own place, s times its index.": (
                symbolic_conv_transpose_matrix(w[::-1], (2,), stride=2)
            ),
            "You put the kernels one pixel apart: mind the stride.": symbolic_conv_transpose_matrix(w, (2,), stride=1),
        },
    )


@exercise("conv-transpose-size")
def _size(answer: Any) -> Verdict:
    """Output size along one axis, found by painting."""
    cases = all_cases(n=range(1, 6), k=range(1, 5), s=range(1, 4), p=range(2), d=range(1, 3))
    cases.sort(key=lambda case: (case["d"] > 1, case["p"] > 0, case["s"] > 1, sum(case.values())))

    def paint(n: int, k: int, s: int, p: int, d: int) -> int:
        painted = {pixel * s + tap * d for pixel in range(n) for tap in range(k)}
        return max(painted) + 1 - 2 * p

    def formula(n: int, k: int, s: int, p: int, d: int) -> int:
        return (n - 1) * s + d * (k - 1) + 1 - 2 * p

    return compare_function(
        answer,
        paint,
        [case for case in cases if paint(**case) > 0],
        mistakes={
            "That is the size of a convolution, not of its transpose: here the input steps, not the output.": (
                lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s + 1
            ),
            "Padding is added; in the transpose it is cut off.": (lambda n, k, s, p, d: formula(n, k, s, p, d) + 4 * p),
            "n pixels make n - 1 steps, not n.": lambda n, k, s, p, d: formula(n, k, s, p, d) + s,
            "Dilation left out: the last tap lies d (k - 1) pixels from the first.": (
                lambda n, k, s, p, d: formula(n, k, s, p, 1)
            ),
        },
    )


@exercise("conv-transpose-double")
def _double(answer: Any) -> Verdict:
    """Padding and output padding for which every size is multiplied by the stride; painted to see."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    cases = sorted(((k, s) for s in range(2, 6) for k in range(s, 8)), key=lambda case: (sum(case), case[1]))
    for count, (k, s) in enumerate(cases):
        given = returned(answer, {"k": k, "s": s})
        if given is UNANSWERED and count:
            return Verdict("wrong", f"For k = {k}, s = {s} your function returns nothing.")
        if isinstance(given, Verdict):
            return given
        pair = _pair(given)
        if pair is None:
            return Verdict("wrong", f"For k = {k}, s = {s}: accepted is a pair of whole numbers, not {given!r}.")
        p, e = pair
        if p < 0 or not 0 <= e < s:
            return Verdict("wrong", f"For k = {k}, s = {s} your pair is {pair}: accepted are p >= 0 and 0 <= e < {s}.")
        n = 4
        size = max(s * pixel + tap for pixel in range(n) for tap in range(k)) + 1 - 2 * p + e
        if size != s * n:
            message = f"For k = {k}, s = {s} your pair {pair} turns {n} pixels into {size}, not {s * n}."
            return Verdict("wrong", message, named(_slips_of_doubling(answer, cases)))
    return Verdict("right", f"Every size tried is multiplied by the stride, for all {len(cases)} kernels and strides.")


def _slips_of_doubling(answer: Any, cases: list[tuple[int, int]]) -> dict[str, bool]:
    """Which slips give what the answer gives, for every kernel and stride."""
    slips: dict[str, Callable[[int, int], tuple[int, int]]] = {
        "One pixel is left over: the size is right only if k - s is even.": lambda k, s: ((k - s) // 2, 0),
        "That is the padding that keeps the size at stride 1; here the stride counts too.": lambda k, s: (
            (k - 1) // 2,
            0,
        ),
        "Padding lies on both sides, so it takes away two pixels at a time.": lambda k, s: (k - s, 0),
        "Output padding adds at the end; it does not take away.": lambda k, s: ((k - s) // 2, (k - s) % 2),
    }
    given = [_pair(returned(answer, {"k": k, "s": s})) for k, s in cases]
    return {text: given == [slip(k, s) for k, s in cases] for text, slip in slips.items()}


def _pair(given: Any) -> tuple[int, int] | None:
    """Two whole numbers, or None."""
    try:
        p, e = given
        return whole("p", p), whole("e", e)
    except (TypeError, ValueError):
        return None


@exercise("conv-transpose-order")
def _order(answer: Any) -> Verdict:
    """Two layers whose transposes in the wrong order do not lead back to the size."""
    if is_open(answer):
        return UNANSWERED
    try:
        k1, s1, k2, s2 = (whole("layers", number, least=1) for number in answer)
    except (TypeError, ValueError):
        return Verdict("wrong", "Accepted are four whole numbers of at least 1: (k1, s1, k2, s2).")
    one, other = s2 * (k1 - 1) + k2, s1 * (k2 - 1) + k1
    if one == other:
        mistakes = {
            "Two layers of one kind can change places unnoticed.": (k1, s1) == (k2, s2),
            "With both strides 1 the order does not matter to the sizes: they only add up.": s1 == s2 == 1,
            "Kernels of one weight leave only the strides, which multiply in either order.": k1 == k2 == 1,
        }
        message = f"One pixel becomes {one} pixels in either order: here the claim holds, for every size."
        return Verdict("wrong", message, named(mistakes))
    return Verdict("right", f"One pixel came from {other} pixels, and the two in the wrong order lead back to {one}.")


@exercise("conv-transpose-gram")
def _gram(answer: Any) -> Verdict:
    """The number that a transposed convolution and its convolution multiply an image by, read off a pixel."""

    def seen(w: AnyArray) -> int:
        matrix = conv_transpose_matrix(w, (2, 2), stride=max(w.shape))
        return int((matrix.T @ matrix).toarray()[0, 0])

    kernels = ([[1]], [[3]], [[1, 2]], [[1, 2], [3, 4]], [[0, -2, 5]], [[1, 0], [-1, 2], [3, 1]])
    return compare_function(
        answer,
        seen,
        [{"w": np.array(kernel)} for kernel in kernels],
        mistakes={
            "That is the sum of the weights: each weight is met twice, so it is multiplied by itself.": lambda w: sum(
                map(sum, w)
            ),
            "You squared the sum; wanted is the sum of the squares.": lambda w: sum(map(sum, w)) ** 2,
            "You took the root: the norm of the kernel. The weights are multiplied, and no root is taken.": lambda w: (
                sum(weight**2 for row in w for weight in row) ** 0.5
            ),
            "That is the number of weights.": lambda w: len(w) * len(w[0]),
        },
        tolerance=1e-6,  # of a squared norm, say
    )


@exercise("conv-transpose-subpixel")
def _subpixel(answer: Any) -> Verdict:
    """From the kernel (I, O, ks, ks) of a transposed convolution to that of a convolution before a pixel shuffle."""

    def split(kernel: AnyArray, r: int, *, flip: bool = True, order: str = "uv") -> AnyArray:
        """The phases, written out; a second way to :func:`subpixel_kernel`, and its typical mistakes."""
        inputs, outputs, size = kernel.shape[:3]
        made = np.zeros((outputs * r * r, inputs, size // r, size // r), kernel.dtype)
        for o, u, v in itertools.product(range(outputs), range(r), range(r)):
            phase = kernel[:, o, u::r, v::r]
            channel = o * r * r + (u * r + v if order == "uv" else v * r + u)
            made[channel] = phase[:, ::-1, ::-1] if flip else phase
        return made

    shapes = [((1, 1, 2, 2), 2), ((1, 1, 4, 4), 2), ((2, 1, 2, 2), 1), ((2, 3, 4, 4), 2), ((1, 2, 6, 6), 3)]
    return compare_function(
        answer,
        subpixel_kernel,
        [{"kernel": np.arange(1, np.prod(shape) + 1).reshape(shape), "s": stride} for shape, stride in shapes],
        mistakes={
            "The phases are right, but each has to be flipped: a transposed convolution spreads.": (
                lambda kernel, r: split(kernel, r, flip=False)
            ),
            "Rows and columns of the phases are swapped: channel h s² + u s + v belongs to row u, column v.": (
                lambda kernel, r: split(kernel, r, order="vu")
            ),
            "Both: the phases are swapped and not flipped.": (
                lambda kernel, r: split(kernel, r, flip=False, order="vu")
            ),
        },
    )


QUIZ = Quiz(
    Question(
        "Is a transposed convolution the inverse of the convolution?",
        [
            Choice(
                "Yes, that is why it is also called deconvolution.",
                "The name misleads. It leads back to the right <em>size</em>, not to the right pixels.",
            ),
            Choice(
                "In general no: its matrix is the transpose, and a transpose is rarely an inverse.",
                "It leads back to every image only if the matrix has orthonormal columns.",
                right=True,
            ),
            Choice(
                "Only for stride 1.",
                "Not even then: the kernel (1, 1) on two pixels gives their sum, and the way back gives it twice.",
            ),
        ],
    ),
    Question(
        "Why does a transposed convolution need output_padding?",
        [
            Choice(
                "To make room for the kernel at the border.",
                "The kernel has room: without padding the output is as large as what it paints.",
            ),
            Choice(
                "Because a convolution with a stride above 1 sends several input sizes to one output size.",
                "Its transpose must be told which of them to lead back to.",
                right=True,
            ),
            Choice("To blur the border.", "The rows it adds get what the kernel paints there, or zero."),
        ],
    ),
    Question(
        "A transposed convolution with stride 2 makes a checkerboard of a flat image. What prevents that for certain?",
        [
            Choice(
                "A kernel whose size the stride divides.",
                "Then every inner pixel is stamped equally often, but with other weights: "
                "[[1, 2], [3, 4]] turns ones into 1 2 1 2 …, 3 4 3 4 …",
            ),
            Choice(
                "A kernel whose four phase sums are equal.",
                "Inside, a flat image is multiplied by the phase sums. If they are equal, it stays flat.",
                right=True,
            ),
            Choice("A bias.", "It adds the same to every pixel, so the pattern stays."),
        ],
    ),
)
