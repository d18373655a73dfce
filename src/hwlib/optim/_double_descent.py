"""Double descent: exact risks of least squares, and small networks with label noise.

Chapter: *The worst size is the one that just fits*.

Samples x ~ N(0, I) in d dimensions and y = w . x + noise. Least squares sees only p of the d features, and takes the
shortest of all solutions. Its expected risk is known in closed form for every n and p, and it has a pole at p = n.

Sources: problem ``opt-double-descent``; Nakkiran et al., *Deep Double Descent* (2020); Belkin, Hsu & Xu, *Two Models of
Double Descent for Weak Features* (2020); Nakkiran, *More Data Can Hurt for Linear Regression* (2019); Heckel & Yilmaz,
*Early Stopping in Deep Networks: Double Descent and How to Eliminate it* (2021).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, positive, whole, whole_numbers
from hwlib._core.arrays import real_array
from hwlib._core.optional import require
from hwlib._core.results import stored_results
from hwlib._core.types import Array, Integers, RandomSource

if TYPE_CHECKING:
    import torch

__all__ = [
    "NetworkErrors",
    "NoisyQuestions",
    "expected_risk",
    "measured_networks",
    "network_errors",
    "noisy_questions",
    "parameter_count",
    "ridge_risk",
]


def expected_risk(n: int, p: int, *, signal: float, rest: float) -> float:
    """Exact expected squared error on a new sample, of the shortest least-squares solution on p features.

    Args:
        n: number of samples, at least 1.
        p: number of features that least squares sees, at least 0.
        signal: sum of squares of the true weights of the p features.
        rest: variance of y that the p features do not explain: that of the noise and of the other features.

    Returns:
        The risk, the rest included; infinite for p >= 1 from n - 1 to n + 1 if the rest is positive.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> expected_risk(20, 9, signal=1.0, rest=1.0), expected_risk(20, 20, signal=1.0, rest=1.0)
        (1.9, inf)
    """
    n, p = whole("n", n, least=1), whole("p", p, least=0)
    signal, rest = positive("signal", signal, zero=True), positive("rest", rest, zero=True)
    if not rest:  # nothing is fitted but the signal: what is missing lies in the null space of the samples
        return signal * max(0.0, 1 - n / p) if p else 0.0
    if p == 0:
        return rest
    if p <= n - 2:
        return rest * (1 + p / (n - p - 1))
    if p <= n + 1:
        return float("inf")
    return signal * (1 - n / p) + rest * (1 + n / (p - n - 1))


def ridge_risk(
    n: int,
    p: int,
    *,
    weights: npt.ArrayLike,
    noise: float,
    trials: int,
    penalty: npt.ArrayLike = 0.0,
    rng: RandomSource = None,
) -> tuple[float, float]:
    """Draw samples, fit, and average the exact error of each fit on new samples.

    The fit is the minimiser of the squared error plus a penalty on the square of the length of w; without a penalty,
    the shortest least-squares solution.

    Args:
        n: number of samples, at least 1.
        p: number of features that the fit sees, the first ones; at most d.
        weights: true weights ``(d,)``.
        noise: standard deviation of the noise in y.
        trials: number of fits, at least 2.
        penalty: factor of the square of the length, at least 0; or one above 0 for the square of each weight, ``(p,)``.
        rng: source of the samples.

    Returns:
        Mean risk, the noise of the new sample included, and its standard error.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> mean, error = ridge_risk(9, 3, weights=[1.0, 1.0, 1.0], noise=0.0, trials=5, rng=0)
        >>> mean < 1e-20
        True
        >>> mean, error = ridge_risk(3, 1, weights=[1.0], noise=1.0, trials=5, penalty=1e12, rng=0)
        >>> round(mean, 6)
        2.0
    """
    truth = real_array("weights", weights)
    n, trials = whole("n", n, least=1), whole("trials", trials, least=2)
    noise, penalties = positive("noise", noise, zero=True), real_array("penalty", penalty)
    if truth.ndim != 1 or not 1 <= whole("p", p) <= len(truth):
        raise ValueError(f"p={p!r}, weights of shape {truth.shape}: accepted are p from 1 to d, and weights (d,)")
    if penalties.shape not in ((), (p,)) or (penalties < 0).any() or (penalties.ndim and not penalties.all()):
        raise ValueError(f"penalty={penalty!r}: accepted is a number of at least 0, or one above 0 for each feature")
    # A penalty of its own for each weight is one of 1 for all, in other units; no penalty has no such units.
    units, shared = (penalties**-0.5, 1.0) if penalties.ndim else (np.ones(p), float(penalties))
    random = generator("rng", rng)
    X = random.standard_normal((trials, n, len(truth)))
    y = X @ truth + noise * random.standard_normal((trials, n))
    u, s, vt = np.linalg.svd(X[:, :, :p] * units, full_matrices=False)
    shrunk = s / (s**2 + shared) * np.einsum("tnk,tn->tk", u, y)
    found = np.einsum("tkp,tk->tp", vt, shrunk) * units
    risks = ((found - truth[:p]) ** 2).sum(1) + (truth[p:] ** 2).sum() + noise**2
    return float(risks.mean()), float(risks.std(ddof=1) / np.sqrt(trials))


def parameter_count(width: int, *, inputs: int = 20) -> int:
    """Parameters of the networks of :func:`network_errors`: one hidden layer, two outputs, with biases.

    Args:
        width: units of the hidden layer, at least 0.
        inputs: numbers in a sample, at least 1.

    Returns:
        P.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> parameter_count(8)
        186
    """
    return (whole("inputs", inputs, least=1) + 1) * whole("width", width, least=0) + (width + 1) * 2


@dataclass(frozen=True, repr=False)
class NoisyQuestions:
    """Samples of some questions, with wrong labels among those to learn from; made by :func:`noisy_questions`.

    Attributes:
        train: ``(seeds, samples, inputs)``.
        train_labels: ``(seeds, samples)``, true or false, a share of them turned round.
        test: ``(seeds, test_samples, inputs)``.
        test_labels: ``(seeds, test_samples)``, all right.
        sources: of random numbers, one for each seed, after its samples were drawn: initial weights come from copies.
    """

    train: Array
    train_labels: npt.NDArray[np.bool_]
    test: Array
    test_labels: npt.NDArray[np.bool_]
    sources: tuple[np.random.Generator, ...]

    def __repr__(self) -> str:
        seeds, samples, inputs = self.train.shape
        return f"NoisyQuestions({seeds} seeds, {samples} + {self.test.shape[1]} samples, {inputs} inputs)"


def noisy_questions(
    seeds: Sequence[int],
    *,
    label_noise: float,
    samples: int = 200,
    test_samples: int = 2000,
    inputs: int = 20,
    slow_inputs: int = 0,
) -> NoisyQuestions:
    """Draw a linear question for each seed, and samples with wrong labels.

    The label of a normal sample says which of two random linear functions is larger. A share of the training labels
    is turned round. Slow inputs count four times as much in the question, but are twenty times smaller; so descent is
    late to learn them.

    Args:
        seeds: each gives its own question, samples and wrong labels.
        label_noise: share of training labels that are turned round, from 0 to 1.
        samples: training samples.
        test_samples: new samples.
        inputs: numbers in a sample.
        slow_inputs: how many of them, the last ones, are slow.

    Returns:
        The samples.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> noisy_questions(range(3), label_noise=0.2, samples=10)
        NoisyQuestions(3 seeds, 10 + 2000 samples, 20 inputs)
    """
    counts = {"samples": samples, "test_samples": test_samples, "inputs": inputs}
    samples, test_samples, inputs = (whole(name, count, least=1) for name, count in counts.items())
    if not 0 <= label_noise <= 1:
        raise ValueError(f"label_noise={label_noise!r}: accepted are numbers from 0 to 1")
    if whole("slow_inputs", slow_inputs, least=0) > inputs:
        raise ValueError(f"slow_inputs={slow_inputs!r}: accepted are whole numbers from 0 to {inputs}")
    x, labels, turned, sources = [], [], [], []
    for seed in whole_numbers("seeds", seeds, least=0):
        rng = np.random.default_rng(seed)
        x.append(rng.standard_normal((samples + test_samples, inputs)))
        turned.append(rng.random(samples + test_samples)[:samples] < label_noise)
        question = rng.standard_normal((inputs, 2))
        question[inputs - slow_inputs :] *= 4
        labels.append((x[-1] @ question).argmax(1) == 1)
        x[-1][:, inputs - slow_inputs :] *= 0.05
        sources.append(rng)
    every, right = np.stack(x), np.stack(labels)
    return NoisyQuestions(
        train=every[:, :samples],
        train_labels=right[:, :samples] ^ np.stack(turned),
        test=every[:, samples:],
        test_labels=right[:, samples:],
        sources=tuple(sources),
    )


@dataclass(frozen=True, repr=False)
class NetworkErrors:
    """Errors of networks of one width while they learn.

    Attributes:
        epochs: ``(m,)`` epochs after which the errors were taken.
        train: ``(seeds, m)`` share of training samples, with their noisy labels, that are classified wrongly.
        test: ``(seeds, m)`` share of new samples, with clean labels, that are classified wrongly.
        test_loss: ``(seeds, m)`` mean square error on new samples, the quantity that training makes small.
    """

    epochs: Integers
    train: Array
    test: Array
    test_loss: Array

    def __repr__(self) -> str:
        return f"NetworkErrors({len(self.train)} seeds, epochs {self.epochs[0]} to {self.epochs[-1]})"


def network_errors(
    width: int,
    questions: NoisyQuestions,
    *,
    epochs: int,
    learning_rate: float = 0.01,
    optimizer: Literal["adam", "momentum"] = "adam",
) -> NetworkErrors:
    """Train ReLU networks with one hidden layer, one for each question; all learn side by side.

    They minimise the square error of two outputs, one for each label, over all samples.

    Args:
        width: units of the hidden layer, at least 1.
        questions: what they learn.
        epochs: rounds over all samples, at least 1.
        learning_rate: above 0.
        optimizer: ``"adam"``, or ``"momentum"``: gradient descent with momentum 0.9.

    Returns:
        Errors at about 16 epochs on a logarithmic scale, the last included.

    Raises:
        ValueError: if a number is out of its range, or there is no such optimizer.

    Example:
        >>> questions = noisy_questions([0], label_noise=0.0, samples=10, test_samples=10)
        >>> network_errors(4, questions, epochs=2)
        NetworkErrors(1 seeds, epochs 1 to 2)
    """
    torch = require("torch")
    parameters = _initial_weights(questions, whole("width", width, least=1))
    optimizers = {
        "adam": lambda: torch.optim.Adam(parameters, lr=learning_rate),
        "momentum": lambda: torch.optim.SGD(parameters, lr=learning_rate, momentum=0.9),
    }
    positive("learning_rate", learning_rate)
    if optimizer not in optimizers:
        raise ValueError(f"optimizer={optimizer!r}: accepted are {', '.join(map(repr, optimizers))}")
    stepper = optimizers[optimizer]()
    train, test = (torch.from_numpy(x).float() for x in (questions.train, questions.test))
    train_labels, test_labels = (torch.from_numpy(x) for x in (questions.train_labels, questions.test_labels))
    targets = _targets(train_labels)
    marks = np.unique(np.geomspace(1, whole("epochs", epochs, least=1), 16).round().astype(np.int64))
    train_errors, test_errors, test_losses = [], [], []
    for epoch in range(1, epochs + 1):
        # Summed over the seeds: none of them feels the others.
        loss = ((_outputs(parameters, train) - targets) ** 2).sum() / train.shape[1]
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        if epoch in marks:
            with torch.no_grad():
                shown = _outputs(parameters, test)
                train_errors.append(_error_share(_outputs(parameters, train), train_labels))
                test_errors.append(_error_share(shown, test_labels))
                test_losses.append(((shown - _targets(test_labels)) ** 2).sum(2).double().mean(1).numpy())
    return NetworkErrors(marks, np.stack(train_errors, 1), np.stack(test_errors, 1), np.stack(test_losses, 1))


def _initial_weights(questions: NoisyQuestions, width: int) -> list[torch.Tensor]:
    """Weights and biases of both layers, with the seeds in front."""
    torch = require("torch")
    inputs, layers = questions.train.shape[2], []
    for source in copy.deepcopy(questions.sources):
        first = source.standard_normal((inputs, width)) * np.sqrt(2 / inputs)
        second = source.standard_normal((width, 2)) * np.sqrt(2 / width)
        layers.append((first, np.zeros((1, width)), second, np.zeros((1, 2))))
    return [torch.from_numpy(np.stack(parts)).float().requires_grad_() for parts in zip(*layers, strict=True)]


def _outputs(parameters: list[torch.Tensor], batch: torch.Tensor) -> torch.Tensor:
    """(seeds, samples, inputs) to (seeds, samples, 2)."""
    import torch

    first, first_bias, second, second_bias = parameters
    return torch.baddbmm(second_bias, torch.baddbmm(first_bias, batch, first).relu(), second)


def _targets(labels: torch.Tensor) -> torch.Tensor:
    """(seeds, samples) to (seeds, samples, 2): a one at the label."""
    import torch

    return torch.nn.functional.one_hot(labels.long(), 2).float()


def _error_share(outputs: torch.Tensor, labels: torch.Tensor) -> Array:
    share: Array = ((outputs.argmax(2) == 1) != labels).double().mean(1).numpy()
    return share


def measured_networks() -> dict[str, Any]:
    """The stored result of the full experiment, ``experiments/double_descent.py``, with where it comes from.

    Returns:
        ``"provenance"`` (settings, versions, hardware, time) and ``"results"``: a list of runs, each with ``width``,
        ``label_noise``, ``epochs``, and means and standard errors of the training and test error at each epoch.

    Raises:
        ValueError: if the results are not those of the checksum.

    Example:
        >>> sorted(measured_networks())
        ['provenance', 'results', 'sha256']
    """
    return stored_results("hwlib.optim", "double_descent", script="double_descent")
