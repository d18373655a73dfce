"""The learning curves that ``experiments/training.py`` measured, 30 epochs with and without random crops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib._core.results import stored_results
from hwlib._core.types import Array
from hwlib.training._curves import Curves

__all__ = ["StoredCurves", "stored_curves"]

NETWORKS = ("mlp", "conv")
_NAMES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True, repr=False, eq=False)
class StoredCurves:
    """Runs of the same network on the same images, one for each seed without random crops and one with them.

    A seed decides on the first weights, the order of the images and the crops. Row ``i`` of every array is of
    ``seeds[i]``. The curves of training are of the images as they were trained on, so with crops of cropped ones.

    Attributes:
        plain: without crops, ``(seeds, epochs)``.
        cropped: with crops, ``(seeds, epochs)``.
        plain_end: accuracy of the trained network on the training images as they are, ``(seeds,)``, without crops.
        cropped_end: the same with crops; the images are not cropped here.
        seeds: of the runs.
        provenance: data (name, md5, number of images, whether they went through JPEG), settings, versions, machine,
            date and minutes.
    """

    plain: Curves
    cropped: Curves
    plain_end: Array
    cropped_end: Array
    seeds: tuple[int, ...]
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        return f"StoredCurves({len(self.seeds)} seeds, {self.plain.epochs} epochs, {self.provenance['data']['name']})"


def stored_curves(network: str = "mlp") -> StoredCurves:
    """The curves of the full experiment, ``experiments/training.py``, with where they come from.

    The file ``hwlib/training/training_NETWORK.json`` has ``"results"``, a list of runs, each with ``seed``, ``crops``
    (true or false), ``train_loss``, ``train_accuracy``, ``validation_loss`` and ``validation_accuracy`` (a number for
    each epoch), and ``end_accuracy``; their ``"sha256"``; and ``"provenance"``.

    Args:
        network: ``"mlp"``, one hidden layer of 128 units, or ``"conv"``, two convolutions; both from 3 x 32 x 32 pixels
            to ten classes.

    Returns:
        The runs, in the order of their seeds.

    Raises:
        FileNotFoundError: if the experiment was never run.
        ValueError: if there is no such network, or the results are not those of the checksum.

    Example:
        >>> stored_curves().plain.validation_accuracy.shape
        (20, 30)
    """
    if network not in NETWORKS:
        raise ValueError(f"network={network!r}: accepted are {', '.join(map(repr, NETWORKS))}")
    stored = stored_results("hwlib.training", f"training_{network}", script="training")
    runs = {
        crops: sorted((run for run in stored["results"] if run["crops"] is crops), key=lambda run: run["seed"])
        for crops in (False, True)
    }
    seeds = {crops: tuple(run["seed"] for run in chosen) for crops, chosen in runs.items()}
    if not seeds[False] or seeds[False] != seeds[True]:
        raise ValueError(
            f"training_{network}.json has runs of the seeds {seeds}: accepted are the same with and without crops"
        )
    plain, cropped = (
        Curves(*(np.array([run[name] for run in chosen], float) for name in _NAMES)) for chosen in runs.values()
    )
    plain_end, cropped_end = (np.array([run["end_accuracy"] for run in chosen], float) for chosen in runs.values())
    return StoredCurves(plain, cropped, plain_end, cropped_end, seeds[False], stored["provenance"])
