"""Linear maps that commute with shifts: circular convolutions, how to tell them, and how Fourier computes them.

Chapter: *A linear map that commutes with shifts is a convolution*.

Pixels stand on a ring along each axis: after the last comes the first again. The kernel is not flipped, as everywhere
in this package: y(i) = sum over a of w(a) x(i + a).

Sources: Gray, *Toeplitz and Circulant Matrices: A Review* (2006); Pollard, *The Fast Fourier Transform in a Finite
Field* (1971).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from hwlib._core.arguments import PerAxis, per_axis, whole, whole_numbers
from hwlib._core.arrays import as_numbers, summable, whole_array
from hwlib._core.results import stored_results
from hwlib._core.types import AnyArray
from hwlib.conv._plan import Padding, conv_plan

__all__ = [
    "circular_conv_matrix",
    "circular_kernel",
    "commutes_with_shifts",
    "fourier_convolution",
    "measured_convolutions",
    "modular_convolution",
    "modular_fourier",
]


def circular_conv_matrix(kernel: npt.ArrayLike, input_shape: Sequence[int], *, stride: PerAxis = 1) -> AnyArray:
    """The matrix of a circular convolution: beyond the last pixel of an axis comes the first again.

    With one axis and stride 1 it is a *circulant*: each row is the row above, moved on by one.

    Args:
        kernel: ``(k1, ..., kd)``, one channel; numbers, Fractions or SymPy expressions. Weights that meet the same
            pixel, in a kernel that is longer than the ring, are added.
        input_shape: ``(n1, ..., nd)``.
        stride: step between neighbouring outputs; one number or one per axis, each a divisor of the axis' size.

    Returns:
        Dense array ``(m1 ... md, n1 ... nd)`` with m = n / stride along each axis.

    Raises:
        ValueError: if the kernel has no weights, kernel and input have different numbers of axes, or a stride does not
            divide its axis.

    Example:
        >>> circular_conv_matrix([2, 1, 0, 3], (4,))
        array([[2, 1, 0, 3],
               [3, 2, 1, 0],
               [0, 3, 2, 1],
               [1, 0, 3, 2]])
    """
    weights = summable(as_numbers("kernel", kernel, exact=True, wide=True))
    shape, steps = _ring("input_shape", input_shape, stride)
    if weights.ndim != len(shape):
        raise ValueError(f"input_shape={shape}: accepted is one number for each of the kernel's {weights.ndim} axes")
    if not weights.size:
        raise ValueError(f"kernel has shape {weights.shape}: accepted is at least one weight along each axis")
    outputs = tuple(n // s for n, s in zip(shape, steps, strict=True))
    places = [np.indices(outputs)[axis].ravel() * step for axis, step in enumerate(steps)]
    rows = np.arange(math.prod(outputs))
    matrix: AnyArray = np.zeros((rows.size, math.prod(shape)), weights.dtype)
    for tap in np.ndindex(*weights.shape):
        columns = np.ravel_multi_index(tuple(p + a for p, a in zip(places, tap, strict=True)), shape, mode="wrap")
        matrix[rows, columns] += weights[tap]
    return matrix


def commutes_with_shifts(matrix: Any, input_shape: Sequence[int], *, stride: PerAxis = 1) -> bool:
    """Whether a linear map does to a moved image what it did to the image, moved: the test of a circular convolution.

    On a ring of pixels along each axis: moving the input by ``stride`` moves the output by one. Numbers are compared
    exactly, expressions after expanding and, if that does not settle it, simplifying them.

    Args:
        matrix: ``(m1 ... md, n1 ... nd)``, dense or sparse; numbers, Fractions or SymPy expressions.
        input_shape: ``(n1, ..., nd)``.
        stride: pixels of the input for one of the output; one number or one per axis, m = n / stride.

    Returns:
        Whether it does, for every image and along every axis.

    Raises:
        ValueError: if the matrix is not of that shape, or a stride does not divide its axis.

    Example:
        >>> commutes_with_shifts([[1, 2], [2, 1]], (2,)), commutes_with_shifts([[1, 0], [0, 2]], (2,))
        (True, False)
    """
    entries, shape, outputs, steps = _map(matrix, input_shape, stride)
    whole_map = entries.reshape(*outputs, *shape)
    for axis, step in enumerate(steps):
        # Entry (r, c) is the weight from pixel c to output r; moving both must not change it.
        moved = np.roll(np.roll(whole_map, 1, axis), step, len(outputs) + axis)
        same = np.array_equal(moved, whole_map)
        if not same and (entries.dtype != object or not all(map(_same, moved.flat, whole_map.flat))):
            return False
    return True


def circular_kernel(matrix: Any, input_shape: Sequence[int]) -> AnyArray:
    """The kernel of a linear map that commutes with shifts: its first row, in the input's shape.

    Args:
        matrix: ``(n1 ... nd, n1 ... nd)``, as for :func:`commutes_with_shifts`.
        input_shape: ``(n1, ..., nd)``.

    Returns:
        ``(n1, ..., nd)``: the only kernel of that shape whose :func:`circular_conv_matrix` is the matrix.

    Raises:
        ValueError: if the matrix is not of that shape, or does not commute with shifts.

    Example:
        >>> circular_kernel([[1, 2, 0], [0, 1, 2], [2, 0, 1]], (3,))
        array([1, 2, 0])
    """
    entries, shape, _, _ = _map(matrix, input_shape, 1)
    if not commutes_with_shifts(entries, shape):
        raise ValueError("matrix does not commute with shifts: accepted are matrices of circular convolutions")
    kernel: AnyArray = entries[0].reshape(shape).copy()
    return kernel


def fourier_convolution(kernel: npt.ArrayLike, image: npt.ArrayLike, *, padding: Padding = 0) -> AnyArray:
    """A convolution with stride 1 by the Fourier transform: transform, multiply, transform back.

    The padded image is put on a ring that is at least as long, so no output reads across the border.

    Args:
        kernel: ``(k1, ..., kd)``, real or complex numbers.
        image: ``(n1, ..., nd)``, real or complex numbers.
        padding: see :func:`hwlib.conv.output_shape`.

    Returns:
        ``(m1, ..., md)``, floats: those of the matrix :func:`hwlib.conv.conv_matrix`, up to rounding.

    Raises:
        ValueError: if an entry is not finite, the kernel does not fit, or the numbers of axes differ.

    Example:
        >>> fourier_convolution([1, 1], [1, 2, 4]).round(12)
        array([3., 6.])
    """
    weights = as_numbers("kernel", kernel, finite=True)
    padded, output = _padded(weights, as_numbers("image", image, finite=True), padding)
    sizes = [fft.next_fast_len(n, real=True) for n in padded.shape]
    if weights.dtype.kind == "c" or padded.dtype.kind == "c":
        product: AnyArray = fft.ifftn(fft.fftn(padded, sizes) * fft.fftn(weights.conj(), sizes).conj())
    else:
        product = fft.irfftn(fft.rfftn(padded, sizes) * fft.rfftn(weights, sizes).conj(), sizes)
    found: AnyArray = product[tuple(map(slice, output))]
    return found


def modular_convolution(kernel: npt.ArrayLike, image: npt.ArrayLike, *, padding: Padding = 0) -> AnyArray:
    """A convolution of whole numbers with stride 1 by Fourier transforms modulo a prime: no rounding at all.

    The prime is large enough that no output is reduced. The transforms are products with a matrix: this shows that the
    convolution theorem holds exactly, and is not meant to be fast.

    Args:
        kernel: ``(k1, ..., kd)``, whole numbers.
        image: ``(n1, ..., nd)``, whole numbers.
        padding: see :func:`hwlib.conv.output_shape`.

    Returns:
        ``(m1, ..., md)``, whole numbers; Python's own where 64 bits might not hold them.

    Raises:
        ValueError: if an entry is no whole number, the kernel does not fit, or the numbers of axes differ.

    Example:
        >>> modular_convolution([1, 1], [1, 2, 4])
        array([3, 6])
    """
    weights = whole_array("kernel", kernel)
    padded, output = _padded(weights, whole_array("image", image), padding)
    largest = sum(abs(int(w)) for w in weights.flat) * max(abs(int(x)) for x in padded.flat)
    modulus, roots = _prime_with_roots(padded.shape, 2 * largest + 1)
    widened = [(0, n - k) for k, n in zip(weights.shape, padded.shape, strict=True)]
    kernel_waves, image_waves = np.pad(weights, widened).astype(object), padded.astype(object)
    for axis, root in enumerate(roots):
        inverse = pow(root, -1, modulus)  # the kernel goes against the wave: see circular_eigenvalues
        kernel_waves = _along(axis, kernel_waves, root=inverse, modulus=modulus)
        image_waves = _along(axis, image_waves, root=root, modulus=modulus)
    product = kernel_waves * image_waves % modulus
    for axis, root in enumerate(roots):
        product = _along(axis, product, root=root, modulus=modulus, inverse=True)
    kept = product[tuple(map(slice, output))]
    signed: AnyArray = np.where(kept > modulus // 2, kept - modulus, kept)
    return signed.astype(np.int64) if largest < 2**63 else signed


def modular_fourier(signal: npt.ArrayLike, *, root: int, modulus: int, inverse: bool = False) -> AnyArray:
    """The Fourier transform in whole numbers modulo a prime: X(f) = sum over i of x(i) root^(-f i).

    Args:
        signal: ``(..., n)``, whole numbers; the last axis is transformed.
        root: a number whose n-th power is the first that is 1, modulo the prime.
        modulus: the prime.
        inverse: from X back to x = (1 / n) sum over f of X(f) root^(f i).

    Returns:
        ``(..., n)``, Python's whole numbers from 0 to modulus - 1.

    Raises:
        ValueError: if an entry is no whole number, the modulus is no prime, or the root is none of order n.

    Example:
        >>> modular_fourier([1, 0, 0, 0], root=2, modulus=5).tolist()
        [1, 1, 1, 1]
        >>> modular_fourier(modular_fourier([3, 1, 0, 4], root=2, modulus=5), root=2, modulus=5, inverse=True).tolist()
        [3, 1, 0, 4]
    """
    import sympy

    values = _wholes("signal", signal)
    n, root, modulus = values.shape[-1], whole("root", root), whole("modulus", modulus, least=2)
    if not sympy.isprime(modulus):
        raise ValueError(f"modulus={modulus}: accepted are prime numbers")
    if not _has_order(root, n, modulus):
        raise ValueError(f"root={root}: accepted are numbers whose power {n} is the first that is 1 modulo {modulus}")
    base = root if inverse else pow(root, -1, modulus)
    powers = list(itertools.accumulate(range(n - 1), lambda power, _: power * base % modulus, initial=1))
    matrix = np.array([[powers[f * i % n] for f in range(n)] for i in range(n)], dtype=object)
    transformed: AnyArray = values @ matrix % modulus
    return transformed * pow(n, -1, modulus) % modulus if inverse else transformed


def measured_convolutions() -> dict[str, Any]:
    """Stored times of four ways to convolve and of PyTorch's, from ``experiments/convolutions.py``.

    Returns:
        ``"provenance"`` (settings, versions, machine) and ``"results"``: for each kernel size ``k`` the stored
        ``entries`` of its matrix, the seconds to ``build`` it, and ``seconds``: name of the way to processor times of
        all rounds, the shortest first. ``"sha256"`` is the results' checksum.

    Raises:
        ValueError: if the results are not those of the checksum.

    Example:
        >>> sorted(measured_convolutions()["results"][0]["seconds"])
        ['Fourier', 'PyTorch', 'direct', 'im2col', 'matrix']
    """
    return stored_results("hwlib.conv", "convolutions", script="convolutions")


def _same(one: Any, other: Any) -> bool:
    """Whether two entries are equal, whatever form an expression has."""
    if one == other or not (hasattr(one, "free_symbols") or hasattr(other, "free_symbols")):
        return bool(one == other)
    import sympy

    difference = sympy.expand(one - other)
    return bool(difference == 0 or sympy.simplify(difference) == 0)


def _wholes(name: str, values: Any) -> AnyArray:
    """Whole numbers of any size, as Python's own."""
    array = as_numbers(name, values, exact=True)
    if not array.ndim or not array.shape[-1]:
        raise ValueError(f"{name} has shape {array.shape}: accepted is at least one entry along the last axis")
    if array.dtype.kind != "O":
        return whole_array(name, array).astype(object)
    made = np.empty(array.shape, dtype=object)
    for place, entry in np.ndenumerate(array):
        try:
            made[place] = int(entry)
        except (TypeError, ValueError, OverflowError):
            made[place] = None
        if made[place] != entry:
            raise ValueError(f"{name} holds {entry!r}: accepted are whole numbers")
    return made


def _ring(name: str, input_shape: Sequence[int], stride: PerAxis) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Sizes of the axes, and the stride along each, which divides the size."""
    shape = whole_numbers(name, input_shape, least=1)
    steps = per_axis("stride", stride, len(shape), least=1)
    if any(n % s for n, s in zip(shape, steps, strict=True)):
        raise ValueError(f"stride={stride!r}: accepted are divisors of {shape}, axis by axis")
    return shape, steps


def _map(
    matrix: Any, input_shape: Sequence[int], stride: PerAxis
) -> tuple[AnyArray, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The matrix as a dense array, the shapes of its input and output, and the strides."""
    shape, steps = _ring("input_shape", input_shape, stride)
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    entries = as_numbers("matrix", dense, exact=True)
    outputs = tuple(n // s for n, s in zip(shape, steps, strict=True))
    if entries.shape != (accepted := (math.prod(outputs), math.prod(shape))):
        raise ValueError(f"matrix has shape {entries.shape}: accepted is {accepted}")
    return entries, shape, outputs, steps


def _padded(weights: AnyArray, pixels: AnyArray, padding: Padding) -> tuple[AnyArray, tuple[int, ...]]:
    """The image with its padding, and the shape of the output."""
    if weights.ndim != pixels.ndim:
        raise ValueError(f"image has shape {pixels.shape}: accepted is one axis for each of {weights.shape}")
    plan = conv_plan(weights.shape, pixels.shape, padding=padding)
    return np.pad(pixels, plan.pads), plan.output


def _along(axis: int, values: AnyArray, *, root: int, modulus: int, inverse: bool = False) -> AnyArray:
    """The transform modulo a prime along any axis."""
    moved = modular_fourier(np.moveaxis(values, axis, -1), root=root, modulus=modulus, inverse=inverse)
    return np.moveaxis(moved, -1, axis)


def _has_order(root: int, n: int, modulus: int) -> bool:
    """Whether n is the first power of the root that is 1."""
    import sympy

    divisors = [n // prime for prime in sympy.primefactors(n)]
    return pow(root, n, modulus) == 1 and all(pow(root, d, modulus) != 1 for d in divisors)


def _prime_with_roots(sizes: tuple[int, ...], least: int) -> tuple[int, list[int]]:
    """A prime of at least that size, and for each n a number of order n modulo it."""
    import sympy

    step = math.lcm(*sizes)
    modulus = next(p for c in itertools.count(max(1, -(-least // step))) if sympy.isprime(p := c * step + 1))
    generators = (g for g in itertools.count(1) if _has_order(pow(g, (modulus - 1) // step, modulus), step, modulus))
    root = pow(next(generators), (modulus - 1) // step, modulus)
    return modulus, [pow(root, step // n, modulus) for n in sizes]
