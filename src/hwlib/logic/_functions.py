"""Boolean functions as truth tables."""

from __future__ import annotations

import inspect
import itertools
import operator
import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from hwlib._core.arguments import instances, whole
from hwlib._core.arrays import as_array
from hwlib._core.types import Integers
from hwlib.logic._expressions import Term, term_of_sympy, term_of_text

if TYPE_CHECKING:
    from sympy.logic.boolalg import Boolean

Coding = tuple[int, int]
FunctionLike: TypeAlias = "str | BooleanFunction | Callable[..., Any] | Iterable[Any] | Boolean"

MOST_VARIABLES = 16
_MOST_CORNERS = 24  # variables


@dataclass(frozen=True)
class BooleanFunction:
    """A Boolean function of n variables, as its truth table.

    Attributes:
        values: the 2^n values, 0 or 1, in the order of the rows of a truth table: 00, 01, 10, 11.
        variables: the n names, the first one changing slowest.

    Raises:
        ValueError: if there are not 2^n values, one is not 0 or 1, or two names are equal.

    Example:
        >>> BooleanFunction((0, 1, 1, 0), ("a", "b"))
        BooleanFunction(0110 of a, b)
    """

    values: tuple[int, ...]
    variables: tuple[str, ...]

    def __post_init__(self) -> None:
        names = _names(self.variables, self.variables)
        object.__setattr__(self, "values", instances("values", self.values, object, "a truth table"))
        if len(self.values) != 2 ** len(names):
            raise ValueError(
                f"{len(self.values)} values for {len(names)} variables: accepted are {2 ** len(names)}, one a row"
            )
        if set(map(type, self.values)) != {int} or not set(self.values) <= {0, 1}:  # else there is nothing to read
            object.__setattr__(self, "values", tuple(_bit(value, row, (0, 1)) for row, value in enumerate(self.values)))
        object.__setattr__(self, "variables", names)

    @property
    def arity(self) -> int:
        """Number n of variables."""
        return len(self.variables)

    def __call__(self, *bits: int) -> int:
        """Value at one point.

        Args:
            bits: n bits, each 0 or 1.

        Returns:
            0 or 1.

        Raises:
            ValueError: if there are not n bits, or one is something else.

        Example:
            >>> boolean_function("x1 & x2")(1, 1)
            1
        """
        if len(bits) != self.arity or not all(isinstance(bit, Real | np.bool_) and bit in (0, 1) for bit in bits):
            raise ValueError(f"bits={bits}: accepted are {self.arity} bits, each 0 or 1")
        return self.values[sum(int(bit) << place for place, bit in enumerate(reversed(bits)))]

    def points(self, value: int, *, coding: Coding = (0, 1)) -> Integers:
        """The points where the function has a value.

        Args:
            value: 0 or 1.
            coding: the integers that stand for false and true in the points.

        Returns:
            Integers ``(points, n)``, in the order of the truth table.

        Raises:
            ValueError: if the value is something else, or the coding is none.

        Example:
            >>> boolean_function("x1 ^ x2").points(1).tolist()
            [[0, 1], [1, 0]]
        """
        if not isinstance(value, Real) or value not in (0, 1):
            raise ValueError(f"value={value!r}: accepted are 0 and 1")
        chosen: Integers = corners(self.arity, coding=coding)[np.array(self.values) == value]
        return chosen

    def expression(self) -> Boolean:
        """A short sum of products, as SymPy finds it.

        Returns:
            The expression.

        Example:
            >>> boolean_function("0001").expression()
            x1 & x2
        """
        import sympy
        from sympy.logic import SOPform

        return SOPform([sympy.Symbol(name) for name in self.variables], self.points(1).tolist())

    def __str__(self) -> str:
        return f"f({', '.join(self.variables)}) with the truth table {''.join(map(str, self.values))}"

    def __repr__(self) -> str:
        table = "".join(map(str, self.values[:32])) + ("..." if len(self.values) > 32 else "")
        return f"BooleanFunction({table} of {', '.join(self.variables) or 'no variables'})"


def corners(arity: int, *, coding: Coding = (0, 1)) -> Integers:
    """All points of {low, high}^n, in the order of a truth table.

    Args:
        arity: n, at most 24.
        coding: the integers that stand for false and for true.

    Returns:
        Integers ``(2^n, n)``.

    Raises:
        ValueError: if n is not a whole number from 0 to 24, or the coding is not two different integers, the smaller
            first.

    Example:
        >>> corners(2, coding=(-1, 1)).tolist()
        [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    """
    if whole("arity", arity, least=0) > _MOST_CORNERS:
        raise ValueError(f"arity={arity}: accepted are at most {_MOST_CORNERS} variables, for there are 2^n points")
    low, high = _low_high(coding)
    bits = np.arange(2**arity)[:, None] >> np.arange(arity)[::-1] & 1
    return low + (high - low) * bits.astype(np.int64)


def boolean_function(
    source: FunctionLike, *, variables: Sequence[str] | None = None, coding: Coding = (0, 1)
) -> BooleanFunction:
    """A Boolean function from whatever describes it.

    Args:
        source: a truth table (``"0110"``, or 2^n values), a Python function of n bits, an expression of SymPy, or the
            text of one (``"x1 & ~x2 | x3"``, with ``^`` for exclusive or and ``>>`` for "implies"; ``And``, ``Or``,
            ``Not``, ``Xor``, ``Nand``, ``Nor``, ``Xnor``, ``Implies``, ``Equivalent`` and ``ITE`` by name). Text is
            parsed, and never run.
        variables: names of the variables, slowest first; without it x1 to xn for a table, the function's own names
            for a Python function, and the names in alphabetical order, x2 before x10, for an expression.
        coding: the integers that stand for false and true in the values of a table or of a Python function, and in
            the arguments that a Python function gets.

    Returns:
        The function as a truth table.

    Raises:
        ValueError: if the source is none of the above, the table's length is no power of two, a value is not in the
            coding, there are more than 16 variables, or the names do not fit.

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
    coding = _low_high(coding)
    if isinstance(source, BooleanFunction):
        return source if variables is None else BooleanFunction(source.values, _names(variables, source.variables))
    if isinstance(source, str):
        if re.fullmatch(r"[01]+", source):
            return _of_table([int(bit) for bit in source], variables, (0, 1))
        return _of_term(term_of_text(source), variables)
    sympy = sys.modules.get("sympy")  # not imported for that: without it there are no expressions
    if sympy is not None and isinstance(source, sympy.logic.boolalg.Boolean):
        return _of_term(term_of_sympy(source), variables)
    if isinstance(source, np.ndarray) or hasattr(source, "detach"):
        source = as_array("source", source).tolist()
    if callable(source):
        return _of_callable(source, variables, coding)
    if isinstance(source, Iterable):
        return _of_table(list(source), variables, coding)
    raise ValueError(
        f"source={reprlib.repr(source)}: accepted are a truth table, a Python function, an expression of SymPy, "
        "and the text of one"
    )


def _low_high(coding: Coding) -> Coding:
    try:
        low, high = (operator.index(value) for value in coding)
    except (TypeError, ValueError):
        low = high = 0
    if low >= high:
        raise ValueError(f"coding={coding}: accepted are two integers, the one for false smaller: (0, 1) or (-1, 1)")
    return low, high


def _names(given: Sequence[str] | None, default: Sequence[str]) -> tuple[str, ...]:
    names = instances("variables", default if given is None else given, str, "different names")
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


def _of_term(term: Term, variables: Sequence[str] | None) -> BooleanFunction:
    def in_order(name: str) -> list[Any]:
        return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]

    found = sorted(term.variables(), key=in_order)
    names = _names(variables, found if variables is None else variables)
    if missing := set(found) - set(names):
        raise ValueError(f"variables={names}: {', '.join(sorted(missing))} of the expression is not among them")
    columns = dict(zip(names, corners(len(names)).T.astype(bool), strict=True))
    return BooleanFunction(tuple(term.values(columns, 2 ** len(names)).astype(int).tolist()), names)
