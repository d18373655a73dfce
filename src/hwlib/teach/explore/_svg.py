"""What a frame consists of: small SVG drawings, their captions, and the sentence below, in the page's colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hwlib.teach._theme import ON_COLOUR

STYLE = (
    ".hw-views{display:flex;flex-wrap:wrap;gap:1em 1.6em;align-items:flex-start;justify-content:center;margin:.6em 0}"
    ".hw-column{flex-direction:column;align-items:center;gap:.5em}"
    ".hw-view{margin:0;max-width:100%;overflow-x:auto}"
    ".hw-view figcaption{font-size:.85em;text-align:center;margin-bottom:.3em}"
    ".hw-view svg{display:block;margin:0 auto;font:600 11px system-ui,sans-serif;text-anchor:middle}"
    ".hw-view rect{stroke:currentColor;stroke-opacity:.35}"
    ".hw-view text{fill:currentColor;dominant-baseline:central}"
    f".hw-view .on{{fill:{ON_COLOUR}}}"
    ".hw-note{text-align:center;font-size:.95em;min-height:1.6em;margin:.3em 0}"
)


@dataclass(frozen=True)
class Html:
    """Text that displays as HTML, in Jupyter, in Colab and on a static page."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def escaped(words: str) -> str:
    """Words as HTML, also between double quotes."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def drawing(
    parts: Iterable[str],
    size: tuple[float, float],
    label: str,
    *,
    title: str = "",
    role: str = "img",
    view: tuple[float, float, float, float] | None = None,
) -> str:
    """HTML of an SVG picture: its parts, its size in pixels, and what is to be seen in it, for who cannot see it.

    Args:
        parts: SVG elements.
        size: width and height in pixels.
        label: what is to be seen.
        title: what stands above the picture.
        role: what the picture is for who cannot see it.
        view: left, top, width and height in the coordinates of the parts; by default those of the size, from 0.
    """
    box = " ".join(f"{number:g}" for number in view or (0, 0, *size))
    caption = f"<figcaption>{title}</figcaption>" if title else ""
    return (
        f'<figure class="hw-view">{caption}<svg width="{size[0]:g}" height="{size[1]:g}" viewBox="{box}" '
        f'role="{role}" aria-label="{escaped(label)}">{"".join(parts)}</svg></figure>'
    )


def side_by_side(drawings: Iterable[str]) -> str:
    """Drawings in a row that breaks where the page is narrow."""
    return f'<div class="hw-views">{"".join(drawings)}</div>'


def below_each_other(drawings: Iterable[str]) -> str:
    """Drawings in a column: rows that are to be compared."""
    return f'<div class="hw-views hw-column">{"".join(drawings)}</div>'


def above(drawings: Iterable[str], say: str, *, details: str = "") -> str:
    """Drawings side by side above a sentence, and details of it as HTML."""
    return side_by_side(drawings) + _note(say, details)


def _note(say: str, details: str = "") -> str:
    return f'<p class="hw-note">{escaped(say)}{details}</p>'


def count(number: int, what: str) -> str:
    """``1 piece``, ``2 pieces``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Cell:
    """How one cell of a grid looks."""

    text: str = ""
    fill: str = "none"
    attributes: str = ""  # of the cell's group, such as its class

    def draw(self, x: float, y: float, size: float) -> str:
        label = ""
        if self.text:
            on = "" if self.fill == "none" else ' class="on"'
            label = f'<text x="{x + size / 2:g}" y="{y + size / 2:g}"{on}>{self.text}</text>'
        square = f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" fill="{self.fill}"/>'
        return f"<g{self.attributes and ' ' + self.attributes}>{square}{label}</g>"


@dataclass
class Grid:
    """A titled grid of cells."""

    title: str
    shape: tuple[int, ...]  # rows, columns
    cell: Callable[[int, int], Cell | None]
    size: float = 30
    columns: Sequence[str] = field(default_factory=tuple)
    rows: Sequence[str] = field(default_factory=tuple)

    def render(self, label: str = "", *, role: str = "img") -> str:
        """HTML of the grid; a cell that is None is left out."""
        size = self.size
        left, top = (34 if self.rows else 1), (18 if self.columns else 1)
        width, height = left + self.shape[1] * size + 1, top + self.shape[0] * size + 1
        parts = [f'<text x="{left + (i + 0.5) * size:g}" y="8">{name}</text>' for i, name in enumerate(self.columns)]
        parts += [
            f'<text x="{left / 2:g}" y="{top + (i + 0.5) * size:g}">{name}</text>' for i, name in enumerate(self.rows)
        ]
        inner = f'width="{self.shape[1] * size:g}" height="{self.shape[0] * size:g}"'
        parts.append(f'<rect x="{left}" y="{top}" {inner} fill="none"/>')
        for r, c in np.ndindex(*self.shape):
            if (cell := self.cell(r, c)) is not None:
                parts.append(cell.draw(left + c * size, top + r * size, size))
        return drawing(parts, (width, height), label or self.title, title=self.title, role=role)


def grids_above(grids: Iterable[Grid], say: str, *, column: bool = False) -> str:
    """Grids, side by side or in a column, above their sentence, which is also the text of each."""
    drawings = [grid.render(f"{grid.title}: {say}") for grid in grids]
    return (below_each_other if column else side_by_side)(drawings) + _note(say)
