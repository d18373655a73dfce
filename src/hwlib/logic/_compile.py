"""Any Boolean function as a network of threshold neurons, or of ReLU neurons, with one hidden layer."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import Integers
from hwlib.logic._functions import BooleanFunction, FunctionLike, boolean_function, corners
from hwlib.logic._network import LogicNetwork, WeightBias, verified
from hwlib.logic._separate import Separable, separate

Hidden = tuple[tuple[int, ...], int]  # weights and bias of one hidden neuron

_MOST_VARIABLES_SEARCHED = 4


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
    return verified(LogicNetwork(tuple(layers), "step"), function)


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
    return verified(LogicNetwork(layers, "relu"), function)


def _layer(neurons: Sequence[Hidden], inputs: int) -> WeightBias:
    weight = np.array([weights for weights, _ in neurons], dtype=np.int64).reshape(len(neurons), inputs)
    return weight, np.array([bias for _, bias in neurons], dtype=np.int64)


# --- hidden layers of threshold neurons ------------------------------------------------------------


def _threshold_layers(function: BooleanFunction) -> Iterator[tuple[list[Hidden], Hidden]]:
    """Hidden neurons and the output neuron, in several ways."""
    if function.arity <= _MOST_VARIABLES_SEARCHED and (pair := _pair(function)) is not None:
        yield pair
        return
    terms = prime_implicants(function)
    yield [_product(term, 0) for term in terms], ((1,) * len(terms), -1)
    falsities = prime_implicants(_negated(function))
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


def prime_implicants(function: BooleanFunction) -> list[tuple[int, ...]]:
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
