"""Tensors of PyTorch among what users pass: taken as the numbers they hold, without importing torch."""

from __future__ import annotations

import sys
from typing import Any


def is_module(value: Any) -> bool:
    """Whether a value is a module of PyTorch; torch is not imported for that."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def as_numpy(name: str, value: Any) -> Any:
    """A tensor as a NumPy array of its numbers, anything else as it is.

    Args:
        name: what an error calls it.
        value: a tensor on any device that has numbers, with or without a gradient; bfloat16 becomes float32, for NumPy
            has no such type. Or anything else.

    Returns:
        The array, or the value itself.

    Raises:
        ValueError: if the tensor is on the meta device.

    Example:
        >>> as_numpy("weight", [[1, 2]])
        [[1, 2]]
        >>> import torch
        >>> as_numpy("weight", torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)))
        array([1., 1.], dtype=float32)
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return value
    if value.is_meta:
        raise ValueError(f"{name} is a tensor on the meta device: accepted are tensors that hold numbers")
    tensor = value.detach().cpu()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_floating_point() and tensor.dtype not in (torch.float16, torch.float32, torch.float64):
        tensor = tensor.float()
    return tensor.resolve_conj().resolve_neg().numpy()
