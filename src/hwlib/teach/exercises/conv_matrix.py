"""Exercises of the chapter *A convolution is a matrix*."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hwlib._core.arguments import whole
from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix, output_shape, symbol_array, symbolic_conv_matrix
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, compare_matrix, compare_places, exercise
from hwlib.teach._compare import all_cases, as_meant, in_short, named, rounding
from hwlib.teach._verdict import UNANSWERED, is_open


@exercise("conv-matrix-slide-1d")
def _slide(answer: Any) -> Verdict:
    """Kernel of 3, input of 5, stride 2, padding 1, as a matrix of symbols."""
    return check_conv_matrix(answer, (3,), (5,), stride=2, padding=1)


@exercise("conv-matrix-two-diagonals")
def _two_diagonals(answer: Any) -> Verdict:
    """2 x 2 kernel on a 3 x 3 input, stride 1, no padding."""
    return check_conv_matrix(answer, (2, 2), (3, 3))


@exercise("conv-matrix-edge-places")
def _edge_places(answer: Any) -> Verdict:
    """Where the horizontal-edge kernel answers most strongly, of either sign, on the image of conv-valid-by-hand."""
    image = np.array(
        [[0, 0, 0, 0, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0], [0, 3, 2, 3, 0], [0, 3, 2, 3, 0], [0, 0, 0, 0, 0]]
    )
    kernel = np.array([[1, 1], [-1, -1]])

    def strongest(z: AnyArray) -> AnyArray:
        strong: AnyArray = np.abs(z) == np.abs(z).max()
        return strong

    def respond(kernel: AnyArray) -> AnyArray:
        shape = output_shape(kernel.shape, image.shape)
        response: AnyArray = (conv_matrix(kernel, image.shape) @ image.ravel()).reshape(shape)
        return response

    def places(where: AnyArray) -> list[tuple[int, int]]:
        return [(int(row), int(column)) for row, column in np.argwhere(where)]

    z = respond(kernel)
    return compare_places(
        answer,
        z,
        strongest,
        what="of the largest absolute value",
        mistakes={
            "These are the places of the largest value. A negative answer can be stronger: compare absolute values.": (
                places(z == z.max())
            ),
            "These are the places of the vertical-edge kernel [[1, -1], [1, -1]] of the worked example.": (
                places(strongest(respond(kernel.T)))
            ),
            "You counted rows and columns from 1. The problems count from 0.": (
                [(row + 1, column + 1) for row, column in places(strongest(z))]
            ),
            "You wrote (column, row). The problems write (row, column).": (
                [(column, row) for row, column in places(strongest(z))]
            ),
        },
    )


@exercise("conv-matrix-unread")
def _unread(answer: Any) -> Verdict:
    """Sizes (n, k, s) with s <= k for which a convolution does not read every pixel."""
    if is_open(answer):
        return UNANSWERED
    try:
        n, k, s = (whole("a size", size, least=1) for size in answer)
    except (TypeError, ValueError):
        return Verdict("wrong", "Give three whole numbers n, k and s, each at least one, as a tuple.")
    if max(n, k, s) > 1000:
        return Verdict("wrong", f"({n}, {k}, {s}) is larger than need be: take numbers up to 1000.")
    if k > n:
        return Verdict("wrong", f"A kernel of {k} does not fit on {n} pixels: there is no place at all.")
    read = {r + a for r in range(0, n - k + 1, s) for a in range(k)}
    unread = sorted(set(range(n)) - read)
    if s > k:
        gap = f"x({unread[0]}) is not read, but" if unread else "Here"
        message = f"{gap} the stride {s} is larger than the kernel {k}."
        return Verdict("wrong", message, named({_LARGER_STRIDE: bool(unread)}))
    if not unread:
        made = {
            "With stride 1 the last place always ends at the last pixel.": s == 1,
            "One place that covers everything leaves nothing.": n == k,
            "The stride divides n - k, so the last place ends at the last pixel.": True,
        }
        return Verdict("wrong", f"With n = {n}, k = {k}, s = {s} every pixel is read.", named(made))
    last = max(range(0, n - k + 1, s))
    return Verdict("right", f"The last place ends at x({last + k - 1}), and x({unread[0]}) is not read.")


_LARGER_STRIDE = "The sentence speaks of strides that are not larger than the kernel: look at the end, not between."


@exercise("conv-matrix-slopes")
def _slopes(answer: Any) -> Verdict:
    """A kernel of three by three weights that gives zero on every slope, and is not zero."""
    if is_open(answer):
        return UNANSWERED
    try:
        kernel, slack = as_meant("answer", answer), rounding(answer)
    except (TypeError, ValueError, OverflowError):
        return Verdict("wrong", "Give three rows of three numbers.")
    if kernel.shape != (3, 3):
        return Verdict("wrong", f"Your kernel has the shape {kernel.shape}: three by three weights are asked for.")
    rows, columns = np.indices((3, 3))
    slopes = {"x(i,j) = 1": np.ones((3, 3), int), "x(i,j) = i": rows, "x(i,j) = j": columns}
    for slope, image in slopes.items():
        total = (kernel * image).sum()
        if abs(total) > slack * abs(kernel * image).sum():
            made = {
                "Weights that add up to zero are blind to constant images only; a slope still shows.": not kernel.sum(),
                "A kernel without negative weights averages: constant images come through.": bool((kernel >= 0).all()),
                "Subtract as much as you add: here the weights do not add up to zero.": True,
            }
            return Verdict(
                "wrong", f"On the slope {slope} the output at (0,0) is {in_short(total)}, expected 0.", named(made)
            )
    if not kernel.any():
        return Verdict("wrong", "It gives zero on every slope.", "Zeros see nothing at all, no edges either.")
    return Verdict("right", "It gives zero on constants and on slopes in both directions, and so on every slope.")


@exercise("conv-matrix-output-size")
def _output_size(answer: Any) -> Verdict:
    """Output size along one axis from n, k, s, p, d, found by counting the places where the kernel fits."""
    cases = all_cases(n=range(1, 9), k=range(1, 5), s=range(1, 4), p=range(3), d=range(1, 4))
    cases.sort(key=lambda case: (case["d"] > 1, case["p"] > 0, case["s"] > 1, sum(case.values())))

    def count(n: int, k: int, s: int, p: int, d: int) -> int:
        return sum(start + d * (k - 1) < n + 2 * p for start in range(0, n + 2 * p, s))

    def formula(n: int, k: int, s: int, p: int, d: int) -> int:
        return (n + 2 * p - d * (k - 1) - 1) // s + 1

    return compare_function(
        answer,
        count,
        [case for case in cases if case["n"] + 2 * case["p"] > case["d"] * (case["k"] - 1)],
        mistakes={
            "Rounded up: a last step that would push the kernel over the edge does not count. Use //.": (
                lambda n, k, s, p, d: -((d * (k - 1) + 1 - n - 2 * p) // s) + 1
            ),
            "Padding counted once: it is added on both sides.": (
                lambda n, k, s, p, d: formula(n, k, s, p, d) if p == 0 else (n + p - d * (k - 1) - 1) // s + 1
            ),
            "Dilation left out: k taps, d apart, span d (k - 1) + 1 pixels.": (
                lambda n, k, s, p, d: formula(n, k, s, p, 1)
            ),
            "The kernel spans d (k - 1) + 1 pixels, not d k.": (lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1),
            "The + 1 is missing: with no step at all there is still one output.": (
                lambda n, k, s, p, d: formula(n, k, s, p, d) - 1
            ),
        },
    )


def _matrix(kernel: AnyArray, input_shape: tuple[int, int], stride: int, padding: int) -> AnyArray:
    return conv_matrix(kernel, input_shape, stride=stride, padding=padding).toarray()


def _with_wrapped_columns(kernel: AnyArray, input_shape: tuple[int, int], stride: int, padding: int) -> AnyArray:
    """What comes out when a tap left of the image writes to the end of the previous row."""
    shape = output_shape(kernel.shape, input_shape, stride=stride, padding=padding)
    matrix = np.zeros((np.prod(shape), np.prod(input_shape)), kernel.dtype)
    for row, (r, c) in enumerate(np.ndindex(*shape)):
        for a, b in np.ndindex(*kernel.shape):
            pixel = (r * stride + a - padding) * input_shape[1] + c * stride + b - padding
            if 0 <= pixel < matrix.shape[1]:
                matrix[row, pixel] += kernel[a, b]
    return matrix


@exercise("conv-matrix-build")
def _build(answer: Any) -> Verdict:
    """A function (kernel, input_shape, stride, padding) that returns the matrix of a plain 2-D convolution."""
    settings = [
        ((1, 1), (1, 2), 1, 0),
        ((1, 2), (1, 3), 1, 0),
        ((2, 1), (3, 2), 1, 0),
        ((2, 2), (3, 3), 1, 0),
        ((2, 2), (3, 4), 2, 0),
        ((2, 2), (2, 2), 1, 1),
        ((2, 2), (3, 3), 3, 1),
        ((3, 3), (3, 3), 2, 1),
        ((2, 3), (4, 5), 2, 2),
        ((3, 2), (5, 4), 3, 2),
    ]
    kernels = [np.arange(1, np.prod(shape) + 1).reshape(shape) for shape, *_ in settings]
    return compare_function(
        answer,
        _matrix,
        [
            {"kernel": kernel, "input_shape": input_shape, "stride": stride, "padding": padding}
            for kernel, (_, input_shape, stride, padding) in zip(
                [*kernels, kernels[1] / 2], [*settings, settings[1]], strict=True
            )  # the last one has halves
        ],
        mistakes={
            "Your kernel is flipped: cross-correlation does not reverse it.": (
                lambda kernel, *others: _matrix(kernel[::-1, ::-1], *others)
            ),
            "The padding is left out of the positions: y(r,c) starts at x(s r - p, s c - p).": (
                lambda kernel, input_shape, stride, padding: _matrix(kernel, input_shape, stride, 0)
            ),
            "Taps beside the image wrapped round to a neighbouring row: test row and column apart, then flatten.": (
                _with_wrapped_columns
            ),
            "Rows and columns are swapped: this is the transpose.": lambda *case: _matrix(*case).T,
        },
    )


def check_conv_matrix(
    answer: Any,
    kernel_shape: tuple[int, ...],
    input_shape: tuple[int, ...],
    *,
    stride: int = 1,
    padding: int = 0,
) -> Verdict:
    """Check a symbolic matrix of any plain convolution: for exercises of one's own.

    Args:
        answer: matrix in the symbols of ``symbol_array("w", kernel_shape)``.
        kernel_shape: ``(k1, ..., kd)``.
        input_shape: ``(n1, ..., nd)``.
        stride: step along every axis.
        padding: zeros on every side.

    Returns:
        The verdict, with the row, the entry, a counter-example and, for a typical mistake, its name.

    Raises:
        ValueError: if the convolution itself is impossible, as for :func:`hwlib.conv.conv_matrix`.

    Example:
        >>> w = symbol_array("w", (2,))
        >>> print(check_conv_matrix([[w[1], w[0], 0], [0, w[1], w[0]]], (2,), (3,)))
        ✗ Not yet. Row 0, which computes y(0): the entry for x(0) is w(1), expected w(0).
        The kernel of y(0) starts at x(0).
        Counter-example: let w(0) = 2, w(1) = 3, x(0) = 1 and every other input be 0.
        Your matrix gives y(0) = 3, but it should be 2.
        Your kernel is flipped: in cross-correlation the first weight meets the first pixel.
    """
    w = symbol_array("w", kernel_shape)
    shape = output_shape(kernel_shape, input_shape, stride=stride, padding=padding)

    def reference(kernel: Any = w, **changes: Any) -> sympy.Matrix:
        options = {"stride": stride, "padding": padding} | changes
        try:
            return symbolic_conv_matrix(kernel, input_shape, **options)
        except ValueError:  # without its padding, a small input may not hold the kernel
            return sympy.zeros(0, 0)

    def name(letter: str, shape: tuple[int, ...], flat: int) -> str:
        return f"{letter}({','.join(str(int(i)) for i in np.unravel_index(flat, shape))})"

    def explain(row: int) -> str:
        start = [int(i) * stride - padding for i in np.unravel_index(row, shape)]
        return f"\nThe kernel of {name('y', shape, row)} starts at x({','.join(map(str, start))})."

    columns_first = np.arange(np.prod(input_shape)).reshape(input_shape).ravel(order="F").tolist()
    rows_first = np.arange(np.prod(shape)).reshape(shape).ravel(order="F").tolist()
    right = reference()
    mistakes = {
        "Your kernel is flipped: in cross-correlation the first weight meets the first pixel.": reference(flip=True),
        "Your kernel is transposed: w(i,j) has its row first.": reference(w.T) if w.shape == w.T.shape else right,
        "Rows and columns are swapped: this is the transpose.": right.T,
        "You flattened X column by column. Row-major means row by row.": right[:, columns_first],
        "You flattened X and Y column by column. Row-major means row by row.": right[rows_first, columns_first],
        "You moved the kernel by one pixel at a time: mind the stride.": reference(stride=1),
        "You left out the padding.": reference(padding=0),
    }
    return compare_matrix(
        answer,
        right,
        row_name=lambda row: name("y", shape, row),
        column_name=lambda column: name("x", input_shape, column),
        symbols=w.ravel().tolist(),
        explain_row=explain,
        mistakes={text: wrong for text, wrong in mistakes.items() if wrong != right},
    )


QUIZ = Quiz(
    Question(
        "The input grows from 3 × 3 to 30 × 30, kernel and stride stay. What happens to A?",
        [
            Choice(
                "It grows, but is filled from the same weights.",
                "A larger matrix, and no more weights to learn: that is weight sharing.",
                right=True,
            ),
            Choice(
                "It stays the same: the kernel did not change.",
                "The kernel is not A. A has a column for each input pixel and a row for each output pixel.",
            ),
            Choice(
                "It grows, and so does the number of weights to learn.",
                "A dense layer would need that. Here every entry of A is one of the kernel's weights, or zero.",
            ),
        ],
    ),
    Question(
        "A 2 × 2 kernel moves with stride 3 over a 4 × 4 input without padding. What happens to x(2,2)?",
        [
            Choice(
                "Nothing: its column in A is zero.",
                "The kernel's next step would leave the input, so the last rows and columns are never read.",
                right=True,
            ),
            Choice(
                "The convolution fails: 3 does not divide the input.",
                "Nothing has to divide. The output size is rounded down, and what is left over is ignored.",
            ),
            Choice(
                "It is read with padding zeros beside it.",
                "Zeros are added only if padding asks for them; a short last step is dropped, not filled up.",
            ),
        ],
    ),
    Question(
        "A layer adds a bias b, not zero, to every output. Can one matrix A still do the whole layer?",
        [
            Choice(
                "Yes: add b to each entry of A.", "Then b would be multiplied by the pixels: a black image gets none."
            ),
            Choice(
                "No: the layer is affine. It is A x plus a vector.",
                "A matrix sends the zero image to zero; the layer sends it to b.",
                right=True,
            ),
            Choice("Yes: b is one more kernel weight.", "Only if the input also gets one more pixel that is always 1."),
        ],
    ),
)
