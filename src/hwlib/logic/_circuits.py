"""Circuits of named gates, as layered networks of threshold neurons."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hwlib._core.arguments import instance, instances, whole
from hwlib.logic._compile import prime_implicants
from hwlib.logic._functions import FunctionLike, boolean_function
from hwlib.logic._network import LogicNetwork, verified


@dataclass(frozen=True)
class Gate:
    """A named threshold neuron: 1 where the weighted sum of named signals, plus the bias, is at least 0.

    Attributes:
        name: of the signal that it puts out.
        weights: of the signals that it reads, by their names; whole numbers.
        bias: a whole number.

    Raises:
        ValueError: if a weight or the bias is not whole.
    """

    name: str
    weights: Mapping[str, int]
    bias: int

    def __post_init__(self) -> None:
        whole("bias", self.bias)
        for name, weight in instance("weights", self.weights, Mapping, "a mapping from names to whole numbers").items():
            whole(f"weight of {name}", weight)


def circuit(inputs: Sequence[str], gates: Sequence[Gate], outputs: Sequence[str]) -> LogicNetwork:
    """A layered network from gates; signals that are needed later pass through neurons of their own.

    Args:
        inputs: names of the inputs.
        gates: each reads inputs and gates that stand before it.
        outputs: names of the signals to put out, in order.

    Returns:
        A network of threshold neurons, as deep as the longest path.

    Raises:
        ValueError: if a name is unknown or defined twice.

    Example:
        >>> from hwlib.logic import corners
        >>> nand = [Gate("g", {"a": -1, "b": -1}, 1), Gate("h", {"g": -1}, 0)]
        >>> circuit(["a", "b"], nand, ["h"])(corners(2)).ravel().tolist()  # NOT NAND = AND
        [0, 0, 0, 1]
    """
    inputs, outputs = instances("inputs", inputs, str, "names"), instances("outputs", outputs, str, "names")
    instances("gates", gates, Gate, "gates")
    level = dict.fromkeys(inputs, 0)
    if len(level) != len(inputs):
        raise ValueError(f"inputs={list(inputs)}: accepted are different names")
    for gate in gates:
        if gate.name in level:
            raise ValueError(f"gate {gate.name!r} has a name that is taken: accepted are different names")
        if unknown := [name for name in gate.weights if name not in level]:
            raise ValueError(f"gate {gate.name!r} reads {unknown[0]!r}: accepted are inputs and gates before it")
        level[gate.name] = 1 + max((level[name] for name in gate.weights), default=0)
    if unknown := [name for name in outputs if name not in level]:
        raise ValueError(f"outputs: {unknown[0]!r} is neither an input nor a gate, as accepted names are")

    by_name = {gate.name: gate for gate in gates}
    depth = max(1, *(level[name] for name in outputs)) if outputs else 1
    needed = [list(outputs)]  # signals of each layer, the last one first
    for layer in range(depth, 0, -1):
        read: dict[str, None] = {}
        for name in needed[0]:
            read.update(dict.fromkeys(by_name[name].weights if level[name] == layer else [name]))
        needed.insert(0, list(read) if layer > 1 else list(inputs))
    layers = []
    for number, (before, after) in enumerate(itertools.pairwise(needed), start=1):
        passing = [by_name[name] if level[name] == number else Gate(name, {name: 1}, -1) for name in after]
        weight = np.array([[gate.weights.get(name, 0) for name in before] for gate in passing], dtype=np.int64)
        bias = np.array([gate.bias for gate in passing], dtype=np.int64)
        layers.append((weight.reshape(len(after), len(before)), bias))
    return LogicNetwork(tuple(layers), "step")


def nand_circuit(function: FunctionLike) -> LogicNetwork:
    """Any Boolean function from NAND neurons alone, step(1 - a - b): NAND is complete.

    A sum of products is a NAND of NANDs, with as many inputs each as are needed: step(m - 1 - (a1 + ... + am)). The
    NAND of a single literal is the opposite literal. Signals that are needed later pass through neurons of their own.

    Args:
        function: the function, or what :func:`boolean_function` makes one from.

    Returns:
        A network that was checked on the whole truth table.

    Raises:
        ValueError: if it is no Boolean function.

    Example:
        >>> nand_circuit("x1 ^ x2").widths, nand_circuit("~(x1 & x2)").widths
        ((4, 2), ())
    """
    function = boolean_function(function)
    names = [f"x{number}" for number in range(function.arity)]  # variables may be called as gates are: f
    negations: dict[str, Gate] = {}

    def signal(name: str, literal: int) -> str:
        if literal == 1:
            return name
        negations[name] = Gate(f"not {name}", {name: -1}, 0)  # a NAND of one input
        return f"not {name}"

    terms: list[Gate] = []
    read: list[str] = []  # by the last NAND
    for number, term in enumerate(prime_implicants(function)):
        literals = [(name, literal) for name, literal in zip(names, term, strict=True) if literal]
        if len(literals) == 1:
            read.append(signal(literals[0][0], -literals[0][1]))
            continue
        signals = {signal(*literal): -1 for literal in literals}
        terms.append(Gate(f"term {number}", signals, len(signals) - 1))
        read.append(terms[-1].name)
    last = Gate("f", dict.fromkeys(read, -1), len(read) - 1)
    return verified(circuit(names, [*negations.values(), *terms, last], ["f"]), function)


def adder(bits: int) -> LogicNetwork:
    """A network of threshold neurons that adds two binary numbers, two neurons for each digit.

    A digit's carry is step(a + b + c - 2), the majority of its three inputs; its sum is step(a + b + c - 2 carry - 1).

    Args:
        bits: digits of each number.

    Returns:
        A network from ``2 bits`` inputs, both numbers with their lowest digit first, to ``bits + 1`` digits of the
        sum, lowest first.

    Raises:
        ValueError: if ``bits`` is not a whole number of at least 1.

    Example:
        >>> adder(2)([[1, 0, 1, 1]]).tolist()  # 1 + 3 = 4
        [[0, 0, 1]]
    """
    bits = whole("bits", bits, least=1)
    gates: list[Gate] = []
    for k in range(bits):
        signals = {f"a{k}": 1, f"b{k}": 1} | ({f"carry{k}": 1} if k else {})
        gates.append(Gate(f"carry{k + 1}", signals, -2))
        gates.append(Gate(f"sum{k}", {**signals, f"carry{k + 1}": -2}, -1))
    inputs = [f"{letter}{k}" for letter in "ab" for k in range(bits)]
    return circuit(inputs, gates, [*(f"sum{k}" for k in range(bits)), f"carry{bits}"])
