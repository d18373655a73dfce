"""Where a network of two inputs is above zero: its decision boundary, and the parts that it cuts a box into."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Layer, Network, NetworkLike, as_network, named_activation
from hwlib.regions._domain import Box
from hwlib.regions._enumerate import enumerate_regions
from hwlib.regions._result import Regions

__all__ = ["SignParts", "cut_by_sign", "sign_parts"]

ROUNDING, DOUBT = 1e-12, 1e-6


@dataclass(frozen=True)
class SignParts:
    """Into how many connected parts a box falls.

    Attributes:
        above: parts where the output is above zero.
        below: parts where it is below.
        segments: straight segments of the boundary between the two, one for each two regions that meet there.
    """

    above: int
    below: int
    segments: int


def cut_by_sign(network: NetworkLike) -> Network:
    """The same function, with two more neurons that switch where its output changes its sign.

    So every activation region of it has one sign, and the boundary runs along their edges.

    Args:
        network: with one output.

    Returns:
        The network, of one hidden layer more, with y = relu(y) - relu(-y).

    Raises:
        ValueError: if there is another number of outputs.

    Example:
        >>> from hwlib.regions import count_regions
        >>> line = Network.from_arrays([([[1, 1]], [-1])])
        >>> count_regions(cut_by_sign(line), box=[(0, 1), (0, 1)])
        2
    """
    given = as_network(network)
    if given.outputs != 1:
        raise ValueError(f"{given} has {given.outputs} outputs: accepted is one")
    *hidden, last = given.layers
    if last.activation.breakpoints:
        hidden, last = [*hidden, last], Layer(np.eye(1), np.zeros(1), named_activation("identity"))
    both = np.array([[1], [-1]])
    relu, plain = named_activation("relu"), named_activation("identity")
    switching = Layer(both @ last.weight, both[:, 0] * last.bias, relu)
    return Network([*hidden, switching, Layer(both.T, np.zeros(1), plain)])


def sign_parts(network: NetworkLike, *, box: Box) -> SignParts:
    """Into how many connected parts the sign of a network cuts a box of the plane.

    Two regions with the same sign belong together if they have an edge in common on which the output is not zero;
    regions where it is zero all over belong to no part. In floats, an output that is zero up to rounding is zero.

    Args:
        network: two inputs, one output.
        box: ``(low, high)`` for each input.

    Returns:
        Parts above zero, parts below, and the straight segments between them.

    Raises:
        ValueError: if there are other numbers of inputs or outputs, or the box does not fit.

    Source: chapter *Depth buys digits*.

    Example:
        >>> from hwlib.network import folding_network
        >>> fold = folding_network(2, 2)
        >>> first = Network.from_arrays(
        ...     [*((layer.weight, layer.bias) for layer in fold.layers[:-1]), ([[1, 0]], [-0.5])], activation="abs")
        >>> sign_parts(first, box=[(0, 1), (0, 1)])  # a fold of four vertical stripes, cut at one half
        SignParts(above=3, below=2, segments=16)
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    found = enumerate_regions(cut_by_sign(network), box=box)
    if found.dimension != 2:
        raise ValueError(f"the network has {found.dimension} inputs: accepted are two")
    pairs, ends = found.shared_edges
    first, second = pairs.T
    above, below = found.patterns[-1].astype(int).T
    signs = above - below
    kept = signs[first] * signs[second] > 0
    kept[kept] = _away_from_zero(found, ends[kept])
    counts = []
    for sign in (1, -1):
        chosen = signs == sign
        same = chosen[first] & kept
        joined = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(len(found), len(found)))
        labels: Array = connected_components(joined, directed=False)[1]
        counts.append(len(np.unique(labels[chosen])))
    return SignParts(counts[0], counts[1], int((signs[first] * signs[second] < 0).sum()))


def _away_from_zero(found: Regions, ends: Array) -> Array:
    """On which edges, given by their two corners, the output is not zero all along: exactly, or up to rounding."""
    if found.exact_points is None:
        assert found.outputs is not None  # in floats all corners of the plane are computed at once
        values, doubt = abs(found.outputs[:, 0]), ROUNDING
    else:
        values, doubt = abs(found.network.as_floats()(found.points[:, :2])[:, 0]), DOUBT
    away = np.asarray((values > doubt * values.max(initial=0))[ends].any(axis=1))  # it is straight along an edge
    if found.exact_points is not None:
        exact = found.network.as_fractions()
        for k in np.flatnonzero(~away):
            corners = (found.exact_points[end] for end in ends[k])
            away[k] = any(exact([Fraction(x, t) for x in p])[0] != 0 for *p, t in corners)
    return away
