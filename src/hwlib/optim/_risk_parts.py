"""An expected error taken apart: bias, variance and noise, of least squares and of ridge on some of the features.

Chapter: *Over size the error falls, rises and falls again*.

The setting is that of :func:`hwlib.optim.expected_risk`: independent normal features, of which a fit sees p.

Sources: Geman, Bienenstock & Doursat, *Neural Networks and the Bias/Variance Dilemma* (1992); Belkin, Hsu & Xu, *Two
Models of Double Descent for Weak Features* (2020); Hastie, Montanari, Rosset & Tibshirani, *Surprises in
High-Dimensional Ridgeless Least Squares Interpolation* (2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwlib._core.arguments import positive, whole

__all__ = ["RiskParts", "best_penalty", "feature_pays", "ridge_parts", "risk_parts"]


@dataclass(frozen=True)
class RiskParts:
    """An expected squared error on a new sample, in three parts; made by :func:`risk_parts` or :func:`ridge_parts`.

    Attributes:
        bias: mean square of what the mean fit is off the best prediction there is, that from all features.
        variance: mean square of what a fit is off the mean fit.
        noise: variance of the noise in y.
    """

    bias: float
    variance: float
    noise: float

    @property
    def total(self) -> float:
        """The expected error, the sum of the three."""
        return self.bias + self.variance + self.noise


def risk_parts(n: int, p: int, *, signal: float, unseen: float, noise: float) -> RiskParts:
    """Bias, variance and noise of the shortest least-squares solution on p features, exactly.

    Args:
        n: number of samples, at least 1.
        p: number of features that the fit sees, at least 0.
        signal: sum of squares of the true weights of these p.
        unseen: sum of squares of the true weights of all others.
        noise: variance of the noise in y.

    Returns:
        The parts. For p >= 1 from n - 1 to n + 1 the variance is infinite if unseen or noise is positive; the bias is
        what the formula says there.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> risk_parts(4, 8, signal=1.0, unseen=0.75, noise=0.0)
        RiskParts(bias=1.0, variance=1.25, noise=0.0)
    """
    n, p = whole("n", n, least=1), whole("p", p, least=0)
    signal, unseen, noise = _amounts(signal, unseen, noise)
    kept = min(1.0, n / p) if p else 1.0  # the share of each weight that the mean fit has
    bias = unseen + (1 - kept) ** 2 * signal
    variance = (1 - kept) * kept * signal
    if p and unseen + noise:
        fewer, more = min(n, p), max(n, p)
        variance += (unseen + noise) * fewer / (more - fewer - 1) if more - fewer > 1 else float("inf")
    return RiskParts(bias, variance, noise)


def ridge_parts(n: int, p: int, *, signal: float, unseen: float, noise: float, penalty: float) -> RiskParts:
    """Bias, variance and noise of ridge on p features, by the formula for many samples and features.

    As n and p grow in proportion, it becomes exact. For 10 or more samples and a penalty of at least a tenth of the
    best one it is within a few hundredths of the mean of draws.

    Args:
        n: number of samples, at least 1.
        p: number of features that the fit sees, at least 0.
        signal: sum of squares of the true weights of these p.
        unseen: sum of squares of the true weights of all others.
        noise: variance of the noise in y.
        penalty: factor of the square of the length of w, above 0; the squared error is summed over the samples.

    Returns:
        The parts.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> parts = ridge_parts(10**6, 2 * 10**6, signal=1.0, unseen=0.0, noise=0.25, penalty=1e-3)
        >>> round(parts.total, 4), round(risk_parts(10**6, 2 * 10**6, signal=1.0, unseen=0.0, noise=0.25).total, 4)
        (1.0, 1.0)
    """
    n, p = whole("n", n, least=1), whole("p", p, least=0)
    signal, unseen, noise = _amounts(signal, unseen, noise)
    penalty = float(positive("penalty", penalty))
    less = n - p - penalty
    # The positive root k of p / (1 + k) + penalty / k = n, without cancellation.
    root = np.hypot(less, 2 * np.sqrt(n * penalty))
    k = 2 * penalty / (less + root) if less > 0 else (root - less) / (2 * n)
    lost = k / (1 + k)  # the share of each weight that the mean fit lacks
    spread = p / n * (1 - lost) ** 2
    bias = lost**2 * signal
    return RiskParts(float(unseen + bias), float((bias + unseen + noise) * spread / (1 - spread)), noise)


def best_penalty(p: int, *, signal: float, rest: float) -> float:
    """The penalty of ridge on p features with which the expected error is least: rest p / signal.

    It is the same for every number of samples, if the features are independent and normal.

    Args:
        p: number of features, at least 1.
        signal: sum of squares of their true weights, above 0.
        rest: variance of y that they do not explain.

    Returns:
        Factor of the square of the length of w.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> best_penalty(60, signal=1.0, rest=0.25)
        15.0
    """
    p, signal = whole("p", p, least=1), positive("signal", signal)
    return float(positive("rest", rest, zero=True) * p / signal)


def feature_pays(n: int, p: int, *, signal: float, rest: float, square: float) -> bool:
    """Whether the error of the shortest least-squares solution falls when it sees one feature more than p.

    Args:
        n: number of samples, at least 1.
        p: number of features so far, at most n - 3 or at least n + 2.
        signal: sum of squares of their true weights.
        rest: variance of y that they do not explain, with the new one's square in it; above 0.
        square: square of the new feature's true weight, at most rest.

    Returns:
        Whether the new feature explains more than it costs.

    Raises:
        ValueError: if a number is out of its range, or p or p + 1 lies at the pole.

    Example:
        >>> [feature_pays(20, p, signal=0.5, rest=0.5, square=0.1) for p in (9, 17)]
        [True, False]
    """
    n, p = whole("n", n, least=1), whole("p", p, least=0)
    signal, rest = positive("signal", signal, zero=True), positive("rest", rest)
    if not 0 <= square <= rest:
        raise ValueError(f"square={square!r}: accepted are numbers from 0 to the rest, {rest!r}")
    if n - 3 < p < n + 2:
        raise ValueError(f"p={p!r}: accepted are whole numbers up to {n - 3} and from {n + 2}, off the pole")
    if p < n:
        return bool(square * (n - p - 1) > rest)
    gain = square * (2 * p + 1 - n) / (p + 1) + rest / (p - n - 1)
    return bool(gain > signal * (p - n) / (p * (p + 1)))


def _amounts(signal: float, unseen: float, noise: float) -> tuple[float, float, float]:
    given = {"signal": signal, "unseen": unseen, "noise": noise}
    signal, unseen, noise = (float(positive(name, value, zero=True)) for name, value in given.items())
    return signal, unseen, noise
