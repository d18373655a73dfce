"""Whether machine code is on the disk: a file of ours says so, and what it was made from.

Each installation of ``hwlib`` has a folder, below one that the user or the system names. In it numba keeps its own
files, which nobody else looks at, and ``made.json`` holds what they were made from. Unless all of that is the same
today, they are not used: numba itself would overlook a change in a file that only another one imports.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from hwlib._core import folders

HERE = Path(__file__).parent
_NOTE = "made.json"
_NO_MATTER = {"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS"}  # settings that leave the code as it is; joblib sets the latter


def cache_folder() -> Path:
    """Where machine code of any installation is kept.

    ``HWLIB_CACHE_DIR``, else ``NUMBA_CACHE_DIR``, else where the system keeps what can be made again.
    """
    return folders.cache_folder("hwlib-regions", "HWLIB_CACHE_DIR", "NUMBA_CACHE_DIR")


def code_folder() -> Path:
    """The part of :func:`cache_folder` for this installation and this Python."""
    where = hashlib.sha256(f"{HERE} {sys.implementation.cache_tag}".encode()).hexdigest()[:16]
    return cache_folder() / where


def sources() -> list[Path]:
    """Whatever the machine code is made from."""
    return [*sorted(HERE.glob("*.py")), HERE.parent / "_shapes.py"]


def made_from() -> dict[str, Any]:
    """What machine code depends on.

    Raises:
        PackageNotFoundError: if numba is not installed.
    """
    facts = {name: metadata.version(name) for name in ("hwlib", "numba", "llvmlite", "numpy")}
    return facts | {
        "python": platform.python_version(),
        "machine": _machine(),
        "settings": {k: v for k, v in sorted(os.environ.items()) if k.startswith("NUMBA_") and k not in _NO_MATTER},
        "sources": hashlib.sha256(b"".join(source.read_bytes() for source in sources())).hexdigest(),
        "times": [source.stat().st_mtime_ns for source in sources()],  # some versions of numba look at them
    }


def _machine() -> str:
    import llvmlite.binding

    features = hashlib.sha256(llvmlite.binding.get_host_cpu_features().flatten().encode()).hexdigest()[:8]
    return f"{platform.system()} {platform.machine()} {llvmlite.binding.get_host_cpu_name()} {features}"


def is_made() -> bool:
    """Whether machine code made from exactly this is on the disk, where numba can use it."""
    folder = code_folder()
    try:
        note = json.loads((folder / _NOTE).read_text("utf8"))
        return bool(note == made_from()) and os.access(folder, os.W_OK)  # numba takes nothing from where it can't write
    except (OSError, ValueError, metadata.PackageNotFoundError):
        return False


@contextlib.contextmanager
def being_made() -> Iterator[Path | None]:
    """A folder to make machine code in, which takes its place when it is done; None if nothing can be written."""
    final = code_folder()
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=final.parent, prefix=f"{final.name}-"))
    except OSError:
        yield None
        return
    try:
        yield made
        (made / _NOTE).write_text(json.dumps(made_from(), indent=1), "utf8")
        shutil.rmtree(final, ignore_errors=True)
        with contextlib.suppress(OSError):  # somebody else was sooner
            made.rename(final)
    finally:
        shutil.rmtree(made, ignore_errors=True)
