"""The loss of problem ``backprop-loss``, in which one weight matrix is used twice, and its gradient in matrix form.

Chapter: *A weight used twice gets two gradients*.

Source: problems ``backprop-loss`` and ``backprop-matrix-form``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hwlib._core.types import AnyArray, Numbers
from hwlib.backprop._operations import relu


class WeightTwice(NamedTuple):
    """What is computed on the way to the loss.

    Attributes:
        y: ``(d,)``: W x.
        u: ``(d,)``: the positive part of y.
        v: ``(d,)``: u + W u.
        loss: half of the squared length of v.
    """

    y: AnyArray
    u: AnyArray
    v: AnyArray
    loss: Any


def weight_twice(weight: Numbers, x: Numbers) -> WeightTwice:
    """Compute y = W x, u = relu(y), v = u + W u and the loss v·v / 2.

    Args:
        weight: ``(d, d)``: W, of floats, Fractions, Values or Duals; whole numbers count as floats, unless what they
            meet is exact.
        x: ``(d,)``, likewise.

    Returns:
        y, u, v and the loss; of Fractions exactly, of Values with their history.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> weight_twice([[2]], [1])
        WeightTwice(y=array([2.]), u=array([2.]), v=array([6.]), loss=18.0)
    """
    matrix, start = _square(weight, x)
    y = matrix @ start
    u = relu(y)
    v = u + matrix @ u
    loss = v @ v / 2
    return WeightTwice(y, u, v, float(loss) if isinstance(loss, np.floating) else loss)


def weight_twice_gradient(weight: Numbers, x: Numbers) -> AnyArray:
    """The gradient of the loss by W, in matrix form: v ⊗ u + diag(step(y)) (I + Wᵀ) v ⊗ x, a part for each use.

    With step(0) = 0, as automatic differentiation has it. Where :func:`weight_twice_kinks` is false, it is the
    derivative, whatever step(0) may be.

    Args:
        weight: ``(d, d)``: W, of floats or Fractions.
        x: ``(d,)``.

    Returns:
        ``(d, d)``: entry (i, j) is the derivative by W_ij.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> weight_twice_gradient([[2]], [1])
        array([[30.]])
    """
    matrix, start = _square(weight, x)
    y, u, v, _ = weight_twice(matrix, start)
    back = v + matrix.T @ v
    gradient: AnyArray = np.outer(v, u) + np.outer((y > 0) * back, start)
    return gradient


def weight_twice_kinks(weight: Numbers, x: Numbers) -> AnyArray:
    """Where the loss has no derivative by an entry of W: y_i = 0, and neither x_j nor the i-th entry of (I + Wᵀ) v is.

    Args:
        weight: ``(d, d)``: W, of floats or Fractions.
        x: ``(d,)``.

    Returns:
        ``(d, d)``, Boolean.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> weight_twice_kinks([[0, 0], [1, 0]], [1, 0]).tolist()
        [[True, False], [False, False]]
    """
    matrix, start = _square(weight, x)
    y, _, v, _ = weight_twice(matrix, start)
    back = v + matrix.T @ v
    kinks: AnyArray = np.outer((y == 0) & (back != 0), start != 0)
    return kinks


def _square(weight: Numbers, x: Numbers) -> tuple[AnyArray, AnyArray]:
    matrix, start = (np.asarray(one) for one in (weight, x))
    if start.ndim != 1 or not start.size or matrix.shape != (len(start),) * 2:
        raise ValueError(
            f"weight has shape {matrix.shape} and x has shape {start.shape}: accepted are (d, d) and (d,), d at least 1"
        )
    exact = object in (matrix.dtype, start.dtype)  # beside Fractions whole numbers stay exact
    first, second = (one.astype(object if exact and one.dtype.kind in "iuO" else float) for one in (matrix, start))
    return first, second
