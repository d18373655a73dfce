"""A figure that follows the page from light to dark, and axes in its ink."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from hwlib.teach._theme import DARK, FAINT, INK

# A figure of this width in inches shrinks to 342 pixels on a phone of 390, and type of so many points to 9 pixels.
WIDEST, TYPE, TITLE = 5.5, 10.5, 11.5


class ThemedFigure(Figure):
    """A matplotlib figure that shows itself as a transparent SVG whose ink turns light on dark pages.

    Everything else is matplotlib's: ``figure.savefig("slide.svg")`` writes the light version.
    """

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": themed_svg(self), "text/plain": repr(self)}


def figure(width: float, height: float) -> ThemedFigure:
    """Empty figure of a size in inches, drawn without pyplot and so without global state."""
    made = ThemedFigure(figsize=(width, height), layout="constrained", facecolor="none")
    FigureCanvasSVG(made)
    return made


def rows_of(count: int, width: float) -> int:
    """Rows that so many panels need, each of a width in inches, in a figure that a phone can show."""
    return -(-count // max(1, int(WIDEST / width)))


def panels(drawn: Figure, count: int, *, rows: int = 1, **options: Any) -> list[Axes]:
    """Axes of a new figure in reading order, as a list however many there are; see ``Figure.subplots``."""
    made = list(drawn.subplots(rows, -(-count // rows), squeeze=False, **options).flat)
    for spare in made[count:]:
        spare.remove()
    return made[:count]


def plain(axes: Axes, title: str = "", *, above: float | None = None) -> Axes:
    """Axes for drawings: equal scales, no frame, rows counted downwards as in a matrix; the title so many points up."""
    axes.set_aspect("equal")
    axes.axis("off")
    axes.invert_yaxis()
    axes.set_title(title, color=INK, fontsize=TITLE, pad=above)
    return axes


def inked(axes: Axes, title: str = "", *, x: str = "", y: str = "", framed: bool = True) -> Axes:
    """Axes with names, ticks and frame in colours that turn over on dark pages; unframed only left and bottom stay.

    Scales that are logarithmic when this is called are named as such.
    """
    axes.set_title(title, color=INK, fontsize=TITLE)
    across, up = (scale == "log" and bool(name) for scale, name in ((axes.get_xscale(), x), (axes.get_yscale(), y)))
    axes.set_xlabel(x + " (log scale)" * across, color=INK, fontsize=TYPE)
    axes.set_ylabel(y + " (log scale)" * up, color=INK, fontsize=TYPE)
    axes.set_facecolor("none")
    axes.tick_params(which="both", colors=INK, labelsize=TYPE)
    for side, spine in axes.spines.items():
        spine.set_color(FAINT)
        spine.set_visible(framed or side in ("left", "bottom"))
    return axes


def legend(axes: Axes) -> None:
    """Names of the lines, in the page's ink."""
    axes.legend(frameon=False, labelcolor=INK, fontsize=TYPE)


def themed_svg(shown: Figure) -> str:
    """SVG text of a figure, the same on every run, with the ink as a variable that dark pages turn over."""
    with mpl.rc_context({"svg.hashsalt": "hwlib", "svg.fonttype": "path"}):
        buffer = io.StringIO()
        shown.savefig(buffer, format="svg", dpi=200, transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    light, dark = [], []
    for number, (colour, turned) in enumerate(DARK.items()):
        svg = svg.replace(colour, f"var(--c{number}, {colour})")
        light.append(f"--c{number}:{colour}")
        dark.append(f"--c{number}:{turned}")
    style = f"<style>:root{{{';'.join(light)}}}@media(prefers-color-scheme:dark){{:root{{{';'.join(dark)}}}}}</style>"
    head = svg.index(">") + 1
    return svg[:head] + style + svg[head:]
