"""Read an archive that somebody else has made, so that it can do no harm.

Nothing is unpacked by the names in the archive: files of known names are read into memory, within limits, and whatever
is no ordinary file at a place inside the archive's own folder is an error. A batch is a pickle, which can call any
function when it is read; here it is looked through first, and then may use nothing but three stand-ins of ours.
"""

from __future__ import annotations

import gzip
import io
import pickle
import pickletools
import re
import reprlib
import tarfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray

# All that a batch in the official archive holds, or one that Python 3 has written with protocol 2.
_OPCODES = re.compile(
    "PROTO|STOP|MARK|NONE|NEW(TRUE|FALSE)|BININT[12]?|(SHORT_)?BINSTRING|BINUNICODE|EMPTY_(DICT|LIST|TUPLE)|SETITEMS?|"
    "APPENDS?|TUPLE[123]?|(LONG_)?BIN(PUT|GET)|GLOBAL|REDUCE|BUILD"
)
_MOST_OPCODES = 1_000_000  # an official batch has some 30,000
# A tuple that is a key of a dictionary is gone through to its last leaf, by C code that watches neither depth nor time:
# forty tuples, each twice in the next, take years, and a deep one crashes Python. So there are few, and each once.
_MOST_TUPLES = 20  # that are no arguments of a call: an official batch has four
_TUPLE, _PUT, _GET = re.compile("TUPLE[123]?"), re.compile("(LONG_)?BINPUT"), re.compile("(LONG_)?BINGET")
_NO_TUPLE = re.compile("(SHORT_)?BINSTRING|BINUNICODE|EMPTY_(DICT|LIST)|GLOBAL|REDUCE")  # these leave none on the stack
_MOST_MEMBERS = 100  # the official archive has nine


class ArchiveError(ValueError):
    """An archive or a batch is not what it should be; the message says where."""


def read_archive(path: Path, *, wanted: Collection[str], folder: str, largest: int, total: int) -> dict[str, bytes]:
    """Files of a ``.tar.gz``, read into memory; nothing is written.

    Args:
        path: of the archive.
        wanted: names of the files that are read; others are passed over.
        folder: that all of the archive is in.
        largest: number of bytes that a file may have.
        total: number of bytes that the unpacked archive may have.

    Returns:
        Names to contents, of those files that are there.

    Raises:
        ArchiveError: if it is no such archive, is cut off, has too many bytes, or holds anything but ordinary files
            inside the folder.
        OSError: if it cannot be read.
    """
    found: dict[str, bytes] = {}
    try:
        with gzip.open(path) as unzipped:
            stream = _Limited(unzipped, total)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for count, member in enumerate(archive):
                    if count == _MOST_MEMBERS:
                        raise ArchiveError(f"it holds more than {_MOST_MEMBERS} files")
                    name = _checked(member, folder, largest)
                    if name in wanted:
                        if name in found:
                            raise ArchiveError(f"{member.name!r} is there twice")
                        content = archive.extractfile(member)
                        found[name] = content.read() if content else b""
            while stream.read(1 << 16):  # to the end, where gzip's own checksum is
                pass
    except ArchiveError as error:
        raise ArchiveError(f"{path}: {error}") from None
    except Exception as error:  # whatever an archive can be wrong in
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
            raise
        raise ArchiveError(f"{path} is damaged, cut off, or no .tar.gz archive: {error}") from None
    return found


def _checked(member: tarfile.TarInfo, folder: str, largest: int) -> str:
    """The name inside the folder; empty for the folder itself."""
    place = PurePosixPath(member.name)
    if place.is_absolute() or ".." in place.parts or "\\" in member.name or ":" in member.name:
        raise ArchiveError(f"{member.name!r} would lie outside the folder")
    if place.parts[:1] != (folder,):
        raise ArchiveError(f"{member.name!r} is not in {folder}")
    if member.isdir():
        return ""
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise ArchiveError(f"{member.name!r} is no ordinary file (a link, a device, or a file with holes)")
    if member.size > largest:
        raise ArchiveError(f"{member.name!r} has {member.size:,} bytes, more than {largest:,}")
    return "/".join(place.parts[1:])


class _Limited(io.RawIOBase):
    """A stream that ends with an error after so many bytes."""

    def __init__(self, stream: gzip.GzipFile, total: int):
        super().__init__()
        self._stream, self._left, self._total = stream, total, total

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveError(f"unpacked it has more than {self._total:,} bytes")
        return data


def read_pickle(content: bytes) -> Any:
    """What a pickle of plain things holds, without running anything that it names.

    Args:
        content: a pickle of dictionaries, lists, tuples, whole numbers, texts, and arrays of bytes.

    Returns:
        These; texts of Python 2 are bytes, and an array of type uint8 is read-only.

    Raises:
        ArchiveError: if there is anything else in it.

    Example:
        >>> read_pickle(pickle.dumps({"labels": [1, 2]}, protocol=2))
        {'labels': [1, 2]}
    """
    try:
        _look_through(content)
        return _finished(_Unpickler(io.BytesIO(content), encoding="bytes").load())
    except ArchiveError:
        raise
    except Exception as error:  # whatever a pickle can be wrong in
        raise ArchiveError(f"the pickle is damaged: {error}") from None


def _look_through(content: bytes) -> None:
    """Refuse what no batch holds, before any of it is read."""
    latest, tuples, fetchable = "", 0, set[int]()
    for count, (opcode, argument, place) in enumerate(pickletools.genops(content)):
        name, number = opcode.name, argument if isinstance(argument, int) else 0
        if not _OPCODES.fullmatch(name) or count > _MOST_OPCODES:
            raise ArchiveError(f"the pickle holds {name} at byte {place}, which no batch does")
        if name == "LONG_BINPUT" and number > count:
            raise ArchiveError(f"the pickle wants a memory of {number:,} places")  # they would be made at once
        if _PUT.fullmatch(name):
            (fetchable.add if _NO_TUPLE.fullmatch(latest) else fetchable.discard)(number)
            continue  # what is on top of the stack stays there
        if _GET.fullmatch(name) and number not in fetchable:
            raise ArchiveError(f"the pickle fetches a tuple at byte {place}, which no batch does")
        tuples += bool(_TUPLE.fullmatch(latest)) and name != "REDUCE"
        if tuples > _MOST_TUPLES:
            raise ArchiveError(f"the pickle holds more than {_MOST_TUPLES} tuples, which no batch does")
        latest = name


def _finished(value: Any) -> Any:
    """The stand-ins for arrays in a dictionary become arrays."""
    if isinstance(value, dict):
        return {key: entry.array() if isinstance(entry, _Bytes) else entry for key, entry in value.items()}
    return value


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        stand_ins: dict[tuple[str, str], Any] = {
            ("_codecs", "encode"): _Encode(),
            ("numpy", "dtype"): _Type(),
            ("numpy", "ndarray"): "numpy.ndarray",
            ("numpy.core.multiarray", "_reconstruct"): _Reconstruct(),
            ("numpy._core.multiarray", "_reconstruct"): _Reconstruct(),
        }
        if (module, name) not in stand_ins:
            raise ArchiveError(f"the pickle asks for {module}.{name}, which no batch does: it is not run")
        return stand_ins[module, name]


class _Encode:
    """In place of ``_codecs.encode``: how Python 3 writes bytes with protocol 2."""

    def __call__(self, text: str, encoding: str) -> bytes:
        if _text(encoding) != "latin1":
            raise ArchiveError(f"the pickle encodes by {reprlib.repr(encoding)}")
        return text.encode("latin1")

    def __setstate__(self, state: Any) -> None:
        raise ArchiveError("the pickle changes a function")


class _Type:
    """In place of ``numpy.dtype``: bytes only."""

    def __call__(self, kind: Any, *_: Any) -> _Type:
        if _text(kind) != "u1":
            raise ArchiveError(f"the pickle holds an array of type {reprlib.repr(kind)}: accepted is uint8")
        return _Type()

    def __setstate__(self, state: Any) -> None:
        """What uint8 is, NumPy knows."""


class _Reconstruct:
    """In place of NumPy's maker of empty arrays."""

    def __call__(self, *_: Any) -> _Bytes:
        return _Bytes()

    def __setstate__(self, state: Any) -> None:
        raise ArchiveError("the pickle changes a function")


class _Bytes:
    """In place of an array, until all of the pickle is read."""

    def __init__(self) -> None:
        self._state: Any = None

    def __setstate__(self, state: Any) -> None:
        self._state = state

    def array(self) -> AnyArray:
        _, shape, kind, by_columns, content = self._state
        if not isinstance(kind, _Type) or by_columns or not isinstance(content, bytes):
            raise ArchiveError("the pickle holds an array that is not of uint8, row by row")
        return np.frombuffer(content, np.uint8).reshape(shape)


def _text(value: Any) -> Any:
    return value.decode("latin1") if isinstance(value, bytes) else value
