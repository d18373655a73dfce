"""Phases of a kernel: which weights an output of a transposed convolution meets, and when none stands out.

With stride ``s`` an output meets the weights whose indices have its own remainder modulo ``s``: its phase. A flat
image stays flat inside exactly if all phases have the same sum.

Source: Odena, Dumoulin and Olah, *Deconvolution and checkerboard artifacts* (2016), made exact.
Chapter: *A checkerboard is a difference of phases*.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import whole
from hwlib._core.arrays import as_numbers, real_array, summable
from hwlib._core.exact import as_exact
from hwlib._core.types import AnyArray

__all__ = ["nearest_even_kernel", "phase_sums", "resize_factor"]


def phase_sums(kernel: npt.ArrayLike, stride: int) -> AnyArray:
    """Sums of the weights of a kernel that a stride keeps together.

    Args:
        kernel: ``(k1, ..., kd)``, numbers, fractions or symbols.
        stride: the stride along every axis; at least 1.

    Returns:
        ``(stride, ..., stride)``: entry ``(u, v, ...)`` sums the weights whose indices are ``(u, v, ...)`` modulo the
        stride, and is zero where there are none.

    Raises:
        ValueError: if the kernel has no axis or holds no numbers, or the stride is below 1.

    Example:
        >>> phase_sums([1, 2, 1], 2), phase_sums([1, 2, 3], 2)
        (array([2, 2]), array([4, 2]))
    """
    weights, stride = _weights(kernel), whole("stride", stride, least=1)
    sums = np.zeros((stride,) * weights.ndim, dtype=weights.dtype)
    for phase in np.ndindex(*sums.shape):
        sums[phase] = weights[_places(phase, stride)].sum()
    return sums


def nearest_even_kernel(kernel: npt.ArrayLike, stride: int) -> AnyArray:
    """The kernel with equal phase sums that is nearest, in the sum of the squares of what changes.

    Within a phase all weights change by the same number. The common sum is the mean of the phase sums, each weighted
    by one over the number of the phase's weights.

    Args:
        kernel: ``(k1, ..., kd)``, real numbers; along no axis fewer weights than the stride, so that no phase is empty.
        stride: the stride along every axis; at least 1.

    Returns:
        The kernel, of the same shape, in fractions for whole numbers and fractions, else in floats.

    Raises:
        ValueError: if the kernel has no axis or no real numbers, if the stride is below 1, or if a phase is empty.

    Example:
        >>> [str(weight) for weight in nearest_even_kernel([1, 1, 1], 2)]
        ['2/3', '4/3', '2/3']
    """
    weights, stride = _weights(kernel), whole("stride", stride, least=1)
    if min(weights.shape) < stride:
        raise ValueError(
            f"kernel of shape {weights.shape}: accepted are at least stride={stride} weights along an axis"
        )
    moved = as_exact("kernel", kernel)  # floats, too: their sums are neither rounded nor too large
    phases = [_places(phase, stride) for phase in np.ndindex(*(stride,) * weights.ndim)]
    counts = [Fraction(moved[phase].size) for phase in phases]
    common = sum(moved[phase].sum() / count for phase, count in zip(phases, counts, strict=True))
    common = common / sum(1 / count for count in counts)
    for phase, count in zip(phases, counts, strict=True):
        moved[phase] += (common - moved[phase].sum()) / count
    return moved if weights.dtype.kind in "biuO" else real_array("the nearest kernel", moved)


def resize_factor(kernel: npt.ArrayLike, stride: int) -> AnyArray:
    """The kernel ``q`` of which a kernel with equal phase sums is the repetition: ``kernel = (1, ..., 1) * q``.

    The transposed convolution with the kernel then repeats every sample ``stride`` times and convolves with ``q``.

    Args:
        kernel: ``(k,)``, real numbers, floats at their exact value; its phase sums are equal.
        stride: number of ones; at least 1, at most ``k``.

    Returns:
        ``(k - stride + 1,)``, fractions.

    Raises:
        ValueError: if the kernel has not one axis, the stride is out of range, or the phase sums differ.

    Example:
        >>> [str(weight) for weight in resize_factor([1, 3, 4, 2], 2)]
        ['1', '2', '2']
    """
    weights, stride = as_exact("kernel", kernel), whole("stride", stride, least=1)
    if weights.ndim != 1 or len(weights) < stride:
        raise ValueError(f"kernel of shape {weights.shape}: accepted is one axis of at least stride={stride} weights")
    sums = phase_sums(weights, stride)
    if len(set(sums)) > 1:
        raise ValueError(f"kernel with phase sums {', '.join(map(str, sums))}: accepted are equal ones")
    factor = np.empty(len(weights) - stride + 1, dtype=object)
    for place in range(len(factor)):  # (1 - z) w(z) = (1 - z^s) q(z), coefficient by coefficient
        factor[place] = weights[place] - (weights[place - 1] if place else 0)
        factor[place] += factor[place - stride] if place >= stride else 0
    return factor


def _weights(kernel: npt.ArrayLike) -> AnyArray:
    weights = as_numbers("kernel", kernel, exact=True, finite=True, wide=True)
    if weights.ndim == 0:
        raise ValueError(f"kernel={weights.item()!r}: accepted is an array with an axis")
    return summable(weights)


def _places(phase: tuple[int, ...], stride: int) -> tuple[slice, ...]:
    """The weights of a phase."""
    return tuple(slice(start, None, stride) for start in phase)
