"""The transposed convolution, and the sub-pixel convolution that equals it (chapter *Transposing a convolution*).

A transposed convolution is the transpose of a convolution's matrix, no more: what a convolution gathers into one
pixel, its transpose spreads over the same pixels. Kernels with channels have PyTorch's layout
``(i, o / groups, k1, ..., kd)``: it is the layout ``(out, in / groups, ...)`` of the convolution that is transposed.
Plain kernels ``(k1, ..., kd)`` have no channel axes, as in :mod:`hwlib.conv`.

Sources: Dumoulin & Visin, *A guide to convolution arithmetic for deep learning* (2016), chapter 4; Shi et al.,
*Is the deconvolution layer the same as a convolutional layer?* (2016); problems ``conv-transpose-matrix``,
``conv-subpixel``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from hwlib._core.arguments import PerAxis, whole, whole_numbers
from hwlib._core.arrays import as_numbers
from hwlib._core.types import AnyArray
from hwlib.conv._matrix import matrix_of, numeric_weights, symbolic_matrix_of, symbolic_weights
from hwlib.conv._plan import TransposedPlan, transposed_plan

if TYPE_CHECKING:
    import sympy

__all__ = [
    "conv_transpose_matrix",
    "conv_transpose_output_shape",
    "pixel_shuffle_matrix",
    "subpixel_kernel",
    "symbolic_conv_transpose_matrix",
    "transposed_kernel",
]


def conv_transpose_output_shape(
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> tuple[int, ...]:
    """Shape of a transposed convolution's output: (n - 1) s - 2p + d (k - 1) + 1 + output_padding along each axis.

    Args:
        kernel_shape: ``(k1, ..., kd)``, or ``(i, o / groups, k1, ..., kd)`` with channels.
        input_shape: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)`` with channels.
        stride: distance of the places where neighbouring input pixels put the kernel; at least 1.
        padding: rows cut off on each side: the padding of the convolution that is transposed.
        output_padding: rows added at the end of an axis, less than its stride or its dilation. It tells apart the
            sizes that the convolution sends to the same size.
        dilation: distance between neighbouring taps; at least 1.
        groups: number of groups that the channels are split into.

    Returns:
        ``(m1, ..., md)``, or ``(o, m1, ..., md)`` with channels.

    Raises:
        ValueError: if an argument is not of these forms, or nothing is left of the output.

    Example:
        >>> conv_transpose_output_shape((2, 2), (2, 2), stride=2)
        (4, 4)
    """
    return transposed_plan(
        kernel_shape,
        input_shape,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    ).output_shape


def conv_transpose_matrix(
    kernel: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> sparse.csr_array:
    """The matrix of a transposed convolution: the transpose of the matrix of a convolution with the same kernel.

    Args:
        kernel: weights, ``(k1, ..., kd)`` or ``(i, o / groups, k1, ..., kd)``.
        input_shape: ``(n1, ..., nd)``, or ``(i, n1, ..., nd)`` with channels.
        stride: see :func:`conv_transpose_output_shape`.
        padding: see :func:`conv_transpose_output_shape`.
        output_padding: see :func:`conv_transpose_output_shape`.
        dilation: see :func:`conv_transpose_output_shape`.
        groups: see :func:`conv_transpose_output_shape`.

    Returns:
        Sparse matrix with one row per output entry and one column per input entry.

    Raises:
        ValueError: as :func:`conv_transpose_output_shape` and :func:`hwlib.conv.conv_matrix`.

    Example:
        >>> conv_transpose_matrix([1, 2, 3], (2,), stride=2).toarray()
        array([[1, 0],
               [2, 0],
               [3, 1],
               [0, 2],
               [0, 3]])
    """
    weights = numeric_weights(kernel)
    plan = transposed_plan(
        weights.shape,
        input_shape,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )
    return matrix_of(weights, plan.forward)[_rows(plan)].T.tocsr()


def symbolic_conv_transpose_matrix(
    kernel: npt.ArrayLike,
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> sympy.SparseMatrix:
    """The matrix of :func:`conv_transpose_matrix` for weights that are symbols or exact numbers.

    Args:
        kernel: array or nested lists of anything SymPy takes.
        input_shape: as for :func:`conv_transpose_matrix`, as are the options.
        stride: see :func:`conv_transpose_output_shape`.
        padding: see :func:`conv_transpose_output_shape`.
        output_padding: see :func:`conv_transpose_output_shape`.
        dilation: see :func:`conv_transpose_output_shape`.
        groups: see :func:`conv_transpose_output_shape`.

    Returns:
        SymPy matrix.

    Raises:
        ValueError: as :func:`conv_transpose_matrix`.

    Example:
        >>> from hwlib.conv import symbol_array
        >>> symbolic_conv_transpose_matrix(symbol_array("w", (2,)), (2,))
        Matrix([
        [w_{0},     0],
        [w_{1}, w_{0}],
        [    0, w_{1}]])
    """
    weights = symbolic_weights(kernel)
    plan = transposed_plan(
        weights.shape,
        input_shape,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )
    forward = symbolic_matrix_of(weights, plan.forward)
    return forward.extract(_rows(plan).tolist(), list(range(forward.cols))).T


def subpixel_kernel(kernel: npt.ArrayLike, factor: int) -> AnyArray:
    """The kernel of the ordinary convolution that, followed by a pixel shuffle, is a transposed convolution.

    For weights W of a transposed convolution with stride r, the phase (u, v) of its output is an ordinary
    convolution with every r-th weight, turned round::

        V[o r^2 + u r + v, i, a, b] = W[i, o, r (k - 1 - a) + u, r (k - 1 - b) + v]

    and likewise in any number of dimensions. A kernel whose size r does not divide is filled up with zeros at its
    end first, to r k with k = ceil(size / r).

    Args:
        kernel: weights of the transposed convolution, ``(i, o, K1, ..., Kd)``, without groups.
        factor: the stride r, which is the factor of the pixel shuffle.

    Returns:
        Weights ``(o r^d, i, k1, ..., kd)``, for a convolution with stride 1 and padding k - 1.

    Raises:
        ValueError: if the kernel has no spatial axis or the factor is no positive whole number.

    Example:
        >>> subpixel_kernel(np.arange(4).reshape(1, 1, 2, 2), 2).ravel()
        array([0, 1, 2, 3])
    """
    weights, factor = _with_channels(kernel), whole("factor", factor, least=1)
    dimensions = weights.ndim - 2
    sizes = [math.ceil(size / factor) for size in weights.shape[2:]]
    missing = [(0, factor * k - size) for k, size in zip(sizes, weights.shape[2:], strict=True)]
    filled = np.pad(weights, [(0, 0), (0, 0), *missing])
    inputs, outputs = filled.shape[:2]
    # (i, o, k1, r, ..., kd, r) -> (o, r, ..., r, i, k1, ..., kd)
    split = filled.reshape(inputs, outputs, *itertools.chain.from_iterable((k, factor) for k in sizes))
    taps, phases = [2 + 2 * axis for axis in range(dimensions)], [3 + 2 * axis for axis in range(dimensions)]
    phase_first = split.transpose(1, *phases, 0, *taps).reshape(outputs * factor**dimensions, inputs, *sizes)
    return np.flip(phase_first, tuple(range(2, phase_first.ndim))).copy()


def transposed_kernel(kernel: npt.ArrayLike, factor: int) -> AnyArray:
    """The other direction of :func:`subpixel_kernel`: from a convolution with a pixel shuffle to a transposed one.

    Args:
        kernel: weights of the convolution, ``(o r^d, i, k1, ..., kd)``.
        factor: the factor r of the pixel shuffle.

    Returns:
        Weights ``(i, o, r k1, ..., r kd)`` of the transposed convolution with stride r.

    Raises:
        ValueError: if r^d does not divide the number of output channels.

    Example:
        >>> transposed_kernel(np.arange(4).reshape(4, 1, 1, 1), 2)[0, 0]
        array([[0, 1],
               [2, 3]])
    """
    weights, factor = _with_channels(kernel), whole("factor", factor, least=1)
    dimensions, sizes = weights.ndim - 2, weights.shape[2:]
    channels, inputs = weights.shape[:2]
    outputs, rest = divmod(channels, factor**dimensions)
    if rest:
        raise ValueError(
            f"kernel has {channels} output channels: accepted are multiples of factor^{dimensions} = "
            f"{factor**dimensions}"
        )
    flipped = np.flip(weights, tuple(range(2, weights.ndim)))
    # (o, r, ..., r, i, k1, ..., kd) -> (i, o, k1, r, ..., kd, r)
    split = flipped.reshape(outputs, *[factor] * dimensions, inputs, *sizes)
    pairs = itertools.chain.from_iterable((2 + dimensions + axis, 1 + axis) for axis in range(dimensions))
    return split.transpose(1 + dimensions, 0, *pairs).reshape(inputs, outputs, *(factor * k for k in sizes))


def pixel_shuffle_matrix(input_shape: Sequence[int], factor: int) -> sparse.csr_array:
    """The permutation that puts r^d channels of a feature map side by side as sub-pixels.

    Channel ``o r^2 + u r + v`` at (p, q) goes to channel o at (r p + u, r q + v), as ``torch.nn.PixelShuffle`` does,
    and likewise in any number of dimensions.

    Args:
        input_shape: ``(o r^d, n1, ..., nd)``.
        factor: the factor r.

    Returns:
        Permutation matrix P; ``P @ y.ravel()`` is the shuffled feature map ``(o, r n1, ..., r nd)``, flattened.

    Raises:
        ValueError: if r^d does not divide the number of channels.

    Example:
        >>> pixel_shuffle_matrix((2, 2), 2) @ [1, 2, 30, 40]
        array([ 1, 30,  2, 40])
    """
    factor = whole("factor", factor, least=1)
    channels, *size = whole_numbers("input_shape", input_shape, least=1)
    dimensions = len(size)
    if not size or channels % factor**dimensions:
        raise ValueError(
            f"input_shape={(channels, *size)}: accepted are (channels, n1, ..., nd) whose channels "
            f"factor^d = {factor}^{dimensions} divides"
        )
    numbers = np.arange(channels * math.prod(size)).reshape(-1, *[factor] * dimensions, *size)
    pairs = itertools.chain.from_iterable((1 + dimensions + axis, 1 + axis) for axis in range(dimensions))
    sources = numbers.transpose(0, *pairs).reshape(-1)
    shape = (sources.size, sources.size)
    return sparse.csr_array((np.ones(sources.size, int), sources, np.arange(sources.size + 1)), shape=shape)


def _rows(plan: TransposedPlan) -> npt.NDArray[np.intp]:
    """Rows of the forward convolution's matrix that stand for an input pixel of the transposed one."""
    outputs = plan.forward.output_shape
    numbers = np.arange(math.prod(outputs)).reshape(outputs)
    return numbers[tuple(slice(size) for size in plan.input_shape)].reshape(-1)


def _with_channels(kernel: npt.ArrayLike) -> AnyArray:
    weights = as_numbers("kernel", kernel, exact=True)
    if weights.ndim < 3:
        raise ValueError(
            f"kernel has shape {weights.shape}: accepted are two channel axes and one spatial axis or more"
        )
    return weights
