"""Bits of words, and tables that grow, as machine code."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array

ONE = np.uint64(1)
# Where the lowest bit of a word stands: a de Bruijn sequence moves a different six bits to the top for each.
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_TOP = np.uint64(58)
_PLACES = np.zeros(64, np.int64)
for _place in range(64):
    _PLACES[(0x03F79D71B4CB0A89 << _place & 2**64 - 1) >> 58] = _place


@numba.njit(inline="always")
def lowest(word: Any) -> Any:
    """Number of the lowest bit of a word that is not zero."""
    return _PLACES[((word & (~word + ONE)) * _DE_BRUIJN) >> _TOP]


@numba.njit
def with_room(table: Array, rows: int) -> Array:
    """The table, or a copy with at least that many rows."""
    if rows <= len(table):
        return table
    larger = np.empty((max(rows, 2 * len(table)), table.shape[1]), table.dtype)
    larger[: len(table)] = table
    return larger
