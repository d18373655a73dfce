"""What a layer costs: outputs, parameters, multiplications, memory (chapter *A layer's cost can be counted*).

Counts follow from shapes alone. :func:`conv_cost` computes them by formula, :func:`measured_costs` reads them off a
real PyTorch module, layer by layer, on the meta device, which computes shapes without allocating memory.

Source: problems ``conv-counting``, ``conv-output-resolution``, ``conv-variable-size``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import PerAxis
from hwlib.conv._matrix import Padding, output_shape

if TYPE_CHECKING:
    import torch

__all__ = ["Cost", "conv_cost", "image_channels_first", "kernel_channels_first", "measured_costs"]


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

    @property
    def output_bytes(self) -> int:
        """Memory of the output in float32, in bytes."""
        return 4 * math.prod(self.output_shape)

    @property
    def parameter_bytes(self) -> int:
        """Memory of the parameters in float32, in bytes."""
        return 4 * self.parameters


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
    outputs = output_shape(kernel_shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    has_channels = len(kernel_shape) > len(input_shape)
    channels = kernel_shape[0] if has_channels else 1
    weights = math.prod(kernel_shape)
    return Cost(
        layer="convolution",
        output_shape=outputs,
        parameters=weights + (channels if bias else 0),
        multiplications=math.prod(outputs) * weights // channels,
    )


def measured_costs(module: torch.nn.Module, input_shape: Sequence[int]) -> list[Cost]:
    """Cost of every layer of a PyTorch module, read off the module while it runs.

    The parameters are those that each layer holds, and the multiplications are counted by PyTorch's own counter of
    operations, so that neither comes from :func:`conv_cost`.

    Args:
        module: the module; it is copied to the meta device and not changed.
        input_shape: shape of one input, without the batch.

    Returns:
        One entry for each call of a layer that has no layers inside, in the order of the calls.

    Raises:
        ValueError: if the module does not take an input of that shape; the message is PyTorch's.

    Example:
        >>> import torch
        >>> [cost.multiplications for cost in measured_costs(torch.nn.Conv2d(1, 2, 2), (1, 3, 3))]
        [32]
    """
    import copy

    import torch
    from torch.utils.flop_counter import FlopCounterMode

    probe = copy.deepcopy(module).to("meta").eval()
    costs: list[Cost] = []
    counter = FlopCounterMode(display=False)
    before = [0]

    def note(layer: torch.nn.Module, arguments: Any, output: torch.Tensor) -> None:
        operations = counter.get_total_flops() - before[0]  # a multiplication and an addition each
        before[0] = counter.get_total_flops()
        parameters = sum(parameter.numel() for parameter in layer.parameters())
        costs.append(Cost(type(layer).__name__, tuple(output.shape[1:]), parameters, operations // 2))

    leaves = [layer for layer in probe.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(note) for layer in leaves]
    try:
        with counter, torch.no_grad():
            probe(torch.empty(1, *input_shape, device="meta"))
    except RuntimeError as error:
        raise ValueError(f"input_shape={tuple(input_shape)}: the module does not take it: {error}") from None
    finally:
        for hook in hooks:
            hook.remove()
    return costs


def image_channels_first(image: npt.ArrayLike) -> npt.NDArray[Any]:
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
    array = np.asarray(image)
    if array.ndim < 2:
        raise ValueError(f"image has shape {array.shape}: accepted are one spatial axis or more, then the channels")
    return np.moveaxis(array, -1, 0)


def kernel_channels_first(kernel: npt.ArrayLike) -> npt.NDArray[Any]:
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
    array = np.asarray(kernel)
    if array.ndim < 3:
        raise ValueError(f"kernel has shape {array.shape}: accepted are one spatial axis or more, then two of channels")
    return np.moveaxis(array, (-1, -2), (0, 1))
