"""Sphinx extension: executes the pages' cells before any page is read, several at once, and only where it must.

A page's outputs depend on its cells, on the files of the library that it imports, and on what is installed. The last
two make up its key. Outputs are kept by page and key, so a change in one topic's package runs the chapters that
import it, and no others.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from myst_nb.core.read import create_nb_reader, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging as sphinx_logging

from book.ext.imports import Library
from book.ext.kernel import FailedCellError, Run, ask, import_from, set_environment
from book.ext.store import Store
from book.paths import ROOT

LIBRARY = "hwlib"
_LOG = sphinx_logging.getLogger(__name__)
_EXERCISES = f"{LIBRARY}.teach.exercises"


class ExecutionError(SphinxError):  # type: ignore[misc]
    """Cells failed, or would not run this repository's library."""

    category = "Execution"


@dataclass
class Keys:
    """What the outputs of pages depend on besides their cells.

    Attributes:
        library: this repository's library.
        versions: versions of Python and of the packages that matter.
    """

    library: Library
    versions: dict[str, str]
    _digests: dict[Path, bytes] = field(default_factory=dict, repr=False)

    def files(self, page: str, code: str) -> list[Path]:
        """The files of the library that a page depends on.

        Args:
            page: name of the page; the exercises of the same name count as imported.
            code: source of its cells.
        """
        without_magic = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", code)
        try:
            return self.library.dependencies(without_magic, [f"{_EXERCISES}.{page.rsplit('/', 1)[-1]}"])
        except SyntaxError:  # its cell will say so when it runs
            return self.library.all_files()

    def key(self, page: str, code: str) -> str:
        """Hash of the versions and of the library's files that a page depends on; see :meth:`files`."""
        digest = hashlib.sha256(repr(sorted(self.versions.items())).encode())
        for path in self.files(page, code):
            if path not in self._digests:
                self._digests[path] = _digest(path)
            digest.update(path.relative_to(self.library.source).as_posix().encode() + self._digests[path])
        return digest.hexdigest()[:16]

    def still_holds(self, page: str, code: str) -> bool:
        """Whether the files that a page depends on are as they were when its key was found."""
        return all(path.is_file() and _digest(path) == self._digests[path] for path in self.files(page, code))


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def requirements(project: Path) -> list[str]:
    """The distributions that the library's ``pyproject.toml`` asks for, what runs the cells, and photographs."""
    table = tomllib.loads(project.read_text("utf8"))["project"]
    wanted = [*table["dependencies"], *(text for texts in table["optional-dependencies"].values() for text in texts)]
    names = (re.match(r"[\w.-]+", text) for text in wanted)
    return sorted({name[0] for name in names if name} | {"foolbox", "ipykernel"})


def keys_of(folder: Path, root: Path = ROOT) -> Keys:
    """Ask the kernels' Python what it has.

    Args:
        folder: where kernels run, so that a module there would come first.
        root: repository.

    Returns:
        What is needed to find the key of each page.

    Raises:
        ExecutionError: if it would import another copy of the library.
    """
    source = root / "src"
    facts = ask(source, LIBRARY, requirements(root / "pyproject.toml"), folder)
    own = source / LIBRARY / "__init__.py"
    if facts.library is None or facts.library.resolve() != own.resolve():
        raise ExecutionError(
            f"the cells would import {LIBRARY} from {facts.library}, but this book's is {own}. Something puts another"
            " copy in front of it: a file hwlib.py beside the chapters, or a Jupyter kernel 'python3' with a PYTHONPATH"
            " of its own (jupyter kernelspec list)"
        )
    return Keys(Library(source, LIBRARY), facts.versions)


def executed_notebook(source: Path, store: Path, page: str) -> Any | None:
    """A page with the outputs that it has on the site.

    Args:
        source: folder of ``_config.yml``.
        store: folder of executed notebooks.
        page: name of the page.

    Returns:
        The executed notebook; None if it was not executed as it is now.
    """
    path = source / f"{page}.md"
    notebook = read_myst_markdown_notebook(path.read_text("utf8"), MdParserConfig())
    return Store(store).find(page, keys_of(path.parent).key(page, source_of(notebook)), notebook)


def source_of(notebook: Any) -> str:
    """Source of a notebook's code cells, one after the other."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


@dataclass(repr=False)
class Execution:
    """The part of this extension that lives as long as a build."""

    keys: Keys = field(init=False)
    store: Store = field(init=False)
    chosen: dict[str, str] = field(default_factory=dict)

    def configure(self, app: Sphinx, config: Any) -> None:
        """At ``config-inited``: set what kernels inherit, and ask them for it."""
        build = Path(app.outdir).parent
        set_environment(ROOT / "src", build / "ipython")
        import_from(ROOT / "src", LIBRARY)
        for talks_too_much in ("sphinx.myst_parser.sphinx_ext.main", "sphinx.myst_nb"):
            logging.getLogger(talks_too_much).setLevel(logging.WARNING)
        self.store = Store(Path(config.nb_execution_cache_path))
        chapters = Path(app.srcdir, "chapters")
        self.keys = keys_of(chapters if chapters.is_dir() else Path(app.srcdir))

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """At ``env-get-outdated``: name the pages that were read under another key, or without outputs."""
        only = app.config.only_page
        known = {page: was for page, was in read_as(env).items() if only in ("", page) and page in env.found_docs}
        return [page for page, was in known.items() if was.key != self.keys.key(page, was.code)]

    def execute(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """At ``env-before-read-docs``: execute the pages that were not executed under their key."""
        waiting = {}
        for page in pages:
            notebook = self._notebook(env, page)
            if notebook is None or not source_of(notebook):
                continue
            self.chosen[page] = key = self.keys.key(page, source_of(notebook))
            if self.store.find(page, key, notebook) is None and app.config.only_page in ("", page):
                waiting[page] = Run(notebook, Path(env.doc2path(page)).parent, LIBRARY)
        if waiting:
            self._run_all(env, waiting, app.config.book_jobs)

    def _run_all(self, env: BuildEnvironment, waiting: dict[str, Run], jobs: int) -> None:
        failed, done = [], 0
        _LOG.info(f"executing {len(waiting)} pages, {min(jobs, len(waiting))} at once")
        with ThreadPoolExecutor(jobs) as pool:
            running: dict[Future[tuple[set[Path], float]], str] = {
                pool.submit(_timed, run): page for page, run in waiting.items()
            }
            try:
                for finished in as_completed(running):
                    page, done = running[finished], done + 1
                    try:
                        loaded, seconds = finished.result()
                        self._keep(env, page, waiting[page].notebook, loaded, seconds)
                        _LOG.info(f"executed {page} in {seconds:.0f} s, {done} of {len(waiting)}")
                    except FailedCellError as error:
                        failed.append(f"{env.doc2path(page)}:{error.line}: a cell failed. {error}")
                        _LOG.info(f"a cell failed in {page}, {done} of {len(waiting)}")
            except BaseException:  # above all an interrupt: no kernel is left behind, and no thread waits for one
                pool.shutdown(wait=False, cancel_futures=True)
                for run in waiting.values():
                    run.stop()
                raise
        if failed:
            raise ExecutionError("\n\n".join(failed))

    def _keep(self, env: BuildEnvironment, page: str, notebook: Any, loaded: set[Path], seconds: float) -> None:
        code = source_of(notebook)
        expected = {path.resolve() for path in self.keys.files(page, code)}
        missed = {path for path in loaded if path.resolve() not in expected}
        if missed:
            names = ", ".join(sorted(map(str, missed)))
            raise ExecutionError(f"{env.doc2path(page)} runs files that book/ext/imports.py does not find: {names}")
        if not self.keys.still_holds(page, code):
            raise ExecutionError(f"{env.doc2path(page)}: the library was changed while this page ran. Build again")
        self.store.keep(page, self.chosen[page], notebook, Path(env.doc2path(page)), seconds)

    def choose(self, app: Sphinx, page: str, source: list[str]) -> None:
        """At ``source-read``: point the reader of a page to what was executed for it; nothing is executed then."""
        env, path, was_executed = app.env, "", False
        if page in self.chosen:
            key, notebook = self.chosen[page], self._notebook(env, page)
            was_executed = self.store.find(page, key, notebook) is not None
            path = str(self.store.path(page, key))
            if not was_executed and app.config.only_page in ("", page):
                _LOG.warning("this page was changed while the book was built. Build again", location=page)
            read_as(env)[page] = ReadAs(key if was_executed else "", source_of(notebook))
        env.mystnb_config = env.mystnb_config.copy(
            execution_mode="cache" if was_executed else "off", execution_cache_path=path
        )
        sphinx_logging.getLogger(f"mystnb-{page}").setLevel(logging.WARNING)  # "Using cached notebook", each time

    def _notebook(self, env: BuildEnvironment, page: str) -> Any | None:
        """The notebook that a page is, as its reader reads it; None for a page without cells."""
        path = env.doc2path(page)
        text = Path(path).read_text("utf8")
        reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
        return reader and reader.read(text)


def cores() -> int:
    """How many processes can run at once on this machine, or on the part of it that this process has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _timed(run: Run) -> tuple[set[Path], float]:
    start = time.perf_counter()
    return run.execute(), time.perf_counter() - start


class ReadAs(NamedTuple):
    """What a page was when it was read: the source of its cells, and their key if it had outputs."""

    key: str
    code: str


def read_as(env: BuildEnvironment) -> dict[str, ReadAs]:
    """What each page with cells was when it was read; kept with what was read."""
    if not hasattr(env, "book_read_as"):
        env.book_read_as = {}
    pages: dict[str, ReadAs] = env.book_read_as
    return pages


def _purge(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    read_as(env).pop(page, None)


def _merge(app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    read_as(env).update({page: was for page, was in read_as(other).items() if page in pages})


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_config_value("book_jobs", cores(), "")
    execution = Execution()
    app.connect("config-inited", execution.configure)
    app.connect("env-get-outdated", execution.outdated)
    app.connect("env-before-read-docs", execution.execute)
    app.connect("source-read", execution.choose)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
