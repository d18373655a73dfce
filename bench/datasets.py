"""A batch of augmented images against torchvision: crops with padding 4, flips, normalized floats."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from bench._timing import medians
from hwlib.datasets import ImageSet, Normalization, batches, horizontal_flip, random_crop

SIZES = (32, 128, 256, 1024)


def torchvision_transform(scale: Normalization) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """The same by its version 2 transforms, which it recommends; None where it is not installed."""
    try:
        from torchvision.transforms import v2
    except ImportError:
        return None
    steps = [
        v2.RandomCrop(32, padding=4),
        v2.RandomHorizontalFlip(),
        v2.ToDtype(torch.float32),
        v2.Normalize(scale.mean.tolist(), scale.scale.tolist()),
    ]
    transform: Callable[[torch.Tensor], torch.Tensor] = v2.Compose(steps)
    return transform


def ours(images: Any, scale: Normalization, rng: np.random.Generator) -> Any:
    """A batch, each image with its own crop and flip."""
    return scale(horizontal_flip(random_crop(images, padding=4, rng=rng), rng=rng))


def one_by_one(images: torch.Tensor, transform: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """As torchvision's data sets and torch's DataLoader do: a transform for each image, then a stack."""
    return torch.stack([transform(image) for image in images])


def run() -> None:
    """Print times and ratios."""
    rng = np.random.default_rng(0)
    data = ImageSet(
        rng.integers(0, 256, (10_000, 3, 32, 32), dtype=np.uint8), rng.integers(0, 10, 10_000), tuple("abcdefghij")
    )
    scale = Normalization.of(data.images)
    transform = torchvision_transform(scale)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as a worker of a DataLoader has
    print(f"{'images':>7} {'hwlib ms':>9} {'one by one':>11} {'whole batch, one crop for all':>30}")
    for size in SIZES:
        images = data.images[:size]
        contenders: dict[str, Callable[[], Any]] = {"hwlib": partial(ours, images, scale, rng)}
        if transform:
            tensors = torch.from_numpy(images)
            contenders["one by one"] = partial(one_by_one, tensors, transform)
            contenders["batch"] = partial(transform, tensors)
        times = medians(contenders, rounds=9)
        base = times["hwlib"]
        ratios = [f"{times[name] / base:.1f}x" if name in times else "-" for name in ("one by one", "batch")]
        print(f"{size:7} {base * 1e3:9.2f} {ratios[0]:>11} {ratios[1]:>30}")
    augment = partial(random_crop, padding=4)

    def epoch() -> None:
        for images, _ in batches(data, batch_size=128, rng=rng, augment=augment):
            scale(images)

    seconds = medians({"epoch": epoch}, rounds=3)["epoch"]
    print(
        f"An epoch of {len(data):,} cropped and normalized images: {seconds:.2f} s, {len(data) / seconds:,.0f} images/s"
    )
    if not transform:
        print("torchvision is not installed: only hwlib's times are shown")
    torch.set_num_threads(threads)
    print("Ratios: torchvision's time over hwlib's. Goal: at least 1 one by one, which is what it offers for this.")
