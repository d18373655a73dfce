"""What every layer is made of: parameters, and the three methods.

Source: problem ``backprop-layers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import as_numbers, real_array
from hwlib._core.types import AnyArray

__all__ = ["Layer", "Parameter"]


@dataclass(eq=False)
class Parameter:
    """What a layer learns: two arrays of one shape, which are written to in place.

    Attributes:
        value: an optimizer changes it in place.
        gradient: the latest ``backward`` wrote it.

    Example:
        >>> weight = Parameter.of([[1.0, 2.0]])
        >>> weight.value -= 0.5
        >>> weight
        Parameter((1, 2), float64)
    """

    value: AnyArray
    gradient: AnyArray

    @classmethod
    def of(cls, value: npt.ArrayLike) -> Parameter:
        """A parameter with a copy of these values, and the gradient zero.

        Args:
            value: floats of any precision, Fractions or SymPy expressions; whole numbers become float64.

        Returns:
            The parameter.

        Raises:
            ValueError: if an entry is no real number.

        Example:
            >>> Parameter.of([1, 2]).gradient
            array([0., 0.])
        """
        values = real_numbers("value", value)
        return cls(values.copy(), np.zeros_like(values))

    def __repr__(self) -> str:
        return f"Parameter({self.value.shape}, {self.value.dtype})"


class Layer:
    """What every layer can do.

    Attributes:
        training: whether the layer is being trained; only :class:`BatchNorm` asks.
    """

    training: bool = True

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The output.

        Args:
            x: ``(n, ...)``, a batch.

        Returns:
            ``(n, ...)``.
        """
        raise NotImplementedError

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The gradient at the input of the latest :meth:`forward`; the parameters' gradients are overwritten.

        Args:
            gradient: of a loss with respect to the output, of the output's shape.

        Returns:
            The gradient with respect to the input, of the input's shape.
        """
        raise NotImplementedError

    def parameters(self) -> list[Parameter]:
        """What the layer learns; most layers learn nothing."""
        return []


def kept(owner: object, name: str) -> Any:
    """What the latest ``forward`` kept for ``backward``.

    Args:
        owner: layer or loss.
        name: of the attribute.

    Returns:
        The value.

    Raises:
        ValueError: if there was no ``forward``.
    """
    try:
        return vars(owner)[name]
    except KeyError:
        raise ValueError(f"{owner!r}: backward is accepted only after forward") from None


def real_numbers(name: str, values: npt.ArrayLike) -> AnyArray:
    """Floats of the precision they have, or exact numbers; whole numbers become float64.

    Args:
        name: of the argument, for the error.
        values: an array, a list or a tensor.

    Returns:
        The array, not copied where it is one of floats.

    Raises:
        ValueError: if an entry is no real number.

    Example:
        >>> real_numbers("x", [1, 2]).dtype
        dtype('float64')
    """
    if type(values) is np.ndarray and values.dtype.char in "fd":  # nothing to look for, and no time lost
        return values
    array = as_numbers(name, values, exact=True)
    if array.dtype.kind == "c":
        raise ValueError(f"{name} has the type {array.dtype}: accepted are real numbers")
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def floats(name: str, values: npt.ArrayLike) -> AnyArray:
    """Floats of the precision they have, for layers that take roots and exponentials; Fractions become float64.

    Args:
        name: of the argument, for the error.
        values: an array, a list or a tensor.

    Returns:
        The array.

    Raises:
        ValueError: if an entry is no real number.

    Example:
        >>> from fractions import Fraction
        >>> floats("x", [Fraction(1, 2)])
        array([0.5])
    """
    array = real_numbers(name, values)
    return real_array(name, array, finite=False) if array.dtype == object else array


def shaped(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...]) -> AnyArray:
    """Real numbers in an array of a given shape.

    Args:
        name: of the argument, for the error.
        values: as for :func:`real_numbers`.
        shape: length of each axis; None: any.

    Returns:
        The array.

    Raises:
        ValueError: if it has another shape.

    Example:
        >>> shaped("x", [[1.0, 2.0]], (None, 2))
        array([[1., 2.]])
    """
    array = real_numbers(name, values)
    if array.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, array.shape, strict=True)):
        accepted = ", ".join(
            ("any" if axis else "n") if length is None else str(length) for axis, length in enumerate(shape)
        )
        raise ValueError(f"{name} has shape {array.shape}: accepted is ({accepted})")
    return array
