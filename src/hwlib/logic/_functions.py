"""Boolean functions as truth tables."""

from __future__ import annotations

import functools
import inspect
import itertools
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sympy.logic.boolalg import Boolean

Integers = npt.NDArray[np.int64]
Coding = tuple[int, int]

MOST_VARIABLES = 16


@dataclass(frozen=True)
class BooleanFunction:
    """A Boolean function of n variables, as its truth table.

    Attributes:
        values: the 2^n values, 0 or 1, in the order of the rows of a truth table: 00, 01, 10, 11.
        variables: the n names, the first one changing slowest.
    """

    values: tuple[int, ...]
    variables: tuple[str, ...]

    @property
    def arity(self) -> int:
        """Number n of variables."""
        return len(self.variables)

    @property
    def irrelevant(self) -> tuple[str, ...]:
        """Variables that never change the value."""
        table = np.array(self.values).reshape((2,) * self.arity)
        return tuple(
            name for axis, name in enumerate(self.variables) if np.array_equal(table.take(0, axis), table.take(1, axis))
        )

    def __call__(self, *bits: int) -> int:
        """Value at one point, given as n bits."""
        if len(bits) != self.arity or not set(bits) <= {0, 1}:
            raise ValueError(f"bits={bits}: accepted are {self.arity} bits, each 0 or 1")
        return self.values[functools.reduce(lambda code, bit: 2 * code + int(bit), bits, 0)]

    def points(self, value: int, *, coding: Coding = (0, 1)) -> Integers:
        """The points where the function has a value, a row each, in an integer coding of false and true.

        Returns:
            Integers ``(points, n)``.
        """
        chosen: Integers = corners(self.arity, coding=coding)[np.array(self.values) == value]
        return chosen

    def expression(self) -> Boolean:
        """A short sum of products, as SymPy finds it."""
        import sympy
        from sympy.logic import SOPform

        return SOPform([sympy.Symbol(name) for name in self.variables], self.points(1).tolist())

    def __str__(self) -> str:
        return f"f({', '.join(self.variables)}) with the truth table {''.join(map(str, self.values))}"


def corners(arity: int, *, coding: Coding = (0, 1)) -> Integers:
    """All points of {low, high}^n, in the order of a truth table.

    Args:
        arity: n.
        coding: the integers that stand for false and for true.

    Returns:
        Integers ``(2^n, n)``.

    Raises:
        ValueError: if the coding is not two different integers, the smaller first.

    Example:
        >>> corners(2, coding=(-1, 1)).tolist()
        [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    """
    low, high = (operator.index(value) for value in coding)
    if low >= high:
        raise ValueError(f"coding={coding}: accepted are two integers, the one for false smaller: (0, 1) or (-1, 1)")
    bits = np.arange(2**arity)[:, None] >> np.arange(arity)[::-1] & 1
    return low + (high - low) * bits.astype(np.int64)


def boolean_function(
    source: str | BooleanFunction | Callable[..., Any] | Iterable[Any] | Boolean,
    *,
    variables: Sequence[str] | None = None,
    coding: Coding = (0, 1),
) -> BooleanFunction:
    """A Boolean function from whatever describes it.

    Args:
        source: a truth table (``"0110"``, or 2^n values), a Python function of n bits, an expression of SymPy, or the
            text of one (``"x1 & ~x2 | x3"``, with ``^`` for exclusive or). Text is evaluated by SymPy's parser, so
            do not pass text that you do not trust.
        variables: names of the variables, slowest first; without it x1 to xn for a table, the function's own names
            for a Python function, and the names in alphabetical order, x2 before x10, for an expression.
        coding: the integers that stand for false and true in the values of a table or of a Python function, and in
            the arguments that a Python function gets.

    Returns:
        The function as a truth table.

    Raises:
        ValueError: if the table's length is no power of two, a value is not in the coding, there are more than 16
            variables, or the names do not fit.
        TypeError: if the source is none of the above.

    Example:
        >>> boolean_function("x1 ^ x2").values
        (0, 1, 1, 0)
        >>> boolean_function(lambda a, b: a and not b).values
        (0, 0, 1, 0)
        >>> boolean_function([0, 1, 1])
        Traceback (most recent call last):
            ...
        ValueError: a truth table of 3 values: accepted are 1, 2, 4, 8, ... values, one for each row
    """
    from sympy.logic.boolalg import Boolean

    if isinstance(source, BooleanFunction):
        return BooleanFunction(source.values, _names(variables, source.variables))
    if isinstance(source, str) and not re.fullmatch(r"[01]+", source):
        source = _parsed(source)
    if isinstance(source, Boolean):
        return _of_expression(source, variables)
    if isinstance(source, str):
        return _of_table([int(bit) for bit in source], variables, (0, 1))
    if callable(source):
        return _of_callable(source, variables, coding)
    if isinstance(source, Iterable):
        return _of_table(list(source), variables, coding)
    raise TypeError(f"source={source!r}: accepted are a truth table, a Python function, or an expression")


def _names(given: Sequence[str] | None, default: Sequence[str]) -> tuple[str, ...]:
    names = tuple(default if given is None else given)
    if len(names) != len(default) or len(set(names)) != len(names):
        raise ValueError(f"variables={names}: accepted are {len(default)} different names")
    if len(names) > MOST_VARIABLES:
        raise ValueError(f"{len(names)} variables: accepted are at most {MOST_VARIABLES}, for 2^n values are stored")
    return names


def _of_table(values: list[Any], variables: Sequence[str] | None, coding: Coding) -> BooleanFunction:
    count = len(values)
    if count == 0 or count & (count - 1):
        raise ValueError(f"a truth table of {count} values: accepted are 1, 2, 4, 8, ... values, one for each row")
    names = _names(variables, [f"x{number + 1}" for number in range(count.bit_length() - 1)])
    return BooleanFunction(tuple(_bit(value, row, coding) for row, value in enumerate(values)), names)


def _bit(value: Any, row: int, coding: Coding) -> int:
    if np.ndim(value) == 0 and value in coding:
        return coding.index(int(value))
    raise ValueError(f"row {row + 1} has the value {value!r}: accepted are {coding[0]} and {coding[1]}")


def _of_callable(function: Callable[..., Any], variables: Sequence[str] | None, coding: Coding) -> BooleanFunction:
    if variables is None:
        parameters = inspect.signature(function).parameters.values()
        if any(parameter.kind not in (0, 1) for parameter in parameters):
            raise ValueError("variables=None: accepted only for a function whose arguments have names of their own")
        variables = [parameter.name for parameter in parameters]
    names = _names(variables, variables)
    values = [function(*point) for point in itertools.product(coding, repeat=len(names))]
    return _of_table(values, names, coding)


def _parsed(text: str) -> Any:
    import sympy
    from sympy.parsing.sympy_parser import parse_expr

    names = set(re.findall(r"[A-Za-z_]\w*", text)) - {"True", "False", "And", "Or", "Not", "Xor", "Nand", "Nor", "ITE"}
    names -= {"Implies", "Equivalent", "Xnor"}
    try:
        return sympy.sympify(parse_expr(text, local_dict={name: sympy.Symbol(name) for name in names}))
    except (SyntaxError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the expression {text!r} can not be read: {error}") from None


def _of_expression(expression: Boolean, variables: Sequence[str] | None) -> BooleanFunction:
    import sympy

    def in_order(name: str) -> list[Any]:
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]

    found = sorted((symbol.name for symbol in expression.free_symbols), key=in_order)
    names = _names(variables, variables or found)
    if missing := set(found) - set(names):
        raise ValueError(f"variables={names}: {', '.join(sorted(missing))} of the expression is not among them")
    symbols = [sympy.Symbol(name) for name in names]
    if not symbols:
        return BooleanFunction((int(bool(expression)),), ())
    function = sympy.lambdify(symbols, expression, "numpy")
    columns = [column.astype(bool) for column in corners(len(names)).T]
    values = np.broadcast_to(np.asarray(function(*columns), dtype=bool), 2 ** len(names))
    return BooleanFunction(tuple(values.astype(int).tolist()), names)
