"""Figures of the book: each function takes data and returns a figure that fits light and dark pages."""

from hwlib.plot._theme import ThemedFigure
from hwlib.plot.conv import kernel_placements, kernel_stamps, labelled_matrix, number_grids, response_map
from hwlib.plot.images import image_row

__all__ = [
    "ThemedFigure",
    "image_row",
    "kernel_placements",
    "kernel_stamps",
    "labelled_matrix",
    "number_grids",
    "response_map",
]
