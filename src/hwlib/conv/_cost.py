"""What a layer costs: outputs, parameters, multiplications (chapter *A layer's cost can be counted*).

Counts follow from shapes alone. :func:`conv_cost` computes them by formula, :func:`measured_costs` reads them off a
real PyTorch module, layer by layer, on the meta device, which computes shapes without allocating memory.

Source: problems ``conv-counting``, ``conv-output-resolution``, ``conv-variable-size``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import PerAxis, whole_numbers
from hwlib._core.arrays import as_numbers
from hwlib._core.optional import require
from hwlib._core.results import stored_results
from hwlib._core.types import AnyArray
from hwlib.conv._plan import Padding, conv_plan

if TYPE_CHECKING:
    import torch

__all__ = [
    "Cost",
    "NetworkCost",
    "NetworkCosts",
    "conv_cost",
    "image_channels_first",
    "kernel_channels_first",
    "measured_costs",
    "stored_network_costs",
]


@dataclass(frozen=True)
class Cost:
    """What one layer costs for one input.

    Attributes:
        layer: name of the layer.
        output_shape: shape of its output, without the batch.
        parameters: numbers to learn: weights and biases.
        multiplications: products of a weight and an input, zeros of the padding included.
    """

    layer: str
    output_shape: tuple[int, ...]
    parameters: int
    multiplications: int


def conv_cost(
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    bias: bool = True,
) -> Cost:
    """Cost of a convolution, by formula.

    Every output is a sum of (i / groups) k1 ... kd products, and the same weights serve all outputs of a channel.

    Args:
        kernel_shape: ``(o, i / groups, k1, ..., kd)``, or ``(k1, ..., kd)`` for one channel.
        input_shape: ``(i, n1, ..., nd)``, or ``(n1, ..., nd)`` for one channel.
        stride: see :func:`hwlib.conv.output_shape`.
        padding: see :func:`hwlib.conv.output_shape`.
        dilation: see :func:`hwlib.conv.output_shape`.
        groups: see :func:`hwlib.conv.output_shape`.
        bias: whether each output channel has a bias.

    Returns:
        The cost for one input.

    Raises:
        ValueError: if the convolution is impossible, as for :func:`hwlib.conv.output_shape`.

    Example:
        >>> conv_cost((2, 1, 2, 2), (1, 3, 3))
        Cost(layer='convolution', output_shape=(2, 2, 2), parameters=10, multiplications=32)
    """
    plan = conv_plan(kernel_shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return Cost(
        layer="convolution",
        output_shape=plan.output_shape,
        parameters=plan.out_channels * (plan.taps + bool(bias)),
        multiplications=plan.rows * plan.taps,
    )


def measured_costs(model: torch.nn.Module, input_shape: Sequence[int]) -> list[Cost]:
    """Cost of every layer of a PyTorch module, read off the module while it runs.

    The parameters are those that each layer holds, and the multiplications are counted by PyTorch's own counter of
    operations, so that neither comes from :func:`conv_cost`. The counter knows products of matrices and convolutions;
    products entry by entry, as in a normalization, are not counted.

    Args:
        model: the module; it is copied to the meta device and not changed.
        input_shape: shape of one input, without the batch.

    Returns:
        One entry for each call of a layer that has no layers inside, in the order of the calls. What a module computes
        itself, outside the layers inside it, stands in an entry of its own, after theirs, with those of its parameters
        that no layer inside it was called for.

    Raises:
        ValueError: if the module does not take an input of that shape (the message is PyTorch's), or if a layer
            returns something else than one tensor.

    Example:
        >>> import torch
        >>> [cost.multiplications for cost in measured_costs(torch.nn.Conv2d(1, 2, 2), (1, 3, 3))]
        [32]
    """
    torch = require("torch")
    if not isinstance(model, torch.nn.Module):
        raise ValueError(f"model={model!r}: accepted is a torch.nn.Module")
    shape = whole_numbers("input_shape", input_shape, least=1)
    probe = copy.deepcopy(model).to("meta").eval()
    kinds = [parameter.dtype for parameter in probe.parameters() if parameter.is_floating_point()]
    counter = require("torch.utils.flop_counter").FlopCounterMode(display=False)
    meter = _Meter(counter.get_total_flops)
    for layer in probe.modules():
        layer.register_forward_pre_hook(meter.enter)
        layer.register_forward_hook(meter.leave)
    try:
        with counter, torch.no_grad():
            probe(torch.empty(1, *shape, device="meta", dtype=kinds[0] if kinds else None))
    except RuntimeError as error:
        raise ValueError(f"input_shape={shape}: the module does not take it: {error}") from None
    return meter.costs


@dataclass
class _Call:
    """A module while it runs: what the counter said when it began, and what the modules inside it have taken since."""

    start: int
    inside: int = 0
    parameters: set[int] = field(default_factory=set)  # ids of those that the modules inside hold


class _Meter:
    """Hooks that book each operation on the innermost module that runs it."""

    def __init__(self, operations: Callable[[], int]):
        self._operations = operations
        self._calls: list[_Call] = []
        self.costs: list[Cost] = []

    def enter(self, _module: torch.nn.Module, _inputs: Any) -> None:
        self._calls.append(_Call(self._operations()))

    def leave(self, module: torch.nn.Module, _: Any, output: Any) -> None:
        call = self._calls.pop()
        total = self._operations() - call.start
        own = total - call.inside
        held = {id(parameter): parameter.numel() for parameter in module.parameters()}
        free = {id(parameter) for parameter in module.parameters(recurse=False)} - call.parameters
        if own or free or not list(module.children()):
            parameters = sum(number for key, number in held.items() if key not in call.parameters)
            # An operation of the counter is a multiplication and an addition.
            self.costs.append(Cost(type(module).__name__, _shape_of(module, output), parameters, own // 2))
        if self._calls:
            self._calls[-1].inside += total
            self._calls[-1].parameters |= held.keys()


def _shape_of(module: torch.nn.Module, output: Any) -> tuple[int, ...]:
    """Shape of a layer's only output, without the batch; attention without its weights returns (tensor, None)."""
    tensors = [part for part in (output if isinstance(output, tuple) else (output,)) if part is not None]
    if len(tensors) != 1 or not hasattr(tensors[0], "detach"):
        raise ValueError(
            f"the layer {type(module).__name__} returns {len(tensors)} things in a {type(output).__name__}: "
            "accepted are layers that return one tensor"
        )
    return tuple(tensors[0].shape[1:])


@dataclass(frozen=True)
class NetworkCost:
    """What a whole network costs for one image.

    Attributes:
        name: of the network.
        parameters: numbers to learn.
        multiplications: as :func:`measured_costs` counts them.
        seconds: of one processor, for a forward pass.
    """

    name: str
    parameters: int
    multiplications: int
    seconds: float


class NetworkCosts(tuple[NetworkCost, ...]):
    """Costs of several networks, and in ``provenance`` where they were measured."""

    provenance: dict[str, Any]


def stored_network_costs() -> NetworkCosts:
    """Counted and measured costs of VGG-16, ResNet-50, MobileNet and ConvNeXt-T, by ``experiments/network_costs.py``.

    Returns:
        One entry a network, in this order.

    Raises:
        FileNotFoundError: if the experiment was never run.
        ValueError: if its file was changed.

    Example:
        >>> [cost.name for cost in stored_network_costs()]
        ['VGG-16', 'ResNet-50', 'MobileNet', 'ConvNeXt-T']
    """
    stored = stored_results("hwlib.conv", "network_costs", script="network_costs")
    costs = NetworkCosts(NetworkCost(**result) for result in stored["results"])
    costs.provenance = stored["provenance"]
    return costs


def image_channels_first(image: npt.ArrayLike) -> AnyArray:
    """An image with its channels last, as TensorFlow and most cameras have it, in this library's order.

    Args:
        image: ``(n1, ..., nd, i)``.

    Returns:
        ``(i, n1, ..., nd)``.

    Raises:
        ValueError: if there is no spatial axis.

    Example:
        >>> image_channels_first(np.zeros((48, 64, 10))).shape
        (10, 48, 64)
    """
    array = as_numbers("image", image, exact=True)
    if array.ndim < 2:
        raise ValueError(f"image has shape {array.shape}: accepted are one spatial axis or more, then the channels")
    return np.moveaxis(array, -1, 0)


def kernel_channels_first(kernel: npt.ArrayLike) -> AnyArray:
    """A kernel with its channels last in this library's order.

    Args:
        kernel: ``(k1, ..., kd, i, o)``.

    Returns:
        ``(o, i, k1, ..., kd)``.

    Raises:
        ValueError: if there is no spatial axis.

    Example:
        >>> kernel_channels_first(np.zeros((3, 3, 10, 20))).shape
        (20, 10, 3, 3)
    """
    array = as_numbers("kernel", kernel, exact=True)
    if array.ndim < 3:
        raise ValueError(f"kernel has shape {array.shape}: accepted are one spatial axis or more, then two of channels")
    return np.moveaxis(array, (-1, -2), (0, 1))
