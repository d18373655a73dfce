"""The environment that the commands run in: ``.venv``, with the locked versions. Made and kept by Python alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from book.locking import locked
from book.paths import ROOT

FOLDER = ROOT / ".venv"
_LOCK, _TORCH_LOCK, _DATA_LOCK = "requirements.lock", "requirements-torch.lock", "requirements-data.lock"
SOURCES = (_LOCK, _TORCH_LOCK, _DATA_LOCK, "pyproject.toml")


def python(folder: Path = FOLDER) -> Path:
    """The Python of an environment, on any system."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_inside(folder: Path = FOLDER) -> bool:
    """Whether this very process runs in an environment."""
    return Path(sys.prefix).resolve() == folder.resolve()


def is_ready(folder: Path = FOLDER, root: Path = ROOT) -> bool:
    """Whether an environment holds what the repository asks for now."""
    stamp = folder / ".ready"
    return python(folder).exists() and stamp.is_file() and stamp.read_text() == _wanted(root)


def make_ready(folder: Path = FOLDER, root: Path = ROOT) -> None:
    """Make the environment, or bring it up to date; do nothing if there is nothing to do.

    Args:
        folder: the environment.
        root: repository.

    Raises:
        subprocess.CalledProcessError: if something could not be installed; pip has said what.
    """
    if is_ready(folder, root):
        return
    lock = folder.with_name(f"{folder.name}.lock")
    with locked(lock, lambda: print("Waiting for another set-up to end", flush=True)):
        if not is_ready(folder, root):
            _install(folder, root)


def _install(folder: Path, root: Path) -> None:
    if not _has_pip(folder):
        print(f"Making {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
    print("Installing the locked versions: some minutes, once", flush=True)
    pip = [str(python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for lock in (_LOCK, _DATA_LOCK):
        subprocess.run([*pip, "--require-hashes", "--no-deps", "--requirement", str(root / lock)], check=True)
    torch = ["--requirement", str(root / _TORCH_LOCK)]
    if backend := os.environ.get("TORCH_BACKEND"):  # cpu: without several gigabytes of CUDA
        uv = [str(python(folder)), "-m", "uv", "pip", "install", "--quiet", "--python", str(python(folder))]
        subprocess.run([*uv, "--torch-backend", backend, *torch], check=True)
    else:
        subprocess.run([*pip, *torch], check=True)
    subprocess.run([*pip, "--no-build-isolation", "--no-deps", "--editable", str(root)], check=True)
    (folder / ".ready").write_text(_wanted(root))


def _has_pip(folder: Path) -> bool:
    """Whether there is an environment, and a whole one: its making may have been interrupted."""
    command = [str(python(folder)), "-c", "import pip"]
    return python(folder).exists() and subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def _wanted(root: Path) -> str:
    return hashlib.sha256(b"".join((root / name).read_bytes() for name in SOURCES)).hexdigest()


def run_inside(arguments: list[str]) -> int:
    """Run the same command by the environment's Python.

    Args:
        arguments: of ``python -m book``.

    Returns:
        Its exit status.
    """
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    try:
        return subprocess.run([str(python()), "-m", "book", *arguments], env=variables).returncode
    except KeyboardInterrupt:  # the command itself has had it, too
        return 130


def remove(folder: Path = FOLDER) -> None:
    """Remove an environment, or a link to one."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)
