"""Learning curves: a number for each epoch, of one run or of several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from hwlib._core.types import Array
from hwlib.training._score import Score

__all__ = ["Curves"]


@dataclass(frozen=True, repr=False, eq=False)
class Curves:
    """Learning curves of one run, ``(epochs,)``, or of several of the same length, ``(runs, epochs)``.

    Attributes:
        train_loss: mean over an epoch's batches, each before its own step, on the inputs as they were trained on.
        train_accuracy: as the loss.
        validation_loss: after the epoch, on samples that are not trained on.
        validation_accuracy: as the loss.
    """

    train_loss: Array
    train_accuracy: Array
    validation_loss: Array
    validation_accuracy: Array

    @classmethod
    def of(cls, train: Iterable[Score], validation: Iterable[Score]) -> Curves:
        """The curves of one run.

        Args:
            train: scores of its epochs.
            validation: scores after them, as many.

        Returns:
            Arrays ``(epochs,)``.

        Raises:
            ValueError: if they are not equally many.

        Example:
            >>> Curves.of([Score(2.0, 0.1, 9)], [Score(1.0, 0.4, 3)])
            Curves(1 epoch: train loss 2, accuracy 0.1; validation loss 1, accuracy 0.4)
        """
        both = list(zip(train, validation, strict=True))
        columns = [(a.loss, a.accuracy, b.loss, b.accuracy) for a, b in both]
        return cls(*np.array(columns, float).reshape(len(both), 4).T.copy())

    @classmethod
    def stack(cls, runs: Iterable[Curves]) -> Curves:
        """Curves of several runs.

        Args:
            runs: of the same number of epochs, at least one.

        Returns:
            Arrays ``(runs, epochs)``.

        Raises:
            ValueError: if there are none, or of several lengths.

        Example:
            >>> one = Curves.of([Score(2.0, 0.1, 9)], [Score(1.0, 0.4, 3)])
            >>> Curves.stack([one, one]).train_loss.shape
            (2, 1)
        """
        all_runs = list(runs)
        if len({run.epochs for run in all_runs}) != 1:
            raise ValueError(f"runs={all_runs}: accepted are one or more of the same number of epochs")
        return cls(*(np.stack([getattr(run, field.name) for run in all_runs]) for field in fields(cls)))

    @property
    def epochs(self) -> int:
        """How many there are."""
        return int(self.train_loss.shape[-1])

    @property
    def best_epoch(self) -> Array:
        """The epoch after which the validation loss was least, counted from 1; of each run; NaN counts as the worst.

        Raises:
            ValueError: if there are no epochs.
        """
        if not self.epochs:
            raise ValueError(f"{self!r} has no best epoch: accepted are curves of one or more")
        losses = np.where(np.isnan(self.validation_loss), np.inf, self.validation_loss)
        return np.asarray(losses.argmin(axis=-1) + 1)

    def __repr__(self) -> str:
        several = f"{len(self.train_loss)} runs, " if self.train_loss.ndim > 1 else ""
        if not self.epochs:
            return f"Curves({several}0 epochs)"
        last = [getattr(self, field.name)[..., -1].mean() for field in fields(self)]
        numbers = "train loss {:.4g}, accuracy {:.4g}; validation loss {:.4g}, accuracy {:.4g}".format(*last)
        return f"Curves({several}{self.epochs} epoch{'s' * (self.epochs != 1)}: {numbers})"
