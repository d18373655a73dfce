"""A ReLU network of one hidden layer through any points, and what no function can fit.

Chapter: *A perfect fit is easy, and not the goal*.

A direction in which no two inputs are level makes the task one of a single number; there a broken line goes through
every point, and each of its corners takes one ReLU.

Source: problem ``train-universal``; Zhang, Bengio, Hardt, Recht & Vinyals, *Understanding deep learning requires
rethinking generalization* (2017).
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import whole_array
from hwlib._core.exact import as_exact
from hwlib._core.types import AnyArray, Numbers
from hwlib.network._network import Network

__all__ = ["best_accuracy", "memorising_network", "separating_direction"]


def separating_direction(points: Numbers) -> list[int]:
    """A direction a in which no two of the points are level: a . x differs from point to point.

    Tried are (1, t, t^2, ...) for t = 0, 1, 2, ...: two points are level for at most d - 1 of them, the roots of a
    polynomial, so one of the first (d - 1) n (n - 1) / 2 + 1 is right.

    Args:
        points: ``(n, d)``, no two equal, d at least 1.

    Returns:
        d whole numbers.

    Raises:
        ValueError: if two points are equal, or there are no coordinates.

    Source: problem ``train-universal``.

    Example:
        >>> separating_direction([[0, 0], [0, 1], [1, 0]])
        [1, 2]
    """
    rows = _rows("points", points)
    if len(_distinct(rows)) < len(rows):
        raise ValueError("points: two are equal: accepted are points that differ")
    for t in itertools.count():
        direction = [t**power for power in range(rows.shape[1])]
        if len(set(_along(rows, direction))) == len(rows):
            return direction
    raise AssertionError  # never: see above


def memorising_network(inputs: Numbers, targets: Numbers) -> Network:
    """A network with one hidden layer that has the targets at the inputs, exactly.

    Args:
        inputs: ``(n, d)``, n and d at least 1; equal ones need equal targets.
        targets: ``(n,)`` or ``(n, m)``.

    Returns:
        The network in Fractions, ``d`` inputs and ``m`` outputs (one for targets of shape ``(n,)``). It has a hidden
        ReLU for each different input but one; with one input there is no hidden layer.

    Raises:
        ValueError: if two equal inputs have different targets: no function does that.

    Source: problem ``train-universal``.

    Example:
        >>> network = memorising_network([[0], [1], [2]], [1, 0, 1])
        >>> network, [int(network(x)) for x in (0, 1, 2)]
        (Network(1-2-1, relu, Fractions), [1, 0, 1])
    """
    rows, wanted = _rows("inputs", inputs), as_exact("targets", targets)
    wanted = wanted[:, None] if wanted.ndim == 1 else wanted
    if wanted.ndim != 2 or wanted.shape[0] != len(rows) or not wanted.shape[1] or not len(rows):
        raise ValueError(
            f"inputs of shape {rows.shape}, targets of shape {wanted.shape}: accepted are (n, d) with (n,) or (n, m), "
            "at least one of each"
        )
    first = _distinct(rows)
    for number, row in enumerate(rows):
        if (wanted[number] != wanted[first[tuple(row)]]).any():
            raise ValueError(
                f"inputs {first[tuple(row)]} and {number} are equal and have different targets: no function has both"
            )
    keep = list(first.values())
    rows, wanted = rows[keep], wanted[keep]
    if len(rows) == 1:
        return Network.from_arrays([(wanted.T * rows * 0, wanted[0])])
    direction = separating_direction(rows)
    places = np.array(_along(rows, direction), dtype=object)
    order = np.argsort(places)
    places, wanted = places[order], wanted[order]
    slopes = np.diff(wanted, axis=0) / np.diff(places)[:, None]  # (n - 1, m)
    jumps = np.diff(slopes, axis=0, prepend=slopes[:1] * 0)
    hidden = np.array([direction] * len(jumps), dtype=object)
    return Network.from_arrays([(hidden, -places[:-1]), (jumps.T, wanted[0])])


def best_accuracy(inputs: Numbers, labels: npt.ArrayLike) -> Fraction:
    """The largest share of samples that any function of the input can label right.

    Of samples with equal inputs, only those with the most frequent of their labels can be right at once.

    Args:
        inputs: ``(n, d)``, n at least 1.
        labels: ``(n,)``, whole numbers.

    Returns:
        The share; 1 if equal inputs have equal labels. A ReLU network with one hidden layer attains it.

    Raises:
        ValueError: if there are no samples, or not as many labels as inputs.

    Source: problem ``train-universal``.

    Example:
        >>> best_accuracy([[0], [0], [0], [1]], [5, 5, 7, 7])
        Fraction(3, 4)
    """
    rows, named = _rows("inputs", inputs), whole_array("labels", labels)
    if named.shape != rows.shape[:1] or not len(rows):
        raise ValueError(
            f"labels of shape {named.shape} for {len(rows)} inputs: accepted is one for each, at least one"
        )
    seen: dict[tuple[Fraction, ...], Counter[int]] = {}
    for row, label in zip(rows, named.tolist(), strict=True):
        seen.setdefault(tuple(row), Counter())[label] += 1
    return Fraction(sum(max(counts.values()) for counts in seen.values()), len(rows))


def _rows(name: str, values: Numbers) -> AnyArray:
    rows = as_exact(name, values)
    if rows.ndim != 2 or not rows.shape[1]:
        raise ValueError(f"{name} of shape {rows.shape}: accepted is (n, d), d at least 1")
    return rows


def _distinct(rows: AnyArray) -> dict[tuple[Fraction, ...], int]:
    """Each different row, and where it stands first."""
    first: dict[tuple[Fraction, ...], int] = {}
    for number, row in enumerate(rows):
        first.setdefault(tuple(row), number)
    return first


def _along(rows: AnyArray, direction: list[int]) -> list[Fraction]:
    return [sum((a * x for a, x in zip(direction, row, strict=True)), Fraction(0)) for row in rows]
