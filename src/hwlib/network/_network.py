"""A network as layers of weight, bias and activation: the ground floor of several chapters.

Chapter: *A ReLU network is a list of straight pieces*.

Every activation here is continuous and piecewise linear. On one side of all breakpoints a network is affine, and
:meth:`Network.affine_at` returns that affine map. Weights are float64, or Fractions: then everything that is computed
from them is exact.

Source: problem ``pwl-local-affine``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.arguments import instances, pairs
from hwlib._core.arrays import as_array
from hwlib._core.exact import as_reals, plain
from hwlib._core.types import AnyArray, Numbers
from hwlib.network._activation import IDENTITY, Activation, named_activation
from hwlib.network._layer import Layer, LocalAffine

if TYPE_CHECKING:
    import torch

__all__ = ["Network"]


class Network:
    """A sequence of layers, frozen once it is made.

    Args:
        layers: one or more, each taking what the one before gives.

    Attributes:
        layers: the layers, all of float64 or all of Fractions.

    Raises:
        ValueError: if there is no layer, or if shapes do not fit, or a number is not finite.

    Example:
        >>> network = Network.from_arrays([([[1.0], [-1.0]], [0, 0]), ([[1, 1]], [0])])
        >>> network([-2.0, 3.0])  # |x|
        array([2., 3.])
        >>> network.affine_at(-2.0).weight
        array([[-1.]])
    """

    layers: tuple[Layer, ...]

    def __init__(self, layers: Iterable[Layer]):
        given = instances("layers", layers, Layer, "one or more layers; from_arrays takes pairs of arrays")
        if not given:
            raise ValueError("layers is empty: accepted are one or more layers")
        for number, (before, after) in enumerate(itertools.pairwise(given), start=1):
            if after.weight.shape[1] != len(before.bias):
                raise ValueError(
                    f"layer {number} has a weight of shape {after.weight.shape}: accepted are {len(before.bias)} "
                    "columns, one for each output of the layer before"
                )
        exact = any(layer.exact for layer in given)
        object.__setattr__(self, "layers", tuple(layer.converted(exact=exact) for layer in given))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Network is frozen: make another one")

    def __repr__(self) -> str:
        widths = [self.inputs, *(layer.weight.shape[0] for layer in self.layers)]
        names = dict.fromkeys(layer.activation.name for layer in self.layers if layer.activation.breakpoints)
        kind = "Fractions" if self.exact else "float64"
        return f"Network({'-'.join(map(str, widths))}, {', '.join(names) or 'affine'}, {kind})"

    @classmethod
    def from_arrays(
        cls,
        layers: Iterable[tuple[Numbers, Numbers | None]],
        *,
        activation: str | Activation | Sequence[str | Activation] = "relu",
    ) -> Network:
        """A network from pairs (weight, bias); the last layer is affine, without an activation.

        Args:
            layers: ``(outputs, inputs)`` and ``(outputs,)`` for each layer; a bias of None is zero. If one number is
                a Fraction, all become Fractions, floats at their exact value; otherwise all become float64.
            activation: of all layers but the last, or one for each of these; see :func:`named_activation`.

        Returns:
            The network.

        Raises:
            ValueError: if shapes do not fit, numbers are not finite or real, or an activation is unknown.

        Example:
            >>> from fractions import Fraction
            >>> Network.from_arrays([([[Fraction(1, 3)]], [0]), ([[3]], [1])])(2)
            Fraction(3, 1)
        """
        arrays = pairs("layers", layers, "one or more pairs (weight, bias)")
        if not arrays:
            raise ValueError("layers is empty: accepted are one or more pairs (weight, bias)")
        hidden = len(arrays) - 1
        if isinstance(activation, str | Activation):
            chosen = [named_activation(activation)] * hidden
        else:
            given = instances("activation", activation, str | Activation, "names or Activations")
            chosen = [named_activation(one) for one in given]
        if len(chosen) != hidden:
            raise ValueError(f"activation has {len(chosen)} entries: accepted are one, or one for each of {hidden}")
        made = []
        for number, ((weight, bias), one) in enumerate(zip(arrays, [*chosen, IDENTITY], strict=True)):
            try:
                rows = as_array("weight", weight)
                made.append(Layer(rows, np.zeros(rows.shape[:1]) if bias is None else as_array("bias", bias), one))
            except ValueError as error:
                raise ValueError(f"layer {number}: {error}") from None
        return cls(made)

    @classmethod
    def from_torch(cls, model: torch.nn.Module, *, input_shape: Sequence[int] | None = None) -> Network:
        """The same function as a PyTorch module, in float64, on flattened inputs.

        Args:
            model: a ``Sequential``, nested or not, of Linear, Conv1d to Conv3d, BatchNorm, AvgPool, Flatten, Identity,
                Dropout, ReLU, ReLU6, LeakyReLU and Hardtanh; BatchNorm and Dropout in ``eval()`` mode.
            input_shape: shape of one input, without the batch; may be left out if the first layer is Linear.

        Returns:
            The network; its input and output are flattened row by row, the last axis fastest.

        Raises:
            ValueError: if there is another module, or a setting that is not supported; the message names it.

        Example:
            >>> import torch
            >>> layers = torch.nn.Conv1d(1, 2, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 1)
            >>> Network.from_torch(torch.nn.Sequential(*layers), input_shape=(1, 4))
            Network(4-8-1, relu, float64)
        """
        from hwlib.network._from_torch import layers_of

        return cls(layers_of(model, input_shape))

    @property
    def inputs(self) -> int:
        """How many numbers go in."""
        return int(self.layers[0].weight.shape[1])

    @property
    def outputs(self) -> int:
        """How many numbers come out."""
        return int(self.layers[-1].weight.shape[0])

    @property
    def exact(self) -> bool:
        """Whether the weights are Fractions."""
        return self.layers[0].exact

    def as_fractions(self) -> Network:
        """The same network in exact arithmetic: each float is the fraction that it is."""
        return Network(layer.converted(exact=True) for layer in self.layers)

    def as_floats(self) -> Network:
        """The network with every weight rounded to float64."""
        return Network(layer.converted(exact=False) for layer in self.layers)

    def __call__(self, x: Numbers) -> Any:
        """Values at x.

        Args:
            x: ``(..., inputs)``. A network of one number gives one number: then x has any shape.

        Returns:
            ``(..., outputs)``, or the shape of x for a network of one input and one output.

        Raises:
            ValueError: if the last axis does not fit, or x is not finite.

        Example:
            >>> Network.from_arrays([([[1, 1]], [0]), ([[1], [2]], [0, 0])])([[3, 4], [-1, 0]])
            array([[ 7., 14.],
                   [ 0.,  0.]])
        """
        values = as_reals("x", x, exact=self.exact)
        scalar = self.inputs == self.outputs == 1
        if not scalar and values.shape[-1:] != (self.inputs,):
            raise ValueError(f"x has shape {values.shape}: accepted is (..., {self.inputs}), one column an input")
        points = values[..., None] if scalar else values
        for layer in self.layers:
            points = np.asarray(layer.activation(points @ layer.weight.T + layer.bias))
        return plain(points[..., 0] if scalar else points)

    def affine_at(self, x: Numbers, *, direction: Numbers | None = None) -> LocalAffine:
        """The affine map that the network is at a point.

        On a boundary there is one such map for each region that meets there. With a ``direction`` it is the one of
        the points that one gets to by a small step that way; ties, and a missing direction, are decided by a step
        towards larger x_0, then by a much smaller one towards larger x_1, and so on. For one input: without a
        direction the side of larger x, with ``direction=-1`` the other. A neuron counts as on the boundary where its
        input equals a breakpoint exactly: in float64 rounding can hide that, in Fractions nothing can.

        Args:
            x: ``(inputs,)``, or a number if there is one input.
            direction: ``(inputs,)``, or a number.

        Returns:
            Weight, bias, pattern, and whether x lies on a boundary.

        Raises:
            ValueError: if a shape does not fit or a number is not finite.

        Example:
            >>> network = Network.from_arrays([([[2]], [0]), ([[3]], [1])])
            >>> here = network.affine_at(0)
            >>> here.weight, here.bias, here.pattern, here.on_boundary
            (array([[6.]]), array([1.]), (array([1], dtype=int8),), True)
            >>> network.affine_at(0, direction=-1).weight
            array([[0.]])
        """
        point = self._vector("x", x)
        steps = self._eye()  # (inputs, steps): what is tried, in this order
        if direction is not None:
            steps = np.concatenate([self._vector("direction", direction)[:, None], steps], axis=1)
        weight, bias = self._eye(), point * 0
        pattern, on_boundary = [], False
        for layer in self.layers:
            weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
            z = weight @ point + bias
            activation = layer.activation
            if activation.breakpoints:
                piece, touched = _piece_after_step(activation, z, weight @ steps)
                on_boundary = on_boundary or touched
                pattern.append(piece)
                slopes, intercepts = activation.coefficients(exact=self.exact)
                weight, bias = slopes[piece][:, None] * weight, slopes[piece] * bias + intercepts[piece]
            else:
                slopes, intercepts = activation.coefficients(exact=self.exact)
                weight, bias = slopes[0] * weight, slopes[0] * bias + intercepts[0]
        return LocalAffine(weight, bias, tuple(pattern), on_boundary)

    def _eye(self) -> AnyArray:
        return as_reals("eye", np.eye(self.inputs), exact=self.exact)

    def _vector(self, name: str, value: Numbers) -> AnyArray:
        vector = as_reals(name, value, exact=self.exact)
        vector = vector.reshape(1) if vector.ndim == 0 and self.inputs == 1 else vector
        if vector.shape != (self.inputs,):
            raise ValueError(f"{name} has shape {vector.shape}: accepted are {self.inputs} numbers, (inputs,)")
        return vector


def _piece_after_step(activation: Activation, z: AnyArray, change: AnyArray) -> tuple[AnyArray, bool]:
    """Piece of each neuron just beside a point, and whether one leaves a breakpoint there.

    Args:
        activation: of the layer.
        z: ``(outputs,)`` at the point.
        change: ``(outputs, steps)``: how z changes with each step; the first that changes it decides.
    """
    piece, touched = activation.piece(z), False
    for point in activation.points(exact=z.dtype == object):
        at_point = z == point
        if at_point.any():
            moves = change != 0
            leaves = at_point & moves.any(axis=1)
            first = change[np.arange(len(z)), moves.argmax(axis=1)]
            piece = piece + (leaves & (first > 0)).astype(np.int8)
            touched = touched or bool(leaves.any())
    return piece, touched
