"""Stochastic gradient descent with momentum and weight decay.

Chapter: *Training is four lines, repeated*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwlib._core.arguments import positive
from hwlib._core.types import AnyArray
from hwlib.backprop import Parameter

__all__ = ["SGD", "stable_learning_rate"]


class SGD:
    """v becomes momentum * v + gradient + weight_decay * w, then w becomes w - learning_rate * v.

    It is PyTorch's ``torch.optim.SGD``: weight decay is part of the gradient, and nothing dampens the first step.

    Args:
        parameters: what is learnt; changed in place.
        learning_rate: above 0; it may be set to another number between steps.
        momentum: from 0 to below 1.
        weight_decay: at least 0.

    Attributes:
        velocities: v of each parameter.

    Raises:
        ValueError: if there are no parameters, one is there twice, or a number is out of its range.

    Example:
        >>> w = Parameter.of([1.0])
        >>> optimizer = SGD([w], learning_rate=0.5, momentum=0.5)
        >>> for _ in range(2):
        ...     w.gradient[:] = w.value  # of w^2 / 2
        ...     optimizer.step()
        >>> w.value, optimizer.velocities
        (array([0.]), [array([1.])])
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        *,
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("parameters=[]: accepted are one or more parameters")
        if len({id(parameter) for parameter in self.parameters}) < len(self.parameters):  # each would be moved twice
            raise ValueError(f"parameters={self.parameters}: accepted is each parameter once")
        self.learning_rate = float(positive("learning_rate", learning_rate))
        self.momentum = float(positive("momentum", momentum, zero=True))
        if self.momentum >= 1:
            raise ValueError(f"momentum={momentum}: accepted is a number from 0 to below 1")
        self.weight_decay = float(positive("weight_decay", weight_decay, zero=True))
        self.velocities: list[AnyArray] = [np.zeros_like(parameter.value) for parameter in self.parameters]

    def step(self) -> None:
        """Change every parameter by what its latest gradient says."""
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            velocity *= self.momentum
            velocity += parameter.gradient
            if self.weight_decay:
                velocity += self.weight_decay * parameter.value
            parameter.value[...] -= self.learning_rate * velocity

    def __repr__(self) -> str:
        return f"SGD(learning_rate={self.learning_rate}, momentum={self.momentum}, weight_decay={self.weight_decay})"


def stable_learning_rate(curvature: float, *, momentum: float = 0.0, weight_decay: float = 0.0) -> float:
    """The learning rate below which descent on a quadratic converges from every start, and from which on it does not.

    Args:
        curvature: largest eigenvalue of the Hessian; the others are not below minus the weight decay.
        momentum: from 0 to below 1.
        weight_decay: at least 0.

    Returns:
        2 (1 + momentum) / (curvature + weight_decay).

    Raises:
        ValueError: if a number is out of its range, or curvature and weight decay do not add up to more than 0.

    Example:
        >>> stable_learning_rate(4.0), stable_learning_rate(4.0, momentum=0.5)
        (0.5, 0.75)
    """
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum={momentum}: accepted is a number from 0 to below 1")
    total = curvature + positive("weight_decay", weight_decay, zero=True)
    return float(2 * (1 + momentum) / positive("curvature + weight_decay", total))
