"""The training loop and the evaluation loop.

Chapter: *Training is four lines, repeated*.

Source: problem ``train-loop``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy.typing as npt

from hwlib._core.arguments import generator, whole
from hwlib._core.arrays import as_array
from hwlib._core.types import AnyArray, RandomSource
from hwlib.backprop import Layer, Loss
from hwlib.training._score import Score, accuracy, mean_score
from hwlib.training._sgd import SGD

__all__ = [
    "Batch",
    "batches",
    "evaluate",
    "evaluation_mode",
    "every_layer",
    "set_training",
    "train_epoch",
    "train_step",
]

Batch = tuple[AnyArray, AnyArray]  # inputs (n, ...) and targets (n,)


def batches(
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    batch_size: int,
    *,
    shuffle: bool = False,
    rng: RandomSource = None,
) -> Iterator[Batch]:
    """All samples once, in batches; the last is smaller if the size does not divide their number.

    Args:
        inputs: ``(n, ...)``.
        targets: ``(n,)``.
        batch_size: at least 1.
        shuffle: in a random order, without replacement; otherwise in their own.
        rng: source of the order.

    Yields:
        Inputs and targets of a batch.

    Raises:
        ValueError: if inputs and targets are not equally many, or the size is not at least 1.

    Example:
        >>> [x.tolist() for x, _ in batches([10, 20, 30], [0, 1, 0], 2)]
        [[10, 20], [30]]
    """
    x, y = as_array("inputs", inputs), as_array("targets", targets)
    size = whole("batch_size", batch_size, least=1)
    if y.ndim != 1 or x.shape[:1] != y.shape:
        raise ValueError(f"inputs of shape {x.shape}, targets of shape {y.shape}: accepted are (n, ...) and (n,)")
    order = generator("rng", rng).permutation(len(y)) if shuffle else None
    for start in range(0, len(y), size):
        chosen = slice(start, start + size) if order is None else order[start : start + size]
        yield x[chosen], y[chosen]


def train_step(network: Layer, inputs: npt.ArrayLike, targets: npt.ArrayLike, *, loss: Loss, optimizer: SGD) -> Score:
    """One step on one batch: forward, loss, backward, update.

    Args:
        network: takes inputs ``(n, ...)`` to logits ``(n, classes)``; changed.
        inputs: ``(n, ...)``.
        targets: ``(n,)``.
        loss: what is to become small.
        optimizer: of the network's parameters.

    Returns:
        The score on the batch, from before the update.

    Example:
        >>> from hwlib.backprop import CrossEntropyLoss, Linear
        >>> layer, loss = Linear([[0.0], [0.0]], [0.0, 0.0]), CrossEntropyLoss()
        >>> step = train_step(layer, [[2.0]], [1], loss=loss, optimizer=SGD(layer.parameters(), learning_rate=0.5))
        >>> layer.weight.value.tolist(), layer.bias.value.tolist()
        ([[-0.5], [0.5]], [-0.25, 0.25])
    """
    score = _measure(network, inputs, targets, loss)
    network.backward(loss.backward())
    optimizer.step()
    return score


def train_epoch(network: Layer, data: Iterable[Batch], *, loss: Loss, optimizer: SGD) -> Score:
    """A step on each batch.

    Args:
        network: changed.
        data: batches.
        loss: what is to become small.
        optimizer: of the network's parameters.

    Returns:
        The mean of the scores that the batches had when their turn came, each of another network.

    Raises:
        ValueError: if there are no samples.

    Example:
        >>> from hwlib.backprop import CrossEntropyLoss, Linear
        >>> layer = Linear.random(2, 2, rng=0)
        >>> data = list(batches([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1], 2))
        >>> optimizer = SGD(layer.parameters(), learning_rate=1.0)
        >>> for _ in range(20):
        ...     score = train_epoch(layer, data, loss=CrossEntropyLoss(), optimizer=optimizer)
        >>> score.accuracy, score.samples
        (1.0, 3)
    """
    set_training(network, True)
    return mean_score([train_step(network, x, y, loss=loss, optimizer=optimizer) for x, y in data])


def evaluate(network: Layer, data: Iterable[Batch], *, loss: Loss) -> Score:
    """The score of a network that stays as it is: in evaluation mode, without a backward pass.

    Args:
        network: its parameters, what it keeps from training, and its mode are left as they are.
        data: batches; how the samples are split into them makes no difference but by rounding.
        loss: mean over a batch.

    Returns:
        The score on all samples.

    Raises:
        ValueError: if there are no samples.

    Example:
        >>> from hwlib.backprop import CrossEntropyLoss, Linear
        >>> layer = Linear([[1.0], [-1.0]], [0.0, 0.0])
        >>> evaluate(layer, batches([[1.0], [2.0], [-1.0]], [0, 0, 0], 2), loss=CrossEntropyLoss()).accuracy
        0.6666666666666666
    """
    with evaluation_mode(network):
        return mean_score([_measure(network, x, y, loss) for x, y in data])


def _measure(network: Layer, inputs: npt.ArrayLike, targets: npt.ArrayLike, loss: Loss) -> Score:
    """The forward pass, and what it costs."""
    logits = network.forward(inputs)
    return Score(float(loss.forward(logits, targets)), accuracy(logits, targets), len(logits))


@contextmanager
def evaluation_mode(network: Layer) -> Iterator[None]:
    """Inside a ``with``, every layer is in evaluation mode; afterwards in the one it was in.

    Args:
        network: a layer, or layers in layers.

    Yields:
        Nothing.

    Example:
        >>> from hwlib.backprop import ReLU
        >>> layer = ReLU()
        >>> with evaluation_mode(layer):
        ...     print(layer.training)
        False
        >>> layer.training
        True
    """
    before = [(layer, layer.training) for layer in every_layer(network)]
    set_training(network, False)
    try:
        yield
    finally:
        for layer, training in before:
            layer.training = training


def set_training(network: Layer, training: bool) -> None:
    """Put every layer into training or evaluation mode.

    Args:
        network: a layer, or layers in layers.
        training: whether it is to be trained.

    Example:
        >>> from hwlib.backprop import ReLU
        >>> layer = ReLU()
        >>> set_training(layer, False)
        >>> layer.training
        False
    """
    for layer in every_layer(network):
        layer.training = training


def every_layer(network: Layer) -> list[Layer]:
    """The network itself, and all layers in its attribute ``layers``, and in theirs.

    Args:
        network: a layer, or layers in layers.

    Returns:
        The layers, each before those inside it.

    Example:
        >>> from hwlib.backprop import ReLU, Sequential
        >>> len(every_layer(Sequential(ReLU(), Sequential(ReLU()))))
        4
    """
    return [network, *(inner for layer in getattr(network, "layers", ()) for inner in every_layer(layer))]
