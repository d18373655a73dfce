"""Hessian-vector products by differences of gradients at two near points."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import torch

from hwlib.optim._evaluation import Evaluation
from hwlib.optim._kinks import crossed, watch_kinks
from hwlib.optim._warnings import KinkWarning

Gradients = tuple[list[torch.Tensor], list[torch.Tensor]]  # blocks, and the sides of all kinks


class Difference:
    """(g(w + r v) - g(w)) / r, or (g(w + r v) - g(w - r v)) / 2r; v is scaled to length one first."""

    def __init__(self, evaluate: Evaluation, *, step: float | None, central: bool) -> None:
        self.evaluate, self.step, self.central = evaluate, step, central
        evaluate.check_repeatable()
        self._base: Gradients | None = None
        self._base_versions: tuple[int, ...] | None = None

    def gradient(self) -> Sequence[torch.Tensor]:
        return self._at(0.0, None)[0]

    def __call__(self, blocks: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        length = _length(blocks)
        if not length:
            return self.evaluate.zeros()
        r = self.step if self.step is not None else self._good_step()
        if self.central:
            before, after, width = self._at(-r / length, blocks), self._at(r / length, blocks), 2 * r
        else:
            before, after, width = self._at_base(), self._at(r / length, blocks), r
        if units := crossed(before[1], after[1]):
            total = sum(pattern.numel() for pattern in before[1])
            warnings.warn(
                f"the difference with step {r:.2g} crosses {units} of {total} kinks, where the gradient may jump: "
                "its result is no Hessian-vector product; take a shorter step or another method",
                KinkWarning,
                stacklevel=4,
            )
        return [(a - b) * (length / width) for a, b in zip(after[0], before[0], strict=True)]

    def _good_step(self) -> float:
        """Truncation grows with r (r^2 if central), rounding falls with r: they meet near a root of the precision."""
        parameters = self.evaluate.parameters
        epsilon = max(torch.finfo(p.dtype).eps for p in parameters)
        return float(epsilon ** (1 / 3 if self.central else 1 / 2) * (1 + _length(parameters)))

    def _at_base(self) -> Gradients:
        versions = self.evaluate.versions()
        if self._base is None or versions != self._base_versions:
            self._base, self._base_versions = self._at(0.0, None), versions
        return self._base

    def _at(self, factor: float, blocks: Sequence[torch.Tensor] | None) -> Gradients:
        """Gradient blocks, and the sides of all kinks, at w + factor v. The parameters are exactly restored."""
        parameters = self.evaluate.parameters
        kept = [p.detach().clone() for p in parameters]
        try:
            if blocks is not None:
                for p, block in zip(parameters, blocks, strict=True):
                    p.data.add_(block, alpha=factor)  # by .data: to autograd, nothing was changed
            with watch_kinks() as patterns:
                value = self.evaluate.value()
            return self.evaluate.gradients(value), patterns
        finally:
            for p, value in zip(parameters, kept, strict=True):
                p.data.copy_(value)


def _length(blocks: Sequence[torch.Tensor]) -> float:
    entries = [block.detach().double().abs() for block in blocks if block.numel()]
    largest = max((float(block.max()) for block in entries), default=0.0)
    if not largest:
        return 0.0
    # Of entries of at most one: the squares of very small or very large ones would vanish or overflow.
    return largest * math.sqrt(sum(float(((block / largest) ** 2).sum()) for block in entries))
