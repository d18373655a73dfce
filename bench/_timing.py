"""Times that can be compared: every contender in turn, round after round, so that drift hits all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any


def medians(contenders: Mapping[str, Callable[[], Any]], *, rounds: int) -> dict[str, float]:
    """Median time of each contender in seconds, over rounds in which each runs once; the first round is a warm-up."""
    gc.collect()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            result = run()
            elapsed = time.perf_counter() - start
            del result
            if number:
                times[name].append(elapsed)
    return {name: median(values) for name, values in times.items()}
