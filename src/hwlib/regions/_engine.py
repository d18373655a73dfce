"""What finds regions: NumPy, or machine code where it was made."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Literal

_HERE = Path(__file__).parent


@functools.cache
def engine(part: Literal["overlay", "cells"]) -> ModuleType:
    """The module with machine code for a part if numba has left it on the disk, else the one in NumPy.

    Nobody has to wait for a compiler who has not asked for it.
    """
    compiled = f"hwlib.regions._{part}_compiled"
    made = compiled in sys.modules or (bool(_kept(part)) and not _outdated())
    return importlib.import_module(compiled if made and importlib.util.find_spec("numba") else f"hwlib.regions._{part}")


def _kept(part: str = "*") -> list[Path]:
    """Files in which numba says what machine code there is."""
    return [*(_HERE / "__pycache__").glob(f"_{part}_compiled.*.nbi")]


def _outdated() -> list[Path]:
    """Those that are older than what they were made from; numba itself looks at one source only."""
    newest = max(source.stat().st_mtime for source in _HERE.glob("*_compiled.py"))
    return [file for file in _kept() if file.stat().st_mtime < newest]


def precompile() -> None:
    """Make machine code for finding regions, here and for all later sessions on this machine.

    The answers stay the same, and come three to thirty times sooner. It takes some thirty seconds, once; a second call
    does nothing. Where the folder of ``hwlib`` can not be written to, it serves the present session only.

    Raises:
        ImportError: if numba is not installed.

    Source: chapter *Regions can be counted*.

    Example:
        >>> precompile()
    """
    if not importlib.util.find_spec("numba"):
        raise ImportError("numba is missing, which makes the machine code: pip install 'hwlib[fast]'")
    for file in _outdated():
        file.unlink(missing_ok=True)
    for part in ("overlay", "cells"):
        importlib.import_module(f"hwlib.regions._{part}_compiled")
    engine.cache_clear()
