"""Times that can be compared."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
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


def in_one_thread(module: str) -> None:
    """Run a benchmark in a process of its own that has one thread for products of matrices.

    On a machine with other work, several threads wait for one another longer than a small product takes.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", module], env=os.environ | dict.fromkeys(names, "1"), check=True)
