"""Where things are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "book" / "static"


def is_chapter(path: str | Path) -> bool:
    """Whether a file is a chapter: a notebook in the folder ``chapters``."""
    path = Path(path)
    return path.parent.name == "chapters" and path.suffix == ".md" and "\nkernelspec:" in path.read_text("utf8")[:500]
