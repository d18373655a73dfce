"""Networks out of networks: on a plane through their inputs, and the parts that share no neuron."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import as_numbers
from hwlib._core.types import Integers
from hwlib.network import Layer, Network, NetworkLike, as_network
from hwlib.regions._layers import merged_layers


def slice_network(network: NetworkLike, origin: npt.ArrayLike, *directions: npt.ArrayLike) -> Network:
    """The network on a plane (or line) through its input space: u becomes network(origin + u[0] d[0] + ...).

    Args:
        network: whatever :func:`hwlib.network.as_network` takes.
        origin: ``(inputs,)``.
        directions: each ``(inputs,)``.

    Returns:
        A network of as many inputs as there are directions; in Fractions if there is one among all these numbers.

    Raises:
        ValueError: if a shape does not fit.

    Example:
        >>> total = Network.from_arrays([([[1, 1, 1]], [0]), ([[1]], [0])])
        >>> slice_network(total, [0, 0, 1], [1, 0, 0], [0, 1, 0])([2.0, 3.0])
        array([6.])
    """
    network = as_network(network)
    start, *steps = (as_numbers("origin and directions", row, exact=True).ravel() for row in (origin, *directions))
    if not steps or any(row.shape != (network.inputs,) for row in (start, *steps)):
        raise ValueError(
            f"origin of {start.size} numbers, directions of {[row.size for row in steps]}: "
            f"accepted are {network.inputs} numbers each, and at least one direction"
        )
    plane = Network.from_arrays([(np.stack(steps, axis=1), start)], activation="identity")
    if plane.exact != network.exact:
        plane, network = plane.as_fractions(), network.as_fractions()
    (into,), (first, *rest) = plane.layers, network.layers
    return Network([Layer(first.weight @ into.weight, first.weight @ into.bias + first.bias, first.activation), *rest])


def independent_parts(network: Network) -> list[tuple[list[int], Network]]:
    """Inputs and layers of the parts of a network that share no neuron, found from the weights that are not zero."""
    everything = [(list(range(network.inputs)), network)]
    layers = merged_layers(network)[:-1]
    if not layers or (layers[0].weight != 0).all(axis=1).any():  # a neuron that reads all inputs joins them
        return everything
    label = _labels(layers)
    offsets = list(itertools.accumulate([network.inputs, *(len(layer.bias) for layer in layers)], initial=0))
    parts = []
    for part in np.unique(label[: network.inputs]):
        axes = [np.flatnonzero(label[a:b] == part) for a, b in itertools.pairwise(offsets)]
        # Where neurons end early, those behind them are always the same.
        depth = next((k for k, chosen in enumerate(axes) if len(chosen) == 0), len(axes))
        inner = [
            Layer(layer.weight[np.ix_(b, a)], layer.bias[b], layer.activation)
            for layer, (a, b) in zip(layers, itertools.pairwise(axes[:depth]), strict=False)
        ]
        if inner:
            parts.append((axes[0].tolist(), Network(inner)))
    return parts or everything


def _labels(layers: list[Layer]) -> Integers:
    """Inputs and neurons with one label where weights join them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns, offset = [], [], 0
    for layer in layers:
        r, c = np.nonzero(layer.weight != 0)
        columns.append(c + offset)
        offset += layer.weight.shape[1]
        rows.append(r + offset)
    size = offset + len(layers[-1].bias)
    places = np.concatenate(rows), np.concatenate(columns)
    joined = coo_array((np.ones(len(places[0])), places), shape=(size, size))
    return connected_components(joined, directed=False)[1].astype(np.int64)
