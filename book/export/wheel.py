"""The library as a wheel, for notebooks that run elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from book.export.record import Record, digest


def build_wheel(root: Path, folder: Path, record: Record) -> Path:
    """Build the library's wheel, unless it is there already.

    Args:
        root: repository.
        folder: where it shall be; the folder holds nothing else afterwards.
        record: what was made before.

    Returns:
        The wheel.
    """
    library = sorted(path for path in (root / "src").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    project = [root / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    source = digest([*project, *library], version("hatchling"), repr([path.relative_to(root) for path in library]))
    there = list(folder.glob("*"))
    if len(there) == 1 and record.knows(there[0], source):
        return there[0]
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(part.resolve())]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"the library's wheel could not be built:\n{result.stderr}")
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
    (wheel,) = folder.iterdir()
    record.note(wheel, source)
    return wheel
