"""Gradients by own layers beside PyTorch's and micrograd's, in the same run."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from bench._timing import medians
from hwlib._core.types import AnyArray
from hwlib.backprop import CrossEntropyLoss, Linear, ReLU, Sequential, gradient_pass

ROUNDS, SLOW_ROUNDS = 41, 3
WIDTHS = (32, 512, 512, 10)
POINTS, DECAY = 100, 1e-4


def beside_torch() -> None:
    """Print the table of the MLP 32-512-512-10 with ReLU, in float32, one thread each."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    linear = [
        Linear.random(inputs, outputs, rng=rng, dtype=np.float32) for inputs, outputs in itertools.pairwise(WIDTHS)
    ]
    model, loss = Sequential(linear[0], ReLU(), linear[1], ReLU(), linear[2]), CrossEntropyLoss()
    peer = nn.Sequential(nn.Linear(32, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    weights = list(peer.parameters())
    with torch.no_grad():
        for theirs, ours in zip(weights, model.parameters(), strict=True):
            theirs.copy_(torch.from_numpy(ours.value))
    print(f"MLP {'-'.join(map(str, WIDTHS))}, float32, one thread; a gradient, median of {ROUNDS} rounds")
    for batch in (32, 256):
        x, targets = rng.standard_normal((batch, 32)).astype(np.float32), rng.integers(10, size=batch)
        tensors = torch.from_numpy(x), torch.from_numpy(targets)

        def by_torch(tensors: tuple[torch.Tensor, torch.Tensor] = tensors) -> Any:
            return torch.autograd.grad(F.cross_entropy(peer(tensors[0]), tensors[1]), weights)

        def by_layers(x: AnyArray = x, targets: AnyArray = targets) -> float:
            return gradient_pass(model, loss, x, targets)

        by_layers()
        for ours, theirs in zip(model.parameters(), by_torch(), strict=True):
            np.testing.assert_allclose(ours.gradient, theirs.numpy(), atol=1e-6)
        times = medians({"layers": by_layers, "torch": by_torch}, rounds=ROUNDS)
        own, peers = times["layers"], times["torch"]
        print(f"batch {batch:3}: own layers {own * 1e3:6.2f} ms, torch {peers * 1e3:6.2f} ms: {own / peers:.2f}")
    print("Goal: at most 1.3 times torch's.")


def moons(rng: np.random.Generator) -> tuple[AnyArray, AnyArray]:
    """Two half circles that reach into each other, and their labels -1 and 1."""
    angle = np.pi * rng.random(POINTS)
    label = np.where(np.arange(POINTS) % 2, 1.0, -1.0)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.where(label[:, None] < 0, circle, [1.0, 0.5] - circle)
    return points + 0.1 * rng.standard_normal(points.shape), label


class Hinge:
    """The mean of max(0, 1 - label * score) over the batch."""

    def forward(self, scores: AnyArray, labels: AnyArray) -> float:
        """The loss."""
        self.labels, self.margins = labels[:, None], 1 - labels[:, None] * scores
        return float(np.maximum(self.margins, 0).mean())

    def backward(self) -> AnyArray:
        """Its gradient at the scores."""
        gradient: AnyArray = -self.labels * (self.margins > 0) / len(self.labels)
        return gradient


def beside_micrograd() -> None:
    """Print the comparison on micrograd's demo: 2-16-16-1 with ReLU on 100 points of two moons, hinge loss, decay."""
    if importlib.util.find_spec("micrograd") is None:
        print("micrograd is not installed, so it is left out: pip install micrograd")
        return
    random.seed(0)
    peer = importlib.import_module("micrograd.nn").MLP(2, [16, 16, 1])
    points, labels = moons(np.random.default_rng(0))
    linear = [
        Linear([[w.data for w in neuron.w] for neuron in layer.neurons], [neuron.b.data for neuron in layer.neurons])
        for layer in peer.layers
    ]
    model, loss = Sequential(linear[0], ReLU(), linear[1], ReLU(), linear[2]), Hinge()

    def by_micrograd() -> float:
        peer.zero_grad()
        scores = [peer(point) for point in points.tolist()]
        losses = [(1 + -label * score).relu() for label, score in zip(labels.tolist(), scores, strict=True)]
        total = sum(losses) * (1.0 / POINTS) + DECAY * sum(p * p for p in peer.parameters())
        total.backward()
        return float(total.data)

    def by_layers() -> float:
        total = gradient_pass(model, loss, points, labels)
        for parameter in model.parameters():
            total += DECAY * float((parameter.value**2).sum())
            parameter.gradient += 2 * DECAY * parameter.value
        return total

    assert np.isclose(by_micrograd(), by_layers(), rtol=1e-12)
    for layer, own in zip(peer.layers, linear, strict=True):
        theirs = [[w.grad for w in neuron.w] for neuron in layer.neurons]
        np.testing.assert_allclose(own.weight.gradient, theirs, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(own.bias.gradient, [neuron.b.grad for neuron in layer.neurons], atol=1e-15)
    contenders: dict[str, Callable[[], Any]] = {"layers": by_layers}
    fast = medians(contenders, rounds=ROUNDS)["layers"]
    slow = medians({"micrograd": by_micrograd}, rounds=SLOW_ROUNDS)["micrograd"]
    print(
        f"micrograd's demo, {POINTS} points, float64: own layers {fast * 1e3:.2f} ms, micrograd {slow * 1e3:.0f} ms: "
        f"{slow / fast:.0f} times"
    )
    print("Goal: at least 100 times faster than micrograd.")


def layers() -> None:
    """Print the part on layers."""
    beside_torch()
    beside_micrograd()
