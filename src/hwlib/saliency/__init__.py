"""What a gradient at the input shows, and the images that it makes, on a network trained on ImageNet."""

from hwlib.saliency._boundary import BoundaryBracket, BoundaryDistance, boundary_bracket, boundary_distance
from hwlib.saliency._fooling import FoolingImage, fooling_image
from hwlib.saliency._linear import LinearDistance, linear_distance, linear_prediction
from hwlib.saliency._photographs import Photograph, imagenet_photographs, photograph, photographs
from hwlib.saliency._pretrained import class_names, efficientnet_lite0
from hwlib.saliency._transfer import cropped, jpeg, rounded, shifted, transfer

__all__ = [
    "BoundaryBracket",
    "BoundaryDistance",
    "FoolingImage",
    "LinearDistance",
    "Photograph",
    "boundary_bracket",
    "boundary_distance",
    "class_names",
    "cropped",
    "efficientnet_lite0",
    "fooling_image",
    "imagenet_photographs",
    "jpeg",
    "linear_distance",
    "linear_prediction",
    "photograph",
    "photographs",
    "rounded",
    "shifted",
    "transfer",
]
