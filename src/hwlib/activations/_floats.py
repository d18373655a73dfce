"""What users pass, as floats: single precision stays single, everything else becomes double."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib._core.arrays import as_array, real_array
from hwlib._core.types import AnyArray


def as_floats(name: str, values: Any) -> AnyArray:
    """Real numbers as an array of float32 (also for half precision) or float64; infinite ones and NaN may be there."""
    array = as_array(name, values)
    if array.dtype in (np.float32, np.float16) or str(getattr(values, "dtype", "")) == "torch.bfloat16":
        return array.astype(np.float32, copy=False)
    return real_array(name, array, finite=False)
