"""Build the site as ``jupyter-book build .`` does, in several processes and with warnings as errors.

Run as ``python -m book.tools.build``; see ``--help``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_book.config import get_final_config
from jupyter_book.sphinx import build_sphinx

from book.paths import ROOT, is_chapter

__all__ = ["build", "main"]


def build(source: Path, target: Path, *, jobs: int = 2, only: str | None = None) -> int:
    """Execute and render a book.

    Args:
        source: folder of ``_config.yml`` and ``_toc.yml``.
        target: folder for everything that is made: ``html``, and caches that make the next build short.
        jobs: processes that execute and render pages.
        only: name of a chapter, to execute no other: its references to other chapters stay unresolved.

    Returns:
        0 if all went well, else 1; what went wrong has been printed.
    """
    # As Jupyter Book's own command has it, so that the two share what they have read.
    settings: dict[str, Any] = {
        "external_toc_path": (source / "_toc.yml").as_posix(),
        "latex_individualpages": False,
    }
    html = target / "html"
    if only:
        html = target / "chapter" / "html"
        settings |= _only(source, only)
    with _without_others_references(only) if only else contextlib.nullcontext():
        result = build_sphinx(
            source,
            html,
            noconfig=True,
            path_config=source / "_config.yml",
            confoverrides=settings,
            warningiserror=not only,
            keep_going=True,
            jobs=jobs,
        )
    return int(bool(result))


class _WithoutOthersReferences(io.TextIOBase):
    """Standard error without what every other page has to say of a chapter that was left out."""

    encoding = "utf8"
    _unresolved = re.compile(r"WARNING: .*(unknown document|undefined label|not found|nonexisting document)")

    def __init__(self, chapter: str):
        self._own, self._stream = f"chapters/{chapter}.md", sys.stderr

    def write(self, text: str) -> int:
        if self._own in text or not self._unresolved.search(text):
            self._stream.write(text)
        return len(text)


@contextlib.contextmanager
def _without_others_references(chapter: str) -> Iterator[None]:
    with contextlib.redirect_stderr(_WithoutOthersReferences(chapter)):
        yield


def _only(source: Path, name: str) -> dict[str, object]:
    chapter = source / "chapters" / f"{name}.md"
    if not chapter.is_file():
        names = sorted(path.stem for path in chapter.parent.glob("*.md"))
        raise SystemExit(f"there is no chapter {name!r}; accepted are {', '.join(names)}")
    others = [
        f"chapters/{path.name}"
        for path in chapter.parent.glob("*.md")
        if path != chapter and is_chapter(path)  # the pages without cells take no time
    ]
    config, _ = get_final_config(user_yaml=source / "_config.yml", cli_config={"latex_individualpages": False})
    return {
        "exclude_patterns": [*config["exclude_patterns"], *others],
        "external_toc_exclude_missing": True,
        "nitpicky": False,
        "only_chapter": name,
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m book.tools.build", description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT, help="folder of _config.yml (default: this repository)")
    parser.add_argument("--target", type=Path, help="folder for results (default: _build in the source)")
    parser.add_argument("--only", metavar="CHAPTER", help="build this chapter alone, in seconds, for writing it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    options = parser.parse_args(arguments)
    source = options.source.resolve()
    target = (options.target or source / "_build").resolve()
    start = time.perf_counter()
    status = build(source, target, jobs=options.jobs, only=options.only)
    if status:
        what = f"Chapter {options.only}" if options.only else "The book"
        print(f"{what} was not built: see the warnings above, which are errors here.", file=sys.stderr)
        return status
    page = target / "html" / "index.html"
    if options.only:
        page = target / "chapter" / "html" / "chapters" / f"{options.only}.html"
    print(
        f"Built in {time.perf_counter() - start:.0f} s. Open {page}" + ("" if options.only else " or run: make serve")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
