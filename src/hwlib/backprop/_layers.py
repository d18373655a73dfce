"""Layers by hand: each forward and each backward is at most five lines.

Chapter: *Backwards, each layer applies its transpose*.

A layer is a map from ``(n, ...)`` to ``(n, ...)``, batches first. ``forward`` keeps what ``backward`` will need;
``backward`` takes the gradient at the output of the latest ``forward``, writes the gradients of the parameters over
what stood there, and returns the gradient at the input. Arrays keep their type: float32 stays float32.

Source: problem ``backprop-layers``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Self

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, whole
from hwlib._core.exact import as_reals
from hwlib._core.types import AnyArray, RandomSource
from hwlib.backprop._layer import Layer, Parameter, floats, kept, real_numbers, shaped
from hwlib.network import Activation, NetworkLike, as_network, named_activation

__all__ = ["Flatten", "Linear", "Pointwise", "ReLU", "Sequential", "Sigmoid", "Tanh"]


class Linear(Layer):
    """y = x W^T + b for every row x of the batch.

    Args:
        weight: W, ``(outputs, inputs)``.
        bias: b, ``(outputs,)``.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> layer = Linear([[1.0, 2.0]], [3.0])
        >>> layer.forward([[10.0, 20.0], [0.0, 1.0]])
        array([[53.],
               [ 5.]])
        >>> layer.backward([[1.0], [10.0]])
        array([[ 1.,  2.],
               [10., 20.]])
        >>> layer.weight.gradient, layer.bias.gradient
        (array([[10., 30.]]), array([11.]))
    """

    def __init__(self, weight: npt.ArrayLike, bias: npt.ArrayLike):
        self.weight, self.bias = Parameter.of(weight), Parameter.of(bias)
        shape = self.weight.value.shape
        if len(shape) != 2 or self.bias.value.shape != shape[:1]:
            raise ValueError(
                f"a weight of shape {shape} and a bias of shape {self.bias.value.shape}: accepted are "
                "(outputs, inputs) and (outputs,)"
            )

    @classmethod
    def random(cls, inputs: int, outputs: int, *, rng: RandomSource = None, dtype: npt.DTypeLike = np.float64) -> Self:
        """Weights from a normal distribution with variance 2 / inputs, which keeps the size of what ReLU gives on.

        Args:
            inputs: how many numbers go in.
            outputs: how many come out.
            rng: None, a seed, or a NumPy generator.
            dtype: of the weights.

        Returns:
            The layer; its bias is zero.

        Raises:
            ValueError: if a number is not whole or less than 1.

        Example:
            >>> Linear.random(3, 2, rng=0).parameters()
            [Parameter((2, 3), float64), Parameter((2,), float64)]
        """
        rows, columns = whole("outputs", outputs, least=1), whole("inputs", inputs, least=1)
        drawn = generator("rng", rng).standard_normal((rows, columns)) * math.sqrt(2 / columns)
        return cls(drawn.astype(dtype), np.zeros(rows, dtype))

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The rows x W^T + b; x is ``(n, inputs)``."""
        self.x = shaped("x", x, (None, self.weight.value.shape[1]))
        y: AnyArray = (self.weight.value @ self.x.T).T + self.bias.value  # faster than x W^T where n is small
        return y

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """G^T x for W, the sum of the rows of G for b, G W for x; G is ``(n, outputs)``."""
        g = shaped("gradient", gradient, (len(kept(self, "x")), len(self.bias.value)))
        np.matmul(g.T, self.x, out=self.weight.gradient, casting="unsafe")  # of Fractions, too, into floats
        self.bias.gradient[:] = g.sum(axis=0)
        return (self.weight.value.T @ g.T).T

    def parameters(self) -> list[Parameter]:
        """Weight and bias."""
        return [self.weight, self.bias]

    def __repr__(self) -> str:
        outputs, inputs = self.weight.value.shape
        return f"Linear({inputs}, {outputs})"


class ReLU(Layer):
    """max(x, 0), entry by entry; at 0, where there is no derivative, backward takes 0 for it.

    Backward multiplies by a mask, which is fast: a gradient that is infinite or NaN gives NaN also where x is negative.

    Example:
        >>> layer = ReLU()
        >>> layer.forward([[-1.0, 0.0, 2.0]])
        array([[0., 0., 2.]])
        >>> layer.backward([[5.0, 5.0, 5.0]])
        array([[0., 0., 5.]])
    """

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The larger of x and 0."""
        self.x = real_numbers("x", x)
        return np.maximum(self.x, 0)

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The gradient where the input was above 0, elsewhere 0."""
        return shaped("gradient", gradient, kept(self, "x").shape) * (self.x > 0)

    def __repr__(self) -> str:
        return "ReLU()"


class Sigmoid(Layer):
    """1 / (1 + e^-x), entry by entry.

    Example:
        >>> layer = Sigmoid()
        >>> layer.forward([[0.0]]), layer.backward([[8.0]])
        (array([[0.5]]), array([[2.]]))
    """

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """1 / (1 + e^-x), from e to the power of minus the size of x, which does not overflow."""
        values = floats("x", x)
        small = np.exp(-np.abs(values))
        y: AnyArray = np.where(values >= 0, 1, small) / (1 + small)
        self.y = y
        return y

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The gradient times y (1 - y)."""
        product: AnyArray = shaped("gradient", gradient, kept(self, "y").shape) * self.y * (1 - self.y)
        return product

    def __repr__(self) -> str:
        return "Sigmoid()"


class Tanh(Layer):
    """tanh(x), entry by entry.

    Example:
        >>> layer = Tanh()
        >>> layer.forward([[0.0]]), layer.backward([[8.0]])
        (array([[0.]]), array([[8.]]))
    """

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The hyperbolic tangent."""
        self.y: AnyArray = np.tanh(floats("x", x))
        return self.y

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The gradient times 1 - y^2."""
        product: AnyArray = shaped("gradient", gradient, kept(self, "y").shape) * (1 - self.y**2)
        return product

    def __repr__(self) -> str:
        return "Tanh()"


class Pointwise(Layer):
    """A piecewise linear function, entry by entry; at a breakpoint backward takes the slope on its left.

    Args:
        activation: a name such as ``"leaky_relu"`` or ``"hard_tanh"``, or an :class:`hwlib.network.Activation`.

    Raises:
        ValueError: if there is no activation of that name.

    Example:
        >>> layer = Pointwise("abs")
        >>> layer.forward([[-2.0, 3.0]]), layer.backward([[1.0, 1.0]])
        (array([[2., 3.]]), array([[-1.,  1.]]))
    """

    def __init__(self, activation: str | Activation):
        self.activation = named_activation(activation)

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """Slope times x plus intercept, of the piece on which each entry lies."""
        kind, values = self.activation, real_numbers("x", x)
        piece, pair = kind.piece(as_reals("x", values)), kind.coefficients(exact=values.dtype == object)
        self.slope, intercept = (numbers.astype(values.dtype)[piece] for numbers in pair)
        y: AnyArray = self.slope * values + intercept
        return y

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The slope of the piece times the gradient."""
        product: AnyArray = shaped("gradient", gradient, kept(self, "slope").shape) * self.slope
        return product

    def __repr__(self) -> str:
        return f"Pointwise({self.activation.name!r})"


class Flatten(Layer):
    """One row for each sample: ``(n, a, b, ...)`` becomes ``(n, a b ...)``.

    Example:
        >>> layer = Flatten()
        >>> layer.forward(np.zeros((5, 2, 3))).shape, layer.backward(np.zeros((5, 6))).shape
        ((5, 6), (5, 2, 3))
    """

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """The same numbers in rows."""
        values = real_numbers("x", x)
        self.shape = values.shape
        return values.reshape(len(values), math.prod(values.shape[1:]))

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """The same numbers in the input's shape."""
        rows = kept(self, "shape")
        return shaped("gradient", gradient, (rows[0], math.prod(rows[1:]))).reshape(rows)

    def __repr__(self) -> str:
        return "Flatten()"


class Sequential(Layer):
    """Layers one after the other: the chain rule is a loop that runs backwards.

    Args:
        layers: each with forward, backward and parameters; none: the output is the input.

    Raises:
        ValueError: if something has no such methods.

    Example:
        >>> model = Sequential(Linear([[1.0], [-1.0]], [0.0, 0.0]), ReLU(), Linear([[1.0, 1.0]], [0.0]))
        >>> model.forward([[-2.0], [3.0]]).tolist()  # |x|
        [[2.0], [3.0]]
        >>> model.backward([[1.0], [1.0]]).tolist()
        [[-1.0], [1.0]]
    """

    def __init__(self, *layers: Layer):
        for place, layer in enumerate(layers):
            methods = (getattr(layer, name, None) for name in ("forward", "backward", "parameters"))
            if isinstance(layer, type) or not all(map(callable, methods)):
                raise ValueError(f"layers[{place}]={layer!r}: accepted are objects with forward, backward, parameters")
        self.layers = layers

    @classmethod
    def from_network(cls, network: NetworkLike, *, dtype: npt.DTypeLike = np.float64) -> Self:
        """The same function as layers that learn.

        Args:
            network: whatever :func:`hwlib.network.as_network` takes.
            dtype: of the weights; ``object`` keeps Fractions.

        Returns:
            For each layer of the network a :class:`Linear` and, if it is not the identity, its activation.

        Raises:
            ValueError: if it is no network.

        Example:
            >>> Sequential.from_network([([[1], [-1]], [0, 0]), ([[1, 1]], [0])])
            Sequential(Linear(1, 2), ReLU(), Linear(2, 1))
        """
        layers: list[Layer] = []
        for layer in as_network(network).layers:
            layers.append(Linear(layer.weight.astype(dtype), layer.bias.astype(dtype)))
            if layer.activation == named_activation("relu"):
                layers.append(ReLU())
            elif layer.activation != named_activation("identity"):
                layers.append(Pointwise(layer.activation))
        return cls(*layers)

    def forward(self, x: npt.ArrayLike) -> AnyArray:
        """From the first layer to the last."""
        values = real_numbers("x", x)
        for layer in self.layers:
            values = layer.forward(values)
        return values

    def backward(self, gradient: npt.ArrayLike) -> AnyArray:
        """From the last layer to the first."""
        values = real_numbers("gradient", gradient)
        for layer in reversed(self.layers):
            values = layer.backward(values)
        return values

    def parameters(self) -> list[Parameter]:
        """Those of all layers, from the first layer to the last."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def train(self, training: bool = True) -> Self:
        """Says to all layers whether they are being trained.

        Args:
            training: False for the evaluation of a trained model.

        Returns:
            The model itself.

        Example:
            >>> Sequential(ReLU()).train(False).layers[0].training
            False
        """
        self.training = training
        for layer in self.layers:
            if isinstance(layer, Sequential):
                layer.train(training)
            else:
                layer.training = training
        return self

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
