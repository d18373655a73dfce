"""Run the library's tests where everything that it needs has the lowest version that ``pyproject.toml`` claims.

What tests themselves need (pytest, hypothesis, ...) has its locked version. So a bound that is too low fails here, and
not on the machine of somebody who has not upgraded for a while.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from book.paths import ROOT
from book.tools.environment import python
from book.tools.lock import DATA_LOCK, LOCK

# What pip would install with torch, were it asked for what torch itself says that it needs.
_BESIDE_TORCH = ("filelock", "fsspec", "jinja2", "networkx", "setuptools", "typing-extensions")
# Tests of the book need the book's own packages, and Python's newest features of none of them.
_NOT_OF_THE_LIBRARY = ("tests/book", "tests/chapters", "tests/site")
# Drawings are compared byte by byte, with what the locked matplotlib wrote.
_OF_ONE_VERSION = "tests/teach/test_plot.py::test_the_figures_for_slides_are_what_their_module_writes"


def locked(name: str) -> str:
    """``name==version`` as the lock has it, with the marker if there is one."""
    found = re.findall(rf"^{re.escape(name)}==[^\\]+", LOCK.read_text(), re.MULTILINE)
    if not found:
        raise ValueError(f"name={name!r}: accepted are the packages of {LOCK.name}")
    return "\n".join(found)


def requirements(project: str, *, with_torch: bool) -> list[str]:
    """What is asked for.

    Args:
        project: text of ``pyproject.toml``.
        with_torch: whether the bound of torch is among what is tried.

    Returns:
        The library's requirements, with those of all extras, and the tests' tools at their locked versions.
    """
    parsed = tomllib.loads(project)
    extras = parsed["project"]["optional-dependencies"].values()
    asked = [*parsed["project"]["dependencies"], *(requirement for extra in extras for requirement in extra)]
    tried = {_name(requirement) for requirement in asked}
    tools = {_name(requirement) for requirement in parsed["dependency-groups"]["test"]} - tried
    if not with_torch:
        asked = [requirement for requirement in asked if _name(requirement) != "torch"]
        tools |= set(_BESIDE_TORCH)
    return asked + [locked(name) for name in sorted(tools)]


def _name(requirement: str) -> str:
    return re.split(r"[^\w-]", requirement)[0]


def main(arguments: list[str]) -> int:
    """Make the environment and run the tests in it.

    Args:
        arguments: of the command line; what is not known goes to pytest.

    Returns:
        The exit status of pytest.
    """
    parser = argparse.ArgumentParser(prog="python -m book lowest", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "_build" / "lowest", help="of the environment")
    parser.add_argument("--torch", metavar="VERSION", help="try all bounds but torch's, with this version of it")
    options, more = parser.parse_known_args(arguments)
    own = python(options.folder)
    venv.create(options.folder, clear=True, with_pip=True)
    uv = [sys.executable, "-m", "uv", "pip"]
    backend = ["--torch-backend", os.environ["TORCH_BACKEND"]] if "TORCH_BACKEND" in os.environ else []
    asked = "\n".join(requirements((ROOT / "pyproject.toml").read_text(), with_torch=options.torch is None))
    compile_ = [*uv, "compile", "--quiet", "--no-header", "--no-annotate", "--resolution", "lowest-direct"]
    chosen = subprocess.run(
        [*compile_, *backend, "--python", str(own), "-"], input=asked, capture_output=True, text=True, check=True
    ).stdout
    print(chosen, flush=True)
    install = [*uv, "install", "--quiet", "--python", str(own)]
    subprocess.run([*install, *backend, "--requirements", "-"], input=chosen, text=True, check=True)
    subprocess.run([*install, "--no-deps", "--editable", str(ROOT)], check=True)
    subprocess.run([*install, "--no-deps", "--requirements", str(DATA_LOCK)], check=True)
    if options.torch:
        pip = [str(own), "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, f"torch=={options.torch}"], check=True)
    left_out = [f"--ignore={folder}" for folder in _NOT_OF_THE_LIBRARY] + [f"--deselect={_OF_ONE_VERSION}"]
    # Old packages use what newer ones beside them have since deprecated: nothing that we could mend.
    old = ["-W", "ignore::DeprecationWarning"]
    fast = ["-m", "not site and not slow", "-n", str(os.cpu_count() or 1), *left_out, *old]
    return subprocess.run([str(own), "-m", "pytest", *fast, *more], cwd=ROOT).returncode
