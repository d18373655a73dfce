"""Can four convolutions compare opposite corners? (chapter *Seeing is not enough: the corner problem*).

An image of 5 x 5 black (0) and white (1) pixels is given. Where two diagonally opposite corners agree, both shall be
white in the output, else black; all other pixels shall be black. An output pixel counts as white if the network
returns at least 0 there. Everything here is computed in whole numbers.

Source: problem ``rf-diagonal-corners``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwlib._core.arguments import whole
from hwlib._core.arrays import as_array, whole_array
from hwlib._core.types import Array, Integers

__all__ = [
    "ConvLayer",
    "affine_corner_network",
    "corner_cases",
    "corner_network",
    "output_bounds",
    "run_network",
    "share_right",
]

# The four corners as directions seen from the middle, top left first.
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, repr=False)
class ConvLayer:
    """A 3 x 3 convolution with padding 1, in whole numbers.

    Attributes:
        weight: ``(outputs, inputs, 3, 3)``.
        bias: ``(outputs,)``.

    Raises:
        ValueError: if a number is not whole, or the shapes are others.

    Example:
        >>> ConvLayer(np.ones((2, 1, 3, 3)), np.zeros(2))
        ConvLayer(1 -> 2 channels)
    """

    weight: Integers
    bias: Integers

    def __post_init__(self) -> None:
        weight, bias = whole_array("weight", self.weight), whole_array("bias", self.bias)
        if weight.ndim != 4 or weight.shape[2:] != (3, 3) or bias.shape != weight.shape[:1]:
            shapes = f"weight has shape {weight.shape}, bias {bias.shape}"
            raise ValueError(f"{shapes}: accepted are (outputs, inputs, 3, 3) and (outputs,)")
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "bias", bias)

    def __repr__(self) -> str:
        return f"ConvLayer({self.weight.shape[1]} -> {self.weight.shape[0]} channels)"


def corner_cases(side: int = 5) -> tuple[Integers, Integers]:
    """All ways to colour the four corners of a black image, with the right outputs.

    Args:
        side: rows and columns, at least 2.

    Returns:
        Images and outputs, ``(16, side, side)`` each, of 0 (black) and 1 (white).

    Raises:
        ValueError: if the side is less than 2.

    Example:
        >>> images, outputs = corner_cases(2)
        >>> images[6].tolist(), outputs[6].tolist()
        ([[0, 1], [1, 0]], [[1, 1], [1, 1]])
    """
    images = np.zeros((16, whole("side", side, least=2), side), np.int64)
    outputs = np.zeros_like(images)
    colours = (np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1  # (16, 4): top left first
    for (dy, dx), colour, opposite in zip(_CORNERS, colours.T, colours.T[::-1], strict=True):
        row, column = (0 if step < 0 else side - 1 for step in (dy, dx))
        images[:, row, column] = colour
        outputs[:, row, column] = colour == opposite
    return images, outputs


def corner_network(width: int = 16) -> list[ConvLayer]:
    """Weights with which four convolutions and ReLU solve the problem, grey pixels between the corners included.

    They are right on all images of 5 x 5 pixels whose corners are 0 or 1 and whose other pixels are at most 1.

    Layer 1 has a channel for each corner that moves the image by a pixel from there to the middle. Layer 2 moves two
    opposite ones on and adds them: in the middle pixel, q = relu(s) and p = relu(s - 1) for the sum s of two corners.
    Layer 3 forms 1 - q + 2 p, which is 1 if they agree and 0 if not, and moves it back towards each corner; a fifth
    channel is 1 everywhere. Layer 4 moves the answer into the corner, and subtracts so much for each neighbour inside
    the image that only a corner, which has the fewest, can come out white.

    Args:
        width: channels of the inner layers, at least 13. No two layers use the same channels, so a residual connection
            between inner layers adds nothing to what is read.

    Returns:
        The four layers.

    Raises:
        ValueError: if there are too few channels.

    Example:
        >>> images, outputs = corner_cases()
        >>> bool((share_right(run_network(corner_network(), images), outputs) == 1).all())
        True
    """
    width = whole("width", width, least=13)
    first, second, third, last = _zeros(1, width), _zeros(width, width), _zeros(width, width), _zeros(width, 1)
    for n, (dy, dx) in enumerate(_CORNERS):
        first.weight[n, 0, 1 + dy, 1 + dx] = 1
        diagonal = 4 + 2 * min(n, 3 - n)  # channels 4, 5: the falling diagonal, 6, 7: the rising one
        second.weight[[diagonal, diagonal + 1], n, 1 + dy, 1 + dx] = 1
        third.weight[8 + n, [diagonal, diagonal + 1], 1 - dy, 1 - dx] = (-1, 2)  # back from the middle
        last.weight[0, 8 + n, 1 - dy, 1 - dx] = 2
    second.bias[[5, 7]] = -1
    third.bias[8:13] = 1
    # A corner has 4 places of its window inside the image, itself included; an edge has 6, others have 9.
    last.weight[0, 12] = -4
    last.bias[0] = 4 * 4 - 1
    return [first, second, third, last]


def affine_corner_network(width: int = 16) -> list[ConvLayer]:
    """Weights of four convolutions without ReLU that are right at every corner where its pair is not both white.

    Their output in a corner is 1 - 2 (own pixel + opposite pixel): no affine map gets more of the cases right.

    Args:
        width: channels of the inner layers, at least 5.

    Returns:
        The four layers.

    Raises:
        ValueError: if there are too few channels.

    Example:
        >>> images, _ = corner_cases()
        >>> run_network(affine_corner_network(), images[[0, 15]], relu=False)[:, 0, 0].tolist()
        [1, -3]
    """
    width = whole("width", width, least=5)
    layers = [_zeros(1, width), _zeros(width, width), _zeros(width, width), _zeros(width, 1)]
    for depth, layer in enumerate(layers):
        for n, (dy, dx) in enumerate([(0, 0), *_CORNERS]):
            source, target = (0 if depth == 0 else n), (0 if depth == 3 else n)
            layer.weight[target, source, 1 + dy, 1 + dx] = -2 if depth == 3 else 1
    layers[3].bias[0] = 1
    return layers


def run_network(
    layers: Sequence[ConvLayer],
    images: npt.ArrayLike,
    *,
    relu: bool = True,
    skip: tuple[int, int] | None = None,
) -> Integers:
    """Output of a chain of convolutions, in whole numbers.

    Args:
        layers: the convolutions.
        images: ``(n, h, w)``, whole numbers.
        relu: whether a ReLU follows each layer but the last.
        skip: a residual connection ``(a, b)``: what comes out of layer a (0 is the input) is added to what comes out
            of layer b, behind its ReLU.

    Returns:
        ``(n, h, w)``: the only channel of the last layer.

    Raises:
        ValueError: if the layers do not lead from one channel to one, a number is not whole, a sum may need more than
            62 bits, or the skip does not join two tensors of the same shape, forwards.

    Example:
        >>> run_network([ConvLayer(np.ones((1, 1, 3, 3), int), np.array([0]))], np.ones((1, 2, 2), int)).tolist()
        [[[4, 4], [4, 4]]]
    """
    x = whole_array("images", images)
    if x.ndim != 3:
        raise ValueError(f"images have shape {x.shape}: accepted is (n, h, w)")
    _check_chain(layers)
    x = x[:, None]
    seen = [x]
    for number, layer in enumerate(layers, 1):
        x = _convolved(layer, x)
        if relu and number < len(layers):
            x = np.maximum(x, 0)
        if skip is not None and skip[1] == number:
            if not 0 <= skip[0] < number or seen[skip[0]].shape != x.shape:
                raise ValueError(
                    f"skip={skip}: accepted are two layers, the first before the second, with as many channels"
                )
            x = x + seen[skip[0]]
        seen.append(x)
    if skip is not None and not 1 <= skip[1] <= len(layers):
        raise ValueError(f"skip={skip}: accepted are layers up to {len(layers)}")
    return x[:, 0]


def output_bounds(layers: Sequence[ConvLayer], box: npt.ArrayLike) -> tuple[Integers, Integers]:
    """Bounds of a ReLU network's output for all images of a box: interval arithmetic, layer by layer.

    Args:
        layers: the convolutions; a ReLU follows each but the last.
        box: ``(h, w, 2)``, the least and the largest value of each pixel, both whole numbers.

    Returns:
        Two arrays ``(h, w)``; no image in the box, grey ones included, has an output outside.

    Raises:
        ValueError: if the layers do not lead from one channel to one, a number is not whole, a pixel's least value is
            above its largest, or a sum may need more than 62 bits.

    Example:
        >>> least, most = output_bounds(corner_network(), np.tile([0, 1], (5, 5, 1)))
        >>> int(most[2, 2])  # no image makes the middle white
        -13
    """
    limits = whole_array("box", box)
    if limits.ndim != 3 or limits.shape[2] != 2 or (limits[..., 0] > limits[..., 1]).any():
        raise ValueError(f"box of shape {limits.shape}: accepted is (h, w, 2), with low <= high for every pixel")
    _check_chain(layers)
    least, most = limits[None, None, ..., 0], limits[None, None, ..., 1]
    for number, layer in enumerate(layers, 1):
        rising = ConvLayer(np.maximum(layer.weight, 0), layer.bias)
        falling = ConvLayer(np.minimum(layer.weight, 0), np.zeros_like(layer.bias))
        least, most = (
            _convolved(rising, least) + _convolved(falling, most),
            _convolved(rising, most) + _convolved(falling, least),
        )
        if number < len(layers):
            least, most = np.maximum(least, 0), np.maximum(most, 0)
    return least[0, 0], most[0, 0]


def share_right(outputs: npt.ArrayLike, targets: npt.ArrayLike) -> Array:
    """Share of the images in which each pixel comes out right: white, so at least 0, exactly where it should.

    Args:
        outputs: ``(n, h, w)``, of a network.
        targets: ``(n, h, w)``, 0 or 1.

    Returns:
        ``(h, w)``.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> share_right([[[0.5, -1.0]], [[2.0, 3.0]]], [[[1, 0]], [[1, 0]]]).tolist()
        [[1.0, 0.5]]
    """
    found, wanted = as_array("outputs", outputs), as_array("targets", targets)
    if found.shape != wanted.shape:
        raise ValueError(f"outputs have shape {found.shape}: accepted is that of the targets, {wanted.shape}")
    share: Array = ((found >= 0) == (wanted == 1)).mean(0)
    return share


def _zeros(inputs: int, outputs: int) -> ConvLayer:
    return ConvLayer(np.zeros((outputs, inputs, 3, 3), np.int64), np.zeros(outputs, np.int64))


def _check_chain(layers: Sequence[ConvLayer]) -> None:
    channels = [(layer.weight.shape[1], layer.weight.shape[0]) for layer in layers]
    ends = itertools.pairwise([(1, 1), *channels, (1, 1)])
    if not channels or any(before[1] != after[0] for before, after in ends):
        raise ValueError(f"layers take and return {channels} channels: accepted is a chain from one channel to one")


def _convolved(layer: ConvLayer, x: Integers) -> Integers:
    """``(n, i, h, w)`` to ``(n, o, h, w)``. Sums that could pass 62 bits are refused: beyond 63 they would be wrong."""
    largest = abs(layer.weight.astype(float)).sum((1, 2, 3)).max() * abs(x.astype(float)).max(initial=0)
    if largest + abs(layer.bias.astype(float)).max() >= 2.0**62:
        raise ValueError("layers and images have entries too large for 62 bits: accepted are smaller ones")
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows: Integers = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    made: Integers = np.einsum("nihwab,oiab->nohw", windows, layer.weight, optimize=True)
    return made + layer.bias[:, None, None]
