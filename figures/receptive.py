"""Illustrations of the chapters on receptive fields, for slides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hwlib.conv import conv_matrix
from hwlib.receptive import architectures, receptive_field
from hwlib.receptive.corners import corner_cases
from hwlib.teach import plot
from hwlib.teach.plot import ThemedFigure


def by_hand() -> ThemedFigure:
    """Patterns of two layers and their product."""
    first = conv_matrix(np.ones(2, int), (6,), stride=2).toarray()
    second = conv_matrix(np.ones(2, int), (3,)).toarray()
    return plot.number_grids({"second": second, "first": first, "product": second @ first})


def growth() -> ThemedFigure:
    """Receptive fields of well-known networks, layer by layer."""
    with torch.device("meta"):
        nets = {
            "AlexNet": architectures.alexnet(),
            "VGG-16": architectures.vgg16(),
            "MobileNet": architectures.mobilenet_v1(),
            "ResNet-50": architectures.resnet50(),
            "Inception-v3": architectures.inception_v3(),
        }
    return plot.receptive_growth({name: receptive_field(net) for name, net in nets.items()}, input_shape=(224, 224))


FIGURES: dict[str, Callable[[], ThemedFigure]] = {
    "receptive_by_hand.svg": by_hand,
    "receptive_growth.svg": growth,
    "receptive_corners.svg": lambda: plot.image_pairs(*corner_cases()),
}
