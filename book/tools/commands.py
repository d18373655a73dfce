"""What ``python -m book`` can do. Nothing here needs more than Python until the environment is there."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from book.paths import ROOT
from book.tools import environment

_MADE = ("_build", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")
Function = Callable[[argparse.Namespace], int]


def main(arguments: list[str]) -> int:
    """Run a command.

    Args:
        arguments: the command and its own arguments.

    Returns:
        The exit status.
    """
    parser, takes_more = _parser()
    options, more = parser.parse_known_args(arguments)
    if more and options.command not in takes_more:
        parser.error(f"{options.command} does not take {' '.join(more)}: see python -m book {options.command} --help")
    options.more = more
    if options.function in (setup, clean):
        return int(options.function(options))
    if not environment.is_inside():
        try:
            environment.make_ready()
        except subprocess.CalledProcessError as error:
            print(f"The environment is not ready; see above. What failed: {' '.join(error.cmd)}", file=sys.stderr)
            return 1
        return environment.run_inside(arguments)
    if not environment.is_ready():
        print("A lock file or pyproject.toml has changed since .venv was made: see python -m book setup")
    try:
        return int(options.function(options))
    except KeyboardInterrupt:
        return 130


def _parser() -> tuple[argparse.ArgumentParser, set[str]]:
    """The command line, and the commands that hand further arguments on."""
    parser = argparse.ArgumentParser(
        prog="python -m book",
        description="Everything works on a fresh clone; what is needed is installed into .venv first.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, function: Function, purpose: str, *, add_help: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=purpose, description=purpose, add_help=add_help)
        command.set_defaults(function=function)
        return command

    build = add("book", book, "execute the chapters and build the site into _build/html")
    build.add_argument("--source", type=Path, default=ROOT, help="folder of _config.yml (default: this repository)")
    build.add_argument("--target", type=Path, help="folder for results (default: _build in the source)")
    one = add("chapter", chapter, "build one chapter alone, in seconds, to look at while writing it")
    one.add_argument("name", help="its file's name, such as conv_matrix")
    one.add_argument("--source", type=Path, default=ROOT, help="folder of _config.yml (default: this repository)")
    one.add_argument("--target", type=Path, help="folder for results (default: _build in the source)")
    for command in (build, one):
        command.add_argument("--jobs", type=int, help="pages at once (default: one a core)")
    show = add("serve", serve, "build the site and show it on this machine")
    show.add_argument("--port", type=int, default=8000, help="of the address (default: 8000)")
    add("notebooks", notebooks, "build the site and list its notebooks; the site's buttons offer the same")
    add("test", test, "prove it: lint, types, the book, and all tests; further arguments go to pytest", add_help=False)
    add("check", check, "lint, types and the fast tests; further arguments go to pytest", add_help=False)
    add("lint", lint, "style and types")
    add("prove", prove, "put one fault a problem into the library: page and tests must notice", add_help=False)
    add("bench", bench, "measure against what one would do without hwlib", add_help=False)
    new = add(
        "new-chapter", new_chapter, "write the files of a new chapter: they pass all tests, and wait to be filled"
    )
    new.add_argument("name", help="its name in every folder, such as conv_matrix; it never changes once it is public")
    new.add_argument("--title", default="", help="the claim that it makes")
    new.add_argument("--answers", nargs="*", default=[], metavar="ID", help="open problems that it answers")
    add("lock", lock, "take the newest versions of everything into the lock files")
    add("lowest", lowest, "run the library's tests with the lowest versions that are claimed", add_help=False)
    add("vendor", vendor, "fetch MathJax and the widgets' script again (needs npm)")
    add("screenshots", screenshots, "pictures of every page, wide and narrow, light and dark, into _build/screenshots")
    add("setup", setup, "install what is needed into .venv; every other command does so by itself")
    add("clean", clean, "remove everything that was made")
    return parser, {"test", "check", "prove", "bench", "lowest"}


def setup(options: argparse.Namespace) -> int:
    """Make the environment ready."""
    environment.make_ready()
    print(f"Ready: {environment.python()}")
    return 0


def book(options: argparse.Namespace) -> int:
    """Build the site."""
    from book.tools.build import report

    return report(options.source, options.target, jobs=options.jobs)


def chapter(options: argparse.Namespace) -> int:
    """Build one chapter."""
    from book.tools.build import report

    return report(options.source, options.target, jobs=options.jobs, only=options.name)


def serve(options: argparse.Namespace) -> int:
    """Build and show the site."""
    from book.tools.build import report
    from book.tools.server import serve_until_interrupted

    return report(ROOT) or serve_until_interrupted(ROOT / "_build" / "html", options.port)


def notebooks(options: argparse.Namespace) -> int:
    """Build the site and list its notebooks."""
    from book.tools.build import report

    status = report(ROOT)
    for path in [] if status else sorted((ROOT / "_build" / "html" / "notebooks").glob("*.ipynb")):
        print(path)
    return status


def lint(options: argparse.Namespace) -> int:
    """Check style and types."""
    return next(filter(None, (_run("ruff", "check"), _run("ruff", "format", "--check"), _run("mypy"))), 0)


def test(options: argparse.Namespace) -> int:
    """Lint, build, and run all tests."""
    from book.tools.browser import make_ready
    from book.tools.build import report

    if status := lint(options) or report(ROOT):
        return status
    make_ready()
    return _pytest(options.more)


def check(options: argparse.Namespace) -> int:
    """Lint, and run the fast tests."""
    os.environ.setdefault("HYPOTHESIS_PROFILE", "fast")
    return lint(options) or _pytest(["-m", "not site and not slow", *options.more])


def prove(options: argparse.Namespace) -> int:
    """Put faults in."""
    from book.tools.prove import main as prove_all

    return prove_all(options.more)


def bench(options: argparse.Namespace) -> int:
    """Measure."""
    return _run("bench", *options.more)


def new_chapter(options: argparse.Namespace) -> int:
    """Write the files of a chapter."""
    from book.tools.new_chapter import report

    return report(options.name, options.title, options.answers)


def lock(options: argparse.Namespace) -> int:
    """Write the lock files."""
    from book.tools.lock import write

    write()
    return 0


def lowest(options: argparse.Namespace) -> int:
    """Try the lowest versions."""
    from book.tools.lowest import main as try_lowest

    return try_lowest(options.more)


def vendor(options: argparse.Namespace) -> int:
    """Fetch the scripts."""
    from book.tools.vendor import fetch

    fetch()
    return 0


def screenshots(options: argparse.Namespace) -> int:
    """Build the site and take pictures of it."""
    from book.tools.build import report
    from book.tools.screenshots import take

    return report(ROOT) or take()


def clean(options: argparse.Namespace) -> int:
    """Remove what was made; a Python cannot remove itself, so the environment stays if this is its own."""
    for name in _MADE:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    if environment.is_inside():
        print("This Python is .venv's own, so .venv stays: run clean with another to remove it.")
    else:
        environment.remove()
    return 0


def _run(module: str, *arguments: str) -> int:
    """Run a module in the repository."""
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT).returncode


def _pytest(arguments: list[str]) -> int:
    workers = str((os.cpu_count() or 1) + 2)  # half of the time a test waits: for a browser, a kernel, a lock
    return _run("pytest", "-n", workers, "--dist", "worksteal", *arguments)
