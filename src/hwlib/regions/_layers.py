"""A network as the regions see it: affine layers multiplied into the next, so that every layer but the last bends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import Layer, Network, named_activation


def merged_layers(network: Network) -> list[Layer]:
    """Layers with affine ones multiplied into the next: all but the last have breakpoints, and the last has none.

    Args:
        network: its numbers stay what they are, floats or Fractions.

    Returns:
        At least one layer. An identity is the last one where the network ends in an activation.

    Example:
        >>> twice = Network.from_arrays([([[2]], [1]), ([[3]], [0])], activation="identity")
        >>> [(layer.weight.tolist(), layer.bias.tolist()) for layer in merged_layers(twice)]
        [([[6.0]], [3.0])]
    """
    made: list[Layer] = []
    for layer in network.layers:
        if made and not made[-1].activation.breakpoints:
            before = made.pop()
            bias = layer.weight @ before.bias + layer.bias
            layer = Layer(layer.weight @ before.weight, bias, layer.activation)
        made.append(layer if layer.activation.breakpoints else _multiplied_out(layer))
    if made[-1].activation.breakpoints:
        outputs = len(made[-1].bias)
        identity = Layer(np.eye(outputs, dtype=int), np.zeros(outputs), named_activation("identity"))
        made.append(identity.converted(exact=network.exact))
    return made


def _multiplied_out(layer: Layer) -> Layer:
    """An affine layer with an affine activation as one with the identity."""
    (slope,), (intercept,) = layer.activation.slopes, layer.activation.intercepts
    if slope == 1 and intercept == 0:
        return layer
    (slope,), (intercept,) = layer.activation.coefficients(exact=layer.exact)
    return Layer(slope * layer.weight, slope * layer.bias + intercept, named_activation("identity"))


def affine_maps(network: Network, patterns: Sequence[AnyArray]) -> tuple[AnyArray, AnyArray]:
    """What a network is on regions of given patterns.

    Args:
        network: in floats or Fractions; so are the maps.
        patterns: for each layer of :func:`merged_layers` but the last, the pieces of its neurons, ``(n, neurons)``.

    Returns:
        Weight ``(n, outputs, d)`` and bias ``(n, outputs)``.

    Example:
        >>> bent = Network.from_arrays([([[1]], [-1]), ([[2]], [5])])  # 2 relu(x - 1) + 5
        >>> weight, bias = affine_maps(bent, [np.array([[0], [1]])])
        >>> weight.ravel().tolist(), bias.ravel().tolist()
        ([0.0, 2.0], [5.0, 3.0])
    """
    *hidden, last = merged_layers(network)
    inputs = network.inputs
    eye = last.bias[0] * 0 + np.eye(inputs, dtype=int) if network.exact else np.eye(inputs)
    count = len(patterns[0]) if patterns else 1
    maps = np.zeros((inputs, count, inputs + 1), dtype=last.weight.dtype) + last.bias[0] * 0
    maps[:, :, :inputs] = eye[:, None, :]
    for layer, pieces in zip(hidden, patterns, strict=True):
        maps = np.tensordot(layer.weight, maps, axes=1)  # (neurons, regions, d + 1)
        maps[:, :, -1] += layer.bias[:, None]
        slopes, intercepts = layer.activation.coefficients(exact=network.exact)
        maps *= slopes[pieces.T][:, :, None]
        maps[:, :, -1] += intercepts[pieces.T]
    maps = np.tensordot(last.weight, maps, axes=1)
    maps[:, :, -1] += last.bias[:, None]
    return maps[:, :, :-1].swapaxes(0, 1), maps[:, :, -1].T
