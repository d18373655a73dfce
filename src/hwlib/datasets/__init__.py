"""Images to learn from: CIFAR-10 in its official format, digits that need no network, and random changes.

A data set is an :class:`ImageSet`: ``images`` (n, channels, height, width) of type uint8, ``labels`` (n,), ``names``.
"""

from hwlib.datasets._archive import ArchiveError
from hwlib.datasets._augment import Augmentation, Normalization, batches, crop, horizontal_flip, random_crop
from hwlib.datasets._cifar import CIFAR10_MIRRORS, cifar10
from hwlib.datasets._digits import digits
from hwlib.datasets._download import DownloadError
from hwlib.datasets._images import Images, ImageSet, Split

__all__ = [
    "CIFAR10_MIRRORS",
    "ArchiveError",
    "Augmentation",
    "DownloadError",
    "ImageSet",
    "Images",
    "Normalization",
    "Split",
    "batches",
    "cifar10",
    "crop",
    "digits",
    "horizontal_flip",
    "random_crop",
]
