"""Exercises of the chapter *The gradients of a convolution are convolutions*."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.exact import as_exact
from hwlib._core.types import AnyArray
from hwlib.conv import circular_eigenvalues, conv_matrix, input_gradient, kernel_gradient, output_shape
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._compare import named, returned
from hwlib.teach._verdict import UNANSWERED, is_open


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


def _weights(answer: Any) -> list[Fraction] | Verdict:
    """The weights of a kernel on one axis, or what is wrong with their form."""
    if is_open(answer):
        return UNANSWERED
    try:
        weights = as_exact("kernel", answer)
    except (ValueError, TypeError):
        weights = np.empty(0)
    if weights.ndim != 1 or not len(weights):
        return Verdict("wrong", "Accepted is a list of numbers, such as [0.5, -1].")
    return list(weights)


def _stretch(weights: list[Fraction], pixels: int) -> float:
    return float(abs(circular_eigenvalues(np.array(weights, dtype=float), (pixels,))).max())


@exercise("conv-gradients-grow")
def _grow(answer: Any) -> Verdict:
    """Weights of size at most 1 that make some gradient longer."""
    weights = _weights(answer)
    if isinstance(weights, Verdict):
        return weights
    if (place := next((a for a, weight in enumerate(weights) if abs(weight) > 1), None)) is not None:
        return Verdict("wrong", f"w({place}) = {weights[place]}: accepted are weights between -1 and 1.")
    if len(weights) > 8:
        return Verdict("wrong", f"Your kernel has {len(weights)} weights, but the ring has 8 pixels.")
    norm = _stretch(weights, 8)
    if norm <= 1 + 1e-12:
        mistakes = {
            "A layer of zeros makes every gradient zero.": not any(weights),
            "One weight alone stretches by its size: take more of them.": len(weights) == 1,
            "Weights whose sizes add up to at most 1 stretch nothing.": sum(map(abs, weights)) <= 1,
        }
        return Verdict("wrong", f"No gradient gets longer: the norm is {norm:.6g}.", named(mistakes))
    return Verdict("right", f"Some gradient becomes {norm:.6g} times as long.")


@exercise("conv-gradients-bound")
def _bound(answer: Any) -> Verdict:
    """A signal that is stretched by the sum of the sizes of the weights; the ratio is computed exactly."""
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    kernels = ([2], [1, 3], [-1, -2], [1, -1], [-2, 1], [1, 2, 4], [1, -2, 3], [-1, 2, -3, 1])
    cases = [(kernel, n) for n in (2, 4, 6) for kernel in kernels if len(kernel) <= n]
    for count, (kernel, n) in enumerate(cases):
        given = returned(answer, {"w": list(kernel), "n": n})
        if given is UNANSWERED and count:
            return Verdict("wrong", f"For w = {kernel}, n = {n} your function returns nothing.")
        if isinstance(given, Verdict):
            return given
        signal = _weights(given)
        if isinstance(signal, Verdict) or len(signal) != n:
            return Verdict("wrong", f"For w = {kernel}, n = {n}: accepted is a list of {n} numbers, not {given!r}.")
        if not any(signal):
            return Verdict("wrong", f"For w = {kernel}, n = {n} your signal is zero everywhere.")
        made = [sum(w * signal[(i + a) % n] for a, w in enumerate(kernel)) for i in range(n)]
        square, wanted = sum(y * y for y in made), sum(map(abs, kernel)) ** 2 * sum(x * x for x in signal)
        if square != wanted:
            given = [str(x) for x in signal]
            ratio = (float(square) / sum(float(x * x) for x in signal)) ** 0.5
            message = (
                f"For w = {kernel}, n = {n} your signal ({', '.join(given)}) is stretched by {ratio:.6g}, "
                f"not by {sum(map(abs, kernel))}."
            )
            mistakes = {
                "A constant signal makes terms of different signs cancel.": len(set(signal)) == 1,
                "One bright pixel is stretched by the root of the sum of the squares.": sum(map(bool, signal)) == 1,
                "An alternating signal makes terms of equal signs cancel.": all(
                    x == -y for x, y in itertools.pairwise(signal)
                ),
            }
            return Verdict("wrong", message, named(mistakes))
    return Verdict("right", f"Stretched by the sum of the sizes, exactly, in all {len(cases)} cases.")


@exercise("conv-gradients-smooth")
def _smooth(answer: Any) -> Verdict:
    """Three weights that keep constants, stop the alternating signal and stretch nothing."""
    weights = _weights(answer)
    if isinstance(weights, Verdict):
        return weights
    if len(weights) != 3 or not all(weights):
        return Verdict("wrong", "Accepted are three weights, none of them zero.")
    first, second, third = weights
    if abs((constant := first + second + third) - 1) > Fraction(1, 10**9):
        slip = "Your weights keep constants up to a factor: divide by their sum." if constant else ""
        return Verdict("wrong", f"A constant signal is multiplied by {float(constant):.6g}, not by 1.", slip)
    if abs(alternating := first - second + third) > Fraction(1, 10**9):
        slip = "The middle weight has to balance the two outer ones."
        return Verdict("wrong", f"The alternating signal is multiplied by {float(alternating):.6g}, not by 0.", slip)
    if (norm := _stretch(weights, 12)) > 1 + 1e-9:
        slip = (
            "Weights of different signs can pull together: look at the waves between the two."
            if min(weights) < 0
            else ""
        )
        return Verdict("wrong", f"Some signal of 12 pixels is stretched by {norm:.6g}.", slip)
    return Verdict("right", "Constants stay, the alternating signal is gone, and no signal is stretched.")


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
