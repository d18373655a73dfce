"""What all functions of this topic do with a model: run it so that nothing of it changes, and differentiate a score."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hwlib._core.arguments import instance, whole_numbers
from hwlib._core.optional import require
from hwlib._core.repeatable import Repeatable

if TYPE_CHECKING:
    import torch

    Targets = int | Sequence[int] | torch.Tensor  # one class an image


@contextlib.contextmanager
def unchanged(model: Any) -> Iterator[None]:
    """A run that leaves a model as it was, also after an error.

    Its modules work on copies of their buffers; modes, gradients, ``requires_grad`` and torch's random states are put
    back. Gradients can be computed inside, whatever the caller has switched off. What a model writes into its own
    weights or attributes when it runs stays.

    Args:
        model: a torch module.

    Raises:
        ValueError: if it is none, or if it holds a Dropout in training mode, which would draw another network, or a
            BatchNorm that takes its means from the batch, so that an image's gradient would not be its own.
    """
    torch = require("torch")
    instance("model", model, torch.nn.Module, "a torch module")
    for name, module in model.named_modules():
        if _is_unfit(module):
            raise ValueError(
                f"model has a {type(module).__name__} in training mode, {name!r}: accepted are models in evaluation"
                " mode, after model.eval(), and BatchNorm with running statistics"
            )
    modes = [(module, module.training) for module in model.modules()]
    weights = [(weight, weight.requires_grad, weight.grad) for weight in model.parameters()]
    try:
        with torch.inference_mode(False), Repeatable().run(), torch.enable_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        for weight, required, gradient in weights:
            if weight.requires_grad != required:
                weight.requires_grad_(required)
            weight.grad = gradient


def checked_images(images: Any) -> torch.Tensor:
    """A copy of images, outside any graph.

    Args:
        images: (n, channels, height, width), float32 or float64.

    Returns:
        The same numbers.

    Raises:
        ValueError: if it is something else, or there is no image.
    """
    torch = require("torch")
    instance("images", images, torch.Tensor, "a torch tensor (n, channels, height, width)")
    if images.ndim != 4 or images.dtype not in (torch.float32, torch.float64) or images.numel() == 0:
        raise ValueError(
            f"images has the shape {tuple(images.shape)} and the type {images.dtype}: accepted are images"
            " (n, channels, height, width), at least one, float32 or float64"
        )
    if not bool(images.isfinite().all()):
        raise ValueError("images has entries that are infinite or NaN: accepted are finite numbers")
    return images.detach().clone()  # type: ignore[no-any-return]


def as_images(images: Any) -> torch.Tensor:
    """A copy of images that gradients can be taken at, inside :func:`unchanged`; see :func:`checked_images`."""
    return checked_images(images).requires_grad_()


def as_targets(targets: Any, number: int) -> list[int]:
    """One class for each image.

    Args:
        targets: a whole number if there is one image; a sequence or tensor of them.
        number: of images.

    Returns:
        As many whole numbers.

    Raises:
        ValueError: if there are more or fewer, or one is no class.
    """
    accepted = f"as many classes as images, {number}" if number > 1 else "one class"
    given = targets.tolist() if hasattr(targets, "tolist") else targets
    single = [given] if isinstance(given, int) and not isinstance(given, bool) else given
    try:
        classes = whole_numbers("targets", single, least=0)
    except ValueError:
        classes = ()
    if len(classes) != number:
        raise ValueError(f"targets={targets!r}: accepted are {accepted}")
    return list(classes)


def all_scores(model: Any, images: torch.Tensor, targets: Sequence[int]) -> torch.Tensor:
    """The scores of each image, before softmax.

    Args:
        model: from images to scores (n, classes).
        images: (n, channels, height, width).
        targets: classes that there have to be.

    Returns:
        (n, classes), with the graph that they were computed by.

    Raises:
        ValueError: if the model's output has another shape, or no such class.
    """
    scores = model(images)
    if getattr(scores, "ndim", None) != 2 or len(scores) != len(images):
        shape = tuple(scores.shape) if hasattr(scores, "shape") else type(scores).__name__
        raise ValueError(f"model gives {shape} for {len(images)} images: accepted are models that give (n, classes)")
    if max(targets) >= scores.shape[1]:
        raise ValueError(f"targets holds {max(targets)}: accepted are classes below {scores.shape[1]}")
    return scores  # type: ignore[no-any-return]


def target_scores(model: Any, images: torch.Tensor, targets: Sequence[int]) -> torch.Tensor:
    """The score of each image's class: of :func:`all_scores` one in each row."""
    return all_scores(model, images, targets)[range(len(targets)), list(targets)]


def differentiate(scores: torch.Tensor, at: torch.Tensor, what: str = "images") -> torch.Tensor:
    """Derivatives of n scores with respect to n images, or features of them.

    Args:
        scores: n numbers; that of an image depends on this image alone.
        at: (n, ...), in the graph of the scores.
        what: it is called in the error.

    Returns:
        (n, ...), detached.

    Raises:
        ValueError: if no score depends on it by steps that can be differentiated.
    """
    gradient: torch.Tensor | None = None
    if scores.requires_grad:
        (gradient,) = require("torch").autograd.grad(scores.sum(), at, allow_unused=True)
    if gradient is None:
        raise ValueError(f"the model's scores do not depend on the {what} by steps that can be differentiated")
    return gradient.detach()


def _is_unfit(module: Any) -> bool:
    from torch.nn.modules.batchnorm import _BatchNorm
    from torch.nn.modules.dropout import _DropoutNd

    if isinstance(module, _BatchNorm):
        return module.training or module.running_mean is None
    return isinstance(module, _DropoutNd) and module.training
