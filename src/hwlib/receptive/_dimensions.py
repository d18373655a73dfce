"""Layers whose outputs read whole dimensions: linear layers, means, softmax and normalizations.

Importing this module fills the table that :mod:`hwlib.receptive._trace` looks operations up in.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from hwlib.receptive import _reach
from hwlib.receptive._reach import Mask, Term
from hwlib.receptive._shapes import chunk
from hwlib.receptive._trace import (
    Traced,
    arranged,
    collapse,
    dimension,
    dimensions,
    mix,
    on_axis,
    operation,
    pointwise,
    rebuilt,
    union,
)
from hwlib.receptive._windows import grouped_channels


@operation("linear", layer=True)
def _linear(input: Traced, weight: torch.Tensor, bias: Any = None) -> Traced:
    if input.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"the input has shape {tuple(input.shape)}: accepted are {weight.shape[1]} entries in the last dimension"
        )
    made = collapse(input, [input.ndim - 1], keepdim=False, grows=False)
    terms = [Term(np.repeat(term.mask[..., None], weight.shape[0], axis=-1), term.rows) for term in made._terms]
    last = len(made._sizes)
    return Traced(made._log, (*made._sizes, weight.shape[0]), (*made._axes, -1), terms, (*made._view, (last,)))


@operation("mean", "sum", "amax", "amin", "prod", "std", "var", "logsumexp", "norm", "all", "any", layer=True)
def _reduce(input: Traced, *args: Any, dim: Any = None, keepdim: bool = False, **ignored: Any) -> Traced:
    for value in args:  # PyTorch's orders of arguments differ; a flag is a flag, anything else says which dimensions
        if isinstance(value, bool):
            keepdim = value
        elif isinstance(value, int | tuple | list):
            dim = value
    return collapse(input, dimensions(input, dim), keepdim=keepdim)


@operation("max", "min", layer=True)
def _extreme(input: Traced, other: Any = None, keepdim: bool = False, dim: Any = None) -> Any:
    if isinstance(other, Traced | torch.Tensor):
        return pointwise("maximum", [input, other])
    dim = other if dim is None else dim
    made = collapse(input, dimensions(input, dim), keepdim=keepdim)
    return made if dim is None else _Extreme(made, made)


_Extreme = collections.namedtuple("_Extreme", ["values", "indices"])


@operation("softmax", "log_softmax", "softmin", layer=True)
def _softmax(input: Traced, dim: int, *ignored: Any, **also: Any) -> Traced:
    return mix(input, [dimension(input, dim)])


@operation("normalize", layer=True)
def _normalize(input: Traced, p: float = 2.0, dim: int = 1, *ignored: Any, **also: Any) -> Traced:
    return mix(input, [dimension(input, dim)])


@operation("glu")
def _glu(input: Traced, dim: int = -1) -> Traced:
    return union(chunk(input, 2, dim))


@operation("batch_norm")
def _batch_norm(
    input: Traced,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    *ignored: Any,
    **also: Any,
) -> Traced:
    if not training:
        return Traced(input._log, input._sizes, input._axes, input._terms, input._view)
    return mix(input, [0, *range(2, input.ndim)])


@operation("instance_norm", layer=True)
def _instance_norm(
    input: Traced,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    *ignored: Any,
    **also: Any,
) -> Traced:
    return mix(input, range(2, input.ndim)) if use_input_stats else pointwise("identity", [input])


@operation("layer_norm", "rms_norm", layer=True)
def _layer_norm(input: Traced, normalized_shape: Sequence[int], *ignored: Any, **also: Any) -> Traced:
    return mix(input, range(input.ndim - len(normalized_shape), input.ndim))


@operation("group_norm", layer=True)
def _group_norm(input: Traced, num_groups: int, *ignored: Any, **also: Any) -> Traced:
    mixed = mix(input, range(2, input.ndim))
    return grouped_channels(mixed, mixed.ndim - 2, num_groups, mixed._sizes[1], mixed._sizes[1])


@operation("local_response_norm", layer=True)
def _local_response_norm(input: Traced, size: int, *ignored: Any, **also: Any) -> Traced:
    x = arranged(input)

    def near(mask: Mask) -> Mask:
        made: Mask = _reach.taps_or(mask, size, 1, 1, size // 2, (size - 1) // 2)
        return made

    return rebuilt(x, on_axis(x, list(x._terms), 1, lambda rows: rows, near), simplify=True)
