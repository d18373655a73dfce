"""Arrays out of what users pass: lists, NumPy arrays, torch tensors; nothing is cut off without a word."""

from __future__ import annotations

import contextlib
from numbers import Number, Real
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray, Array, Integers


def as_array(name: str, values: Any) -> AnyArray:
    """The values as an array, of the type they have; of a torch tensor the values alone, wherever it is.

    Args:
        name: of the argument, for the error.
        values: list, array or tensor.

    Returns:
        Array of any shape.

    Raises:
        ValueError: for rows of different lengths, masked entries, and tensors without values.

    Example:
        >>> as_array("x", [[1, 2]]).shape
        (1, 2)
    """
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked entries: accepted are arrays without")
    is_tensor = hasattr(values, "detach")
    if is_tensor and values.is_meta:
        raise ValueError(f"{name} is on the device meta: accepted are tensors with values")
    try:
        array = _tensor_values(values) if is_tensor else np.asarray(values)
    except (ValueError, TypeError, RuntimeError):
        raise ValueError(f"{name} is no array: accepted are numbers, in rows of one length") from None
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def as_numbers(name: str, values: Any, *, exact: bool = False, finite: bool = False, wide: bool = False) -> AnyArray:
    """The values as booleans, whole, real or complex numbers, of the type they have.

    Half precision (float16, bfloat16) becomes float32, which holds the same numbers.

    Args:
        name: of the argument, for the error.
        values: as for :func:`as_array`.
        exact: Fractions and SymPy expressions are taken, too; the array then has dtype object.
        finite: whether infinite values and NaN are refused.
        wide: booleans and small whole numbers become int64, so that sums of their products do not overflow.

    Returns:
        Array of any shape.

    Raises:
        ValueError: if an entry is no such number.

    Example:
        >>> as_numbers("image", [[True, False]], wide=True)
        array([[1, 0]])
    """
    array = as_array(name, values)
    if exact and array.dtype.kind == "O":
        for entry in array.flat:
            if not isinstance(entry, Number) and not hasattr(entry, "free_symbols"):
                raise ValueError(f"{name} holds {entry!r}: accepted are numbers and SymPy expressions")
        return array
    if array.dtype.kind not in "biufc":
        accepted = "booleans, whole, real and complex numbers" + (", Fractions, SymPy expressions" if exact else "")
        raise ValueError(f"{name} has the type {array.dtype}: accepted are {accepted}")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name} has entries that are infinite or NaN: accepted are finite numbers")
    if wide and array.dtype.kind in "biu":
        return whole_array(name, array)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def real_array(name: str, values: Any, *, finite: bool = True) -> Array:
    """The values as floats.

    Args:
        name: of the argument, for the error.
        values: as for :func:`as_array`; whole numbers, floats, Fractions, truth values.
        finite: whether infinite values and NaN are refused.

    Returns:
        Array in float64.

    Raises:
        ValueError: if an entry is no real number, or not finite.

    Example:
        >>> real_array("x", [1, 2])
        array([1., 2.])
    """
    array = as_array(name, values)
    if array.dtype.kind not in "biufO":
        raise ValueError(f"{name} has the type {array.dtype}: accepted are real numbers")
    if array.dtype.kind == "O" and not all(isinstance(entry, Real) for entry in array.flat):
        raise ValueError(f"{name} has entries that are no real numbers: accepted are real numbers")
    try:
        numbers = array.astype(np.float64)
    except OverflowError:
        raise ValueError(f"{name} has entries beyond the largest float: accepted are numbers below it") from None
    if finite and not np.isfinite(numbers).all():
        raise ValueError(f"{name} has entries that are infinite or NaN: accepted are finite numbers")
    return numbers


def whole_array(name: str, values: Any) -> Integers:
    """The values as whole numbers; none is rounded.

    Args:
        name: of the argument, for the error.
        values: as for :func:`as_array`; of any type, if each is a whole number.

    Returns:
        Array in int64.

    Raises:
        ValueError: if an entry is no whole number, or beyond 64 bits.

    Example:
        >>> whole_array("x", [1.0, 2.0])
        array([1, 2])
    """
    array = as_array(name, values)
    numbers = None
    # Beyond 64 bits the result of a cast is the machine's choice, and may look right.
    if array.dtype.kind in "biuO" or (array.dtype.kind == "f" and (abs(array) < 2.0**63).all()):
        with np.errstate(invalid="ignore"), contextlib.suppress(TypeError, ValueError, OverflowError):
            numbers = array.astype(np.int64)
    if numbers is None or not (numbers == array).all():
        raise ValueError(f"{name} has entries that are no whole numbers of 64 bits: accepted are whole numbers")
    return numbers


def summable(array: AnyArray) -> AnyArray:
    """Whole numbers whose sums might not fit into 64 bits as Python's own; all other arrays as they are.

    Args:
        array: numbers of any type.

    Returns:
        The array, or one of dtype object with the same numbers.

    Example:
        >>> summable(np.array([2**62, 2**62])).sum() == 2**63
        True
    """
    if array.dtype.kind in "iu" and sum(abs(int(number)) for number in array.flat) >= 2**63:
        return array.astype(object)
    return array


def brief(values: Any) -> str:
    """A vector or matrix in a few characters, for the repr of a result.

    Args:
        values: an array, or None.

    Returns:
        The entries of a vector of at most six, otherwise the shape.

    Example:
        >>> brief(np.array([1.0, 2.5])), brief(np.zeros((20, 3)))
        ('[1, 2.5]', 'array of shape (20, 3)')
    """
    if values is None:
        return "None"
    array = np.asarray(values)
    if array.ndim == 1 and array.size <= 6 and array.dtype.kind in "iuf":
        return "[" + ", ".join(f"{entry + 0:.6g}" for entry in array) + "]"
    return f"array of shape {array.shape}"


def _tensor_values(tensor: Any) -> AnyArray:
    try:
        array: AnyArray = tensor.numpy(force=True)
    except TypeError:  # a type that NumPy does not have, such as bfloat16
        array = tensor.float().numpy(force=True)
    return array
