"""Interactive figures that need no kernel: pre-rendered frames behind sliders, and views linked by style alone."""

from hwlib.teach.explore.conv import conv_explorer, conv_links, conv_transpose_explorer
from hwlib.teach.explore.corners import corners_explorer
from hwlib.teach.explore.cost import cost_explorer
from hwlib.teach.explore.curvature import difference_explorer, newton_explorer
from hwlib.teach.explore.descent import descent_explorer
from hwlib.teach.explore.double_descent import double_descent_explorer
from hwlib.teach.explore.gradients import gradient_explorer
from hwlib.teach.explore.logic import neuron_explorer, signals_explorer
from hwlib.teach.explore.pieces import approximation_explorer, piece_explorer
from hwlib.teach.explore.receptive import receptive_explorer
from hwlib.teach.explore.regions import folding_explorer, training_explorer

__all__ = [
    "approximation_explorer",
    "conv_explorer",
    "conv_links",
    "conv_transpose_explorer",
    "corners_explorer",
    "cost_explorer",
    "descent_explorer",
    "difference_explorer",
    "double_descent_explorer",
    "folding_explorer",
    "gradient_explorer",
    "neuron_explorer",
    "newton_explorer",
    "piece_explorer",
    "receptive_explorer",
    "signals_explorer",
    "training_explorer",
]
