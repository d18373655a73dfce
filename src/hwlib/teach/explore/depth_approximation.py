"""Explorer of the chapter *Depth buys digits*."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from hwlib._core.arguments import whole_numbers
from hwlib.network import zigzag_network
from hwlib.pieces import PiecewiseLinear, pieces_of
from hwlib.teach.explore._frames import frame_explorer
from hwlib.teach.explore._graph import graph
from hwlib.teach.explore._svg import above, count

if TYPE_CHECKING:
    import ipywidgets


def depth_explorer(*, units: Sequence[int] = (6, 12, 18), layers: Sequence[int] = (1, 2, 3, 6)) -> ipywidgets.VBox:
    """Sliders for a number of units and of layers to share them out to: the zigzag that they make.

    Args:
        units: in all; multiples of the numbers of layers.
        layers: the same number of units, one or more, in each.

    Returns:
        Widget for Jupyter, Colab and the static page.

    Raises:
        ValueError: if units cannot be shared out equally.

    Example:
        >>> len(depth_explorer(units=[6], layers=[1, 2]).children)
        4
    """
    totals = whole_numbers("units", units, least=1)
    depths = whole_numbers("layers", layers, least=1)
    if any(total % depth for total in totals for depth in depths):
        raise ValueError(f"units={list(totals)}, layers={list(depths)}: accepted are units that each of these divides")
    middle = {"units": totals[len(totals) // 2], "layers": depths[min(2, len(depths) - 1)]}
    return frame_explorer({"units": totals, "layers": depths}, _frame, start=middle)


def _frame(units: int, layers: int) -> str:
    teeth = units // layers
    number = teeth**layers
    rest = Fraction(max(number - units - 1, 0), 8 * number)  # one layer of as many units has units + 1 pieces at most
    near = (
        f"One hidden layer of {count(units, 'unit')} is off by {float(rest):.3f} on average, or more."
        if rest
        else f"One hidden layer of {count(units, 'unit')} can do that, too."
    )
    each = f"{count(layers, 'layer')} of {count(teeth, 'unit')}{' each' if layers > 1 else ''}"
    say = f"{each}: {teeth} to the power {layers}, {count(number, 'piece')}. {near}"
    return above([_drawn(teeth, layers, say)], say)


def _drawn(teeth: int, layers: int, say: str) -> str:
    """The graph; kinks of a zigzag with very many pieces would cover it, so then only the first pieces are shown."""
    shown = min(Fraction(1), Fraction(81, teeth**layers))
    function = pieces_of(zigzag_network(teeth, layers), 0, shown).linear()
    places = np.array([function.lower, *function.knots, function.upper], dtype=object)
    drawn = PiecewiseLinear.through(places.astype(float), function(places).astype(float))
    part = "" if shown == 1 else f", its first {81} pieces"
    wide = float(shown)
    across, up = (-0.02 * wide, 1.02 * wide), (-0.05, 1.05)
    return graph(drawn, label=f"A zigzag{part}: {say}", dots=len(drawn) <= 18, x=across, y=up)
