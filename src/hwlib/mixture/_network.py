"""The network that a mixture is, and which networks are mixtures.

Chapter: *A mixture of logistic regressions is a network*.

The marginal of a mixture is a network with one hidden layer of sigmoid units. Backwards, sigma(-a) = 1 - sigma(a)
turns units round and moves constants, so a network is a mixture by what it computes and not by how it is written:
:func:`normal_form` writes each function in one way only, and :func:`as_mixture` decides from there.

Source: problem ``mixture-as-network``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import special

from hwlib._core.arguments import instance, positive
from hwlib._core.arrays import brief, real_array
from hwlib._core.optional import require
from hwlib._core.types import Array
from hwlib.mixture._mixture import Mixture

if TYPE_CHECKING:
    from torch import nn

__all__ = ["SigmoidNetwork", "as_mixture", "marginal_network", "normal_form"]


@dataclass(frozen=True, eq=False, repr=False)
class SigmoidNetwork:
    """One hidden layer of sigmoid units without biases, and a linear output: x becomes c + sum_k v_k sigma(w_k x).

    Attributes:
        hidden: ``(K, d)``, a row w_k for each hidden unit; K may be 0.
        output: ``(K,)``, the weights v_k from the hidden units to the output.
        constant: c, the bias of the output.

    Raises:
        ValueError: if the shapes do not fit, or a number is not finite.

    Example:
        >>> SigmoidNetwork([[0.0], [np.log(3)]], [2.0, -1.0], 0.5)([[1.0]])
        array([0.75])
    """

    hidden: Array
    output: Array
    constant: float = 0.0

    def __post_init__(self) -> None:
        hidden, output = real_array("hidden", self.hidden), real_array("output", self.output)
        constant = real_array("constant", self.constant)
        if hidden.ndim != 2 or not hidden.shape[1] or output.shape != hidden.shape[:1] or constant.ndim:
            raise ValueError(
                f"hidden of shape {hidden.shape}, output of shape {output.shape} and constant of shape "
                f"{constant.shape}: accepted are (K, d), (K,) and a number"
            )
        for name, array in (("hidden", hidden), ("output", output)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "constant", float(constant))

    def __call__(self, X: npt.ArrayLike) -> Array:
        """Values at X.

        Args:
            X: ``(..., d)``.

        Returns:
            ``(...)``.

        Raises:
            ValueError: if the last axis is not d, or a number is not finite.

        Example:
            >>> SigmoidNetwork([[np.log(3)]], [1.0])([[0.0], [1.0]])
            array([0.5 , 0.75])
        """
        given = real_array("X", X)
        if given.shape[-1:] != self.hidden.shape[1:]:
            raise ValueError(f"X has shape {given.shape}: accepted is (..., {self.hidden.shape[1]})")
        values: Array = self.constant + special.expit(given @ self.hidden.T) @ self.output
        return values

    def to_torch(self) -> nn.Sequential:
        """The network as PyTorch's layers: Linear, Sigmoid, Linear, in float64.

        Returns:
            A module from ``(n, d)`` to ``(n, 1)``.

        Raises:
            ImportError: if torch is not installed.

        Example:
            >>> SigmoidNetwork([[1.0, 2.0]], [1.0]).to_torch()[0]
            Linear(in_features=2, out_features=1, bias=False)
        """
        torch = require("torch")
        (K, d), bias = self.hidden.shape, bool(self.constant)
        first = torch.nn.Linear(d, K, bias=False, dtype=torch.float64)
        last = torch.nn.Linear(K, 1, bias=bias, dtype=torch.float64)
        with torch.no_grad():
            first.weight.copy_(torch.tensor(self.hidden))
            last.weight.copy_(torch.tensor(self.output)[None])
            if bias:
                last.bias.fill_(self.constant)
        made: nn.Sequential = torch.nn.Sequential(first, torch.nn.Sigmoid(), last)
        return made

    def __repr__(self) -> str:
        K, d = self.hidden.shape
        return f"SigmoidNetwork({d}-{K}-1, output={brief(self.output)}, constant={self.constant:g})"


def marginal_network(mixture: Mixture) -> SigmoidNetwork:
    """The network that equals the marginal probability of a mixture.

    Args:
        mixture: K components with d inputs.

    Returns:
        Hidden weights w_k, output weights pi_k, no biases.

    Example:
        >>> marginal_network(Mixture([0.25, 0.75], [[1.0, 2.0], [0.0, -1.0]]))
        SigmoidNetwork(2-2-1, output=[0.25, 0.75], constant=0)
    """
    instance("mixture", mixture, Mixture, "a Mixture")
    return SigmoidNetwork(mixture.weights, mixture.shares)


def normal_form(network: SigmoidNetwork, *, constant_input: bool = False) -> SigmoidNetwork:
    """The one way to write the function of a network with hidden units that are neither constant, equal nor opposite.

    Of two opposite units the one is kept whose first weight that is not zero is positive; units are in lexical order.

    Args:
        network: any network of sigmoid units.
        constant_input: whether the first input is always one, so that its weights are the units' biases. Then it is
            the other weights that make a unit constant or give it its sign.

    Returns:
        A network with the same values, equal for any two networks that have the same values for all inputs, up to the
        rounding of sums of output weights.

    Raises:
        ValueError: if ``constant_input`` is set and there is no other input.

    Example:
        >>> normal_form(SigmoidNetwork([[-2.0], [0.0], [2.0]], [1.0, 4.0, 0.25]))
        SigmoidNetwork(1-1-1, output=[-0.75], constant=3)
    """
    hidden, first = instance("network", network, SigmoidNetwork, "a SigmoidNetwork").hidden, int(constant_input)
    constant, found = network.constant, dict[tuple[float, ...], float]()
    for weights, value in zip(hidden, network.output.tolist(), strict=True):
        turning = weights[first:][weights[first:] != 0]
        if not turning.size:
            constant += value * float(special.expit(weights[0] if first else 0.0))
            continue
        if turning[0] < 0:
            weights, value, constant = -weights, -value, constant + value
        row = tuple((weights + 0.0).tolist())  # + 0.0: there is no minus zero
        found[row] = found.get(row, 0.0) + value
    rows = sorted(row for row, value in found.items() if value)
    kept = np.array(rows).reshape(len(rows), hidden.shape[1])
    return SigmoidNetwork(kept, np.array([found[row] for row in rows]), constant)


def as_mixture(network: SigmoidNetwork, *, constant_input: bool = False, tolerance: float = 1e-12) -> Mixture | None:
    """The mixture of fewest components that a network is, if it is one.

    In normal form, without a constant input: the value at zero is one half, and the output weights have absolute
    values that add up to at most one. With a constant input: the sum of the constant and all negative output weights
    is above zero and that with all positive ones below one, or the two sums are zero and one.

    Args:
        network: any network of sigmoid units.
        constant_input: as for :func:`normal_form`.
        tolerance: by how much output weights and their sums may miss what they have to be.

    Returns:
        A mixture whose marginal is the network; None if there is none, with however many components.

    Raises:
        ValueError: as :func:`normal_form`, or if the tolerance is negative.

    Example:
        >>> as_mixture(SigmoidNetwork([[1.0], [2.0]], [0.25, -0.5], 0.625))
        Mixture(shares=[0.25, 0.5, 0.25], weights 3 x 1)
        >>> as_mixture(SigmoidNetwork([[1.0], [2.0]], [2.0, -2.0], 0.5)) is None
        True
    """
    positive("tolerance", tolerance, zero=True)
    form = normal_form(network, constant_input=constant_input)
    low, rest = form.constant + form.output[form.output < 0].sum(), 1 - abs(form.output).sum()
    kept = abs(form.output) > tolerance  # of output weights that cancel, rounding may leave something
    weights, shares = form.hidden[kept] * np.sign(form.output[kept])[:, None], abs(form.output[kept])
    if rest < -tolerance:
        return None
    last = np.zeros(network.hidden.shape[1])
    if constant_input:
        high = 1 - rest + low
        full = abs(low) <= tolerance and abs(rest) <= tolerance
        if not full and not (low > tolerance and high < 1 - tolerance):
            return None
        if not full:
            last[0] = special.logit(low / rest)
    elif abs(low - rest / 2) > tolerance:  # the value at zero, less one half
        return None
    if rest > tolerance:
        weights, shares = np.vstack([weights, last]), np.append(shares, rest)
    return Mixture(shares / shares.sum(), weights)
