"""Build the site as ``jupyter-book build .`` does, in several processes and with warnings as errors."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import yaml
from jupyter_book.config import validate_yaml
from jupyter_book.sphinx import build_sphinx

from book.ext.execution import cores


def build(source: Path, target: Path, *, jobs: int | None = None, only: str = "") -> int:
    """Execute and render a book.

    Args:
        source: folder of ``_config.yml`` and ``_toc.yml``.
        target: folder for everything that is made: ``html``, and caches that make the next build short.
        jobs: processes that execute and render pages; one a core by default.
        only: name of a chapter, to execute and write no other, into ``chapter/html`` of the target.

    Returns:
        0 if all went well, else 1; what went wrong has been printed.

    Raises:
        ValueError: if there is no such chapter.
    """
    jobs = jobs or cores()
    validate_yaml(yaml.safe_load((source / "_config.yml").read_text("utf8")), raise_on_errors=True)
    # As Jupyter Book's own command has it, so that the two share what they have read.
    settings: dict[str, Any] = {"external_toc_path": (source / "_toc.yml").as_posix(), "latex_individualpages": False}
    settings["book_jobs"] = jobs
    html, files = target / "html", []
    if only:
        html, files = target / "chapter" / "html", [_chapter(source, only)]
        settings |= {"only_page": f"chapters/{only}", "nb_execution_cache_path": str(target / "executed")}
    result = build_sphinx(
        source,
        html,
        noconfig=True,
        path_config=source / "_config.yml",
        confoverrides=settings,
        filenames=files,
        warningiserror=True,
        keep_going=True,
        jobs=jobs,
    )
    return int(bool(result))


def _chapter(source: Path, name: str) -> str:
    chapter = source / "chapters" / f"{name}.md"
    if not chapter.is_file():
        names = sorted(path.stem for path in chapter.parent.glob("*.md"))
        raise ValueError(f"there is no chapter {name!r}; accepted are {', '.join(names)}")
    return str(chapter)


def report(source: Path, target: Path | None = None, *, jobs: int | None = None, only: str = "") -> int:
    """Build, and say what came of it; see :func:`build`.

    Args:
        source: folder of ``_config.yml`` and ``_toc.yml``.
        target: folder for everything that is made; ``_build`` in the source by default.
        jobs: processes.
        only: name of a chapter, to build no other.

    Returns:
        The exit status.
    """
    source = source.resolve()
    target = (target or source / "_build").resolve()
    start = time.perf_counter()
    try:
        status = build(source, target, jobs=jobs, only=only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if status:
        what = f"Chapter {only}" if only else "The book"
        print(f"{what} was not built: see the warnings above, which are errors here.", file=sys.stderr)
        return status
    took = f"Built in {time.perf_counter() - start:.0f} s."
    if only:
        print(f"{took} Open {target / 'chapter' / 'html' / 'chapters' / only}.html")
    else:
        print(f"{took} Open {target / 'html' / 'index.html'} or run: make serve")
    return 0
