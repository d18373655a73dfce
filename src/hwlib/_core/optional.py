"""Packages that only some functions need: a missing one is named, with the command that installs it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

# The extra of pyproject.toml that brings a package.
_EXTRA = {
    "IPython": "notebook",
    "ipywidgets": "notebook",
    "joblib": "parallel",
    "matplotlib": "notebook",
    "numba": "fast",
    "skimage": "notebook",
    "torch": "torch",
}


def require(name: str) -> Any:
    """The module, imported; where its package is missing, an ImportError says what to install.

    Args:
        name: module, such as ``"torch"`` or ``"matplotlib.pyplot"``.

    Returns:
        The module.

    Raises:
        ImportError: if its package is not installed.

    Example:
        >>> require("math").gcd(4, 6)
        2
    """
    try:
        module: ModuleType = importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # the package is there, and misses something itself
        extra = _EXTRA.get(package)
        command = (
            f"pip install '.[{extra}]' in a clone of the book, or pip install {package}"
            if extra
            else (f"pip install {package}")
        )
        raise ImportError(f"{package} is missing: {command}", name=package) from error
    return module
