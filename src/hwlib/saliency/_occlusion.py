"""Occlusion: what the score loses where a part of the image is covered. Slow, and free of derivatives.

Chapter: *A saliency map shows a gradient, not a reason*.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hwlib._core.arguments import PerAxis, per_axis
from hwlib._core.optional import require
from hwlib.saliency._guard import as_targets, checked_images, target_scores, unchanged
from hwlib.saliency._maps import as_baseline

if TYPE_CHECKING:
    import torch

    from hwlib.saliency._guard import Targets

_AT_ONCE = 4  # more are slower: they leave the cache


def occlusion(
    model: Any,
    images: torch.Tensor,
    targets: Targets,
    *,
    window: PerAxis = 32,
    stride: PerAxis = 16,
    baseline: float | torch.Tensor = 0.5,
    upsampled: bool = False,
) -> torch.Tensor:
    """Score of each image minus its score with a window of it covered, for a grid of windows.

    Windows begin at 0, ``stride``, 2 ``stride``, ...; the last of a row or column ends where the image does. There is
    one run of the model for each window.

    Args:
        model: as for :func:`hwlib.saliency.gradient`; nothing is differentiated.
        images: as for :func:`hwlib.saliency.gradient`.
        targets: as for :func:`hwlib.saliency.gradient`.
        window: height and width of what is covered, one number or two.
        stride: from window to window; at most the window, so that every pixel is covered at least once.
        baseline: what it is covered with: a number for all pixels, or an image that goes with ``images``.
        upsampled: whether to give each pixel the mean of the windows that cover it.

    Returns:
        (n, rows, columns), one number for each window, or (n, height, width), positive where the image speaks for the
        class.

    Raises:
        ValueError: as for :func:`hwlib.saliency.gradient`, and for windows that do not fit.

    Source: Zeiler & Fergus, *Visualizing and Understanding Convolutional Networks* (2014).

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2))
        >>> occlusion(model, torch.rand(1, 1, 8, 8), 0, window=4, stride=2).shape
        torch.Size([1, 3, 3])
    """
    torch = require("torch")
    with unchanged(model), torch.no_grad():
        at = checked_images(images)
        classes = as_targets(targets, len(at))
        cover = as_baseline(baseline, at).expand_as(at)
        (high, wide), strides = _windows(at.shape[2:], window, stride)
        rows, columns = map(_corners, at.shape[2:], (high, wide), strides)
        places = list(itertools.product(rows, columns))
        drops = at.new_zeros(len(at), len(places))
        for image in range(len(at)):
            whole_score = target_scores(model, at[image : image + 1], classes[image : image + 1])
            for first in range(0, len(places), _AT_ONCE):
                some = places[first : first + _AT_ONCE]
                covered = at[image].repeat(len(some), 1, 1, 1)
                for one, (top, left) in zip(covered, some, strict=True):
                    part = (slice(None), slice(top, top + high), slice(left, left + wide))
                    one[part] = cover[image][part]
                left_over = target_scores(model, covered, [classes[image]] * len(some))
                drops[image, first : first + len(some)] = whole_score - left_over
    if not upsampled:
        return drops.reshape(len(at), len(rows), len(columns))
    total, count = at.new_zeros(len(at), *at.shape[2:]), at.new_zeros(at.shape[2:])
    for number, (top, left) in enumerate(places):
        total[:, top : top + high, left : left + wide] += drops[:, number, None, None]
        count[top : top + high, left : left + wide] += 1
    return total / count


def _windows(shape: Any, window: PerAxis, stride: PerAxis) -> tuple[tuple[int, int], tuple[int, int]]:
    windows, strides = per_axis("window", window, 2, least=1), per_axis("stride", stride, 2, least=1)
    if any(size > pixels for size, pixels in zip(windows, shape, strict=True)):
        raise ValueError(f"window={window!r}: accepted are windows inside the images' {tuple(shape)} pixels")
    if any(step > size for step, size in zip(strides, windows, strict=True)):
        raise ValueError(f"stride={stride!r}: accepted are strides of at most the window {window!r}")
    return (windows[0], windows[1]), (strides[0], strides[1])


def _corners(pixels: int, window: int, stride: int) -> list[int]:
    last = pixels - window
    return [*range(0, last, stride), last]
