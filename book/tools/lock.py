"""Write ``requirements.lock``: exact versions, with hashes, for every platform and Python that the project supports.

torch stands apart, in ``requirements-torch.lock`` and without a hash: the same version comes as another file from
another place, with CUDA or for a processor alone, and the first brings gigabytes of packages that the second does not
need. What torch needs besides is locked like everything else. So the lock is whole without it, and is installed by
``pip install --require-hashes --no-deps``; torch follows, and finds the rest there.

Of foolbox the photographs are wanted and nothing else, so what it requires is not locked and not installed: it stands
in ``requirements-data.lock``, with its hashes, and is installed like the first lock.
"""

from __future__ import annotations

import re
import subprocess
import sys

from book.paths import ROOT

LOCK, TORCH_LOCK = ROOT / "requirements.lock", ROOT / "requirements-torch.lock"
DATA_LOCK = ROOT / "requirements-data.lock"

_GROUPS = ("book", "test", "lint", "build")
_HEADER = """\
# Written by 'make lock'. Install: pip install --require-hashes --no-deps -r requirements.lock
# then torch, from where you want it: pip install -r requirements-torch.lock
# and photographs to measure on: pip install --require-hashes --no-deps -r requirements-data.lock
"""
_DATA = "foolbox>=3.3"
_DATA_HEADER = "# Written by 'make lock'. Install: pip install --require-hashes --no-deps -r requirements-data.lock\n"
_TORCH_HEADER = "# Written by 'make lock'; why it stands apart is said in book/tools/lock.py.\n"
# An entry is a line that does not begin with a space, and the lines of its hashes.
_ENTRY = re.compile(r"^\S.*\n(?:[ ].*\n)*", re.MULTILINE)
_OF_TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def lock() -> tuple[str, str, str]:
    """The newest versions that go together.

    Returns:
        The texts of ``requirements.lock``, of ``requirements-torch.lock`` and of ``requirements-data.lock``.
    """
    groups = [word for group in _GROUPS for word in ("--group", group)]
    return *split(_compile("--all-extras", "pyproject.toml", *groups)), _DATA_HEADER + _compile("--no-deps", "-")


def _compile(*arguments: str) -> str:
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--generate-hashes", "--upgrade", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, input=_DATA).stdout


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
    """Write the files."""
    for path, text in zip((LOCK, TORCH_LOCK, DATA_LOCK), lock(), strict=True):
        path.write_text(text)
