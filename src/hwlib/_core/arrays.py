"""Arrays out of what users pass: lists, NumPy arrays, torch tensors; nothing is cut off without a word."""

from __future__ import annotations

import contextlib
from numbers import Real
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
    if hasattr(values, "detach"):
        if values.is_meta:
            raise ValueError(f"{name} is on the device meta: accepted are tensors with values")
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":  # the one that NumPy does not have
            values = values.float()
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError):
        raise ValueError(f"{name} is no array: accepted are numbers, in rows of one length") from None


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
    numbers = array.astype(np.float64)
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
    if array.dtype.kind in "biufO":
        with np.errstate(invalid="ignore"), contextlib.suppress(TypeError, ValueError, OverflowError):
            numbers = array.astype(np.int64)
    if numbers is None or not (numbers == array).all():
        raise ValueError(f"{name} has entries that are no whole numbers of 64 bits: accepted are whole numbers")
    return numbers


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
        return "[" + ", ".join(f"{entry:.6g}" for entry in array) + "]"
    return f"array of shape {array.shape}"
