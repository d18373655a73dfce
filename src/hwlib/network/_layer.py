"""One layer of a network, and the affine map that a network is at a point."""

from __future__ import annotations

from dataclasses import dataclass

from hwlib._core.arguments import instance
from hwlib._core.arrays import brief
from hwlib._core.exact import as_reals
from hwlib._core.types import AnyArray
from hwlib.network._activation import Activation

__all__ = ["Layer", "LocalAffine"]


@dataclass(frozen=True, eq=False)
class Layer:
    """x becomes activation(weight @ x + bias).

    Attributes:
        weight: ``(outputs, inputs)``, float64; or Fractions, if there is one among the numbers of weight and bias.
        bias: ``(outputs,)``, of the same type.
        activation: applied to each output.

    Raises:
        ValueError: if shapes do not fit, a number is not finite and real, or the activation is no
            :class:`Activation`.

    Example:
        >>> from hwlib.network import named_activation
        >>> Layer([[1, 2], [3, 4], [5, 6]], [0, 0, 0], named_activation("relu"))
        Layer(2-3, relu)
    """

    weight: AnyArray
    bias: AnyArray
    activation: Activation

    def __post_init__(self) -> None:
        weight, bias = as_reals("weight", self.weight), as_reals("bias", self.bias)
        if weight.ndim != 2 or 0 in weight.shape or bias.shape != weight.shape[:1]:
            raise ValueError(
                f"a weight of shape {weight.shape} and a bias of shape {bias.shape}: accepted are (outputs, inputs) "
                "and (outputs,)"
            )
        instance("activation", self.activation, Activation, "an Activation, such as named_activation()")
        if weight.dtype != bias.dtype:
            weight, bias = (as_reals(name, array, exact=True) for name, array in (("weight", weight), ("bias", bias)))
        for name, array in (("weight", weight), ("bias", bias)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def exact(self) -> bool:
        """Whether the numbers are Fractions."""
        return self.weight.dtype == object

    def converted(self, *, exact: bool) -> Layer:
        """The same layer in another arithmetic.

        Args:
            exact: in Fractions, floats at their exact value, or in float64.

        Returns:
            The layer; itself, if it is that already.

        Example:
            >>> from hwlib.network import named_activation
            >>> Layer([[0.5]], [0], named_activation("abs")).converted(exact=True).weight.item()
            Fraction(1, 2)
        """
        if exact == self.exact:
            return self
        weight, bias = as_reals("weight", self.weight, exact=exact), as_reals("bias", self.bias, exact=exact)
        return Layer(weight, bias, self.activation)

    def __repr__(self) -> str:
        return f"Layer({self.weight.shape[1]}-{self.weight.shape[0]}, {self.activation.name})"


@dataclass(frozen=True, eq=False)
class LocalAffine:
    """What a network is at a point: an affine map.

    Attributes:
        weight: ``(outputs, inputs)``.
        bias: ``(outputs,)``: near the point, the network is ``weight @ x + bias``.
        pattern: for each layer whose activation has breakpoints, the piece that each of its neurons is on.
        on_boundary: whether some neuron is exactly at a breakpoint and leaves it in some direction. Then the map
            holds on one side only; see :meth:`Network.affine_at` for which.
    """

    weight: AnyArray
    bias: AnyArray
    pattern: tuple[AnyArray, ...]
    on_boundary: bool

    def __repr__(self) -> str:
        pattern = " | ".join("".join(map(str, pieces.tolist())) for pieces in self.pattern)
        where = ", on a boundary" if self.on_boundary else ""
        return f"LocalAffine(weight={brief(self.weight)}, bias={brief(self.bias)}, pattern={pattern}{where})"
