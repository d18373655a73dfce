"""Scores of a model at one image, and their tangent there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.types import Array
from hwlib.saliency._guard import as_targets, unchanged

if TYPE_CHECKING:
    import torch

__all__ = ["image_scores", "probabilities", "tangent", "target_list"]


def image_scores(model: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The scores ``(n, classes)``, without a graph; the model is not changed.

    Raises:
        ValueError: if the model gives something else.
    """
    import torch

    with unchanged(model), torch.no_grad():
        scores = model(images)
    return _checked(scores, images)


def probabilities(scores: torch.Tensor) -> torch.Tensor:
    """Softmax along the last axis."""
    return scores.softmax(dim=-1)


def tangent(
    model: torch.nn.Module, image: torch.Tensor, goal: int, others: Sequence[int] | None
) -> tuple[Array, Array, Array]:
    """The scores at an image, and how far the goal is behind other classes, with the gradient of each of these gaps.

    Args:
        model: from images to scores.
        image: ``(1, ...)``.
        goal: class.
        others: classes; None: the one with the highest score.

    Returns:
        Scores ``(classes,)``, gaps ``(others,)``, which are positive where the other class is ahead, and the gradients
        of the gaps ``(others, pixels)``; all float64.
    """
    import torch

    point = image.detach().clone().requires_grad_(True)
    with unchanged(model), torch.enable_grad():
        scores = _checked(model(point), image)[0]
        rivals = [int(scores.argmax())] if others is None else list(others)
        gaps = [scores[rival] - scores[goal] for rival in rivals]
        slopes = [torch.autograd.grad(gap, point, retain_graph=True)[0] for gap in gaps]
    numbers = [torch.stack([one.detach().reshape(-1) for one in part]) for part in ([scores], gaps, slopes)]
    made = [np.asarray(part.double().cpu().numpy()) for part in numbers]
    return made[0][0], made[1][:, 0], made[2]


def target_list(targets: Any, scores: torch.Tensor) -> list[int]:
    """A class for each image; one number if there is one image.

    Raises:
        ValueError: if there are more or fewer, or one is no class.
    """
    images, classes = scores.shape
    goals = as_targets(targets, images)
    if max(goals) >= classes:
        raise ValueError(f"targets={goals}: accepted are classes from 0 to {classes - 1}")
    return goals


def _checked(scores: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    if scores.ndim != 2 or len(scores) != len(images):
        raise ValueError(
            f"model gives scores of shape {tuple(scores.shape)} for {len(images)} images: accepted is (n, classes)"
        )
    return scores
