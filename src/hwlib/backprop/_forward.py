"""Forward mode: numbers that carry their derivative along a line; and what the two modes cost, counted.

Chapter: *A weight used twice gets two gradients*.

Source: problem ``backprop-matrix-form``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from hwlib._core.arguments import instances
from hwlib.backprop._operations import RELU, Arithmetic, Operation, real_number, scaled
from hwlib.backprop._tape import Value

Numbers = Sequence[Any]


class _Comparable(Arithmetic):
    """A number that stands in for a plain one, and compares as it does."""

    __slots__ = ("number",)

    number: Any

    def __float__(self) -> float:
        return float(self.number)

    def __eq__(self, other: object) -> bool:
        return bool(self.number == _plain(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.number < _plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.number > _plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.number <= _plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.number >= _plain(other))

    def __bool__(self) -> bool:
        return bool(self.number)

    __hash__ = None  # type: ignore[assignment]


def _plain(number: Any) -> Any:
    return number.number if isinstance(number, _Comparable) else number


class Dual(_Comparable):
    """A number and its derivative along a line, by the rules of sums, products and chains.

    At a ReLU's kink the derivative is the one to the side that the line runs to, so that all derivatives are exact
    one-sided ones: of f(x + t d) by t at zero, from the right.

    Args:
        number: the number.
        tangent: how fast it changes.

    Raises:
        ValueError: if one of the two is no finite real number.

    Example:
        >>> t = Dual(0, 1)
        >>> t.relu() - (-t).relu()
        Dual(0, 1)
    """

    __slots__ = ("tangent",)

    tangent: Any

    def __init__(self, number: Any, tangent: Any = 0):
        self.number, self.tangent = (_not_dual(*one) for one in (("number", number), ("tangent", tangent)))

    def _apply(self, operation: Operation, *operands: Any) -> Dual:
        numbers = [one.number if isinstance(one, Dual) else real_number("operand", one) for one in operands]
        made = Dual.__new__(Dual)
        made.number = operation.value(*numbers)
        if operation is RELU and not numbers[0]:
            made.tangent = RELU.value(self.tangent)
            return made
        slopes, made.tangent = operation.slopes(*numbers, made.number), 0
        for one, slope in zip(operands, slopes, strict=True):
            if isinstance(one, Dual):
                made.tangent += scaled(slope, one.tangent)
        return made

    def __repr__(self) -> str:
        return f"Dual({self.number}, {self.tangent})"


def _not_dual(name: str, number: Any) -> Any:
    """Duals of duals would mix up two directions."""
    if isinstance(number, Dual):
        raise ValueError(f"{name}={number!r}: accepted is one finite real number, no Dual")
    return real_number(name, number)


def directional_derivative(function: Callable[[list[Any]], Any], x: Numbers, direction: Numbers) -> Any:
    """How fast a function changes as one leaves a point in a direction, by one sweep of forward mode.

    It is exact at kinks of ReLUs, too, where it is the derivative to that side.

    Args:
        function: from a list of n numbers to a number, or to a list or array of numbers, by the operations of
            :class:`Value`.
        x: n numbers.
        direction: n numbers.

    Returns:
        A number, or one for each number that the function returns.

    Raises:
        ValueError: if there are not as many directions as numbers, one is no finite real number, or the function
            returns something else.

    Example:
        >>> directional_derivative(lambda x: x[0] * x[1], [3, 4], [1, 0])
        4
        >>> directional_derivative(lambda x: x[0].relu(), [0], [-1])
        0
    """
    numbers, ways = instances("x", x, object, "numbers"), instances("direction", direction, object, "numbers")
    if len(numbers) != len(ways):
        raise ValueError(f"direction has {len(ways)} numbers: accepted are {len(numbers)}, one for each of x")
    found = function([Dual(number, way) for number, way in zip(numbers, ways, strict=True)])
    tangents = [one.tangent if isinstance(one, Dual) else 0 for one in _outputs(found)]  # 0: a constant
    return tangents if _is_several(found) else tangents[0]


def _is_several(found: Any) -> bool:
    return isinstance(found, (Sequence, np.ndarray)) and not isinstance(found, str)


def _outputs(found: Any) -> list[Any]:
    """What a function returned, as a list; what is no number would pass for a constant."""
    numbers = list(np.atleast_1d(found) if isinstance(found, np.ndarray) else found) if _is_several(found) else [found]
    if not all(isinstance(one, (Arithmetic, Real)) for one in numbers):
        raise ValueError(f"function returned {found!r}: accepted are a number, or a list or array of numbers")
    return numbers


def forward_jacobian(function: Callable[[list[Any]], Any], x: Numbers) -> list[list[Any]]:
    """All derivatives by forward mode: a sweep for each input.

    Args:
        function: from a list of n numbers to a number, or to a list or array of m numbers.
        x: n numbers.

    Returns:
        m rows of n derivatives, those to the side of larger inputs where there are kinks.

    Raises:
        ValueError: if one of x is no finite real number, or the function returns something else.

    Example:
        >>> forward_jacobian(lambda x: [x[0] * x[1], x[0]], [3, 4])
        [[4, 3], [1, 0]]
    """
    columns = []
    for place in range(len(x)):
        column = directional_derivative(function, x, [int(place == other) for other in range(len(x))])
        columns.append(column if isinstance(column, list) else [column])
    if not columns:
        return [[] for _ in _outputs(function([]))]
    return [list(row) for row in zip(*columns, strict=True)]


def reverse_jacobian(function: Callable[[list[Any]], Any], x: Numbers) -> list[list[Any]]:
    """All derivatives by reverse mode: a backward sweep for each output, after one evaluation.

    Args:
        function: from a list of n numbers to a number, or to a list or array of m numbers.
        x: n numbers.

    Returns:
        m rows of n derivatives; at kinks with the slope zero of ReLUs.

    Raises:
        ValueError: if one of x is no finite real number, or the function returns something else.

    Example:
        >>> reverse_jacobian(lambda x: [x[0] * x[1], x[0]], [3, 4])
        [[4, 3], [1, 0]]
    """
    inputs = [Value(number) for number in x]
    found = function(inputs)
    rows = []
    for output in _outputs(found):
        for value in inputs:
            value.gradient = 0  # of an output that does not depend on it
        if isinstance(output, Value):
            output.backward()
        rows.append([value.gradient for value in inputs])
    return rows


class _Counted(_Comparable):
    """A number that adds one to a shared counter with each multiplication or division."""

    __slots__ = ("counter",)

    counter: list[int]

    def __init__(self, number: Any, counter: list[int]):
        self.number, self.counter = number, counter

    def _apply(self, operation: Operation, *operands: Any) -> _Counted:
        self.counter[0] += operation.products
        return _Counted(operation.value(*map(_plain, operands)), self.counter)


@dataclass(frozen=True)
class Costs:
    """Multiplications of a function and of all its derivatives, as counted while they ran.

    Attributes:
        inputs: numbers that go in.
        outputs: numbers that come out.
        evaluation: multiplications of the function itself.
        reverse: of the function and all derivatives by reverse mode, a backward sweep for each output.
        forward: of the same by forward mode, a sweep for each input.
    """

    inputs: int
    outputs: int
    evaluation: int
    reverse: int
    forward: int


def count_multiplications(function: Callable[[list[Any]], Any], x: Numbers) -> Costs:
    """Count what both modes multiply, by running them with numbers that count.

    A division counts as one multiplication, and so does a power; the exponential function and its like count as none.
    Where a slope is 0, 1 or −1, neither mode multiplies.

    Args:
        function: from a list of n numbers to a number, or to a list or array of m numbers.
        x: n numbers.

    Returns:
        The counts.

    Raises:
        ValueError: if one of x is no finite real number, or the function returns something else.

    Example:
        >>> count_multiplications(lambda x: x[0] * x[1] * x[2], [2, 3, 5])
        Costs(inputs=3, outputs=1, evaluation=2, reverse=6, forward=18)
    """
    numbers = [real_number("x", number) for number in x]

    def counted(run: Callable[[list[Any]], Any]) -> tuple[int, Any]:
        counter = [0]
        found = run([_Counted(number, counter) for number in numbers])
        return counter[0], found

    evaluation, found = counted(function)
    reverse, _ = counted(lambda inputs: reverse_jacobian(function, inputs))
    forward, _ = counted(lambda inputs: forward_jacobian(function, inputs))
    return Costs(len(numbers), len(_outputs(found)), evaluation, reverse, forward)
