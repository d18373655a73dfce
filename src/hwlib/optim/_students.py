"""Small networks that learn what a network of the same kind says, with noise: their errors over size, samples and time.

Chapter: *Over size the error falls, rises and falls again*.

Sources: Belkin, Hsu, Ma & Mandal, *Reconciling Modern Machine-Learning Practice and the Classical Bias-Variance
Trade-Off* (2019); Nakkiran et al., *Deep Double Descent* (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib._core.arguments import positive, whole, whole_numbers
from hwlib._core.optional import require
from hwlib._core.results import stored_results
from hwlib._core.types import Array, Integers

__all__ = ["StudentErrors", "measured_students", "student_errors"]


@dataclass(frozen=True, repr=False)
class StudentErrors:
    """Errors of students of one width while they learn; made by :func:`student_errors`.

    Attributes:
        epochs: ``(m,)`` epochs after which the errors were taken.
        train: ``(seeds, m)`` mean squared error on the training samples, with their noise.
        test: ``(seeds, m)`` mean squared error on new samples, without noise; predicting the mean has an error of one.
    """

    epochs: Integers
    train: Array
    test: Array

    def __repr__(self) -> str:
        return f"StudentErrors({len(self.test)} seeds, epochs {self.epochs[0]} to {self.epochs[-1]})"


def student_errors(
    width: int,
    *,
    seeds: Sequence[int],
    samples: int,
    epochs: int,
    noise: float,
    inputs: int = 10,
    teacher: int = 5,
    learning_rate: float = 0.01,
    test_samples: int = 1000,
) -> StudentErrors:
    """Train ReLU networks with one hidden layer and one output, a network for each seed; all learn side by side.

    Each seed has a teacher of its own, a network of the same kind. More samples of a seed begin with the same ones.
    Adam takes one step an epoch, with all samples.

    Args:
        width: units of a student's hidden layer, at least 1.
        seeds: one network for each.
        samples: to learn from, at least 1.
        epochs: steps, at least 1.
        noise: standard deviation of what is added to the teacher's answers, which have variance one.
        inputs: numbers in a sample, standard normal.
        teacher: units of the teacher's hidden layer.
        learning_rate: of Adam, above 0.
        test_samples: new ones, with the teacher's answers as they are.

    Returns:
        Errors at up to 20 epochs on a logarithmic scale, the last included.

    Raises:
        ValueError: if a number is out of its range, or a teacher has the same answer to all new samples.

    Example:
        >>> student_errors(4, seeds=[0, 1], samples=10, epochs=2, noise=0.5, test_samples=20)
        StudentErrors(2 seeds, epochs 1 to 2)
    """
    torch = require("torch")
    least = {"width": width, "samples": samples, "epochs": epochs, "inputs": inputs, "teacher": teacher}
    width, samples, epochs, inputs, teacher = (whole(name, count, least=1) for name, count in least.items())
    test_samples = whole("test_samples", test_samples, least=2)
    noise, learning_rate = positive("noise", noise, zero=True), positive("learning_rate", learning_rate)
    drawn = [
        _draw(seed, samples, test_samples, inputs, teacher, width) for seed in whole_numbers("seeds", seeds, least=0)
    ]
    x, answers, disturbed, new, right, *layers = (
        torch.from_numpy(np.stack(parts)).float() for parts in zip(*drawn, strict=True)
    )
    targets = answers + noise * disturbed
    parameters = [layer.requires_grad_() for layer in layers]

    def outputs(batch: Any) -> Any:
        first, first_bias, second, second_bias = parameters
        return torch.baddbmm(second_bias, torch.baddbmm(first_bias, batch, first).relu(), second)

    marks = np.unique(np.geomspace(1, epochs, 20).round().astype(np.int64))
    stepper = torch.optim.Adam(parameters, lr=learning_rate)
    train: list[Array] = []
    test: list[Array] = []
    for epoch in range(1, epochs + 1):
        # Summed over the seeds: none of them feels the others.
        loss = ((outputs(x) - targets) ** 2).sum() / samples
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        if epoch in marks:
            with torch.no_grad():
                for found, batch, wanted in ((train, x, targets), (test, new, right)):
                    found.append(((outputs(batch) - wanted) ** 2).double().mean((1, 2)).numpy())
    return StudentErrors(marks, np.stack(train, 1), np.stack(test, 1))


def _draw(seed: int, samples: int, test_samples: int, inputs: int, teacher: int, width: int) -> tuple[Array, ...]:
    """Samples, answers and their noise, new samples and answers, and a student's initial weights and biases.

    Each has a stream of random numbers of its own, so that no size changes what else is drawn.
    """
    streams = [np.random.default_rng([seed, part]) for part in range(6)]
    into, out = streams[0].standard_normal((inputs, teacher)), streams[0].standard_normal((teacher, 1))
    new, x = streams[1].standard_normal((test_samples, inputs)), streams[2].standard_normal((samples, inputs))
    right, answers = (np.maximum(batch @ into, 0) @ out for batch in (new, x))
    middle, spread = right.mean(), right.std()
    if not spread:
        raise ValueError(f"seed {seed}: its teacher has the same answer to all new samples; accepted are more of them")
    first = streams[4].standard_normal((width, inputs)).T * np.sqrt(2 / inputs)
    second = streams[5].standard_normal((width, 1)) / np.sqrt(width)
    return (
        x,
        (answers - middle) / spread,
        streams[3].standard_normal((samples, 1)),
        new,
        (right - middle) / spread,
        first,
        np.zeros((1, width)),
        second,
        np.zeros((1, 1)),
    )


def measured_students() -> dict[str, Any]:
    """The stored result of ``experiments/students.py``, with where it comes from.

    Returns:
        ``"provenance"`` (settings, versions, hardware, time) and ``"results"``: a list of runs, each with ``width``,
        ``samples``, ``inputs``, ``epochs``, and of the training and test error at each epoch the mean over seeds and
        its standard error; at the last epoch also the test error of each seed.

    Raises:
        ValueError: if the results are not those of the checksum.

    Example:
        >>> sorted(measured_students())
        ['provenance', 'results', 'sha256']
    """
    return stored_results("hwlib.optim", "students", script="students")
