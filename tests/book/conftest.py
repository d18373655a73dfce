"""A small book of its own, with a copy of everything that makes one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from book.paths import ROOT
from book.tools import environment

BUILD = (sys.executable, "-m", "book", "book", "--jobs", "2")
HEAD = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

"""


def cell(*lines):
    """A code cell."""
    return "\n".join(["```{code-cell} ipython3", *lines, "```", ""])


COPIED = ("_config.yml", "references.bib", "README.md", "LICENSE", *environment.SOURCES)


class SmallBook:
    """A clone of the repository whose pages are few and short."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.html = folder / "_build" / "html"
        for name in COPIED:
            shutil.copy(ROOT / name, folder)
        for name in ("book", "src"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "chapters").mkdir()
        (folder / ".venv").symlink_to(sys.prefix)  # the commands take the tests' own environment for the clone's
        self.write(index=HEAD + "# Front\n")

    def write(self, **texts):
        """Write pages: the index, and chapters with or without a head."""
        for name, text in texts.items():
            place = self.folder if name == "index" else self.folder / "chapters"
            (place / f"{name}.md").write_text(text)
        names = sorted(path.stem for path in (self.folder / "chapters").glob("*.md"))
        toc = "format: jb-book\nroot: index\n" + ("chapters:\n" if names else "")
        (self.folder / "_toc.yml").write_text(toc + "".join(f"- file: chapters/{name}\n" for name in names))

    def start(self, *command, cwd=None, **environment):
        """Start a command with this clone's code; nothing of the tests' own environment leads it elsewhere."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("BOOK_", "PYTHONPATH"))}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=cwd or self.folder, env=own | environment, text=True, **pipes)

    def run(self, *command, cwd=None, **environment):
        """Run a command to its end; see :meth:`start`."""
        process = self.start(*command, cwd=cwd, **environment)
        said, complained = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, said, complained)

    def build(self, *options, **environment):
        """``python -m book book``."""
        return self.run(*BUILD, *options, **environment)

    def chapter(self, name):
        """``python -m book chapter``."""
        return self.run(sys.executable, "-m", "book", "chapter", "--jobs", "1", name)

    def jupyter_book(self, folder=".", **environment):
        """``jupyter-book build``."""
        return self.run(Path(sys.executable).with_name("jupyter-book"), "build", folder, **environment)

    def page(self, name="index"):
        """A finished page."""
        return (self.html / f"{name}.html").read_text("utf8")


@pytest.fixture
def small_book(tmp_path):
    return SmallBook(tmp_path)
