"""Reverse mode on single numbers: each remembers how it was made, and a backward sweep hands gradients back.

Chapter: *A weight used twice gets two gradients*.

Source: problems ``backprop-loss`` and ``backprop-matrix-form``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hwlib.backprop._operations import Arithmetic, Operation, real_number, scaled


class Value(Arithmetic):
    """A number, and how it was made.

    Args:
        number: an int, a float or a Fraction; everything that is computed from Fractions is exact.
        name: what a graph calls it.

    Attributes:
        number: the number.
        gradient: derivative by this number of the output that last ran :meth:`backward`.
        parents: the Values that it was made from, twice if it was used twice. Plain numbers are not kept.
        slopes: derivative of this number by each of its parents.
        operation: what made it; empty for an input.

    Raises:
        ValueError: if number is no finite real number.

    Example:
        >>> w = Value(2)
        >>> u = w.relu()
        >>> v = u + w * u
        >>> (v * v / 2).backward()
        >>> w.gradient
        30.0
    """

    __slots__ = ("gradient", "name", "number", "operation", "parents", "slopes")

    number: Any
    gradient: Any
    name: str
    operation: str
    parents: tuple[Value, ...]
    slopes: tuple[Any, ...]

    def __init__(self, number: Any, *, name: str = ""):
        self.number, self.gradient, self.name = real_number("number", number), 0, name
        self.operation, self.parents, self.slopes = "", (), ()

    def _apply(self, operation: Operation, *operands: Any) -> Value:
        numbers = [one.number if isinstance(one, Value) else real_number("operand", one) for one in operands]
        made = Value.__new__(Value)
        made.number = operation.value(*numbers)
        made.gradient, made.name, made.operation = 0, "", operation.name
        slopes = operation.slopes(*numbers, made.number)
        kept = [pair for pair in zip(operands, slopes, strict=True) if isinstance(pair[0], Value)]
        made.parents, made.slopes = tuple(parent for parent, _ in kept), tuple(slope for _, slope in kept)
        return made

    def __repr__(self) -> str:
        return f"Value({self.name and self.name + '='}{self.number}, gradient={self.gradient})"

    def backward(self) -> None:
        """Set ``gradient`` of every Value that this one was made from, to the derivative of this one by it.

        Gradients of an earlier sweep are dropped, not added to: a second call gives the same. Where a ReLU's input is
        zero its slope is taken to be zero, so that what comes out need not be a derivative: see :func:`tape_kinks`.
        """
        for _ in backward_steps(self):
            pass


def tape(output: Value) -> list[Value]:
    """Everything that an output was made from, in an order in which each Value stands after its parents.

    A loop with a stack of its own, so that no chain is too long for it.

    Args:
        output: the last one.

    Returns:
        The Values, each once.

    Raises:
        ValueError: if output is no Value.

    Example:
        >>> a = Value(3, name="a")
        >>> [value.operation or value.name for value in tape(a * a + 1)]
        ['a', '×', '+']
    """
    if not isinstance(output, Value):
        raise ValueError(f"output={output!r}: accepted is a Value, one number")
    order: list[Value] = []
    seen: set[Value] = set()
    stack = [(output, False)]
    while stack:
        value, parents_done = stack.pop()
        if parents_done:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            stack.append((value, True))
            stack += [(parent, False) for parent in reversed(value.parents)]
    return order


class Step(NamedTuple):
    """One step of a backward sweep: a Value whose gradient is complete passes it on.

    Attributes:
        value: which one.
        gradient: its gradient.
        passed: what each of its parents gets added, in the order of ``value.parents``.
    """

    value: Value
    gradient: Any
    passed: tuple[Any, ...]


def backward_steps(output: Value) -> Iterator[Step]:
    """The backward sweep, a step at a time; ``gradient`` of all Values changes as it goes.

    Args:
        output: what is differentiated.

    Yields:
        A step for each Value, the output first.

    Raises:
        ValueError: if output is no Value.

    Example:
        >>> a = Value(3, name="a")
        >>> [step.passed for step in backward_steps(a * a)]
        [(3, 3), ()]
        >>> a.gradient
        6
    """
    order = tape(output)
    for value in order:
        value.gradient = 0
    output.gradient = 1
    for value in reversed(order):
        passed = tuple(scaled(slope, value.gradient) for slope in value.slopes)
        for parent, part in zip(value.parents, passed, strict=True):
            parent.gradient += part  # not =: a number that is used twice gets two parts
        yield Step(value, value.gradient, passed)


def tape_kinks(output: Value) -> list[Value]:
    """The ReLUs of a computation whose input is exactly zero: where its derivative is in doubt.

    Args:
        output: the last Value.

    Returns:
        Those Values; if there is none, :meth:`Value.backward` gives derivatives.

    Raises:
        ValueError: if output is no Value.

    Example:
        >>> t = Value(0)
        >>> line = t.relu() - (-t).relu()  # t itself, with the derivative 1
        >>> line.backward()
        >>> t.gradient, len(tape_kinks(line))
        (0, 2)
    """
    return [value for value in tape(output) if value.operation == "relu" and not value.parents[0].number]
