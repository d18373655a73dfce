"""On which side of its kinks a computation runs: what a finite difference must not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# Operations that are not differentiable somewhere, after PyTorch has broken every spelling (nn.ReLU, F.relu, clamp)
# down to its core operations; each with the pattern that says on which side every entry is.
_SIDES: dict[str, Callable[..., torch.Tensor]] = {
    "relu": lambda x, *_: x > 0,
    "relu_": lambda x, *_: x > 0,
    "threshold": lambda x, limit, *_: x > limit,
    "threshold_": lambda x, limit, *_: x > limit,
    "leaky_relu": lambda x, *_: x > 0,
    "leaky_relu_": lambda x, *_: x > 0,
    "_prelu_kernel": lambda x, *_: x > 0,
    "abs": lambda x, *_: x > 0,
    "hardtanh": lambda x, low=-1.0, high=1.0, *_: _between(x, low, high),
    "hardtanh_": lambda x, low=-1.0, high=1.0, *_: _between(x, low, high),
    "clamp": lambda x, low=None, high=None, *_: _between(x, low, high),
    "clamp_": lambda x, low=None, high=None, *_: _between(x, low, high),
    "clamp_min": lambda x, low, *_: _between(x, low, None),
    "clamp_min_": lambda x, low, *_: _between(x, low, None),
    "clamp_max": lambda x, high, *_: _between(x, None, high),
    "clamp_max_": lambda x, high, *_: _between(x, None, high),
    "hardsigmoid": lambda x, *_: _between(x, -3.0, 3.0),
    "hardswish": lambda x, *_: _between(x, -3.0, 3.0),
    "hardshrink": lambda x, limit=0.5, *_: _between(x, -limit, limit),
    "softshrink": lambda x, limit=0.5, *_: _between(x, -limit, limit),
    "maximum": lambda x, y, *_: x > y,
    "minimum": lambda x, y, *_: x > y,
}
_COMPARISONS = {"gt", "lt", "ge", "le"}
_EXTREMES = {"max", "min", "amax", "amin"}
_WITH_PLACES = {
    *("max", "min", "sort", "topk", "kthvalue", "median", "cummax", "cummin"),
    *("max_pool2d_with_indices", "max_pool3d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool3d"),
}


def _between(x: torch.Tensor, low: Any, high: Any) -> torch.Tensor:
    """0 below, 1 between, 2 above."""
    side = torch.zeros_like(x, dtype=torch.int8)
    if low is not None:
        side = side + (x > low).int()
    if high is not None:
        side = side + (x > high).int()
    return side


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every core operation, and notes on which side of its kinks it runs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.patterns: list[torch.Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        options = kwargs or {}
        name = func.overloadpacket.__name__
        if name in _SIDES:  # before the call, which may write over its input
            named = [options[key] for key in ("min", "max") if key in options]
            self.patterns.append(_SIDES[name](*args, *named))
        out = func(*args, **options)
        if name in _COMPARISONS:
            self.patterns.append(out)
        elif name in _WITH_PLACES and isinstance(out, tuple):
            self.patterns.append(out[1])  # which entries were chosen
        elif name in _EXTREMES:
            dims = args[1] if len(args) > 1 else options.get("dim", ())
            extreme = args[0].amax if name in ("max", "amax") else args[0].amin
            self.patterns.append(args[0] == extreme(dims, keepdim=True))
        return out


@contextmanager
def watch_kinks() -> Iterator[list[torch.Tensor]]:
    """Collect the patterns of all kinks that are passed inside the context, in the order of the computation.

    Yields:
        A list that grows: an integer or Boolean tensor for each operation with a kink.
    """
    with _Watch() as watch:
        yield watch.patterns


def crossed(before: list[torch.Tensor], after: list[torch.Tensor]) -> int:
    """How many entries changed sides between two runs of one computation.

    Raises:
        ValueError: if the two runs did not pass the same operations.
    """
    if [pattern.shape for pattern in before] != [pattern.shape for pattern in after]:
        raise ValueError("loss ran through different operations at two nearby points: accepted is one computation")
    return sum(int((a != b).sum()) for a, b in zip(before, after, strict=True))
