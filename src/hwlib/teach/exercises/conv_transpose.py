"""Exercises of the chapter *A transposed convolution is the transpose*."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.conv import (
    conv_transpose_matrix,
    conv_transpose_output_shape,
    output_shape,
    subpixel_kernel,
    symbol_array,
    symbolic_conv_transpose_matrix,
)
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, compare_matrix, exercise
from hwlib.teach._compare import all_cases


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


@exercise("conv-transpose-back")
def _back(answer: Any) -> Verdict:
    """The output padding that leads back to the input's size, found by trying."""
    cases = all_cases(n=range(1, 12), k=range(1, 5), s=range(1, 5), p=range(3))
    cases.sort(key=lambda case: (case["p"] > 0, case["s"] > 1, sum(case.values())))

    def search(n: int, k: int, s: int, p: int) -> int:
        (m,) = output_shape((k,), (n,), stride=s, padding=p)

        def size(extra: int) -> int:
            return conv_transpose_output_shape((k,), (m,), stride=s, padding=0, output_padding=extra)[0] - 2 * p

        return next(extra for extra in range(s) if size(extra) == n)

    return compare_function(
        answer,
        search,
        [case for case in cases if case["k"] <= case["n"] + 2 * case["p"]],
        mistakes={
            "Zero is right only if the steps of the kernel come out even.": lambda n, k, s, p: 0,
            "The padding is missing: the kernel moves over n + 2p pixels.": lambda n, k, s, p: (n - k) % s,
            "Padding lies on both sides: n + 2p, not n + p.": lambda n, k, s, p: (n + p - k) % s,
            "What is left over is a remainder, not a quotient: use %.": lambda n, k, s, p: (n + 2 * p - k) // s,
        },
    )


@exercise("conv-transpose-even")
def _even(answer: Any) -> Verdict:
    """Whether all inner output pixels are painted equally often, for a kernel and a stride."""

    def painted_evenly(k: int, s: int) -> bool:
        times = conv_transpose_matrix(np.ones(k, int), (2 * k + 2,), stride=s) @ np.ones(2 * k + 2, int)
        inner = times[k * s : -k * s]
        return bool(np.all(inner == inner[0]))

    return compare_function(
        answer,
        painted_evenly,
        [{"k": k, "s": s} for k in range(1, 9) for s in range(1, 6)],
        mistakes={
            "A kernel at least as large as the stride leaves no gap, but its stamps may still overlap unevenly.": (
                lambda k, s: k >= s
            ),
            "Equal sizes do it, and so do others: k = 4 with s = 2, for one.": lambda k, s: k == s,
            "The other way round: the stride must divide the kernel.": lambda k, s: s % k == 0,
        },
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
