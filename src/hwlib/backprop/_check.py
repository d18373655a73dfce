"""Gradients checked against differences, in float64; where a function has a kink, that is found and said.

Chapter: *Backwards, each layer applies its transpose*.

Source: problem ``backprop-layers``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, positive
from hwlib._core.arrays import real_array
from hwlib._core.types import AnyArray, Array, RandomSource
from hwlib.backprop._layer import Layer
from hwlib.backprop._loss import Loss

__all__ = ["GradientCheck", "Kink", "gradient_check"]

# A difference over a step h errs by about h^2, and by rounding, 1e-16 / h: 1e-5 leaves about 1e-10 of both.
STEP = 1e-5
SEED = 141_421_356  # not 0, with which x itself may have been drawn: the same numbers would come
FINER = (1, 0.1, 0.01)  # steps that are tried until both slopes agree
AGREE = 1e-6  # slopes to the left and right are the same, next to their size or one
SHRINKS = 0.5  # those of a smooth function come ten times nearer with a tenth of the step, those of a kink do not
ROUNDING = 16 * float(np.finfo(float).eps)  # by so much of its size a loss may be off
BLURRED = 30  # times the rounding at one step, it is three times that at the next, ten times finer one
SMALL = 1e-3  # errors of arrays whose derivatives are all smaller are measured against this


@dataclass(frozen=True)
class Kink:
    """A number whose change to the right and to the left moves the loss at different rates.

    There is no derivative, or the place without one is nearer than the finest step, a hundredth of the one asked for.

    Attributes:
        name: ``"x"``, or ``"parameter 0"`` and so on.
        index: where in the array.
        left: slope to the left.
        right: slope to the right.
        returned: what ``backward`` gave.
    """

    name: str
    index: tuple[int, ...]
    left: float
    right: float
    returned: float

    @property
    def between(self) -> bool:
        """Whether what was returned lies between the two slopes."""
        low, high = sorted((self.left, self.right))
        slack = AGREE * max(1, abs(low), abs(high))
        return bool(low - slack <= self.returned <= high + slack)

    def __str__(self) -> str:
        return (
            f"{self.name}{list(self.index)}: slope {self.left:.6g} to the left, {self.right:.6g} to the right, "
            f"returned {self.returned:.6g}"
        )


@dataclass(frozen=True)
class GradientCheck:
    """How far the gradients of a backward pass are from differences.

    Attributes:
        error: largest distance at a number that has a derivative, over the largest one of its array (or
            0.001, if that is larger). Infinite where what ``backward`` gave is not finite, or a parameter's gradient
            was not written over.
        worst: the place of that error, or nothing.
        checked: how many numbers were compared.
        kinks: the numbers without a derivative; they were not compared.
    """

    error: float
    worst: str
    checked: int
    kinks: tuple[Kink, ...]

    def __str__(self) -> str:
        said = f"{self.checked} derivatives, largest relative error {self.error:.1e}"
        said += f" at {self.worst}" if self.worst else ""
        return said + (f"; {len(self.kinks)} kinks, the first at {self.kinks[0]}" if self.kinks else "")


def gradient_check(
    layer: Layer,
    x: npt.ArrayLike,
    *,
    loss: Loss | None = None,
    targets: npt.ArrayLike | None = None,
    step: float = STEP,
    rng: RandomSource = SEED,
) -> GradientCheck:
    """Compares every derivative of a layer with the central difference, in float64.

    Numbers are moved one at a time. So what is found are kinks along the axes: where the loss bends only if several
    numbers move together, as relu(min(a, b)) does at zero, the differences agree with the derivatives along the axes.

    Differences of a large loss are rounded: one of size L errs by about 1e-16 L over the step, and a bend that is
    smaller than that is not told from rounding and counts as none.

    Args:
        layer: with forward, backward and parameters; it is copied and stays as it is.
        x: ``(n, ...)``, a batch, finite.
        loss: whose gradient is checked; None: the sum of the outputs, each times a random number.
        targets: what the loss compares with.
        step: over which differences are taken, times the size of the number if that is above one.
        rng: where the random numbers come from: None, a seed, or a NumPy generator; not what x was drawn from.

    Returns:
        The largest error, and the kinks that were found.

    Raises:
        ValueError: if the step is not above zero, x or the output is not finite, or a gradient has another shape than
            its array.

    Example:
        >>> from hwlib.backprop import Linear, ReLU
        >>> print(gradient_check(Linear([[1.0, 2.0]], [3.0]), [[4.0, 5.0]]).kinks)
        ()
        >>> check = gradient_check(ReLU(), [[-1.0, 0.0, 2.0]])
        >>> check.checked, check.kinks[0].index, check.kinks[0].between
        (2, (0, 1), True)
    """
    work, points, source = copy.deepcopy(layer), real_array("x", x).copy(), generator("rng", rng)
    step = float(positive("step", step))
    for parameter in work.parameters():
        parameter.value = parameter.value.astype(float)
        parameter.gradient = np.full(parameter.value.shape, np.nan)  # backward has to write over it

    def forward() -> AnyArray:
        return work.forward(points.copy())  # Flatten and others give back the very array that they took

    centre = forward()
    if not np.isfinite(centre).all():
        raise ValueError("the output has entries that are infinite or NaN: accepted are layers and x without")
    weights = source.standard_normal(centre.shape)

    def change(after: AnyArray, before: AnyArray) -> float:
        if loss is None:
            return float((weights * (after - before)).sum())
        return loss.forward(after, targets) - loss.forward(before, targets)

    size = 0.0 if loss is None else abs(loss.forward(centre, targets))
    at_output = weights if loss is None else loss.backward()
    size += float(abs(at_output * centre).sum())
    returned = [np.asarray(work.backward(at_output))]
    returned += [parameter.gradient.copy() for parameter in work.parameters()]
    arrays = [points, *(parameter.value for parameter in work.parameters())]
    names = ["x", *(f"parameter {number}" for number in range(len(arrays) - 1))]
    error, worst, checked, kinks = 0.0, "", 0, []
    for name, array, gradient in zip(names, arrays, returned, strict=True):
        if gradient.shape != array.shape:
            raise ValueError(
                f"{name} has shape {array.shape}, and its gradient {gradient.shape}: accepted are equal ones"
            )
        numeric, compared = np.zeros(array.shape), np.ones(array.shape, bool)
        for index in np.ndindex(array.shape):
            left, right = _slopes(array, index, forward, change, step, size * ROUNDING)
            if left is right:
                numeric[index] = left
            else:
                compared[index] = False
                kinks.append(Kink(name, index, float(left), float(right), float(gradient[index])))
        off = compared * abs(gradient - numeric) / max(abs(numeric).max(initial=0), SMALL)
        off[compared & ~np.isfinite(off)] = np.inf
        checked += int(compared.sum())
        if off.max(initial=0) > error:
            place = np.unravel_index(off.argmax(), off.shape)
            error, worst = float(off[place]), f"{name}{[int(i) for i in place]}"
    return GradientCheck(error, worst, checked, tuple(kinks))


def _slopes(
    array: Array,
    index: tuple[int, ...],
    forward: Callable[[], AnyArray],
    change: Callable[[AnyArray, AnyArray], float],
    step: float,
    rounding: float,
) -> tuple[float, float]:
    """Slopes of the loss to the left and to the right of one number; twice the central one if there is a derivative."""
    number, jumps = array[index], []
    centre = forward()
    for part in FINER:
        reach = step * part * max(1, abs(number))
        array[index] = number + reach
        after, high = forward(), array[index]
        array[index] = number - reach
        before, low = forward(), array[index]
        array[index] = number
        left, right = change(centre, before) / (number - low), change(after, centre) / (high - number)
        middle, noise = change(after, before) / (high - low), rounding / reach
        jumps.append(abs(right - left))
        if jumps[-1] <= AGREE * max(1, abs(left), abs(right)) + noise:
            return middle, middle
        if jumps[-1] <= BLURRED * noise:
            break  # a finer step would show more of the rounding than of the bend
    return (left, right) if len(jumps) > 1 and jumps[-1] > SHRINKS * jumps[-2] else (middle, middle)
