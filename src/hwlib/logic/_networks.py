"""Any Boolean function as a network of threshold neurons or of ReLU neurons."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import instance, instances, pairs, whole
from hwlib._core.arrays import as_array, as_numbers
from hwlib._core.exact import as_exact
from hwlib._core.types import AnyArray, Integers
from hwlib.logic._functions import BooleanFunction, FunctionLike, boolean_function, corners
from hwlib.logic._separate import Separable, separate
from hwlib.network import Network

WeightBias = tuple[AnyArray, AnyArray]  # (outputs, inputs) and (outputs,)
Hidden = tuple[tuple[int, ...], int]  # weights and bias of one hidden neuron

_MOST_VARIABLES_SEARCHED = 4


@dataclass(frozen=True, eq=False)
class LogicNetwork:
    """A layered network with whole or rational weights, evaluated exactly.

    Attributes:
        layers: weight ``(o, i)`` and bias ``(o,)`` of each layer: int64, or Fractions (so are floats, at their exact
            value).
        activation: ``"step"``, 1 where the sum is at least 0 and 0 elsewhere, after every layer; or ``"relu"``, after
            every layer but the last, which is linear.

    Raises:
        ValueError: if there is no layer, shapes do not fit, a weight is no finite real number, or the activation is
            another one.

    Example:
        >>> LogicNetwork([([[1, 1]], [-2])], "step")
        LogicNetwork(2-1, step)
    """

    layers: tuple[WeightBias, ...]
    activation: Literal["step", "relu"]

    def __post_init__(self) -> None:
        if not isinstance(self.activation, str) or self.activation not in ("step", "relu"):
            raise ValueError(f"activation={self.activation!r}: accepted are 'step' and 'relu'")
        made: list[WeightBias] = []
        for number, (weight, bias) in enumerate(pairs("layers", self.layers, "pairs (weight, bias)")):
            pair = _whole_or_rational("weight", weight), _whole_or_rational("bias", bias)
            shapes = pair[0].shape, pair[1].shape
            width = len(made[-1][1]) if made else shapes[0][-1:]
            if len(shapes[0]) != 2 or shapes[1] != shapes[0][:1] or (made and shapes[0][1] != width):
                raise ValueError(
                    f"layer {number} has a weight of shape {shapes[0]} and a bias of shape {shapes[1]}: accepted are "
                    f"(o, {width if made else 'inputs'}) and (o,)"
                )
            made.append(pair)
        if not made:
            raise ValueError("layers is empty: accepted are one or more pairs (weight, bias)")
        object.__setattr__(self, "layers", tuple(made))

    def __call__(self, inputs: npt.ArrayLike) -> AnyArray:
        """Outputs for some inputs; whole numbers and Fractions stay exact.

        Args:
            inputs: ``(points, i)``, real numbers.

        Returns:
            ``(points, o)``.

        Raises:
            ValueError: if the inputs have another shape, or are no numbers.

        Example:
            >>> LogicNetwork([([[1, 1]], [-2])], "step")([[1, 1], [0, 1]]).tolist()
            [[1], [0]]
        """
        values = as_numbers("inputs", inputs, exact=True, wide=True)
        if values.ndim != 2 or values.shape[1] != self.inputs:
            raise ValueError(f"inputs have shape {values.shape}: accepted is (points, {self.inputs}), a row each")
        for number, (weight, bias) in enumerate(self.layers):
            values = _affine(values, weight, bias)  # (points, o)
            if self.activation == "step":
                values = (values >= 0).astype(np.int64)
            elif number < len(self.layers) - 1:
                values = np.maximum(values, 0)
        return values

    def __repr__(self) -> str:
        widths = [self.inputs, *(len(bias) for _, bias in self.layers)]
        return f"LogicNetwork({'-'.join(map(str, widths))}, {self.activation})"

    def as_network(self) -> Network:
        """The same function as a :class:`hwlib.network.Network` of Fractions.

        Returns:
            The network.

        Raises:
            ValueError: if it is one of threshold neurons, which jump; :func:`as_relu` gives one that does not.

        Example:
            >>> LogicNetwork(((np.array([[1, -2]]), np.array([3])),), "relu").as_network()([1, 1])
            array([Fraction(2, 1)], dtype=object)
        """
        if self.activation != "relu":
            raise ValueError(
                f"a network of {self.activation!r} neurons, which jump: accepted are networks of 'relu' neurons, such "
                "as as_relu makes"
            )
        return Network.from_arrays(
            [(as_exact("weight", weight), as_exact("bias", bias)) for weight, bias in self.layers]
        )

    @property
    def inputs(self) -> int:
        """How many bits, or numbers, go in."""
        return int(self.layers[0][0].shape[1])

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return tuple(len(bias) for _, bias in self.layers[:-1])

    @property
    def units(self) -> int:
        """Hidden neurons in all."""
        return sum(self.widths)

    def computes(self, *functions: FunctionLike) -> bool:
        """Whether the outputs are exactly these functions, on their whole truth tables.

        Args:
            functions: one for each output, all of as many variables as there are inputs; or what
                :func:`boolean_function` makes one from.

        Returns:
            Whether they agree everywhere.

        Raises:
            ValueError: if there are other numbers of functions or variables.

        Example:
            >>> threshold_network("x1 & x2").computes("x1 & x2")
            True
        """
        wanted, outputs = list(map(boolean_function, functions)), len(self.layers[-1][1])
        if [function.arity for function in wanted] != [self.inputs] * outputs:
            raise ValueError(
                f"{len(wanted)} functions of {', '.join(str(function.arity) for function in wanted)} variables: "
                f"accepted are {outputs} of {self.inputs}"
            )
        table = np.array([function.values for function in wanted]).T  # (rows, o)
        return bool(np.array_equal(self(corners(self.inputs)), table))


def threshold_network(function: FunctionLike) -> LogicNetwork:
    """Compile any Boolean function into at most two layers of threshold neurons.

    A function with weights is one neuron. Otherwise hidden neurons are compared that make an OR or an AND of them
    right: all pairs of threshold functions, for up to 4 variables; the prime implicants; and the levels of a weighted
    sum of the inputs at which the function changes. The fewest are taken. For up to 4 variables two hidden neurons
    are used whenever two are enough.

    Args:
        function: the function, or what :func:`boolean_function` makes one from.

    Returns:
        A network that was checked on the whole truth table.

    Raises:
        ValueError: if it is no Boolean function.

    Source: problem ``logic-relu-nand``; chapter *Enough neurons decide everything*.

    Example:
        >>> xor = threshold_network("x1 ^ x2")
        >>> xor.widths, xor(corners(2)).ravel().tolist()
        ((2,), [0, 1, 1, 0])
    """
    function = boolean_function(function)
    answer = separate(function, choose="smallest" if function.arity <= 4 else "any")
    if isinstance(answer, Separable):
        layers = [_layer([(answer.weights, answer.bias)], function.arity)]
    else:
        hidden, (weights, bias) = min(_threshold_layers(function), key=lambda layers: len(layers[0]))
        layers = [_layer(hidden, function.arity), _layer([(weights, bias)], len(hidden))]
    return _verified(LogicNetwork(tuple(layers), "step"), function)


def relu_circuit(function: FunctionLike) -> LogicNetwork:
    """Compile any Boolean function into a ReLU network with one hidden layer, exact on {0, 1}^n.

    Two constructions are compared, and the one with fewer neurons is taken. *Terms*: the function is a sum of
    products of literals of which at most one is 1 at a time; a product of m literals is relu(their sum - m + 1).
    *Folds*: along a weighted sum s of the inputs the function is a polygon through the points (s, f), and each of its
    kinks is a neuron.

    Args:
        function: the function, or what :func:`boolean_function` makes one from.

    Returns:
        A network that was checked on the whole truth table. Its output weights are Fractions if they must be.

    Raises:
        ValueError: if it is no Boolean function.

    Source: problem ``logic-relu-nand``; chapter *Enough neurons decide everything*.

    Example:
        >>> parity = relu_circuit("x1 ^ x2 ^ x3")
        >>> parity.layers[0][0].tolist(), parity.layers[1][0].tolist()
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, -2, 2]])
    """
    function = boolean_function(function)
    options = [_disjoint_terms(function), *(_folds(*projected) for projected in _projections(function))]
    hidden, weights, bias = min(options, key=_simplicity)
    output = np.array(weights, dtype=np.int64 if _whole(weights) else object)
    layers = (_layer(hidden, function.arity), (output.reshape(1, len(hidden)), np.array([int(bias)])))
    return _verified(LogicNetwork(layers, "relu"), function)


def as_relu(network: LogicNetwork) -> LogicNetwork:
    """The same function on {0, 1}^n by ReLU neurons: on whole numbers, step(z) = relu(z + 1) - relu(z).

    Args:
        network: a network of threshold neurons with whole weights.

    Returns:
        Two ReLU neurons for each threshold neuron, and one more, linear layer.

    Raises:
        ValueError: if the network is not one of threshold neurons.

    Example:
        >>> and_gate = as_relu(threshold_network("x1 & x2"))
        >>> and_gate.widths, and_gate(corners(2)).ravel().tolist()
        ((2,), [0, 0, 0, 1])
    """
    instance("network", network, LogicNetwork, "a LogicNetwork of threshold neurons")
    if network.activation != "step":
        raise ValueError(f"activation={network.activation!r}: accepted are networks of threshold neurons, 'step'")
    layers: list[WeightBias] = []
    back = np.eye(network.layers[0][0].shape[1], dtype=np.int64)  # from the doubled neurons to the steps
    for weight, bias in network.layers:
        doubled = np.repeat(weight @ back, 2, axis=0), np.repeat(bias, 2) + np.tile([1, 0], len(bias))
        layers.append(doubled)
        back = np.kron(np.eye(len(bias), dtype=np.int64), np.array([[1, -1]]))
    layers.append((back, np.zeros(len(back), dtype=np.int64)))
    return LogicNetwork(tuple(layers), "relu")


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
    names = function.variables
    negations: dict[str, Gate] = {}

    def signal(name: str, literal: int) -> str:
        if literal == 1:
            return name
        negations[name] = Gate(f"not {name}", {name: -1}, 0)  # a NAND of one input
        return f"not {name}"

    terms: list[Gate] = []
    read: list[str] = []  # by the last NAND
    for number, term in enumerate(_prime_implicants(function)):
        literals = [(name, literal) for name, literal in zip(names, term, strict=True) if literal]
        if len(literals) == 1:
            read.append(signal(literals[0][0], -literals[0][1]))
            continue
        signals = {signal(*literal): -1 for literal in literals}
        terms.append(Gate(f"term {number}", signals, len(signals) - 1))
        read.append(terms[-1].name)
    last = Gate("f", dict.fromkeys(read, -1), len(read) - 1)
    return _verified(circuit(names, [*negations.values(), *terms, last], ["f"]), function)


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


def _whole_or_rational(name: str, values: Any) -> AnyArray:
    array = as_array(name, values)
    made = array.astype(np.int64) if array.dtype.kind in "bi" else as_exact(name, array)
    made.setflags(write=False)
    return made


def _affine(values: AnyArray, weight: AnyArray, bias: AnyArray) -> AnyArray:
    """``values @ weight.T + bias``, in Python's whole numbers if 64 bits might not hold the sums."""
    if values.dtype == weight.dtype == bias.dtype == np.int64:
        most = np.abs(weight.astype(float)).sum(axis=1) * np.abs(values.astype(float)).max(initial=0)
        if (most + np.abs(bias.astype(float))).max(initial=0) > 2**62:
            values = values.astype(object)
    made: AnyArray = values @ weight.T + bias
    return made


def _layer(neurons: Sequence[Hidden], inputs: int) -> WeightBias:
    weight = np.array([weights for weights, _ in neurons], dtype=np.int64).reshape(len(neurons), inputs)
    return weight, np.array([bias for _, bias in neurons], dtype=np.int64)


def _verified(network: LogicNetwork, function: BooleanFunction) -> LogicNetwork:
    if not network.computes(function):
        raise ArithmeticError(f"this network failed its own check and would be wrong: {network!r}")
    return network


# --- hidden layers of threshold neurons ------------------------------------------------------------


def _threshold_layers(function: BooleanFunction) -> Iterator[tuple[list[Hidden], Hidden]]:
    """Hidden neurons and the output neuron, in several ways."""
    if function.arity <= _MOST_VARIABLES_SEARCHED and (pair := _pair(function)) is not None:
        yield pair
        return
    terms = _prime_implicants(function)
    yield [_product(term, 0) for term in terms], ((1,) * len(terms), -1)
    falsities = _prime_implicants(_negated(function))
    clauses = [_product(term, 0) for term in falsities]
    # Not any of the products that make the function false: step(-1 - z) turns step(z) over.
    yield ([(tuple(-w for w in weights), -1 - bias) for weights, bias in clauses], ((1,) * len(clauses), -len(clauses)))
    for direction, sums, values in _projections(function):
        changes = [k for k in range(1, len(sums)) if values[k] != values[k - 1]]
        signs = tuple(values[k] - values[k - 1] for k in changes)
        yield [(direction, -sums[k]) for k in changes], (signs, values[0] - 1)


def _pair(function: BooleanFunction) -> tuple[list[Hidden], Hidden] | None:
    """Two threshold functions of which the function is the AND or the OR, if there are any."""
    numbers, neurons = _threshold_functions(function.arity)
    everything = 2 ** (2**function.arity) - 1
    table = int("".join(map(str, function.values)), 2)
    for wanted, output in [(table, ((1, 1), -2)), (everything - table, ((-1, -1), 1))]:
        above = numbers[(numbers & wanted) == wanted]
        meet = above[:, None] & above == wanted
        if meet.any():
            chosen = [int(above[k]) for k in np.unravel_index(meet.argmax(), meet.shape)]
            return [neurons[number] for number in chosen], output
    return None


@functools.cache
def _threshold_functions(arity: int) -> tuple[Integers, dict[int, Hidden]]:
    """Numbers of all threshold functions, and a neuron for each."""
    from hwlib.logic._count import classify_functions

    everything = classify_functions(arity)
    numbers = np.flatnonzero(everything.separable)
    weights, bias = everything.weights[numbers].tolist(), everything.bias[numbers].tolist()
    return numbers, {int(n): (tuple(w), b) for n, w, b in zip(numbers, weights, bias, strict=True)}


def _negated(function: BooleanFunction) -> BooleanFunction:
    return BooleanFunction(tuple(1 - value for value in function.values), function.variables)


def _prime_implicants(function: BooleanFunction) -> list[tuple[int, ...]]:
    """A short sum of products: 1, -1 or 0 for each variable of each term, as it stands, negated or absent."""
    import sympy

    expression = function.expression()
    if expression == sympy.false:
        return []
    terms = expression.args if isinstance(expression, sympy.Or) else (expression,)
    found = []
    for term in terms:
        literals = term.args if isinstance(term, sympy.And) else (term,)
        signs = {
            str(x.args[0]) if isinstance(x, sympy.Not) else str(x): 1 - 2 * isinstance(x, sympy.Not) for x in literals
        }
        found.append(tuple(signs.get(name, 0) for name in function.variables))
    return sorted(found)


def _product(term: tuple[int, ...], shift: int) -> Hidden:
    """Weights and bias whose sum is ``shift`` where every literal of a term holds, and lower on other bits."""
    return term, shift - sum(literal == 1 for literal in term)


# --- hidden layers of ReLU neurons ------------------------------------------------------------------


def _simplicity(option: tuple[list[Hidden], list[Fraction], int]) -> tuple[int, bool, int]:
    """The fewer neurons the better, then whole output weights, then small weights."""
    hidden, weights, _ = option
    return len(hidden), not _whole(weights), sum(abs(w) for row, _ in hidden for w in row)


def _whole(numbers: list[Fraction]) -> bool:
    return all(number.denominator == 1 for number in numbers)


def _disjoint_terms(function: BooleanFunction) -> tuple[list[Hidden], list[Fraction], int]:
    """Products of which at most one is 1 at a time, so that their sum is the function."""
    left = np.array(function.values, dtype=bool).reshape((2,) * function.arity)
    terms = []
    while left.any():
        point = tuple(np.argwhere(left)[0])
        free: list[int] = []
        for axis in range(function.arity):  # grow the term while it stays within what is left
            if left[_subcube(point, [*free, axis])].all():
                free.append(axis)
        left[_subcube(point, free)] = False
        terms.append(tuple(0 if axis in free else 2 * int(bit) - 1 for axis, bit in enumerate(point)))
    return [_product(term, 1) for term in terms], [Fraction(1)] * len(terms), 0


def _subcube(point: Sequence[int], free: Sequence[int]) -> tuple[Any, ...]:
    return tuple(slice(None) if axis in free else int(bit) for axis, bit in enumerate(point))


def _projections(function: BooleanFunction) -> Iterator[tuple[tuple[int, ...], list[int], list[int]]]:
    """Whole directions along which the function depends on the weighted sum alone: direction, sums, values.

    The direction that reads the bits as a binary number always is one.
    """
    arity = function.arity
    points, values = corners(arity), np.array(function.values)
    reach = 2 if arity <= _MOST_VARIABLES_SEARCHED else 1
    small = itertools.product(range(reach, -reach - 1, -1), repeat=arity) if arity <= 7 else [(1,) * arity]
    for direction in [*small, tuple(1 << k for k in range(arity))[::-1]]:
        if next((w for w in direction if w), 1) < 0:
            continue  # the opposite direction has been tried
        sums = points @ np.array(direction, dtype=np.int64)
        levels, inverse = np.unique(sums, return_inverse=True)
        ones = np.bincount(inverse, weights=values)
        total = np.bincount(inverse)
        if ((ones == 0) | (ones == total)).all():
            yield tuple(direction), levels.tolist(), (ones > 0).astype(int).tolist()


def _folds(direction: tuple[int, ...], sums: list[int], values: list[int]) -> tuple[list[Hidden], list[Fraction], int]:
    """A neuron for each kink of the polygon through the points (sum, value)."""
    slopes = [
        Fraction(b - a, t - s)
        for (s, t), (a, b) in zip(itertools.pairwise(sums), itertools.pairwise(values), strict=True)
    ]
    flat = next((k for k, slope in enumerate(slopes) if slope == 0), None)
    hidden, weights = [], []
    start = 0 if flat is None else flat  # the piece that the output's bias makes
    for k in range(start, 0, -1) if flat is not None else []:
        if change := slopes[k - 1] - slopes[k]:  # kinks to its left open to the left
            hidden.append((tuple(-w for w in direction), sums[k]))
            weights.append(-change)
    for k in range(start + 1 if flat is not None else 0, len(slopes)):
        if change := slopes[k] - (slopes[k - 1] if k else 0):
            hidden.append((direction, -sums[k]))
            weights.append(change)
    return hidden, weights, values[start]
