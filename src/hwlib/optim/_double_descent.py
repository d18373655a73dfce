"""Double descent: exact risks of least squares, and small networks with label noise.

Chapter: *The worst size is the one that just fits*.

Samples x ~ N(0, I) in d dimensions and y = w . x + noise. Least squares sees only p of the d features, and takes the
shortest of all solutions. Its expected risk is known in closed form for every n and p, and it has a pole at p = n.

Sources: problem ``opt-double-descent``; Nakkiran et al., *Deep Double Descent* (2020); Belkin, Hsu & Xu, *Two Models of
Double Descent for Weak Features* (2020); Nakkiran, *More Data Can Hurt for Linear Regression* (2019); Heckel & Yilmaz,
*Early Stopping in Deep Networks: Double Descent and How to Eliminate it* (2021).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "NetworkErrors",
    "checksum",
    "expected_risk",
    "measured_networks",
    "network_errors",
    "parameter_count",
    "ridge_risk",
    "sampled_risk",
]

Array = npt.NDArray[np.float64]


def expected_risk(n: int, p: int, *, signal: float, rest: float) -> float:
    """Exact expected squared error on a new sample, of the shortest least-squares solution on p features.

    Args:
        n: number of samples, at least 1.
        p: number of features that least squares sees, at least 0.
        signal: sum of squares of the true weights of the p features.
        rest: variance of y that the p features do not explain: that of the noise and of the other features.

    Returns:
        The risk, the rest included; infinite for p from n - 1 to n + 1, where the expectation does not exist.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> expected_risk(20, 9, signal=1.0, rest=1.0), expected_risk(20, 20, signal=1.0, rest=1.0)
        (1.9, inf)
    """
    _at_least("n", n, 1)
    _at_least("p", p, 0)
    _at_least("signal", signal, 0)
    _at_least("rest", rest, 0)
    if p <= n - 2:
        return rest * (1 + p / (n - p - 1))
    if p <= n + 1:
        return float("inf") if rest or p > n else 0.0
    return signal * (1 - n / p) + rest * (1 + n / (p - n - 1))


def sampled_risk(
    n: int, p: int, *, weights: npt.ArrayLike, noise: float, trials: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Draw samples, fit, and average the exact error of each fit on new samples.

    Args:
        n: number of samples, at least 1.
        p: number of features that least squares sees, the first ones; at most d.
        weights: true weights ``(d,)``.
        noise: standard deviation of the noise in y.
        trials: number of fits, at least 2.
        rng: source of the samples.

    Returns:
        Mean risk, the noise of the new sample included, and its standard error.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> mean, error = sampled_risk(9, 3, weights=[1.0, 1.0, 1.0], noise=0.0, trials=5, rng=np.random.default_rng(0))
        >>> mean < 1e-20
        True
    """
    return ridge_risk(n, p, weights=weights, noise=noise, trials=trials, rng=rng, penalty=0.0)


def ridge_risk(
    n: int, p: int, *, weights: npt.ArrayLike, noise: float, trials: int, rng: np.random.Generator, penalty: float
) -> tuple[float, float]:
    """As :func:`sampled_risk`, for the minimiser of the squared error plus a penalty on the length of w.

    Args:
        n: number of samples, at least 1.
        p: number of features that the fit sees, the first ones; at most d.
        weights: true weights ``(d,)``.
        noise: standard deviation of the noise in y.
        trials: number of fits, at least 2.
        rng: source of the samples.
        penalty: factor of the square of the length; 0 is the shortest least-squares solution.

    Returns:
        Mean risk, the noise of the new sample included, and its standard error.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> options = dict(weights=[1.0], noise=1.0, trials=5, penalty=1e12)
        >>> mean, error = ridge_risk(3, 1, rng=np.random.default_rng(0), **options)
        >>> round(mean, 6)
        2.0
    """
    truth = np.asarray(weights, float)
    _at_least("n", n, 1)
    _at_least("trials", trials, 2)
    _at_least("noise", noise, 0)
    _at_least("penalty", penalty, 0)
    if not 1 <= p <= len(truth):
        raise ValueError(f"p={p!r}: accepted are whole numbers from 1 to {len(truth)}")
    X = rng.standard_normal((trials, n, len(truth)))
    y = X @ truth + noise * rng.standard_normal((trials, n))
    u, s, vt = np.linalg.svd(X[:, :, :p], full_matrices=False)
    shrunk = s / (s**2 + penalty) * np.einsum("tnk,tn->tk", u, y)
    found = np.einsum("tkp,tk->tp", vt, shrunk)
    risks = ((found - truth[:p]) ** 2).sum(1) + (truth[p:] ** 2).sum() + noise**2
    return float(risks.mean()), float(risks.std(ddof=1) / np.sqrt(trials))


def parameter_count(width: int, *, inputs: int = 20) -> int:
    """Parameters of the networks of :func:`network_errors`: one hidden layer, two outputs, with biases.

    Args:
        width: units of the hidden layer.
        inputs: size of a sample.

    Returns:
        P.

    Example:
        >>> parameter_count(8)
        186
    """
    return (inputs + 1) * width + (width + 1) * 2


@dataclass(frozen=True)
class NetworkErrors:
    """Errors of networks of one width while they learn.

    Attributes:
        epochs: ``(m,)`` epochs after which the errors were taken.
        train: ``(seeds, m)`` share of training samples, with their noisy labels, that are classified wrongly.
        test: ``(seeds, m)`` share of new samples, with clean labels, that are classified wrongly.
        test_loss: ``(seeds, m)`` mean square error on new samples, the quantity that training makes small.
    """

    epochs: npt.NDArray[np.int64]
    train: Array
    test: Array
    test_loss: Array


def network_errors(
    width: int,
    *,
    seeds: Sequence[int],
    label_noise: float,
    epochs: int,
    samples: int = 200,
    inputs: int = 20,
    rate: float = 0.01,
    test_samples: int = 2000,
    slow_inputs: int = 0,
    optimizer: Literal["adam", "momentum"] = "adam",
) -> NetworkErrors:
    """Train ReLU networks with one hidden layer on a linear question with wrong labels, one network for each seed.

    The label of a normal sample says which of two random linear functions is larger. A share of the training labels
    is turned round. All seeds learn side by side, on the square error over all samples. Slow inputs count four times
    as much in the question, but are twenty times smaller; so descent is late to learn them.

    Args:
        width: units of the hidden layer, at least 1.
        seeds: each gives its own question, samples, wrong labels and initial weights.
        label_noise: share of training labels that are turned round, from 0 to 1.
        epochs: rounds over all samples, at least 1.
        samples: training samples.
        inputs: size of a sample.
        rate: learning rate.
        test_samples: new samples.
        slow_inputs: how many of the inputs are slow.
        optimizer: ``"adam"``, or ``"momentum"``: gradient descent with momentum 0.9.

    Returns:
        Errors at about 16 epochs on a logarithmic scale, the last included.

    Raises:
        ValueError: if a number is out of its range.

    Example:
        >>> errors = network_errors(4, seeds=[0], label_noise=0.0, epochs=2, samples=10, test_samples=10)
        >>> errors.epochs.tolist(), errors.test.shape
        ([1, 2], (1, 2))
    """
    import torch
    import torch.nn.functional as F  # noqa: N812

    for name, value in (("width", width), ("epochs", epochs), ("samples", samples), ("inputs", inputs)):
        _at_least(name, value, 1)
    if not seeds or not 0 <= label_noise <= 1:
        raise ValueError(f"seeds={seeds!r}, label_noise={label_noise!r}: accepted are one or more seeds and 0 to 1")
    if not 0 <= slow_inputs <= inputs or optimizer not in ("adam", "momentum"):
        raise ValueError(
            f"slow_inputs={slow_inputs!r}, optimizer={optimizer!r}: accepted are 0 to {inputs}, 'adam' and 'momentum'"
        )
    drawn = [_draw(seed, width, samples + test_samples, inputs, slow_inputs) for seed in seeds]
    x, labels = (np.stack([draw[k] for draw in drawn]) for k in ("x", "labels"))
    noisy = labels[:, :samples] ^ (np.stack([draw["turn"] for draw in drawn])[:, :samples] < label_noise)
    data = torch.from_numpy(x).float()
    train_x, test_x = data[:, :samples], data[:, samples:]
    train_y, test_y = torch.from_numpy(noisy).long(), torch.from_numpy(labels[:, samples:]).long()
    targets, test_targets = F.one_hot(train_y, 2).float(), F.one_hot(test_y, 2).float()
    names = ("first", "first_bias", "second", "second_bias")
    parameters = [torch.from_numpy(np.stack([draw[k] for draw in drawn])).float().requires_grad_() for k in names]

    def outputs(batch: Any) -> Any:  # (seeds, samples, inputs) -> (seeds, samples, 2)
        hidden = torch.baddbmm(parameters[1], batch, parameters[0]).relu()
        return torch.baddbmm(parameters[3], hidden, parameters[2])

    stepper: Any = (
        torch.optim.Adam(parameters, lr=rate)
        if optimizer == "adam"
        else torch.optim.SGD(parameters, lr=rate, momentum=0.9)
    )
    marks = np.unique(np.geomspace(1, epochs, 16).round().astype(np.int64))
    train, test, test_loss = [], [], []
    for epoch in range(1, epochs + 1):
        # Summed over the seeds: none of them feels the others.
        loss = ((outputs(train_x) - targets) ** 2).sum() / samples
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        if epoch in marks:
            with torch.no_grad():
                train.append((outputs(train_x).argmax(2) != train_y).double().mean(1).numpy())
                shown = outputs(test_x)
                test.append((shown.argmax(2) != test_y).double().mean(1).numpy())
                test_loss.append(((shown - test_targets) ** 2).sum(2).double().mean(1).numpy())
    return NetworkErrors(marks, np.stack(train, 1), np.stack(test, 1), np.stack(test_loss, 1))


def _draw(seed: int, width: int, count: int, inputs: int, slow: int) -> dict[str, npt.NDArray[Any]]:
    """Samples, labels and initial weights of one seed; the samples do not depend on the width."""
    rng = np.random.default_rng(seed)
    x, turn = rng.standard_normal((count, inputs)), rng.random(count)
    question = rng.standard_normal((inputs, 2))
    question[inputs - slow :] *= 4
    labels = (x @ question).argmax(1) == 1
    x[:, inputs - slow :] *= 0.05
    return {
        "x": x,
        "turn": turn,
        "labels": labels,
        "first": rng.standard_normal((inputs, width)) * np.sqrt(2 / inputs),
        "first_bias": np.zeros((1, width)),
        "second": rng.standard_normal((width, 2)) * np.sqrt(2 / width),
        "second_bias": np.zeros((1, 2)),
    }


def checksum(results: Any) -> str:
    """SHA-256 of results as compact JSON.

    Args:
        results: whatever JSON can hold.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> checksum([])[:8]
        '4f53cda1'
    """
    return hashlib.sha256(json.dumps(results, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


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
    text = (resources.files("hwlib.optim") / "double_descent.json").read_text("utf8")
    stored: dict[str, Any] = json.loads(text)
    if checksum(stored["results"]) != stored["sha256"]:
        raise ValueError("data/double_descent.json was changed: accepted is what experiments/double_descent.py wrote")
    return stored


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise ValueError(f"{name}={value!r}: accepted are numbers of at least {least}")
