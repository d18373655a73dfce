"""Explorer of the chapter *A layer's cost can be counted*."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hwlib.conv import conv_cost
from hwlib.teach._theme import FAINT, SKY
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._svg import above, drawing

if TYPE_CHECKING:
    import ipywidgets

_TICKS = {0: "1", 3: "1,000", 6: "1 million", 9: "1 billion"}


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
        outputs = math.prod(cost.output_shape)
        dense = outputs * (math.prod(input_shape) + 1)  # with a bias for each output, as dense layers have
        rows = {
            "parameters": cost.parameters,
            "multiplications": cost.multiplications,
            "a dense layer's parameters": dense,
        }
        say = (
            f"The output is {' × '.join(map(str, cost.output_shape))}. The layer has {cost.parameters:,} parameters; "
            f"a dense layer would have about {round(dense / cost.parameters):,} times as many."
        )
        return above([_bars(rows)], say)

    controls = {"kernel size k": (1, 3, 5, 7), "stride s": (1, 2, 4), "groups g": (1, 2, channels)}
    return frame_explorer(controls, frame, start={"kernel size k": 3})


def _bars(rows: dict[str, int]) -> str:
    """Bars on a logarithmic scale, with their numbers and the scale's ticks, as SVG."""
    decades = 3 * math.ceil(max(math.log10(value) for value in rows.values()) / 3)
    bottom = 44 * len(rows)
    parts = [f'<text x="154" y="{bottom + 28}">logarithmic scale</text>']
    for power in range(0, decades + 1, 3):
        x = 4 + 300 * power / decades
        parts.append(f'<path d="M{x:g} 18V{bottom}" stroke="{FAINT}" stroke-dasharray="2 3"/>')
        anchor = "" if power else ' style="text-anchor:start"'
        parts.append(f'<text x="{x:g}" y="{bottom + 10}"{anchor}>{_TICKS.get(power, f"10^{power}")}</text>')
    for number, (name, value) in enumerate(rows.items()):
        y, width = 10 + 44 * number, 300 * math.log10(value) / decades
        parts.append(f'<text x="4" y="{y}" style="text-anchor:start">{name}: {value:,}</text>')
        parts.append(f'<rect x="4" y="{y + 10}" width="{width:.0f}" height="16" fill="{SKY}"/>')
    label = "; ".join(f"{name}: {value:,}" for name, value in rows.items())
    return drawing(parts, (340, bottom + 38), f"On a logarithmic scale: {label}")
