"""Runs of a loss, and its gradients: what all products but the written-out one have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from hwlib._core.repeatable import Repeatable


class Evaluation:
    """Runs the loss as often as needed, each time with the same random numbers and without a trace in buffers."""

    def __init__(self, loss: Callable[[], torch.Tensor], parameters: list[torch.Tensor]) -> None:
        self.loss, self.parameters = loss, parameters
        self._runs = Repeatable()

    def versions(self) -> tuple[int, ...]:
        """Counts of the changes that PyTorch has seen in the parameters: other counts, another point."""
        return tuple(p._version for p in self.parameters)

    def value(self) -> torch.Tensor:
        """The loss, with its graph."""
        with self._runs.run(), torch.enable_grad():
            value = self.loss()
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            given = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else repr(value)
            raise ValueError(f"loss returns {given}: accepted is a tensor with one entry")
        if not value.requires_grad:
            raise ValueError("loss depends on none of the parameters: accepted is one that does")
        return value.reshape(())

    def check_repeatable(self) -> None:
        """Refuse a loss that changes from run to run: its products would be of another Hessian each time."""
        first, second = self.value(), self.value()
        rounding = math.sqrt(torch.finfo(first.dtype).eps)  # sums on a GPU may differ in their last digits
        if not torch.isclose(first, second, rtol=rounding, atol=0, equal_nan=True):
            raise ValueError(
                f"loss returns {first.item():.6g}, then {second.item():.6g}: accepted is one that draws random numbers "
                "only from torch's default generators, or from a torch.Generator that is an attribute of a module"
            )

    def gradients(self, value: torch.Tensor, *, create_graph: bool = False) -> list[torch.Tensor]:
        """Gradient blocks of a value; zeros where it does not use a parameter."""
        found = torch.autograd.grad(value, self.parameters, create_graph=create_graph, allow_unused=True)
        return self.filled(found)

    def filled(self, blocks: Sequence[torch.Tensor | None]) -> list[torch.Tensor]:
        """Zeros for None."""
        pairs = zip(blocks, self.parameters, strict=True)
        return [torch.zeros_like(p, requires_grad=False) if block is None else block for block, p in pairs]

    def zeros(self) -> list[torch.Tensor]:
        return self.filled([None] * len(self.parameters))
