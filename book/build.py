"""Build the site: execute the chapters, render the pages, export the notebooks, ship the wheel.

Run as ``python -m book.build``; see ``--help``. Warnings are errors, and so is a failing cell.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from book import notebooks
from book.config import ROOT, sphinx_config
from book.settings import Settings

__all__ = ["build", "build_wheel", "main"]


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
    config = sphinx_config(source, target)
    html = target / "html"
    if only:
        html, config = target / "chapter" / "html", _only(config, source, only)
    cache = Path(config["nb_execution_cache_path"])
    for stale in [*cache.parent.glob("*")] if cache.parent.exists() else []:
        if stale != cache:  # outputs of another library or other versions
            shutil.rmtree(stale)
    _quieten(target)
    with patch_docutils(None), docutils_namespace():
        app = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=html,
            doctreedir=html.parent / "doctrees",
            buildername="html",
            confoverrides=config,
            warning=_WithoutOthersReferences(only) if only else sys.stderr,
            warningiserror=not only,
            keep_going=True,
            parallel=jobs,
        )
        app.build()
    _remove_lost_pages(html, set(app.env.found_docs))
    failed = bool(app.statuscode) or any(
        not page["exec_data"]["succeeded"] for page in app.env.nb_metadata.values() if page.get("exec_data")
    )
    if failed:  # else the next build would take the faulty pages as read, and succeed
        shutil.rmtree(html.parent / "doctrees")
    return int(failed)


class _WithoutOthersReferences(io.TextIOBase):
    """Standard error without what every other page has to say of a chapter that was left out."""

    encoding = "utf8"
    _unresolved = re.compile(r"WARNING: .*(unknown document|undefined label|not found|nonexisting document)")

    def __init__(self, chapter: str):
        self._own = f"chapters/{chapter}.md"

    def write(self, text: str) -> int:
        if self._own in text or not self._unresolved.search(text):
            sys.stderr.write(text)
        return len(text)


def _quieten(target: Path) -> None:
    """Keep what nobody needs off the screen, and this person's own IPython settings out of the results."""
    for dumps_its_options in ("sphinx.myst_parser.sphinx_ext.main", "sphinx.myst_nb.sphinx_ext"):
        logging.getLogger(dumps_its_options).setLevel(logging.WARNING)
    profile = target / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # The kernel's warning is about its port on this machine; errors in cells are reported as ever.
    (profile / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 'ERROR'\n")
    os.environ["IPYTHONDIR"] = str(profile.parent)


def _only(config: dict[str, object], source: Path, name: str) -> dict[str, object]:
    chapter = source / "chapters" / f"{name}.md"
    if not chapter.is_file():
        names = sorted(path.stem for path in chapter.parent.glob("*.md"))
        raise SystemExit(f"there is no chapter {name!r}; accepted are {', '.join(names)}")
    others = [
        f"chapters/{path.name}"
        for path in chapter.parent.glob("*.md")
        if path != chapter and notebooks.is_chapter(path)  # the pages without cells take no time
    ]
    patterns = config["exclude_patterns"]
    assert isinstance(patterns, list)
    return {**config, "exclude_patterns": [*patterns, *others], "external_toc_exclude_missing": True, "nitpicky": False}


def _remove_lost_pages(html: Path, documents: set[str]) -> None:
    """Pages of sources that are no longer there; Sphinx leaves them."""
    made_by_sphinx = {"genindex", "search", "py-modindex", "prf-modindex"}
    for page in html.rglob("*.html"):
        name = page.relative_to(html).with_suffix("").as_posix()
        if name not in documents | made_by_sphinx and not name.startswith(("_static/", "_modules/")):
            page.unlink()


def build_wheel(root: Path, folder: Path) -> Path:
    """The library as a wheel, for notebooks that run elsewhere; the folder holds nothing but the newest."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(root)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m book.build", description=__doc__)
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
    if options.only:
        page = target / "chapter" / "html" / "chapters" / f"{options.only}.html"
        print(f"Built in {time.perf_counter() - start:.0f} s. Open {page}")
    else:
        page = target / "html" / "index.html"
        wheel = build_wheel(ROOT, target / "html" / "wheels")
        settings = Settings.from_environment()
        made = notebooks.export_all(source, target / "html", site=settings.site, wheel=wheel.name)
        print(f"notebooks: {len(made)} in {made[0].parent}" if made else "notebooks: none")
        print(f"Built in {time.perf_counter() - start:.0f} s. Open {page} or run: make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main())
