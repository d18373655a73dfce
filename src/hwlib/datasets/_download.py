"""Download a large file from one of several mirrors.

What is known of the file, its size and checksums, decides: a mirror may break off, ignore what it is asked for, or
send an error page with status 200, and still only the right bytes get the file's name. Bytes that have arrived are kept
in ``NAME.part`` for the next mirror, and for the next call.
"""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from hwlib._core.arguments import instances, positive, whole
from hwlib._core.progress import Bar, progress_bar

_CHUNK = 1 << 16
_SLOWEST = 1000  # bytes a second
_MOST_REQUESTS = 20  # of one mirror: each but the last brought something, and broke off


class DownloadError(OSError):
    """No mirror had the file, or it could not be written; the message says why, and what to do."""


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
        timeout: seconds without a byte after which a mirror is left; it is also left if in twice that time it brings
            less than 1,000 bytes a second.
        progress: whether to show a bar.

    Returns:
        The target. If it is there already with these checksums, nothing is fetched.

    Raises:
        DownloadError: if no mirror has the file, or it cannot be written.
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
            except DownloadError:  # no other mirror makes room on the disk
                raise
            # ValueError: headers that mean nothing
            except (OSError, HTTPException, ValueError, _RefusedError) as error:
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
    with _Watch(2 * timeout) as watch:
        try:
            with watch.opener().open(Request(address, headers=headers), timeout=timeout) as answer:  # noqa: S310
                skip = have - _begin(answer, have, size)  # a mirror that ignores the range sends again what is there
                while chunk := answer.read1(_CHUNK):
                    watch.brought(len(chunk))
                    new = chunk[skip:]
                    skip = max(skip - len(chunk), 0)
                    if _length(part) + len(new) > size:
                        raise _RefusedError(f"sends more than {size:,} bytes")
                    _append(part, new)
                    bar.update(len(new))
        except DownloadError:
            raise
        except (OSError, HTTPException, ValueError):
            if _length(part) == have and not watch.over:  # otherwise the rest is asked for
                raise
        if watch.over:
            raise _RefusedError(f"brings less than {_SLOWEST:,} bytes a second")


def _append(part: Path, new: bytes) -> None:
    try:
        with part.open("ab") as file:
            file.write(new)
    except OSError as error:
        raise DownloadError(f"{part} cannot be written: {error.strerror}") from None


class _Redirects(HTTPRedirectHandler):
    """A mirror may send on to another address of the web, and to nothing else."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if not newurl.startswith(("http://", "https://")):
            raise _RefusedError(f"sends on to {newurl!r}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Watch:
    """Ends the connections of a mirror that brings next to nothing, whatever it does to keep them open.

    A limit on the time without a byte is not enough: headers and trailers without an end have bytes, too.
    """

    def __init__(self, seconds: float):
        self.over, self._seconds, self._bytes = False, seconds, 0
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)

    def __enter__(self) -> _Watch:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def brought(self, count: int) -> None:
        """So many bytes have come."""
        self._bytes += count
        if self._bytes >= _SLOWEST * self._seconds and not self.over:
            self._timer.cancel()
            self._start()

    def _start(self) -> None:
        self._bytes, self._timer = 0, threading.Timer(self._seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.over = True
        for connected in self._sockets:
            with suppress(OSError):  # closed by now
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def opener(self) -> OpenerDirector:
        """What opens addresses so that their connections are known here."""
        sockets = self._sockets

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        class PlainHandler(HTTPHandler):
            def http_open(self, req: Request) -> Any:
                return self.do_open(Plain, req)

        class SecureHandler(HTTPSHandler):
            def https_open(self, req: Request) -> Any:
                return self.do_open(Secure, req)

        return build_opener(PlainHandler, SecureHandler, _Redirects)


def _begin(answer: Any, have: int, size: int) -> int:
    """At which byte an answer begins; an error if it is not of the file, or not of a file of this size."""
    if answer.headers.get_content_type() == "text/html":
        raise _RefusedError("sends a page, not the file")
    begin, length = 0, answer.headers.get("Content-Length")
    total = None if length is None else int(length)
    if answer.status == 206:
        unit, _, rest = answer.headers.get("Content-Range", "").partition(" ")
        place, _, whole_file = rest.partition("/")
        first = place.partition("-")[0]
        if unit != "bytes" or not first.isdecimal() or int(first) > have:
            raise _RefusedError(f"was asked for the bytes from {have:,} on, and sends others")
        begin = int(first)
        total = int(whole_file) if whole_file.isdecimal() else None  # of a part, the length may be any
    if total is not None and total != size:
        raise _RefusedError(f"has a file of {total:,} bytes, not of {size:,}")
    return begin


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _told(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"status {error.code}"
    told = "".join(letter if letter.isprintable() else "?" for letter in str(error) or type(error).__name__)
    return told if len(told) <= 200 else f"{told[:200]}..."  # it may be what the mirror sent
