"""Colours that every figure shares, and a figure that follows the page from light to dark."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

INK = "#1a1d21"  # text and outlines on the page
FAINT = "#8b9099"  # lines that only guide the eye
ON_COLOUR = "#16181b"  # text on a coloured cell, the same in light and dark
_DARK = {INK: "#e8eaed", FAINT: "#8b9099"}

# Row of a kernel -> hue, column -> strength. Light enough for ON_COLOUR text, and told apart by colour-blind readers
# (blue, orange, green and pink of Okabe & Ito); every coloured cell is labelled as well.
_HUES = [("#d7ebfa", "#56b4e9"), ("#fdebc8", "#e69f00"), ("#cdeee2", "#2bb38a"), ("#f3dde9", "#cc79a7")]

# Lines of curves: 3 to 1 against light and dark pages, told apart by colour-blind readers, and dashed differently too.
LINES = ("#2f86c6", "#d4620a", "#0b9a6d", "#c65a9b", "#8a7a1f")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


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


def plain_axes(axes: Axes) -> Axes:
    """Axes for drawings: equal scales, no frame, rows counted downwards as in a matrix."""
    axes.set_aspect("equal")
    axes.axis("off")
    axes.invert_yaxis()
    return axes


def inked(axes: Axes, title: str) -> None:
    """Title, ticks and frame in colours that turn over on dark pages."""
    axes.set_title(title, color=INK, fontsize=11)
    axes.set_facecolor("none")
    axes.tick_params(colors=INK)
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def weight_colour(row: int, column: int, columns: int) -> str:
    """Fill of the kernel entry (row, column)."""
    light, strong = (to_rgb(colour) for colour in _HUES[row % len(_HUES)])
    share = column / (columns - 1) if columns > 1 else 0.6
    return to_hex([a + (b - a) * share for a, b in zip(light, strong, strict=True)])


def themed_svg(shown: Figure) -> str:
    """SVG text of a figure, the same on every run, with the ink as a variable that dark pages turn over."""
    with mpl.rc_context({"svg.hashsalt": "hwlib", "svg.fonttype": "path"}):
        buffer = io.StringIO()
        shown.savefig(buffer, format="svg", dpi=200, transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    light, dark = [], []
    for number, (colour, turned) in enumerate(_DARK.items()):
        svg = svg.replace(colour, f"var(--c{number}, {colour})")
        light.append(f"--c{number}:{colour}")
        dark.append(f"--c{number}:{turned}")
    style = f"<style>:root{{{';'.join(light)}}}@media(prefers-color-scheme:dark){{:root{{{';'.join(dark)}}}}}</style>"
    head = svg.index(">") + 1
    return svg[:head] + style + svg[head:]
