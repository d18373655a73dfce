"""A small task that a network of our own and one of torch can learn, and how to build them with the same weights."""

from __future__ import annotations

import numpy as np

from hwlib.backprop import Linear, ReLU, Sequential
from hwlib.training import SGD, fit


def blobs(n, *, seed=0, classes=3, features=5, dtype=np.float64):
    rng = np.random.default_rng(seed)
    targets = rng.integers(classes, size=n)
    centres = np.random.default_rng(99).normal(size=(classes, features))
    return (centres[targets] + rng.normal(size=(n, features))).astype(dtype), targets


def mlp(seed=0, *, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(Linear.random(5, 7, rng=rng, dtype=dtype), ReLU(), Linear.random(7, 3, rng=rng, dtype=dtype))


def same_in_torch(network):
    import torch  # here, because a process that is killed again and again should start fast

    model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))
    with torch.no_grad():
        for ours, theirs in zip(network.parameters(), model.parameters(), strict=True):
            theirs.data = torch.from_numpy(ours.value.copy())
    return model


def values(network):
    return [parameter.value.copy() for parameter in network.parameters()]


def equal(first, second):
    """Bit for bit, NaN included."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


def same_curves(first, second):
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    return equal(*([getattr(curves, name) for name in names] for curves in (first, second)))


def run(epochs, *, seed=0, network=None, **options):
    """A run whose every bit depends on its seed."""
    network = mlp(seed) if network is None else network
    optimizer = SGD(network.parameters(), learning_rate=0.05, momentum=0.9, weight_decay=0.01)
    data, validation = blobs(50), blobs(20, seed=1)
    curves = fit(network, data, validation, optimizer=optimizer, epochs=epochs, batch_size=8, rng=seed, **options)
    return curves, network
