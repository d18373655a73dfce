"""Boolean functions, one neuron, and networks of a few (*One neuron cuts space in two*, *Enough decide everything*).

A neuron fires where w.x + b >= 0. :func:`separate` finds its weights or a certificate that there are none,
:func:`classify_functions` and :func:`count_threshold_functions` do so for all functions of a few variables,
:func:`threshold_network` and :func:`relu_circuit` compile any function, and :func:`prove_gate` establishes the sign of
a ReLU network on the whole plane. All answers are checked in exact arithmetic before they are returned.

Source: problems ``logic-and-or``, ``logic-xor-impossible``, ``logic-relu-or``, ``logic-relu-xor``, ``logic-relu-nand``.
"""

from hwlib.logic._circuits import Gate, adder, circuit, nand_circuit
from hwlib.logic._compile import relu_circuit, threshold_network
from hwlib.logic._count import Classification, classify_functions, count_threshold_functions, numbered_function
from hwlib.logic._functions import BooleanFunction, FunctionLike, boolean_function, corners
from hwlib.logic._gates import Face, SignProof, prove_gate
from hwlib.logic._network import LogicNetwork, as_relu
from hwlib.logic._separate import NotSeparable, Separable, separate, separate_points, weight_polygon

__all__ = [
    "BooleanFunction",
    "Classification",
    "Face",
    "FunctionLike",
    "Gate",
    "LogicNetwork",
    "NotSeparable",
    "Separable",
    "SignProof",
    "adder",
    "as_relu",
    "boolean_function",
    "circuit",
    "classify_functions",
    "corners",
    "count_threshold_functions",
    "nand_circuit",
    "numbered_function",
    "prove_gate",
    "relu_circuit",
    "separate",
    "separate_points",
    "threshold_network",
    "weight_polygon",
]
