"""Receptive fields: exactly which input pixels each output unit of a network reads.

Chapter: *What an output sees is a product of patterns*.

A layer has a Boolean sparsity pattern, and what an output reads is the product of the patterns on the way to it. This
module follows the operations of any torch module or function and multiplies those patterns as it goes, axis by axis,
with padding left out and branches united. Weights count as not zero, whatever they are, and a maximum or a
nonlinearity reads all that it is given. Modules run as in evaluation: batch normalization and dropout read only
their own pixel. An operation that is not known raises an error that names it.

Sources: problems ``rf-output-size``, ``rf-same-size-uses``, ``rf-size``; Araujo, Norris & Sim, *Computing Receptive
Fields of Convolutional Neural Networks* (2019); Luo, Li, Urtasun & Zemel, *Understanding the Effective Receptive
Field in Deep Convolutional Neural Networks* (2016).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.arguments import PerAxis, per_axis, whole, whole_numbers
from hwlib._core.optional import require
from hwlib.receptive._reach import Mask, UnknownOperationError

if TYPE_CHECKING:
    from hwlib.receptive._trace import Traced

__all__ = [
    "FieldRow",
    "ReceptiveField",
    "Unit",
    "UnknownOperationError",
    "input_sizes",
    "receptive_field",
    "smallest_input",
]


@dataclass(frozen=True, repr=False)
class Unit:
    """What one output unit reads.

    Attributes:
        pixels: Boolean array of the input's size, true where the pixel is read.
        interior: whether no padding has reached the unit.
    """

    pixels: Mask
    interior: bool

    def __repr__(self) -> str:
        return f"Unit(box={self.box}, density={self.density:.3g}, interior={self.interior})"

    @property
    def box(self) -> tuple[tuple[int, int], ...]:
        """First and last pixel along each axis; empty if the unit reads nothing."""
        places = np.argwhere(self.pixels)
        if not len(places):
            return ()
        return tuple((int(low), int(high)) for low, high in zip(places.min(0), places.max(0), strict=True))

    @property
    def extent(self) -> tuple[int, ...]:
        """Length of the box along each axis."""
        return tuple(high - low + 1 for low, high in self.box)

    @property
    def centre(self) -> tuple[float, ...]:
        """Middle of the box along each axis."""
        return tuple((low + high) / 2 for low, high in self.box)

    @property
    def density(self) -> float:
        """Share of the box that is read."""
        return float(self.pixels.sum() / math.prod(self.extent)) if self.box else 0.0


@dataclass(frozen=True)
class FieldRow:
    """A layer of the table: what its units read of the network's input.

    Attributes:
        operation: PyTorch's name of the operation; ``join`` where branches meet.
        owner: name of the module that holds its weights, if it has any.
        output_shape: spatial size of its output, for the input that the table is about.
        size: extent of what an interior unit reads; infinite where it grows with the input.
        stride: input pixels between neighbouring units; None where there is only one.
        padding: by how many pixels the first unit would stick out, if padding were pixels; None as for stride, and
            where the stride is no whole number.
    """

    operation: str
    owner: str
    output_shape: tuple[int, ...]
    size: tuple[int | float, ...]
    stride: tuple[int | Fraction | None, ...]
    padding: tuple[int | None, ...]


class ReceptiveField:
    """What the units of a network read; made by :func:`receptive_field`.

    ``unit`` and ``pattern`` are about the input of ``input_shape``. ``size``, ``stride``, ``padding`` and ``layers``
    are about units far from the border; where that input has none, they are taken from one that is longer by whole
    periods of the pattern, so that padding that depends on the size is the same.
    """

    def __init__(
        self, output: Traced, input_shape: tuple[int, ...], interior: Callable[[], Traced], fixed: bool
    ) -> None:
        self.input_shape = input_shape
        self._output, self._make_interior, self._fixed = output, interior, fixed

    @functools.cached_property
    def _interior(self) -> Traced:
        return self._output if _shows_interior(self._output) else self._make_interior()

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Spatial size of the output, 1 along axes that it no longer has."""
        return _output_shape(self._output)

    @functools.cached_property
    def size(self) -> tuple[int | float, ...]:
        """Extent along each axis of what an output unit reads, the largest over the units that no padding has reached.

        Where a layer takes an axis as a whole (a global pooling, a normalization over pixels), it is the length of the
        input, and infinite if no ``input_shape`` was given.
        """
        return tuple(self._size_along(self._interior, axis) for axis in range(len(self.input_shape)))

    @property
    def stride(self) -> tuple[int | Fraction | None, ...]:
        """Input pixels between neighbouring output units; None along an axis with a single unit."""
        return tuple(_stride(self._interior, axis) for axis in range(len(self.input_shape)))

    @property
    def padding(self) -> tuple[int | None, ...]:
        """By how many pixels the first unit would stick out of the input, if padding were pixels."""
        return tuple(_padding(self._interior, axis) for axis in range(len(self.input_shape)))

    @property
    def aligned(self) -> bool:
        """Whether branches that meet are always centred on the same pixels."""
        return all(self._interior._log.aligned)

    @functools.cached_property
    def layers(self) -> tuple[FieldRow, ...]:
        """One entry for each operation that changes what is read, in order, the output last."""
        layers = []
        axes = range(len(self.input_shape))
        for step in self._interior._log.steps:
            x = step.output
            layers.append(
                FieldRow(
                    step.operation,
                    step.owner,
                    _output_shape(x),
                    tuple(self._size_along(x, axis) for axis in axes),
                    tuple(_stride(x, axis) for axis in axes),
                    tuple(_padding(x, axis) for axis in axes),
                )
            )
        return tuple(layers)

    def table(self) -> str:
        """The layers as text, one line each.

        Returns:
            Lines of equal columns, namely the operation, whose weights it uses, the output's size, and what it reads.

        Example:
            >>> import torch
            >>> print(receptive_field(torch.nn.Conv1d(1, 1, 3, stride=2, padding=1), 9).table())
            layer   owner  output  field  stride  padding
            conv1d         5       3      2       1
            output         5       3      2       1
        """
        rows: list[tuple[str, ...]] = [("layer", "owner", "output", "field", "stride", "padding")]
        for layer in self.layers:
            numbers = (layer.output_shape, layer.size, layer.stride, layer.padding)
            rows.append((layer.operation, layer.owner, *map(_by_axis, numbers)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join(line.rstrip() for line in lines)

    def __repr__(self) -> str:
        return (
            f"ReceptiveField(size={self.size}, stride={tuple(map(str, self.stride))}, input_shape={self.input_shape}, "
            f"output_shape={self.output_shape})"
        )

    def unit(self, position: Sequence[int], channel: int = 0) -> Unit:
        """What one output unit reads.

        Args:
            position: place of the unit, one number for each axis of the input; 0 along axes that the output lacks.
            channel: its channel, counted through all dimensions that are no axes of the input.

        Returns:
            The pixels, and what follows from them.

        Raises:
            ValueError: if there is no such unit.

        Example:
            >>> import torch
            >>> receptive_field(torch.nn.Conv2d(1, 1, 3, dilation=2), 7).unit((0, 1))
            Unit(box=((0, 4), (1, 5)), density=0.36, interior=True)
        """
        sizes = self.output_shape
        place = whole_numbers("position", position, least=0, accepted=f"places in an output of shape {sizes}")
        if len(place) != len(sizes) or any(p >= n for p, n in zip(place, sizes, strict=True)):
            raise ValueError(f"position={place}: accepted are places in an output of shape {sizes}")
        channels = _channels(self._output)
        if not 0 <= whole("channel", channel) < channels:
            raise ValueError(f"channel={channel}: accepted are 0 to {channels - 1}")
        pixels, interior = np.zeros(self.input_shape, bool), True
        for term in self._output._terms:
            if term.mask.ravel()[channel]:
                lines = [
                    rows.unpacked(slice(p, p + 1))[0, :n]
                    for rows, p, n in zip(term.rows, place, self.input_shape, strict=True)
                ]
                pixels |= functools.reduce(np.multiply.outer, lines)
                interior &= all(rows.clean[p] for rows, p in zip(term.rows, place, strict=True))
        return Unit(pixels, interior)

    def pattern(self, channel: int = 0) -> Mask:
        """What every unit of a channel reads, as the sparsity pattern of the network's derivative.

        Args:
            channel: as for :meth:`unit`.

        Returns:
            Boolean matrix with a row for each unit and a column for each pixel, both in row-major order.

        Raises:
            ValueError: if there is no such channel.

        Example:
            >>> import torch
            >>> receptive_field(torch.nn.Conv1d(1, 1, 2), 3).pattern().astype(int)
            array([[1, 1, 0],
                   [0, 1, 1]])
        """
        units = list(np.ndindex(*self.output_shape))
        return np.array([self.unit(place, channel).pixels.ravel() for place in units])

    def _size_along(self, x: Traced, axis: int) -> int | float:
        if any(term.rows[axis].whole for term in x._terms):
            return self.input_shape[axis] if self._fixed else math.inf
        sizes = _extents_along(x, axis)
        if sizes is None:
            raise ValueError(
                f"no unit is free of padding along axis {axis}, for inputs of size {_input_shape(x)}: give a larger "
                "input_shape"
            )
        return sizes


def receptive_field(
    model: Callable[..., Any],
    input_shape: PerAxis | None = None,
    *,
    channels: int | None = None,
    dimensions: int | None = None,
) -> ReceptiveField:
    """Which input pixels each output unit of a network reads.

    Args:
        model: a torch module, or any function of one tensor ``(batch, channels, n1, ..., nd)`` that is made of
            torch's operations.
        input_shape: spatial size, one number or one per axis. By default one is chosen that shows interior units.
        channels: channels of the input. By default those that the model's first convolution or linear layer takes.
        dimensions: number of spatial axes. By default those of ``input_shape`` or of the model's first layer.

    Returns:
        The receptive field, with sizes, strides, the layers as a table, and the exact set of every unit.

    Raises:
        UnknownOperationError: a ValueError, if the model uses an operation that can't be followed; it is named.
        ValueError: if the model does not take such an input; the layer is named. Also if no size was given and none
            up to 512 works.

    Example:
        >>> import torch
        >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, (3, 5)))
        >>> receptive_field(net).size
        (5, 7)
    """
    require("torch")
    from hwlib.receptive._run import trace

    own_channels, own_dimensions = _first_layer(model)
    channels = whole("channels", (own_channels or 1) if channels is None else channels, least=1)
    if dimensions is None:
        dimensions = len(input_shape) if isinstance(input_shape, Sized) else (own_dimensions or 2)
    dimensions = whole("dimensions", dimensions, least=1)

    def run(shape: tuple[int, ...]) -> Traced:
        return trace(model, channels, shape)

    if input_shape is not None:
        shape = per_axis("input_shape", input_shape, dimensions, least=1)
        output = run(shape)
        return ReceptiveField(output, shape, lambda: _with_interior(run, output, shape), fixed=True)
    output = _smallest_of(run, dimensions)
    start = _input_shape(output)
    if not _shows_interior(output):
        output = _with_interior(run, output, start)
    return ReceptiveField(output, _input_shape(output), lambda: output, fixed=False)


def input_sizes(model: Callable[..., Any], sizes: Iterable[int], *, channels: int | None = None) -> dict[int, str]:
    """Which sizes of the input a network takes, and where the others fail.

    Args:
        model: as for :func:`receptive_field`.
        sizes: lengths to try, the same along all axes.
        channels: as for :func:`receptive_field`.

    Returns:
        For each size the reason why it fails, with the layer's name, or an empty text if it works.

    Raises:
        UnknownOperationError: if the model uses an operation that can't be followed.

    Example:
        >>> import torch
        >>> input_sizes(torch.nn.Conv2d(1, 1, 3), [2, 3])[3]
        ''
    """
    found = {}
    for size in whole_numbers("sizes", list(sizes), least=1):
        try:
            receptive_field(model, size, channels=channels)
            found[size] = ""
        except UnknownOperationError:
            raise
        except ValueError as error:
            found[size] = str(error)
    return found


def smallest_input(model: Callable[..., Any], *, channels: int | None = None, largest: int = 1024) -> int:
    """Smallest size of the input that a network takes, the same along all axes.

    Args:
        model: as for :func:`receptive_field`.
        channels: as for :func:`receptive_field`.
        largest: where to give up.

    Returns:
        The size.

    Raises:
        ValueError: if no size up to ``largest`` works; with the reason why ``largest`` does not.

    Example:
        >>> import torch
        >>> smallest_input(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 5), torch.nn.MaxPool2d(2)))
        6
    """
    reason = ""
    for size in range(1, whole("largest", largest, least=1) + 1):
        reason = input_sizes(model, [size], channels=channels)[size]
        if not reason:
            return size
    raise ValueError(f"no input of up to {largest} pixels a side is accepted: {reason}")


def _first_layer(model: Callable[..., Any]) -> tuple[int | None, int | None]:
    """Input channels and number of axes of the first layer that says so."""
    channels = dimensions = None
    for part in model.modules() if hasattr(model, "modules") else ():
        weighted = getattr(part, "in_channels", None) or getattr(part, "in_features", None)
        name = type(part).__name__
        if dimensions is None and name[-2:] in ("1d", "2d", "3d"):
            dimensions = int(name[-2])
        if channels is None and isinstance(weighted, int):
            channels = weighted
    return channels, dimensions


def _smallest_of(run: Callable[[tuple[int, ...]], Traced], dimensions: int) -> Traced:
    """The model on a small input that it takes: first sizes that most take, then every size."""
    reason: ValueError | None = None
    for size in (64, 256, *range(1, 513)):
        try:
            return run((size,) * dimensions)
        except UnknownOperationError:
            raise
        except ValueError as error:
            reason = reason or error
    raise ValueError(f"input_shape: no size up to 512 is accepted by the model. With 64, {reason}") from None


def _with_interior(run: Callable[[tuple[int, ...]], Traced], seen: Traced, start: tuple[int, ...]) -> Traced:
    """The model on an input so large that a whole period of its units is free of padding."""
    reason = ""
    for factor in (1, 2, 4):
        wanted = []
        for axis, n in enumerate(start):
            rows = [term.rows[axis] for step in seen._log.steps for term in step.output._terms]
            bound, period = max(r.bound for r in rows), math.lcm(*(r.period for r in rows))
            # Whole periods are added: then sizes inside the model have the remainders that they have for n.
            step = math.lcm(period, 64) if period < 4096 else period
            wanted.append(n + step * max(0, math.ceil((factor * (bound + 3 * period) - n) / step)))
        try:
            output = run(tuple(wanted))
        except UnknownOperationError:
            raise
        except ValueError as error:
            reason = f" ({error})"
            continue
        if _shows_interior(output):
            return output
    raise ValueError(
        f"input_shape={start}: no unit of the output is free of padding, and larger inputs show none either{reason}"
    )


def _shows_interior(x: Traced) -> bool:
    """Whether along every axis a whole period of units is free of padding."""
    for term in x._terms:
        for rows in term.rows:
            wanted = 1 if rows.whole or len(rows) == 1 else math.ceil(rows.period / rows.jump)
            clean = rows.clean & (rows.bits.any(1) | (rows.jump < 1))
            if not rows.whole and clean.sum() < min(wanted + 1, 1 if len(rows) == 1 else wanted + 1):
                return False
    return True


def _output_shape(x: Traced) -> tuple[int, ...]:
    return tuple(len(rows) for rows in x._terms[0].rows)


def _input_shape(x: Traced) -> tuple[int, ...]:
    return x._log.input_shape


def _channels(x: Traced) -> int:
    return math.prod(size for size, axis in zip(x._sizes, x._axes, strict=True) if axis < 0)


def _extents_along(x: Traced, axis: int) -> int | None:
    """Largest extent along an axis over the units that no padding has reached along it, over all channels."""
    from hwlib.receptive._trace import extents

    best = None
    for terms in _covers(x, axis):
        rows = [x._terms[t].rows[axis] for t in terms]
        lows, highs = zip(*map(extents, rows), strict=True)
        reads = [high >= 0 for high in highs]
        low = np.min([np.where(r, part, np.iinfo(np.int64).max) for r, part in zip(reads, lows, strict=True)], axis=0)
        high = np.max(highs, axis=0)
        clean = np.logical_and.reduce([r.clean for r in rows]) & (high >= 0)
        if clean.any():
            best = max(best or 0, int((high - low + 1)[clean].max()))
    return best


def _covers(x: Traced, axis: int) -> set[tuple[int, ...]]:
    """Which terms make up what a unit reads: each such choice, over all channels and places along the other axes."""
    if len(x._terms) == 1:
        return {(0,)}
    masks = [np.broadcast_to(t.mask, np.broadcast_shapes(*(u.mask.shape for u in x._terms))).ravel() for t in x._terms]
    others = [other for other in range(len(x._terms[0].rows)) if other != axis]
    patterns = [np.unique(np.array(masks), axis=1).T]
    patterns += [np.unique([t.rows[other].bits.any(1) for t in x._terms], axis=1).T for other in others]
    chosen = (np.logical_and.reduce(choice) for choice in itertools.product(*patterns))
    return {tuple(map(int, np.flatnonzero(choice))) for choice in chosen if choice.any()}


def _stride(x: Traced, axis: int) -> int | Fraction | None:
    rows = x._terms[0].rows[axis]
    if len(rows) == 1 or any(term.rows[axis].whole for term in x._terms):
        return None
    stride = Fraction(rows.jump).limit_denominator(10_000)
    return int(stride) if stride.denominator == 1 else stride


def _padding(x: Traced, axis: int) -> int | None:
    from hwlib.receptive._trace import extents

    stride = _stride(x, axis)
    if not isinstance(stride, int):
        return None
    rows = [term.rows[axis] for term in x._terms]
    clean = np.flatnonzero(np.logical_and.reduce([r.clean & r.bits.any(1) for r in rows]))
    if not len(clean):
        return None
    unit = int(clean[len(clean) // 2])
    return stride * unit - min(int(extents(r)[0][unit]) for r in rows)


def _by_axis(values: Sequence[Any]) -> str:
    """One value if all axes agree."""
    texts = ["-" if value is None else str(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else " x ".join(texts)
