"""Fit a mixture of logistic regressions: by EM, or by gradient ascent, from the same start.

Chapter: *A mixture of logistic regressions is a network*.

EM asks how likely each component made each label (the responsibilities), then fits each logistic regression with
those as weights of the samples. Gradient ascent moves the weights and the logits of the shares, as for any network.

Sources: problem ``mixture-as-network``; Dempster, Laird & Rubin, *Maximum Likelihood from Incomplete Data via the EM
Algorithm* (1977); Böhning & Lindsay, *Monotonicity of Quadratic-Approximation Algorithms* (1988), for the safe step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from hwlib._core.arguments import instance, positive, whole
from hwlib._core.arrays import real_array
from hwlib._core.types import Array, Integers
from hwlib.mixture._mixture import Mixture, samples

__all__ = ["MixtureFit", "em_step", "fit_em", "fit_gradient", "log_likelihood_gradient", "weighted_logistic"]


@dataclass(frozen=True, eq=False, repr=False)
class MixtureFit:
    """What fitting came to.

    Attributes:
        mixture: the last one.
        path: ``(steps + 1,)``: what is climbed, at the start and after each step: the log-likelihood, less the
            penalty of ``ridge``.
        status: ``"converged"`` if the last step gained less than the tolerance, else ``"out of steps"``.
    """

    mixture: Mixture
    path: Array
    status: Literal["converged", "out of steps"]

    def __repr__(self) -> str:
        return f"MixtureFit({self.status!r} at {self.path[-1]:.6g} after {len(self.path) - 1} steps, {self.mixture})"


def weighted_logistic(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    counts: npt.ArrayLike,
    start: npt.ArrayLike,
    *,
    ridge: float = 0.0,
    steps: int = 25,
    tolerance: float = 1e-10,
) -> Array:
    """Logistic regression whose samples count more or less, by Newton's method that never goes down.

    Newton's step is taken if it gains enough. Otherwise the step is taken that replaces each sigma(1 - sigma) in the
    Hessian by its largest value, one quarter: that one never loses.

    Args:
        X: ``(n, d)``.
        y: ``(n,)``, each 0 or 1.
        counts: ``(n,)``, not negative: how much each sample counts.
        start: ``(d,)``.
        ridge: the penalty ``ridge / 2 * |w|^2`` is taken off; with 0, separable samples have no best w.
        steps: at most so many.
        tolerance: it stops when a step gains less than this share of the sum of the counts.

    Returns:
        ``(d,)``: weights at which ``sum counts log p(y | x, w)``, less the penalty, is at least what it was.

    Raises:
        ValueError: if shapes do not fit or a number is out of its range.

    Example:
        >>> X, y = [[1.0], [1.0], [1.0], [1.0]], [1, 1, 1, 0]
        >>> weighted_logistic(X, y, [1, 1, 1, 1], [0.0]).round(9)  # log 3: three of four
        array([1.09861229])
    """
    points, labels = samples(X, y)
    r, w = real_array("counts", counts), real_array("start", start)
    if r.shape != labels.shape or (r < 0).any():
        raise ValueError(f"counts has shape {r.shape}: accepted are {len(labels)} numbers that are not negative")
    if w.shape != points.shape[1:]:
        raise ValueError(f"start has shape {w.shape}: accepted is {points.shape[1:]}")
    positive("ridge", ridge, zero=True)
    return _weighted(points, labels, r, w, ridge, whole("steps", steps, least=0), positive("tolerance", tolerance))


def _weighted(X: Array, y: Integers, r: Array, w: Array, ridge: float, steps: int, tolerance: float) -> Array:
    sign, total = 2.0 * y - 1, float(r.sum())
    penalty = ridge * np.eye(X.shape[1])
    w, z = w.copy(), X @ w

    def worth(w: Array, z: Array) -> float:
        return float(r @ special.log_expit(sign * z)) - ridge / 2 * float(w @ w)

    value = worth(w, z)
    for _ in range(steps if total else 0):
        p = special.expit(z)
        slope = X.T @ (r * (y - p)) - ridge * w
        for curvature in (p * (1 - p), np.full_like(p, 0.25)):
            # Least squares: along directions that no sample reads there is nothing to gain, and nothing moves.
            with np.errstate(over="ignore", invalid="ignore"):
                hessian = (X.T * (r * curvature)) @ X + penalty
            if not np.isfinite(hessian).all():
                raise ValueError("X has squares beyond the largest float: accepted are smaller numbers")
            move = np.linalg.lstsq(hessian, slope, rcond=None)[0]
            tried, tried_z = w + move, X @ (w + move)
            gained = worth(tried, tried_z) - value
            if gained >= 1e-4 * float(slope @ move):
                break
        if gained < 0:  # only rounding is left
            break
        w, z, value = tried, tried_z, value + gained
        if gained < tolerance * total:
            break
    return w


def em_step(
    mixture: Mixture, X: npt.ArrayLike, y: npt.ArrayLike, *, ridge: float = 0.0, newton_steps: int = 25
) -> Mixture:
    """One step of EM: responsibilities, then new shares and a weighted logistic regression for each component.

    Args:
        mixture: the mixture to improve.
        X: ``(n, d)``.
        y: ``(n,)``, each 0 or 1.
        ridge: penalty on each component's weights, as in :func:`weighted_logistic`.
        newton_steps: at most so many in each weighted logistic regression, from the component's own weights.

    Returns:
        A mixture whose log-likelihood, less the penalty, is not smaller.

    Raises:
        ValueError: if shapes do not fit or a number is out of its range.

    Example:
        >>> start = Mixture([0.5, 0.5], [[1.0], [-1.0]])
        >>> em_step(start, [[1.0], [1.0]], [1, 1]).shares.round(6)
        array([0.731059, 0.268941])
    """
    instance("mixture", mixture, Mixture, "a Mixture")
    points, labels = samples(X, y)
    r = mixture.responsibilities(points, labels)
    moved = [
        weighted_logistic(points, labels, counts, w, ridge=ridge, steps=newton_steps)
        for counts, w in zip(r.T, mixture.weights, strict=True)
    ]
    return Mixture(r.mean(0), np.array(moved))


def fit_em(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    start: Mixture,
    *,
    steps: int = 500,
    tolerance: float = 1e-9,
    ridge: float = 0.0,
    newton_steps: int = 25,
) -> MixtureFit:
    """Repeat :func:`em_step`.

    Args:
        X: ``(n, d)``.
        y: ``(n,)``, each 0 or 1.
        start: where to begin.
        steps: at most so many.
        tolerance: it stops when a step gains less than this for each sample.
        ridge: penalty on each component's weights.
        newton_steps: as for :func:`em_step`.

    Returns:
        The last mixture, and the climb, which never goes down but by rounding.

    Raises:
        ValueError: if shapes do not fit or a number is out of its range.

    Example:
        >>> X, y = [[1.0], [1.0], [1.0], [1.0]], [1, 1, 1, 0]
        >>> fit_em(X, y, Mixture([0.5, 0.5], [[1.0], [0.0]])).mixture.probability([[1.0]]).round(6)
        array([0.75])
    """
    points, labels = samples(X, y)
    most, small = whole("steps", steps, least=0), positive("tolerance", tolerance, zero=True) * len(labels)
    mixture = instance("start", start, Mixture, "a Mixture")
    path = [_climbed(mixture, points, labels, ridge)]
    for _ in range(most):
        mixture = em_step(mixture, points, labels, ridge=ridge, newton_steps=newton_steps)
        path.append(_climbed(mixture, points, labels, ridge))
        if path[-1] - path[-2] < small:
            return MixtureFit(mixture, np.array(path), "converged")
    return MixtureFit(mixture, np.array(path), "out of steps")


def log_likelihood_gradient(mixture: Mixture, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    """Gradient of the log-likelihood by the logits of the shares and by the weights.

    Args:
        mixture: where.
        X: ``(n, d)``.
        y: ``(n,)``, each 0 or 1.

    Returns:
        ``(K,)`` and ``(K, d)``: sums over samples of ``r_k - pi_k`` and of ``r_k (y - sigma(w_k x)) x``.

    Raises:
        ValueError: if shapes do not fit.

    Example:
        >>> log_likelihood_gradient(Mixture([1.0], [[0.0]]), [[2.0]], [1])
        (array([0.]), array([[1.]]))
    """
    points, labels = samples(X, y)
    r = instance("mixture", mixture, Mixture, "a Mixture").responsibilities(points, labels)
    error = labels[:, None] - special.expit(points @ mixture.weights.T)
    return (r - mixture.shares).sum(0), (r * error).T @ points


def fit_gradient(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    start: Mixture,
    *,
    learning_rate: float,
    steps: int,
    ridge: float = 0.0,
) -> MixtureFit:
    """Gradient ascent on the log-likelihood per sample, in the logits of the shares and in the weights.

    Args:
        X: ``(n, d)``.
        y: ``(n,)``, each 0 or 1.
        start: where to begin; a share of zero would stay zero, and is refused.
        learning_rate: above 0.
        steps: how many.
        ridge: penalty on each component's weights, taken off the log-likelihood of all samples.

    Returns:
        The last mixture and the climb, in the units of :func:`fit_em`.

    Raises:
        ValueError: if shapes do not fit, a number is out of its range, a share is zero, or the steps diverge so far
            that floats overflow.

    Example:
        >>> fit = fit_gradient([[1.0], [1.0]], [1, 0], Mixture([1.0], [[2.0]]), learning_rate=2.0, steps=50)
        >>> abs(fit.mixture.weights.round(6))
        array([[0.]])
    """
    points, labels = samples(X, y)
    positive("learning_rate", learning_rate)
    positive("ridge", ridge, zero=True)
    if not instance("start", start, Mixture, "a Mixture").shares.all():
        raise ValueError("start has a share of zero, which has no logit: accepted are shares above zero")
    logits, weights, sign = start.logits, start.weights, 2.0 * labels[:, None] - 1
    path = []
    for left in range(whole("steps", steps, least=0), -1, -1):
        scores = points @ weights.T
        joint = special.log_softmax(logits) + special.log_expit(sign * scores)
        marginal = np.logaddexp.reduce(joint, axis=1, keepdims=True)
        path.append(float(marginal.sum()) - _penalty(weights, ridge))
        if left:
            r = np.exp(joint - marginal)
            rate = learning_rate / len(labels)
            by_weights = (r * (labels[:, None] - special.expit(scores))).T @ points - ridge * weights
            with np.errstate(over="ignore", invalid="ignore"):
                logits = logits + rate * (r - special.softmax(logits)).sum(0)
                weights = weights + rate * by_weights
                reach = abs(points).max() * abs(weights).max() * points.shape[1]
            if not (np.isfinite(logits).all() and np.isfinite([reach, _penalty(weights, ridge)]).all()):
                raise ValueError(
                    f"learning_rate={learning_rate}: accepted is one that does not diverge; with this one, numbers are "
                    f"beyond the largest float after {len(path)} steps"
                )
    return MixtureFit(Mixture.from_logits(logits, weights), np.array(path), "out of steps")


def _climbed(mixture: Mixture, X: Array, y: Integers, ridge: float) -> float:
    return mixture.log_likelihood(X, y) - _penalty(mixture.weights, positive("ridge", ridge, zero=True))


def _penalty(weights: Array, ridge: float) -> float:
    with np.errstate(over="ignore"):
        return float(ridge) / 2 * float((weights**2).sum()) if ridge else 0.0
