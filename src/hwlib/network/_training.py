"""Small networks, trained the same way on every run, and what they are on the way.

Chapter: *Regions can be counted*. Training is full-batch Adam in float64 on one thread, so that a run depends
on nothing but its seed.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, instance, positive, whole, whole_numbers
from hwlib._core.arrays import real_array, whole_array
from hwlib._core.optional import require
from hwlib._core.types import Array, Integers, RandomSource
from hwlib.network._network import Network

if TYPE_CHECKING:
    import torch

__all__ = ["initialise", "relu_module", "snapshots", "snapshots_together", "two_spirals"]


def relu_module(
    inputs: int, widths: Sequence[int], outputs: int = 1, *, rng: RandomSource = None
) -> torch.nn.Sequential:
    """A fully connected ReLU network in float64 with weights that depend on ``rng`` alone.

    Args:
        inputs: numbers that go in.
        widths: neurons of each hidden layer.
        outputs: numbers that come out.
        rng: see :func:`initialise`.

    Returns:
        The module. PyTorch's own random numbers stay where they are.

    Raises:
        ValueError: if a number is not positive and whole.

    Example:
        >>> [tuple(p.shape) for p in relu_module(2, [3], rng=0).parameters()]
        [(3, 2), (3,), (1, 3), (1,)]
    """
    torch = require("torch")
    hidden = whole_numbers("widths", widths, least=1, empty=True)
    sizes = [whole("inputs", inputs, least=1), *hidden, whole("outputs", outputs, least=1)]
    layers: list[Any] = []
    for before, after in itertools.pairwise(sizes):
        # Without torch's own weights: drawing them would move its random numbers.
        layers += [torch.nn.utils.skip_init(torch.nn.Linear, before, after), torch.nn.ReLU()]
    return initialise(torch.nn.Sequential(*layers[:-1]), rng=rng)


def initialise(model: torch.nn.Sequential, *, rng: RandomSource = None) -> torch.nn.Sequential:
    """Draw new weights and biases: normal, with variance 2 / inputs for weights and 1 / inputs for biases.

    Args:
        model: changed in place, and to float64.
        rng: source of the random numbers: a seed, a NumPy generator, or None for other numbers on each run.

    Returns:
        The model.

    Raises:
        ValueError: if ``rng`` is none of these, or ``model`` is no torch module.

    Example:
        >>> import torch
        >>> once, again = (initialise(torch.nn.Sequential(torch.nn.Linear(1, 1)), rng=0) for _ in range(2))
        >>> bool(once[0].weight == again[0].weight)
        True
    """
    torch = require("torch")
    numbers = generator("rng", rng)
    instance("model", model, torch.nn.Module, "a torch module")
    model.double()
    inputs = 1
    for parameter in model.parameters():
        size = tuple(parameter.shape)
        if len(size) > 1:
            inputs = int(np.prod(size[1:]))
        spread = np.sqrt((2 if len(size) > 1 else 1) / inputs)
        parameter.data = torch.from_numpy(numbers.normal(scale=spread, size=size)).to(parameter.device)
    return model


def snapshots(
    model: torch.nn.Sequential,
    inputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    steps: Sequence[int],
    learning_rate: float = 0.02,
    input_shape: Sequence[int] | None = None,
) -> dict[int, Network]:
    """Train a classifier, and return what it was after some of the steps.

    Args:
        model: takes ``inputs``, in float64; one output tells class 1 from class 0 by its sign, more are scores of
            classes.
        inputs: ``(n, ...)``.
        labels: ``(n,)``, whole numbers from 0.
        steps: after how many steps of Adam to look; 0 is the beginning.
        learning_rate: of Adam, above zero.
        input_shape: shape of one input, if the model begins with a convolution.

    Returns:
        Steps to networks; the model is left as after the last of them.

    Raises:
        ValueError: if inputs and labels are not equally many, labels are not classes of the model, steps are not in
            increasing order from 0 on, or the learning rate is not above zero.

    Example:
        >>> found = snapshots(relu_module(1, [2], rng=0), [[-1.0], [1.0]], [0, 1], steps=[0, 100])
        >>> (found[100]([[-1.0], [1.0]]) > 0).ravel().tolist()
        [False, True]
    """
    torch = require("torch")
    instance("model", model, torch.nn.Module, "a torch module")
    data, wanted, looks = _task(inputs, labels, steps)
    optimiser = torch.optim.Adam(model.parameters(), lr=positive("learning_rate", learning_rate))
    found = {}
    with _one_thread():
        for step in range(looks[-1] + 1):
            if step in looks:
                found[step] = Network.from_torch(model, input_shape=input_shape)
            if step == looks[-1]:
                break
            optimiser.zero_grad()
            _loss(model(data), wanted).backward()
            optimiser.step()
    return found


def snapshots_together(
    models: Sequence[torch.nn.Sequential],
    inputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    steps: Sequence[int],
    learning_rate: float = 0.02,
    input_shape: Sequence[int] | None = None,
) -> list[dict[int, Network]]:
    """:func:`snapshots` of several models of one kind, trained side by side: the same but for rounding, and faster.

    Each descends its own loss, and Adam treats each number by itself, so none knows of the others.

    Args:
        models: alike in all but their weights.
        inputs: see :func:`snapshots`, as for the rest.
        labels: ``(n,)``.
        steps: after how many steps of Adam to look.
        learning_rate: of Adam, above zero.
        input_shape: shape of one input, if the models begin with a convolution.

    Returns:
        For each model, steps to networks; the models are left as after the last of them.

    Raises:
        ValueError: if there is no model, they are not alike, or for the reasons of :func:`snapshots`.

    Example:
        >>> models = [relu_module(1, [2], rng=seed) for seed in (0, 1)]
        >>> found = snapshots_together(models, [[-1.0], [1.0]], [0, 1], steps=[0, 100])
        >>> [(run[100]([[-1.0], [1.0]]) > 0).ravel().tolist() for run in found]
        [[False, True], [False, True]]
    """
    torch = require("torch")
    kinds = {repr(instance("models", model, torch.nn.Module, "torch modules")) for model in models}
    if len(kinds) != 1:
        raise ValueError(f"models={sorted(kinds)}: accepted are one or more that differ in their weights only")
    data, wanted, looks = _task(inputs, labels, steps)
    stacked, fixed = torch.func.stack_module_state(models)
    bare = copy.deepcopy(models[0]).to("meta")  # what to compute, without numbers of its own

    def loss(parameters: Any, buffers: Any) -> Any:
        return _loss(torch.func.functional_call(bare, (parameters, buffers), (data,)), wanted)

    optimiser = torch.optim.Adam(stacked.values(), lr=positive("learning_rate", learning_rate))
    found: list[dict[int, Network]] = [{} for _ in models]
    with _one_thread():
        for step in range(looks[-1] + 1):
            if step in looks:
                for k, (model, networks) in enumerate(zip(models, found, strict=True)):
                    for name, parameter in model.named_parameters():
                        parameter.data = stacked[name][k].detach().clone()
                    networks[step] = Network.from_torch(model, input_shape=input_shape)
            if step == looks[-1]:
                break
            optimiser.zero_grad()
            torch.func.vmap(loss)(stacked, fixed).sum().backward()
            optimiser.step()
    return found


def _task(inputs: npt.ArrayLike, labels: npt.ArrayLike, steps: Sequence[int]) -> tuple[Any, Any, list[int]]:
    """Inputs and labels as tensors, and the steps, checked."""
    torch = require("torch")
    data, wanted = torch.as_tensor(real_array("inputs", inputs)), torch.as_tensor(whole_array("labels", labels))
    if wanted.ndim != 1 or data.shape[:1] != wanted.shape:
        raise ValueError(
            f"inputs of shape {tuple(data.shape)}, labels of shape {tuple(wanted.shape)}: accepted are equally many, "
            "(n, ...) and (n,)"
        )
    looks = list(whole_numbers("steps", steps, least=0))
    if any(after <= before for before, after in itertools.pairwise(looks)):
        raise ValueError(f"steps={list(steps)}: accepted are whole numbers in increasing order, from 0 on")
    return data, wanted, looks


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Layers this small lose time, and reproducibility, by being shared out."""
    torch = require("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _loss(scores: Any, labels: Any) -> Any:
    torch = require("torch")
    classes = 2 if scores.shape[-1] == 1 else scores.shape[-1]
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(f"labels from {int(labels.min())} to {int(labels.max())}: accepted are 0 to {classes - 1}")
    if scores.shape[-1] == 1:
        return torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0], labels.double())
    return torch.nn.functional.cross_entropy(scores, labels)


def two_spirals(points: int = 60, *, turns: float = 0.75) -> tuple[Array, Integers]:
    """Two arms that wind around each other: a task for two inputs that no line solves.

    Args:
        points: in all, an even number.
        turns: of each arm.

    Returns:
        Points ``(points, 2)`` within the square from -1.5 to 1.5, and labels 0 and 1.

    Raises:
        ValueError: if the number of points is odd or not positive, or ``turns`` is not positive.

    Example:
        >>> points, labels = two_spirals(4)
        >>> points.shape, labels.tolist()
        ((4, 2), [0, 0, 1, 1])
    """
    if whole("points", points, least=2) % 2:
        raise ValueError(f"points={points}: accepted are positive even numbers")
    positive("turns", turns)
    place = np.linspace(0.15, 1, points // 2)
    angle = 2 * np.pi * turns * place
    arm = 1.3 * place[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.concatenate([arm, -arm]), np.repeat([0, 1], points // 2)
