"""Running a model on a traced input, with every operation that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from hwlib.receptive import _dimensions, _reach, _shapes, _windows
from hwlib.receptive._reach import Term
from hwlib.receptive._trace import Log, Step, Traced, arranged

__all__ = ["trace"]

_KNOWN = (_windows, _dimensions, _shapes)  # each has filled its part of the table of operations


def trace(model: Callable[..., Any], channels: int, shape: Sequence[int]) -> Traced:
    """Run a model, as in evaluation, on a traced input (1, channels, *shape)."""
    log = Log(tuple(shape), aligned=[True] * len(shape))
    axes = (-1, -1, *range(len(shape)))
    same = {n: _reach.identity(n) for n in shape}
    mask = np.ones((1, channels, *[1] * len(shape)), bool)
    start = Traced(log, (1, channels, *shape), axes, [Term(mask, tuple(same[n] for n in shape))])
    training = []
    if isinstance(model, torch.nn.Module):
        log.owners = {
            id(parameter): name.rpartition(".")[0] for name, parameter in model.named_parameters(remove_duplicate=True)
        }
        training = [part for part in model.modules() if part.training]
        model.eval()
    try:
        output = model(start)
    except (AssertionError, RuntimeError) as error:  # the model's own checks of its input
        raise ValueError(f"the model raises {type(error).__name__}: {error}") from error
    finally:
        for part in training:
            part.training = True
    if isinstance(output, torch.Tensor):
        raise ValueError("the model returns a tensor that does not depend on its input")
    if not isinstance(output, Traced):
        raise ValueError(
            f"the model returns a {type(output).__name__}: accepted is one tensor, so wrap it: lambda x: model(x)[0]"
        )
    if any(len(group) != 1 for group in output._view):
        output = _collapsed_view(output)
    log.steps.append(Step("output", "", arranged(output)))
    return arranged(output)


def _collapsed_view(x: Traced) -> Traced:
    """Undo merged dimensions of an output: its units are those of the dimensions before."""
    return Traced(x._log, x._sizes, x._axes, x._terms, tuple((i,) for group in x._view for i in group))
