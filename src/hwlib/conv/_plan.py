"""What the arguments of a convolution mean, worked out once: the other modules of this package start from a plan.

Three steps, each its own function: the shapes are parsed (is there a channel axis?), the channels are checked against
the groups, and the sizes are computed axis by axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from hwlib._core.arguments import PerAxis, per_axis, whole, whole_numbers

Padding = int | Sequence[int] | Sequence[tuple[int, int]] | Literal["valid", "same"]


@dataclass(frozen=True)
class ConvPlan:
    """Where each tap of each output pixel looks, with every argument checked and spelled out per axis.

    Attributes:
        has_channels: whether kernel and input have channel axes; without them there is one channel.
        out_channels: channels of the output.
        group_channels: input channels that one output channel sees.
        groups: groups that the channels are split into.
        kernel: size of the kernel along each spatial axis.
        size: size of the input along each spatial axis.
        stride: distance of neighbouring outputs, per axis.
        dilation: distance of neighbouring taps, per axis.
        pads: zeros added (before, after) each axis.
        output: size of the output along each spatial axis.
    """

    has_channels: bool
    out_channels: int
    group_channels: int
    groups: int
    kernel: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    output: tuple[int, ...]

    @property
    def taps(self) -> int:
        """Weights that one output is a sum over."""
        return self.group_channels * math.prod(self.kernel)

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """Shape of the kernel, channels included."""
        return (self.out_channels, self.group_channels, *self.kernel) if self.has_channels else self.kernel

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, channels included."""
        return (self.groups * self.group_channels, *self.size) if self.has_channels else self.size

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output, channels included."""
        return (self.out_channels, *self.output) if self.has_channels else self.output

    @property
    def rows(self) -> int:
        """Entries of the output, which are rows of the matrix."""
        return math.prod(self.output_shape)

    @property
    def columns(self) -> int:
        """Entries of the input, which are columns of the matrix."""
        return math.prod(self.input_shape)


@dataclass(frozen=True)
class TransposedPlan:
    """A transposed convolution: the plan of the convolution that is transposed.

    Attributes:
        forward: that convolution; its input is what the transposed one puts out.
        input_shape: shape of the transposed one's input. With an output padding of a stride or more the forward
            convolution has outputs beyond it, which stand for no input.
    """

    forward: ConvPlan
    input_shape: tuple[int, ...]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the transposed convolution's output."""
        return self.forward.input_shape


class _Shapes(NamedTuple):
    """Kernel and input, with the channel axes taken off; a plain kernel has one channel on each side."""

    has_channels: bool
    kernel_channels: tuple[int, int]
    in_channels: int
    kernel: tuple[int, ...]
    size: tuple[int, ...]


def conv_plan(
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> ConvPlan:
    """The plan of a convolution; arguments and errors are those of :func:`hwlib.conv.output_shape`."""
    shapes = _parse_shapes(kernel_shape, input_shape, layout="out, in / groups")
    groups = whole("groups", groups, least=1)
    _check_channels(shapes, groups)
    axes = len(shapes.size)
    stride = per_axis("stride", stride, axes, least=1)
    dilation = per_axis("dilation", dilation, axes, least=1)
    span = tuple(d * (k - 1) + 1 for k, d in zip(shapes.kernel, dilation, strict=True))
    pads = _zeros_around(padding, shapes.size, span, stride)
    out_channels, group_channels = shapes.kernel_channels
    return ConvPlan(
        has_channels=shapes.has_channels,
        out_channels=out_channels,
        group_channels=group_channels,
        groups=groups,
        kernel=shapes.kernel,
        size=shapes.size,
        stride=stride,
        dilation=dilation,
        pads=pads,
        output=_outputs(shapes, span, stride, dilation, pads),
    )


def transposed_plan(
    kernel_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> TransposedPlan:
    """The plan of a transposed convolution; as :func:`hwlib.conv.conv_transpose_output_shape`."""
    shapes = _parse_shapes(kernel_shape, input_shape, layout="in, out / groups")
    groups = whole("groups", groups, least=1)
    kernel_inputs, group_outputs = shapes.kernel_channels
    if shapes.in_channels != kernel_inputs or shapes.in_channels % groups:
        raise ValueError(
            f"groups={groups} with {shapes.in_channels} input channels and a kernel of shape {tuple(kernel_shape)}: "
            "accepted are kernels whose axis 0 is the number of input channels, and groups that divide it"
        )
    axes = len(shapes.size)
    steps = per_axis("stride", stride, axes, least=1)
    cuts = per_axis("padding", padding, axes, least=0)
    extra = per_axis("output_padding", output_padding, axes, least=0)
    gaps = per_axis("dilation", dilation, axes, least=1)
    if any(e >= max(s, d) for e, s, d in zip(extra, steps, gaps, strict=True)):
        raise ValueError(
            f"output_padding={output_padding!r} with stride={stride!r} and dilation={dilation!r}: accepted are numbers "
            "less than the stride or the dilation of their axis"
        )
    grown = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + e
        for n, k, s, p, e, d in zip(shapes.size, shapes.kernel, steps, cuts, extra, gaps, strict=True)
    )
    if min(grown) < 1:
        raise ValueError(f"padding={padding!r} leaves nothing of the output: its size would be {grown}")
    forward_input = (group_outputs * groups, *grown) if shapes.has_channels else grown
    forward = conv_plan(kernel_shape, forward_input, stride=steps, padding=cuts, dilation=gaps, groups=groups)
    return TransposedPlan(forward, (shapes.in_channels, *shapes.size) if shapes.has_channels else shapes.size)


def _parse_shapes(kernel_shape: Sequence[int], input_shape: Sequence[int], *, layout: str) -> _Shapes:
    kernel = whole_numbers("kernel_shape", kernel_shape, least=1)
    size = whole_numbers("input_shape", input_shape, least=1)
    if len(kernel) == len(size) + 1 and len(size) > 1:
        return _Shapes(True, (kernel[0], kernel[1]), size[0], kernel[2:], size[1:])
    if len(kernel) == len(size):
        return _Shapes(False, (1, 1), 1, kernel, size)
    raise ValueError(
        f"input_shape={size} does not go with a kernel of shape {kernel}: accepted are a kernel of the input's rank "
        f"(one channel: (k1, ..., kd) on (n1, ..., nd)) or of one more (({layout}, k1, ..., kd) on (in, n1, ..., nd))"
    )


def _check_channels(shapes: _Shapes, groups: int) -> None:
    out_channels, group_channels = shapes.kernel_channels
    if out_channels % groups or shapes.in_channels != group_channels * groups:
        raise ValueError(
            f"groups={groups} with {shapes.in_channels} input and {out_channels} output channels and a kernel that "
            f"sees {group_channels} input channels: accepted are groups that divide both, and a kernel whose axis 1 is "
            "in / groups" + (f" = {shapes.in_channels // groups}" if shapes.in_channels % groups == 0 else "")
        )


def _zeros_around(
    padding: Padding, size: tuple[int, ...], span: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Zeros (before, after) along each axis, for a kernel that spans so many pixels."""
    accepted = '"valid", "same", one number, one per axis, or a pair (before, after) per axis, all at least 0'
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f"padding={padding!r}: accepted are {accepted}")
        totals = [0] * len(size)
        if padding == "same":
            outputs = [-(-n // s) for n, s in zip(size, stride, strict=True)]
            needed = zip(outputs, stride, span, size, strict=True)
            totals = [max((m - 1) * s + reach - n, 0) for m, s, reach, n in needed]
        return tuple((total // 2, total - total // 2) for total in totals)
    try:
        pairs = [whole_numbers("padding", pair, least=0) for pair in padding]  # type: ignore[union-attr, arg-type]
    except (TypeError, ValueError):  # no pairs: one number, or one per axis
        return tuple((p, p) for p in per_axis("padding", padding, len(size), least=0, accepted=accepted))  # type: ignore[arg-type]
    if len(pairs) != len(size) or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"padding={padding!r} for {len(size)} spatial axes: accepted are {accepted}")
    return tuple((before, after) for before, after in pairs)


def _outputs(
    shapes: _Shapes,
    span: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    pads: tuple[tuple[int, int], ...],
) -> tuple[int, ...]:
    """Places along each axis where the kernel fits."""
    output = []
    for axis, (n, reach, s, (before, after)) in enumerate(zip(shapes.size, span, stride, pads, strict=True)):
        if reach > n + before + after:
            raise ValueError(
                f"kernel does not fit along spatial axis {axis}: it spans {reach} pixels (size {shapes.kernel[axis]}, "
                f"dilation {dilation[axis]}), the padded input has {n + before + after} ({before} + {n} + {after}); "
                f"accepted are kernels that span at most the padded input"
            )
        output.append((n + before + after - reach) // s + 1)
    return tuple(output)
