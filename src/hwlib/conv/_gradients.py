"""Gradients of a convolution, and what else its matrix tells.

Chapter: *The gradients of a convolution are convolutions*.

For Z = W * X with matrix A: the gradient with respect to X is A^T times the gradient with respect to Z, a transposed
convolution, and the gradient with respect to W is a convolution of X with the gradient with respect to Z.

Sources: problem ``conv-gradients``; Dumoulin & Visin (2016); Sedghi, Gupta, Long, *The Singular Values of Convolutional
Layers* (2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds

from hwlib._core.arguments import PerAxis, generator, whole, whole_numbers
from hwlib._core.arrays import as_numbers
from hwlib._core.types import AnyArray, RandomSource
from hwlib.conv._matrix import conv_matrix
from hwlib.conv._plan import ConvPlan, Padding, conv_plan

__all__ = [
    "circular_eigenvalues",
    "col2im",
    "im2col",
    "input_gradient",
    "kernel_gradient",
    "operator_norm",
    "power_iteration",
    "sigmoid_gradient",
]


def sigmoid_gradient(output: npt.ArrayLike, gradient: npt.ArrayLike) -> AnyArray:
    """Gradient with respect to Z of a loss that sees U = sigmoid(Z): dJ/dZ = U (1 - U) dJ/dU, entry by entry.

    Args:
        output: U, of any shape; numbers, Fractions or SymPy expressions.
        gradient: dJ/dU, of the same shape.

    Returns:
        dJ/dZ, of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> sigmoid_gradient([0.5], [8.0])
        array([2.])
    """
    u = as_numbers("output", output, exact=True, wide=True)
    g = as_numbers("gradient", gradient, exact=True, wide=True)
    if u.shape != g.shape:
        raise ValueError(f"gradient has shape {g.shape}: accepted is the output's, {u.shape}")
    product: AnyArray = u * (1 - u) * g
    return product


def input_gradient(
    kernel: npt.ArrayLike,
    gradient: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> AnyArray:
    """Gradient with respect to the input X of a convolution: the transposed convolution of the output's gradient.

    Args:
        kernel: ``(k1, ..., kd)``, or ``(o, i / groups, k1, ..., kd)``.
        gradient: dJ/dZ, of the output's shape.
        input_shape: shape of X.
        stride: see :func:`hwlib.conv.output_shape`, as for the other options.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.
        groups: see :func:`hwlib.conv.output_shape`.

    Returns:
        dJ/dX, of shape ``input_shape``.

    Raises:
        ValueError: if the convolution is impossible or the gradient is not of the output's shape.

    Example:
        >>> input_gradient([1, 10], [1, 1], (3,))
        array([ 1, 11, 10])
    """
    weights = as_numbers("kernel", kernel, wide=True)
    plan = conv_plan(weights.shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    g = _of_output(as_numbers("gradient", gradient, wide=True), plan)
    # A^T in two steps, without A: what each output sends back to each of its taps, then the sum for each pixel.
    rows = weights.reshape(plan.groups, -1, plan.taps)
    return _image(rows.swapaxes(1, 2) @ g.reshape(plan.groups, rows.shape[1], -1), plan)


def kernel_gradient(
    image: npt.ArrayLike,
    gradient: npt.ArrayLike,
    kernel_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> AnyArray:
    """Gradient with respect to the weights W of a convolution: each weight gets the pixels that it met.

    Args:
        image: X, ``(n1, ..., nd)`` or ``(i, n1, ..., nd)``; numbers, Fractions or SymPy expressions.
        gradient: dJ/dZ, of the output's shape.
        kernel_shape: ``(k1, ..., kd)``, or ``(o, i, k1, ..., kd)``.
        stride: see :func:`hwlib.conv.output_shape`, as for the other options.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.

    Returns:
        dJ/dW, of shape ``kernel_shape``.

    Raises:
        ValueError: if the convolution is impossible or the gradient is not of the output's shape.

    Example:
        >>> kernel_gradient([1, 2, 3], [1, 10], (2,))
        array([21, 32])
    """
    pixels = as_numbers("image", image, exact=True, wide=True)
    plan = conv_plan(kernel_shape, pixels.shape, stride=stride, padding=padding, dilation=dilation)
    g = _of_output(as_numbers("gradient", gradient, exact=True, wide=True), plan)
    summed: AnyArray = g.reshape(plan.out_channels, -1) @ _columns(pixels, plan).T
    return summed.reshape(plan.kernel_shape)


def im2col(
    image: npt.ArrayLike,
    kernel_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> AnyArray:
    """What every weight meets at every place: the third way to write a convolution, as ``W.reshape(o, -1) @ columns``.

    Args:
        image: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)``; numbers, Fractions or SymPy expressions.
        kernel_shape: ``(k1, ..., kd)``, or ``(o, i, k1, ..., kd)``.
        stride: see :func:`hwlib.conv.output_shape`, as for the other options.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.

    Returns:
        ``(i k1 ... kd, m1 ... md)``: a row for each weight of one output channel, a column for each output pixel.

    Raises:
        ValueError: if the convolution is impossible.

    Example:
        >>> im2col([1, 2, 3], (2,))
        array([[1, 2],
               [2, 3]])
    """
    pixels = as_numbers("image", image, exact=True, wide=True)
    return _columns(pixels, conv_plan(kernel_shape, pixels.shape, stride=stride, padding=padding, dilation=dilation))


def col2im(
    columns: npt.ArrayLike,
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> AnyArray:
    """The transposed map of :func:`im2col`: every entry is added to the pixel that it came from.

    Args:
        columns: ``(i k1 ... kd, m1 ... md)``; numbers, Fractions or SymPy expressions.
        kernel_shape: as for :func:`im2col`, as are the options.
        input_shape: shape of the image.
        stride: see :func:`hwlib.conv.output_shape`.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.

    Returns:
        An image of shape ``input_shape``.

    Raises:
        ValueError: if the convolution is impossible, or the columns have another shape than those of :func:`im2col`.

    Example:
        >>> col2im([[1, 2], [2, 3]], (2,), (3,))
        array([1, 4, 3])
    """
    entries = as_numbers("columns", columns, exact=True, wide=True)
    plan = conv_plan(kernel_shape, input_shape, stride=stride, padding=padding, dilation=dilation)
    if entries.shape != (plan.taps, math.prod(plan.output)):
        raise ValueError(f"columns has shape {entries.shape}: accepted is {(plan.taps, math.prod(plan.output))}")
    return _image(entries, plan)


def circular_eigenvalues(kernel: npt.ArrayLike, input_shape: Sequence[int]) -> npt.NDArray[np.complex128]:
    """Eigenvalues of a circular convolution: the Fourier transform of its kernel.

    With pixels beyond the border taken from the opposite side, waves are eigenvectors of the convolution's matrix.

    Args:
        kernel: ``(k1, ..., kd)``, one channel; real or complex.
        input_shape: ``(n1, ..., nd)``, at least the kernel's.

    Returns:
        ``(n1, ..., nd)``: the eigenvalue of each wave, the constant image first.

    Raises:
        ValueError: if the input has another number of axes, or is smaller than the kernel, or a weight is not finite.

    Example:
        >>> circular_eigenvalues([1.0, 1.0], (2,)).real
        array([2., 0.])
    """
    weights = _finite_weights(kernel)
    shape = whole_numbers("input_shape", input_shape, least=1)
    if weights.ndim != len(shape) or any(k > n for k, n in zip(weights.shape, shape, strict=True)):
        raise ValueError(f"input_shape={shape}: accepted is one number an axis, at least the kernel's {weights.shape}")
    # Cross-correlation moves a wave against the kernel: the inverse transform, without its division by the size.
    eigenvalues: npt.NDArray[np.complex128] = np.fft.ifftn(weights, shape, tuple(range(len(shape))), norm="forward")
    return eigenvalues


def operator_norm(
    kernel: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    flip: bool = False,
) -> float:
    """Largest factor by which a convolution stretches any input: the largest singular value of its matrix.

    Args:
        kernel: as for :func:`hwlib.conv.conv_matrix`, as are the options; real or complex.
        input_shape: as for :func:`hwlib.conv.conv_matrix`.
        stride: see :func:`hwlib.conv.output_shape`.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.
        groups: see :func:`hwlib.conv.output_shape`.
        flip: see :func:`hwlib.conv.conv_matrix`.

    Returns:
        The norm from the matrix, to about the accuracy of float64.

    Raises:
        ValueError: as :func:`hwlib.conv.conv_matrix`, or if a weight is not finite.

    Example:
        >>> round(operator_norm([3.0], (4,)), 6)
        3.0
    """
    matrix, largest = _scaled_matrix(
        kernel, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups, flip=flip
    )
    if largest == 0:
        return 0.0
    if min(matrix.shape) < 3:  # too small for an iterative method
        return largest * float(np.linalg.norm(matrix.toarray(), 2))
    start = np.random.default_rng(0).standard_normal(min(matrix.shape))  # any start leads to the same value
    return largest * float(svds(matrix, 1, v0=start, return_singular_vectors=False)[0])


def power_iteration(
    kernel: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    steps: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    flip: bool = False,
    rng: RandomSource = None,
) -> float:
    """Lower bound of :func:`operator_norm` by repeated convolution and transposed convolution.

    Args:
        kernel: as for :func:`operator_norm`, as are the options.
        input_shape: as for :func:`operator_norm`.
        steps: number of times that a convolution and its transposed convolution are applied; at least 1.
        stride: see :func:`hwlib.conv.output_shape`.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.
        groups: see :func:`hwlib.conv.output_shape`.
        flip: see :func:`hwlib.conv.conv_matrix`.
        rng: where the first input comes from: None, a seed, or a NumPy generator.

    Returns:
        By how much the last input was stretched, never more than the norm.

    Raises:
        ValueError: as :func:`operator_norm`, or if there is no step.

    Example:
        >>> round(power_iteration([3.0], (4,), steps=2), 6)
        3.0
    """
    steps, source = whole("steps", steps, least=1), generator("rng", rng)
    matrix, largest = _scaled_matrix(
        kernel, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups, flip=flip
    )
    if largest == 0:
        return 0.0
    adjoint = matrix.conj(copy=False).T
    image: AnyArray = source.standard_normal(matrix.shape[1])
    for _ in range(steps):
        output = matrix @ (image / np.linalg.norm(image))
        image = adjoint @ output
    return largest * float(np.linalg.norm(output))


def _columns(pixels: AnyArray, plan: ConvPlan) -> AnyArray:
    """The columns of :func:`im2col`, for a plan without groups."""
    axes = len(plan.kernel)
    padded = np.pad(pixels if plan.has_channels else pixels[None], [(0, 0), *plan.pads])
    spans = [d * (k - 1) + 1 for k, d in zip(plan.kernel, plan.dilation, strict=True)]
    places: AnyArray = np.lib.stride_tricks.sliding_window_view(padded, spans, tuple(range(1, 1 + axes)))
    every = [slice(None, m * s, s) for m, s in zip(plan.output, plan.stride, strict=True)]
    every += [slice(None, None, d) for d in plan.dilation]
    taps: AnyArray = places[:, *every]  # (i, m1, ..., md, k1, ..., kd)
    columns: AnyArray = np.moveaxis(taps, range(1 + axes, 1 + 2 * axes), range(1, 1 + axes))
    return columns.reshape(plan.taps, -1)


def _image(columns: AnyArray, plan: ConvPlan) -> AnyArray:
    """The sum for each pixel: one strided addition for each tap of the kernel."""
    channels = plan.groups * plan.group_channels
    padded = np.zeros((channels, *(n + sum(pad) for n, pad in zip(plan.size, plan.pads, strict=True))), columns.dtype)
    entries = columns.reshape(channels, *plan.kernel, *plan.output)
    axes = tuple(zip(plan.dilation, plan.stride, plan.output, strict=True))
    for tap in np.ndindex(*plan.kernel):
        met = [slice(t * d, t * d + s * (m - 1) + 1, s) for t, (d, s, m) in zip(tap, axes, strict=True)]
        padded[:, *met] += entries[:, *tap]
    inside = [slice(before, before + n) for n, (before, _) in zip(plan.size, plan.pads, strict=True)]
    image: AnyArray = padded[:, *inside]
    return image.reshape(plan.input_shape)


def _of_output(gradient: AnyArray, plan: ConvPlan) -> AnyArray:
    if gradient.shape != plan.output_shape:
        raise ValueError(f"gradient has shape {gradient.shape}: accepted is the output's, {plan.output_shape}")
    return gradient


def _finite_weights(kernel: npt.ArrayLike) -> AnyArray:
    """The kernel in float64, or in complex128 if it is complex."""
    weights = as_numbers("kernel", kernel, finite=True)
    return weights.astype(np.complex128 if weights.dtype.kind == "c" else np.float64)


def _scaled_matrix(kernel: npt.ArrayLike, input_shape: Sequence[int], **options: Any) -> tuple[sparse.csr_array, float]:
    """The matrix of a convolution, divided by its largest entry, so that squares neither overflow nor vanish."""
    matrix = conv_matrix(_finite_weights(kernel), input_shape, **options)
    largest = float(abs(matrix.data).max(initial=0))
    if largest:
        matrix.data /= largest
    return matrix, largest
