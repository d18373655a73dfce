"""Exercises of the chapter *The gradients of a convolution are convolutions*."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix, input_gradient, kernel_gradient, output_shape, sigmoid_gradient
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise


@exercise("conv-gradients-sigmoid")
def _sigmoid(answer: Any) -> Verdict:
    """dJ/dZ from U and dJ/dU; numbers that floats hold exactly."""
    return compare_function(
        answer,
        sigmoid_gradient,
        [
            *({"u": np.array([u]), "du": np.array([du])} for du in (1.0, 2.0, -4.0) for u in (0.5, 0.25, 0.75, 0.125)),
            {"u": np.array([[0.5, 0.25, 0.75], [0.125, 0.5, 0.5]]), "du": np.array([[1.0, 2, 4], [-8, 0, -1]])},
        ],
        mistakes={
            "That is the derivative of the sigmoid alone: multiply by dJ/dU.": lambda u, du: u * (1 - u),
            "u is already the output of the sigmoid: do not apply it again.": (
                lambda u, du: du / (1 + np.exp(-u)) * (1 - 1 / (1 + np.exp(-u)))
            ),
            "The sigmoid's derivative is u (1 - u), not 1 - u.": lambda u, du: (1 - u) * du,
            "The factor 1 - u is missing.": lambda u, du: u * du,
        },
        tolerance=1e-12,
    )


@exercise("conv-gradients-kernel")
def _kernel(answer: Any) -> Verdict:
    """dJ/dW of a plain 2-D convolution from X and dJ/dZ."""

    def reference(x: AnyArray, dz: AnyArray) -> AnyArray:
        return kernel_gradient(x, dz, tuple(n - m + 1 for n, m in zip(x.shape, dz.shape, strict=True)))

    cases = []
    for input_shape, kernel in [
        ((1, 2), (1, 1)),
        ((1, 3), (1, 2)),
        ((3, 3), (2, 2)),
        ((4, 3), (2, 3)),
        ((5, 4), (3, 2)),
    ]:
        rng = np.random.default_rng(sum(input_shape))
        x = rng.integers(1, 9, input_shape)
        cases.append({"x": x, "dz": rng.integers(1, 9, output_shape(kernel, input_shape))})
    cases.append({"x": np.array([[0.5, 1.5]]), "dz": np.array([[0.5]])})
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "This is flipped: weight (a, b) met the pixels from (a, b) on.": (
                lambda x, dz: reference(x, dz)[::-1, ::-1]
            ),
            "Do not average over the places: each weight gets the sum over all of them.": (
                lambda x, dz: reference(x, dz) / dz.size
            ),
            "You flip dZ: nothing is flipped in this gradient.": (lambda x, dz: reference(x, dz[::-1, ::-1])),
        },
    )


def _at_the_input(w: AnyArray, dz: AnyArray, input_shape: tuple[int, int], stride: int) -> AnyArray:
    return input_gradient(w, dz, input_shape, stride=stride)


def _overwritten(w: AnyArray, dz: AnyArray, input_shape: tuple[int, int], stride: int) -> AnyArray:
    """Each place writes over what is there, instead of adding."""
    dx = np.zeros(input_shape, dz.dtype)
    for r, c in np.ndindex(*dz.shape):
        place = (slice(r * stride, r * stride + w.shape[0]), slice(c * stride, c * stride + w.shape[1]))
        dx[place] = dz[r, c] * w
    return dx


def _side_by_side(w: AnyArray, dz: AnyArray, input_shape: tuple[int, int], stride: int) -> AnyArray:
    """The stride forgotten: all that is painted lies in the first corner."""
    painted = tuple(m + k - 1 for m, k in zip(dz.shape, w.shape, strict=True))
    return np.pad(_at_the_input(w, dz, painted, 1), [(0, n - m) for n, m in zip(input_shape, painted, strict=True)])


@exercise("conv-gradients-input")
def _input(answer: Any) -> Verdict:
    """dJ/dX of a plain 2-D convolution from W, dJ/dZ and the stride."""
    cases = []
    for kernel, input_shape, stride in [
        ((1, 1), (1, 2), 1),
        ((1, 2), (1, 3), 1),
        ((2, 2), (3, 3), 1),
        ((2, 2), (4, 4), 2),
        ((2, 3), (5, 7), 2),
        ((1, 2), (2, 7), 3),
    ]:
        rng = np.random.default_rng(input_shape[1])
        dz = rng.integers(1, 9, output_shape(kernel, input_shape, stride=stride))
        cases.append({"w": rng.integers(1, 9, kernel), "dz": dz, "input_shape": input_shape, "stride": stride})
    cases.append({"w": np.array([[0.5]]), "dz": np.array([[0.5, 1.5]]), "input_shape": (1, 2), "stride": 1})
    return compare_function(
        answer,
        _at_the_input,
        cases,
        mistakes={
            "The kernel is flipped: pixel (s r + a, s c + b) met the weight (a, b).": (
                lambda w, *others: _at_the_input(w[::-1, ::-1], *others)
            ),
            "Where places overlap, their gradients add up; you overwrite them.": _overwritten,
            "The stride is missing: output (r, c) started at pixel (s r, s c).": _side_by_side,
        },
    )


@exercise("conv-gradients-norm")
def _norm(answer: Any) -> Verdict:
    """Norm of a circular convolution from its kernel, against the singular values of its matrix."""

    def reference(kernel: AnyArray, n: int) -> float:
        circular = conv_matrix(kernel, (n + len(kernel) - 1,)).toarray()
        wrapped = circular[:, :n].astype(float)
        wrapped[:, : len(kernel) - 1] += circular[:, n:]
        return float(np.linalg.norm(wrapped, 2))

    cases = [
        {"kernel": np.array(kernel), "n": n}
        for kernel in ([3], [1, 1], [1, -1], [1, -2, 1], [1, 2, 4], [2, -1])
        for n in (4, 5, 3, 2, 1)
        if len(kernel) <= n
    ]
    return compare_function(
        answer,
        reference,
        cases,
        mistakes={
            "That is the eigenvalue of the constant image only: take the largest of all waves.": (
                lambda kernel, n: abs(kernel.sum())
            ),
            "Eigenvalues are complex: take absolute values, not real parts.": (
                lambda kernel, n: np.fft.fft(kernel, n).real.max()
            ),
            "That is the length of the kernel as a vector; places overlap, and waves can add up.": (
                lambda kernel, n: np.linalg.norm(kernel)
            ),
        },
        tolerance=1e-6,
    )


QUIZ = Quiz(
    Question(
        "Why is the gradient at the input a transposed convolution?",
        [
            Choice(
                "Because what a pixel does to the outputs stands in its column of A.",
                "And columns of A are rows of its transpose.",
                right=True,
            ),
            Choice("Because convolutions are symmetric.", "They are not: their matrices need not even be square."),
            Choice("Because gradients undo the layer.", "They do not undo it: a transpose need not be an inverse."),
        ],
    ),
    Question(
        "A pixel is never read, because the stride skips it. What is its gradient?",
        [
            Choice("Zero.", "It changes no output, so it does not change the loss.", right=True),
            Choice("That of its neighbours, on average.", "Nothing interpolates: its column of A is empty."),
            Choice("It is undefined.", "The loss is constant in that pixel, so the derivative exists: it is zero."),
        ],
    ),
    Question(
        "A weight is used at many places. How do they share its gradient?",
        [
            Choice("They are averaged.", "The chain rule adds, and divides by nothing."),
            Choice("They are added.", "Each use contributes its part, and the chain rule adds them.", right=True),
            Choice("The largest counts.", "The chain rule has no maximum: every use contributes."),
        ],
    ),
)
