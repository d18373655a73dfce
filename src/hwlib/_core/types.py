"""Types that every topic speaks of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
RandomSource = int | np.random.Generator | None  # see :func:`hwlib._core.arguments.generator`
AnyArray = NDArray[Any]
