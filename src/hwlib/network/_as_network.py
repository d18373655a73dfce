"""The one way into the library for whatever is a network."""

from __future__ import annotations

import math
import reprlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard, runtime_checkable

from hwlib._core.arguments import whole_numbers
from hwlib._core.types import Numbers
from hwlib.network._network import Network

if TYPE_CHECKING:
    import torch

__all__ = ["NetworkLike", "SupportsNetwork", "as_network"]

ACCEPTED = "a Network, a torch module, a list of pairs (weight, bias), or an object with a method as_network()"


@runtime_checkable
class SupportsNetwork(Protocol):
    """Anything that can say which network it is."""

    def as_network(self) -> Network:
        """The network."""


NetworkLike: TypeAlias = "Network | SupportsNetwork | torch.nn.Module | Sequence[tuple[Numbers, Numbers | None]]"


def as_network(network: NetworkLike, *, input_shape: Sequence[int] | None = None) -> Network:
    """Whatever is a network, as a :class:`Network`: every function that takes one reads it by this.

    Args:
        network: a :class:`Network`; a torch module (:meth:`Network.from_torch`); a list of pairs (weight, bias) with
            ReLU between them (:meth:`Network.from_arrays`); or an object with a method ``as_network``, such as a
            :class:`hwlib.logic.LogicNetwork`.
        input_shape: shape of one input, for a torch module that does not begin with a Linear layer.

    Returns:
        The network; a :class:`Network` is returned as it is.

    Raises:
        ValueError: if it is none of these, if it computes something that is not piecewise linear, or if it does not
            take inputs of that shape; the message says which.

    Example:
        >>> as_network([([[1], [-1]], [0, 0]), ([[1, 1]], None)])
        Network(1-2-1, relu, float64)
        >>> as_network("relu")
        Traceback (most recent call last):
            ...
        ValueError: network='relu': accepted are a Network, a torch module, a list of pairs (weight, bias), or an \
object with a method as_network()
    """
    shape = None if input_shape is None else whole_numbers("input_shape", input_shape, least=1)
    if _is_module(network):
        return Network.from_torch(network, input_shape=shape)
    found = _read(network)
    if shape is not None and math.prod(shape) != found.inputs:
        raise ValueError(f"input_shape={shape}: accepted for {found} are shapes of {found.inputs} numbers")
    return found


def _is_module(value: Any) -> TypeGuard[torch.nn.Module]:
    torch = sys.modules.get("torch")  # not imported for that: without it there are no modules
    return torch is not None and isinstance(value, torch.nn.Module)


def _read(network: Any) -> Network:
    if isinstance(network, Network):
        return network
    if isinstance(network, SupportsNetwork) and not isinstance(network, type):
        return network.as_network()
    if isinstance(network, list | tuple) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in network):
        return Network.from_arrays(network)
    raise ValueError(f"network={reprlib.repr(network)}: accepted are {ACCEPTED}")
