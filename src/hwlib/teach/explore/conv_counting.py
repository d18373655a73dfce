"""Explorer of the chapter *A layer's cost can be counted*."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hwlib.conv import conv_cost
from hwlib.teach._theme import SKY
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, drawing

if TYPE_CHECKING:
    import ipywidgets


def cost_explorer(input_shape: tuple[int, int, int] = (16, 32, 32), *, output_channels: int = 32) -> ipywidgets.VBox:
    """Sliders for the kernel size, stride and groups of a layer; its parameters and multiplications as bars.

    The bars have a logarithmic scale and show, for comparison, a dense layer between the same input and output.

    Args:
        input_shape: ``(i, h, w)``.
        output_channels: channels of the output; with as many groups as possible, each group has one input channel.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if the channels cannot be split into as many groups as there are input channels.

    Example:
        >>> len(cost_explorer((2, 8, 8), output_channels=4).children)
        5
    """
    channels = input_shape[0]
    if output_channels % channels:
        raise ValueError(f"output_channels={output_channels}: accepted are multiples of the {channels} input channels")

    def frame(kernel: int, stride: int, groups: int) -> str:
        shape = (output_channels, channels // groups, kernel, kernel)
        cost = conv_cost(shape, input_shape, stride=stride, padding=kernel // 2, groups=groups)
        dense = math.prod(input_shape) * math.prod(cost.output_shape)
        rows = {
            "parameters": cost.parameters,
            "multiplications": cost.multiplications,
            "a dense layer's parameters": dense,
        }
        say = (
            f"The output is {' × '.join(map(str, cost.output_shape))}. The layer has {cost.parameters:,} parameters; "
            f"a dense layer would have {dense // cost.parameters:,} times as many."
        )
        return above([_bars(rows)], say)

    return frame_explorer({"kernel size k": (1, 3, 5, 7), "stride s": (1, 2, 4), "groups g": (1, 2, channels)}, frame)


def _bars(rows: dict[str, int]) -> str:
    """Bars on a logarithmic scale, with their numbers, as SVG."""
    parts = []
    for number, (name, value) in enumerate(rows.items()):
        y, width = 10 + 44 * number, 300 * math.log10(value) / 9
        parts.append(f'<text x="4" y="{y}" style="text-anchor:start">{name}: {value:,}</text>')
        parts.append(f'<rect x="4" y="{y + 10}" width="{width:.0f}" height="16" fill="{SKY}"/>')
    label = "; ".join(f"{name}: {value:,}" for name, value in rows.items())
    return drawing(parts, (330, 44 * len(rows)), label)
