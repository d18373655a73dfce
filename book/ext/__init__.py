"""The book's Sphinx extension; ``_config.yml`` loads it, so that ``jupyter-book build .`` gives the whole site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PARTS = ("session", "only", "execution", "pages", "buttons", "problem_index", "finish")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension: all of its parts."""
    here, wanted = Path(__file__).parent, Path(app.srcdir, "book", "ext")
    if wanted.is_dir() and wanted.resolve() != here.resolve():
        raise ExtensionError(f"this book's extension is {wanted}, but Python imports {here}: see PYTHONPATH")
    for part in PARTS:
        app.setup_extension(f"book.ext.{part}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
