"""Colours of the book, for figures, explorers, verdicts and quizzes alike; no package is needed to read them."""

from __future__ import annotations

INK = "#1a1d21"  # text and outlines on the page
FAINT = "#8b9099"  # lines that only guide the eye
ON_COLOUR = "#16181b"  # text on a coloured cell, and marks of that colour, the same in light and dark
DARK = {INK: "#e8eaed", FAINT: "#8b9099"}  # what they turn into on dark pages

# Okabe and Ito's colours, told apart by colour-blind readers; the green is a little lighter than theirs.
BLUE, SKY, ORANGE, VERMILION, GREEN, PINK = "#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#2bb38a", "#cc79a7"

FIRES, SILENT = ORANGE, SKY  # what a neuron does; filled and hollow marks say so as well
POSITIVE = "#f6cf85"  # ground of regions where an output is positive
PIECES = (BLUE, ORANGE)  # neighbouring pieces take turns
NAMED_LINES = (BLUE, VERMILION, GREEN, PINK, SKY, ORANGE)  # of lines that have their name beside them
RIGHT, WRONG, OPEN = "#2a8a4a", "#c8553d", "#7a7f87"  # verdicts and answers to quizzes

# Lines of curves: 3 to 1 against light and dark pages, told apart by colour-blind readers, and dashed differently too.
LINES = ("#2f86c6", "#d4620a", "#0b9a6d", "#c65a9b", "#8a7a1f")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))

# Row of a kernel -> hue, column -> strength. Light enough for ON_COLOUR text; every coloured cell is labelled as well.
_HUES = (("#d7ebfa", SKY), ("#fdebc8", ORANGE), ("#cdeee2", GREEN), ("#f3dde9", PINK))


def weight_colour(row: int, column: int, columns: int) -> str:
    """Fill of the kernel entry (row, column)."""
    light, strong = (bytes.fromhex(colour[1:]) for colour in _HUES[row % len(_HUES)])
    share = column / (columns - 1) if columns > 1 else 0.6
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(light, strong, strict=True))
