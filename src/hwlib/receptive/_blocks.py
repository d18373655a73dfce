"""Parts that the well-known networks of :mod:`hwlib.receptive.architectures` are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn


class Same(nn.Module):
    """A layer with a square kernel, behind zeros that make its output ceil(n / stride) long."""

    def __init__(self, layer: nn.Conv2d | nn.MaxPool2d, kernel: int, stride: int) -> None:
        super().__init__()
        self.layer, self.kernel, self.stride = layer, kernel, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spans = [max((-(-n // self.stride) - 1) * self.stride + self.kernel - n, 0) for n in x.shape[:1:-1]]
        pads = [zeros for total in spans for zeros in (total // 2, total - total // 2)]
        out: torch.Tensor = self.layer(nn.functional.pad(x, pads))
        return out


def same_conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> Same:
    """A convolution behind zeros that make its output ceil(n / stride) long."""
    return Same(nn.Conv2d(inputs, outputs, kernel, stride, groups=groups), kernel, stride)


def same_pool(kernel: int, stride: int) -> Same:
    """A pooling, likewise."""
    return Same(nn.MaxPool2d(kernel, stride), kernel, stride)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around which the input takes a short way."""

    def __init__(self, inputs: int, width: int, strides: tuple[int, int]) -> None:
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


class ChannelNorm(nn.Module):
    """Normalization of the channels of each pixel, with a scale and a shift for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.norm(x.movedim(1, -1)).movedim(-1, 1)
        return out


class Inverted(nn.Module):
    """A 7x7 convolution of each channel, four times the channels and back, scaled, around which the input goes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.long = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            ChannelNorm(channels),
            *(nn.Conv2d(channels, 4 * channels, 1), nn.GELU(), nn.Conv2d(4 * channels, channels, 1)),
        )
        self.scale = nn.Parameter(torch.full((channels, 1, 1), 1e-6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.scale * self.long(x)
        return out


class Block(nn.Module):
    """Branches side by side; their channels are laid one after the other."""

    def __init__(self, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


def chain(inputs: int, *steps: Any) -> nn.Sequential:
    """Convolutions (channels, kernel, stride = 1): those without a stride are padded, so that the size stays."""
    layers = []
    for outputs, kernel, *rest in steps:
        sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        stride = rest[0] if rest else 1
        padding = (0, 0) if rest else tuple(side // 2 for side in sides)
        layers.append(nn.Conv2d(inputs, outputs, sides, stride, padding))
        inputs = outputs
    return nn.Sequential(*layers)


def pooled(inputs: int, outputs: int) -> nn.Sequential:
    """A pooling that keeps the size, and a 1x1 convolution."""
    return nn.Sequential(nn.AvgPool2d(3, 1, padding=1), nn.Conv2d(inputs, outputs, 1))
