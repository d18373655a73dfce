"""The book's Sphinx extension; ``_config.yml`` loads it, so that ``jupyter-book build .`` gives the whole site."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

PARTS = ("session", "only", "execution", "pages", "buttons", "problem_index", "finish")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension: all of its parts."""
    for part in PARTS:
        app.setup_extension(f"book.ext.{part}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
