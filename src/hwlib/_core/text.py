"""Numbers and formulas in words."""

from __future__ import annotations

from collections.abc import Sequence

from hwlib._core.types import Number


def affine_text(coefficients: Sequence[Number], names: Sequence[str]) -> str:
    """A sum of multiples as a student would write it.

    Args:
        coefficients: one for each name.
        names: what they multiply; an empty name stands for the constant.

    Returns:
        The sum, without what is multiplied by zero.

    Example:
        >>> affine_text([3, -1, 0, -2], ["x1", "x2", "x3", ""])
        '3x1 - x2 - 2'
    """
    text = ""
    for factor, name in zip(coefficients, names, strict=True):
        if factor:
            size = "" if abs(factor) == 1 and name else str(abs(factor))
            text += ((" - " if factor < 0 else " + ") if text else ("-" if factor < 0 else "")) + size + name
    return text or "0"
