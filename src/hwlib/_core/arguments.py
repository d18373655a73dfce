"""Whole numbers that users pass, checked once for all modules."""

from __future__ import annotations

import operator
from collections.abc import Sequence

PerAxis = int | Sequence[int]


def per_axis(name: str, value: PerAxis, axes: int, *, least: int, accepted: str = "") -> tuple[int, ...]:
    """One whole number per spatial axis, from one for all or from one for each; a ValueError names what is wrong."""
    try:
        values = [operator.index(value)] * axes  # type: ignore[arg-type]
    except TypeError:
        values = value  # type: ignore[assignment]
    numbers = whole_numbers(name, values, least=least, accepted=accepted)
    if len(numbers) != axes:
        raise ValueError(
            f"{name}={value!r} for {axes} spatial axes: accepted are "
            + (accepted or f"one number or one per axis, at least {least}")
        )
    return numbers


def whole_numbers(name: str, values: Sequence[int], *, least: int, accepted: str = "") -> tuple[int, ...]:
    try:
        numbers = tuple(operator.index(value) for value in values)
    except TypeError:
        numbers = ()
    if not numbers or min(numbers) < least:
        raise ValueError(
            f"{name}={values!r}: accepted are " + (accepted or f"one or more whole numbers, each at least {least}")
        )
    return numbers
