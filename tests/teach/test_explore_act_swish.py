"""Explorer of *Swish lies between half of x and ReLU*: what a frame says is so, by brute force."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hwlib.teach.explore import swish_explorer
from hwlib.teach.explore.act_swish import BETAS

TARGETS = [lambda x: np.maximum(x, 0), lambda x: x / 2, lambda x: np.minimum(x, 0)]
stack = swish_explorer().children[-1]


@pytest.mark.problem("act-swish")
def test_each_frame_says_the_largest_distance():
    for beta, frames in zip(BETAS, stack.children, strict=True):
        for place, (target, frame) in enumerate(zip(TARGETS, frames.children, strict=True)):
            note = re.search(r'hw-note">(.*?)</p>', frame.value)[1].replace("−", "-")
            assert note.startswith(f"beta = {beta:g}: ")
            reach = 4 if place == 1 else 100
            x = np.linspace(-reach, reach, 400_001)
            gaps = abs(x / (1 + np.exp(-np.clip(beta * x, -700, 700))) - target(x))
            if place != 1 and "has no bound" in note:
                assert gaps.max() == pytest.approx(100 if beta else 50, rel=1e-3)
                assert gaps.argmax() in (0, len(x) - 1)
            else:
                said = float(re.search(r"at most ([\d.]+) from", note)[1])
                assert said - 1e-4 - 1e-9 < gaps.max() <= said
            if where := re.search(r"at x = ([\d.]+) and", note):
                assert abs(x[gaps.argmax()]) == pytest.approx(float(where[1]), abs=2e-3)


def test_the_dotted_bound_lies_in_its_window():
    for row in stack.children:
        for frame in row.children:
            dotted = re.findall(r'<polyline points="([^"]+)"[^>]*stroke-dasharray="3 4"', frame.value)
            assert len(dotted) == ("at most" in frame.value)
            for points in dotted:
                heights = [float(point.split(",")[1]) for point in points.split()]
                assert min(heights) >= 10  # the upper edge
                assert max(heights) <= 240


def test_frames_are_small_and_the_first_one_shows_the_bound():
    frames = [frame.value for row in stack.children for frame in row.children]
    assert len(frames) == 36
    assert max(map(len, frames)) < 12_000
    assert stack.selected_index == BETAS.index(3.0)
