"""Sphinx extension: what is done when all pages are written. A failing cell is an error; notebooks and wheel follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging

from book.export.notebooks import export_all
from book.export.wheel import build_wheel
from book.paths import ROOT
from book.settings import Settings

_LOG = logging.getLogger(__name__)


class FailedCellError(SphinxError):  # type: ignore[misc]
    """A chapter's cell failed."""

    category = "Failing cell"


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None:  # Sphinx starts over by itself
        return
    pages = app.env.nb_metadata.items()
    failed = [name for name, page in pages if page.get("exec_data") and not page["exec_data"]["succeeded"]]
    if failed:
        raise FailedCellError(f"a cell raised an error, see above, in {', '.join(sorted(failed))}")
    if app._warncount:  # else the next build would take the faulty pages as read, and say nothing
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    if app.builder.name != "html" or (app.warningiserror and app._warncount):
        return
    site = Path(app.outdir)
    remove_lost_pages(site, set(app.env.found_docs))
    if app.config.only_chapter:
        return
    wheel = build_wheel(ROOT, site / "wheels")
    made = export_all(Path(app.srcdir), site, site=Settings.from_environment().site, wheel=wheel.name)
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
    app.add_config_value("only_chapter", "", "env")
    app.connect("build-finished", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
