"""Backpropagation by hand (chapters *backprop_…*)."""

from hwlib.backprop._check import GradientCheck, Kink, gradient_check
from hwlib.backprop._forward import (
    Costs,
    Dual,
    count_multiplications,
    directional_derivative,
    forward_jacobian,
    reverse_jacobian,
)
from hwlib.backprop._graph import Edge, Frame, Graph, Node, computation_graph, weight_twice_graph
from hwlib.backprop._images import AvgPool2d, BatchNorm, Conv2d, MaxPool2d
from hwlib.backprop._layer import Layer, Parameter
from hwlib.backprop._layers import Flatten, Linear, Pointwise, ReLU, Sequential, Sigmoid, Tanh
from hwlib.backprop._loss import CrossEntropyLoss, Loss, SquaredErrorLoss, gradient_pass
from hwlib.backprop._operations import relu
from hwlib.backprop._tape import Step, Value, backward_steps, tape, tape_kinks
from hwlib.backprop._twice import WeightTwice, weight_twice, weight_twice_gradient, weight_twice_kinks

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Costs",
    "CrossEntropyLoss",
    "Dual",
    "Edge",
    "Flatten",
    "Frame",
    "GradientCheck",
    "Graph",
    "Kink",
    "Layer",
    "Linear",
    "Loss",
    "MaxPool2d",
    "Node",
    "Parameter",
    "Pointwise",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SquaredErrorLoss",
    "Step",
    "Tanh",
    "Value",
    "WeightTwice",
    "backward_steps",
    "computation_graph",
    "count_multiplications",
    "directional_derivative",
    "forward_jacobian",
    "gradient_check",
    "gradient_pass",
    "relu",
    "reverse_jacobian",
    "tape",
    "tape_kinks",
    "weight_twice",
    "weight_twice_gradient",
    "weight_twice_graph",
    "weight_twice_kinks",
]
