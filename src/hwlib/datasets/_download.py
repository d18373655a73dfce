"""Download a large file from one of several mirrors.

What is known of the file, its size and checksums, decides: a mirror may break off, ignore what it is asked for, or
send an error page with status 200, and still only the right bytes get the file's name. Bytes that have arrived are kept
in ``NAME.part`` for the next mirror, and for the next call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from hwlib._core.arguments import instances, positive, whole
from hwlib._core.progress import Bar, progress_bar

_CHUNK = 1 << 16
_MOST_REQUESTS = 20  # of one mirror: each but the last brought something, and broke off


class DownloadError(OSError):
    """No mirror had the file; the message says of each why, and what to do."""


class _RefusedError(Exception):
    """A mirror's answer is not the file."""


def download(
    mirrors: Sequence[str],
    target: Path,
    *,
    size: int,
    checksums: Mapping[str, str],
    timeout: float = 30.0,
    progress: bool = True,
) -> Path:
    """Fetch a file from the first mirror that has it.

    Args:
        mirrors: addresses, ``http`` or ``https``, tried in this order.
        target: where the file goes; only the whole file ever has this name.
        size: of the file in bytes.
        checksums: names of hashlib's functions to what they give in hexadecimal digits; at least one.
        timeout: seconds without a byte after which a mirror is left.
        progress: whether to show a bar.

    Returns:
        The target. If it is there already with these checksums, nothing is fetched.

    Raises:
        DownloadError: if no mirror has the file.
        ValueError: if an argument is not as described.
    """
    addresses = instances("mirrors", mirrors, str, "addresses")
    if bad := [address for address in addresses if not address.startswith(("http://", "https://"))]:
        raise ValueError(f"mirrors={bad}: accepted are addresses that begin with http:// or https://")
    if not checksums or not set(checksums) <= hashlib.algorithms_guaranteed:
        raise ValueError(f"checksums={dict(checksums)}: accepted are names of hashlib, at least one")
    whole("size", size, least=1)
    positive("timeout", timeout)
    if has_checksums(target, size=size, checksums=checksums):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part, reasons = target.with_name(f"{target.name}.part"), []
    with _alone(part), progress_bar(target.name, size, done=_length(part), unit="B", shown=progress) as bar:
        if has_checksums(target, size=size, checksums=checksums):  # by now: another process was faster
            return target
        for address in addresses:
            try:
                _fetch_all(address, part, size, checksums, timeout, bar)
            except (
                OSError,
                HTTPException,
                ValueError,
                _RefusedError,
            ) as error:  # ValueError: headers that mean nothing
                reasons.append(f"  {address}: {_told(error)}")
            else:
                part.replace(target)  # in one go: nobody sees half a file under this name
                return target
    raise DownloadError(f"{target.name} could not be downloaded:\n" + ("\n".join(reasons) or "  no mirror is named"))


def has_checksums(path: Path, *, size: int, checksums: Mapping[str, str]) -> bool:
    """Whether a file is the one that is known.

    Args:
        path: of the file; it need not exist.
        size: in bytes.
        checksums: names of hashlib's functions to hexadecimal digits.

    Returns:
        True if it has the size and all checksums.
    """
    if not path.is_file() or _length(path) != size:
        return False
    found = {name: hashlib.new(name, usedforsecurity=False) for name in checksums}
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            for value in found.values():
                value.update(chunk)
    return all(value.hexdigest() == checksums[name].lower() for name, value in found.items())


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Wait until no other process writes this file; where the system cannot lock, go on without."""
    try:
        import fcntl
    except ImportError:  # Windows, which anyway lets nobody rename a file that another process has open
        yield
        return
    with part.open("ab") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch_all(address: str, part: Path, size: int, checksums: Mapping[str, str], timeout: float, bar: Bar) -> None:
    """Ask one mirror until all bytes are there, and are the right ones."""
    begun_here = not _length(part)
    for _ in range(_MOST_REQUESTS):
        before = _length(part)
        if before < size:
            _fetch(address, part, size, timeout, bar)
        if before < _length(part) < size:
            continue  # it broke off, but brought something
        if _length(part) < size:
            raise _RefusedError(f"broke off after {_length(part):,} of {size:,} bytes")
        if has_checksums(part, size=size, checksums=checksums):
            return
        part.write_bytes(b"")  # not removed: the lock is on it
        bar.update(-size)
        if begun_here:
            raise _RefusedError("what it sends has another checksum")
        begun_here = True  # the bytes from before may have been the wrong ones
    raise _RefusedError(f"broke off {_MOST_REQUESTS} times")


def _fetch(address: str, part: Path, size: int, timeout: float, bar: Bar) -> None:
    """One request: what it brings is appended, as far as it comes."""
    have = _length(part)
    headers = {"User-Agent": "hwlib", "Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with urlopen(Request(address, headers=headers), timeout=timeout) as answer:  # noqa: S310 - http(s) only, see above
        begin = _begin(answer, have)
        length = answer.headers.get("Content-Length")
        if answer.headers.get_content_type() == "text/html":
            raise _RefusedError("sends a page, not the file")
        if length is not None and begin + int(length) != size:
            raise _RefusedError(f"has a file of {begin + int(length):,} bytes, not of {size:,}")
        skip = have - begin  # a mirror that ignores the range sends again what is there
        try:
            with part.open("ab") as file:
                while chunk := answer.read(_CHUNK):
                    new = chunk[skip:]
                    skip = max(skip - len(chunk), 0)
                    if file.tell() + len(new) > size:
                        raise _RefusedError(f"sends more than {size:,} bytes")
                    file.write(new)
                    bar.update(len(new))
        except (OSError, HTTPException):
            if _length(part) == have:  # otherwise the rest is asked for
                raise


def _begin(answer: Any, have: int) -> int:
    """At which byte an answer begins."""
    if answer.status != 206:
        return 0
    unit, _, rest = answer.headers.get("Content-Range", "").partition(" ")
    begin = rest.partition("-")[0]
    if unit != "bytes" or not begin.isdecimal() or int(begin) > have:
        raise _RefusedError(f"was asked for the bytes from {have:,} on, and sends others")
    return int(begin)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _told(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"status {error.code}"
    return str(error) or type(error).__name__
