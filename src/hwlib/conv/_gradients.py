"""Gradients of a convolution, and what else its matrix tells.

Chapter: *The gradients of a convolution are convolutions*.

For Z = W * X with matrix A: the gradient with respect to X is A^T times the gradient with respect to Z, a transposed
convolution, and the gradient with respect to W is a convolution of X with the gradient with respect to Z.

Sources: problem ``conv-gradients``; Dumoulin & Visin (2016); Sedghi, Gupta, Long, *The Singular Values of Convolutional
Layers* (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import svds

from hwlib._core.arguments import PerAxis, per_axis
from hwlib.conv._matrix import Padding, conv_matrix, output_shape, zeros_around

__all__ = [
    "circular_eigenvalues",
    "im2col",
    "input_gradient",
    "kernel_gradient",
    "operator_norm",
    "power_iteration",
    "sigmoid_gradient",
]

Array = npt.NDArray[Any]


def sigmoid_gradient(output: npt.ArrayLike, gradient: npt.ArrayLike) -> Array:
    """Gradient with respect to Z of a loss that sees U = sigmoid(Z): dJ/dZ = U (1 - U) dJ/dU, entry by entry.

    Args:
        output: U, of any shape.
        gradient: dJ/dU, of the same shape.

    Returns:
        dJ/dZ, of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> sigmoid_gradient([0.5], [8.0])
        array([2.])
    """
    u, g = np.asarray(output), np.asarray(gradient)
    if u.shape != g.shape:
        raise ValueError(f"gradient has shape {g.shape}: accepted is the output's, {u.shape}")
    product: Array = u * (1 - u) * g
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
) -> Array:
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
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    g = _checked(gradient, output_shape(np.shape(kernel), input_shape, **options))
    spread: Array = conv_matrix(kernel, input_shape, **options).T @ g.ravel()
    return spread.reshape(tuple(input_shape))


def kernel_gradient(
    image: npt.ArrayLike,
    gradient: npt.ArrayLike,
    kernel_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> Array:
    """Gradient with respect to the weights W of a convolution: each weight gets the pixels that it met.

    Args:
        image: X, ``(n1, ..., nd)`` or ``(i, n1, ..., nd)``.
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
    pixels, shape = np.asarray(image), tuple(kernel_shape)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    g = _checked(gradient, output_shape(shape, pixels.shape, **options))
    columns = im2col(pixels, shape, **options)  # (i * taps, pixels)
    channels = shape[0] if len(shape) > pixels.ndim else 1
    summed: Array = g.reshape(channels, -1) @ columns.T
    return summed.reshape(shape)


def im2col(
    image: npt.ArrayLike,
    kernel_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> Array:
    """What every weight meets at every place: the third way to write a convolution, as ``W.reshape(o, -1) @ columns``.

    Args:
        image: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)``.
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
    pixels, shape = np.asarray(image), tuple(kernel_shape)
    has_channels = len(shape) > pixels.ndim
    source = pixels if has_channels else pixels[None]
    spatial = shape[2:] if has_channels else shape
    outputs = output_shape(shape, pixels.shape, stride=stride, padding=padding, dilation=dilation)[-len(spatial) :]
    steps = per_axis("stride", stride, len(spatial), least=1)
    gaps = per_axis("dilation", dilation, len(spatial), least=1)
    spans = [d * (k - 1) + 1 for k, d in zip(spatial, gaps, strict=True)]
    pairs = zeros_around(padding, source.shape[1:], tuple(spans), steps)
    padded = np.pad(source, [(0, 0), *pairs])
    places: Array = np.lib.stride_tricks.sliding_window_view(padded, spans, tuple(range(1, 1 + len(spatial))))
    every = [slice(None, m * s, s) for m, s in zip(outputs, steps, strict=True)]
    every += [slice(None, None, d) for d in gaps]
    taps: Array = places[:, *every]  # (i, m1, ..., md, k1, ..., kd)
    axes = len(spatial)
    columns: Array = np.moveaxis(taps, range(1 + axes, 1 + 2 * axes), range(1, 1 + axes))
    return columns.reshape(source.shape[0] * int(np.prod(spatial)), -1)


def circular_eigenvalues(kernel: npt.ArrayLike, size: Sequence[int]) -> npt.NDArray[np.complex128]:
    """Eigenvalues of a circular convolution: the Fourier transform of its kernel.

    With pixels beyond the border taken from the opposite side, waves are eigenvectors of the convolution's matrix.

    Args:
        kernel: ``(k1, ..., kd)``, one channel.
        size: ``(n1, ..., nd)``, at least the kernel's.

    Returns:
        ``(n1, ..., nd)``: the eigenvalue of each wave, the constant image first.

    Raises:
        ValueError: if the size has another number of axes, or is smaller than the kernel.

    Example:
        >>> circular_eigenvalues([1.0, 1.0], (2,)).real
        array([2., 0.])
    """
    weights, shape = np.asarray(kernel), tuple(size)
    if weights.ndim != len(shape) or any(k > n for k, n in zip(weights.shape, shape, strict=True)):
        raise ValueError(f"size={shape}: accepted is one number an axis, at least the kernel's {weights.shape}")
    # Cross-correlation moves a wave against the kernel, hence the conjugate (of real weights: the inverse transform).
    eigenvalues: npt.NDArray[np.complex128] = np.fft.ifftn(weights, shape, tuple(range(len(shape)))) * np.prod(shape)
    return eigenvalues


def operator_norm(kernel: npt.ArrayLike, input_shape: Sequence[int], **options: Any) -> float:
    """Largest factor by which a convolution stretches any input: the largest singular value of its matrix.

    Args:
        kernel: as for :func:`hwlib.conv.conv_matrix`.
        input_shape: as for :func:`hwlib.conv.conv_matrix`.
        options: options of :func:`hwlib.conv.conv_matrix`.

    Returns:
        The norm from the matrix, to about the accuracy of float64.

    Raises:
        ValueError: as :func:`hwlib.conv.conv_matrix`.

    Example:
        >>> round(operator_norm([3.0], (4,)), 6)
        3.0
    """
    matrix = conv_matrix(np.asarray(kernel, float), input_shape, **options)
    if min(matrix.shape) < 3:  # too small for an iterative method
        return float(np.linalg.norm(matrix.toarray(), 2))
    start = np.random.default_rng(0).standard_normal(min(matrix.shape))
    return float(svds(matrix, 1, v0=start, return_singular_vectors=False)[0])


def power_iteration(kernel: npt.ArrayLike, input_shape: Sequence[int], *, steps: int, **options: Any) -> float:
    """Lower bound of :func:`operator_norm` by repeated convolution and transposed convolution.

    Args:
        kernel: as for :func:`hwlib.conv.conv_matrix`.
        input_shape: as for :func:`hwlib.conv.conv_matrix`.
        steps: rounds of one convolution and one transposed convolution; at least 1.
        options: options of :func:`hwlib.conv.conv_matrix`.

    Returns:
        By how much the last input was stretched, never more than the norm.

    Raises:
        ValueError: as :func:`hwlib.conv.conv_matrix`, or if there is no step.

    Example:
        >>> round(power_iteration([3.0], (4,), steps=2), 6)
        3.0
    """
    if steps < 1:
        raise ValueError(f"steps={steps!r}: accepted are whole numbers of at least 1")
    matrix = conv_matrix(np.asarray(kernel, float), input_shape, **options)
    image = np.random.default_rng(0).standard_normal(matrix.shape[1])
    for _ in range(steps):
        image /= np.linalg.norm(image)
        output = matrix @ image
        image = matrix.T @ output
    return float(np.linalg.norm(output))


def _checked(gradient: npt.ArrayLike, shape: tuple[int, ...]) -> Array:
    g = np.asarray(gradient)
    if g.shape != shape:
        raise ValueError(f"gradient has shape {g.shape}: accepted is the output's, {shape}")
    return g
