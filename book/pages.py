"""Sphinx extension: small repairs of the pages, and re-reading when the library has changed."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # A change of the key makes Sphinx read every page again, so no page keeps the output of old code.
    app.add_config_value("execution_key", "", "env")
    app.add_js_file("book.js", priority=10)  # before the scripts that it prepares for
    return {"parallel_read_safe": True, "parallel_write_safe": True}
