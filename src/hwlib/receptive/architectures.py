"""Well-known image networks up to their last feature map, small enough to read (chapter *What an output sees*).

No weights come with them: what a unit sees depends on the shape of a network alone. Under ``torch.device("meta")`` they
are made without memory. ``same`` padding is TensorFlow's, as in the networks whose receptive fields were published: as
many zeros as make the output ceil(n / stride) long, the odd one after.

Sources: Krizhevsky (2014), Simonyan & Zisserman (2014), Howard et al. (2017), He et al. (2015), Szegedy et al. (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch

__all__ = ["alexnet", "inception_v3", "mobilenet_v1", "resnet50", "vgg16"]


def alexnet() -> torch.nn.Sequential:
    """AlexNet in its second version (one column).

    Returns:
        The convolutions and poolings.

    Example:
        >>> len(alexnet())
        13
    """
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(3, 64, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
    )


def vgg16() -> torch.nn.Sequential:
    """VGG-16: 3x3 convolutions, two or three between poolings.

    Returns:
        The convolutions and poolings.

    Example:
        >>> len(vgg16())
        31
    """
    from torch import nn

    layers: list[Any] = []
    channels = 3
    for width, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def mobilenet_v1() -> torch.nn.Sequential:
    """MobileNet: a 3x3 convolution of each channel on its own, then a 1x1 convolution, 13 times.

    Returns:
        The convolutions.

    Example:
        >>> len(mobilenet_v1())
        27
    """
    channels = 32
    layers = [_same(3, 32, 3, 2)]
    for width, stride in [
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *[(512, 1)] * 5,
        (1024, 2),
        (1024, 1),
    ]:
        layers += [_same(channels, channels, 3, stride, groups=channels), _same(channels, width, 1)]
        channels = width
    return _sequential(layers)


def resnet50(
    strided: Literal["first 1x1", "first 3x3", "last 3x3"] = "first 1x1", *, pool: Literal["padded", "same"] = "padded"
) -> torch.nn.Sequential:
    """ResNet-50 in its three variants, which differ in where a stage makes the image smaller.

    Args:
        strided: the convolution with stride 2: the first 1x1 of a stage, as in the paper; the first 3x3, as in
            torchvision; or the last 3x3 of the stage before, as in TF-Slim.
        pool: padding of the first pooling: a pixel on both sides, or ``same``, as in TF-Slim.

    Returns:
        The convolutions, the pooling and the residual blocks.

    Raises:
        ValueError: if there is no such variant.

    Example:
        >>> len(resnet50())
        19
    """
    from torch import nn

    if strided not in ("first 1x1", "first 3x3", "last 3x3"):
        raise ValueError(f"strided={strided!r}: accepted are 'first 1x1', 'first 3x3' and 'last 3x3'")
    if pool not in ("padded", "same"):
        raise ValueError(f"pool={pool!r}: accepted are 'padded' and 'same'")
    layers: list[Any] = [nn.Conv2d(3, 64, 7, 2, padding=3), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, padding=1) if pool == "padded" else _same_pool())
    channels = 64
    for stage, count in enumerate([3, 4, 6, 3]):
        for number in range(count):
            width = 64 * 2**stage
            last = strided == "last 3x3"
            shrinks = (number == count - 1 and stage < 3) if last else (number == 0 and stage > 0)
            strides = (1, 2) if strided != "first 1x1" else (2, 1)
            layers.append(_bottleneck(channels, width, strides if shrinks else (1, 1)))
            channels = 4 * width
    return nn.Sequential(*layers)


def inception_v3() -> torch.nn.Sequential:
    """Inception-v3: blocks whose branches have kernels of many shapes.

    Returns:
        The stem, and eleven blocks.

    Example:
        >>> len(inception_v3())
        18
    """
    from torch import nn

    stem = [nn.Conv2d(3, 32, 3, 2), nn.Conv2d(32, 32, 3), nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(3, 2)]
    stem += [nn.Conv2d(64, 80, 1), nn.Conv2d(80, 192, 3), nn.MaxPool2d(3, 2)]
    blocks, channels = [], 192
    for width in (32, 64, 64):
        blocks.append(
            _block(
                [
                    _chain(channels, (64, 1)),
                    _chain(channels, (48, 1), (64, 5)),
                    _chain(channels, (64, 1), (96, 3), (96, 3)),
                    _pooled(channels, width),
                ]
            )
        )
        channels = 224 + width
    blocks.append(
        _block([_chain(channels, (384, 3, 2)), _chain(channels, (64, 1), (96, 3), (96, 3, 2)), nn.MaxPool2d(3, 2)])
    )
    channels = 768
    for w in (128, 160, 160, 192):
        blocks.append(
            _block(
                [
                    _chain(channels, (192, 1)),
                    _chain(channels, (w, 1), (w, (1, 7)), (192, (7, 1))),
                    _chain(channels, (w, 1), (w, (7, 1)), (w, (1, 7)), (w, (7, 1)), (192, (1, 7))),
                    _pooled(channels, 192),
                ]
            )
        )
    blocks.append(
        _block(
            [
                _chain(channels, (192, 1), (320, 3, 2)),
                _chain(channels, (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)),
                nn.MaxPool2d(3, 2),
            ]
        )
    )
    channels = 1280
    for _ in range(2):
        forks = [
            nn.Sequential(_chain(channels, *start), _block([_chain(384, (384, (1, 3))), _chain(384, (384, (3, 1)))]))
            for start in ([(384, 1)], [(448, 1), (384, 3)])
        ]
        blocks.append(_block([_chain(channels, (320, 1)), *forks, _pooled(channels, 192)]))
        channels = 2048
    return nn.Sequential(*stem, *blocks)


def _sequential(layers: Sequence[Any]) -> torch.nn.Sequential:
    from torch import nn

    return nn.Sequential(*layers)


def _same_padded(layer: Any, kernel: int, stride: int) -> torch.nn.Module:
    """A layer behind zeros that make its output ceil(n / stride) long."""
    import torch
    import torch.nn.functional as F  # noqa: N812

    class Same(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            totals = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[:1:-1]]
            pads = [zeros for total in totals for zeros in (total // 2, total - total // 2)]
            return self.layer(F.pad(x, pads))

    return Same()


def _same(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> torch.nn.Module:
    from torch import nn

    return _same_padded(nn.Conv2d(inputs, outputs, kernel, stride, groups=groups), kernel, stride)


def _same_pool() -> torch.nn.Module:
    from torch import nn

    return _same_padded(nn.MaxPool2d(3, 2), 3, 2)


def _bottleneck(inputs: int, width: int, strides: tuple[int, int]) -> torch.nn.Module:
    """1x1, 3x3 and 1x1 convolutions around which the input takes a short way."""
    from torch import nn

    class Bottleneck(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            first, second = strides
            self.long = nn.Sequential(
                *(nn.Conv2d(inputs, width, 1, first, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
                *(nn.Conv2d(width, width, 3, second, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()),
                *(nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)),
            )
            changes = inputs != 4 * width or first * second > 1
            self.short = (
                nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, first * second, bias=False), nn.BatchNorm2d(4 * width))
                if changes
                else nn.Identity()
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.relu(self.long(x) + self.short(x))

    return Bottleneck()


def _chain(inputs: int, *steps: Any) -> torch.nn.Sequential:
    """Convolutions (channels, kernel, stride = 1): those without a stride are padded, so that the size stays."""
    from torch import nn

    layers = []
    for outputs, kernel, *rest in steps:
        sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        stride = rest[0] if rest else 1
        padding = (0, 0) if rest else tuple(side // 2 for side in sides)
        layers.append(nn.Conv2d(inputs, outputs, sides, stride, padding))
        inputs = outputs
    return nn.Sequential(*layers)


def _pooled(inputs: int, outputs: int) -> torch.nn.Sequential:
    from torch import nn

    return nn.Sequential(nn.AvgPool2d(3, 1, padding=1), nn.Conv2d(inputs, outputs, 1))


def _block(branches: Sequence[Any]) -> torch.nn.Module:
    """Branches side by side; their channels are laid one after the other."""
    import torch

    class Block(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.branches = torch.nn.ModuleList(branches)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([branch(x) for branch in self.branches], 1)

    return Block()
