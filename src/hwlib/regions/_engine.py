"""What cuts the plane: NumPy, or machine code where it was made."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_COMPILED, _OVERLAY = "hwlib.regions._compiled", "hwlib.regions._overlay"


@functools.cache
def engine() -> ModuleType:
    """:mod:`hwlib.regions._compiled` if numba has left its machine code beside it, else the overlay in NumPy.

    Nobody has to wait for a compiler who has not asked for it.
    """
    made = _COMPILED in sys.modules or any((Path(__file__).parent / "__pycache__").glob("_compiled._subdivide-*.nbi"))
    return importlib.import_module(_COMPILED if made and importlib.util.find_spec("numba") else _OVERLAY)


def precompile() -> None:
    """Make machine code for regions in the plane, here and for all later sessions on this machine.

    The answers stay the same, and come two to fifteen times sooner. It takes some twenty seconds, once; a second call
    does nothing. Where the folder of ``hwlib`` can not be written to, it serves the present session only.

    Raises:
        ImportError: if numba is not installed.

    Source: chapter *Regions can be counted*.

    Example:
        >>> precompile()  # doctest: +SKIP
    """
    if not importlib.util.find_spec("numba"):
        raise ImportError("numba is missing, which makes the machine code: pip install 'hwlib[fast]'")
    importlib.import_module(_COMPILED)
    engine.cache_clear()
