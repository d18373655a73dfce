"""Interactive figures that need no kernel: pre-rendered frames behind sliders, and views linked by style alone."""

from hwlib.explore.conv import conv_explorer, conv_links, conv_transpose_explorer
from hwlib.explore.cost import cost_explorer
from hwlib.explore.gradients import gradient_explorer
from hwlib.explore.logic import neuron_explorer, signals_explorer
from hwlib.explore.pieces import approximation_explorer, piece_explorer
from hwlib.explore.regions import folding_explorer, training_explorer

__all__ = [
    "approximation_explorer",
    "conv_explorer",
    "conv_links",
    "conv_transpose_explorer",
    "cost_explorer",
    "folding_explorer",
    "gradient_explorer",
    "neuron_explorer",
    "piece_explorer",
    "signals_explorer",
    "training_explorer",
]
