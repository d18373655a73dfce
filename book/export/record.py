"""What was made from what, so that nothing is made twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class Record:
    """Digests of what files were made from, in a small file.

    Args:
        path: the file; one that is not there, or not whole, records nothing.
    """

    def __init__(self, path: Path):
        self._path = path
        self._made: dict[str, str] = {}
        with suppress(OSError, ValueError):
            self._made = dict(json.loads(path.read_text("utf8")))

    def knows(self, made: Path, source: str) -> bool:
        """Whether a file is there and was made from what has this digest."""
        return made.is_file() and self._made.get(made.name) == source

    def note(self, made: Path, source: str) -> None:
        """Record that a file was made from what has this digest."""
        self._made[made.name] = source
        write(self._path, json.dumps(self._made, indent=1))


def write(path: Path, text: str) -> None:
    """Write a file that is never there by half.

    Args:
        path: the file.
        text: what it will hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf8", newline="\n")
    part.replace(path)


def digest(files: Iterable[Path], *more: str) -> str:
    """Hash of the names and contents of files, and of any further texts.

    Args:
        files: the files; one that is not there counts as such.
        more: texts.

    Returns:
        Short hexadecimal digest.
    """
    total = hashlib.sha256(repr(more).encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b"none"
        total.update(path.name.encode() + hashlib.sha256(content).digest())
    return total.hexdigest()[:16]
