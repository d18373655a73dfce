"""Sphinx extension: what is done when all pages are written. Lost pages go, wheel and notebooks come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from book.export.notebooks import export_all
from book.export.record import Record
from book.export.wheel import build_wheel
from book.paths import ROOT
from book.settings import Settings

_LOG = logging.getLogger(__name__)


def _finish(app: Sphinx, error: Exception | None) -> None:
    failed = error is not None or (app.warningiserror and app._warncount)
    if failed or app.builder.name != "html" or app.config.only_page:
        return
    source, site = Path(app.srcdir), Path(app.outdir)
    remove_lost_pages(site, set(app.env.found_docs))
    record = Record(site.parent / "made.json")
    wheel = build_wheel(ROOT, site / "wheels", record)
    made = export_all(source, site, site=Settings.from_environment().site, wheel=wheel.name, record=record)
    _LOG.info(f"notebooks: {len(made)} in {made[0].parent}" if made else "notebooks: none")


def remove_lost_pages(site: Path, documents: set[str]) -> None:
    """Remove the pages of sources that are no longer there; Sphinx leaves them.

    Args:
        site: folder of the finished site.
        documents: names of the pages that there are.
    """
    made_by_sphinx = {"genindex", "search", "py-modindex", "prf-modindex"}
    for page in site.rglob("*.html"):
        name = page.relative_to(site).with_suffix("").as_posix()
        if name not in documents | made_by_sphinx and not name.startswith(("_static/", "_modules/")):
            page.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; its turn comes after all others have finished."""
    app.connect("build-finished", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
