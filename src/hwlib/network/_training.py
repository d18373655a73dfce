"""Small networks, trained the same way on every run, and what they are on the way.

Chapter: *Regions can be counted*. Training is full-batch Adam in float64 on one thread, so that a run depends
on nothing but its seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hwlib.network._network import Network

if TYPE_CHECKING:
    import torch

__all__ = ["initialise", "relu_module", "snapshots", "two_spirals"]


def relu_module(inputs: int, widths: Sequence[int], outputs: int = 1, *, seed: int = 0) -> torch.nn.Sequential:
    """A fully connected ReLU network in float64 with weights that depend on the seed alone.

    Args:
        inputs: numbers that go in.
        widths: neurons of each hidden layer.
        outputs: numbers that come out.
        seed: see :func:`initialise`.

    Returns:
        The module.

    Raises:
        ValueError: if a number is not positive.

    Example:
        >>> [tuple(p.shape) for p in relu_module(2, [3]).parameters()]
        [(3, 2), (3,), (1, 3), (1,)]
    """
    import torch

    sizes = [inputs, *widths, outputs]
    if min(sizes) < 1:
        raise ValueError(f"inputs={inputs}, widths={list(widths)}, outputs={outputs}: accepted are positive numbers")
    layers: list[torch.nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    return initialise(torch.nn.Sequential(*layers[:-1]), seed=seed)


def initialise(module: torch.nn.Sequential, *, seed: int) -> torch.nn.Sequential:
    """Draw new weights and biases: normal, with variance 2 / inputs for weights and 1 / inputs for biases.

    Args:
        module: changed in place, and to float64.
        seed: of NumPy's generator.

    Returns:
        The module.

    Example:
        >>> import torch
        >>> once, again = (initialise(torch.nn.Sequential(torch.nn.Linear(1, 1)), seed=0) for _ in range(2))
        >>> bool(once[0].weight == again[0].weight)
        True
    """
    import torch

    rng = np.random.default_rng(seed)
    module.double()
    inputs = 1
    for parameter in module.parameters():
        size = tuple(parameter.shape)
        if len(size) > 1:
            inputs = int(np.prod(size[1:]))
        spread = np.sqrt((2 if len(size) > 1 else 1) / inputs)
        parameter.data = torch.from_numpy(rng.normal(scale=spread, size=size))
    return module


def snapshots(
    module: torch.nn.Sequential,
    inputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    steps: Sequence[int],
    rate: float = 0.02,
    input_shape: Sequence[int] | None = None,
) -> dict[int, Network]:
    """Train a classifier, and return what it was after some of the steps.

    Args:
        module: takes ``inputs``; one output tells class 1 from class 0 by its sign, more are scores of classes.
        inputs: ``(n, ...)``.
        labels: ``(n,)``, whole numbers from 0.
        steps: after how many steps of Adam to look; 0 is the beginning.
        rate: step size.
        input_shape: shape of one input, if the module begins with a convolution.

    Returns:
        Steps to networks; the module is left as after the last of them.

    Raises:
        ValueError: if inputs and labels are not equally many, or steps are not in increasing order from 0 on.

    Example:
        >>> found = snapshots(relu_module(1, [2]), [[-1.0], [1.0]], [0, 1], steps=[0, 100])
        >>> (found[100]([[-1.0], [1.0]]) > 0).ravel().tolist()
        [False, True]
    """
    import torch

    data, wanted = torch.as_tensor(np.asarray(inputs, dtype=float)), torch.as_tensor(np.asarray(labels))
    if len(data) != len(wanted):
        raise ValueError(f"{len(data)} inputs and {len(wanted)} labels: accepted are equally many")
    if list(steps) != sorted(set(steps)) or min(steps, default=-1) < 0:
        raise ValueError(f"steps={list(steps)}: accepted are whole numbers in increasing order, from 0 on")
    optimiser = torch.optim.Adam(module.parameters(), lr=rate)
    found = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # layers this small lose time, and reproducibility, by being shared out
    try:
        for step in range(max(steps) + 1):
            if step in steps:
                found[step] = Network.from_torch(module, input_shape)
            if step == max(steps):
                break
            scores = module(data)
            if scores.shape[-1] == 1:
                loss = torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0], wanted.double())
            else:
                loss = torch.nn.functional.cross_entropy(scores, wanted.long())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    finally:
        torch.set_num_threads(threads)
    return found


def two_spirals(points: int = 60, *, turns: float = 0.75) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Two arms that wind around each other: a task for two inputs that no line solves.

    Args:
        points: in all, an even number.
        turns: of each arm.

    Returns:
        Points ``(points, 2)`` within the square from -1.5 to 1.5, and labels 0 and 1.

    Raises:
        ValueError: if the number of points is odd or not positive.

    Example:
        >>> points, labels = two_spirals(4)
        >>> points.shape, labels.tolist()
        ((4, 2), [0, 0, 1, 1])
    """
    if points < 2 or points % 2:
        raise ValueError(f"points={points}: accepted are positive even numbers")
    place = np.linspace(0.15, 1, points // 2)
    angle = 2 * np.pi * turns * place
    arm = 1.3 * place[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.concatenate([arm, -arm]), np.repeat([0, 1], points // 2)
