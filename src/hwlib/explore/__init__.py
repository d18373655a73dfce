"""Interactive figures that need no kernel: pre-rendered frames behind sliders, and views linked by style alone."""

from hwlib.explore.conv import conv_explorer, conv_links, conv_transpose_explorer
from hwlib.explore.corners import corners_explorer
from hwlib.explore.cost import cost_explorer
from hwlib.explore.curvature import difference_explorer, newton_explorer
from hwlib.explore.descent import descent_explorer
from hwlib.explore.double_descent import double_descent_explorer
from hwlib.explore.gradients import gradient_explorer
from hwlib.explore.logic import neuron_explorer, signals_explorer
from hwlib.explore.pieces import approximation_explorer, piece_explorer
from hwlib.explore.receptive import receptive_explorer
from hwlib.explore.regions import folding_explorer, training_explorer

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
