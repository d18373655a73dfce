"""Labelled images of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, instances, whole
from hwlib._core.arrays import as_array, whole_array
from hwlib._core.types import Integers, RandomSource

Images = npt.NDArray[np.uint8]


def as_images(name: str, values: Any) -> Images:
    """Images as an array, checked.

    Args:
        name: of the argument, for the error.
        values: ``(n, channels, height, width)``, uint8.

    Returns:
        The array.

    Raises:
        ValueError: for another shape or type.

    Example:
        >>> as_images("images", np.zeros((2, 3, 4, 4), np.uint8)).shape
        (2, 3, 4, 4)
    """
    array = as_array(name, values)
    if array.ndim != 4 or array.dtype != np.uint8:
        raise ValueError(
            f"{name} of shape {array.shape} and type {array.dtype}: accepted are images "
            "(n, channels, height, width) of type uint8"
        )
    return array


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Images with their labels and the names of the classes.

    Attributes:
        images: ``(n, channels, height, width)``, uint8.
        labels: ``(n,)``, int64, each the place of a name.
        names: of the classes.

    Raises:
        ValueError: if there are not as many labels as images, or a label has no name.

    Example:
        >>> ImageSet(np.zeros((2, 3, 32, 32), np.uint8), [0, 1], ("cat", "dog"))
        ImageSet(2 images of 3x32x32, 2 classes)
    """

    images: Images
    labels: Integers
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        images, labels = as_images("images", self.images), whole_array("labels", self.labels)
        names = instances("names", self.names, str, "texts")
        if labels.shape != images.shape[:1]:
            raise ValueError(f"labels of shape {labels.shape} for {len(images)} images: accepted is one for each")
        if len(labels) and not 0 <= labels.min() <= labels.max() < len(names):
            raise ValueError(f"labels from {labels.min()} to {labels.max()}: accepted are 0 to {len(names) - 1}")
        for name, value in (("images", images), ("labels", labels), ("names", names)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.images.shape[1:]))
        return f"ImageSet({len(self)} images of {shape}, {len(self.names)} classes)"

    def take(self, indices: Sequence[int] | Integers | slice) -> ImageSet:
        """Some of the images.

        Args:
            indices: their places, in the order wanted.

        Returns:
            A set of these; a slice shares its memory with this one.

        Raises:
            ValueError: if a place is no whole number.
            IndexError: if there is no such place.

        Example:
            >>> ImageSet(np.zeros((3, 1, 2, 2), np.uint8), [0, 1, 1], ("a", "b")).take([2, 0]).labels
            array([1, 0])
        """
        which = indices if isinstance(indices, slice) else whole_array("indices", indices)
        return ImageSet(self.images[which], self.labels[which], self.names)

    def split(self, first: int, *, rng: RandomSource = None) -> Split:
        """Divide the images by chance.

        Args:
            first: how many the first part gets.
            rng: None, a seed, or a NumPy generator.

        Returns:
            The two parts.

        Raises:
            ValueError: if there are fewer images than ``first``.

        Example:
            >>> ImageSet(np.zeros((3, 1, 2, 2), np.uint8), [0, 1, 1], ("a", "b")).split(2, rng=0).test
            ImageSet(1 images of 1x2x2, 2 classes)
        """
        numbers = generator("rng", rng)
        if whole("first", first, least=0) > len(self):
            raise ValueError(f"first={first} of {len(self)} images: accepted are 0 to {len(self)}")
        order = numbers.permutation(len(self))
        return Split(self.take(order[:first]), self.take(order[first:]))


class Split(NamedTuple):
    """Images to learn from, and others to judge by.

    Attributes:
        train: to learn from.
        test: to judge by.
    """

    train: ImageSet
    test: ImageSet
