"""Reverse mode on single numbers: each remembers how it was made, and a backward sweep hands gradients back.

Chapter: *A weight used twice gets two gradients*.

Source: problems ``backprop-loss`` and ``backprop-matrix-form``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, NamedTuple

from hwlib.backprop._operations import Arithmetic, Operation, real_number, scaled


class Value(Arithmetic):
    """A number, and how it was made.

    Args:
        number: an int, a float or a Fraction. Of Fractions, sums, differences, products, quotients, whole powers and
            ReLUs are exact, and so are their derivatives.
        name: what a graph calls it.

    Attributes:
        number: the number.
        gradient: derivative by this number of the output made from it that last ran :meth:`backward`.
        parents: the Values that it was made from, twice if it was used twice. Plain numbers are not kept.
        slopes: derivative of this number by each of its parents.
        operation: what made it; empty for an input.
        order: how many Values were made before it.

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

    __slots__ = ("gradient", "name", "number", "operation", "order", "parents", "slopes")

    _count = itertools.count()

    number: Any
    gradient: Any
    name: str
    operation: str
    order: int
    parents: tuple[Value, ...]
    slopes: tuple[Any, ...]

    def __init__(self, number: Any, *, name: str = ""):
        self.number, self.gradient, self.name = real_number("number", number), 0, name
        self.operation, self.parents, self.slopes, self.order = "", (), (), next(Value._count)

    def _apply(self, operation: Operation, *operands: Any) -> Value:
        numbers = [one.number if isinstance(one, Value) else real_number("operand", one) for one in operands]
        made = Value.__new__(Value)
        made.number = number = operation.value(*numbers)
        made.gradient, made.name, made.operation, made.order = 0, "", operation.name, next(Value._count)
        slopes = operation.slopes(*numbers, number)
        if not isinstance(operands[-1], Value):  # a plain number is not kept
            operands, slopes = operands[:-1], slopes[:-1]
        elif not isinstance(operands[0], Value):
            operands, slopes = operands[1:], slopes[1:]
        made.parents, made.slopes = operands, slopes
        return made

    def __repr__(self) -> str:
        return f"Value({self.name and self.name + '='}{self.number}, gradient={self.gradient})"

    def backward(self) -> None:
        """Set ``gradient`` of every Value that this one was made from, to the derivative of this one by it.

        Gradients of an earlier sweep are dropped, not added to: a second call gives the same. Where a ReLU's input is
        zero its slope is taken to be zero, so that what comes out need not be a derivative: see :func:`tape_kinks`.
        """
        order = tape(self)
        for value in order:
            value.gradient = 0
        self.gradient = 1
        for value in reversed(order):
            gradient = value.gradient
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.gradient += scaled(slope, gradient)  # not =: a number that is used twice gets two parts


def tape(output: Value) -> list[Value]:
    """Everything that an output was made from, in the order in which it was made: each Value after its parents.

    A loop with a stack of its own collects it, so that no chain is too long.

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
    found, stack = {output}, [output]
    while stack:
        for parent in stack.pop().parents:
            if parent not in found:
                found.add(parent)
                stack.append(parent)
    return sorted(found, key=attrgetter("order"))


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
    """The backward sweep, told a step at a time.

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
    output.backward()
    for value in reversed(order):
        yield Step(value, value.gradient, tuple(scaled(slope, value.gradient) for slope in value.slopes))


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
