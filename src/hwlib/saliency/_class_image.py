"""A picture of a class: climbing its score from grey noise, held back from what no photograph looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.arguments import generator, positive, whole, whole_numbers
from hwlib._core.types import Integers, RandomSource
from hwlib.saliency._guard import unchanged
from hwlib.saliency._sanity import blurred
from hwlib.saliency._scores import image_scores, target_list

if TYPE_CHECKING:
    import torch

__all__ = ["ClassImage", "class_image"]

_GREY = 0.5
# Each of these blurs of a gradient has the same weight.
_BLURS = (0.0, 1.0, 2.0, 4.0, 8.0)
# Photographs differ most in brightness, less from red to blue, least from green to magenta; gradients do not. How much
# of each is kept:
_COLOURS = (((1, 1, 1), 1.0), ((1, 0, -1), 0.6), ((1, -2, 1), 0.25))
_BLUR_EVERY = 4


@dataclass(frozen=True, repr=False, eq=False)
class ClassImage:
    """A picture that climbing a class's score made.

    Attributes:
        image: ``(1, 3, h, w)``, the last stage.
        target: class.
        stages: ``(k, 3, h, w)``: the start and later stages, the smaller ones enlarged.
        at: ``(k,)``: after how many steps each was taken.
        probabilities: ``(k, classes)``: what the model says about each stage, as it is here.
    """

    image: torch.Tensor
    target: int
    stages: torch.Tensor
    at: Integers
    probabilities: torch.Tensor

    def __repr__(self) -> str:
        sure = float(self.probabilities[-1, self.target])
        return f"ClassImage(class {self.target}, {self.at[-1]} steps, probability {sure:.4g})"


def class_image(
    model: torch.nn.Module,
    target: int,
    *,
    input_shape: Sequence[int] = (3, 224, 224),
    octaves: int = 3,
    steps: int = 40,
    learning_rate: float = 0.05,
    jitter: int = 16,
    zoom: float = 0.1,
    blur: tuple[float, float] = (1.2, 0.4),
    decay: float = 0.01,
    window: float = 0.5,
    natural: bool = True,
    stages: int = 9,
    rng: RandomSource = None,
) -> ClassImage:
    """A picture of what a model takes for a class, made from grey noise by climbing the class's score.

    Climbing alone ends in noise that the model is sure about (:func:`fooling_image`). So a step is held back: it is
    taken on a copy that was moved and zoomed at random, its blurs count as much as its fine grain, colours differ less
    than brightness, the image decays towards grey and is blurred now and then, and the first octave is small, so that
    what is drawn first is large.

    Args:
        model: from images of any size to scores, ``(n, classes)``; it is not changed.
        target: class.
        input_shape: ``(channels, height, width)`` of the picture.
        octaves: how many sizes, each larger than the one before by the square root of two.
        steps: in each octave.
        learning_rate: how far the first step of an octave goes, as a root mean square; later ones go less far.
        jitter: the image is moved by up to so many pixels in each direction, in proportion in small octaves.
        zoom: and zoomed by up to this share.
        blur: width of the Gaussian that every fourth step is followed by, at the beginning and the end of an octave.
        decay: share of the contrast to grey that is lost in each step.
        window: gradients are weakened away from the middle by a Gaussian of this width, as a share of half a side, so
            that what is drawn is whole; infinite: they are not.
        natural: whether gradients get the mixture of coarse and fine, and the colours, of photographs; otherwise they
            are taken as they are.
        stages: how many to keep, the start and the end among them.
        rng: source of the first noise and of moves and zooms.

    Returns:
        The picture and its stages.

    Raises:
        ValueError: if an argument is not as above, or there is no such class.

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``; Simonyan, Vedaldi, Zisserman (2014); Yosinski et al. (2015); Mordvintsev, Olah,
    Tyka (2015).

    Example:
        >>> import torch
        >>> redness = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        >>> found = class_image(redness, 0, input_shape=(3, 32, 32), steps=10, rng=0)
        >>> found.stages.shape, found.image.mean((2, 3)).argmax().item()
        (torch.Size([9, 3, 32, 32]), 0)
    """
    # long: checks of thirteen arguments
    import torch

    channels, high, wide = _shape(input_shape)
    total = whole("octaves", octaves, least=1) * whole("steps", steps, least=1)
    if not (isinstance(blur, Sequence) and len(blur) == 2):
        raise ValueError(f"blur={blur!r}: accepted are two widths, at the beginning and the end of an octave")
    for name, value in (("jitter", jitter), ("zoom", zoom), ("decay", decay), ("blur", max(blur)), ("blur", min(blur))):
        positive(name, value, zero=True)
    positive("learning_rate", learning_rate)
    if not window > 0 or not zoom < 1 or not decay < 1:
        raise ValueError(f"window={window}, zoom={zoom}, decay={decay}: accepted are above 0, below 1 and below 1")
    kept_at = np.unique(np.linspace(0, total, whole("stages", stages, least=2)).round().astype(np.int64))
    random = generator("rng", rng)
    sides = [(round(high * 2 ** (-k / 2)), round(wide * 2 ** (-k / 2))) for k in reversed(range(octaves))]
    if min(min(side) for side in sides) < 8:
        raise ValueError(f"octaves={octaves}: accepted are so many that the smallest picture has at least 8 x 8 pixels")
    like = next(iter(model.parameters()), torch.zeros(()))
    noise = _GREY + 0.05 * random.normal(size=(1, channels, *sides[0]))
    image = torch.as_tensor(noise).to(like).clamp(0, 1)
    (goal,) = target_list(target, image_scores(model, resized(image, (high, wide))))
    kept = [image]
    for octave, side in enumerate(sides):
        image = resized(image, side).clamp(0, 1)
        reach = round(jitter * side[0] / high)
        weight = _window(side, window).to(image)
        for number in range(steps):
            done = number / max(1, steps - 1)
            change = _gradient(model, image, goal, reach, zoom, random)
            if natural:
                change = _natural(change)
            size = change.square().mean().sqrt().clamp_min(torch.finfo(change.dtype).tiny)
            image = image + learning_rate * (1 - 0.6 * done) / size * change * weight
            image = _GREY + (1 - decay) * (image - _GREY)
            if (number + 1) % _BLUR_EVERY == 0:
                image = _blurred(image, blur[0] + (blur[1] - blur[0]) * done)
            image = image.clamp(0, 1)
            if octave * steps + number + 1 in kept_at:
                kept.append(image)
    shown = torch.cat([resized(one, (high, wide)).clamp(0, 1) for one in kept])
    found = torch.cat([image_scores(model, one[None]) for one in shown]).softmax(dim=1)
    return ClassImage(image, goal, shown, kept_at, found)


def resized(images: torch.Tensor, side: tuple[int, int]) -> torch.Tensor:
    """Images of another size, by cubic interpolation."""
    import torch

    if tuple(images.shape[2:]) == side:
        return images
    return torch.nn.functional.interpolate(images, size=side, mode="bicubic")


def _gradient(
    model: torch.nn.Module, image: torch.Tensor, goal: int, reach: int, zoom: float, random: np.random.Generator
) -> torch.Tensor:
    """The gradient of a score of a moved and zoomed copy, with respect to the image itself."""
    import torch

    high, wide = image.shape[2:]
    reach = min(reach, high - 1, wide - 1)
    down, right = random.integers(0, 2 * reach + 1, size=2).tolist()
    factor = 1 + zoom * random.uniform(-1, 1)
    with unchanged(model), torch.enable_grad():
        leaf = image.detach().clone().requires_grad_(True)
        padded = torch.nn.functional.pad(leaf, (reach,) * 4, mode="reflect")
        moved = padded[:, :, down : down + high, right : right + wide]
        seen = torch.nn.functional.interpolate(
            moved, size=(max(1, round(factor * high)), max(1, round(factor * wide))), mode="bilinear"
        )
        (gradient,) = torch.autograd.grad(model(seen)[0, goal], leaf)
    return gradient


def _natural(gradient: torch.Tensor) -> torch.Tensor:
    """The gradient with as much of its coarse parts as of its fine ones, and with the colours of photographs."""
    import torch

    total = torch.zeros_like(gradient)
    for width in _BLURS:
        part = _blurred(gradient, width)
        total = total + part / part.square().mean().sqrt().clamp_min(torch.finfo(part.dtype).tiny)
    if gradient.shape[1] != 3:
        return total
    axes = [(torch.tensor(axis, dtype=torch.float64), share) for axis, share in _COLOURS]
    mixed = torch.stack([share * torch.outer(axis, axis) / (axis @ axis) for axis, share in axes]).sum(dim=0)
    return torch.einsum("dc,nchw->ndhw", mixed.to(total), total)


def _window(side: tuple[int, int], width: float) -> Any:
    import torch

    rows, columns = (torch.linspace(-1, 1, length, dtype=torch.float64) for length in side)
    return torch.exp(-(rows[:, None] ** 2 + columns**2) / (2 * width**2))


def _shape(input_shape: Sequence[int]) -> tuple[int, int, int]:
    shape = whole_numbers("input_shape", input_shape, least=1, accepted="(channels, height, width)")
    if len(shape) != 3:
        raise ValueError(f"input_shape={input_shape!r}: accepted are (channels, height, width)")
    return shape


def _blurred(images: torch.Tensor, width: float) -> torch.Tensor:
    return blurred(images, sigma=width) if width else images
