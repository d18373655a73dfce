"""Explorer of *A checkerboard is a difference of phases*: each frame shows what torch makes of a flat image."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)

from hwlib.teach.explore import conv_checkerboard_explorer

WEIGHTS = (0, 1, 2, 3)
explorer = conv_checkerboard_explorer(weights=WEIGHTS)


def frame(chosen):
    shown = explorer.children[-1]
    for weight in chosen:
        shown = shown.children[WEIGHTS.index(weight)]
    return shown.value


@pytest.mark.parametrize("chosen", list(itertools.product(WEIGHTS, repeat=3)))
def test_a_frame_shows_the_phases_that_torch_draws_and_whether_they_are_equal(chosen):
    kernel = torch.outer(*[torch.tensor(chosen).double()] * 2)[None, None]
    drawn = F.conv_transpose2d(torch.ones(1, 1, 4, 4).double(), kernel, stride=2)[0, 0, 2:6, 2:6].numpy()
    tile = drawn[:2, :2]
    assert np.array_equal(drawn, np.tile(tile, (2, 2)))
    html = frame(chosen)
    numbers = [int(text) for text in re.findall(r'<text x="[^"]*" y="[^"]*">(\d+)</text>', html)]
    assert numbers == [*kernel.long().ravel().tolist(), *tile.ravel().astype(int).tolist()]
    greys = [int(grey) for grey in re.findall(r'fill="rgb\((\d+),', html)]
    assert greys == [round(255 * phase / max(tile.max(), 1)) for phase in tile.ravel()]
    assert ("flat stays flat inside" in html) == (np.ptp(drawn) == 0)


def test_it_opens_on_a_checkerboard_and_the_goal_can_be_reached():
    assert [slider.index for slider in explorer.children[:3]] == [1, 1, 1]
    assert "a pattern appears" in frame((1, 1, 1))
    assert "flat stays flat" in frame((1, 2, 1))
    flat = [w for w in itertools.product(WEIGHTS, repeat=3) if "flat stays flat" in frame(w) and any(w)]
    assert len(flat) == 9  # the page says so
    assert max(len(frame(chosen)) for chosen in itertools.product(WEIGHTS, repeat=3)) < 6000


def test_a_start_that_no_slider_has_is_refused():
    with pytest.raises(ValueError, match=r"start=\(1, 1, 9\): accepted are three of the weights"):
        conv_checkerboard_explorer(start=(1, 1, 9))
