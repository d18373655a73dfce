"""Times that can be compared."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any


def medians(contenders: Mapping[str, Callable[[], Any]], *, rounds: int) -> dict[str, float]:
    """Median time of each contender in seconds.

    In every round each contender runs twice in a row and the second run counts: so all are timed under the same
    drift of the machine, and each with caches and memory as its own last run left them.
    """
    gc.collect()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            run()
            start = time.perf_counter()
            result = run()
            times[name].append(time.perf_counter() - start)
            del result
    return {name: median(values) for name, values in times.items()}
