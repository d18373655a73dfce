"""What a picture goes through on its way: rounding, another crop, JPEG; and whether a class survives it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hwlib._core.arguments import positive, whole
from hwlib._core.optional import require
from hwlib.saliency._scores import image_scores, target_list

if TYPE_CHECKING:
    import torch

__all__ = ["cropped", "jpeg", "rounded", "shifted", "transfer", "transfer_changes"]


def transfer(
    model: torch.nn.Module,
    images: torch.Tensor,
    targets: Any,
    *,
    changes: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] | None = None,
) -> dict[str, torch.Tensor]:
    """Whether images still get a class after they were changed.

    Args:
        model: from images to scores, ``(n, classes)``; it is not changed.
        images: ``(n, 3, h, w)``, pixels in [0, 1].
        targets: a class for each image; one number if there is one image.
        changes: a function from images to images for each name; without it :func:`transfer_changes`: rounding to 8
            bits, shifts by 1, 4 and 16 pixels, the middle 90 % and 75 %, and JPEG of quality 95, 75 and 50.

    Returns:
        For each name, in the same order, ``(n,)``: true where the class has the highest score after the change.

    Raises:
        ValueError: if there is not one target for each image, or no such class.

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``.

    Example:
        >>> import torch
        >>> left_or_right = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d((1, 2)), torch.nn.Flatten())
        >>> image = torch.tensor([[[[0.0, 1.0, 0.0, 0.0]]]])
        >>> transfer(left_or_right, image, 0, changes={"as it is": torch.clone, "shift": lambda x: shifted(x, 1, 0)})
        {'as it is': tensor([True]), 'shift': tensor([False])}
    """
    import torch

    goals = torch.tensor(target_list(targets, image_scores(model, images)), device=images.device)
    chosen = transfer_changes() if changes is None else changes
    return {name: image_scores(model, change(images)).argmax(dim=1) == goals for name, change in chosen.items()}


def shifted(images: torch.Tensor, right: int, down: int) -> torch.Tensor:
    """Images moved by whole pixels; what comes in at a side repeats the pixels there.

    Args:
        images: ``(n, c, h, w)``.
        right: pixels to the right; negative: to the left.
        down: pixels down; negative: up.

    Returns:
        Of the same shape.

    Raises:
        ValueError: if a number is no whole number.

    Example:
        >>> import torch
        >>> shifted(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 1, 0)
        tensor([[[[1., 1., 2.]]]])
    """
    import torch

    high, wide = images.shape[-2:]
    rows = (torch.arange(high, device=images.device) - whole("down", down)).clamp(0, high - 1)
    columns = (torch.arange(wide, device=images.device) - whole("right", right)).clamp(0, wide - 1)
    return images[..., rows, :][..., columns]


def cropped(images: torch.Tensor, share: float) -> torch.Tensor:
    """The middle of images, brought back to their size by linear interpolation.

    Args:
        images: ``(n, c, h, w)``.
        share: of the sides, above 0 and at most 1.

    Returns:
        Of the same shape.

    Raises:
        ValueError: if the share is not such a number.

    Example:
        >>> import torch
        >>> cropped(torch.arange(4.0).reshape(1, 1, 1, 4), 0.5)  # from 1 and 2
        tensor([[[[1.0000, 1.2500, 1.7500, 2.0000]]]])
    """
    import torch

    if positive("share", share) > 1:
        raise ValueError(f"share={share}: accepted is a number above zero, at most 1")
    high, wide = images.shape[-2:]
    rows, columns = (max(1, round(share * side)) for side in (high, wide))
    top, left = (high - rows) // 2, (wide - columns) // 2
    middle = images[..., top : top + rows, left : left + columns]
    return torch.nn.functional.interpolate(middle, size=(high, wide), mode="bilinear")


def rounded(images: torch.Tensor) -> torch.Tensor:
    """Images as a file of 8 bits a channel holds them.

    Args:
        images: pixels in [0, 1].

    Returns:
        Multiples of 1/255, of the same shape.

    Example:
        >>> import torch
        >>> (255 * rounded(torch.tensor([0.5, 0.501]))).tolist()
        [128.0, 128.0]
    """
    return (images.clamp(0, 1) * 255).round() / 255


def jpeg(images: torch.Tensor, quality: int) -> torch.Tensor:
    """Images after they were stored as JPEG by Pillow.

    Args:
        images: ``(n, 3, h, w)``, pixels in [0, 1].
        quality: from 1 to 100.

    Returns:
        Of the same shape.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if the quality is not such a number, or images have another shape.

    Example:
        >>> import torch
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> bool((jpeg(grey, 75) - grey).abs().max() < 1 / 255)
        True
    """
    import numpy as np
    import torch

    pillow = require("PIL.Image")
    if whole("quality", quality, least=1) > 100:
        raise ValueError(f"quality={quality}: accepted is a whole number from 1 to 100")
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"images have shape {tuple(images.shape)}: accepted is (n, 3, h, w)")
    pixels = (255 * rounded(images)).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    stored = []
    for one in pixels:
        file = io.BytesIO()
        pillow.fromarray(one).save(file, format="JPEG", quality=quality)
        stored.append(np.array(pillow.open(file)))
    return torch.as_tensor(np.stack(stored)).permute(0, 3, 1, 2).to(images) / 255


def transfer_changes() -> dict[str, Callable[[torch.Tensor], torch.Tensor]]:
    """The changes that :func:`transfer` tries.

    Returns:
        A function from images to images for each name.

    Example:
        >>> list(transfer_changes())
        ['8 bits', 'shift 1', 'shift 4', 'shift 16', 'crop 90 %', 'crop 75 %', 'JPEG 95', 'JPEG 75', 'JPEG 50']
    """
    return {
        "8 bits": rounded,
        "shift 1": lambda images: shifted(images, 1, 0),
        "shift 4": lambda images: shifted(images, 4, 4),
        "shift 16": lambda images: shifted(images, 16, 16),
        "crop 90 %": lambda images: cropped(images, 0.9),
        "crop 75 %": lambda images: cropped(images, 0.75),
        "JPEG 95": lambda images: jpeg(images, 95),
        "JPEG 75": lambda images: jpeg(images, 75),
        "JPEG 50": lambda images: jpeg(images, 50),
    }
