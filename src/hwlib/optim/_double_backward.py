"""Hessian-vector products by differentiating the gradient once more."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hwlib.optim._evaluation import Evaluation


class DoubleBackward:
    """H v is the gradient of gradient . v; the graph of the gradient is built once and kept."""

    def __init__(self, evaluate: Evaluation) -> None:
        self.evaluate = evaluate
        self._built_for: tuple[int, ...] | None = None
        self._refresh()

    def _refresh(self) -> None:
        versions = self.evaluate.versions()
        if versions != self._built_for:
            self._gradients = self.evaluate.gradients(self.evaluate.value(), create_graph=True)
            # Where the loss is linear, the gradient is constant and has no graph: the block is zero.
            self._curved = [number for number, g in enumerate(self._gradients) if g.requires_grad]
            self._built_for = versions

    def gradient(self) -> Sequence[torch.Tensor]:
        self._refresh()
        return self._gradients

    def __call__(self, blocks: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        self._refresh()
        if not self._curved:
            return self.evaluate.zeros()
        products = torch.autograd.grad(
            [self._gradients[number] for number in self._curved],
            self.evaluate.parameters,
            [blocks[number] for number in self._curved],
            retain_graph=True,
            allow_unused=True,
        )
        return self.evaluate.filled(products)
