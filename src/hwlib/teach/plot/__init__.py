"""Figures of the book: each function takes data and returns a figure that fits light and dark pages."""

from hwlib.teach.plot._theme import ThemedFigure
from hwlib.teach.plot.conv import kernel_placements, kernel_stamps, labelled_matrix, number_grids, response_map
from hwlib.teach.plot.curves import bars, curve_panels, curves
from hwlib.teach.plot.images import image_row
from hwlib.teach.plot.logic import all_of_two_variables, certificate, folds, gate_regions, neurons, weight_polygons
from hwlib.teach.plot.pieces import errors_by_pieces, piece_graphs
from hwlib.teach.plot.receptive import image_pairs, receptive_growth
from hwlib.teach.plot.regions import counted, identified, region_maps
from hwlib.teach.plot.weights import solution_paths, surface_paths

__all__ = [
    "ThemedFigure",
    "all_of_two_variables",
    "bars",
    "certificate",
    "counted",
    "curve_panels",
    "curves",
    "errors_by_pieces",
    "folds",
    "gate_regions",
    "identified",
    "image_pairs",
    "image_row",
    "kernel_placements",
    "kernel_stamps",
    "labelled_matrix",
    "neurons",
    "number_grids",
    "piece_graphs",
    "receptive_growth",
    "region_maps",
    "response_map",
    "solution_paths",
    "surface_paths",
    "weight_polygons",
]
