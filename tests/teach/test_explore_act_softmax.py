"""Explorer of *Softmax knows only differences*: each frame's probabilities and words, recomputed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hwlib.teach.explore import softmax_explorer
from hwlib.teach.explore.act_softmax import ROWS, SHIFTS, TEMPERATURES

stack = softmax_explorer().children[-1]


@pytest.mark.problem("act-softmax-shift")
def test_bars_know_only_differences_and_naive_logarithms_know_more():
    for row, shifted in zip(ROWS, stack.children, strict=True):
        for shift, frames in zip(SHIFTS, shifted.children, strict=True):
            for temperature, frame in zip(TEMPERATURES, frames.children, strict=True):
                terms = np.exp((np.array(row) - max(row)) / temperature)
                shown = re.findall(r'style="text-anchor:start">([\d.]+)</text>', frame.value)
                np.testing.assert_allclose(np.array(shown, float), terms / terms.sum(), atol=5.1e-5)
                finite = "naive logarithms: all are finite" in frame.value
                entries = (np.array(row) + shift) / temperature
                assert finite == bool((abs(entries) < 708).all() and np.ptp(entries) < 708)


def test_frames_are_small_and_the_first_one_shows_the_failure():
    frames = [frame.value for one in stack.children for two in one.children for frame in two.children]
    assert len(frames) == 90
    assert max(map(len, frames)) < 12_000
    begin = stack.children[stack.selected_index]
    begin = begin.children[begin.selected_index]
    assert "naive logarithms: 4 NaN" in begin.children[begin.selected_index].value
