"""A chapter's source, taken apart for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from book.export.myst import Block, split_blocks
from book.ext.problem_index import read_register
from book.paths import ROOT
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

REGISTER = read_register(ROOT)
# All of the part with the chapters: a problem may be answered by two of them, and names one.
_CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))["parts"]
CHAPTERS = sorted(
    Path(chapter["file"]).name for part in _CONTENTS if part["caption"] == "Chapters" for chapter in part["chapters"]
)


@dataclass(frozen=True)
class CodeCell:
    """A code cell and where it stands."""

    source: str
    tags: frozenset[str]
    mystnb: dict[str, Any]
    section: str  # label of the section
    in_exercise: bool  # between the first exercise and the end of its section

    @property
    def lines(self) -> list[str]:
        return [line for line in self.source.split("\n") if line.strip()]


@dataclass(frozen=True)
class Chapter:
    """A chapter: its text, its cells, and the blocks of its prose."""

    stem: str
    text: str
    cells: list[CodeCell]
    blocks: list[Block]

    @property
    def sections(self) -> list[str]:
        """Labels of the sections in order."""
        return re.findall(r"^\((sec-[\w-]+)\)=\n## ", self.text, re.MULTILINE)

    @property
    def words(self) -> int:
        """Words of the prose, code cells left out."""
        return len(" ".join(line for block in self.blocks for line in block.lines).split())


@cache
def read(stem: str) -> Chapter:
    """Read a chapter."""
    path = ROOT / "chapters" / f"{stem}.md"
    text = path.read_text("utf8")
    notebook = read_myst_markdown_notebook(text, MdParserConfig(), add_source_map=True)
    cells, blocks, section = [], [], ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            blocks += split_blocks(cell.source, 1, path)
            section = ([section, *re.findall(r"^\((sec-[\w-]+)\)=$", cell.source, re.MULTILINE)])[-1]
        else:
            tags = frozenset(cell.metadata.get("tags", []))
            mystnb = dict(cell.metadata.get("mystnb", {}))
            cells.append(CodeCell(cell.source, tags, mystnb, section, section.endswith("-exercises")))
    return Chapter(stem, text, cells, blocks)
