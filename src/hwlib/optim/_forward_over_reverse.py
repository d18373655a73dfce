"""Hessian-vector products by forward mode through the backward pass."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch.autograd import forward_ad

from hwlib.optim._evaluation import Evaluation


class ForwardOverReverse:
    """Every parameter carries v as its tangent through the loss and its backward pass; nothing is kept."""

    def __init__(self, evaluate: Evaluation) -> None:
        self.evaluate = evaluate
        evaluate.check_repeatable()

    def gradient(self) -> Sequence[torch.Tensor]:
        return self.evaluate.gradients(self.evaluate.value())

    def __call__(self, blocks: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        with forward_ad.dual_level():
            with torch.no_grad(), warnings.catch_warnings():
                # On its first use PyTorch loads rules that it compiles in a way that it calls deprecated itself.
                warnings.simplefilter("ignore", DeprecationWarning)
                for p, block in zip(self.evaluate.parameters, blocks, strict=True):
                    # Adding a zero with a tangent gives the parameter that tangent, where it stands; leaving the level
                    # takes it away again.
                    p.add_(forward_ad.make_dual(torch.zeros_like(p), block))  # type: ignore[no-untyped-call]
            gradients = self.evaluate.gradients(self.evaluate.value())
            tangents = [forward_ad.unpack_dual(g).tangent for g in gradients]  # type: ignore[no-untyped-call]
            return self.evaluate.filled(tangents)
