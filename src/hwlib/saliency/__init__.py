"""What a gradient at the input shows, and the images that it makes, on a network trained on ImageNet.

Images are tensors ``(n, channels, height, width)``, pixels in [0, 1]; a map is a tensor as well, with both signs,
neither scaled nor cut. What is differentiated is the score before softmax. A model is any torch module from images to
scores ``(n, classes)``; it is afterwards what it was, also after an error: modes, buffers, hooks, gradients.
"""

from hwlib.saliency._boundary import BoundaryBracket, BoundaryDistance, boundary_bracket, boundary_distance
from hwlib.saliency._class_image import ClassImage, class_image
from hwlib.saliency._class_maps import class_activation_map, grad_cam
from hwlib.saliency._fooling import FoolingImage, fooling_image
from hwlib.saliency._guided import guided_backpropagation
from hwlib.saliency._linear import LinearDistance, linear_distance, linear_prediction
from hwlib.saliency._maps import (
    IntegratedGradients,
    gradient,
    gradient_times_input,
    integrated_gradients,
    smooth_gradient,
)
from hwlib.saliency._occlusion import occlusion
from hwlib.saliency._peers import peers_measured
from hwlib.saliency._photographs import Photograph, imagenet_photographs, photograph, photographs
from hwlib.saliency._pretrained import class_names, efficientnet_lite0, install_pictures
from hwlib.saliency._sanity import Curve, blurred, deletion_curve, insertion_curve, randomized
from hwlib.saliency._stored import FoolingTable, MadeImages, Picture, Stages, Styled, Variant, made_images
from hwlib.saliency._stored_maps import StoredMaps, stored_maps
from hwlib.saliency._style import StyledImage, features, gram, style_transfer
from hwlib.saliency._transfer import cropped, jpeg, rounded, shifted, transfer, transfer_changes

__all__ = [
    "BoundaryBracket",
    "BoundaryDistance",
    "ClassImage",
    "Curve",
    "FoolingImage",
    "FoolingTable",
    "IntegratedGradients",
    "LinearDistance",
    "MadeImages",
    "Photograph",
    "Picture",
    "Stages",
    "StoredMaps",
    "Styled",
    "StyledImage",
    "Variant",
    "blurred",
    "boundary_bracket",
    "boundary_distance",
    "class_activation_map",
    "class_image",
    "class_names",
    "cropped",
    "deletion_curve",
    "efficientnet_lite0",
    "features",
    "fooling_image",
    "grad_cam",
    "gradient",
    "gradient_times_input",
    "gram",
    "guided_backpropagation",
    "imagenet_photographs",
    "insertion_curve",
    "install_pictures",
    "integrated_gradients",
    "jpeg",
    "linear_distance",
    "linear_prediction",
    "made_images",
    "occlusion",
    "peers_measured",
    "photograph",
    "photographs",
    "randomized",
    "rounded",
    "shifted",
    "smooth_gradient",
    "stored_maps",
    "style_transfer",
    "transfer",
    "transfer_changes",
]
