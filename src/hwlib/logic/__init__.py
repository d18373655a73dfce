"""Boolean functions, one neuron, networks of a few, and how they learn.

A neuron fires where w.x + b >= 0. :func:`separate` finds its weights or a certificate that there are none,
:func:`classify_functions` and :func:`count_threshold_functions` do so for all functions of a few variables,
:func:`threshold_network` and :func:`relu_circuit` compile any function, and :func:`prove_gate` establishes the sign of
a ReLU network on the whole plane. :func:`perceptron` learns, or runs in circles that certify that there is nothing to
learn; :func:`descend` trains a hidden layer from many starts. Neurons, certificates and networks are checked in exact
arithmetic before they are returned.

Source: problems ``logic-and-or``, ``logic-xor-impossible``, ``logic-relu-or``, ``logic-relu-xor``, ``logic-relu-nand``.
"""

from hwlib.logic._circuits import Gate, adder, circuit, nand_circuit
from hwlib.logic._compile import relu_circuit, threshold_network
from hwlib.logic._count import Classification, classify_functions, count_threshold_functions, numbered_function
from hwlib.logic._descent import DescentEnds, descend
from hwlib.logic._functions import BooleanFunction, FunctionLike, boolean_function, corners
from hwlib.logic._gates import Face, SignProof, prove_gate
from hwlib.logic._network import LogicNetwork, as_relu
from hwlib.logic._perceptron import (
    PerceptronCensus,
    PerceptronRun,
    mistake_bound,
    mistake_bounds,
    most_mistakes,
    perceptron,
    perceptron_census,
)
from hwlib.logic._separate import NotSeparable, Separable, separate, separate_points, weight_polygon

__all__ = [
    "BooleanFunction",
    "Classification",
    "DescentEnds",
    "Face",
    "FunctionLike",
    "Gate",
    "LogicNetwork",
    "NotSeparable",
    "PerceptronCensus",
    "PerceptronRun",
    "Separable",
    "SignProof",
    "adder",
    "as_relu",
    "boolean_function",
    "circuit",
    "classify_functions",
    "corners",
    "count_threshold_functions",
    "descend",
    "mistake_bound",
    "mistake_bounds",
    "most_mistakes",
    "nand_circuit",
    "numbered_function",
    "perceptron",
    "perceptron_census",
    "prove_gate",
    "relu_circuit",
    "separate",
    "separate_points",
    "threshold_network",
    "weight_polygon",
]
