"""The loops: means over samples, torch's curves step by step, and evaluation that changes nothing."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.backprop import CrossEntropyLoss, Linear, Sequential
from hwlib.training import SGD, Score, accuracy, batches, evaluate, mean_score, set_training, train_epoch

from ..examples import examples
from .tasks import blobs, equal, mlp, same_in_torch, values


@pytest.mark.problem("train-loop")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [2, 7, 50])
def test_a_network_of_torch_has_the_same_curves(dtype, size):
    network = mlp(dtype=dtype)
    model = same_in_torch(network)
    inputs, targets = blobs(50, dtype=dtype)
    options = {"momentum": 0.9, "weight_decay": 0.01}
    ours, theirs = [], []
    optimizer = SGD(network.parameters(), learning_rate=0.02, **options)
    for _ in range(3):
        ours.append(train_epoch(network, batches(inputs, targets, size), loss=CrossEntropyLoss(), optimizer=optimizer))
        ours.append(evaluate(network, batches(inputs, targets, 9), loss=CrossEntropyLoss()))
    peer = torch.optim.SGD(model.parameters(), lr=0.02, **options)
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    for _ in range(3):
        total, right = 0.0, 0
        for start in range(0, 50, size):
            peer.zero_grad()
            logits = model(x[start : start + size])
            loss = torch.nn.functional.cross_entropy(logits, y[start : start + size])
            loss.backward()
            peer.step()
            total += loss.item() * len(logits)
            right += int((logits.argmax(1) == y[start : start + size]).sum())
        theirs.append((total / 50, right / 50))
        with torch.no_grad():
            logits = model(x)
        theirs.append(
            (torch.nn.functional.cross_entropy(logits, y).item(), float((logits.argmax(1) == y).double().mean()))
        )
    tolerance = 2e-5 if dtype == np.float32 else 1e-13
    for score, (loss, right) in zip(ours, theirs, strict=True):
        assert score.loss == pytest.approx(loss, rel=tolerance, abs=tolerance)
        assert score.accuracy == pytest.approx(right, abs=1e-12)


@pytest.mark.problem("train-loop")
@examples(60)
@given(st.lists(st.tuples(st.integers(1, 9), st.fractions(0, 9), st.integers(0, 9)), min_size=1, max_size=6))
def test_the_weighted_mean_is_the_mean_over_the_samples(parts):
    parts = [(n, loss, min(right, n)) for n, loss, right in parts]
    score = mean_score([Score(float(loss), right / n, n) for n, loss, right in parts])
    samples = [(loss, right / Q(n)) for n, loss, right in parts for _ in range(n)]
    assert score.samples == len(samples)
    assert score.loss == pytest.approx(float(sum(loss for loss, _ in samples) / len(samples)))
    assert score.accuracy == pytest.approx(float(sum(share for _, share in samples) / len(samples)))


@pytest.mark.problem("train-loop")
def test_how_an_evaluation_is_split_makes_no_difference():
    network, data = mlp(), blobs(50)
    alone = evaluate(network, batches(*data, 50), loss=CrossEntropyLoss())
    for size in (1, 3, 7, 49):
        split = evaluate(network, batches(*data, size), loss=CrossEntropyLoss())
        assert split.loss == pytest.approx(alone.loss, rel=1e-12)
        assert split.accuracy == pytest.approx(alone.accuracy, rel=1e-12)


class Noisy(Linear):
    """Counts its training batches, and behaves differently while training."""

    def forward(self, x):
        if self.training:
            self.running_count[0] += 1
        return super().forward(x) + (100 if self.training else 0)


def noisy():
    layer = Noisy.random(5, 3, rng=0)
    layer.running_count = np.zeros(1)
    return layer


@pytest.mark.problem("train-tensors")
@pytest.mark.problem("train-loop")
@pytest.mark.parametrize("nested", [False, True])
def test_an_evaluation_leaves_the_network_as_it_is(nested):
    layer = noisy()
    network = Sequential(Sequential(layer), mlp().layers[1]) if nested else layer
    data, loss = blobs(20), CrossEntropyLoss()
    for mode in (True, False):
        set_training(network, mode)
        before = [*values(network), layer.running_count.copy()]
        evaluate(network, batches(*data, 6), loss=loss)
        assert equal(before, [*values(network), layer.running_count])
        assert layer.training is mode
    set_training(network, True)
    layer.training = False  # a frozen layer stays frozen
    evaluate(network, batches(*data, 6), loss=loss)
    assert not layer.training
    assert network.training is nested


def test_an_evaluation_that_fails_gives_the_mode_back():
    network = mlp()
    with pytest.raises(ValueError, match="accepted is"):
        evaluate(network, batches(np.ones((3, 4)), [0, 1, 2], 2), loss=CrossEntropyLoss())
    assert network.training
    assert all(layer.training for layer in network.layers)


def test_an_epoch_trains_in_training_mode():
    layer = noisy()
    set_training(layer, False)
    train_epoch(
        layer, batches(*blobs(20), 6), loss=CrossEntropyLoss(), optimizer=SGD(layer.parameters(), learning_rate=1)
    )
    assert layer.training
    assert layer.running_count[0] == 4


@pytest.mark.problem("train-loop")
def test_evaluations_in_between_change_no_step():
    ends = []
    for looks in (0, 3):
        network, data = mlp(), blobs(50)
        optimizer = SGD(network.parameters(), learning_rate=0.1, momentum=0.9)
        for epoch in range(3):
            shuffled = batches(*data, 8, shuffle=True, rng=epoch)
            train_epoch(network, shuffled, loss=CrossEntropyLoss(), optimizer=optimizer)
            for _ in range(looks):
                evaluate(network, batches(*data, 8), loss=CrossEntropyLoss())
        ends.append(values(network))
    assert equal(*ends)


@pytest.mark.problem("train-loop")
@examples(40)
@given(st.integers(0, 12), st.integers(1, 14), st.booleans(), st.integers(0, 9))
def test_every_sample_comes_once(n, size, shuffle, seed):
    inputs, targets = np.arange(n) * 10, np.arange(n)
    parts = list(batches(inputs, targets, size, shuffle=shuffle, rng=seed))
    assert [len(x) for x, _ in parts] == [size] * (n // size) + [n % size] * bool(n % size)
    assert len(parts) == math.ceil(n / size)
    seen = list(itertools.chain.from_iterable(y.tolist() for _, y in parts))
    assert sorted(seen) == list(range(n))
    assert [int(x) for part, _ in parts for x in part] == [10 * y for y in seen]
    if not shuffle:
        assert seen == sorted(seen)


def test_every_order_comes_equally_often():
    orders = [next(batches([0, 1, 2], [0, 1, 2], 3, shuffle=True, rng=seed))[1] for seed in range(1200)]
    found = {order: sum(order == tuple(o) for o in orders) for order in itertools.permutations(range(3))}
    assert all(abs(often - 200) < 4 * math.sqrt(200 * 5 / 6) for often in found.values())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: list(batches([1, 2], [0], 1)), r"inputs of shape \(2,\), targets of shape \(1,\)"),
        (lambda: list(batches([1], [0], 0)), "batch_size=0"),
        (lambda: mean_score([]), "at least one sample"),
        (lambda: evaluate(mlp(), [], loss=CrossEntropyLoss()), "at least one sample"),
        (lambda: accuracy([[1, 2]], [0, 1]), r"accepted are \(n, classes\)"),
        (lambda: accuracy(np.zeros((0, 2)), []), "not empty"),
    ],
)
def test_errors_say_what_is_accepted(call, told):
    with pytest.raises(ValueError, match=told):
        call()
