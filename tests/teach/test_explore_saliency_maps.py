"""Explorer of *A saliency map shows a gradient, not a reason*: each frame shows its tile, and what is stored of it."""

from __future__ import annotations

import itertools
import re

import pytest

from hwlib.saliency import stored_maps
from hwlib.teach.explore import saliency_maps_explorer

made = saliency_maps_explorer()
tiles = stored_maps().tiles
PLACES = list(itertools.product(*(range(len(tiles[part])) for part in ("photographs", "classes", "methods"))))


def shown(photograph, kind, method):
    return made.children[-1].children[photograph].children[kind].children[method].value


@pytest.mark.problem("input-gradients")
@pytest.mark.parametrize("place", PLACES)
def test_a_frame_shows_the_photograph_and_the_map_of_its_sliders(place):
    photograph, kind, method = place
    frame = shown(*place)
    row = photograph * len(tiles["classes"]) + kind
    found = re.findall(r"background-position:(-?\d+)px (-?\d+)px", frame)
    assert [(int(x) // -200, int(y) // -200) for x, y in found] == [(0, row), (method + 1, row)]
    known = tiles["known"][photograph][kind]
    assert f"<strong>{known['name']}, probability {known['probability']:.1%}</strong>" in frame
    assert (f"{known['alike'][method]:.2f}." in frame) == (kind > 0)
    assert tiles["methods"][method] in frame


def test_the_pictures_stand_in_the_page_once_and_frames_are_small():
    assert made.children[-2].value.count("data:image/webp;base64,") == 1
    frames = [shown(*place) for place in PLACES]
    assert len(frames) <= 100
    assert max(map(len, frames)) < 12_000


def test_it_opens_on_a_class_that_is_not_there():
    assert [slider.value for slider in made.children[:3]] == [tiles["photographs"][0], "goldfish", "guided"]
    assert min(tiles["known"][0][2]["alike"][tiles["methods"].index("guided")], 1) > 0.8
