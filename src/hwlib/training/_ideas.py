"""Ideas for a better training accuracy, each tried on small images over many seeds.

Chapter: *A perfect fit is easy, and not the goal*.

Source: problem ``train-universal``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import generator, instance, positive, whole, whole_numbers
from hwlib._core.results import stored_results
from hwlib._core.types import AnyArray, Array, Integers, RandomSource
from hwlib.backprop import CrossEntropyLoss, Linear, ReLU, Sequential
from hwlib.datasets import ImageSet, Normalization, batches, random_crop
from hwlib.training._loop import train_epoch
from hwlib.training._sgd import SGD

__all__ = ["IDEAS", "Classifier", "Idea", "Outcomes", "stored_ideas", "train_idea", "try_idea"]


@dataclass(frozen=True)
class Idea:
    """How a network with one hidden layer of ReLUs is trained.

    Attributes:
        width: of the hidden layer.
        epochs: how often each training image is seen.
        learning_rate: of plain stochastic gradient descent.
        random_labels: whether the labels of all images, also those to judge by, are drawn by lot.
        padding: of random crops of the training images; 0: none.
    """

    width: int = 8
    epochs: int = 20
    learning_rate: float = 0.1
    random_labels: bool = False
    padding: int = 0

    def __post_init__(self) -> None:
        whole("width", self.width, least=1)
        whole("epochs", self.epochs, least=0)
        positive("learning_rate", self.learning_rate)
        whole("padding", self.padding, least=0)


# Fixed before any run that is stored.
IDEAS: Mapping[str, Idea] = {
    "as it was": Idea(),
    "wider": Idea(width=256),
    "longer": Idea(epochs=100),
    "smaller learning rate": Idea(learning_rate=0.01),
    "larger learning rate": Idea(learning_rate=0.5),
    "all three": Idea(width=256, epochs=100, learning_rate=0.2),
    "crops": Idea(padding=1),
    "all three, with crops": Idea(width=256, epochs=100, learning_rate=0.2, padding=1),
    "random labels": Idea(width=256, epochs=100, learning_rate=0.2, random_labels=True),
}


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained network together with the scale of its images.

    Attributes:
        network: takes normalized images as rows.
        scale: of the training images.
    """

    network: Sequential
    scale: Normalization

    def prepare(self, images: npt.ArrayLike) -> AnyArray:
        """Images ``(n, channels, height, width)`` as normalized rows."""
        normal = self.scale(images)
        return normal.reshape(len(normal), -1)

    def labels(self, images: npt.ArrayLike) -> Integers:
        """The class that each image is taken for, ``(n,)``."""
        return np.asarray(self.network.forward(self.prepare(images)).argmax(axis=1), np.int64)

    def accuracy(self, dataset: ImageSet) -> float:
        """Share of the images that are taken for what they are."""
        return float(np.mean(self.labels(dataset.images) == dataset.labels))


@dataclass(frozen=True, eq=False, repr=False)
class Outcomes:
    """What came of an idea: accuracies, one for each seed.

    Attributes:
        train: on the training images.
        validation: on the others.
        moved: on the others, each moved by up to one pixel up or down and left or right.
    """

    train: Array
    validation: Array
    moved: Array

    def __repr__(self) -> str:
        columns = (("train", self.train), ("validation", self.validation), ("moved", self.moved))
        said = (f"{name} {values.mean():.3f} ± {values.std():.3f}" for name, values in columns)
        return f"Outcomes({len(self.train)} seeds: {', '.join(said)})"


def train_idea(idea: Idea, train: ImageSet, *, batch_size: int = 50, rng: RandomSource = None) -> Classifier:
    """Train a network, which so far is random.

    Args:
        idea: how.
        train: images with their labels.
        batch_size: of a step.
        rng: of the first weights, the order of the images, and the crops.

    Returns:
        The classifier.

    Raises:
        ValueError: if an argument is not as described.

    Example:
        >>> from hwlib.datasets import digits
        >>> train, validation = digits().split(300, rng=0)
        >>> train_idea(Idea(width=64), train, rng=0).accuracy(train) > 0.9
        True
    """
    instance("train", train, ImageSet, "an ImageSet")
    numbers, width = generator("rng", rng), instance("idea", idea, Idea, "an Idea").width
    inputs, classes = int(np.prod(train.images.shape[1:])), len(train.names)
    first, second = (Linear.random(*s, rng=numbers, dtype=np.float32) for s in ((inputs, width), (width, classes)))
    made = Classifier(Sequential(first, ReLU(), second), Normalization.of(train.images))
    optimizer = SGD(made.network.parameters(), learning_rate=idea.learning_rate)
    augment = partial(random_crop, padding=idea.padding) if idea.padding else None
    with np.errstate(over="ignore", invalid="ignore"):  # a learning rate may be too large
        for _ in range(idea.epochs):
            epoch = batches(train, batch_size=batch_size, rng=numbers, augment=augment)
            rows = ((made.prepare(images), labels) for images, labels in epoch)
            train_epoch(made.network, rows, loss=CrossEntropyLoss(), optimizer=optimizer)
    return made


def try_idea(dataset: ImageSet, idea: Idea, *, seeds: Sequence[int], samples: int = 300) -> Outcomes:
    """Try an idea with several seeds; each decides also which images are trained on.

    With the same seed every idea has the same training images.

    Args:
        dataset: all images.
        idea: how to train.
        seeds: whole numbers, one run each.
        samples: how many images to train on; the others are judged by.

    Returns:
        Accuracies of the runs.

    Raises:
        ValueError: if an argument is not as described.

    Example:
        >>> from hwlib.datasets import digits
        >>> try_idea(digits(), Idea(epochs=0), seeds=range(2)).train.shape
        (2,)
    """
    instance("dataset", dataset, ImageSet, "an ImageSet")
    if whole("samples", samples, least=1) >= len(dataset):
        raise ValueError(f"samples={samples} of {len(dataset)} images: accepted are 1 to {len(dataset) - 1}")
    return Outcomes(
        *np.array([_run(dataset, idea, seed, samples) for seed in whole_numbers("seeds", seeds, least=0)]).T
    )


def _run(dataset: ImageSet, idea: Idea, seed: int, samples: int) -> tuple[float, float, float]:
    chosen, learning, drawing = (np.random.default_rng([seed, stream]) for stream in range(3))
    if idea.random_labels:
        drawn = drawing.integers(len(dataset.names), size=len(dataset))
        dataset = ImageSet(dataset.images, drawn, dataset.names)
    train, validation = dataset.split(samples, rng=chosen)
    made = train_idea(idea, train, rng=learning)
    moved = ImageSet(random_crop(validation.images, padding=1, rng=drawing), validation.labels, dataset.names)
    return made.accuracy(train), made.accuracy(validation), made.accuracy(moved)


def stored_ideas() -> dict[str, Outcomes]:
    """What ``experiments/ideas.py`` found: each of ``IDEAS`` on scikit-learn's digits, with the seeds 0 to 19.

    Returns:
        Names of ideas to accuracies.

    Raises:
        ValueError: if the results are not those of the checksum.

    Example:
        >>> stored_ideas()["random labels"].train.shape
        (20,)
    """
    found = stored_results("hwlib.training", "ideas", script="ideas")["results"]
    return {name: Outcomes(**{key: np.array(values) for key, values in found[name].items()}) for name in IDEAS}
