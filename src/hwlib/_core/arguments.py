"""What users pass, checked once for all topics: an error names the argument, what was given and what is accepted."""

from __future__ import annotations

import contextlib
import math
import operator
import reprlib
from collections.abc import Sequence
from numbers import Rational, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

PerAxis = int | Sequence[int]


def whole(name: str, value: Any, *, least: int | None = None) -> int:
    """A whole number, of any type that is one (``np.int64``, not ``2.0``, nor a truth value).

    Args:
        name: of the argument, for the error.
        value: what was passed.
        least: smallest number that is accepted; None: any.

    Returns:
        The number as an ``int``.

    Raises:
        ValueError: if it is none, or too small.

    Example:
        >>> whole("steps", 3, least=1)
        3
    """
    number = _index(value)
    if number is None or (least is not None and number < least):
        raise ValueError(f"{name}={value!r}: accepted is a whole number" + _at_least(least))
    return number


def positive(name: str, value: Any, *, zero: bool = False) -> Any:
    """A real number above zero, or, with ``zero``, not below it.

    Args:
        name: of the argument, for the error.
        value: what was passed; Fractions and SymPy's rational numbers are real numbers, too.
        zero: whether zero is accepted.

    Returns:
        The number, of the type it has.

    Raises:
        ValueError: if it is no finite real number, or too small.

    Example:
        >>> positive("learning_rate", 0.5)
        0.5
    """
    if not _is_finite(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(
            f"{name}={value!r}: accepted is a number " + ("that is not negative" if zero else "above zero")
        )
    return value


def per_axis(name: str, value: PerAxis, axes: int, *, least: int, accepted: str = "") -> tuple[int, ...]:
    """One whole number per spatial axis, from one for all or from one for each.

    Args:
        name: of the argument, for the error.
        value: a whole number, or a sequence of them.
        axes: number of axes.
        least: smallest number that is accepted.
        accepted: what the error says is accepted, in place of the usual words.

    Returns:
        As many numbers as there are axes.

    Raises:
        ValueError: if one is no whole number or too small, or if there are more or fewer than axes.

    Example:
        >>> per_axis("stride", 2, 3, least=1)
        (2, 2, 2)
    """
    number = _index(value)
    if number is not None and number >= least:
        return (number,) * axes
    accepted = accepted or f"one whole number or one per axis, each at least {least}"
    numbers = whole_numbers(name, value, least=least, accepted=accepted)  # type: ignore[arg-type]
    if len(numbers) != axes:
        raise ValueError(f"{name}={value!r} for {axes} spatial axes: accepted are {accepted}")
    return numbers


def whole_numbers(
    name: str, values: Sequence[int], *, least: int, accepted: str = "", empty: bool = False
) -> tuple[int, ...]:
    """One or more whole numbers.

    Args:
        name: of the argument, for the error.
        values: what was passed.
        least: smallest number that is accepted.
        accepted: what the error says is accepted, in place of the usual words.
        empty: whether there may be none.

    Returns:
        The numbers, each an ``int``.

    Raises:
        ValueError: if there is none and there has to be, or one is no whole number or too small.

    Example:
        >>> whole_numbers("input_shape", [3, 4], least=1)
        (3, 4)
    """
    numbers = _indices(values)
    if numbers is None or not (numbers or empty) or min(numbers, default=least) < least:
        usual = f"{'' if empty else 'one or more '}whole numbers, each at least {least}"
        raise ValueError(f"{name}={values!r}: accepted are {accepted or usual}")
    return numbers


def instance(name: str, value: Any, kind: Any, accepted: str) -> Any:
    """A value of some class.

    Args:
        name: of the argument, for the error.
        value: what was passed.
        kind: the class, or several as ``isinstance`` takes them.
        accepted: what the error says is accepted.

    Returns:
        The value.

    Raises:
        ValueError: if it is something else.

    Example:
        >>> instance("text", "a", str, "a text")
        'a'
    """
    if not isinstance(value, kind):
        raise ValueError(f"{name}={reprlib.repr(value)}: accepted is {accepted}")
    return value


def instances(name: str, values: Any, kind: Any, accepted: str) -> tuple[Any, ...]:
    """Values of some class.

    Args:
        name: of the argument, for the error.
        values: what was passed.
        kind: the class of each, or several as ``isinstance`` takes them.
        accepted: what the error says is accepted.

    Returns:
        The values.

    Raises:
        ValueError: if it is no sequence of such values.

    Example:
        >>> instances("names", ["a", "b"], str, "texts")
        ('a', 'b')
    """
    with contextlib.suppress(TypeError, RuntimeError):  # no sequence; RuntimeError: a tensor without values
        found = tuple(values)
        if not isinstance(values, str) and all(isinstance(value, kind) for value in found):
            return found
    raise ValueError(f"{name}={reprlib.repr(values)}: accepted are {accepted}")


def pairs(name: str, values: Any, accepted: str) -> tuple[tuple[Any, Any], ...]:
    """Pairs of anything.

    Args:
        name: of the argument, for the error.
        values: what was passed.
        accepted: what the error says is accepted.

    Returns:
        The pairs.

    Raises:
        ValueError: if it is no sequence of lists or tuples of two.

    Example:
        >>> pairs("layers", [[1, 2]], "pairs (weight, bias)")
        ((1, 2),)
    """
    found = instances(name, values, list | tuple, accepted)
    if any(len(pair) != 2 for pair in found):
        raise ValueError(f"{name}={reprlib.repr(values)}: accepted are {accepted}")
    return tuple((first, second) for first, second in found)


def generator(name: str, rng: Any) -> np.random.Generator:
    """A source of random numbers.

    Args:
        name: of the argument, for the error.
        rng: None, a seed, or a NumPy generator.

    Returns:
        A new generator that nobody can foresee, a new one with that seed, or the one given.

    Raises:
        ValueError: if it is something else.

    Example:
        >>> int(generator("rng", 0).integers(100))
        85
    """
    import numpy as np

    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    try:
        return np.random.default_rng(whole(name, rng, least=0))
    except ValueError:
        raise ValueError(f"{name}={rng!r}: accepted are None, a seed of at least 0, and a numpy Generator") from None


def _index(value: Any) -> int | None:
    # NumPy's truth values were whole numbers before its version 2, with a warning, and PyTorch's are.
    if isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool"):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _indices(values: Any) -> tuple[int, ...] | None:
    """The whole numbers of a sequence; None if one of them is no whole number, or it is no sequence."""
    try:
        numbers = [_index(value) for value in values]
    except TypeError:
        return None
    return tuple(number for number in numbers if number is not None) if None not in numbers else None


def _is_finite(value: Any) -> bool:
    # Exact numbers are finite, and math.isfinite overflows on large ones.
    return not isinstance(value, bool) and (
        isinstance(value, Rational) or (isinstance(value, Real) and math.isfinite(value))
    )


def _at_least(least: int | None) -> str:
    return "" if least is None else f" of at least {least}"
