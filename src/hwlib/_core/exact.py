"""Numbers as Fractions, where a result is to be exact, or as float64."""

from __future__ import annotations

import math
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from hwlib._core.arrays import as_array, real_array
from hwlib._core.types import AnyArray


def has_fractions(array: AnyArray) -> bool:
    """Whether there is a Fraction, or another rational number that is not an int, among the numbers."""
    return array.dtype == object and any(
        isinstance(number, Rational) and not isinstance(number, int | np.integer) for number in array.flat
    )


def as_exact(name: str, values: Any) -> AnyArray:
    """The values as Fractions, floats at their exact value.

    Args:
        name: of the argument, for the error.
        values: as for :func:`hwlib._core.arrays.as_array`; finite real numbers.

    Returns:
        Array of dtype object, of any shape.

    Raises:
        ValueError: if an entry is no finite real number.

    Example:
        >>> as_exact("x", [1, 0.5]).tolist()
        [Fraction(1, 1), Fraction(1, 2)]
    """
    array = as_array(name, values)
    made = np.empty(array.shape, dtype=object)
    made.ravel()[:] = [_fraction(name, number) for number in array.ravel().tolist()]
    return made


def as_reals(name: str, values: Any, *, exact: bool | None = None) -> AnyArray:
    """The values as Fractions or as float64.

    Args:
        name: of the argument, for the error.
        values: as for :func:`hwlib._core.arrays.as_array`; finite real numbers.
        exact: which of the two; without it Fractions if there is one among the values.

    Returns:
        A new array, of any shape.

    Raises:
        ValueError: if an entry is no finite real number.

    Example:
        >>> as_reals("x", [1, 0.5]), as_reals("x", [1, Fraction(1, 2)])
        (array([1. , 0.5]), array([Fraction(1, 1), Fraction(1, 2)], dtype=object))
    """
    array = as_array(name, values)
    if exact is None:
        exact = has_fractions(array)
    return as_exact(name, array) if exact else real_array(name, array)


def plain(array: AnyArray) -> Any:
    """The number itself where there is only one."""
    return array.item() if array.ndim == 0 else array


def _fraction(name: str, number: Any) -> Fraction:
    if isinstance(number, Fraction):
        return number
    if isinstance(number, Rational):
        return Fraction(int(number.numerator), int(number.denominator))
    if isinstance(number, float | np.floating) and math.isfinite(number):
        return Fraction(float(number))
    raise ValueError(f"{name} holds {number!r}: accepted are finite real numbers")
