"""Prove that the checks bite: one deliberate fault a problem, which its chapter's cells and its tests must both catch.

The register names the faults (``fault`` in ``chapters/problems.yml``): a file of the library, a text that stands in it
once, and what to put there instead. Each is put into a copy of the library; the chapter's cells are run with that copy,
and so are the tests that carry the problem's mark. Both must fail, and both must pass without the fault.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from book.ext.problem_index import marked_tests, read_register
from book.paths import ROOT

# One cell after the other, as a page runs them; the line of the first that fails is printed.
_RUN = """\
import json, sys, warnings
import matplotlib
matplotlib.use("agg")
names = {"__name__": "__main__"}
for line, cell in json.load(open(sys.argv[1])):
    try:
        exec(compile(cell, f"line {line}", "exec"), names)
    except BaseException as error:
        print(f"CAUGHT line {line}: {type(error).__name__}")
        sys.exit(1)
"""


class FaultError(ValueError):
    """A fault of the register that cannot be put in."""


@dataclass(frozen=True)
class Trial:
    """What became of one fault.

    Attributes:
        problem: its id.
        page: what the chapter's cells said; None if they passed.
        tests: what the problem's tests said; None if they passed.
    """

    problem: str
    page: str | None
    tests: str | None

    @property
    def caught(self) -> bool:
        """Whether both noticed."""
        return self.page is not None and self.tests is not None


def cells(chapter: Path) -> list[tuple[int, str]]:
    """The code cells that a page runs, each with its line."""
    notebook = read_myst_markdown_notebook(chapter.read_text("utf8"), MdParserConfig(), add_source_map=True)
    lines = notebook.metadata["source_map"]
    return [
        (line + 1, cell.source)
        for line, cell in zip(lines, notebook.cells, strict=True)
        if cell.cell_type == "code" and not {"skip-execution", "stub"} & set(cell.metadata.get("tags", []))
    ]


def put_fault(library: Path, fault: dict[str, str]) -> None:
    """Put a fault into a copy of the library.

    Args:
        library: folder ``hwlib`` of the copy.
        fault: ``file`` inside it, ``find`` and ``make``.

    Raises:
        FaultError: if the text does not stand there exactly once.
    """
    file = library / fault["file"]
    text = file.read_text("utf8")
    if text.count(fault["find"]) != 1:
        raise FaultError(f"{fault['file']} has {fault['find']!r} {text.count(fault['find'])} times: accepted is once")
    file.write_text(text.replace(fault["find"], fault["make"]), "utf8")


def prove(problem: dict[str, Any], tests: list[str], *, with_fault: bool = True) -> Trial:
    """Run a problem's chapter and tests with its fault, or without it.

    Args:
        problem: entry of the register, with ``chapter`` and ``fault``.
        tests: the tests that carry its mark, as ``file::function``.
        with_fault: whether to put the fault in.

    Returns:
        What both said.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src" / "hwlib", source / "hwlib", ignore=shutil.ignore_patterns("__pycache__"))
        if with_fault:
            put_fault(source / "hwlib", problem["fault"])
        return Trial(problem["id"], _page(Path(folder), problem["chapter"]), _tests(Path(folder), tests))


def _page(folder: Path, chapter: str) -> str | None:
    (folder / "cells.json").write_text(json.dumps(cells(ROOT / "chapters" / f"{chapter}.md")), "utf8")
    done = _python(folder, "-c", _RUN, str(folder / "cells.json"))
    return _last(done, "CAUGHT ") if done.returncode else None


def _tests(folder: Path, tests: list[str]) -> str | None:
    done = _python(folder, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *tests)
    if done.returncode not in (0, 1):
        return f"did not run: {_last(done, 'ERROR ')}"
    return _last(done, "FAILED ") if done.returncode else None


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    environment = {**os.environ, **one_thread, "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT)])}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


def _last(done: subprocess.CompletedProcess[str], start: str) -> str:
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(start)]
    return (lines or (done.stdout + done.stderr).splitlines() or ["nothing was printed"])[-1].removeprefix(start)[:120]


def _wanted(register: dict[str, Any], names: list[str]) -> Iterator[dict[str, Any]]:
    known = {problem["id"]: problem for problem in register["problems"] if "place" in problem}
    if unknown := sorted(set(names) - set(known)):
        raise SystemExit(f"no answered problem {', '.join(unknown)}; accepted are {', '.join(known)}")
    yield from (known[name] for name in names or known)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m book prove", description=__doc__)
    parser.add_argument("problem", nargs="*", help="ids of problems (default: all that are answered)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="trials side by side (default: one a core)"
    )
    parser.add_argument("--without", action="store_true", help="put no fault in: then everything must pass")
    options = parser.parse_args(arguments)
    register, tests = read_register(ROOT), marked_tests(ROOT / "tests")
    problems = list(_wanted(register, options.problem))
    missing = [problem["id"] for problem in problems if "fault" not in problem]
    if missing and not options.without:
        print(f"no fault is named for {', '.join(missing)}")
    tried = [problem for problem in problems if options.without or "fault" in problem]

    def trial(problem: dict[str, Any]) -> Trial:
        done = prove(problem, tests[problem["id"]], with_fault=not options.without)
        good = not (done.page or done.tests) if options.without else done.caught
        print(
            f"{'ok  ' if good else 'FAIL'} {done.problem}\n     page:  {done.page}\n     tests: {done.tests}",
            flush=True,
        )
        return done

    with ThreadPoolExecutor(options.jobs) as pool:
        done = list(pool.map(trial, tried))
    if options.without:
        return int(any(trial.page or trial.tests for trial in done))
    print(f"{sum(trial.caught for trial in done)} of {len(problems)} faults were caught by page and test")
    return int(bool(missing) or not all(trial.caught for trial in done))


if __name__ == "__main__":
    sys.exit(main())
