"""Exact arithmetic beside floats: how many units in the last place a result is off, and at which float a form fails.

A unit in the last place (ulp) of a number is the gap between the floats around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray, Array
from hwlib.activations._floats import as_floats

__all__ = ["exact_log_softmax", "exact_log_sum_exp", "first_float", "ulp_error"]

# Of what is kept of a number. The difference of two floats is exact, whatever this says.
_BITS = 200


def exact_log_softmax(row: Any) -> list[Any]:
    """Logarithms of the softmax of a row of finite floats, to 50 digits or more.

    Args:
        row: ``(classes,)``, each at its exact value.

    Returns:
        One number of mpmath for each class, each correct relatively to 50 digits.

    Raises:
        ValueError: if it is no row of finite numbers, or empty.

    Source:
        Problem ``act-stable-logsoftmax``. Chapter: *Softmax knows only differences*.

    Example:
        >>> float(exact_log_softmax([0.0, -40.0])[0])
        -4.248354255291589e-18
    """
    import mpmath

    with mpmath.workprec(_BITS):
        _, distances, logarithm = _exact_parts(row)
        return [distance - logarithm for distance in distances]  # both of one sign: no digit is lost


def exact_log_sum_exp(row: Any) -> Any:
    """Logarithm of the sum of the exponentials of a row of finite floats, to 50 digits after the point or more.

    Args:
        row: ``(classes,)``, each at its exact value.

    Returns:
        A number of mpmath.

    Raises:
        ValueError: if it is no row of finite numbers, or empty.

    Source:
        Problem ``act-stable-logsoftmax``. Chapter: *Softmax knows only differences*.

    Example:
        >>> float(exact_log_sum_exp([1000.0, 1000.0]))
        1000.6931471805599
    """
    import mpmath

    with mpmath.workprec(2 * _BITS):  # the two may cancel, but for one part in 2**60 or so
        top, _, logarithm = _exact_parts(row)
    with mpmath.workprec(2 * _BITS + max(0, int(mpmath.mag(top)) if top else 0)):  # digits before the point come extra
        return top + logarithm


def ulp_error(computed: Any, exact: Sequence[Any] | Any) -> Array:
    """By how many units in the last place floats are off.

    The unit is that of the exact number among the floats of the computed one's type; below the smallest normal float
    it stays the same, and beyond the largest it is that of the largest.

    Args:
        computed: floats of any shape, float32 or float64.
        exact: as many numbers of mpmath, Fractions or floats; an infinite one is met by the same infinity only.

    Returns:
        Of the shape of computed. It is 0 where the float is exact, or rounded beyond the largest to infinity as it
        should be; infinite where it is NaN, or infinite and should not be.

    Raises:
        ValueError: if there are more of the one than of the other.

    Source:
        Problem ``act-stable-logsoftmax``. Chapter: *Softmax knows only differences*.

    Example:
        >>> from fractions import Fraction
        >>> round(float(ulp_error(0.1 + 0.2, Fraction(3, 10))), 2)
        0.8
    """
    floats = as_floats("computed", computed)
    numbers = list(exact) if floats.ndim else [exact]
    if len(numbers) != floats.size:
        raise ValueError(f"exact has {len(numbers)} numbers: accepted are as many as computed has, {floats.size}")
    errors = [_ulps(float(one), number, floats.dtype) for one, number in zip(floats.ravel(), numbers, strict=True)]
    return np.array(errors).reshape(floats.shape)


def first_float(fails: Callable[[Any], bool], start: Any, stop: Any) -> Any:
    """The first float on the way from one to another at which something fails, by bisection.

    It tries both ends, and then one float for each bit of the type at most: 34 trials in float32, 66 in float64.

    Args:
        fails: from a float to whether it fails. Once it has begun to fail it has to go on, up to stop.
        start: a NumPy float that does not fail; Python's are float64.
        stop: one of the same type that does.

    Returns:
        A NumPy float of that type.

    Raises:
        ValueError: if the types differ, start fails, or stop does not.

    Source:
        Problem ``act-stable-logsoftmax``. Chapter: *Softmax knows only differences*.

    Example:
        >>> with np.errstate(over="ignore"):
        ...     print(first_float(lambda x: np.isinf(np.exp(x)), np.float64(0), np.float64(1000)))
        709.7827128933841
    """
    one, other = as_floats("start", start), as_floats("stop", stop)
    if one.ndim or other.ndim or one.dtype != other.dtype or not np.isfinite([one, other]).all():
        raise ValueError(f"start={start!r}, stop={stop!r}: accepted are two finite floats of one type")
    kind = one.dtype.type
    whole = np.int32 if one.dtype == np.float32 else np.int64
    sign = np.iinfo(whole).min

    def place(number: AnyArray) -> int:
        """Floats in their order as whole numbers, minus zero and zero as one."""
        bits = int(number.view(whole))
        return bits if bits >= 0 else sign - bits

    def at(place: int) -> Any:
        return kind(whole(place if place >= 0 else sign - place).view(kind))

    right, wrong = place(one), place(other)
    if fails(at(right)) or not fails(at(wrong)):
        raise ValueError(
            f"start={start!r}, stop={stop!r}: accepted is a start that does not fail, and a stop that does"
        )
    while abs(wrong - right) > 1:
        middle = (right + wrong) // 2
        right, wrong = (right, middle) if fails(at(middle)) else (middle, wrong)
    return at(wrong)


def _exact_parts(row: Any) -> tuple[Any, list[Any], Any]:
    """The largest entry, what each is above it, and the logarithm of one and the others' exponentials."""
    import mpmath

    floats = as_floats("row", row)
    if floats.ndim != 1 or not floats.size or not np.isfinite(floats).all():
        raise ValueError(f"row of shape {floats.shape}: accepted are one or more finite numbers in a row")
    numbers = [mpmath.mpf(entry) for entry in floats.tolist()]
    first = int(floats.argmax())
    distances = [mpmath.fsub(number, numbers[first], exact=True) for number in numbers]
    others = [mpmath.exp(distance) for i, distance in enumerate(distances) if i != first]
    return numbers[first], distances, mpmath.log1p(mpmath.fsum(others))


def _ulps(computed: float, exact: Any, kind: Any) -> float:
    import mpmath

    limits = np.finfo(kind)
    with mpmath.workprec(_BITS):
        number = mpmath.mpmathify(exact) if not hasattr(exact, "denominator") else _ratio(exact)
        if mpmath.isinf(number) or mpmath.isnan(number) or not math.isfinite(computed):
            beyond = mpmath.ldexp(1, int(limits.maxexp)) - mpmath.ldexp(1, int(limits.maxexp - limits.nmant - 2))
            rounded = math.inf * mpmath.sign(number) if abs(number) >= beyond else math.nan
            return 0.0 if computed == rounded else math.inf
        power = mpmath.frexp(number)[1] - 1 if number else -math.inf
        unit = min(max(power, int(limits.minexp)), int(limits.maxexp) - 1) - int(limits.nmant)
        return abs(float(mpmath.ldexp(computed - number, -unit)))


def _ratio(number: Any) -> Any:
    import mpmath

    return mpmath.mpf(int(number.numerator)) / int(number.denominator)
