"""Export chapters as notebooks that Colab and Jupyter open: one to work in, and one with the solutions.

Run after the site is built, since numbers of theorems, equations and results are read off the finished pages.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag
from docutils.nodes import make_id
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pybtex.database import parse_file

from book.export.myst import Block, Translator, UnknownSyntaxError, split_blocks
from book.export.record import Record, digest, write
from book.ext.pages import LABEL, by_id, shown_number
from book.paths import ROOT, is_chapter

_INSTALL = """\
# Install the book's library where it is missing, as on Colab. Nothing that is there already is replaced.
import importlib.util, os, subprocess, sys

if importlib.util.find_spec("hwlib") is None:
    wheel = os.environ.get("HWLIB_WHEEL", "{wheel}")
    if not wheel:
        raise ImportError("hwlib is missing: in a clone of the book, run  pip install '.[notebook]'")
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"hwlib[notebook] @ {{wheel}}"], check=True)"""


_COMMENT = re.compile(r"#.*")


def export_all(source: Path, site_folder: Path, *, site: str | None, wheel: str, record: Record) -> list[Path]:
    """Write two notebooks for each chapter into ``notebooks`` of the site, unless they are there already.

    Args:
        source: folder that holds ``chapters`` and ``references.bib``.
        site_folder: the finished site.
        site: address that it will have, for links back and for the library; None leaves links out.
        wheel: name of the library's wheel in ``wheels`` of the site.
        record: what was made before.

    Returns:
        The notebooks.

    Raises:
        UnknownSyntaxError: if a chapter has a directive or role that has no translation.
    """
    folder = site_folder / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    bibliography = source / "references.bib"
    address = f"{site}/wheels/{wheel}" if site else ""
    code = sorted(ROOT.joinpath("book").glob("ex*/*.py"))
    made = []
    for chapter in filter(is_chapter, sorted((source / "chapters").glob("*.md"))):
        name = f"chapters/{chapter.stem}"
        both = [folder / f"{chapter.stem}.ipynb", folder / f"{chapter.stem}_solutions.ipynb"]
        made += both
        key = digest([chapter, site_folder / f"{name}.html", recorded(site_folder, name), bibliography, *code], address)
        if not all(record.knows(path, key) for path in both):
            page = PageFacts.read(site_folder, name, bibliography, site)
            for path, export in zip(both, (student_notebook, solutions_notebook), strict=True):
                notebook = export(chapter, page, address)
                nbformat.validate(notebook)
                write(path, nbformat.writes(notebook) + "\n")
                record.note(path, key)
    for stale in set(folder.iterdir()) - set(made):
        stale.unlink()
    return made


def recorded(site_folder: Path, name: str) -> Path:
    """The results that a page's cells recorded."""
    return site_folder.parent / "jupyter_execute" / f"{name}.glue.json"


def student_notebook(chapter: Path, page: PageFacts, wheel: str) -> Any:
    """The chapter as a notebook: exercises as stubs, no solutions, no outputs."""
    cells = [_introduction(page, "Solutions are in a notebook of their own.")]
    cells.append(new_code_cell(_INSTALL.format(wheel=wheel)))
    translator, in_solution = Translator(page, chapter), False
    for cell in _cells(chapter):
        if cell.cell_type == "markdown":
            kept, in_solution = _outside_solutions(_blocks(cell, chapter), in_solution)
            cells += _markdown(translator, kept)
        elif not in_solution and "solution" not in _tags(cell):
            cells += _code(translator, page, cell)
    return _notebook(cells)


def solutions_notebook(chapter: Path, page: PageFacts, wheel: str) -> Any:
    """Set-up, and each exercise with its solution: it runs on its own, for solutions use the set-up alone."""
    cells = [_introduction(page, "These are the solutions of its exercises.")]
    cells.append(new_code_cell(_INSTALL.format(wheel=wheel)))
    translator, inside = Translator(page, chapter), False
    for cell in _cells(chapter):
        if cell.cell_type == "markdown":
            kept, inside = _exercises_and_solutions(_blocks(cell, chapter), inside)
            cells += _markdown(translator, kept)
        elif "setup" in _tags(cell) or "solution" in _tags(cell):
            cells += _code(translator, page, cell)
    return _notebook(cells)


@dataclass(frozen=True)
class PageFacts:
    """What a finished page says of numbers, titles and results; the translator's lookup."""

    name: str
    page: BeautifulSoup
    elements: dict[str, Tag]
    values: dict[str, str]
    bibliography: Any
    site: str | None

    @classmethod
    def read(cls, site_folder: Path, name: str, bibliography: Path, site: str | None) -> PageFacts:
        """Read a page of the finished site and the results that its cells recorded."""
        page = BeautifulSoup((site_folder / f"{name}.html").read_text("utf8"), "html.parser")
        results = recorded(site_folder, name)
        glue = json.loads(results.read_text("utf8")) if results.exists() else {}
        values = {key: str(ast.literal_eval(value["data"]["text/plain"])) for key, value in glue.items()}
        return cls(name, page, by_id(page), values, parse_file(str(bibliography)), site)

    @property
    def title(self) -> str:
        """Title of the page, without its number."""
        heading = self.page.find("h1")
        assert heading is not None
        return re.sub(r"^[\d.]+\s*|#$", "", heading.get_text()).strip()

    @property
    def address(self) -> str | None:
        """Public address of the page."""
        return f"{self.site}/{self.name}.html" if self.site else None

    def reference(self, role: str, target: str, text: str | None) -> str:
        """See :class:`book.export.myst.Lookup`."""
        anchor = {"eq": f"equation-{make_id(target)}", "term": f"term-{target.replace(' ', '-')}"}.get(
            role, make_id(target)
        )
        wanted = f"{target.rsplit('/', 1)[-1]}.html" if role == "doc" else f"#{anchor}"
        link = self.page.select_one(f'article a.reference[href$="{wanted}" i]')
        if link is None:
            raise UnknownSyntaxError(f"{self.name}: no link on the page goes to {wanted}, which {{{role}}} refers to")
        shown = text or " ".join(link.get_text().split())
        address = self._absolute(str(link["href"]))
        return f"[{shown}]({address})" if address else shown

    def equation(self, label: str) -> str:
        """See :class:`book.export.myst.Lookup`."""
        number = shown_number(self.elements, label)
        if number is None:
            raise UnknownSyntaxError(f"{self.name}: the page has no equation {label}")
        return number.strip("()")

    def caption(self, label: str) -> str:
        """See :class:`book.export.myst.Lookup`."""
        element = self.elements.get(make_id(label))
        heading = element and element.select_one(":scope > .admonition-title")
        if heading is None:
            raise UnknownSyntaxError(f"{self.name}: the page has no theorem or exercise {label}")
        return " ".join(heading.get_text().split())

    def number(self, label: str) -> str:
        """What the page calls the thing with a label, such as ``Fig. 1.1``; the label itself if nothing has it."""
        return shown_number(self.elements, label) or label

    def citation(self, role: str, keys: list[str]) -> str:
        """See :class:`book.export.myst.Lookup`."""
        texts = []
        for key in keys:
            entry = self.bibliography.entries[key]
            names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons["author"]]
            who = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
            who, year = re.sub(r"[{}]", "", who), entry.fields.get("year", "n.d.")
            texts.append(f"{who} ({year})" if role == "cite:t" else f"{who}, {year}")
        return ", ".join(texts) if role == "cite:t" else f"({'; '.join(texts)})"

    def value(self, name: str) -> str:
        """See :class:`book.export.myst.Lookup`."""
        if name not in self.values:
            raise UnknownSyntaxError(f"{self.name}: no cell recorded {name!r}; recorded are {', '.join(self.values)}")
        return self.values[name]

    def _absolute(self, href: str) -> str | None:
        if not self.site:
            return None
        folder = self.name.rsplit("/", 1)[0]
        if href.startswith("#"):
            return f"{self.site}/{self.name}.html{href}"
        if href.startswith("../"):
            return f"{self.site}/{href.removeprefix('../')}"
        return f"{self.site}/{folder}/{href}"


def _cells(chapter: Path) -> list[Any]:
    text = chapter.read_text("utf8")
    notebook = read_myst_markdown_notebook(text, MdParserConfig(), add_source_map=True)
    for cell, line in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        cell.metadata["line"] = line + 1
    return list(notebook.cells)


def _introduction(page: PageFacts, more: str) -> Any:
    title = f"[{page.title}]({page.address})" if page.address else f"*{page.title}*"
    return new_markdown_cell(f"This notebook belongs to the chapter {title} of *By Hand, Checked by Machine*. {more}")


def _blocks(cell: Any, chapter: Path) -> Iterator[Block]:
    return split_blocks(cell.source, cell.metadata["line"], chapter)


def _markdown(translator: Translator, blocks: list[Block]) -> list[Any]:
    translator.attachments = {}
    translated = translator.translate_blocks(blocks)
    if not translated.strip():
        return []
    cell = new_markdown_cell(translated)
    if translator.attachments:
        cell["attachments"] = translator.attachments
    return [cell]


def _code(translator: Translator, page: PageFacts, cell: Any) -> list[Any]:
    """The cell, folded where the page folds it, and its figure's caption below it."""
    tags = _tags(cell)
    if "remove-cell" in tags:
        return []
    made = new_code_cell(_COMMENT.sub(lambda comment: LABEL.sub(lambda m: page.number(m[0]), comment[0]), cell.source))
    if tags & {"hide-input", "remove-input"}:
        made.metadata.update({"jupyter": {"source_hidden": True}, "cellView": "form"})
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if not figure:
        return [made]
    number = page.number(figure["name"])
    caption = translator.translate(figure["caption"].strip(), cell.metadata["line"])
    return [made, new_markdown_cell(f"*{number}*: {caption}")]


def _tags(cell: Any) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _outside_solutions(blocks: Iterable[Block], inside: bool) -> tuple[list[Block], bool]:
    """The blocks outside solutions, and whether the text ends inside one."""
    kept = []
    for block in blocks:
        if block.kind == "solution-start":
            inside = True
        elif block.kind == "solution-end":
            inside = False
        elif not inside:
            kept.append(block)
    return kept, inside


def _exercises_and_solutions(blocks: Iterable[Block], inside: bool) -> tuple[list[Block], bool]:
    """The statements of exercises and the prose of solutions, and whether the text ends inside one."""
    kept = []
    for block in blocks:
        inside = inside or block.kind in ("exercise-start", "solution-start")
        if inside:
            kept.append(block)
        if block.kind in ("exercise-end", "solution-end"):
            inside = False
    return kept, inside


def _notebook(cells: list[Any]) -> Any:
    for number, cell in enumerate(cells):  # the same ids on every build
        cell["id"] = hashlib.sha256(f"{number}{cell.source}".encode()).hexdigest()[:8]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
