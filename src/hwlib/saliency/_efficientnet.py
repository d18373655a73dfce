"""EfficientNet-Lite0 as a small module of our own; importing this needs PyTorch.

Source: Tan & Le, *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks* (2019); the "lite" variants
leave out squeeze-and-excitation and use ReLU6 in place of Swish.
"""

from __future__ import annotations

import torch
from torch import nn

# Stages: blocks, kernel size, stride of the first block, how much wider a block is inside, channels that come out.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, _HEAD = 32, 1280


class SameConvolution(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow does for ``"SAME"``.

    An axis of n pixels becomes one of ceil(n / stride). Where the padding is odd, the last side has the pixel more.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1):
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, c, h, w) -> (n, d, ceil(h / stride), ceil(w / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        high, wide = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in images.shape[2:])
        if high % 2 == 0 and wide % 2 == 0:
            padding = (high // 2, wide // 2)
            return nn.functional.conv2d(images, self.weight, None, self.stride, padding, groups=self.groups)
        padded = nn.functional.pad(images, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
        return nn.functional.conv2d(padded, self.weight, None, self.stride, groups=self.groups)


def _normalized(convolution: SameConvolution, *, bent: bool = True) -> list[nn.Module]:
    parts: list[nn.Module] = [convolution, nn.BatchNorm2d(convolution.out_channels, eps=1e-3)]
    return [*parts, nn.ReLU6()] if bent else parts


class Block(nn.Module):
    """Wider by a 1x1 convolution, a convolution in each channel, narrower again; added to its input if it fits."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, wider: int):
        super().__init__()
        inside = wider * inputs
        widen = _normalized(SameConvolution(inputs, inside)) if wider > 1 else []
        each = _normalized(SameConvolution(inside, inside, kernel, stride, groups=inside))
        self.layers = nn.Sequential(*widen, *each, *_normalized(SameConvolution(inside, outputs), bent=False))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / stride), ceil(w / stride))."""
        changed: torch.Tensor = self.layers(features)
        return features + changed if self.adds else changed


class EfficientNetLite0(nn.Module):
    """Images (n, 3, h, w), pixels in [0, 1], to scores (n, 1000), before softmax.

    The first step is the normalization that the weights were trained with, (255 x - 127) / 128. The dropout before the
    last layer, which does something in training alone, is left out.

    Attributes:
        stem: the first convolution.
        blocks: 16 blocks.
        head: the last convolution; what it gives, (n, 1280, ceil(h / 32), ceil(w / 32)), is averaged over the places.
        classifier: from these averages to scores.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_normalized(SameConvolution(3, _STEM, 3, 2)))
        blocks: list[Block] = []
        channels = _STEM
        for number, kernel, stride, wider, outputs in STAGES:
            for place in range(number):
                blocks.append(Block(channels, outputs, kernel, stride if place == 0 else 1, wider))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(*_normalized(SameConvolution(channels, _HEAD)))
        self.classifier = nn.Linear(_HEAD, 1000)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, 3, h, w) -> (n, 1000)."""
        features = self.head(self.blocks(self.stem((255 * images - 127) / 128)))
        scores: torch.Tensor = self.classifier(features.mean((2, 3)))
        return scores
