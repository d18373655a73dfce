"""A network as layers of weight, bias and activation: the ground floor of several chapters.

Chapter: *A ReLU network is a list of straight pieces*.

Every activation here is continuous and piecewise linear, so it is known by its breakpoints and by the slope and the
intercept of each of its pieces. On one side of all breakpoints a network is affine, and :meth:`Network.affine_at`
returns that affine map. Weights are float64, or Fractions: then everything that is computed from them is exact.

Source: problem ``pwl-local-affine``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import as_array
from hwlib.conv import conv_matrix, output_shape

if TYPE_CHECKING:
    import torch

__all__ = ["Activation", "Layer", "LocalAffine", "Network", "hard_tanh", "leaky_relu", "named_activation"]

Array = npt.NDArray[Any]
Number = int | float | Fraction
Numbers = npt.ArrayLike | Fraction | Sequence[Any]  # what becomes an array of float64 or of Fractions


@dataclass(frozen=True)
class Activation:
    """A continuous piecewise linear function of one number, applied to each entry.

    Piece ``i`` lies between breakpoints ``i - 1`` and ``i`` and is ``slopes[i] * z + intercepts[i]``; a breakpoint
    belongs to the piece on its left, as for the usual "active where z > 0".

    Attributes:
        name: what messages call it.
        breakpoints: where pieces meet, in increasing order; none for an affine function.
        slopes: one more than there are breakpoints.
        intercepts: as many as slopes.

    Raises:
        ValueError: if the numbers do not fit together, or if the pieces do not meet at a breakpoint.

    Example:
        >>> hat = Activation("hat", (0, 1), (0, 1, -1), (0, 0, 2))
        >>> hat([-3, 1, 5]).tolist()
        [0.0, 1.0, -3.0]
    """

    name: str
    breakpoints: tuple[Number, ...]
    slopes: tuple[Number, ...]
    intercepts: tuple[Number, ...]

    def __post_init__(self) -> None:
        counts = (len(self.breakpoints), len(self.slopes), len(self.intercepts))
        if counts[1] != counts[0] + 1 or counts[2] != counts[1]:
            raise ValueError(
                f"activation {self.name!r} has {counts[0]} breakpoints, {counts[1]} slopes and {counts[2]} intercepts: "
                "accepted are one slope and one intercept more than breakpoints"
            )
        if not all(math.isfinite(value) for value in (*self.breakpoints, *self.slopes, *self.intercepts)):
            raise ValueError(f"activation {self.name!r} has a number that is not finite: accepted are finite numbers")
        if any(right <= left for left, right in itertools.pairwise(self.breakpoints)):
            raise ValueError(f"breakpoints={self.breakpoints}: accepted are numbers in increasing order")
        pieces = itertools.pairwise(zip(self.slopes, self.intercepts, strict=True))
        for point, ((a, b), (c, d)) in zip(self.breakpoints, pieces, strict=True):
            left, right = (float(slope) * float(point) + float(intercept) for slope, intercept in ((a, b), (c, d)))
            if abs(left - right) > 1e-12 * (1 + abs(left)):  # more than rounding of floats leaves
                raise ValueError(
                    f"activation {self.name!r} jumps at {point} from {left:g} to {right:g}; accepted: pieces meet"
                )

    def __call__(self, z: Numbers) -> Any:
        """Values at z, of any shape; Fractions stay Fractions, everything else becomes float64."""
        return self.on_pieces(z, self.piece(z))

    def piece(self, z: Numbers) -> Any:
        """Number of the piece that each entry of z lies on, counted from 0 on the far left."""
        values = _numbers("z", z)
        found = np.zeros(values.shape, np.int8)
        for point in self.points(exact=values.dtype == object):
            found += values > point
        return found

    def on_pieces(self, z: Numbers, piece: Numbers) -> Any:
        """Values at z of given pieces, which are continued beyond their breakpoints."""
        values, number = _numbers("z", z), np.asarray(piece)
        slopes, intercepts = self.coefficients(exact=values.dtype == object)
        return plain(np.asarray(slopes[number] * values + intercepts[number]))

    def points(self, *, exact: bool) -> Array:
        """Breakpoints as an array, of Fractions or of float64."""
        return (_fractions if exact else _floats)(self.breakpoints)

    def coefficients(self, *, exact: bool) -> tuple[Array, Array]:
        """Slopes and intercepts as two arrays, of Fractions (floats are taken at their exact value) or of float64."""
        convert = _fractions if exact else _floats
        return convert(self.slopes), convert(self.intercepts)


def leaky_relu(slope: Number = 0.01) -> Activation:
    """max(z, 0) + slope * min(z, 0).

    Args:
        slope: slope of the left piece.

    Returns:
        The activation.

    Raises:
        ValueError: if the slope is not finite.

    Example:
        >>> leaky_relu(0.5)([-2.0, 2.0]).tolist()
        [-1.0, 2.0]
    """
    return Activation("leaky_relu", (0,), (slope, 1), (0, 0))


def hard_tanh(low: Number = -1, high: Number = 1) -> Activation:
    """Cuts off below ``low`` and above ``high``.

    Args:
        low: least value.
        high: largest value.

    Returns:
        The activation.

    Raises:
        ValueError: if ``low`` is not less than ``high``.

    Example:
        >>> hard_tanh()([-2.0, 0.5, 2.0]).tolist()
        [-1.0, 0.5, 1.0]
    """
    return Activation("hard_tanh", (low, high), (0, 1, 0), (low, 0, high))


_IDENTITY = Activation("identity", (), (1,), (0,))
_NAMED = {
    "relu": Activation("relu", (0,), (0, 1), (0, 0)),
    "leaky_relu": leaky_relu(),
    "abs": Activation("abs", (0,), (-1, 1), (0, 0)),
    "hard_tanh": hard_tanh(),
    "identity": _IDENTITY,
}


def named_activation(activation: str | Activation) -> Activation:
    """The activation of a name.

    Args:
        activation: ``"relu"``, ``"leaky_relu"`` (slope 0.01), ``"abs"``, ``"hard_tanh"`` or ``"identity"``; an
            :class:`Activation` is returned as it is.

    Returns:
        The activation.

    Raises:
        ValueError: if there is none of that name.

    Example:
        >>> named_activation("relu").breakpoints
        (0,)
    """
    if isinstance(activation, Activation):
        return activation
    if activation not in _NAMED:
        raise ValueError(f"activation={activation!r}: accepted are {', '.join(map(repr, _NAMED))} and an Activation")
    return _NAMED[activation]


@dataclass(frozen=True, eq=False)
class Layer:
    """x becomes activation(weight @ x + bias).

    Attributes:
        weight: ``(outputs, inputs)``.
        bias: ``(outputs,)``.
        activation: applied to each output.
    """

    weight: Array
    bias: Array
    activation: Activation

    def __post_init__(self) -> None:
        for array in (self.weight, self.bias):
            array.setflags(write=False)


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

    weight: Array
    bias: Array
    pattern: tuple[Array, ...]
    on_boundary: bool


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
        given = tuple(layers)
        if not given:
            raise ValueError("layers is empty: accepted are one or more layers")
        exact = any(_is_exact(array) for layer in given for array in (layer.weight, layer.bias))
        convert = _fractions if exact else _floats
        made: list[Layer] = []
        for number, layer in enumerate(given):
            weight, bias = convert(layer.weight), convert(layer.bias)
            if weight.ndim != 2 or 0 in weight.shape or bias.shape != weight.shape[:1]:
                raise ValueError(
                    f"layer {number} has a weight of shape {weight.shape} and a bias of shape {bias.shape}: "
                    "accepted are (outputs, inputs) and (outputs,)"
                )
            if made and weight.shape[1] != made[-1].weight.shape[0]:
                raise ValueError(
                    f"layer {number} has a weight of shape {weight.shape}: accepted are "
                    f"{made[-1].weight.shape[0]} columns, one for each output of the layer before"
                )
            if not exact and not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise ValueError(f"layer {number} has a number that is not finite: accepted are finite numbers")
            made.append(Layer(weight, bias, layer.activation))
        object.__setattr__(self, "layers", tuple(made))

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
            >>> Network.from_arrays([([[Fraction(1, 3)]], [0]), ([[3]], [1])])(2)
            Fraction(3, 1)
        """
        pairs = [(_numbers("weight", weight), bias) for weight, bias in layers]
        if not pairs:
            raise ValueError("layers is empty: accepted are one or more pairs (weight, bias)")
        hidden = len(pairs) - 1
        if isinstance(activation, str | Activation):
            chosen = [named_activation(activation)] * hidden
        else:
            chosen = [named_activation(one) for one in activation]
        if len(chosen) != hidden:
            raise ValueError(f"activation has {len(chosen)} entries: accepted are one, or one for each of {hidden}")
        return cls(
            Layer(weight, np.zeros(weight.shape[:1]) if bias is None else _numbers("bias", bias), one)
            for (weight, bias), one in zip(pairs, [*chosen, _IDENTITY], strict=True)
        )

    @classmethod
    def from_torch(cls, module: torch.nn.Module, input_shape: Sequence[int] | None = None) -> Network:
        """The same function as a PyTorch module, in float64, on flattened inputs.

        Args:
            module: a ``Sequential``, nested or not, of Linear, Conv1d to Conv3d, BatchNorm, AvgPool, Flatten, Identity,
                Dropout, ReLU, ReLU6, LeakyReLU and Hardtanh; BatchNorm and Dropout in ``eval()`` mode.
            input_shape: shape of one input, without the batch; may be left out if the first layer is Linear.

        Returns:
            The network; its input and output are flattened row by row, the last axis fastest.

        Raises:
            ValueError: if there is another module, or a setting that is not supported; the message names it.

        Example:
            >>> import torch
            >>> layers = torch.nn.Conv1d(1, 2, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 1)
            >>> Network.from_torch(torch.nn.Sequential(*layers), (1, 4))
            Network(4-8-1, relu, float64)
        """
        return cls(_TorchReader(input_shape).read(module))

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
        return self.layers[0].weight.dtype == object

    def as_fractions(self) -> Network:
        """The same network in exact arithmetic: each float is the fraction that it is."""
        return Network(Layer(_fractions(one.weight), _fractions(one.bias), one.activation) for one in self.layers)

    def as_floats(self) -> Network:
        """The network with every weight rounded to float64."""
        return Network(Layer(_floats(one.weight), _floats(one.bias), one.activation) for one in self.layers)

    def __call__(self, x: Numbers) -> Any:
        """Values at x.

        Args:
            x: ``(..., inputs)``. A network of one number gives one number: then x has any shape.

        Returns:
            ``(..., outputs)``, or the shape of x for a network of one input and one output.

        Raises:
            ValueError: if the last axis does not fit, or x is not finite.
        """
        values = self._inputs(x)
        scalar = self.inputs == self.outputs == 1
        points = values[..., None] if scalar else values
        for layer in self.layers:
            points = np.asarray(layer.activation(points @ layer.weight.T + layer.bias))
        return plain(points[..., 0] if scalar else points)

    def pre_activations(self, x: Numbers) -> tuple[Array, ...]:
        """What enters the activation of each layer.

        Args:
            x: ``(..., inputs)``.

        Returns:
            One array ``(..., outputs of the layer)`` for each layer.

        Raises:
            ValueError: if the last axis does not fit, or x is not finite.

        Example:
            >>> Network.from_arrays([([[1], [2]], [0, 1]), ([[1, 1]], [0])]).pre_activations([[3.0]])
            (array([[3., 7.]]), array([[10.]]))
        """
        points = np.asarray(self._inputs(x, pointwise=False))
        found = []
        for layer in self.layers:
            found.append(points @ layer.weight.T + layer.bias)
            points = layer.activation(found[-1])
        return tuple(found)

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

    def _eye(self) -> Array:
        eye = np.eye(self.inputs)
        return _fractions(eye) if self.exact else eye

    def _vector(self, name: str, value: Numbers) -> Array:
        vector = (_fractions if self.exact else _floats)(value, name=name)
        vector = vector.reshape(1) if vector.ndim == 0 and self.inputs == 1 else vector
        if vector.shape != (self.inputs,) or not _all_finite(vector):
            raise ValueError(f"{name} has shape {vector.shape}: accepted are {self.inputs} finite numbers, (inputs,)")
        return vector

    def _inputs(self, x: Numbers, *, pointwise: bool = True) -> Array:
        values = (_fractions if self.exact else _floats)(x, name="x")
        pointwise = pointwise and self.inputs == self.outputs == 1
        if not pointwise and values.shape[-1:] != (self.inputs,):
            raise ValueError(f"x has shape {values.shape}: accepted is (..., {self.inputs}), one column an input")
        if not _all_finite(values):
            raise ValueError("x holds a number that is not finite: accepted are finite numbers")
        return values


def _piece_after_step(activation: Activation, z: Array, change: Array) -> tuple[Array, bool]:
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


class _TorchReader:
    """Walks through a module and collects layers; keeps the shape that the numbers have in PyTorch."""

    def __init__(self, input_shape: Sequence[int] | None):
        self.shape = None if input_shape is None else tuple(int(size) for size in input_shape)
        self.layers: list[Layer] = []
        self.open = False  # whether the last layer still waits for its activation

    def read(self, module: torch.nn.Module) -> list[Layer]:
        self._read(module)
        if not self.layers:
            raise ValueError(f"{type(module).__name__} has no layer that computes: accepted are modules with one")
        return self.layers

    def _read(self, module: torch.nn.Module) -> None:
        import torch

        name = type(module).__name__
        if module._forward_hooks or module._forward_pre_hooks:
            raise ValueError(f"{name} has hooks, which may change what it computes: accepted are modules without hooks")
        if type(module) is torch.nn.Sequential:
            for part in module:
                self._read(part)
            return
        read = self._readers().get(name)
        if read is None or not type(module).__module__.startswith("torch.nn."):
            raise ValueError(
                f"module {name} is not supported: accepted are Sequential, {', '.join(sorted(self._readers()))}"
            )
        read(module)

    def _readers(self) -> dict[str, Callable[[Any], None]]:
        per_dimension = {
            "Conv": self._convolution,
            "BatchNorm": self._batch_norm,
            "AvgPool": self._average,
        }
        readers = {f"{name}{d}d": read for name, read in per_dimension.items() for d in (1, 2, 3)}
        return readers | {
            "Linear": self._linear,
            "Flatten": self._flatten,
            "Identity": lambda module: None,
            "Dropout": self._dropout,
            "ReLU": lambda module: self._activate(_NAMED["relu"]),
            "ReLU6": lambda module: self._activate(hard_tanh(0, 6)),
            "LeakyReLU": lambda module: self._activate(leaky_relu(module.negative_slope)),
            "Hardtanh": lambda module: self._activate(hard_tanh(module.min_val, module.max_val)),
        }

    def _known_shape(self, module: Any) -> tuple[int, ...]:
        if self.shape is None:
            raise ValueError(
                f"input_shape is missing: {type(module).__name__} needs it; accepted is the shape of one input"
            )
        return self.shape

    def _add(self, weight: Array, bias: Array, shape: tuple[int, ...]) -> None:
        self.layers.append(Layer(weight, bias, _IDENTITY))
        self.shape, self.open = shape, True

    def _activate(self, activation: Activation) -> None:
        if not self.open:  # nothing affine in front of it
            shape = self.shape
            if shape is None:
                raise ValueError("input_shape is missing: the module begins with an activation")
            self._add(np.eye(math.prod(shape)), np.zeros(math.prod(shape)), shape)
        last = self.layers[-1]
        self.layers[-1] = Layer(last.weight, last.bias, activation)
        self.open = False

    def _linear(self, module: Any) -> None:
        shape = (module.in_features,) if self.shape is None else self.shape
        if shape != (module.in_features,):
            raise ValueError(f"Linear({module.in_features}, ...) meets an input of shape {shape}: put a Flatten before")
        bias = np.zeros(module.out_features) if module.bias is None else _tensor(module.bias)
        self._add(_tensor(module.weight), bias, (module.out_features,))

    def _convolution(self, module: Any) -> None:
        if module.padding_mode != "zeros":
            raise ValueError(f"padding_mode={module.padding_mode!r} of {type(module).__name__}: accepted is 'zeros'")
        kernel, shape = _tensor(module.weight), self._known_shape(module)
        options = {name: getattr(module, name) for name in ("stride", "padding", "dilation", "groups")}
        size = output_shape(kernel.shape, shape, **options)
        bias = np.zeros(len(kernel)) if module.bias is None else _tensor(module.bias)
        matrix = conv_matrix(kernel, shape, **options).toarray()
        self._add(matrix, np.repeat(bias, math.prod(size[1:])), size)

    def _average(self, module: Any) -> None:
        shape = self._known_shape(module)
        axes = len(shape) - 1
        kernel, stride, padding = (
            (value,) * axes if isinstance(value, int) else tuple(value)
            for value in (module.kernel_size, module.stride, module.padding)
        )
        if module.ceil_mode or getattr(module, "divisor_override", None):
            raise ValueError(f"{type(module).__name__}: accepted is ceil_mode=False without divisor_override")
        if any(padding) and not module.count_include_pad:
            raise ValueError(f"{type(module).__name__}: accepted with padding is count_include_pad=True")
        weights = np.full((shape[0], 1, *kernel), 1 / math.prod(kernel))
        options: dict[str, Any] = {"stride": stride, "padding": padding, "groups": shape[0]}
        matrix = conv_matrix(weights, shape, **options).toarray()
        self._add(matrix, np.zeros(len(matrix)), output_shape(weights.shape, shape, **options))

    def _batch_norm(self, module: Any) -> None:
        if module.training or module.running_mean is None:
            raise ValueError(
                f"{type(module).__name__} normalises by the batch: accepted is eval() mode with running statistics"
            )
        if self.shape is None:
            self.shape = (module.num_features,)
        shape = self.shape
        scale = 1 / np.sqrt(_tensor(module.running_var) + module.eps)
        shift = -_tensor(module.running_mean) * scale
        if module.affine:
            scale, shift = scale * _tensor(module.weight), shift * _tensor(module.weight) + _tensor(module.bias)
        scale, shift = (np.repeat(values, math.prod(shape[1:])) for values in (scale, shift))
        if self.open:  # fold it into the layer before: a diagonal matrix would be as large as the image squared
            last = self.layers.pop()
            self._add(scale[:, None] * last.weight, scale * last.bias + shift, shape)
        else:
            self._add(np.diag(scale), shift, shape)

    def _flatten(self, module: Any) -> None:
        if module.start_dim != 1 or module.end_dim != -1:
            raise ValueError("Flatten: accepted is start_dim=1 and end_dim=-1, everything but the batch")
        if self.shape is not None:
            self.shape = (math.prod(self.shape),)

    def _dropout(self, module: Any) -> None:
        if module.training and module.p:
            raise ValueError("Dropout is random: accepted is eval() mode")


def plain(array: Array) -> Any:
    """The number itself where there is only one; a helper of the other modules."""
    return array.item() if array.ndim == 0 else array


def _tensor(tensor: Any) -> Array:
    return _floats(as_array("module", tensor))


def _numbers(name: str, value: Numbers) -> Array:
    """An array of Fractions if there is one among the numbers, else of float64."""
    value = as_array(name, value)
    return _fractions(value, name=name) if _is_exact(value) else _floats(value, name=name)


def _is_exact(value: Numbers) -> bool:
    array = value if isinstance(value, np.ndarray) else np.array(value, dtype=object)
    return array.dtype == object and any(
        isinstance(number, Rational) and not isinstance(number, int | np.integer) for number in array.ravel()
    )


def _fractions(value: Numbers, *, name: str = "weights") -> Array:
    array = as_array(name, value)
    made = np.empty(array.shape, dtype=object)
    try:
        made.ravel()[:] = [_fraction(number) for number in array.ravel()]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} holds something else than finite real numbers in a rectangular array") from None
    return made


def _fraction(number: Any) -> Fraction:
    if isinstance(number, Rational):
        return Fraction(int(number.numerator), int(number.denominator))
    if isinstance(number, float | np.floating):
        return Fraction(float(number))
    raise TypeError


def _floats(value: Numbers, *, name: str = "weights") -> Array:
    try:
        array = as_array(name, value)
        if array.dtype.kind not in "biufO":
            raise TypeError
        return np.array(array, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} holds something else than real numbers in a rectangular array") from None


def _all_finite(array: Array) -> bool:
    return array.dtype == object or bool(np.isfinite(array).all())
