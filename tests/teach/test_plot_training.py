"""Learning curves: what is drawn is what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from hwlib.teach import plot
from hwlib.training import Curves


def curves(seed, runs=3, epochs=5):
    rng = np.random.default_rng(seed)
    return Curves(*rng.random((4, runs, epochs)))


def test_lines_are_means_and_bands_go_from_the_least_to_the_greatest():
    runs = {"plain": curves(0), "crops": curves(1)}
    drawn = plot.learning_curves(runs)
    for axes, what in zip(drawn.axes, ("loss", "accuracy"), strict=True):
        expected = [getattr(c, f"{part}_{what}") for c in runs.values() for part in ("train", "validation")]
        assert len(axes.lines) == len(axes.collections) == 4
        for line, band, values in zip(axes.lines, axes.collections, expected, strict=True):
            np.testing.assert_allclose(line.get_xydata(), np.stack([np.arange(1, 6), values.mean(0)], 1))
            ends = band.get_paths()[0].get_extents()
            np.testing.assert_allclose([ends.y0, ends.y1], [values.min(), values.max()])
    words = [text.get_text() for text in drawn.axes[0].get_legend().get_texts()]
    assert words == ["plain, training", "plain, validation", "crops, training", "crops, validation"]
    assert {line.get_linestyle() for line in drawn.axes[0].lines} == {"--", "-"}


def test_one_run_needs_no_name():
    drawn = plot.learning_curves({"alone": Curves(*np.random.default_rng(0).random((4, 5)))})
    assert [text.get_text() for text in drawn.axes[0].get_legend().get_texts()] == ["training", "validation"]


@pytest.mark.parametrize("count", [0, 6])
def test_more_names_than_colours_are_refused(count):
    with pytest.raises(ValueError, match="accepted are one to 5 names"):
        plot.learning_curves({str(number): curves(number) for number in range(count)})
