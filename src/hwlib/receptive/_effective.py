"""Effective receptive fields: how much each pixel that an output can read moves it.

Chapter: *What an output sees is a product of patterns*.

Sources: Luo, Li, Urtasun & Zemel, *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*
(2016).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import PerAxis, generator, per_axis, whole
from hwlib._core.arrays import real_array
from hwlib._core.optional import require
from hwlib._core.repeatable import Repeatable
from hwlib._core.types import Array, RandomSource

__all__ = ["effective_extent", "effective_field"]


def effective_field(
    model: Callable[..., Any],
    input_shape: PerAxis,
    *,
    channels: int = 1,
    dimensions: int = 2,
    samples: int = 20,
    rng: RandomSource = None,
) -> Array:
    """How much each input pixel moves the output unit in the middle: the effective receptive field.

    For random inputs (independent and normal) the gradient of that unit, summed over its channels, is squared and
    averaged; the root of it is returned, with the largest entry scaled to 1.

    Args:
        model: a torch module or function. It runs in the mode that it is in, on its own device and dtype; its buffers
            and torch's random states are afterwards what they were.
        input_shape: spatial size, one number or one per axis.
        channels: channels of the input.
        dimensions: number of spatial axes.
        samples: number of random inputs.
        rng: source of these inputs.

    Returns:
        Array of the input's spatial shape, entries between 0 and 1.

    Raises:
        ValueError: if the output has no spatial axes, or does not depend on its input, or if the module is on the
            device ``meta``, where there are no numbers.

    Example:
        >>> import torch
        >>> net = torch.nn.Conv2d(1, 1, 3, padding=1)
        >>> int((effective_field(net, 5, rng=0) > 0).sum())
        9
    """
    torch = require("torch")
    counts = {"channels": channels, "dimensions": dimensions, "samples": samples}
    channels, dimensions, samples = (whole(name, count, least=1) for name, count in counts.items())
    shape = per_axis("input_shape", input_shape, dimensions, least=1)
    weights = list(itertools.chain(model.parameters(), model.buffers())) if isinstance(model, torch.nn.Module) else []
    if any(weight.is_meta for weight in weights):
        raise ValueError("model is on the device meta: accepted are models with weights")
    like = next((weight for weight in weights if weight.is_floating_point()), torch.zeros(()))
    normal = generator("rng", rng).standard_normal((samples, channels, *shape))
    x = torch.tensor(normal, dtype=like.dtype, device=like.device, requires_grad=True)
    with Repeatable().run(), torch.enable_grad():
        y = model(x)
        if y.ndim != dimensions + 2:
            raise ValueError(f"the output has shape {tuple(y.shape)}: accepted are {dimensions} spatial axes")
        middle = tuple(n // 2 for n in y.shape[2:])
        (gradient,) = torch.autograd.grad(y[(..., *middle)].sum(), x)
    energy: Array = np.sqrt((gradient.double() ** 2).mean((0, 1)).cpu().numpy())
    if not energy.any():
        raise ValueError("the unit in the middle does not depend on the input")
    scaled: Array = energy / energy.max()
    return scaled


def effective_extent(energy: npt.ArrayLike, *, share: float = 0.0455) -> float:
    """Side of the square, or cube, that has as many pixels as stand out of an effective receptive field.

    Args:
        energy: what :func:`effective_field` returns.
        share: a pixel stands out if it has at least this share of the largest entry. The default is what a normal
            distribution has beyond two standard deviations, as in Luo et al.

    Returns:
        The d-th root of the number of such pixels.

    Raises:
        ValueError: if the share is not between 0 and 1, no entry is above zero, or one is below.

    Example:
        >>> effective_extent([[0.0, 0.5], [1.0, 0.01]], share=0.1)
        1.4142135623730951
    """
    if not 0 < share <= 1:
        raise ValueError(f"share={share!r}: accepted are numbers above 0, up to 1")
    values = real_array("energy", energy)
    if not values.ndim or not (values > 0).any():
        raise ValueError("energy has no entry above zero: accepted is what effective_field returns")
    if (values < 0).any():
        raise ValueError("energy has entries below zero: accepted is what effective_field returns, or absolute values")
    return float((values >= share * values.max()).sum() ** (1 / values.ndim))
