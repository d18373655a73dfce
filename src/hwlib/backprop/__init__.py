"""Backpropagation by hand (chapters *backprop_…*)."""

from hwlib.backprop._check import GradientCheck, Kink, gradient_check
from hwlib.backprop._images import AvgPool2d, BatchNorm, Conv2d, MaxPool2d
from hwlib.backprop._layer import Layer, Parameter
from hwlib.backprop._layers import Flatten, Linear, Pointwise, ReLU, Sequential, Sigmoid, Tanh
from hwlib.backprop._loss import CrossEntropyLoss, Loss, SquaredErrorLoss, gradient_pass

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "CrossEntropyLoss",
    "Flatten",
    "GradientCheck",
    "Kink",
    "Layer",
    "Linear",
    "Loss",
    "MaxPool2d",
    "Parameter",
    "Pointwise",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SquaredErrorLoss",
    "Tanh",
    "gradient_check",
    "gradient_pass",
]
