"""A bar for what takes long: tqdm's where that is installed, otherwise a line for each tenth."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Bar(Protocol):
    """What :func:`progress_bar` gives: call ``update(n)`` when ``n`` more are done."""

    def update(self, n: int) -> Any:
        """Count ``n`` more."""


@contextmanager
def progress_bar(
    label: str, total: int, *, done: int = 0, unit: str = "it", shown: bool = True, file: Any = None
) -> Iterator[Bar]:
    """A bar, closed at the end; it writes to the error stream.

    Args:
        label: stands before it.
        total: how many there are.
        done: how many of them are done at the beginning.
        unit: what is counted; ``"B"`` are bytes, shown as kB and MB.
        shown: False: nothing is written.
        file: stream to write to; None: the error stream.

    Yields:
        The bar.

    Example:
        >>> with progress_bar("epochs", 3, shown=False) as bar:
        ...     _ = bar.update(1)
    """
    if not shown:
        yield _Silent()
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield _Lines(label, total, done, file or sys.stderr)
        return
    options = {"unit_scale": True, "unit_divisor": 1000} if unit == "B" else {}
    with tqdm(desc=label, total=total, initial=done, unit=unit, file=file, **options) as bar:
        yield bar


class _Silent:
    def update(self, n: int) -> None:
        pass


class _Lines:
    def __init__(self, label: str, total: int, done: int, file: Any):
        self._label, self._total, self._done, self._file = label, total, done, file
        self._told = self._tenths()

    def _tenths(self) -> int:
        return 10 * self._done // max(self._total, 1)

    def update(self, n: int) -> None:
        self._done += n
        if self._tenths() > self._told:
            self._told = self._tenths()
            print(f"{self._label}: {10 * self._told} %", file=self._file, flush=True)
