"""The library as a wheel, for notebooks that run elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def build_wheel(root: Path, folder: Path) -> Path:
    """The library as a wheel, for notebooks that run elsewhere; the folder holds nothing but the newest."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(root)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
