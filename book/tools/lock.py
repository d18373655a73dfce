"""Write ``requirements.lock``: exact versions for every platform and Python that the project supports."""

from __future__ import annotations

import re
import subprocess
import sys

from book.paths import ROOT

_GROUPS = ("book", "test", "lint", "build")
_HEADER = """\
# Written by 'make lock'. torch's own CUDA packages are left out: torch pins them itself, and a CPU build needs none.
"""


def lock() -> str:
    """Text of the lock file for the newest versions that go together."""
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--all-extras", "pyproject.toml"]
    for group in _GROUPS:
        command += ["--group", group]
    compiled = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    kept = [line for line in compiled.splitlines() if not re.match(r"(nvidia-|cuda-|triton==)", line)]
    return _HEADER + "\n".join(re.sub(r"^(torch==[\w.]+).*", r"\1", line) for line in kept) + "\n"
