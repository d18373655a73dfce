"""All threshold functions of a few variables: how many there are, and every function of up to four decided."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import whole
from hwlib._core.types import Integers
from hwlib.logic._functions import MOST_VARIABLES, BooleanFunction, corners
from hwlib.logic._separate import NotSeparable, Separable, separate_points

MOST_VARIABLES_COUNTED = 7
MOST_VARIABLES_CLASSIFIED = 4
_ROUNDS = 500


def count_threshold_functions(arity: int) -> int:
    """Count the Boolean functions of n variables that one threshold neuron computes.

    The bias becomes the weight of one more input that is always 1, so the functions of n variables are the odd
    ("self-dual") ones of N = n + 1 inputs from {-1, 1}. Up to the order and signs of the inputs there are few: sort
    the weights and make them positive, and raising an input, or moving a one to an earlier input, never stops the
    neuron. All functions with that property are listed by a search, each gets integer weights that are checked on all
    points, and those that have none are not counted. A function with sorted Chow parameters c stands for as many
    others as c has different signed permutations.

    Args:
        arity: n, from 0 to 7.

    Returns:
        The number of functions, among 2^(2^n).

    Raises:
        ValueError: if n is negative or more than 7.

    Source: problem ``logic-xor-impossible``; sequence A000609 of the OEIS; chapter *One neuron cuts space in two*.

    Example:
        >>> [count_threshold_functions(n) for n in range(6)]
        [2, 4, 14, 104, 1882, 94572]
    """
    _known_arity(arity, MOST_VARIABLES_COUNTED)
    total = 0
    for chow, _ in _self_dual_classes(arity + 1):
        orders = math.factorial(arity + 1)
        for times in Counter(chow).values():
            orders //= math.factorial(times)
        total += orders * 2 ** sum(parameter != 0 for parameter in chow)
    return total


@dataclass(frozen=True, eq=False)
class Classification:
    """Every Boolean function of n variables, with the weights of a neuron or with a certificate.

    The function number k is the one whose truth table, read as a binary number, is k. Inputs are 0 and 1.

    Attributes:
        arity: n.
        separable: whether a neuron computes the function, ``(2^(2^n),)``.
        weights: integers ``(2^(2^n), n)``, zero where there is no neuron.
        bias: integers ``(2^(2^n),)``.
        certificates: rows of the truth table, ``(2^(2^n), 4)``: x, y true and u, v false with x + y = u + v; -1 where
            there is a neuron.
    """

    arity: int
    separable: npt.NDArray[np.bool_]
    weights: Integers
    bias: Integers
    certificates: Integers

    def answer(self, number: int) -> Separable | NotSeparable:
        """Neuron or certificate of one function, as :func:`separate` returns it.

        Args:
            number: of the function.

        Returns:
            The neuron, or the certificate that there is none.

        Raises:
            ValueError: if there is no function of that number.

        Example:
            >>> classify_functions(2).answer(8)
            Separable(weights=(-1, -1), bias=0)
        """
        function = numbered_function(number, self.arity)
        true, false = (tuple(map(tuple, function.points(value).tolist())) for value in (1, 0))
        if self.separable[number]:
            return Separable(tuple(self.weights[number].tolist()), int(self.bias[number]), true, false)
        x, y, u, v = (tuple(point) for point in corners(self.arity)[self.certificates[number]].tolist())
        return NotSeparable((x, y), (1, 1), (u, v), (1, 1))

    def __repr__(self) -> str:
        return f"Classification(arity={self.arity}, {self.separable.sum()} of {len(self.separable)} separable)"

    def verify(self) -> bool:
        """Whether every neuron computes its whole truth table and every certificate refutes, in integers."""
        points, tables = corners(self.arity), _all_tables(self.arity)
        fires = self.weights[self.separable] @ points.T + self.bias[self.separable, None] >= 0
        x, y, u, v = self.certificates[~self.separable].T
        refuted = tables[~self.separable]
        every = np.arange(len(refuted))
        return bool(
            np.array_equal(fires, tables[self.separable])
            and np.array_equal(points[x] + points[y], points[u] + points[v])
            and (refuted[every, x] & refuted[every, y] & ~refuted[every, u] & ~refuted[every, v]).all()
        )


def numbered_function(number: int, arity: int) -> BooleanFunction:
    """The Boolean function of n variables whose truth table, read as a binary number, is a given one.

    Args:
        number: from 0 to 2^(2^n) - 1.
        arity: n, from 0 to 16.

    Returns:
        The function, of variables x1 to xn.

    Raises:
        ValueError: if there is no such function.

    Example:
        >>> numbered_function(6, 2).values
        (0, 1, 1, 0)
    """
    rows = 2 ** _known_arity(arity, MOST_VARIABLES)
    if whole("number", number) not in range(2**rows):
        raise ValueError(f"number={number}: accepted for {arity} variables are 0 to 2^{rows} - 1")
    return BooleanFunction(tuple(int(bit) for bit in f"{number:0{rows}b}"), tuple(f"x{k + 1}" for k in range(arity)))


def classify_functions(arity: int) -> Classification:
    """Decide all 2^(2^n) Boolean functions of n variables at once, each with its proof.

    Signed permutations of a few sorted weight vectors give a neuron for every function that has one; squares of true
    and false points give the others a certificate. That the two together leave nothing over is the proof that neither
    list lacks anything.

    Args:
        arity: n, from 0 to 4.

    Returns:
        All functions, decided.

    Raises:
        ValueError: if n is negative or more than 4.
        ArithmeticError: if a function were left undecided.

    Source: problem ``logic-xor-impossible``; chapter *One neuron cuts space in two*.

    Example:
        >>> everything = classify_functions(2)
        >>> [number for number in range(16) if not everything.separable[number]]
        [6, 9]
    """
    _known_arity(arity, MOST_VARIABLES_CLASSIFIED)
    rows, points = 2**arity, corners(arity)
    weights, bias = _all_neurons(arity)
    place = 1 << np.arange(rows)[::-1]  # of a row of the table in its binary number
    numbers = ((points @ weights.T + bias >= 0).T @ place).astype(np.int64)
    total = 2**rows
    answer = Classification(
        arity,
        np.zeros(total, dtype=bool),
        np.zeros((total, arity), dtype=np.int64),
        np.zeros(total, dtype=np.int64),
        np.full((total, 4), -1),
    )
    answer.separable[numbers] = True
    answer.weights[numbers], answer.bias[numbers] = weights, bias

    open_numbers = np.flatnonzero(~answer.separable).astype(np.uint32)
    for square in _squares(arity):
        on = np.uint32(place[list(square[:2])].sum())
        of_interest = np.uint32(place[list(square)].sum())
        hit = (open_numbers & of_interest) == on
        answer.certificates[open_numbers[hit]] = square
        open_numbers = open_numbers[~hit]
    if len(open_numbers):
        raise ArithmeticError(f"{len(open_numbers)} functions have neither weights nor a certificate")
    return answer


def _known_arity(arity: int, most: int) -> int:
    if whole("arity", arity) not in range(most + 1):
        raise ValueError(f"arity={arity}: accepted are 0 to {most} variables")
    return arity


def _all_tables(arity: int) -> npt.NDArray[np.bool_]:
    """Truth tables of all functions, ``(2^(2^n), 2^n)``."""
    rows = 2**arity
    return (np.arange(2**rows)[:, None] >> np.arange(rows)[::-1] & 1).astype(bool)


def _squares(arity: int) -> Iterator[tuple[int, int, int, int]]:
    """Rows x, y, u, v of the table with x + y = u + v, four different ones, in both directions."""
    points = corners(arity)
    pairs: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for x, y in itertools.combinations(range(2**arity), 2):
        pairs.setdefault(tuple((points[x] + points[y]).tolist()), []).append((x, y))
    for equal in sorted(pairs.values(), key=len):
        for first, second in itertools.permutations(equal, 2):
            yield *first, *second


def _all_neurons(arity: int) -> tuple[Integers, Integers]:
    """Weights and biases on {0, 1}: all signed permutations of the classes; some functions occur several times."""
    classes = np.array([weights for _, weights in _self_dual_classes(arity + 1)])
    orders = np.array(list(itertools.permutations(range(arity + 1))))
    odd = (classes[:, orders][:, :, None] * corners(arity + 1, coding=(-1, 1))).reshape(-1, arity + 1)
    weights = odd[:, :-1]
    # w.s + c > 0 with s = 2x - 1 says that w.x exceeds (sum w - c) / 2, in whole numbers:
    bias = -((weights.sum(axis=1) - odd[:, -1]) // 2) - 1
    return weights, bias


def _self_dual_classes(inputs: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Chow parameters and integer weights, both sorted and non-negative, of the odd threshold functions."""
    signs = corners(inputs, coding=(-1, 1))
    found = []
    tables = np.array([_bits(true, 2**inputs) for true in _regular_self_dual(inputs)])
    chows = np.where(tables, 1, -1) @ signs  # (functions, N)
    weights = chows.copy()
    for _ in range(_ROUNDS):
        wrong = (weights @ signs.T > 0) != tables  # also where the sum is 0, at one point of each opposite pair
        if not wrong.any():
            break
        weights += np.where(wrong, np.where(tables, 1, -1), 0) @ signs
    for table, chow, weight in zip(tables, chows, weights, strict=True):
        if not np.array_equal(signs @ weight > 0, table):
            answer = separate_points(signs[table], signs[~table])
            if isinstance(answer, NotSeparable):
                continue
            weight = np.array(answer.weights)
        divisor = int(np.gcd.reduce(weight))
        found.append((tuple((chow // 2).tolist()), tuple((weight // divisor).tolist())))
    return found


def _bits(mask: int, count: int) -> npt.NDArray[np.bool_]:
    return np.array([mask >> row & 1 for row in range(count)], dtype=bool)


def _regular_self_dual(inputs: int) -> Iterator[int]:
    """Odd functions that are monotone in sorted inputs, as bit masks over the rows of their truth table."""
    rows = 2**inputs
    heads = corners(inputs).cumsum(axis=1)  # ones among the first 1, ..., N inputs
    above = np.all(heads[:, None] <= heads[None], axis=2)  # (S, T): whatever fires at S fires at T
    up, down = ([sum(1 << int(k) for k in np.flatnonzero(row)) for row in order] for order in (above, above.T))

    def search(true: int, false: int, row: int) -> Iterator[int]:
        while row < rows // 2 and (true | false) >> row & 1:
            row += 1
        if row == rows // 2:
            yield true
            return
        for fires in (row, rows - 1 - row):  # a point and its opposite: exactly one of them
            more_true, more_false = true | up[fires], false | down[rows - 1 - fires]
            if not more_true & more_false:
                yield from search(more_true, more_false, row + 1)

    yield from search(0, 0, 0)
