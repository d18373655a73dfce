"""Well-known image networks up to their last feature map, small enough to read (chapter *What an output sees*).

No weights come with them: what a unit sees depends on the shape of a network alone. Under ``torch.device("meta")`` they
are made without memory. ``same`` padding is TensorFlow's, as in the networks whose receptive fields were published: as
many zeros as make the output ceil(n / stride) long, the odd one after.

Sources: Krizhevsky (2014), Simonyan & Zisserman (2014), Howard et al. (2017), He et al. (2015), Szegedy et al. (2015),
Liu et al. (2022).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from hwlib._core.optional import require

if TYPE_CHECKING:
    import torch

__all__ = ["alexnet", "convnext_tiny", "inception_v3", "mobilenet_v1", "resnet50", "vgg16"]


def alexnet() -> torch.nn.Sequential:
    """AlexNet in its second version (one column).

    Returns:
        The convolutions and poolings.

    Example:
        >>> len(alexnet())
        13
    """
    require("torch")
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(3, 64, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
    )


def convnext_tiny() -> torch.nn.Sequential:
    """ConvNeXt-T: 7x7 convolutions of each channel on its own, then two 1x1 convolutions with four times the channels.

    Returns:
        The stem, the blocks, and the convolutions between the four stages.

    Example:
        >>> len(convnext_tiny())
        26
    """
    require("torch")
    from torch import nn

    from hwlib.receptive._blocks import ChannelNorm, Inverted

    layers: list[Any] = [nn.Conv2d(3, 96, 4, 4), ChannelNorm(96)]
    for stage, count in enumerate([3, 3, 9, 3]):
        width = 96 * 2**stage
        if stage:
            layers += [ChannelNorm(width // 2), nn.Conv2d(width // 2, width, 2, 2)]
        layers += [Inverted(width) for _ in range(count)]
    return nn.Sequential(*layers)


def vgg16() -> torch.nn.Sequential:
    """VGG-16: 3x3 convolutions, two or three between poolings.

    Returns:
        The convolutions and poolings.

    Example:
        >>> len(vgg16())
        31
    """
    require("torch")
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
    require("torch")
    from torch import nn

    from hwlib.receptive._blocks import same_conv

    channels = 32
    layers = [same_conv(3, 32, 3, 2)]
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
        layers += [same_conv(channels, channels, 3, stride, groups=channels), same_conv(channels, width, 1)]
        channels = width
    return nn.Sequential(*layers)


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
    require("torch")
    from torch import nn

    from hwlib.receptive._blocks import Bottleneck, same_pool

    if strided not in ("first 1x1", "first 3x3", "last 3x3"):
        raise ValueError(f"strided={strided!r}: accepted are 'first 1x1', 'first 3x3' and 'last 3x3'")
    if pool not in ("padded", "same"):
        raise ValueError(f"pool={pool!r}: accepted are 'padded' and 'same'")
    layers: list[Any] = [nn.Conv2d(3, 64, 7, 2, padding=3), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, padding=1) if pool == "padded" else same_pool(3, 2))
    channels = 64
    for stage, count in enumerate([3, 4, 6, 3]):
        for number in range(count):
            width = 64 * 2**stage
            last = strided == "last 3x3"
            shrinks = (number == count - 1 and stage < 3) if last else (number == 0 and stage > 0)
            strides = (1, 2) if strided != "first 1x1" else (2, 1)
            layers.append(Bottleneck(channels, width, strides if shrinks else (1, 1)))
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
    require("torch")
    from torch import nn

    from hwlib.receptive._blocks import Block, chain, pooled

    stem = [nn.Conv2d(3, 32, 3, 2), nn.Conv2d(32, 32, 3), nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(3, 2)]
    stem += [nn.Conv2d(64, 80, 1), nn.Conv2d(80, 192, 3), nn.MaxPool2d(3, 2)]
    blocks, channels = [], 192
    for width in (32, 64, 64):
        blocks.append(
            Block(
                [
                    chain(channels, (64, 1)),
                    chain(channels, (48, 1), (64, 5)),
                    chain(channels, (64, 1), (96, 3), (96, 3)),
                    pooled(channels, width),
                ]
            )
        )
        channels = 224 + width
    blocks.append(
        Block([chain(channels, (384, 3, 2)), chain(channels, (64, 1), (96, 3), (96, 3, 2)), nn.MaxPool2d(3, 2)])
    )
    channels = 768
    blocks += [
        Block(
            [
                chain(channels, (192, 1)),
                chain(channels, (w, 1), (w, (1, 7)), (192, (7, 1))),
                chain(channels, (w, 1), (w, (7, 1)), (w, (1, 7)), (w, (7, 1)), (192, (1, 7))),
                pooled(channels, 192),
            ]
        )
        for w in (128, 160, 160, 192)
    ]
    blocks.append(
        Block(
            [
                chain(channels, (192, 1), (320, 3, 2)),
                chain(channels, (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)),
                nn.MaxPool2d(3, 2),
            ]
        )
    )
    channels = 1280
    for _ in range(2):
        forks = [
            nn.Sequential(chain(channels, *start), Block([chain(384, (384, (1, 3))), chain(384, (384, (3, 1)))]))
            for start in ([(384, 1)], [(448, 1), (384, 3)])
        ]
        blocks.append(Block([chain(channels, (320, 1)), *forks, pooled(channels, 192)]))
        channels = 2048
    return nn.Sequential(*stem, *blocks)
