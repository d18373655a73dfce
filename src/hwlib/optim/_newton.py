"""Newton's step: where it leads, when there is none, and how to take it by products alone.

Chapter: *Curvature costs two gradients*.

The second-order Taylor model of f at w, as a function of the step s, is f + g^T s + 1/2 s^T H s. It has a minimum only
if H has no negative eigenvalue and g no component where H is zero.

Sources: problem ``opt-newton-step``; Nocedal & Wright, *Numerical Optimization* (2006); Dauphin et al., *Identifying
and attacking the saddle point problem in high-dimensional non-convex optimization* (2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import positive, whole
from hwlib._core.arrays import brief, real_array
from hwlib._core.types import Array

__all__ = ["ConjugateGradient", "TaylorMinimum", "conjugate_gradient", "newton_path", "taylor_minimum"]


@dataclass(frozen=True, repr=False)
class TaylorMinimum:
    """What the minimum of a second-order model is.

    Attributes:
        kind: ``"one"``, ``"many"`` (a flat of minimisers) or ``"none"`` (the model falls without end).
        step: the minimiser, the shortest of many; None if there is none.
        fall: a direction of length one along which the model falls without end; None if there is a minimum.
    """

    kind: Literal["one", "many", "none"]
    step: Array | None
    fall: Array | None

    def __repr__(self) -> str:
        return f"TaylorMinimum({self.kind!r}, step={brief(self.step)}, fall={brief(self.fall)})"


def taylor_minimum(hessian: npt.ArrayLike, gradient: npt.ArrayLike, *, tolerance: float = 1e-10) -> TaylorMinimum:
    """Minimise g^T s + 1/2 s^T H s over all steps s.

    Args:
        hessian: H, ``(d, d)``, symmetric.
        gradient: g, ``(d,)``.
        tolerance: eigenvalues below this share of the largest count as zero, and components of g likewise.

    Returns:
        The minimum, or the reason why there is none.

    Raises:
        ValueError: if the shapes do not fit, a number is not finite, H is not symmetric, or the step is too long for
            floats.

    Example:
        >>> taylor_minimum([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])
        TaylorMinimum('one', step=[-1, -1], fall=None)
        >>> taylor_minimum([[2.0, 0.0], [0.0, -4.0]], [2.0, 4.0])
        TaylorMinimum('none', step=None, fall=[0, -1])
    """
    H, g = _model(hessian, gradient)
    positive("tolerance", tolerance, zero=True)
    values, vectors = np.linalg.eigh(H)
    parts = vectors.T @ g
    flat = abs(values) <= tolerance * abs(values).max()
    if values[0] < 0 and not flat[0]:
        return TaylorMinimum("none", None, _downhill(vectors[:, 0], g))
    slope, scale = vectors @ np.where(flat, parts, 0), _power_of_two(g)
    length = np.linalg.norm(slope / scale)
    if length > tolerance * np.linalg.norm(g / scale):
        return TaylorMinimum("none", None, -slope / scale / length + 0.0)
    with np.errstate(over="ignore"):
        shares = np.where(flat, 0, -parts / np.where(flat, 1, values))
    step = vectors @ _finite(shares) + 0.0
    return TaylorMinimum("many" if flat.any() else "one", step, None)


@dataclass(frozen=True, repr=False)
class ConjugateGradient:
    """How far conjugate gradients came with (H + damping I) s = -g.

    Attributes:
        step: s.
        status: ``"solved"``, ``"negative curvature"`` or ``"out of steps"``.
        fall: a direction d of length one with d^T (H + damping I) d <= 0, if one was met; else None.
        products: products with H that were taken.
    """

    step: Array
    status: Literal["solved", "negative curvature", "out of steps"]
    fall: Array | None
    products: int

    def __repr__(self) -> str:
        return (
            f"ConjugateGradient({self.status!r}, step={brief(self.step)}, fall={brief(self.fall)}, "
            f"products={self.products})"
        )


def conjugate_gradient(
    operator: Any,
    gradient: npt.ArrayLike,
    *,
    damping: float = 0.0,
    tolerance: float = 1e-8,
    steps: int | None = None,
) -> ConjugateGradient:
    """Newton's step from products with H only, by conjugate gradients.

    Before it divides by a curvature it looks at its sign: along a direction of negative curvature the model has no
    minimum, and the method stops there and returns that direction, which goes downhill.

    Args:
        operator: H, anything with ``H @ v``: a matrix or a :class:`hwlib.optim.HessianOperator`.
        gradient: g, ``(d,)``.
        damping: at least 0.
        tolerance: the residual to reach, as a share of the length of g.
        steps: at most so many, with a product each; ten times d if None.

    Returns:
        The step and how it ended.

    Raises:
        ValueError: if the gradient is no vector of finite numbers, an option is out of its range, or a product or the
            step is not finite.

    Example:
        >>> conjugate_gradient(np.diag([2.0, 4.0]), [2.0, 4.0])
        ConjugateGradient('solved', step=[-1, -1], fall=None, products=2)
    """
    g = real_array("gradient", gradient)
    if g.ndim != 1 or not g.size:
        raise ValueError(f"gradient has shape {g.shape}: accepted is a vector of one or more numbers")
    for name, option in (("damping", damping), ("tolerance", tolerance)):
        positive(name, option, zero=True)
    scale = _power_of_two(g)  # of its length, so that squares neither overflow nor vanish
    step, residual = np.zeros_like(g), -g / scale
    direction, square = residual.copy(), float(residual @ residual)
    goal, most = tolerance**2 * square, 10 * len(g) if steps is None else whole("steps", steps, least=0)
    for products in range(most):
        if square <= goal:
            return ConjugateGradient(_finite_product(scale, step), "solved", None, products)
        bent = real_array("operator @ v", operator @ direction) + damping * direction
        curvature = float(direction @ bent)
        if curvature <= 0:
            fall = direction / np.linalg.norm(direction)
            return ConjugateGradient(_finite_product(scale, step), "negative curvature", fall, products + 1)
        length = square / curvature
        step, residual = step + length * direction, residual - length * bent
        square, last = float(residual @ residual), square
        direction = residual + square / last * direction
    return ConjugateGradient(_finite_product(scale, step), "solved" if square <= goal else "out of steps", None, most)


def newton_path(
    gradient: Callable[[Array], npt.ArrayLike],
    hessian: Callable[[Array], npt.ArrayLike],
    start: npt.ArrayLike,
    *,
    steps: int,
    damping: float = 0.0,
    absolute: bool = False,
    tolerance: float = 1e-12,
) -> Array:
    """Follow Newton's method and keep every point.

    Each step goes to the point where the model is stationary, be that a minimum, a saddle or a maximum. That is what
    Newton's method does; the two options change it.

    Args:
        gradient: from ``(d,)`` to ``(d,)``.
        hessian: from ``(d,)`` to ``(d, d)``.
        start: ``(d,)``.
        steps: at least 0.
        damping: added to every eigenvalue.
        absolute: take absolute values of the eigenvalues first, so that every step goes downhill (saddle-free).
        tolerance: a point whose gradient is no longer than this is kept.

    Returns:
        ``(steps + 1, d)``: the path, the start first.

    Raises:
        ValueError: if the Hessian is singular at a point that is met (after damping), a number is not finite, or an
            option is out of its range.

    Example:
        >>> newton_path(lambda w: 2 * w, lambda w: 2 * np.eye(2), [3.0, 4.0], steps=1)
        array([[3., 4.],
               [0., 0.]])
    """
    for name, option in (("damping", damping), ("tolerance", tolerance)):
        positive(name, option, zero=True)
    path = [real_array("start", start)]
    for _ in range(whole("steps", steps, least=0)):
        H, g = _model(hessian(path[-1]), gradient(path[-1]))
        if np.linalg.norm(g) <= tolerance:
            path.append(path[-1])
            continue
        values, vectors = np.linalg.eigh(H)
        values = (abs(values) if absolute else values) + damping
        if abs(values).min() <= 1e-14 * abs(values).max():
            raise ValueError(f"hessian is singular at {path[-1].tolist()}: accepted is an invertible one, or a damping")
        path.append(path[-1] - vectors @ ((vectors.T @ g) / values))
    return np.array(path)


def _model(hessian: npt.ArrayLike, gradient: npt.ArrayLike) -> tuple[Array, Array]:
    H, g = real_array("hessian", hessian), real_array("gradient", gradient)
    if g.ndim != 1 or not g.size or H.shape != (len(g), len(g)):
        raise ValueError(f"hessian has shape {H.shape}, gradient {g.shape}: accepted are (d, d) and (d,), d at least 1")
    if not np.allclose(H, H.T, rtol=1e-8, atol=1e-8 * abs(H).max()):
        raise ValueError("hessian is not symmetric: accepted are symmetric matrices")
    return H, g


def _finite_product(scale: float, step: Array) -> Array:
    with np.errstate(over="ignore"):
        return _finite(scale * step)


def _finite(step: Array) -> Array:
    if not np.isfinite(step).all():
        raise ValueError("gradient is too large beside the curvature: accepted are those whose step is a float")
    return step


def _power_of_two(vector: Array) -> float:
    """The largest power of two that is no larger than some entry, or 1 for zeros: dividing by it is exact."""
    _, exponent = np.frexp(abs(vector).max())
    return float(np.ldexp(1.0, int(exponent) - 1)) if vector.any() else 1.0


def _downhill(direction: Array, gradient: Array) -> Array:
    """The sign that does not go uphill, with no sign on a zero."""
    return (direction if direction @ gradient <= 0 else -direction) + 0.0
