"""Boolean expressions: texts are parsed and never run, SymPy's are walked."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

LONGEST_TEXT = 10_000  # characters
_DEEPEST = 100
# Each operation by the name that SymPy has for it: how many parts it takes (None for any number), and what it makes
# of their values, stacked (parts, rows).
_OPERATIONS: dict[str, tuple[int | None, Callable[[Mask], Mask]]] = {
    "And": (None, np.logical_and.reduce),
    "Or": (None, np.logical_or.reduce),
    "Xor": (None, np.logical_xor.reduce),
    "Not": (1, lambda parts: ~parts[0]),
    "Nand": (None, lambda parts: ~np.logical_and.reduce(parts)),
    "Nor": (None, lambda parts: ~np.logical_or.reduce(parts)),
    "Xnor": (None, lambda parts: ~np.logical_xor.reduce(parts)),
    "Implies": (2, lambda parts: ~parts[0] | parts[1]),
    "Equivalent": (None, lambda parts: np.logical_and.reduce(parts == parts[0])),
    "ITE": (3, lambda parts: np.where(parts[0], parts[1], parts[2])),
}
_SIGNS: dict[type[ast.AST], str] = {
    ast.BitAnd: "And", ast.BitOr: "Or", ast.BitXor: "Xor", ast.RShift: "Implies", ast.Invert: "Not",
    ast.And: "And", ast.Or: "Or", ast.Not: "Not",
}  # fmt: skip
ACCEPTED = f"names, 0 and 1, ~ & ^ | and >>, not, and, or, and {', '.join(_OPERATIONS)} of these in brackets"


@dataclass(frozen=True)
class Term:
    """A variable, a constant, or an operation on terms.

    Attributes:
        operation: its name, or ``""``.
        parts: what it is applied to.
        leaf: name of the variable, or the constant.
        depth: how deep operations are nested in it.

    Raises:
        ValueError: if the operation does not take so many parts, or it would be nested deeper than 100.
    """

    operation: str
    parts: tuple[Term, ...] = ()
    leaf: str | bool = False
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max((part.depth for part in self.parts), default=0))
        if self.depth > _DEEPEST:
            raise ValueError(f"operations are nested deeper than {_DEEPEST}: accepted are simpler ones")
        if self.operation:
            count, _ = _OPERATIONS[self.operation]
            if len(self.parts) != count if count is not None else not self.parts:
                raise ValueError(f"{self.operation} of {len(self.parts)} parts: accepted are {count or 'one or more'}")

    def variables(self) -> set[str]:
        """All names that occur."""
        if isinstance(self.leaf, str):
            return {self.leaf}
        return set().union(*(part.variables() for part in self.parts))

    def values(self, columns: Mapping[str, Mask], rows: int) -> Mask:
        """Value in each row, from the values of the variables."""
        if self.operation:
            return _OPERATIONS[self.operation][1](np.stack([part.values(columns, rows) for part in self.parts]))
        return columns[self.leaf] if isinstance(self.leaf, str) else np.full(rows, self.leaf)


def term_of_text(text: str) -> Term:
    """A term from a text such as ``"x1 & ~x2"``, in Python's grammar and precedence; nothing of it is run.

    Raises:
        ValueError: if it is something else.

    Example:
        >>> sorted(term_of_text("And(a, ~b) >> a").variables())
        ['a', 'b']
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"an expression of {len(text)} characters: accepted are at most {LONGEST_TEXT}")
    try:
        return _of_node(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"the expression {text!r} cannot be read: {error}") from None


def _of_node(node: ast.expr) -> Term:
    match node:
        case ast.Name(id=name):
            return Term("", leaf=name)
        case ast.Constant(value=bool() | 0 | 1 as value) if not isinstance(value, float | complex):
            return Term("", leaf=bool(value))
        case ast.UnaryOp(op=sign, operand=part) if type(sign) in _SIGNS:
            return Term(_SIGNS[type(sign)], (_of_node(part),))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            parts = [right]
            while isinstance(left, ast.BinOp) and type(left.op) is type(sign) and not isinstance(sign, ast.RShift):
                parts.append(left.right)  # a & b & c is one AND of three
                left = left.left
            return Term(_SIGNS[type(sign)], tuple(map(_of_node, [left, *reversed(parts)])))
        case ast.BoolOp(op=sign, values=parts):
            return Term(_SIGNS[type(sign)], tuple(map(_of_node, parts)))
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in _OPERATIONS:
            return Term(name, tuple(map(_of_node, parts)))
    raise ValueError(f"accepted are {ACCEPTED}")


def term_of_sympy(expression: Any) -> Term:
    """A term from an expression of SymPy, by the names of its operations.

    Raises:
        ValueError: if it contains something that is no Boolean operation, such as a comparison.

    Example:
        >>> from sympy import symbols
        >>> x, y = symbols("x y")
        >>> term_of_sympy(x >> y).operation
        'Implies'
    """
    if expression.is_Symbol:
        return Term("", leaf=expression.name)
    if expression in (True, False):
        return Term("", leaf=bool(expression))
    name = type(expression).__name__
    if name not in _OPERATIONS:
        raise ValueError(f"the expression contains {expression}: accepted are {', '.join(_OPERATIONS)} of symbols")
    return Term(name, tuple(map(term_of_sympy, expression.args)))
