"""Sphinx extension: one chapter alone, for writing it.

All pages are read, so that every reference is resolved as on the whole site, but only the one is executed and written,
and only what is wrong with it counts.
"""

from __future__ import annotations

import logging
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import NAMESPACE, get_node_location


class OfOnePage(logging.Filter):
    """Lets pass what concerns a page, or none in particular."""

    def __init__(self, app: Sphinx, page: str):
        super().__init__()
        self._app, self._page = app, page

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is about the page, or says of no place."""
        location = getattr(record, "location", None)
        if isinstance(location, nodes.Node):
            location = get_node_location(location)
        text = str(location[0] if isinstance(location, tuple) else location or "")
        return text.startswith("<unknown>") or self._page_of(text) in ("", self._page)

    def _page_of(self, text: str) -> str:
        """Page of a location such as ``chapters/conv_matrix:12`` or ``/book/chapters/conv_matrix.md:12``."""
        place, _, line = text.rpartition(":")
        name = place if line.isdigit() or not line else text
        return name if name in self._app.project.docnames else self._app.project.path2doc(name) or name


def _leave_out(app: Sphinx) -> None:
    if app.config.only_page:
        app.builder.search = False  # it would be a search of one page, and a warning
        for handler in logging.getLogger(NAMESPACE).handlers:
            if handler.level == logging.WARNING:
                handler.filters.insert(0, OfOnePage(app, app.config.only_page))  # before it is counted


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_config_value("only_page", "", "")
    app.connect("builder-inited", _leave_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
