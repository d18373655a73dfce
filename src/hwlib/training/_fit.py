"""Training over many epochs: learning curves, early stopping, and a restart that loses nothing.

Chapter: *Training is four lines, repeated*.

Source: problems ``train-loop``, ``train-curves``.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, whole
from hwlib._core.arrays import as_array
from hwlib._core.progress import progress_bar
from hwlib._core.types import AnyArray, RandomSource
from hwlib.backprop import CrossEntropyLoss, Layer, Loss
from hwlib.training._checkpoint import load_checkpoint, save_checkpoint
from hwlib.training._curves import Curves
from hwlib.training._loop import Batch, batches, evaluate, every_layer, train_epoch
from hwlib.training._score import Score
from hwlib.training._sgd import SGD

__all__ = ["Augmentation", "Preparation", "fit"]

Augmentation = Callable[..., AnyArray]  # (inputs, rng=generator) to inputs, as those of hwlib.datasets
Preparation = Callable[[AnyArray], AnyArray]
_EVALUATION_BATCH = 500  # fewer, larger products; the batches of an evaluation make no difference


def fit(
    network: Layer,
    train: tuple[npt.ArrayLike, npt.ArrayLike],
    validation: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    optimizer: SGD,
    epochs: int,
    batch_size: int = 32,
    rng: RandomSource = None,
    augment: Augmentation | None = None,
    prepare: Preparation | None = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = False,
    loss: Loss | None = None,
) -> Curves:
    """Train, and look at the validation samples after every epoch; they change nothing, unless there is a patience.

    With a checkpoint, all that the next epoch depends on is written after each: parameters, velocities, running means,
    the curves so far, and the state of the random numbers. If the process is killed, whenever it is, the same call
    goes on after the last epoch that was finished, and ends with the same bits as if nothing had happened. The same
    call with more epochs goes on where the first one ended.

    Args:
        network: changed; with a patience it ends as it was after its best epoch, otherwise as after the last.
        train: inputs ``(n, ...)`` and targets ``(n,)``.
        validation: inputs and targets, used in no step.
        optimizer: of the network's parameters.
        epochs: how often every training sample is seen; no fewer than the checkpoint has.
        batch_size: of training.
        rng: source of the order of the samples and of the augmentation.
        augment: from inputs of a batch of training, and ``rng=`` a generator, to other inputs.
        prepare: from inputs of any batch, augmented or of validation, to what the network takes.
        patience: stop after so many epochs in a row without a new least validation loss; None: never.
        checkpoint: file, ending in ``.npz``, to go on from and to write.
        progress: show a bar.
        loss: mean over a batch; by default the cross-entropy.

    Returns:
        Curves of the epochs. A run that diverges has infinite values or NaN in them, without a warning.

    Raises:
        ValueError: if arguments do not fit together, the optimizer is of another network, or the checkpoint is damaged
            or of another run. Of ``augment``, ``prepare`` and ``loss`` it only knows whether they are there, and the
            loss's class.

    Example:
        >>> from hwlib.backprop import Linear
        >>> layer, data = Linear.random(1, 2, rng=0), ([[-1.0], [1.0]], [0, 1])
        >>> curves = fit(layer, data, data, optimizer=SGD(layer.parameters(), learning_rate=1.0), epochs=9, rng=0)
        >>> curves.epochs, float(curves.validation_accuracy[-1])
        (9, 1.0)
    """
    whole("epochs", epochs, least=0)
    if patience is not None:
        whole("patience", patience, least=1)
    whole("batch_size", batch_size, least=1)
    _places(network, optimizer)
    criterion = CrossEntropyLoss() if loss is None else loss
    run = _Run(network, optimizer, generator("rng", rng))
    if checkpoint is not None:
        settings = _settings(network, train, validation, optimizer, batch_size, patience)
        callables = {"loss": type(criterion).__name__, "augment": augment is not None, "prepare": prepare is not None}
        run.settings = settings | callables
        run.begin(checkpoint, known_start=rng is not None, epochs=epochs)
    bar = progress_bar("training", epochs, done=len(run.train), unit="epoch", shown=progress)
    with np.errstate(over="ignore", invalid="ignore"), bar as shown:  # the curves show what overflows
        while len(run.train) < epochs and not run.is_over(patience):
            shuffled = _augmented(batches(*train, batch_size, shuffle=True, rng=run.rng), augment, run.rng)
            learnt = train_epoch(network, _prepared(shuffled, prepare), loss=criterion, optimizer=optimizer)
            held_out = _prepared(batches(*validation, _EVALUATION_BATCH), prepare)
            seen = evaluate(network, held_out, loss=criterion)
            run.add(learnt, seen, keep_best=patience is not None)
            if checkpoint is not None:
                run.save(checkpoint)
            shown.update(1)
    run.restore_best()
    return Curves.of(run.train, run.validation)


def _augmented(data: Iterable[Batch], augment: Augmentation | None, rng: np.random.Generator) -> Iterator[Batch]:
    for inputs, targets in data:
        yield (inputs if augment is None else augment(inputs, rng=rng)), targets


def _prepared(data: Iterable[Batch], prepare: Preparation | None) -> Iterator[Batch]:
    for inputs, targets in data:
        # Batches of validation are views: a change in place would be one of the samples themselves, epoch by epoch.
        yield (inputs if prepare is None else prepare(inputs.copy())), targets


def _settings(
    network: Layer,
    train: tuple[npt.ArrayLike, npt.ArrayLike],
    validation: tuple[npt.ArrayLike, npt.ArrayLike],
    optimizer: SGD,
    batch_size: int,
    patience: int | None,
) -> dict[str, Any]:
    """What makes a run this one; a checkpoint of another is refused."""
    return {
        "layers": [type(layer).__name__ for layer in every_layer(network)],
        "parameters": [f"{p.value.shape} {p.value.dtype}" for p in network.parameters()],
        "train": [_mark(values) for values in train],
        "validation": [_mark(values) for values in validation],
        "learning_rate": optimizer.learning_rate,
        "momentum": optimizer.momentum,
        "weight_decay": optimizer.weight_decay,
        "batch_size": batch_size,
        "patience": patience,
        "optimizer": _places(network, optimizer),
    }


def _places(network: Layer, optimizer: SGD) -> list[int]:
    """Which of the network's parameters the optimizer changes."""
    places = {id(parameter): place for place, parameter in enumerate(network.parameters())}
    if any(id(parameter) not in places for parameter in optimizer.parameters):
        raise ValueError(f"optimizer={optimizer} changes other parameters: accepted are those of the network")
    return [places[id(parameter)] for parameter in optimizer.parameters]


def _mark(values: npt.ArrayLike) -> str:
    array = as_array("samples", values)
    return f"{array.shape} {array.dtype} {zlib.crc32(array.tobytes()):08x}"


@dataclass
class _Run:
    """All that the next epoch depends on."""

    network: Layer
    optimizer: SGD
    rng: np.random.Generator
    settings: dict[str, Any] = field(default_factory=dict)
    train: list[Score] = field(default_factory=list)
    validation: list[Score] = field(default_factory=list)
    best: dict[str, AnyArray] = field(default_factory=dict)  # the network after its best epoch

    def __post_init__(self) -> None:
        self.start = self.rng.bit_generator.state

    def begin(self, checkpoint: str | os.PathLike[str], *, known_start: bool, epochs: int) -> None:
        """Go on from the checkpoint, if there is one; otherwise write how it all began."""
        if not Path(checkpoint).exists():
            self.save(checkpoint)
            return
        arrays, note = load_checkpoint(checkpoint)
        if not isinstance(note, dict) or not {"settings", "start", "state", "samples"} <= note.keys():
            raise ValueError(f"checkpoint={str(checkpoint)!r}: accepted are files that fit wrote")
        other = [name for name, value in self.settings.items() if note["settings"].get(name) != value]
        if known_start and not _same(note["start"], self.start):
            other.append("rng")
        if other:
            raise ValueError(
                f"checkpoint={str(checkpoint)!r} is of another run: accepted is one with the same {', '.join(other)}"
            )
        if len(arrays["train"]) > epochs:  # there is no way back to an earlier epoch
            raise ValueError(
                f"epochs={epochs}, but checkpoint={str(checkpoint)!r} has {len(arrays['train'])}: accepted are no fewer"
            )
        for name, array in self._arrays().items():
            if name not in arrays or arrays[name].shape != array.shape:
                raise ValueError(f"checkpoint={str(checkpoint)!r} has no such {name}: accepted are those of this run")
            array[...] = arrays[name]
        self.best = {name.removeprefix("best "): arrays[name] for name in arrays if name.startswith("best ")}
        self.rng.bit_generator.state, self.start = note["state"], note["start"]
        self.train = _scores(arrays["train"], note["samples"][0])
        self.validation = _scores(arrays["validation"], note["samples"][1])

    def save(self, checkpoint: str | os.PathLike[str]) -> None:
        """Write the checkpoint."""
        both = (self.train, self.validation)
        scores = [np.array([(s.loss, s.accuracy) for s in some], float).reshape(len(some), 2) for some in both]
        note = {
            "settings": self.settings,
            "start": self.start,
            "state": self.rng.bit_generator.state,
            "samples": [some[0].samples if some else 0 for some in both],
        }
        best = {f"best {name}": array for name, array in self.best.items()}
        save_checkpoint(checkpoint, {**self._arrays(), **best, "train": scores[0], "validation": scores[1]}, note)

    def add(self, learnt: Score, seen: Score, *, keep_best: bool) -> None:
        """An epoch is over."""
        self.train.append(learnt)
        self.validation.append(seen)
        if keep_best and self._best_epoch() == len(self.validation):
            self.best = {name: array.copy() for name, array in self._network_arrays().items()}

    def is_over(self, patience: int | None) -> bool:
        """Whether patience has run out."""
        return patience is not None and bool(self.validation) and len(self.validation) - self._best_epoch() >= patience

    def restore_best(self) -> None:
        """Put the network back to where it was after its best epoch, if that was kept."""
        arrays = self._network_arrays()
        for name, array in self.best.items():
            arrays[name][...] = array

    def _best_epoch(self) -> int:
        losses = np.array([score.loss for score in self.validation])
        return int(np.where(np.isnan(losses), np.inf, losses).argmin()) + 1

    def _arrays(self) -> dict[str, AnyArray]:
        velocities = {f"velocity {place}": array for place, array in enumerate(self.optimizer.velocities)}
        return {**self._network_arrays(), **velocities}

    def _network_arrays(self) -> dict[str, AnyArray]:
        """Parameters, and what layers keep from training, such as running means."""
        found = {f"parameter {place}": p.value for place, p in enumerate(self.network.parameters())}
        for place, layer in enumerate(every_layer(self.network)):
            for name, value in vars(layer).items():
                if name.startswith("running_") and isinstance(value, np.ndarray):
                    found[f"layer {place} {name}"] = value
        return found


def _same(first: Any, second: Any) -> bool:
    """Whether two states of a random generator are the same."""
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_same(first[key], second[key]) for key in first)
    return bool(np.array_equal(first, second))


def _scores(rows: AnyArray, samples: int) -> list[Score]:
    return [Score(float(loss), float(right), samples) for loss, right in rows]
