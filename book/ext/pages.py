"""Sphinx extension: small repairs of the pages."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from bs4 import BeautifulSoup, NavigableString, Tag
from docutils.nodes import make_id
from sphinx.application import Sphinx
from sphinx_proof.domain import ProofDomain

from book.export.record import digest
from book.paths import ROOT, STATIC
from book.settings import Settings

# All proofs without a label get one id, and the insides of all theorems and exercises another: it names none of them.
NAMELESS = re.compile(
    r'(<div class="proof admonition") id="proof"|(<section(?: class="[a-z]+-content")?) id="[a-z]+-content"'
)
TupleField = type(vars(namedtuple("_", "field"))["field"])
LABEL = re.compile(r"\b(?:eq|thm|prop|def|lem|cor|alg|fig)-[a-z0-9-]+\b")


class MergeableProofDomain(ProofDomain):  # type: ignore[misc]
    """Theorems, for parallel reading: their list is merged by an event, so the domain itself has nothing to merge."""

    def merge_domaindata(self, docnames: list[str], otherdata: dict[str, Any]) -> None:
        """Called for the pages that another process has read."""


def by_id(page: BeautifulSoup) -> dict[str, Tag]:
    """The elements of a page that have an id."""
    return {str(element["id"]): element for element in page.find_all(id=True)}


def shown_number(elements: Mapping[str, Tag], label: str) -> str | None:
    """What a page calls the equation, theorem or figure with a label: ``(1.4)``, ``Theorem 1.1``, ``Fig. 1.2``.

    Args:
        elements: elements of the page by id.
        label: the label in its source.

    Returns:
        The name, or None if the page has nothing with that label.
    """
    equation = elements.get(f"equation-{make_id(label)}")
    number = equation and equation.select_one(".eqno")
    if number:
        return f"({number.get_text().strip('()# ' + chr(0xB6) + chr(10))})"
    element = elements.get(make_id(label))
    heading = element and element.select_one(".caption-number")
    return " ".join(heading.get_text().split()) if heading else None


def link_checks(body: str) -> str:
    """Turn labels in code comments into links, so that a reader sees which equation an assertion tests.

    Args:
        body: HTML of a page.

    Returns:
        The HTML, with ``# eq-conv`` shown as ``# (1.3)`` and linked.
    """
    if not LABEL.search(body):
        return body
    page = BeautifulSoup(body, "html.parser")
    elements = by_id(page)
    for comment in page.find_all("span", class_="c1"):
        text = comment.get_text()
        if not LABEL.search(text):
            continue
        comment.clear()
        position = 0
        for match in LABEL.finditer(text):
            number = shown_number(elements, match[0])
            if number is None:
                continue
            comment.append(NavigableString(text[position : match.start()]))
            anchor = make_id(match[0])
            link = page.new_tag("a", href=f"#{'equation-' if match[0].startswith('eq-') else ''}{anchor}")
            link.string = number
            comment.append(link)
            position = match.end()
        comment.append(NavigableString(text[position:]))
    return str(page)


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if doctree is not None:
        # A list whose items are not list items confuses screen readers; the entries say what they are themselves.
        body = context["body"].replace('<div role="list" class="citation-list">', '<div class="citation-list">')
        body = NAMELESS.sub(r"\1\2", body)
        context["body"] = link_checks(body)


def _note_what_renders(app: Sphinx, config: Any) -> None:
    files = [path for folder in (ROOT / "book" / "ext", STATIC) for path in sorted(folder.rglob("*"))]
    sources = [path for path in files if path.is_file() and "__pycache__" not in path.parts]
    config.rendering_key = digest(sources, repr(Settings.from_environment()))


def _stands_above(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Fields of a named tuple are described by its docstring; autodoc would describe them again."""
    return True if isinstance(obj, TupleField) else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # A change of what renders pages, or of an address, makes Sphinx write every page again.
    app.add_config_value("rendering_key", "", "html")
    app.connect("config-inited", _note_what_renders)
    app.add_domain(MergeableProofDomain, override=True)
    # This one numbers sections after all pages are read, in one process, but does not say so; undeclared, it would
    # stop parallel reading, and with it parallel execution.
    app.setup_extension("sphinx_multitoc_numbering")
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
    app.add_js_file("book.js", priority=10)  # before the scripts that it prepares for
    app.connect("html-page-context", _mend)
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-skip-member", _stands_above)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
