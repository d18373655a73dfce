"""hwlib.receptive against gradients, against NaN that spreads, against products of matrices, and published numbers."""

from __future__ import annotations

import itertools
import math
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hwlib.conv import conv_matrix
from hwlib.receptive import (
    UnknownOperationError,
    architectures,
    effective_extent,
    effective_field,
    input_sizes,
    receptive_field,
    smallest_input,
)

from ..examples import examples


def made_positive(module):
    """Weights that can't cancel."""
    if isinstance(module, nn.Module):
        module = module.double().eval()
        with torch.no_grad():
            for weight in module.parameters():
                weight.abs_().add_(0.1)
    return module


def by_gradient(module, channels, size, rounds=12):
    """(output channels, units, pixels): where the derivative is not zero, for some of a few random inputs."""
    module, generator = made_positive(module), torch.Generator().manual_seed(0)
    found = None
    for _ in range(rounds):
        x = torch.rand(1, channels, *size, dtype=torch.float64, generator=generator).add_(0.1)
        jacobian = torch.autograd.functional.jacobian(module, x, vectorize=True)[0].abs()
        reads = jacobian.reshape(jacobian.shape[0], -1, channels, math.prod(size)).sum(2) > 1e-12
        found = reads if found is None else found | reads
    return found.numpy()


def by_nan(module, channels, size):
    """The same by what turns into NaN if a pixel does."""
    module, pixels = made_positive(module), math.prod(size)
    x = torch.ones(pixels, channels, pixels, dtype=torch.float64)
    x[torch.arange(pixels), :, torch.arange(pixels)] = math.nan
    with torch.no_grad():
        y = module(x.reshape(pixels, channels, *size)).isnan()
    return y.reshape(pixels, y.shape[1], -1).permute(1, 2, 0).numpy()


def ours(module, channels, size):
    field = receptive_field(module, size, channels=channels, dimensions=len(size))
    outputs = math.prod(n for n, axis in zip(field._output._sizes, field._output._axes, strict=True) if axis < 0)
    return np.array([field.pattern(channel) for channel in range(outputs)])


class Residual(nn.Module):
    def __init__(self, stride=1):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 3, 3, stride, padding=1), nn.Conv2d(3, 2, 3, padding=1)
        self.short = nn.Conv2d(2, 2, 1, stride) if stride > 1 else nn.Identity()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        out = self.b(torch.relu(self.norm(self.a(x))))
        out += self.short(x)
        return F.relu(out, inplace=True)


class Forked(nn.Module):
    """Branches that read a plus sign, and channels that read different sets."""

    def __init__(self):
        super().__init__()
        self.wide, self.high = nn.Conv2d(1, 2, (1, 5), padding=(0, 2)), nn.Conv2d(1, 3, (5, 1), padding=(2, 0))

    def forward(self, x):
        return torch.cat([self.wide(x), x, self.high(x)], dim=1)


class UNet(nn.Module):
    def __init__(self, up):
        super().__init__()
        self.first, self.inner = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.up, self.last = up, nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x):
        skip = self.first(x).relu()
        low = self.inner(F.max_pool2d(skip, 2))
        return self.last(torch.cat((skip, self.up(low)), 1))


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.a, self.b = nn.Conv2d(1, 4, 3), nn.Linear(4, 2), nn.Linear(2, 4)

    def forward(self, x):
        x = self.conv(x)
        weights = torch.sigmoid(self.b(F.relu(self.a(x.mean((2, 3))))))
        return x * weights[:, :, None, None]


class Split(nn.Module):
    """Half of the channels go round a convolution, then all are shuffled."""

    def __init__(self):
        super().__init__()
        self.first, self.conv = nn.Conv2d(1, 4, 1), nn.Conv2d(2, 2, 3, padding=1, groups=2)

    def forward(self, x):
        kept, worked = self.first(x).chunk(2, dim=1)
        x = torch.cat([kept, self.conv(worked)], 1)
        b, c, h, w = x.shape
        return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, -1, h, w)


class Regrouped(nn.Module):
    """Channels that read different sets, in groups that do not fit into each other, with dimensions of length 1."""

    def __init__(self):
        super().__init__()
        self.forked = Forked()

    def forward(self, x):
        x = self.forked(x)  # 6 channels
        b, _, h, w = x.shape
        x = x.view(b, 2, 1, 3, h, w).reshape(b, 3, 2, h, 1, w).transpose(1, 2)
        return x.reshape(b, -1, h, w).unflatten(1, (2, 3))[:, :, 1:].flatten(1, 2)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, (2, 3), padding=(0, 1))

    def forward(self, x):
        return self.conv(self.conv(self.conv(x)))


def functional(x):
    x = F.conv2d(x, torch.ones(2, 1, 3, 3, dtype=x.dtype), stride=2)
    x = F.pad(x, (1, 0, 2, 1))
    x = F.avg_pool2d(torch.tanh(x) * 2 + 1, 2, 1)
    return x[:, 1:, ::2, 1:-1]


def picky(x):
    assert x.shape[-1] == 8, "only 8"
    return x


def sequence(*layers):
    return nn.Sequential(*layers)


# name: module, channels of the input, its size
CASES = {
    "conv": (nn.Conv2d(2, 3, 3), 2, (6, 7)),
    "even kernel": (nn.Conv2d(1, 1, (2, 4), padding=(1, 2)), 1, (5, 7)),
    "same": (nn.Conv2d(1, 1, (2, 5), padding="same", dilation=(1, 2)), 1, (5, 9)),
    "dilation": (sequence(nn.Conv2d(1, 2, 3, dilation=2), nn.Conv2d(2, 1, 3, dilation=(1, 2))), 1, (9, 10)),
    "stride and leftover": (sequence(nn.Conv2d(1, 1, 2, stride=3), nn.Conv2d(1, 1, 2)), 1, (9, 11)),
    "groups": (nn.Conv2d(4, 4, 3, groups=2), 4, (5, 5)),
    "circular": (nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), 1, (5, 6)),
    "reflect": (nn.Conv2d(1, 1, 5, padding=2, padding_mode="reflect"), 1, (6, 6)),
    "replicate": (nn.Conv2d(1, 1, 3, padding=1, padding_mode="replicate"), 1, (4, 5)),
    "max pool": (sequence(nn.Conv2d(1, 1, 2), nn.MaxPool2d(3, 2, padding=1)), 1, (8, 7)),
    "ceil mode": (nn.MaxPool2d(2, 2, ceil_mode=True), 1, (5, 7)),
    "ceil mode with padding": (nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), 1, (6, 7)),
    "dilated pool": (nn.MaxPool2d(2, 1, dilation=2), 1, (6, 6)),
    "avg pool": (sequence(nn.AvgPool2d(2), nn.Conv2d(1, 1, 3, padding=1)), 1, (8, 9)),
    "lp pool": (nn.LPPool2d(2, 2), 1, (6, 6)),
    "adaptive": (nn.AdaptiveAvgPool2d((3, 2)), 1, (7, 5)),
    "adaptive max": (nn.AdaptiveMaxPool2d((None, 2)), 1, (4, 5)),
    "transposed": (nn.ConvTranspose2d(1, 2, 3, stride=2, padding=1, output_padding=1), 1, (4, 5)),
    "transposed with gaps": (nn.ConvTranspose2d(1, 1, 2, stride=3), 1, (3, 4)),
    "transposed, dilated": (nn.ConvTranspose2d(2, 2, 3, 2, 2, dilation=2, groups=2), 2, (4, 4)),
    "down and up": (sequence(nn.Conv2d(1, 2, 3, 2, 1), nn.ConvTranspose2d(2, 1, 4, 2, 1)), 1, (8, 8)),
    "nearest": (sequence(nn.Conv2d(1, 1, 3), nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3)), 1, (5, 6)),
    "bilinear": (sequence(nn.Upsample(scale_factor=(2, 3), mode="bilinear"), nn.Conv2d(1, 1, 2)), 1, (4, 4)),
    "corners": (nn.Upsample(size=(7, 5), mode="bilinear", align_corners=True), 1, (4, 3)),
    "bicubic": (nn.Upsample(scale_factor=2, mode="bicubic"), 1, (6, 5)),
    "downsampling": (nn.Upsample(scale_factor=0.5, mode="bilinear"), 1, (8, 6)),
    "residual": (sequence(Residual(), Residual()), 2, (7, 8)),
    "strided residual": (Residual(stride=2), 2, (8, 7)),
    "forked": (Forked(), 1, (7, 8)),
    "forked, then joined": (sequence(Forked(), nn.Conv2d(6, 1, 2)), 1, (7, 8)),
    "u-net, transposed": (UNet(nn.ConvTranspose2d(2, 2, 2, stride=2)), 1, (8, 8)),
    "u-net, nearest": (UNet(nn.Upsample(scale_factor=2)), 1, (8, 6)),
    "u-net, bilinear": (UNet(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)), 1, (8, 6)),
    "squeeze and excite": (SqueezeExcite(), 1, (5, 5)),
    "channel split": (Split(), 1, (5, 6)),
    "channel split, then mixed": (sequence(Split(), nn.Conv2d(4, 4, 2, groups=2)), 1, (5, 6)),
    "regrouped": (Regrouped(), 1, (7, 6)),
    "shared": (Shared(), 1, (6, 5)),
    "functional": (functional, 1, (9, 11)),
    "global pool": (sequence(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)), 1, (6, 6)),
    "softmax at the end": (sequence(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1)), 3, (4, 3)),
    "flatten": (sequence(nn.Conv2d(1, 2, 3, stride=2), nn.Flatten(), nn.Linear(8, 3)), 1, (6, 6)),
    "fixed head": (sequence(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4, 2)), 1, (5, 4)),
    "pixel shuffle": (sequence(nn.Conv2d(1, 4, 2), nn.PixelShuffle(2), nn.Conv2d(1, 1, 3)), 1, (5, 5)),
    "pixel unshuffle": (sequence(nn.PixelUnshuffle(2), nn.Conv2d(4, 4, 2, groups=2)), 1, (8, 6)),
    "unshuffled and shuffled": (sequence(nn.PixelUnshuffle(2), nn.PixelShuffle(2)), 1, (4, 6)),
    "shuffled channels": (sequence(Forked(), nn.ChannelShuffle(3)), 1, (5, 5)),
    "group norm": (sequence(Forked(), nn.GroupNorm(2, 6)), 1, (6, 6)),
    "instance norm": (sequence(nn.Conv2d(1, 2, 2), nn.InstanceNorm2d(2)), 1, (4, 4)),
    "batch norm": (sequence(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Dropout2d(), nn.PReLU(2)), 1, (4, 4)),
    "batch norm without memory": (nn.BatchNorm2d(1, track_running_stats=False), 1, (3, 4)),
    "layer norm": (nn.LayerNorm((5,)), 1, (4, 5)),
    "local response norm": (sequence(Forked(), nn.LocalResponseNorm(3)), 1, (6, 6)),
    "softmax": (lambda x: x.softmax(-1), 1, (3, 4)),
    "a row is taken": (lambda x: x[:, :, 2], 1, (4, 5)),
    "rows are stacked": (lambda x: torch.cat([x[..., :2, :], F.avg_pool2d(x, 3, 1, 1)], 2), 1, (4, 5)),
    "flip and roll": (lambda x: x.flip(2) + x.roll(1, 3), 1, (4, 5)),
    "max over channels": (lambda x: torch.cat([x, x[:, :1]], 1).max(1, keepdim=True).values, 2, (3, 3)),
    "where": (lambda x: torch.where(x > 2, x, F.avg_pool2d(x, 3, 1, 1)), 1, (4, 5)),
    "expanded": (lambda x: x + x.mean(2, keepdim=True).expand(-1, -1, 4, -1), 1, (4, 5)),
    "positions": (lambda x: x + torch.ones(1, 1, 4, 5), 1, (4, 5)),
    "permuted": (lambda x: F.linear(x.permute(0, 2, 3, 1), torch.ones(3, 2).to(x)).movedim(-1, 1), 2, (3, 4)),
    "tokens": (lambda x: F.avg_pool2d(x, 2).flatten(2).transpose(1, 2).reshape(1 * x.shape[0], 6, 1), 1, (4, 6)),
    "1-D": (sequence(nn.Conv1d(1, 2, 3, dilation=2), nn.MaxPool1d(2), nn.ConvTranspose1d(2, 1, 3, 2)), 1, (12,)),
    "1-D linear upsampling": (nn.Upsample(scale_factor=3, mode="linear"), 1, (5,)),
    "3-D": (sequence(nn.Conv3d(1, 1, (1, 2, 3), padding=(0, 1, 1)), nn.MaxPool3d(2)), 1, (4, 4, 5)),
    "3-D transposed": (nn.ConvTranspose3d(1, 1, 2, stride=(1, 2, 2)), 1, (2, 3, 3)),
}
# NaN times a weight of zero is NaN, and a normalization divides what it subtracts from itself: there only gradients.
WITHOUT_NAN = {"bilinear", "corners", "bicubic", "downsampling", "u-net, bilinear", "1-D linear upsampling"}
# The gradient of a comparison is zero, of a layer that returns its constant too; a token's order is not position's.
WITHOUT_GRADIENT = {"softmax at the end", "batch norm without memory", "instance norm", "tokens", "softmax"}
# A maximum reads all that it is given, and its gradient shows only where it was found.
MAXIMA = {
    "3-D",
    "1-D",
    "max pool",
    "ceil mode with padding",
    "dilated pool",
    "adaptive max",
    "max over channels",
    *(n for n in CASES if "u-net" in n),
}


@pytest.mark.problem("rf-size")
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", sorted(set(CASES) - WITHOUT_GRADIENT))
def test_the_sets_are_those_of_the_gradient(name):
    module, channels, size = CASES[name]
    expected, found = by_gradient(module, channels, size), ours(module, channels, size)
    if name in MAXIMA:
        assert (expected <= found).all()
        assert expected.sum() > 0.8 * found.sum()
        return
    assert found.reshape(-1, found.shape[-1]).tolist() == expected.reshape(-1, expected.shape[-1]).tolist()


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", sorted(set(CASES) - WITHOUT_NAN))
def test_the_sets_are_those_that_turn_into_nan(name):
    module, channels, size = CASES[name]
    expected, found = by_nan(module, channels, size), ours(module, channels, size)
    assert found.reshape(-1, found.shape[-1]).tolist() == expected.reshape(-1, expected.shape[-1]).tolist()


def test_a_pooling_that_rounds_up_reads_inputs_smaller_than_its_window_as_the_framework_does():
    for n, k, s, ceil in itertools.product(range(1, 5), range(1, 5), range(1, 6), (False, True)):
        pool = nn.MaxPool1d(k, s, ceil_mode=ceil)
        try:
            pool(torch.zeros(1, 1, n))
        except RuntimeError:
            with pytest.raises(ValueError, match="spans"):
                receptive_field(pool, n, dimensions=1)
        else:
            assert np.array_equal(ours(pool, 1, (n,)), by_nan(pool, 1, (n,)))
    assert smallest_input(nn.MaxPool1d(2, ceil_mode=True)) == 1


CONVOLUTIONS = st.builds(
    lambda k, s, p, d: nn.Conv1d(1, 1, k, s, p, d),
    *(st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3)),
)
POOLINGS = st.builds(
    lambda k, s, ceil: nn.MaxPool1d(k, s, k // 2, ceil_mode=ceil), st.integers(1, 4), st.integers(1, 3), st.booleans()
)
TRANSPOSED = st.builds(
    lambda k, s, p: nn.ConvTranspose1d(1, 1, k, s, min(p, (k - 1) // 2)),
    *(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2)),
)
LAYERS = st.one_of(
    CONVOLUTIONS, POOLINGS, TRANSPOSED, st.builds(lambda s: nn.Upsample(scale_factor=s), st.integers(2, 3))
)


class Random(nn.Module):
    """A chain of layers; where two of its tensors have one length they may be added."""

    def __init__(self, layers, joins):
        super().__init__()
        self.layers, self.joins = nn.ModuleList(layers), joins

    def forward(self, x):
        seen = [x]
        for layer, join in zip(self.layers, self.joins, strict=False):
            x = layer(x)
            earlier = [y for y in seen if y.shape[-1] == x.shape[-1]]
            if join and earlier:
                x = torch.cat([x, earlier[0]], 1).sum(1, keepdim=True) if join > 1 else x + earlier[0]
            seen.append(x)
        return x


@examples(150)
@given(st.lists(LAYERS, min_size=1, max_size=5), st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_random_networks_read_what_turns_into_nan(layers, joins):
    module = Random(layers, joins)
    for size in (23, 60):
        try:
            made_positive(module)(torch.zeros(1, 1, size, dtype=torch.float64))
        except RuntimeError:
            with pytest.raises(ValueError, match=r"spans|leaves nothing"):
                receptive_field(module, size, dimensions=1)
            continue
        assert np.array_equal(ours(module, 1, (size,)), by_nan(module, 1, (size,)))


@examples(100)
@given(st.lists(LAYERS, min_size=1, max_size=4), st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_the_size_is_the_largest_extent_on_a_large_input(layers, joins):
    module = Random(layers, joins)
    field = receptive_field(module, dimensions=1)
    field = receptive_field(module, 7 * (field.input_shape[0] // 7), dimensions=1)  # another size than the chosen one
    reads = by_nan(module, 1, field.input_shape)[0]
    places = [np.flatnonzero(row) for row in reads if row.any()]
    extents = [place[-1] - place[0] + 1 for place in places]
    assert field.size == (max(extents),)
    assert receptive_field(module, dimensions=1).size == field.size


@pytest.mark.problem("rf-output-size")
@pytest.mark.problem("rf-size")
def test_four_convolutions_by_recurrence_by_reachability_and_by_gradient():
    channels = [1, 16, 16, 16, 1]
    net = sequence(*(nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(channels)))
    field = receptive_field(net, 32)
    assert tuple(net(torch.zeros(1, 1, 32, 32)).shape) == (1, 1, 32, 32)
    assert field.output_shape == (32, 32)
    assert field.size == (1 + 4 * (3 - 1),) * 2 == (9, 9)
    layer = conv_matrix(np.ones((3, 3), int), (11, 11), padding=1)
    product = (layer @ layer @ layer @ layer).toarray() > 0
    small = receptive_field(net, 11)
    assert np.array_equal(small.pattern(), product)
    assert np.array_equal(by_gradient(net, 1, (11, 11), rounds=1)[0], product)
    assert small.unit((5, 5)).box == ((1, 9), (1, 9))
    assert small.unit((0, 10)).box == ((0, 4), (6, 10))
    assert not small.unit((0, 10)).interior


@pytest.mark.problem("rf-same-size-uses")
def test_an_output_of_the_input_s_size_has_one_unit_for_each_pixel():
    """Each unit reads a window round its own pixel, so it can say something about that pixel."""
    net = sequence(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 5, padding="same"))
    field = receptive_field(net, (12, 15))
    assert field.output_shape == (12, 15)
    assert field.stride == (1, 1)
    for place in itertools.product(range(3, 9), range(3, 12)):
        assert field.unit(place).centre == place


def test_the_product_of_conv_matrices_is_the_pattern_for_stride_dilation_and_transposed_convolutions():
    net = sequence(
        nn.Conv2d(1, 1, (2, 3), 2, 1), nn.Conv2d(1, 1, 2, dilation=(1, 2)), nn.ConvTranspose2d(1, 1, 3, 2, 1)
    )
    size = (9, 10)
    first = conv_matrix(np.ones((2, 3)), size, stride=2, padding=1)
    second = conv_matrix(np.ones((2, 2)), (5, 5), dilation=(1, 2))
    third = conv_matrix(np.ones((3, 3)), (7, 5), stride=2, padding=1).T
    assert np.array_equal(receptive_field(net, size).pattern(), (third @ second @ first).toarray() > 0)


# Number of modules from the start: receptive field, effective stride, effective padding at 224 and at 321 pixels, from
# the table of end points that belongs to Araujo, Norris & Sim (2019).
PUBLISHED = {
    "alexnet_v2": (architectures.alexnet, {}, {
        2: (11, 4, 0, 0), 3: (19, 8, 0, 0), 5: (51, 8, 16, 16), 8: (99, 16, 32, 32), 10: (131, 16, 48, 48),
        12: (163, 16, 64, 64), 13: (195, 32, 64, 64),
    }),
    "vgg_16": (architectures.vgg16, {}, {
        1: (3, 1, 1, 1), 5: (6, 2, 2, 2), 6: (10, 2, 4, 4), 10: (16, 4, 6, 6), 11: (24, 4, 10, 10),
        13: (32, 4, 14, 14), 17: (44, 8, 18, 18), 18: (60, 8, 26, 26), 20: (76, 8, 34, 34), 24: (100, 16, 42, 42),
        25: (132, 16, 58, 58), 27: (164, 16, 74, 74), 31: (212, 32, 90, 90),
    }),
    "mobilenet_v1": (architectures.mobilenet_v1, {}, {
        1: (3, 2, 0, 1), 3: (7, 2, 2, 3), 5: (11, 4, 2, 5), 7: (19, 4, 6, 9), 9: (27, 8, 6, 13), 11: (43, 8, 14, 21),
        13: (59, 16, 14, 29), 15: (91, 16, 30, 45), 17: (123, 16, 46, 61), 19: (155, 16, 62, 77),
        21: (187, 16, 78, 93), 23: (219, 16, 94, 109), 25: (251, 32, 94, 125), 27: (315, 32, 126, 157),
    }),
    "resnet_v1_50": (architectures.resnet50, {"strided": "last 3x3", "pool": "same"}, {
        6: (35, 8, 15, 17), 10: (99, 16, 47, 49), 16: (291, 32, 143, 145), 19: (483, 32, 239, 241),
    }),
    "inception_v3": (architectures.inception_v3, {}, {
        1: (3, 2, 0, 0), 2: (7, 2, 0, 0), 3: (11, 2, 2, 2), 4: (15, 4, 2, 2), 5: (15, 4, 2, 2), 6: (23, 4, 2, 2),
        7: (31, 8, 2, 2), 8: (63, 8, 18, 18), 9: (95, 8, 34, 34), 10: (127, 8, 50, 50), 11: (159, 16, 58, 58),
        12: (351, 16, 154, 154), 13: (543, 16, 250, 250), 14: (735, 16, 346, 346), 15: (927, 16, 442, 442),
        16: (1055, 32, 490, 490), 17: (1183, 32, 554, 554), 18: (1311, 32, 618, 618),
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_receptive_fields(name):
    make, options, ends = PUBLISHED[name]
    with torch.device("meta"):
        net = make(**options)
    for count, (size, stride, *paddings) in ends.items():
        for pixels, padding in zip((224, 321), paddings, strict=True):
            field = receptive_field(net[:count], pixels)
            found = zip(field.size, field.stride, field.padding, strict=True)
            assert list(found) == [(size, stride, padding)] * 2, f"{count} modules at {pixels} pixels"
    field = receptive_field(net)
    assert field.size == (size, size)
    assert field.aligned


def test_the_variants_of_resnet_differ_in_where_the_stride_stands():
    with torch.device("meta"):
        nets = [architectures.resnet50(strided) for strided in ("first 1x1", "first 3x3", "last 3x3")]
    assert [receptive_field(net).size[0] for net in nets] == [483, 427, 483]
    with pytest.raises(ValueError, match="strided='middle'"):
        architectures.resnet50("middle")
    with pytest.raises(ValueError, match="pool='none'"):
        architectures.resnet50(pool="none")


@pytest.mark.parametrize("make", [architectures.alexnet, architectures.vgg16, architectures.mobilenet_v1,
                                  architectures.resnet50, architectures.inception_v3])  # fmt: skip
def test_outputs_have_the_sizes_that_torch_computes(make):
    with torch.device("meta"):
        net = make()
        for size in (224, 299):
            assert tuple(net(torch.empty(1, 3, size, size)).shape[2:]) == receptive_field(net, size).output_shape


def test_the_first_pixels_of_resnet_by_gradient():
    """One unit of a real network: weights are positive, so that nothing cancels."""
    net = made_positive(sequence(*list(architectures.resnet50("first 3x3").children())[:8]))
    x = torch.rand(1, 3, 160, 160, dtype=torch.float64, requires_grad=True)
    y = net(x)
    place = tuple(n // 2 for n in y.shape[2:])
    (gradient,) = torch.autograd.grad(y[(0, 0, *place)], x)
    unit = receptive_field(net, 160).unit(place)
    found = gradient.abs().sum((0, 1)).numpy() > 0
    assert not (found & ~unit.pixels).any()
    lows = [np.flatnonzero(found.any(1 - axis)) for axis in (0, 1)]
    for line, (low, high) in zip(lows, unit.box, strict=True):  # the pooling's gradient may miss a pixel of the rim
        assert 0 <= line[0] - low <= 2
        assert 0 <= high - line[-1] <= 2


def test_a_set_with_holes_has_its_density_and_its_box():
    field = receptive_field(sequence(nn.Conv2d(1, 1, 3, dilation=2), nn.Conv2d(1, 1, 2, dilation=4)), 12)
    unit = field.unit((0, 0))
    assert unit.box == ((0, 8), (0, 8))
    assert unit.extent == (9, 9)
    assert unit.centre == (4.0, 4.0)
    assert unit.density == 25 / 81
    plus = receptive_field(sequence(Forked(), nn.Conv2d(6, 1, 1)), 9).unit((4, 4))
    assert plus.pixels.sum() == 9
    assert plus.density == 9 / 25
    assert plus.interior


def test_a_unit_between_the_stamps_of_a_transposed_convolution_reads_nothing():
    unit = receptive_field(nn.ConvTranspose1d(1, 1, 1, stride=2), 4).unit([1])
    assert (unit.box, unit.extent, unit.centre, unit.density) == ((), (), (), 0.0)


def test_branches_that_are_not_centred_on_the_same_pixels_are_told():
    class Cropped(nn.Module):
        def __init__(self, start):
            super().__init__()
            self.conv, self.start = nn.Conv1d(1, 1, 3), start

        def forward(self, x):
            out = self.conv(x)
            return out + x[..., self.start : self.start + out.shape[-1]]

    assert [receptive_field(Cropped(start)).aligned for start in (0, 1, 2)] == [False, True, False]
    assert receptive_field(Cropped(2)).size == (3,)
    assert receptive_field(architectures.resnet50()).aligned


def test_the_table_has_each_layer_with_what_it_reads():
    net = sequence(nn.Conv2d(3, 4, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, (1, 3), padding=(0, 1)))
    layers = receptive_field(net, 32).layers
    assert [(layer.operation, layer.owner) for layer in layers] == [
        ("conv2d", "0"), ("max_pool2d", ""), ("conv2d", "3"), ("output", ""),
    ]  # fmt: skip
    assert [layer.size for layer in layers] == [(7, 7), (9, 9), (9, 17), (9, 17)]
    assert [layer.stride for layer in layers] == [(2, 2), (4, 4), (4, 4), (4, 4)]
    assert [layer.padding for layer in layers] == [(3, 3), (3, 3), (3, 7), (3, 7)]
    assert "9 x 17" in receptive_field(net, 32).table()


def test_upsampling_has_a_fractional_stride():
    field = receptive_field(nn.Upsample(scale_factor=2, mode="bilinear"))
    assert field.stride == (Fraction(1, 2),) * 2
    assert field.padding == (None, None)
    assert field.size == (2, 2)


def test_what_takes_an_axis_as_a_whole_grows_with_the_input():
    net = sequence(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1))
    assert receptive_field(net).size == (math.inf, math.inf)
    assert receptive_field(net, (9, 12)).size == (9, 12)
    assert receptive_field(net, (9, 12)).stride == (None, None)
    assert receptive_field(lambda x: x.mean(3)).size == (1, math.inf)
    dense = sequence(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 26 * 26, 10))
    assert receptive_field(dense).size == receptive_field(dense, 28).size == (28, 28)


def test_which_inputs_work_and_where_others_fail():
    net = sequence(nn.Conv2d(1, 2, 5), nn.MaxPool2d(2), nn.Conv2d(2, 1, 3))
    assert smallest_input(net) == 10
    with pytest.raises(RuntimeError):
        net(torch.zeros(1, 1, 9, 9))
    assert net(torch.zeros(1, 1, 10, 10)).shape[2:] == (1, 1)
    found = input_sizes(net, [3, 9, 10])
    assert found[10] == ""
    assert found[3].startswith("conv2d of 0: the kernel spans 5")
    assert found[9].startswith("conv2d of 2: the kernel spans 3")
    skips = UNet(nn.ConvTranspose2d(2, 2, 2, stride=2))
    sizes = input_sizes(skips, range(2, 9))
    assert [size for size, reason in sizes.items() if not reason] == [2, 4, 6, 8]
    assert sizes[5].startswith("cat: the parts have shapes")
    with pytest.raises(ValueError, match="no input of up to 3 pixels a side is accepted: conv2d of 0"):
        smallest_input(net, largest=3)
    reads = by_nan(skips, 1, (24, 24))[0].reshape(-1, 24, 24)
    assert receptive_field(skips).size == (max(np.ptp(np.flatnonzero(unit.any(1))) + 1 for unit in reads),) * 2


@pytest.mark.parametrize("mode", ["constant", "replicate", "reflect", "circular"])
@pytest.mark.parametrize("pad", [(2, 2), (3, 0), (0, 3), (-2, -1)])
def test_an_axis_that_is_too_short_for_its_padding_is_told_as_the_framework_does(mode, pad):
    def padded(x):
        return F.pad(x, (*pad, 0, 0), mode=mode)

    def works(n):
        try:
            return min(padded(torch.zeros(1, 1, n, n)).shape) > 0
        except RuntimeError:
            return False

    found = input_sizes(padded, range(1, 7))
    assert [not reason for reason in found.values()] == [works(n) for n in found]
    assert all(reason.startswith("pad: padding (") for reason in found.values() if reason)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (lambda x: torch.fft.fft(x), "operation 'fft_fft' is not known"),
        (lambda x: x.cumsum(2), "operation 'cumsum' is not known"),
        (lambda x: x @ x, "operation '(__)?matmul(__)?' is not known"),
        (lambda x: x if x.sum() > 0 else -x, "decides by the values"),
        (lambda x: x + x.transpose(2, 3), "different axes|do not match"),
        (lambda x: x.reshape(1, 1, 8, 8, 8, 8), "takes an axis of positions apart"),
        (lambda x: x.flatten(1).softmax(1), "a reshape that merges positions"),
        (lambda x: x[:, :, [0, 1]], "an index .*: accepted are whole numbers"),
        (nn.MaxPool2d(2, return_indices=True), "operation 'max_pool2d_with_indices' is not known"),
        (lambda x: F.pad(x, (1, 1), mode="strange"), "padding of the mode 'strange'"),
    ],
)  # fmt: skip
def test_what_can_not_be_followed_is_an_error_that_names_it(module, message):
    with pytest.raises(UnknownOperationError, match=message):
        receptive_field(module, dimensions=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 2), r"conv2d: the kernel spans 3 .* has 2 \(0 \+ 2 \+ 0\)"),
        (lambda: receptive_field(nn.Conv2d(3, 1, 3), 9, channels=1), "the input has 1 channels: accepted are 3"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 0), r"input_shape=0: accepted"),
        (lambda: receptive_field(nn.Linear(7, 2), (5, 5)), r"linear: the input has shape \(1, 7, 5, 5\)"),
        (lambda: receptive_field(lambda x: (x, x)), "returns a tuple"),
        (lambda: receptive_field(picky, 9), "the model raises AssertionError: only 8"),
        (lambda: receptive_field(lambda x: torch.zeros(1)), "does not depend on its input"),
        (lambda: receptive_field(sequence(nn.Flatten(), nn.Linear(7, 2)), channels=1), "no size up to 512"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 9).unit((9, 0)), r"position=\(9, 0\): accepted"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 9).unit((0, 0), 1), "channel=1: accepted are 0 to 0"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 9).unit((0.0, 0)), r"position=\(0.0, 0\): accepted are places"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 9).unit((-1, 0)), r"position=\(-1, 0\): accepted are places"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 9, channels=0), "channels=0: accepted is a whole number"),
        (lambda: receptive_field(nn.Conv2d(1, 1, 3), 2.5), "input_shape=2.5"),
        (lambda: smallest_input(nn.Conv2d(1, 1, 3), largest=0), "largest=0"),
        (lambda: effective_extent([[1.0]], share=0), "share=0"),
        (lambda: effective_extent([[1.0, math.nan]]), "energy has entries that are infinite or NaN"),
        (lambda: effective_extent(np.zeros((2, 2))), "energy has no entry above zero"),
        (lambda: effective_extent([1.0, -3.0]), "energy has entries below zero"),
        (lambda: effective_field(nn.Conv2d(1, 1, 3), 5, samples=0), "samples=0: accepted is a whole number"),
        (lambda: effective_field(nn.Conv2d(1, 1, 3), 5, rng=-1), "rng=-1: accepted are None, a seed"),
        (lambda: effective_field(nn.Conv2d(1, 1, 3, device="meta"), 5), "model is on the device meta: accepted"),
        (lambda: effective_field(nn.Flatten(), 5), "accepted are 2 spatial axes"),
        (lambda: effective_field(lambda x: x * 0, 5), "does not depend on the input"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_module_is_left_as_it_was():
    net = sequence(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1), nn.Dropout())
    net[2].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    receptive_field(net)
    assert [part.training for part in net.modules()] == [True, True, True, False]
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize(
    "call",
    [
        lambda: receptive_field(lambda x: x),
        lambda: effective_field(lambda x: x, 3),
        architectures.vgg16,
        architectures.inception_v3,
    ],
)
def test_a_missing_torch_is_told_with_the_command_that_installs_it(monkeypatch, call):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"torch is missing: pip install"):
        call()


class Stateful(nn.Module):
    """Dropout, running means, and noise from a generator of its own."""

    def __init__(self):
        super().__init__()
        self.layers = sequence(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.Dropout(0.5))
        self.generator, self.error = torch.Generator().manual_seed(1), False

    def forward(self, x):
        x = self.layers(x) + torch.randn(x.shape, generator=self.generator)
        if self.error:
            raise KeyError
        return x


@pytest.mark.parametrize("error", [False, True])
def test_an_effective_field_leaves_modules_and_random_numbers_as_they_were(error):
    def state():
        return [torch.get_rng_state(), net.generator.get_state(), *net.state_dict().values()]

    net = Stateful()
    net.error = error
    before = [value.clone() for value in state()]
    for _ in range(2):
        if error:
            with pytest.raises(KeyError):
                effective_field(net, 5, rng=0)
        else:
            effective_field(net, 5, rng=0)
    assert all(torch.equal(a, b) for a, b in zip(before, state(), strict=True))
    assert [part.training for part in net.modules()] == [True] * 5
    assert all(weight.grad is None for weight in net.parameters())


def test_an_effective_field_is_that_of_its_seed_and_takes_the_dtype_of_the_weights():
    net = sequence(nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.Conv2d(2, 1, 3, padding=1)).double()
    first, second, other = (effective_field(net, 7, rng=rng) for rng in (0, np.random.default_rng(0), 1))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    with torch.no_grad():
        assert np.array_equal(first, effective_field(net, np.int64(7), rng=0))


def test_a_size_may_be_any_whole_number():
    assert receptive_field(nn.Conv2d(1, 1, 3), np.int64(9)).input_shape == (9, 9)
    assert receptive_field(nn.Conv2d(1, 1, 3), np.array([9, 8])).input_shape == (9, 8)


def test_the_size_of_two_branches_is_that_of_both():
    wide, high = nn.Conv2d(1, 1, (1, 5), padding=(0, 2)), nn.Conv2d(1, 1, (7, 1), padding=(3, 0))
    field = receptive_field(lambda x: wide(x) + high(x), 21)
    assert field.size == (7, 5)
    assert field.unit((10, 10)).pixels.sum() == 5 + 7 - 1


def test_a_model_may_ask_for_the_kind_and_the_number_of_its_entries():
    def model(x):
        assert x.is_floating_point() is True
        assert torch.is_floating_point(x) is True
        assert x.numel() == torch.numel(x) == 81
        return F.avg_pool2d(x, 3) * (x.numel() / 81)

    assert receptive_field(model, 9).size == (3, 3)


def test_the_effective_field_of_a_linear_network_is_its_kernel():
    net = sequence(nn.Conv2d(1, 1, 3, padding=1, bias=False), nn.Conv2d(1, 1, 3, padding=1, bias=False))
    with torch.no_grad():
        for layer in net:
            layer.weight.copy_(torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([1.0, 2, 1])))
    line = np.convolve([1, 2, 1], [1, 2, 1])  # the binomial numbers
    energy = effective_field(net, 9, samples=2, rng=0)
    np.testing.assert_allclose(energy[2:7, 2:7], np.outer(line, line) / 36, rtol=1e-6)
    assert (energy > 0).sum() == 25
    assert effective_extent(energy, share=0.5) == np.sqrt((np.outer(line, line) >= 18).sum())
