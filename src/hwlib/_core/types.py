"""Types that every topic speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
RandomSource = int | np.random.Generator | None  # see :func:`hwlib._core.arguments.generator`
AnyArray = NDArray[Any]
Number = int | float | Fraction
Numbers = ArrayLike | Fraction | Sequence[Any]  # what becomes an array of float64 or of Fractions
