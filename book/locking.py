"""A lock between processes. This module needs nothing but Python, since the set-up uses it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


class Lock:
    """A lock that ends with its process, however that ends.

    Args:
        path: a file for it.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, tell: Callable[[], object]) -> None:
        """Take the lock.

        Args:
            tell: called once if another process has it, before waiting for that.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file, told = self._path.open("ab"), False
        while not _try_to_lock(file):
            if not told:
                tell()
                told = True
            time.sleep(0.5)
        self._file = file

    def release(self) -> None:
        """Give the lock back, if this has it."""
        if self._file is not None:
            _unlock(self._file)
            self._file.close()
            self._file = None


@contextlib.contextmanager
def locked(path: Path, tell: Callable[[], object]) -> Iterator[None]:
    """Hold a lock; see :class:`Lock`."""
    lock = Lock(path)
    lock.acquire(tell)
    try:
        yield
    finally:
        lock.release()


if os.name == "nt":
    import msvcrt

    def _try_to_lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        with contextlib.suppress(OSError):
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _try_to_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: better without than not at all
            return True
        return True

    def _unlock(file: IO[bytes]) -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
