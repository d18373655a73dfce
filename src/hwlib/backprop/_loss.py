"""Losses: what a batch of outputs costs, and the gradient with which the backward pass begins.

Chapter: *Backwards, each layer applies its transpose*.

Source: problem ``backprop-layers``.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import whole_array
from hwlib._core.types import AnyArray, Integers
from hwlib.activations import log_softmax
from hwlib.backprop._layer import Layer, kept, shaped

__all__ = ["CrossEntropyLoss", "Loss", "Reduction", "SquaredErrorLoss", "gradient_pass"]

Reduction = Literal["mean", "sum"]


class Loss(Protocol):
    """What stands at the end of a pass."""

    def forward(self, outputs: Any, targets: Any, /) -> float:
        """The loss of a batch."""

    def backward(self) -> AnyArray:
        """Its gradient at the outputs."""


class CrossEntropyLoss:
    """Minus the logarithm of the probability that softmax gives to the right class, over a batch.

    Args:
        reduction: the ``"mean"`` over the batch, or the ``"sum"``.

    Raises:
        ValueError: if it is something else.

    Example:
        >>> loss = CrossEntropyLoss()
        >>> round(loss.forward([[0.0, 0.0], [0.0, 0.0]], [0, 1]), 6)  # log 2
        0.693147
        >>> loss.backward()
        array([[-0.25,  0.25],
               [ 0.25, -0.25]])
    """

    def __init__(self, *, reduction: Reduction = "mean"):
        self.reduction = _accepted(reduction)

    def forward(self, logits: npt.ArrayLike, targets: npt.ArrayLike) -> float:
        """The loss.

        Args:
            logits: ``(n, classes)``, at least one row.
            targets: ``(n,)``, the right classes, counted from 0.

        Returns:
            The loss; it is computed in the precision of the logits.

        Raises:
            ValueError: if a shape does not fit, or there is no such class.
        """
        z = _batch("logits", logits)
        self.right = np.arange(len(z)), _classes(targets, z.shape)
        log_p = log_softmax(z)
        self.p = np.exp(log_p)
        return (0.0 - float(log_p[self.right].sum())) / _count(z, self.reduction)  # 0, not -0, of a single class

    def backward(self) -> AnyArray:
        """Of p and y: (p - y) / n, where y is 1 at the right class, else 0; without the division for the sum."""
        gradient: AnyArray = kept(self, "p").copy()
        gradient[self.right] -= 1
        return gradient / _count(gradient, self.reduction)

    def __repr__(self) -> str:
        return f"CrossEntropyLoss(reduction={self.reduction!r})"


class SquaredErrorLoss:
    """Half the squared distance of output and target, over a batch.

    Args:
        reduction: the ``"mean"`` over the batch, or the ``"sum"``.

    Raises:
        ValueError: if it is something else.

    Example:
        >>> loss = SquaredErrorLoss()
        >>> loss.forward([[3.0, 4.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]])
        6.25
        >>> loss.backward().tolist()
        [[1.5, 2.0], [0.0, 0.0]]
    """

    def __init__(self, *, reduction: Reduction = "mean"):
        self.reduction = _accepted(reduction)

    def forward(self, outputs: npt.ArrayLike, targets: npt.ArrayLike) -> float:
        """The loss.

        Args:
            outputs: ``(n, k)``, at least one row.
            targets: ``(n, k)``.

        Returns:
            The loss; it is computed in the precision of the outputs.

        Raises:
            ValueError: if a shape does not fit.
        """
        y = _batch("outputs", outputs)
        self.error = y - shaped("targets", targets, y.shape).astype(y.dtype, copy=False)
        return float((self.error**2).sum()) / (2 * _count(y, self.reduction))

    def backward(self) -> AnyArray:
        """The difference of outputs and targets, over n; without the division for the sum."""
        error: AnyArray = kept(self, "error")
        return error / _count(error, self.reduction)

    def __repr__(self) -> str:
        return f"SquaredErrorLoss(reduction={self.reduction!r})"


def gradient_pass(model: Layer, loss: Loss, x: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """One pass forwards and one backwards: no loop over samples, neurons or weights.

    Args:
        model: a layer, mostly a :class:`Sequential`; the gradients of its parameters are overwritten.
        loss: what its output costs.
        x: ``(n, ...)``, a batch.
        targets: what the loss compares with.

    Returns:
        The loss before any step.

    Raises:
        ValueError: if shapes do not fit.

    Example:
        >>> from hwlib.backprop import Linear
        >>> model = Linear([[2.0]], [0.0])
        >>> gradient_pass(model, SquaredErrorLoss(), [[3.0]], [[5.0]])  # (6 - 5)^2 / 2
        0.5
        >>> model.weight.gradient
        array([[3.]])
    """
    value = loss.forward(model.forward(x), targets)
    model.backward(loss.backward())
    return value


def _accepted(reduction: Reduction) -> Reduction:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction={reduction!r}: accepted are 'mean' and 'sum'")
    return reduction


def _count(rows: AnyArray, reduction: Reduction) -> int:
    """What the sum over the batch is divided by."""
    return len(rows) if reduction == "mean" else 1


def _batch(name: str, values: npt.ArrayLike) -> AnyArray:
    array = shaped(name, values, (None, None))
    if 0 in array.shape:
        raise ValueError(f"{name} has shape {array.shape}: accepted is (n, k), both at least 1")
    return array


def _classes(targets: npt.ArrayLike, shape: tuple[int, ...]) -> Integers:
    """One class for each row."""
    found = whole_array("targets", targets)
    if found.shape != shape[:1]:
        raise ValueError(f"targets has shape {found.shape}: accepted is {shape[:1]}, a class for each row of logits")
    if not (found.min() >= 0 and found.max() < shape[1]):
        raise ValueError(f"targets from {found.min()} to {found.max()}: accepted are 0 to {shape[1] - 1}")
    return found
