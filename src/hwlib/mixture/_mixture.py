"""A mixture of logistic regressions, and what it says about labels.

Chapter: *A mixture of logistic regressions is a network*.

A component is drawn with the probabilities ``shares``, then the label by the logistic regression of that component.
The component is hidden, so the label's probability is the average over components: p(1 | x) = sum_k pi_k sigma(w_k x).

Source: problem ``mixture-as-network``; McLachlan & Peel, *Finite Mixture Models* (2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from hwlib._core.arguments import generator, instance, positive, whole
from hwlib._core.arrays import brief, real_array, whole_array
from hwlib._core.types import Array, Integers, RandomSource

__all__ = ["Mixture", "align", "draw_labels", "random_mixture"]


@dataclass(frozen=True, eq=False, repr=False)
class Mixture:
    """A mixture of K logistic regressions without biases; a column of ones in X gives them biases.

    Attributes:
        shares: ``(K,)``, the probability pi_k of each component: not negative, with the sum one.
        weights: ``(K, d)``, a row w_k for each component.

    Raises:
        ValueError: if the shapes do not fit, a number is not finite, or the shares are no probabilities.

    Example:
        >>> coin = Mixture([0.5, 0.5], [[np.log(3)], [0.0]])
        >>> coin.probability([[1.0], [0.0]])
        array([0.625, 0.5  ])
    """

    shares: Array
    weights: Array

    def __post_init__(self) -> None:
        shares, weights = real_array("shares", self.shares), real_array("weights", self.weights)
        if weights.ndim != 2 or 0 in weights.shape or shares.shape != weights.shape[:1]:
            raise ValueError(
                f"shares of shape {shares.shape} and weights of shape {weights.shape}: accepted are (K,) and (K, d)"
            )
        if (shares < 0).any() or abs(shares.sum() - 1) > 1e-9:
            raise ValueError(f"shares={brief(shares)}: accepted are probabilities, not negative and with the sum one")
        for name, array in (("shares", shares), ("weights", weights)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def from_logits(cls, logits: npt.ArrayLike, weights: npt.ArrayLike) -> Mixture:
        """The mixture whose shares are the softmax of free numbers.

        Args:
            logits: ``(K,)``, any numbers; one number added to all of them changes nothing.
            weights: ``(K, d)``.

        Returns:
            The mixture, each share above zero as far as float64 holds it.

        Raises:
            ValueError: as for :class:`Mixture`.

        Example:
            >>> Mixture.from_logits([0.0, np.log(3)], [[1.0], [2.0]]).shares
            array([0.25, 0.75])
        """
        free = real_array("logits", logits)
        return cls(special.softmax(free) if free.size else free, real_array("weights", weights))

    @property
    def components(self) -> int:
        """K, how many components there are."""
        return len(self.shares)

    @property
    def logits(self) -> Array:
        """``(K,)``: the logarithms of the shares, whose softmax they are; minus infinity for a share of zero."""
        with np.errstate(divide="ignore"):
            return np.log(self.shares)

    def probability(self, X: npt.ArrayLike) -> Array:
        """Marginal probability of the label 1.

        Args:
            X: ``(..., d)``.

        Returns:
            ``(...)``: sum_k pi_k sigma(w_k x).

        Raises:
            ValueError: if the last axis is not d, or a number or its product with weights is not finite.

        Example:
            >>> Mixture([0.25, 0.75], [[0.0], [0.0]]).probability([[7.0]])
            array([0.5])
        """
        given = real_array("X", X)
        if given.shape[-1:] != self.weights.shape[1:]:
            raise ValueError(f"X has shape {given.shape}: accepted is (..., {self.weights.shape[1]})")
        values: Array = special.expit(self._scores(given)) @ self.shares
        return values

    def log_probabilities(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """Logarithm of the probability of each label, without underflow: also where the probability itself is 0.0.

        Args:
            X: ``(n, d)``.
            y: ``(n,)``, each 0 or 1.

        Returns:
            ``(n,)``.

        Raises:
            ValueError: if the shapes do not fit, a label is neither 0 nor 1, or a product w_k x is not finite.

        Example:
            >>> Mixture([1.0], [[1000.0]]).log_probabilities([[1.0], [1.0]], [1, 0])
            array([    0., -1000.])
        """
        values: Array = np.logaddexp.reduce(self._joint(*samples(X, y)), axis=1)
        return values

    def log_likelihood(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Sum of :meth:`log_probabilities`.

        Args:
            X: ``(n, d)``.
            y: ``(n,)``, each 0 or 1.

        Returns:
            A number that is not positive, but for rounding, and for what the shares miss the sum one by.

        Raises:
            ValueError: as :meth:`log_probabilities`.

        Example:
            >>> round(Mixture([1.0], [[0.0]]).log_likelihood([[1.0], [2.0]], [1, 0]), 6)  # twice log 1/2
            -1.386294
        """
        return float(self.log_probabilities(X, y).sum())

    def responsibilities(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """Probability of each component once the label is known (the E-step).

        Args:
            X: ``(n, d)``.
            y: ``(n,)``, each 0 or 1.

        Returns:
            ``(n, K)``, rows with the sum one.

        Raises:
            ValueError: as :meth:`log_probabilities`.

        Example:
            >>> Mixture([0.5, 0.5], [[np.log(3)], [0.0]]).responsibilities([[1.0]], [1])
            array([[0.6, 0.4]])
        """
        joint = self._joint(*samples(X, y))
        values: Array = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
        return values

    def reordered(self, order: npt.ArrayLike) -> Mixture:
        """The same components with other numbers.

        Args:
            order: the numbers 0 to K - 1, each once: which component comes first, second, ...

        Returns:
            A mixture with the same marginal.

        Raises:
            ValueError: if it is no order of the components.

        Example:
            >>> Mixture([0.25, 0.75], [[1.0], [2.0]]).reordered([1, 0]).shares
            array([0.75, 0.25])
        """
        places = whole_array("order", order)
        if sorted(places.ravel().tolist()) != list(range(self.components)) or places.ndim != 1:
            raise ValueError(f"order={order!r}: accepted are the numbers 0 to {self.components - 1}, each once")
        return Mixture(self.shares[places], self.weights[places])

    def _joint(self, X: Array, y: Integers) -> Array:
        """``(n, K)``: log of pi_k times the probability of the label in component k."""
        if X.shape[1] != self.weights.shape[1]:
            raise ValueError(f"X has shape {X.shape}: accepted is (n, {self.weights.shape[1]})")
        values: Array = self.logits + special.log_expit((2 * y - 1)[:, None] * self._scores(X))
        return values

    def _scores(self, X: Array) -> Array:
        """``(..., K)``: w_k x for each component."""
        with np.errstate(over="ignore", invalid="ignore"):
            scores: Array = X @ self.weights.T
        if not np.isfinite(scores).all():
            raise ValueError("X has products with the weights beyond the largest float: accepted are smaller numbers")
        return scores

    def __repr__(self) -> str:
        return f"Mixture(shares={brief(self.shares)}, weights {self.weights.shape[0]} x {self.weights.shape[1]})"


def samples(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Integers]:
    """Samples and labels as arrays that fit together."""
    points, labels = real_array("X", X), whole_array("y", y)
    if points.ndim != 2 or 0 in points.shape:
        raise ValueError(f"X has shape {points.shape}: accepted is (n, d), one or more samples")
    if labels.shape != points.shape[:1] or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"y={brief(labels)}: accepted are {len(points)} labels, each 0 or 1")
    return points, labels


def random_mixture(components: int, inputs: int, *, scale: float = 1.0, rng: RandomSource = None) -> Mixture:
    """A start for fitting: equal shares, and normal weights.

    Args:
        components: K, at least 1.
        inputs: d, at least 1.
        scale: standard deviation of the weights, above 0.
        rng: None, a seed or a generator.

    Returns:
        The mixture.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> random_mixture(2, 3, rng=0)
        Mixture(shares=[0.5, 0.5], weights 2 x 3)
    """
    K, d = whole("components", components, least=1), whole("inputs", inputs, least=1)
    drawn = generator("rng", rng).standard_normal((K, d)) * positive("scale", scale)
    return Mixture(np.full(K, 1 / K), drawn)


def draw_labels(mixture: Mixture, X: npt.ArrayLike, *, rng: RandomSource = None) -> Integers:
    """Labels as the mixture makes them: first a component, then a label.

    Args:
        mixture: the mixture.
        X: ``(n, d)``.
        rng: None, a seed or a generator.

    Returns:
        ``(n,)``, each 0 or 1.

    Raises:
        ValueError: if X does not fit.

    Example:
        >>> draw_labels(Mixture([1.0], [[50.0]]), [[1.0], [-1.0], [2.0]], rng=0).tolist()
        [1, 0, 1]
    """
    chance, given = generator("rng", rng), real_array("X", X)
    instance("mixture", mixture, Mixture, "a Mixture")
    if given.ndim != 2 or given.shape[1] != mixture.weights.shape[1]:
        raise ValueError(f"X has shape {given.shape}: accepted is (n, {mixture.weights.shape[1]})")
    chosen = chance.choice(mixture.components, size=len(given), p=mixture.shares / mixture.shares.sum())
    inside = special.expit(mixture._scores(given)[np.arange(len(given)), chosen])
    labels: Integers = (chance.random(len(given)) < inside).astype(np.int64)
    return labels


def align(mixture: Mixture, reference: Mixture) -> Mixture:
    """The order of a mixture's components that comes closest to another's.

    Args:
        mixture: the mixture to put in order.
        reference: one with as many components and inputs.

    Returns:
        The mixture, reordered so that the sum of squared distances of the weights and of the shares is least.

    Raises:
        ValueError: if the two do not have the same shapes.

    Example:
        >>> right = Mixture([0.25, 0.75], [[1.0], [-2.0]])
        >>> align(Mixture([0.7, 0.3], [[-2.1], [0.9]]), right).shares
        array([0.3, 0.7])
    """
    for name, one in (("mixture", mixture), ("reference", reference)):
        instance(name, one, Mixture, "a Mixture")
    if mixture.weights.shape != reference.weights.shape:
        raise ValueError(
            f"mixture has weights of shape {mixture.weights.shape}: accepted is the shape of the reference, "
            f"{reference.weights.shape}"
        )
    rows = [np.column_stack([one.shares, one.weights]) for one in (reference, mixture)]
    costs = ((rows[0][:, None] - rows[1][None]) ** 2).sum(2)
    return mixture.reordered(optimize.linear_sum_assignment(costs)[1])
