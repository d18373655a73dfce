"""Every notebook runs from an empty folder where only the packages of a hosted notebook are.

The environment is made once for all tests and all processes. The first cell installs the library there, as it would on
a hosted machine; afterwards every notebook finds it.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import nbclient
import nbformat
import pytest
from book.paths import ROOT, is_chapter
from book.tools.server import serve
from filelock import FileLock
from packaging.requirements import Requirement

from .conftest import SITE

pytestmark = [
    pytest.mark.site,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="paths of virtual environments differ"),
]

PACKAGES = ("numpy", "scipy", "matplotlib", "sympy", "torch", "ipywidgets", "ipykernel")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
STEMS = [path.stem for path in sorted((ROOT / "chapters").glob("*.md")) if is_chapter(path)]


def closure(names):
    """The named distributions and everything that they require on this machine."""
    found, waiting = {}, list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            requirements = map(Requirement, found[name].requires or [])
            waiting += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found.values()


def printed(python, code):
    return subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def link_packages(python):
    """Give an environment what a hosted notebook has, and no more: installed files are linked, not downloaded."""
    packages = Path(printed(python, "import site; print(site.getsitepackages()[0])"))
    for distribution in closure(PACKAGES):
        for file in distribution.files or []:
            source, target = Path(str(file.locate())), packages / file
            if ".." not in file.parts and source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(source, target)
                except OSError:  # another file system
                    shutil.copy2(source, target)
    absent = "import importlib.util as u; print([n for n in ('hwlib', 'skimage', 'myst_nb') if u.find_spec(n)])"
    assert printed(python, absent) == "[]"


@dataclass
class Host:
    """A machine with an environment and a kernel in it."""

    folder: Path

    @property
    def python(self):
        return self.folder / "environment" / "bin" / "python"

    def make(self):
        venv.create(self.folder / "environment", with_pip=True)
        link_packages(self.python)
        kernel = self.folder / "jupyter" / "kernels" / "hosted"
        kernel.mkdir(parents=True)
        command = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        specification = {"argv": command, "display_name": "hosted", "language": "python", "env": ONE_THREAD}
        (kernel / "kernel.json").write_text(json.dumps(specification))

    def versions(self):
        code = "import importlib.metadata as m; print({n: m.version(n) for n in ('numpy', 'torch', 'scipy')})"
        return printed(self.python, code)

    def run(self, notebook, folder, **environment):
        """Execute a notebook in a folder; an error in a cell is raised here."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_PATH", str(self.folder / "jupyter"))
            patch.delenv("PYTHONPATH", raising=False)
            for name, value in environment.items():
                patch.setenv(name, value)
            resources = {"metadata": {"path": str(folder)}}
            nbclient.NotebookClient(notebook, timeout=300, kernel_name="hosted", resources=resources).execute()


def read(name):
    path = SITE / "notebooks" / f"{name}.ipynb"
    assert path.exists(), "there is no such notebook: run 'make book'"
    return nbformat.read(path, as_version=4)


def first_cell(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


@pytest.fixture(scope="session")
def host(tmp_path_factory):
    """The machine, and the versions that were there before the first cell; made by the process that comes first."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    host, before = Host(common / "hosted"), common / "hosted-versions"
    with FileLock(common / "hosted.lock"):
        if not before.exists():
            host.make()
            versions = host.versions()
            notebook = nbformat.v4.new_notebook(cells=[first_cell(read(STEMS[0]))])
            with serve(SITE) as address:
                (wheel,) = (SITE / "wheels").glob("*.whl")
                host.run(notebook, host.folder, HWLIB_WHEEL=f"{address}/wheels/{wheel.name}")
            before.write_text(versions)
    return host, before.read_text()


def test_the_first_cell_installs_the_library_and_leaves_what_is_there_as_it_is(host):
    machine, before = host
    assert machine.versions() == before
    assert str(machine.folder) in printed(machine.python, "import hwlib; print(hwlib.__file__)")


@pytest.mark.parametrize("stem", STEMS)
def test_notebooks_run_from_an_empty_folder_where_only_their_packages_are(host, stem, tmp_path):
    """A chapter's two, one after the other in one kernel, which forgets all names in between."""
    machine, before = host
    both = {verdict: read(stem + ending) for verdict, ending in (("open", ""), ("right", "_solutions"))}
    for notebook in both.values():
        assert first_cell(notebook).source == first_cell(read(STEMS[0])).source
    for cell in both["right"].cells:
        cell.id += "-solved"
    forget = nbformat.v4.new_code_cell("%reset -f")
    cells = [*both["open"].cells, forget, *both["right"].cells]
    machine.run(nbformat.v4.new_notebook(cells=cells), tmp_path)
    for verdict, notebook in both.items():
        asked = "\n".join(cell.source for cell in notebook.cells).count("\ncheck(")
        assert re.findall(r"verdict verdict-(\w+)", json.dumps(notebook)) == [verdict] * asked
    assert machine.versions() == before
