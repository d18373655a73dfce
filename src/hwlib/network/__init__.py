"""Networks of affine layers and activations: one type for every topic, and small ones to train."""

from hwlib.network._activation import Activation, hard_tanh, leaky_relu, named_activation
from hwlib.network._as_network import NetworkLike, SupportsNetwork, as_network
from hwlib.network._folding import folding_network, zigzag_network
from hwlib.network._layer import Layer, LocalAffine
from hwlib.network._memorise import best_accuracy, memorising_network, separating_direction
from hwlib.network._network import Network
from hwlib.network._products import product_network, square_network
from hwlib.network._training import initialise, relu_module, snapshots, snapshots_together, two_spirals

__all__ = [
    "Activation",
    "Layer",
    "LocalAffine",
    "Network",
    "NetworkLike",
    "SupportsNetwork",
    "as_network",
    "best_accuracy",
    "folding_network",
    "hard_tanh",
    "initialise",
    "leaky_relu",
    "memorising_network",
    "named_activation",
    "product_network",
    "relu_module",
    "separating_direction",
    "snapshots",
    "snapshots_together",
    "square_network",
    "two_spirals",
    "zigzag_network",
]
