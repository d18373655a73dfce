"""A module of PyTorch as layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hwlib._core.arguments import instance, whole_numbers
from hwlib._core.arrays import real_array
from hwlib._core.optional import require
from hwlib._core.types import AnyArray, Array
from hwlib.conv import conv_matrix, output_shape
from hwlib.network._activation import IDENTITY, Activation, hard_tanh, leaky_relu, named_activation
from hwlib.network._layer import Layer

if TYPE_CHECKING:
    import torch


def layers_of(model: torch.nn.Module, input_shape: Sequence[int] | None) -> list[Layer]:
    """The layers of a module, see :meth:`hwlib.network.Network.from_torch`."""
    return _Reader(input_shape).read(model)


class _Reader:
    """Walks through a module and collects layers; keeps the shape that the numbers have in PyTorch."""

    def __init__(self, input_shape: Sequence[int] | None):
        self.shape = None if input_shape is None else whole_numbers("input_shape", input_shape, least=1)
        self.layers: list[Layer] = []
        self.open = False  # whether the last layer still waits for its activation

    def read(self, module: torch.nn.Module) -> list[Layer]:
        self._read(module)
        if not self.layers:
            raise ValueError(f"{type(module).__name__} has no layer that computes: accepted are modules with one")
        return self.layers

    def _read(self, module: torch.nn.Module) -> None:
        torch = require("torch")
        name = type(module).__name__
        instance("model", module, torch.nn.Module, "a torch module")
        if module._forward_hooks or module._forward_pre_hooks:
            raise ValueError(f"{name} has hooks, which may change what it computes: accepted are modules without hooks")
        if type(module) is torch.nn.Sequential:
            for part in cast("Iterable[Any]", module):  # children() would skip a part that comes twice
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
            "ReLU": lambda module: self._activate(named_activation("relu")),
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

    def _add(self, weight: AnyArray, bias: AnyArray, shape: tuple[int, ...]) -> None:
        self.layers.append(Layer(weight, bias, IDENTITY))
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
        shape = (module.num_features,) if self.shape is None else self.shape
        if shape[0] != module.num_features:
            raise ValueError(f"{module} meets an input of shape {shape}: accepted are {module.num_features} channels")
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


def _tensor(tensor: Any) -> Array:
    return real_array("module", tensor)
