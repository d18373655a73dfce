"""Operations on single numbers, each with its value and its slopes: all that forward and reverse mode have to know.

Chapter: *A weight used twice gets two gradients*.

A slope is the derivative of an operation's result by one of its operands. :class:`Arithmetic` turns ``a + b``,
``a * b``, ``a.relu()`` and so on into a call of one method with the operation and its operands. What a class does
there is what it is: a number with its history (:class:`~hwlib.backprop.Value`), with its derivative along a line
(:class:`~hwlib.backprop.Dual`), or one that counts.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from typing import Any, Self

import numpy as np

from hwlib._core.types import AnyArray


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done with one or two numbers.

    Attributes:
        name: as a graph shows it.
        value: from the operands to the result.
        slopes: from the operands and the result to one slope for each operand.
        products: how many multiplications or divisions its value takes.
    """

    name: str
    value: Callable[..., Any]
    slopes: Callable[..., tuple[Any, ...]]
    products: int = 0


def _function(name: str, plain: Callable[[Any], Any], slope: Callable[[Any, Any], Any]) -> Operation:
    """A function of one number; of numbers of this package, such as duals within a tape, it is their own."""

    def value(x: Any) -> Any:
        return getattr(x, name)() if isinstance(x, Arithmetic) else plain(x)

    return Operation(name, value, lambda x, y: (slope(x, y),))


def _power(exponent: Any) -> Operation:
    """The operation that raises to a fixed power."""

    def value(x: Any) -> Any:
        result = x**exponent
        if isinstance(result, complex):
            raise ValueError(f"exponent={exponent}: accepted are whole numbers for the negative number {x}")
        return result

    def slope(x: Any) -> Any:
        return exponent * x ** (exponent - 1) if exponent else 0

    return Operation(f"^{exponent}", value, lambda x, y: (slope(x),), products=int(exponent not in (0, 1)))


def _inverse(b: Any, y: Any) -> Any:
    """One over b, as a Fraction where the quotient y is one."""
    return Fraction(1, b) if isinstance(y, Fraction) and isinstance(b, int) else 1 / b


ADD = Operation("+", operator.add, lambda a, b, y: (1, 1))
SUBTRACT = Operation("−", operator.sub, lambda a, b, y: (1, -1))
MULTIPLY = Operation("×", operator.mul, lambda a, b, y: (b, a), products=1)
DIVIDE = Operation("÷", operator.truediv, lambda a, b, y: (_inverse(b, y), -y / b), products=1)
NEGATE = Operation("negate", operator.neg, lambda x, y: (-1,))
# "<=", so that NaN is handed on and not taken for zero
RELU = _function("relu", lambda x: type(x)(0) if x <= 0 else x, lambda x, y: 0 if x <= 0 else 1)
EXP = _function("exp", math.exp, lambda x, y: y)
LOG = _function("log", math.log, lambda x, y: 1 / x)
TANH = _function("tanh", math.tanh, lambda x, y: 1 - y * y)


class Arithmetic:
    """Sums, products and a few functions, all by way of one method that a subclass has to have."""

    __slots__ = ()

    def _apply(self, operation: Operation, *operands: Any) -> Self:
        raise NotImplementedError

    def __add__(self, other: Any) -> Self:
        return self._apply(ADD, self, other)

    def __radd__(self, other: Any) -> Self:
        return self._apply(ADD, other, self)

    def __sub__(self, other: Any) -> Self:
        return self._apply(SUBTRACT, self, other)

    def __rsub__(self, other: Any) -> Self:
        return self._apply(SUBTRACT, other, self)

    def __mul__(self, other: Any) -> Self:
        return self._apply(MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> Self:
        return self._apply(MULTIPLY, other, self)

    def __truediv__(self, other: Any) -> Self:
        return self._apply(DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return self._apply(DIVIDE, other, self)

    def __neg__(self) -> Self:
        return self._apply(NEGATE, self)

    def __pow__(self, exponent: Any) -> Self:
        return self._apply(_power(real_number("exponent", exponent, plain=True)), self)

    def relu(self) -> Self:
        """The larger of the number and zero; its slope at zero is taken to be zero."""
        return self._apply(RELU, self)

    def exp(self) -> Self:
        """The exponential function."""
        return self._apply(EXP, self)

    def log(self) -> Self:
        """The natural logarithm."""
        return self._apply(LOG, self)

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self._apply(TANH, self)


def scaled(slope: Any, number: Any) -> Any:
    """Slope times number, without a multiplication where the slope is 0, 1 or −1: zero passes nothing on."""
    if slope == 1:
        return number
    if slope == -1:
        return -number
    return slope * number if slope else 0


def real_number(name: str, value: Any, *, plain: bool = False) -> Any:
    """A finite real number, of any exact or inexact type; one of this package, but no Value, unless it is to be plain.

    Raises:
        ValueError: if it is something else.
    """
    if isinstance(value, Arithmetic):
        accepted = not plain and hasattr(value, "__float__")
    else:
        # whole numbers and fractions are finite, also those beyond the largest float
        accepted = isinstance(value, Rational) or (isinstance(value, Real) and math.isfinite(value))
        accepted = accepted and not isinstance(value, bool)
    if not accepted:
        raise ValueError(f"{name}={value!r}: accepted is one finite real number")
    return value


def relu(values: Any) -> Any:
    """The larger of zero and a number, or each entry of an array, for numbers of every kind of this package.

    Args:
        values: a number, or an array of any shape.

    Returns:
        The same, with zero in place of what is negative.

    Example:
        >>> relu([-1, 2]).tolist()
        [0, 2]
    """
    if np.ndim(values):
        array: AnyArray = np.asarray(values)
        made: AnyArray = np.empty(array.shape, dtype=array.dtype)
        for place, one in np.ndenumerate(array):
            made[place] = relu(one)
        return made
    return values.relu() if isinstance(values, Arithmetic) else RELU.value(values)
