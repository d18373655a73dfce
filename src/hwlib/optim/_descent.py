"""Gradient descent with its whole path, and which of many solutions it ends in.

Chapter: *Gradient descent picks the nearest solution*.

The sum of squares ``|Xw - y|^2`` with more weights than samples has infinitely many minimisers. Gradient descent moves
only in the span of the rows of X, so of all of them it ends in the one nearest to its start. Methods that move
otherwise end elsewhere.

Sources: problems ``opt-min-norm`` and ``opt-min-norm-meaning``; Gunasekar, Lee, Soudry & Srebro, *Characterizing
Implicit Bias in Terms of Optimization Geometry* (2018); Soudry et al., *The Implicit Bias of Gradient Descent on
Separable Data* (2018); Lawson & Hanson, *Solving Least Squares Problems* (1974), for least distances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse, special
from scipy.sparse import linalg as sparse_linalg

from hwlib._core.arguments import positive, whole
from hwlib._core.arrays import as_numbers, real_array
from hwlib._core.optional import require
from hwlib._core.types import AnyArray, Array

__all__ = [
    "Mirror",
    "entropy",
    "follow",
    "gradient_descent",
    "learning_rate_limit",
    "least_squares_gradient",
    "least_squares_iterate",
    "least_squares_limit",
    "logistic_gradient",
    "max_margin",
    "mirror_descent",
    "p_norm",
]

Gradient = Callable[[AnyArray], AnyArray]


def gradient_descent(
    gradient: Gradient, start: npt.ArrayLike, *, learning_rate: Any, steps: int, momentum: float = 0.0
) -> AnyArray:
    """Follow w(t+1) = w(t) - learning_rate * gradient(w(t)) + momentum * (w(t) - w(t-1)), and keep every point.

    Only sums and products are used, so a start of Fractions gives exact points.

    Args:
        gradient: from a point ``(d,)`` to the gradient there, ``(d,)``.
        start: the first point, ``(d,)``.
        learning_rate: above 0.
        steps: how many steps, at least 0.
        momentum: part of the last move that is made again, from 0 to below 1 (heavy ball).

    Returns:
        ``(steps + 1, d)``: the path, the start first.

    Raises:
        ValueError: if the start is no vector of finite numbers, or an option is out of its range.

    Example:
        >>> gradient_descent(lambda w: 2 * w, [8.0], learning_rate=0.25, steps=3).ravel()
        array([8., 4., 2., 1.])
    """
    point, steps = _start(start), whole("steps", steps, least=0)
    positive("learning_rate", learning_rate)
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum={momentum!r}: accepted are numbers from 0 to below 1")
    path, last = [point], point
    for _ in range(steps):
        moved = point - learning_rate * gradient(point)
        if momentum:
            moved = moved + momentum * (point - last)
        point, last = moved, point
        path.append(point)
    return np.array(path)


@dataclass(frozen=True)
class Mirror:
    """A strictly convex potential psi, by which :func:`mirror_descent` measures distances.

    Attributes:
        name: what a figure calls it.
        potential: psi, from a point to a number.
        to_dual: the gradient of psi.
        from_dual: the inverse of that gradient.
    """

    name: str
    potential: Callable[[Array], float] = field(repr=False)
    to_dual: Callable[[Array], Array] = field(repr=False)
    from_dual: Callable[[Array], Array] = field(repr=False)

    def divergence(self, point: npt.ArrayLike, start: npt.ArrayLike) -> float:
        """Bregman divergence: psi(point) minus its tangent at the start.

        Args:
            point: ``(d,)``.
            start: ``(d,)``.

        Returns:
            A number, zero where the two points are equal and positive elsewhere.

        Example:
            >>> p_norm(2).divergence([3.0, 4.0], [0.0, 0.0])
            12.5
        """
        w, w0 = real_array("point", point), real_array("start", start)
        return float(self.potential(w) - self.potential(w0) - self.to_dual(w0) @ (w - w0))


def p_norm(p: float) -> Mirror:
    """Potential ``1/2 |w|_p^2``: near 1 it prefers few large weights, at 2 it is ordinary descent.

    Args:
        p: above 1.

    Returns:
        The potential.

    Raises:
        ValueError: if p is not above 1, or infinite: the inverse gradient does not exist then.

    Example:
        >>> p_norm(2)
        Mirror(name='p-norm, p = 2')
        >>> p_norm(2).to_dual(np.array([3.0, -4.0]))
        array([ 3., -4.])
    """
    if not 1 < p < np.inf:
        raise ValueError(f"p={p!r}: accepted are finite numbers above 1")

    def link(w: Array, exponent: float) -> Array:
        norm = float(np.linalg.norm(w, exponent))
        scaled: Array = np.sign(w) * (abs(w) / norm) ** (exponent - 1) * norm if norm else np.zeros_like(w)
        return scaled

    return Mirror(
        f"p-norm, p = {p:g}",
        lambda w: 0.5 * float(np.linalg.norm(w, p)) ** 2,
        lambda w: link(w, p),
        lambda z: link(z, p / (p - 1)),
    )


def entropy() -> Mirror:
    """Potential sum w log w - w, for positive weights: mirror descent with it multiplies (exponentiated gradient).

    Returns:
        The potential.

    Example:
        >>> entropy().from_dual(entropy().to_dual(np.array([0.5, 2.0])))
        array([0.5, 2. ])
    """
    return Mirror("entropy", lambda w: float(special.xlogy(w, w).sum() - w.sum()), np.log, np.exp)


def mirror_descent(
    gradient: Gradient, start: npt.ArrayLike, *, learning_rate: float, steps: int, mirror: Mirror
) -> Array:
    """Descent whose steps are taken in the dual: to_dual(w(t+1)) = to_dual(w(t)) - learning_rate * gradient(w(t)).

    Args:
        gradient: as for :func:`gradient_descent`.
        start: the first point, ``(d,)``; where the potential is finite and smooth.
        learning_rate: above 0.
        steps: at least 0.
        mirror: the potential.

    Returns:
        ``(steps + 1, d)``: the path, the start first.

    Raises:
        ValueError: as :func:`gradient_descent`, or if the start is not in the domain of the potential.

    Example:
        >>> path = mirror_descent(lambda w: np.log(w), [4.0], learning_rate=0.5, steps=2, mirror=entropy())
        >>> path.ravel().round(6)
        array([4.      , 2.      , 1.414214])
    """
    point, steps = real_array("start", _start(start)), whole("steps", steps, least=0)
    positive("learning_rate", learning_rate)
    with np.errstate(all="ignore"):
        dual = real_array("the dual of the start", mirror.to_dual(point), finite=False)
    if not np.isfinite(dual).all():
        raise ValueError(f"start={start!r} is outside the domain of the potential {mirror.name!r}")
    path = [point]
    for _ in range(steps):
        dual = dual - learning_rate * gradient(path[-1])
        path.append(mirror.from_dual(dual))
    return np.array(path)


def follow(optimizer: Callable[[list[Any]], Any], gradient: Gradient, start: npt.ArrayLike, *, steps: int) -> Array:
    """Path of any of PyTorch's optimizers on a function of which only the gradient is given.

    Args:
        optimizer: makes the optimizer from a list of parameters, such as ``lambda p: torch.optim.Adam(p, lr=0.1)``.
        gradient: as for :func:`gradient_descent`.
        start: the first point, ``(d,)``.
        steps: at least 0.

    Returns:
        ``(steps + 1, d)``: the path in float64, the start first.

    Raises:
        ValueError: if the start is no vector of finite numbers or the number of steps is negative.

    Example:
        >>> import torch
        >>> follow(lambda p: torch.optim.SGD(p, lr=0.25), lambda w: 2 * w, [8.0], steps=3).ravel()
        array([8., 4., 2., 1.])
    """
    torch = require("torch")
    weights = torch.tensor(real_array("start", _start(start))).requires_grad_()
    stepper = optimizer([weights])
    path = [weights.detach().numpy().copy()]
    for _ in range(whole("steps", steps, least=0)):
        weights.grad = torch.tensor(real_array("the gradient", gradient(path[-1]), finite=False))
        stepper.step()
        path.append(weights.detach().numpy().copy())
    return np.array(path)


def least_squares_gradient(X: Any, y: npt.ArrayLike) -> Gradient:
    """Gradient of the sum of squares f(w) = ``|Xw - y|^2``, which is 2 X^T (Xw - y).

    Args:
        X: ``(n, d)``, an array or a sparse array: a sample in each row.
        y: ``(n,)``.

    Returns:
        Function from ``(d,)`` to ``(d,)``.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> least_squares_gradient([[1, 2]], [5])(np.array([0, 0]))
        array([-10, -20])
    """
    matrix, targets = _samples(X, y)
    transposed = matrix.T

    def gradient(w: AnyArray) -> AnyArray:
        product: AnyArray = 2 * (transposed @ (matrix @ w - targets))
        return product

    return gradient


def learning_rate_limit(X: Any) -> float:
    """The learning rate from which on descent on ``|Xw - y|^2`` fails for some start: 1 / sigma^2, sigma X's norm.

    Below it, descent converges from every start.

    Args:
        X: ``(n, d)``, an array or a sparse array.

    Returns:
        The first learning rate that is too large; infinite for a matrix of zeros.

    Raises:
        ValueError: if X is no matrix of finite numbers.

    Example:
        >>> learning_rate_limit([[3.0, 4.0]])
        0.04
    """
    matrix = _matrix(X)
    if not _is_sparse(matrix) or min(matrix.shape) <= 2:  # svds needs three rows and columns
        norm = float(np.linalg.norm(_dense(matrix), 2))
    elif not matrix.count_nonzero():
        norm = 0.0
    else:
        start = np.random.default_rng(0).standard_normal(min(matrix.shape))
        norm = float(sparse_linalg.svds(matrix.astype(float), 1, v0=start, return_singular_vectors=False)[0])
    return 1 / norm / norm if norm else float("inf")


def least_squares_iterate(X: Any, y: npt.ArrayLike, start: npt.ArrayLike, *, learning_rate: float, steps: int) -> Array:
    """Point after some steps of descent on ``|Xw - y|^2``, without taking them.

    Along each singular vector the residual is multiplied by 1 - 2 learning_rate sigma^2 in each step; so t steps move
    the weight by (1 - (1 - 2 learning_rate sigma^2)^t) / sigma times the residual at the start.

    Args:
        X: ``(n, d)``.
        y: ``(n,)``.
        start: ``(d,)``.
        learning_rate: above 0.
        steps: t, at least 0.

    Returns:
        ``(d,)``.

    Raises:
        ValueError: if shapes do not fit, a number is not finite, or an option is out of its range.

    Example:
        >>> least_squares_iterate([[1.0, 1.0]], [4.0], [0.0, 0.0], learning_rate=0.125, steps=2)
        array([1.5, 1.5])
    """
    matrix, targets, w0 = _samples_and_start(X, y, start)
    positive("learning_rate", learning_rate)
    t = whole("steps", steps, least=0)
    u, s, vt = _svd(matrix)
    rate = 2 * float(learning_rate) * s**2
    # 1 - (1 - rate)^t without the cancellation that a small rate would bring.
    with np.errstate(over="ignore"):
        slow = -np.expm1(t * np.log1p(-np.minimum(rate, 0.5)))
        filled = np.where(rate <= 0.5, slow, 1 - (1 - rate) ** t)
    moved: Array = w0 + vt.T @ (filled / s * (u.T @ (targets - matrix @ w0)))
    return moved


def least_squares_limit(X: Any, y: npt.ArrayLike, start: npt.ArrayLike) -> Array:
    """Where descent on ``|Xw - y|^2`` ends: start + X^+ (y - X start), the minimiser nearest to the start.

    That holds for every learning rate below :func:`learning_rate_limit`, also where no w fits all samples.

    Args:
        X: ``(n, d)``.
        y: ``(n,)``.
        start: ``(d,)``; from zero the limit is the minimiser of least norm.

    Returns:
        ``(d,)``.

    Raises:
        ValueError: if the shapes do not fit, or a number is not finite.

    Example:
        >>> least_squares_limit([[1.0, 1.0]], [4.0], [0.0, 2.0])
        array([1., 3.])
    """
    matrix, targets, w0 = _samples_and_start(X, y, start)
    u, s, vt = _svd(matrix)
    limit: Array = w0 + vt.T @ ((u.T @ (targets - matrix @ w0)) / s)
    return limit


def logistic_gradient(X: Any, signs: npt.ArrayLike) -> Gradient:
    """Gradient of the logistic loss, the mean of log(1 + exp(-sign * Xw)).

    Args:
        X: ``(n, d)``.
        signs: ``(n,)``, each 1 or -1.

    Returns:
        Function from ``(d,)`` to ``(d,)``.

    Raises:
        ValueError: if the shapes do not fit, or a sign is neither 1 nor -1.

    Example:
        >>> logistic_gradient([[1.0], [3.0]], [1, -1])(np.zeros(1))
        array([0.5])
    """
    signed = _signed(X, signs)

    def gradient(w: AnyArray) -> AnyArray:
        product: AnyArray = -(signed.T @ special.expit(-(signed @ w))) / len(signed)
        return product

    return gradient


def max_margin(X: Any, signs: npt.ArrayLike) -> Array:
    """Shortest w with sign * Xw at least 1 for every sample: its direction has the widest margin, ``1 / |w|``.

    Args:
        X: ``(n, d)``.
        signs: ``(n,)``, each 1 or -1.

    Returns:
        ``(d,)``.

    Raises:
        ValueError: as :func:`logistic_gradient`, or if no w through the origin separates the two signs.

    Example:
        >>> max_margin([[2.0, 1.0], [-2.0, 1.0], [4.0, 5.0]], [1, -1, 1]).round(12) + 0.0
        array([0.5, 0. ])
    """
    signed = _signed(X, signs)
    # Lawson and Hanson's least distance: the residual of a non-negative least squares problem points at the answer.
    scale = abs(signed).max() or 1.0
    stacked = np.vstack([signed.T / scale, np.ones(len(signed))])
    target = np.append(np.zeros(signed.shape[1]), 1.0)
    weights, _ = optimize.nnls(stacked, target)
    residual = stacked @ weights - target
    point = -residual[:-1] / residual[-1] / scale if residual[-1] < -1e-12 else np.zeros(signed.shape[1])
    if not (signed @ point >= 1 - 1e-6).all():
        raise ValueError("signs can't be separated by a line through the origin: accepted are separable samples")
    return np.asarray(point, float)


def _start(start: npt.ArrayLike) -> AnyArray:
    point = _real("start", start)
    if point.ndim != 1 or not point.size:
        raise ValueError(f"start has shape {point.shape}: accepted is a vector of one or more numbers")
    return point


def _real(name: str, values: Any) -> AnyArray:
    """Finite real numbers, of the type they have: whole numbers and Fractions stay exact."""
    real_array(name, values)
    return as_numbers(name, values, exact=True, wide=True)


def _is_sparse(X: Any) -> bool:
    return bool(sparse.issparse(X))


def _matrix(X: Any) -> Any:
    """X as an array or a sparse array, of finite real numbers: LAPACK would not return from infinite ones."""
    matrix: Any = sparse.csr_array(X) if _is_sparse(X) else _real("X", X)
    if _is_sparse(X):
        real_array("X", matrix.data)
    if matrix.ndim != 2 or not min(matrix.shape):
        raise ValueError(f"X has shape {matrix.shape}: accepted are matrices, a sample in each row")
    return matrix


def _dense(matrix: Any) -> Array:
    return np.asarray(matrix.toarray() if _is_sparse(matrix) else matrix, float)


def _samples(X: Any, y: npt.ArrayLike, name: str = "y") -> tuple[Any, AnyArray]:
    matrix, targets = _matrix(X), _real(name, y)
    if targets.shape != matrix.shape[:1]:
        raise ValueError(
            f"{name} has shape {targets.shape}: accepted is one entry for each row of X, {matrix.shape[:1]}"
        )
    return matrix, targets


def _samples_and_start(X: Any, y: npt.ArrayLike, start: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """All three in floats."""
    matrix, targets = _samples(X, y)
    w0 = real_array("start", start)
    if w0.shape != matrix.shape[1:]:
        raise ValueError(f"start has shape {w0.shape}: accepted is one entry for each column of X, {matrix.shape[1:]}")
    return _dense(matrix), np.asarray(targets, float), w0


def _signed(X: Any, signs: npt.ArrayLike) -> Array:
    matrix, labels = _samples(X, signs, "signs")
    if not np.isin(labels, (-1, 1)).all():
        raise ValueError(f"signs={signs!r}: accepted are 1 and -1")
    signed: Array = _dense(matrix) * np.asarray(labels, float)[:, None]
    return signed


def _svd(matrix: Array) -> tuple[Array, Array, Array]:
    """Singular triplets without those whose value is zero up to rounding, as the pseudo-inverse drops them."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    kept = s > max(matrix.shape) * np.finfo(float).eps * s.max()
    return u[:, kept], s[kept], vt[kept]
