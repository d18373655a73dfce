"""Pictures of maps: colours say the sign, bands are quartiles, every number of a group is a dot."""

from __future__ import annotations

import numpy as np
import pytest

from hwlib.teach import plot
from hwlib.teach.plot.saliency import map_limit


def test_a_map_is_white_at_zero_and_opposite_signs_have_colours_of_the_same_depth():
    coloured = plot.map_colours([[-1.0, 0.0, 1.0]])[0].astype(int)
    assert coloured.shape == (3, 3)
    assert coloured[1].min() > 240
    assert coloured[0, 0] > coloured[0, 2] + 50  # brown below zero
    assert coloured[2, 2] > coloured[2, 1] + 30  # purple above it


def test_one_spark_does_not_end_the_colours():
    values = np.ones(1000)
    values[0] = 100
    assert map_limit(values) == 1
    assert map_limit(np.zeros(4)) == 1
    assert map_limit([0] * 999 + [3.0]) == 3  # nothing else is there


def test_maps_stand_beside_photographs_in_the_order_given():
    shown = plot.map_pictures({"photograph": np.zeros((3, 8, 8)), "map": np.eye(8)}, columns=2)
    assert shown.titles == ("photograph", "map")
    assert shown.svg.count("data:image/webp;base64,") == 2
    with pytest.raises(ValueError, match=r"\(2, 2, 2\)"):
        plot.map_pictures({"odd": np.zeros((2, 2, 2))})


def test_a_band_goes_from_the_lower_to_the_upper_quartile():
    values = np.arange(5.0)[:, None] * [1.0, 2.0]
    drawn = plot.spread_curves({"a": {"line": values}, "b": {"line": values}}, across=["x", "y"], x="", y="")
    assert drawn.axes[0].lines[0].get_ydata().tolist() == [2, 4]
    corners = drawn.axes[0].collections[0].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (1, 6)
    assert [tick.get_text() for tick in drawn.axes[1].get_xticklabels()] == ["x", "y"]
    with pytest.raises(ValueError, match=r"accepted is \(images, 3\)"):
        plot.spread_curves({"a": {"line": values}}, across=[0, 1, 2], x="", y="")
    with pytest.raises(ValueError, match="1 to 5 lines"):
        plot.spread_curves({"a": {}}, across=[0], x="", y="")


def test_every_number_of_a_group_is_a_dot_and_the_bar_is_the_median():
    drawn = plot.spread_dots({"a": [1, 2, 9], "b": [4]}, x="size", marks={"here": 5})
    dots, bar = drawn.axes[0].lines[:2]
    assert dots.get_xdata().tolist() == [1, 2, 9]
    assert list(bar.get_xdata()) == [2, 2]
    assert [text.get_text() for text in drawn.axes[0].texts] == ["here"]
    with pytest.raises(ValueError, match="one or more numbers"):
        plot.spread_dots({"a": []}, x="")
