"""Photographs to look at and to measure on, from installed packages; nothing is downloaded."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hwlib._core.optional import require
from hwlib.saliency._pretrained import package_file

if TYPE_CHECKING:
    import torch

_SIDE = 224
# As much of the shorter side is seen: usual for networks that were trained on 224 x 224 pixels.
_SEEN = 0.875
# Name: package, file in it, whose it is.
_SHOWN = {
    "astronaut": ("skimage", "data/astronaut.png", "public domain: NASA"),
    "chelsea": ("skimage", "data/chelsea.png", "CC0: Stefan van der Walt"),
    "coffee": ("skimage", "data/coffee.png", "CC0: Rachel Michetti"),
    "rocket": ("skimage", "data/rocket.jpg", "public domain: SpaceX"),
    "china": ("sklearn", "datasets/images/china.jpg", "CC BY 2.0: danielbuechele on Flickr"),
    "flower": ("sklearn", "datasets/images/flower.jpg", "CC BY 2.0: vultilion on Flickr"),
}
_IMAGENET = (243, 559, 438, 990, 949, 853, 609, 609, 915, 455, 541, 630, 741, 471, 129, 99, 251, 22, 317, 305)
_UNCLEAR = "unclear: from ImageNet, whose photographers were not asked"
_SOURCES = {"skimage": "scikit-image", "sklearn": "scikit-learn", "foolbox": "foolbox"}


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph of 224 x 224 pixels, with where it comes from.

    Attributes:
        name: by which :func:`photograph` finds it.
        pixels: (224, 224, 3), whole numbers from 0 to 255.
        label: ImageNet's class of it; None: nobody has given it one.
        source: package that brings it.
        licence: and whose photograph it is.
        may_be_shown: whether the licence allows to show it on a page.
    """

    name: str
    pixels: NDArray[np.uint8] = field(repr=False)
    label: int | None
    source: str
    licence: str
    may_be_shown: bool

    @property
    def image(self) -> torch.Tensor:
        """A new tensor (3, 224, 224), float32, from 0 to 1."""
        planes = np.moveaxis(self.pixels, 2, 0) / np.float32(255)
        made: torch.Tensor = require("torch").from_numpy(np.ascontiguousarray(planes))
        return made


def photograph(name: str) -> Photograph:
    """One photograph.

    The square in the middle, of 87.5 % of the shorter side, is resized to 224 x 224 pixels by Pillow's bicubic filter.

    Args:
        name: ``"astronaut"``, ``"chelsea"`` (a cat), ``"coffee"``, ``"rocket"``, ``"china"`` (a temple), ``"flower"``,
            which may be shown; ``"imagenet_00"`` to ``"imagenet_19"`` to measure on.

    Returns:
        The photograph.

    Raises:
        ImportError: if the package that brings it is not installed; the error says how to install it.
        ValueError: if there is no such name.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> photograph("chelsea")
        Photograph(name='chelsea', label=None, source='scikit-image', licence='CC0: Stefan van der Walt',
            may_be_shown=True)
    """
    labels = {f"imagenet_{number:02}": label for number, label in enumerate(_IMAGENET)}
    if not isinstance(name, str) or name not in {*_SHOWN, *labels}:
        raise ValueError(f"name={name!r}: accepted are {', '.join(_SHOWN)}, and imagenet_00 to imagenet_19")
    if name in _SHOWN:
        package, path, licence = _SHOWN[name]
        return Photograph(name, _pixels(package, path), None, _SOURCES[package], licence, True)
    pixels = _pixels("foolbox", f"data/{name}_{labels[name]}.jpg")
    return Photograph(name, pixels, labels[name], _SOURCES["foolbox"], _UNCLEAR, False)


def photographs() -> tuple[Photograph, ...]:
    """The six photographs that may be shown on a page, from scikit-image and scikit-learn.

    Returns:
        Photographs without labels.

    Raises:
        ImportError: if one of the two packages is not installed.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> [photo.name for photo in photographs()]
        ['astronaut', 'chelsea', 'coffee', 'rocket', 'china', 'flower']
    """
    return tuple(photograph(name) for name in _SHOWN)


def imagenet_photographs() -> tuple[Photograph, ...]:
    """Twenty photographs of ImageNet's validation part, which foolbox brings, with their labels.

    To measure on, not to show: their photographers were never asked.

    Returns:
        Photographs with labels.

    Raises:
        ImportError: if foolbox is not installed.

    Chapter: *A saliency map shows a gradient, not a reason*.

    Example:
        >>> photos = imagenet_photographs()
        >>> len(photos), photos[0].label
        (20, 243)
    """
    return tuple(photograph(f"imagenet_{number:02}") for number in range(len(_IMAGENET)))


@functools.cache
def _pixels(package: str, path: str) -> NDArray[np.uint8]:
    pillow: Any = require("PIL.Image")
    with pillow.open(package_file(package, path)) as picture:
        wide, high = picture.size
        seen = _SEEN * min(wide, high)
        box = ((wide - seen) / 2, (high - seen) / 2, (wide + seen) / 2, (high + seen) / 2)
        small = picture.convert("RGB").resize((_SIDE, _SIDE), pillow.Resampling.BICUBIC, box=box)
    pixels: NDArray[np.uint8] = np.array(small)
    pixels.setflags(write=False)
    return pixels
