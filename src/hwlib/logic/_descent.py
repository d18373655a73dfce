"""Descent on Boolean functions: a ReLU network with one hidden layer, from many starts at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, positive, whole
from hwlib._core.statistics import wilson
from hwlib._core.types import Array, RandomSource
from hwlib.logic._functions import FunctionLike, boolean_function, corners


@dataclass(frozen=True)
class DescentEnds:
    """Where gradient descent came to, from many starts.

    Attributes:
        losses: ``(starts,)`` mean squared error over the truth table at the end.
        solved: ``(starts,)`` whether every output is nearer to its own value than to the other.
        dead: ``(starts,)`` whether some hidden neuron is zero on the whole truth table.
        slopes: ``(starts,)`` length of the gradient at the end.
        parameters: hidden weights ``(starts, n, width)`` and biases ``(starts, 1, width)``, output weights
            ``(starts, width, 1)`` and bias ``(starts, 1, 1)``.
    """

    losses: Array
    solved: npt.NDArray[np.bool_]
    dead: npt.NDArray[np.bool_]
    slopes: Array
    parameters: tuple[Array, Array, Array, Array]

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval for the probability that a start is solved."""
        return wilson(int(self.solved.sum()), len(self.solved))

    def __repr__(self) -> str:
        return f"DescentEnds({self.solved.sum()} of {len(self.solved)} starts solved)"


def descend(
    function: FunctionLike,
    width: int,
    *,
    starts: int = 100,
    steps: int = 2000,
    learning_rate: float = 0.2,
    spread: float = 0.7,
    rng: RandomSource = None,
) -> DescentEnds:
    """Train ReLU networks with one hidden layer on a truth table, by gradient descent on the mean squared error.

    All weights and biases begin uniformly between -spread and spread; each step uses the whole table.

    Args:
        function: the function, or what :func:`boolean_function` makes one from.
        width: hidden neurons.
        starts: how many networks, each from a start of its own.
        steps: gradient steps.
        learning_rate: what the gradient is multiplied by.
        spread: how large weights may be at the start.
        rng: source of random numbers.

    Returns:
        Where all of them ended.

    Raises:
        ValueError: if a size is no whole number of at least one (steps may be zero), or a number is not positive.

    Chapter: *The perceptron learns what a neuron can do*.

    Example:
        >>> descend("x1 | x2", 4, starts=20, rng=0)
        DescentEnds(20 of 20 starts solved)
    """
    f, draw = boolean_function(function), generator("rng", rng)
    points, wanted = corners(f.arity).astype(float), np.array(f.values, float)[:, None]
    runs, k, n = whole("starts", starts, least=1), whole("width", width, least=1), f.arity
    positive("learning_rate", learning_rate)
    positive("spread", spread)
    W, b, v, c = (draw.uniform(-spread, spread, (runs, *size)) for size in ((n, k), (1, k), (k, 1), (1, 1)))
    for _ in range(whole("steps", steps, least=0)):
        parts = _gradient(points, wanted, (W, b, v, c))[0]
        W, b, v, c = (a - learning_rate * part for a, part in zip((W, b, v, c), parts, strict=True))
    gradient, hidden, errors = _gradient(points, wanted, (W, b, v, c))
    return DescentEnds(
        losses=(errors**2).mean(axis=(1, 2)),
        solved=np.asarray((abs(errors) < 0.5).all(axis=(1, 2))),
        dead=np.asarray((hidden == 0).all(axis=1).any(axis=1)),
        slopes=np.sqrt(sum((part**2).sum(axis=(1, 2)) for part in gradient)),
        parameters=(W, b, v, c),
    )


def _gradient(
    points: Array, wanted: Array, parameters: tuple[Array, Array, Array, Array]
) -> tuple[list[Array], Array, Array]:
    """Gradient of the mean squared error for each run, with hidden values (runs, points, width) and errors."""
    W, b, v, c = parameters
    hidden = np.maximum(points @ W + b, 0)
    errors = hidden @ v + c - wanted
    back = errors * (2 / len(points))
    through = (back @ v.transpose(0, 2, 1)) * (hidden > 0)
    parts = [points.T @ through, through.sum(1, keepdims=True), hidden.transpose(0, 2, 1) @ back]
    return [*parts, back.sum(1, keepdims=True)], hidden, errors
