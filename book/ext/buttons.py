"""Sphinx extension: the buttons of a chapter open and download the notebooks that students can use.

The theme would link to the Markdown source, which Colab can't open and Jupyter can't run.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from book.paths import is_chapter
from book.settings import Settings


def chapter_buttons(stem: str, to_root: str, settings: Settings) -> list[dict[str, Any]]:
    """The buttons of one chapter.

    Args:
        stem: name of the chapter's source file.
        to_root: relative address of the site's top from the page, such as ``../``.
        settings: the addresses; without a repository there is no button for Colab or for the sources.

    Returns:
        Button groups in the theme's form.
    """
    downloads = [
        ("Notebook", f"{to_root}notebooks/{stem}.ipynb", "fas fa-code", "The chapter as a Jupyter notebook"),
        ("Solutions", f"{to_root}notebooks/{stem}_solutions.ipynb", "fas fa-check", "The solutions as a notebook"),
    ]
    buttons: list[dict[str, Any]] = [
        {
            "type": "link",
            "url": url,
            "text": text,
            "icon": icon,
            "tooltip": tooltip,
            "label": f"download-{text.lower()}",
        }
        for text, url, icon, tooltip in downloads
    ]
    buttons.append(
        {
            "type": "javascript",
            "javascript": "window.print()",
            "text": "PDF",
            "icon": "fas fa-file-pdf",
            "tooltip": "Print, or save as PDF",
            "label": "download-pdf",
        }
    )
    groups = [
        {
            "type": "group",
            "tooltip": "Download this chapter",
            "icon": "fas fa-download",
            "buttons": buttons,
            "label": "download-buttons",
        }
    ]
    if address := settings.colab(f"{stem}.ipynb"):
        colab = {
            "type": "link",
            "url": address,
            "text": "Colab",
            "icon": "fas fa-rocket",
            "tooltip": "Run this chapter in Colab",
            "label": "launch-colab",
        }
        groups.insert(0, {**colab, "classes": "pst-navbar-icon"})
    if settings.repository:
        repository = {
            "type": "link",
            "url": settings.repository,
            "text": "",
            "icon": "fab fa-github",
            "tooltip": "The book's sources",
            "label": "repository",
        }
        groups.append({**repository, "classes": "pst-navbar-icon"})
    return groups


def _add_buttons(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if doctree is None or not is_chapter(app.env.doc2path(page)):
        return
    to_root = "../" * page.count("/")
    buttons = chapter_buttons(page.rsplit("/", 1)[-1], to_root, Settings.from_environment())
    context["header_buttons"] = [*buttons, *context.get("header_buttons", [])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; its turn comes after the theme has made its own buttons."""
    app.connect("html-page-context", _add_buttons, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
