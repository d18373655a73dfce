"""Explorer of *Images made by gradients …*: each frame shows a stored picture, and what the network said of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hwlib.saliency import class_names, made_images
from hwlib.teach.explore import saliency_images_explorer

explorer = saliency_images_explorer()
made = made_images()
CLIMBS = [made.fooling_steps, *made.class_images.values()]


@pytest.mark.problem("input-gradients")
@pytest.mark.parametrize("climb", CLIMBS, ids=lambda climb: climb.title)
def test_frames_go_from_the_first_stage_to_the_last(climb):
    frames = explorer.children[-1].children[CLIMBS.index(climb)].children
    assert len(frames) == min(9, *(len(one.pictures) for one in CLIMBS))
    places = np.linspace(0, len(climb.pictures) - 1, len(frames)).round().astype(int)
    for place, frame in zip(places, frames, strict=True):
        best = int(climb.probabilities[place].argmax())
        assert f"After {climb.at[place]} step" in frame.value
        assert f": {class_names()[climb.classes[best]]}, " in frame.value
        shown = re.findall(r'src="([^"]+)"', frame.value)
        changes = [climb.differences[place].data_uri()] if climb.differences else []
        assert shown == [climb.pictures[place].data_uri(), *changes]
        widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="10" fill="#', frame.value)]
        assert widths == sorted(widths, reverse=True)
        assert widths[0] == pytest.approx(180 * climb.probabilities[place][best], abs=0.06)
        assert ("long." in frame.value) == (climb.norms is not None)


def test_it_opens_at_the_end_and_is_light():
    assert explorer.children[1].index == len(explorer.children[-1].children[0].children) - 1
    frames = [frame.value for stack in explorer.children[-1].children for frame in stack.children]
    assert len(frames) <= 100
    assert max(map(len, frames)) <= 24_000
    assert sum(map(len, frames)) <= 360_000  # 250 kB before base64 and words


def test_fewer_stages_are_the_first_and_the_last():
    stack = saliency_images_explorer(stages=2).children[-1].children[0]
    assert [frame.value for frame in stack.children] == [
        explorer.children[-1].children[0].children[k].value for k in (0, -1)
    ]
    with pytest.raises(ValueError, match="stages=1: accepted"):
        saliency_images_explorer(stages=1)
