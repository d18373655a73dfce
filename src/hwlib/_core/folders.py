"""Where on a machine the library may keep what can be made or fetched again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder(name: str, *variables: str) -> Path:
    """A folder for one kind of thing.

    Args:
        name: of the folder.
        variables: of the environment; the first that is set says inside which folder it is, before the system does.

    Returns:
        The folder; it need not exist.

    Example:
        >>> cache_folder("hwlib-examples").name
        'hwlib-examples'
    """
    home = Path.home()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    chosen = next(filter(None, map(os.environ.get, variables)), base)
    return Path(chosen) / name
