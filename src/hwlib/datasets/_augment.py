"""Images changed by chance while a network learns, and batches of them.

Chapter: *A perfect fit is easy, and not the goal*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, instance, positive, whole
from hwlib._core.arrays import real_array, whole_array
from hwlib._core.types import Integers, RandomSource
from hwlib.datasets._images import Images, ImageSet, as_images

Floats = npt.NDArray[np.float32]


class Augmentation(Protocol):
    """What :func:`batches` takes to change images: a function of images and a generator."""

    def __call__(self, images: Images, /, *, rng: np.random.Generator) -> Images:
        """Images of the same number, changed by chance."""


def crop(images: npt.ArrayLike, *, padding: int, rows: npt.ArrayLike, columns: npt.ArrayLike) -> Images:
    """Surround images with black, and cut a part of the old size out of each.

    Args:
        images: ``(n, channels, height, width)``, uint8.
        padding: rows and columns of zeros on each side.
        rows: ``(n,)``, from 0 to twice the padding: at which row of the padded image the part begins; at ``padding``
            it is where the image was.
        columns: likewise.

    Returns:
        Images of the same shape, a copy.

    Raises:
        ValueError: if the images are none, the padding is negative, or there is no such part.

    Source: problem ``train-augmentation``.

    Example:
        >>> image = np.array([[[[1, 2], [3, 4]]]], np.uint8)
        >>> crop(image, padding=1, rows=[0], columns=[1]).tolist()
        [[[[0, 0], [1, 2]]]]
    """
    pictures, wide = as_images("images", images), whole("padding", padding, least=0)
    begins = {name: whole_array(name, value) for name, value in (("rows", rows), ("columns", columns))}
    for name, begin in begins.items():
        if begin.shape != pictures.shape[:1]:
            raise ValueError(f"{name} of shape {begin.shape} for {len(pictures)} images: accepted is one for each")
        if len(begin) and not 0 <= begin.min() <= begin.max() <= 2 * wide:
            raise ValueError(f"{name} from {begin.min()} to {begin.max()}: accepted are 0 to {2 * wide}")
    return _cut(pictures, wide, begins["rows"], begins["columns"])


def random_crop(images: npt.ArrayLike, *, padding: int, rng: RandomSource = None) -> Images:
    """Surround each image with black, and cut a part of its old size out, each of the possible ones equally likely.

    There are ``(2 * padding + 1) ** 2`` parts; the images' are drawn independently.

    Args:
        images: ``(n, channels, height, width)``, uint8.
        padding: rows and columns of zeros on each side.
        rng: None, a seed, or a NumPy generator.

    Returns:
        Images of the same shape, a copy.

    Raises:
        ValueError: if the images are none, or the padding is negative.

    Source: problem ``train-augmentation``.

    Example:
        >>> random_crop(np.ones((2, 3, 32, 32), np.uint8), padding=4, rng=0).shape
        (2, 3, 32, 32)
    """
    pictures, wide, numbers = as_images("images", images), whole("padding", padding, least=0), generator("rng", rng)
    rows, columns = numbers.integers(2 * wide + 1, size=(2, len(pictures)))
    return _cut(pictures, wide, rows, columns)


def horizontal_flip(images: npt.ArrayLike, *, probability: float = 0.5, rng: RandomSource = None) -> Images:
    """Exchange left and right in some images, drawn independently.

    Args:
        images: ``(n, channels, height, width)``, uint8.
        probability: of each image to be flipped, from 0 to 1.
        rng: None, a seed, or a NumPy generator.

    Returns:
        Images of the same shape, a copy.

    Raises:
        ValueError: if the images are none, or the probability is no such number.

    Example:
        >>> horizontal_flip(np.array([[[[1, 2]]]], np.uint8), probability=1).tolist()
        [[[[2, 1]]]]
    """
    pictures, numbers = as_images("images", images), generator("rng", rng)
    if positive("probability", probability, zero=True) > 1:
        raise ValueError(f"probability={probability}: accepted is a number from 0 to 1")
    turned = numbers.random(len(pictures)) < probability
    flipped = pictures.copy()
    flipped[turned] = pictures[turned, :, :, ::-1]
    return flipped


@dataclass(frozen=True, eq=False)
class Normalization:
    """Shift and scale channels, so that those of the training images have mean 0 and standard deviation 1.

    Attributes:
        mean: ``(channels,)``, of grey levels from 0 to 255.
        scale: ``(channels,)``, what is divided by.

    Raises:
        ValueError: if these are no finite numbers, one for each channel, or a scale is not above zero.

    Example:
        >>> images = np.array([[[[10, 30]]]], np.uint8)
        >>> Normalization.of(images)(images).tolist()
        [[[[-1.0, 1.0]]]]
    """

    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        mean, scale = real_array("mean", self.mean), real_array("scale", self.scale)
        if mean.ndim != 1 or mean.shape != scale.shape or not (scale > 0).all():
            raise ValueError(
                f"mean of shape {mean.shape}, scale of shape {scale.shape}: accepted is a number for each channel, "
                "and scales above zero"
            )
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "scale", scale)

    @classmethod
    def of(cls, images: npt.ArrayLike) -> Normalization:
        """The mean and standard deviation of each channel.

        Args:
            images: ``(n, channels, height, width)``, uint8, at least one; those to learn from.

        Returns:
            The normalization; a channel without contrast is only shifted.

        Raises:
            ValueError: if there is no image.

        Example:
            >>> Normalization.of(np.full((1, 1, 2, 2), 7, np.uint8)).mean
            array([7.])
        """
        pictures = as_images("images", images)
        if not pictures.size:
            raise ValueError(f"images of shape {pictures.shape}: accepted is at least one image")
        # Exact, in whole numbers and without a copy in floats: how often each channel has each grey level.
        counts = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in pictures.swapaxes(0, 1)])
        levels = np.arange(256)
        mean = counts @ levels / counts.sum(1)
        spread = np.sqrt((counts * (levels - mean[:, None]) ** 2).sum(1) / counts.sum(1))
        return cls(mean, np.where(spread > 0, spread, 1.0))

    def __call__(self, images: npt.ArrayLike) -> Floats:
        """Normalized images.

        Args:
            images: ``(n, channels, height, width)``, uint8.

        Returns:
            Array of the same shape, float32.

        Raises:
            ValueError: if the images are none, or have another number of channels.

        Example:
            >>> Normalization([10], [2])(np.full((1, 1, 1, 1), 14, np.uint8)).tolist()
            [[[[2.0]]]]
        """
        pictures = as_images("images", images)
        if pictures.shape[1] != len(self.mean):
            raise ValueError(
                f"images of shape {pictures.shape} for {len(self.mean)} channels: accepted is that number of channels"
            )
        factor, shift = (v.astype(np.float32)[:, None, None] for v in (1 / self.scale, -self.mean / self.scale))
        result: Floats = np.multiply(pictures, factor, dtype=np.float32)
        result += shift
        return result


def batches(
    dataset: ImageSet,
    *,
    batch_size: int,
    rng: RandomSource = None,
    augment: Augmentation | None = None,
    shuffle: bool = True,
) -> Iterator[tuple[Images, Integers]]:
    """One epoch: each image once, in batches.

    From ``rng`` a permutation and a seed for the changes are drawn at once, whether they are used or not. So the order
    is the same with and without ``augment`` and the state of a generator between two epochs is all there is to save.

    Args:
        dataset: images and labels.
        batch_size: images in each batch; the last may have fewer.
        rng: None, a seed, or a NumPy generator.
        augment: changes the images of a batch, such as ``functools.partial(random_crop, padding=4)``; None: the
            batches hold the very bytes of the data set.
        shuffle: False: in the data set's order.

    Returns:
        Iterator over pairs of images ``(batch, channels, height, width)`` and labels ``(batch,)``.

    Raises:
        ValueError: if the data set is none, or the batch size is no positive whole number.

    Example:
        >>> data = ImageSet(np.zeros((5, 1, 2, 2), np.uint8), [0, 1, 0, 1, 0], ("a", "b"))
        >>> [len(labels) for _, labels in batches(data, batch_size=2, rng=0)]
        [2, 2, 1]
    """
    instance("dataset", dataset, ImageSet, "an ImageSet")
    size, numbers = whole("batch_size", batch_size, least=1), generator("rng", rng)
    order, seed = numbers.permutation(len(dataset)), int(numbers.integers(2**63))
    return _batches(dataset, size, order if shuffle else None, augment, np.random.default_rng(seed))


def _batches(
    dataset: ImageSet, size: int, order: Integers | None, augment: Any, rng: np.random.Generator
) -> Iterator[tuple[Images, Integers]]:
    for start in range(0, len(dataset), size):
        which = slice(start, start + size) if order is None else order[start : start + size]
        images = dataset.images[which]
        if augment is not None:  # a slice is a view, and a change in place would be one of the data set
            images = augment(images.copy() if order is None else images, rng=rng)
        yield images, dataset.labels[which]


def _cut(images: Images, padding: int, rows: Integers, columns: Integers) -> Images:
    n, channels, height, width = images.shape
    if not padding or not images.size:
        return images.copy()
    padded = np.zeros((n, channels, height + 2 * padding, width + 2 * padding), np.uint8)
    padded[:, :, padding:-padding, padding:-padding] = images
    parts = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(2, 3))  # a view: (n, c, r, s, h, w)
    lines = parts.view(f"V{width}")[..., 0]  # a row of a part as one item, copied in one go: two to six times faster
    return lines[np.arange(n), :, rows, columns].view(np.uint8).reshape(images.shape)
