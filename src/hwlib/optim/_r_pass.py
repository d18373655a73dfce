"""Pearlmutter's R-forward and R-backward pass of a multi-layer perceptron, without automatic differentiation."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

# f'(z) and f''(z) from z and a = f(z).
_DERIVATIVES: dict[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor | None]]] = {
    "Tanh": lambda z, a: (1 - a * a, -2 * a * (1 - a * a)),
    "Sigmoid": lambda z, a: (a * (1 - a), a * (1 - a) * (1 - 2 * a)),
    "ReLU": lambda z, a: ((z > 0).to(z.dtype), None),
    "Softplus": lambda z, a: (z.sigmoid(), z.sigmoid() * (1 - z.sigmoid())),
}


@dataclass
class _Layer:
    """What the forward and the backward pass leave in a layer; rows are samples."""

    linear: Any
    activation: Any | None
    a_in: Tensor = field(init=False)  # (n, i)
    slope: Tensor | None = None  # f'(z), (n, o); None without an activation
    bend: Tensor | None = None  # f''(z) times the gradient at a, (n, o); None where f'' is zero
    delta: Tensor = field(init=False)  # gradient at z, (n, o)


class RPass:
    """Products with the Hessian: two passes over the layers, one forward and one backward, for each vector."""

    def __init__(self, model: Any, inputs: Tensor, targets: Tensor) -> None:
        self._model, self._inputs, self._targets = model, inputs, targets
        self._layers = _layers(model)
        width = self._layers[0].linear.in_features
        if not isinstance(inputs, Tensor) or inputs.ndim != 2 or inputs.shape[1] != width:
            raise ValueError(f"inputs of shape {getattr(inputs, 'shape', None)}: accepted is a tensor (n, {width})")
        if not isinstance(targets, Tensor):
            raise ValueError(f"targets are a {type(targets).__name__}: accepted is a tensor")
        self._run()

    def _run(self) -> None:
        """The ordinary forward and backward pass; everything that does not depend on v is kept."""
        with torch.no_grad():
            self._versions = self._present_versions()
            a = self._inputs
            for layer in self._layers:
                layer.a_in = a
                z = layer.linear(a)
                a, bend = z, None
                layer.slope = None
                if layer.activation is not None:
                    a = layer.activation(z)
                    layer.slope, bend = _DERIVATIVES[type(layer.activation).__name__](z, a)
                layer.bend = bend
            delta, self._r_loss = _loss(a, self._targets)
            for layer in reversed(self._layers):
                # Here delta is the gradient at a = f(z).
                if layer.slope is not None:
                    layer.bend = None if layer.bend is None else layer.bend * delta
                    delta = delta * layer.slope
                layer.delta = delta
                delta = delta @ layer.linear.weight

    def _present_versions(self) -> tuple[int, ...]:
        return tuple(p._version for p in self._model.parameters())

    def gradient(self) -> Sequence[Tensor]:
        self._refresh()
        blocks = []
        for layer in self._layers:
            blocks += _with_bias(layer, layer.delta.T @ layer.a_in, layer.delta.sum(0))
        return blocks

    def _refresh(self) -> None:
        if self._present_versions() != self._versions:
            self._run()

    def __call__(self, blocks: Sequence[Tensor]) -> Sequence[Tensor]:
        self._refresh()
        remaining = iter(blocks)
        moves = [
            (next(remaining), next(remaining) if layer.linear.bias is not None else None) for layer in self._layers
        ]
        with torch.no_grad():
            # R-forward: R{a} = 0 at the input; R{z} = W R{a} + V a + v; R{f(z)} = f'(z) R{z}.
            r_inputs: list[Tensor | None] = []
            r_slopes: list[Tensor | None] = []
            r_a: Tensor | None = None  # of the input: zero
            for layer, (v_weight, v_bias) in zip(self._layers, moves, strict=True):
                r_inputs.append(r_a)
                r_z = layer.a_in @ v_weight.T
                if r_a is not None:
                    r_z = torch.addmm(r_z, r_a, layer.linear.weight.T)
                if v_bias is not None:
                    r_z += v_bias
                r_slopes.append(None if layer.bend is None else layer.bend * r_z)
                r_a = r_z if layer.slope is None else layer.slope * r_z
            # R-backward: the product rule on delta_z = f'(z) delta_a, on W's gradient and on delta_a = delta_z W.
            assert r_a is not None  # there is at least one layer
            r_delta = self._r_loss(r_a)
            result: list[Tensor] = []
            for number in range(len(self._layers) - 1, -1, -1):
                layer, (v_weight, _) = self._layers[number], moves[number]
                if layer.slope is not None:
                    r_delta = r_delta * layer.slope
                    if (r_slope := r_slopes[number]) is not None:
                        r_delta += r_slope
                r_weight = r_delta.T @ layer.a_in
                if (r_input := r_inputs[number]) is not None:
                    r_weight = torch.addmm(r_weight, layer.delta.T, r_input)
                result = _with_bias(layer, r_weight, r_delta.sum(0)) + result
                if number:
                    r_delta = torch.addmm(r_delta @ layer.linear.weight, layer.delta, v_weight)
        return result


def _with_bias(layer: _Layer, weight: Tensor, bias: Tensor) -> list[Tensor]:
    return [weight, bias] if layer.linear.bias is not None else [weight]


def _layers(model: Any) -> list[_Layer]:
    accepted = f"Sequential of Linear with {', '.join(_DERIVATIVES)} between"
    if not isinstance(model, torch.nn.Sequential):
        raise ValueError(f"model is a {type(model).__name__}: accepted is a {accepted}")
    layers: list[_Layer] = []
    for module in model:
        if isinstance(module, torch.nn.Linear):
            layers.append(_Layer(module, None))
        elif type(module).__name__ in _DERIVATIVES and layers and layers[-1].activation is None:
            if isinstance(module, torch.nn.Softplus) and (module.beta != 1 or module.threshold < 20):
                raise ValueError(f"model has {module}: accepted is Softplus with its default options")
            layers[-1].activation = module
        else:
            raise ValueError(f"model has {module} after {len(layers)} layers: accepted is a {accepted}")
    if not layers:
        raise ValueError(f"model is empty: accepted is a {accepted}")
    return layers


def _loss(output: Tensor, targets: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Gradient of the loss at the output, and the R-operator of that gradient."""
    samples = len(output)
    if targets.shape == (samples,) and not targets.is_floating_point():
        classes = output.shape[1]
        if targets.dtype == torch.bool or not bool(((targets >= 0) & (targets < classes)).all()):
            found = reprlib.repr(sorted(set(targets.tolist())))
            raise ValueError(f"targets have the classes {found}: accepted are whole numbers from 0 to {classes - 1}")
        p = output.softmax(1)
        delta = (p - torch.nn.functional.one_hot(targets.long(), classes)) / samples
        return delta, lambda r: p * (r - (p * r).sum(1, keepdim=True)) / samples
    if targets.shape == output.shape and targets.is_floating_point():
        return 2 * (output - targets) / output.numel(), lambda r: 2 * r / output.numel()
    raise ValueError(
        f"targets have shape {tuple(targets.shape)} and type {targets.dtype}: accepted are class numbers of shape "
        f"({samples},), or numbers of the output's shape {tuple(output.shape)}"
    )
