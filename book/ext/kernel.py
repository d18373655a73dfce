"""The kernels that run the cells: with this repository's library, one thread each, and all the time they need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

# Two pages at once, each with as many threads as there are cores, take longer than one after the other.
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
PATIENCE = 1800  # seconds: long enough for any machine, and still an end to an endless loop

# What a kernel's Python says of itself. No part of the book can be imported there.
_FACTS = """\
import importlib.metadata, importlib.util, json, re, sys

found, waiting = {"python": sys.version}, sys.argv[2:]
while waiting:
    name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
    if name not in found:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
        else:
            found[name] = distribution.version
            wanted = [text for text in distribution.requires or [] if "extra ==" not in text]
            waiting += [re.match(r"[\\w.-]+", text)[0] for text in wanted]
spec = importlib.util.find_spec(sys.argv[1])
print(json.dumps({"library": spec and spec.origin, "versions": found}))
"""
# The kernel's warning is about its port on this machine; errors in cells are reported as ever. A widget's name is drawn
# at random: drawn from 0 on, it is the same in every build.
_KERNEL_SETTINGS = """\
import random, types, uuid
import comm.base_comm

get_config().IPKernelApp.log_level = "ERROR"
draw = random.Random(0).getrandbits
comm.base_comm.uuid = types.SimpleNamespace(uuid4=lambda: uuid.UUID(int=draw(128), version=4))
"""
_LOADED = """\
import json as _json, sys as _sys
print(_json.dumps([getattr(module, "__file__", None) for name, module in list(_sys.modules.items())
                   if name.partition(".")[0] == {library!r}]))"""


class FailedCellError(Exception):
    """A cell that failed, with the line where it begins.

    Attributes:
        line: line of the cell in its file.
    """

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Facts:
    """What a kernel's Python would run.

    Attributes:
        library: the library's ``__init__.py``; None if there is none.
        versions: versions of Python and of the packages that matter, by name.
    """

    library: Path | None
    versions: dict[str, str]


def environment(library: Path) -> dict[str, str]:
    """What kernels find in their environment: the library, and one thread.

    Args:
        library: folder to import the library from, before any other.

    Returns:
        Variables by name.
    """
    own = str(library)
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != own]
    return {**dict.fromkeys(THREADS, "1"), "PYTHONPATH": os.pathsep.join([own, *others])}


def set_environment(library: Path, settings: Path) -> None:
    """Set what kernels inherit from this process: see :func:`environment`; and nobody's own IPython settings.

    Args:
        library: folder to import the library from, before any other.
        settings: folder for IPython's settings.
    """
    os.environ.update(environment(library))
    profile = settings / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(_KERNEL_SETTINGS)
    os.environ["IPYTHONDIR"] = str(settings)


def ask(source: Path, library: str, packages: list[str], folder: Path) -> Facts:
    """Ask the Python that kernels run what it would import.

    Args:
        source: folder to import the library from.
        library: name of the library.
        packages: distributions whose versions matter, and with them whatever they require.
        folder: folder that a kernel would run in.

    Returns:
        The answers.
    """
    manager = KernelManager(kernel_name="python3")
    assert manager.kernel_spec is not None  # there is always one: this very Python
    command = [manager.format_kernel_cmd()[0], "-c", _FACTS, library, *packages]
    variables = {**os.environ, **environment(source), **manager.kernel_spec.env}
    result = subprocess.run(command, cwd=folder, env=variables, stdout=subprocess.PIPE, check=True, text=True)
    facts = json.loads(result.stdout)
    return Facts(Path(facts["library"]) if facts["library"] else None, facts["versions"])


class Run:
    """One notebook to be run in a kernel of its own; from another thread it can be stopped."""

    def __init__(self, notebook: Any, folder: Path, library: str):
        self.notebook, self._library = notebook, library
        self._cell = 0
        self._client = NotebookClient(
            notebook,
            timeout=PATIENCE,
            startup_timeout=PATIENCE,
            iopub_timeout=PATIENCE,  # the usual 4 s cut off what a busy machine shows late, and nobody is told
            record_timing=False,
            on_cell_start=self._note,
            resources={"metadata": {"path": str(folder)}},
        )

    def execute(self) -> set[Path]:
        """Execute all cells; their outputs are put into the notebook.

        Returns:
            Files of the library that the kernel has loaded.

        Raises:
            FailedCellError: if a cell raises an error, takes too long, or ends the kernel.
        """
        cells = self.notebook.cells
        cells.append(nbformat.v4.new_code_cell(_LOADED.format(library=self._library)))
        try:
            self._client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            line = self.notebook.metadata.source_map[self._cell] + 1
            raise FailedCellError(line, str(error).strip() or "the kernel died") from error
        finally:
            last = cells.pop()
        return {Path(name) for name in json.loads(last.outputs[-1].text) if name}

    def stop(self) -> None:
        """End the kernel at once."""
        process = getattr(getattr(self._client.km, "provisioner", None), "process", None)
        if process is not None:
            process.kill()

    def _note(self, *, cell: Any, cell_index: int) -> None:
        self._cell = cell_index


def import_from(library: Path, name: str) -> None:
    """Make this process import the library from a folder, too: pages quote its docstrings.

    Args:
        library: the folder.
        name: the library.

    Raises:
        ImportError: if it was imported from elsewhere before.
    """
    if str(library) not in sys.path:
        sys.path.insert(0, str(library))
    loaded = getattr(sys.modules.get(name), "__file__", None)
    if loaded and not Path(loaded).is_relative_to(library):
        raise ImportError(f"{name} was imported from {Path(loaded).parent}, but this book's is in {library}", name=name)
