"""Grids of labelled cells as small SVG text, in colours that follow the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from hwlib.teach.plot._theme import ON_COLOUR

STYLE = (
    ".hw-views{display:flex;flex-wrap:wrap;gap:1em 1.6em;align-items:flex-start;justify-content:center;margin:.6em 0}"
    ".hw-view{margin:0;max-width:100%;overflow-x:auto}"
    ".hw-view figcaption{font-size:.85em;text-align:center;margin-bottom:.3em}"
    ".hw-view svg{display:block;margin:0 auto;font:600 11px system-ui,sans-serif;text-anchor:middle}"
    ".hw-view rect{stroke:currentColor;stroke-opacity:.35}"
    ".hw-view text{fill:currentColor;dominant-baseline:central}"
    f".hw-view .on{{fill:{ON_COLOUR}}}"
    ".hw-note{text-align:center;font-size:.95em;min-height:1.6em;margin:.3em 0}"
)


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
    """A titled grid of cells; ``render`` gives a figure of HTML with the SVG inside."""

    title: str
    shape: tuple[int, ...]  # rows, columns
    cell: Callable[[int, int], Cell | None]
    size: float = 30
    columns: Iterable[str] = field(default_factory=tuple)
    rows: Iterable[str] = field(default_factory=tuple)

    def render(self, *, role: str = "img", label: str = "") -> str:
        """HTML of the grid; a cell that is None is left out."""
        rows, columns, size = list(self.rows), list(self.columns), self.size
        left, top = (34 if rows else 1), (18 if columns else 1)
        width, height = left + self.shape[1] * size + 1, top + self.shape[0] * size + 1
        parts = [f'<text x="{left + (i + 0.5) * size:g}" y="8">{name}</text>' for i, name in enumerate(columns)]
        parts += [f'<text x="{left / 2:g}" y="{top + (i + 0.5) * size:g}">{name}</text>' for i, name in enumerate(rows)]
        inner = f'width="{self.shape[1] * size:g}" height="{self.shape[0] * size:g}"'
        parts.append(f'<rect x="{left}" y="{top}" {inner} fill="none"/>')
        for r, c in np.ndindex(*self.shape):
            if (cell := self.cell(r, c)) is not None:
                parts.append(cell.draw(left + c * size, top + r * size, size))
        return (
            f'<figure class="hw-view"><figcaption>{self.title}</figcaption>'
            f'<svg width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="{role}" '
            f'aria-label="{label or self.title}">{"".join(parts)}</svg></figure>'
        )


def views_above(views: list[Grid], say: str) -> str:
    """Grids side by side above their sentence, which is also the text of each."""
    drawn = "".join(view.render(label=f"{view.title}: {say}") for view in views)
    return f'<div class="hw-views">{drawn}</div><p class="hw-note">{say}</p>'
