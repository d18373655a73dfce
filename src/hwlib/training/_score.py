"""The mean loss and the accuracy on some samples, and how means over batches become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwlib._core.arrays import as_array

__all__ = ["Score", "accuracy", "mean_score"]


@dataclass(frozen=True)
class Score:
    """How good a network is on some samples.

    Attributes:
        loss: mean over the samples.
        accuracy: share of samples whose largest output is the right one.
        samples: how many there are.
    """

    loss: float
    accuracy: float
    samples: int

    def __str__(self) -> str:
        return f"loss {self.loss:.4f}, accuracy {self.accuracy:.4f} on {self.samples} samples"


def mean_score(scores: Iterable[Score]) -> Score:
    """The score on all samples, from those on batches: means weighted by the sizes of the batches.

    Args:
        scores: of batches that share no sample.

    Returns:
        The score on all their samples.

    Raises:
        ValueError: if there are no samples.

    Example:
        >>> mean_score([Score(1.0, 1.0, 3), Score(5.0, 0.0, 1)])
        Score(loss=2.0, accuracy=0.75, samples=4)
    """
    parts = tuple(scores)
    samples = sum(part.samples for part in parts)
    if not samples:
        raise ValueError(f"scores={parts}: accepted are scores of at least one sample")
    loss = sum(part.loss * part.samples for part in parts) / samples
    right = sum(part.accuracy * part.samples for part in parts) / samples
    return Score(loss, right, samples)


def accuracy(logits: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """Share of rows whose largest entry is at the target; of equal entries the first counts, and NaN as the largest.

    Args:
        logits: ``(n, classes)``, n at least 1.
        targets: ``(n,)``, the right classes.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: if the shapes do not fit, or there are no rows.

    Example:
        >>> accuracy([[1, 2], [3, 0]], [1, 1])
        0.5
    """
    rows, right = as_array("logits", logits), as_array("targets", targets)
    if rows.ndim != 2 or not rows.size or right.shape != rows.shape[:1]:
        raise ValueError(
            f"logits of shape {rows.shape}, targets of shape {right.shape}: accepted are (n, classes) and (n,), not "
            "empty"
        )
    return float(np.mean(rows.argmax(axis=1) == right))
