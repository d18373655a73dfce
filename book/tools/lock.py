"""Write ``requirements.lock``: exact versions, with hashes, for every platform and Python that the project supports.

torch stands apart, in ``requirements-torch.lock`` and without a hash: the same version comes as another file from
another place, with CUDA or for a processor alone, and the first brings gigabytes of packages that the second does not
need. What torch needs besides is locked like everything else. So the lock is whole without it, and is installed by
``pip install --require-hashes --no-deps``; torch follows, and finds the rest there.
"""

from __future__ import annotations

import re
import subprocess
import sys

from book.paths import ROOT

LOCK, TORCH_LOCK = ROOT / "requirements.lock", ROOT / "requirements-torch.lock"

_GROUPS = ("book", "test", "lint", "build")
_HEADER = """\
# Written by 'make lock'. Install: pip install --require-hashes --no-deps -r requirements.lock
# then torch, from where you want it: pip install -r requirements-torch.lock
"""
_TORCH_HEADER = "# Written by 'make lock'; why it stands apart is said in book/tools/lock.py.\n"
# An entry is a line that does not begin with a space, and the lines of its hashes.
_ENTRY = re.compile(r"^\S.*\n(?:[ ].*\n)*", re.MULTILINE)
_OF_TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def lock() -> tuple[str, str]:
    """The newest versions that go together.

    Returns:
        The texts of ``requirements.lock`` and of ``requirements-torch.lock``.
    """
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--generate-hashes", "--upgrade"]
    command += ["--all-extras", "pyproject.toml"]
    for group in _GROUPS:
        command += ["--group", group]
    return split(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def split(compiled: str) -> tuple[str, str]:
    """Take torch, and what only its CUDA builds need, out of a lock.

    Args:
        compiled: what uv has written.

    Returns:
        The texts of the two lock files.

    Raises:
        ValueError: if an entry has no hash, or torch is missing.
    """
    entries = _ENTRY.findall(compiled.rstrip("\n") + "\n")
    kept = [entry for entry in entries if not _OF_TORCH.match(entry)]
    if without := [entry.split()[0] for entry in kept if "--hash=sha256:" not in entry]:
        raise ValueError(f"entries={without}: accepted are entries with hashes")
    torch = next((match[0] for entry in entries if (match := re.match(r"torch==[\w.]+", entry))), None)
    if torch is None:
        raise ValueError("entries without torch: accepted are those that a lock of all groups has")
    return _HEADER + "".join(kept), f"{_TORCH_HEADER}{torch}\n"


def write() -> None:
    """Write both files."""
    for path, text in zip((LOCK, TORCH_LOCK), lock(), strict=True):
        path.write_text(text)
