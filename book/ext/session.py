"""Sphinx extension: one build at a time in a folder, and a build that was interrupted starts over.

Sphinx takes a page as written once it has been read. Where a build ends between the two, or with warnings, the next
build would take the page as it is; so what was read is forgotten. Executed cells are not: they are kept elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.util import logging

from book.locking import Lock

_LOG = logging.getLogger(__name__)


class Session:
    """The part of this extension that lives as long as a build."""

    def __init__(self) -> None:
        self._lock: Lock | None = None

    def begin(self, app: Sphinx, config: Any) -> None:
        """At ``config-inited``, before all others."""
        config.nb_execution_cache_path = config.nb_execution_cache_path or str(Path(app.outdir).parent / "executed")
        cache = Path(config.nb_execution_cache_path)
        self._lock = Lock(cache / ".lock")
        self._lock.acquire(lambda: _LOG.info(f"waiting for another build in {cache.parent} to end"))
        if _unfinished(app).exists():
            _LOG.info("the last build here was interrupted: all pages are read again")
            forget(app)
        _unfinished(app).parent.mkdir(parents=True, exist_ok=True)
        _unfinished(app).touch()

    def end(self, app: Sphinx, error: Exception | None) -> None:
        """At ``build-finished``, after all others; Sphinx itself starts over after an error."""
        if error is None:
            if app._warncount:
                forget(app)
            _unfinished(app).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release()


def forget(app: Sphinx) -> None:
    """Have the next build read every page."""
    Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def _unfinished(app: Sphinx) -> Path:
    return Path(app.doctreedir, "unfinished")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    session = Session()
    app.connect("config-inited", session.begin, priority=50)
    app.connect("build-finished", session.end, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
