"""What a gradient at the input shows: maps of which pixels move a score, on a network trained on ImageNet."""

from hwlib.saliency._photographs import Photograph, imagenet_photographs, photograph, photographs
from hwlib.saliency._pretrained import class_names, efficientnet_lite0

__all__ = [
    "Photograph",
    "class_names",
    "efficientnet_lite0",
    "imagenet_photographs",
    "photograph",
    "photographs",
]
