"""Explorer of *Depth buys digits*: each frame draws the zigzag, and says how many pieces it has."""

from __future__ import annotations

import re

import pytest

from hwlib.teach.explore import depth_explorer

UNITS, LAYERS = (6, 12), (1, 2, 3, 6)
widget = depth_explorer(units=UNITS, layers=LAYERS)


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("layers", LAYERS)
def test_a_frame_shows_as_many_pieces_as_it_says(units, layers):
    frame = widget.children[-1].children[UNITS.index(units)].children[LAYERS.index(layers)].value
    teeth = units // layers
    assert f"{teeth} to the power {layers}, {teeth**layers} piece" in frame
    drawn = re.findall(r'<polyline points="([^"]+)"[^>]*stroke-width="3"', frame)
    assert len(drawn) == min(teeth**layers, 81)
    far = re.search(r"off by ([\d.]+) on average", frame)
    least = (1 - (units + 1) / teeth**layers) / 8
    assert (float(far[1]) == pytest.approx(least, abs=6e-4)) if far else least <= 0


def test_it_opens_on_three_teeth_or_more_than_one_layer():
    assert widget.children[0].value == 12
    assert widget.children[1].value == 3


def test_units_that_cannot_be_shared_out_are_refused():
    with pytest.raises(ValueError, match="accepted are units that each of these divides"):
        depth_explorer(units=[7], layers=[2])
