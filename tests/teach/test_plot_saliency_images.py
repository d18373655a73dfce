"""Pictures in an SVG, distances against predictions, and what survives."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from hwlib.teach import plot
from hwlib.teach._theme import DARK, INK

RED = np.zeros((8, 8, 3), np.uint8)
RED[..., 0] = 255


def decoded(svg):
    codes = re.findall(r"data:image/webp;base64,([^\"]+)", svg)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB")) for code in codes]


@pytest.mark.parametrize(
    "image", [RED, RED / 255, RED.transpose(2, 0, 1), torch.tensor(RED).permute(2, 0, 1) / 255], ids=str
)
def test_a_picture_is_shown_whatever_holds_it(image):
    (shown,) = decoded(plot.pictures({"red": image}).svg)
    assert shown.shape == (8, 8, 3)
    assert abs(shown.astype(int) - RED).max() < 12


def test_pictures_stand_in_rows_below_their_titles():
    made = plot.pictures({"one\nof <five>": RED, "two": RED, "three": RED}, columns=2)
    root = ElementTree.fromstring(made.svg)
    space = "{http://www.w3.org/2000/svg}"
    places = [(float(image.get("x")), float(image.get("y"))) for image in root.iter(f"{space}image")]
    assert places[0][1] == places[1][1] < places[2][1]
    assert places[0][0] == places[2][0] < places[1][0]
    assert [text.text for text in root.iter(f"{space}text")] == ["one", "of <five>", "two", "three"]
    assert INK in made.svg
    assert DARK[INK] in made.svg
    bundle = made._repr_mimebundle_()
    assert bundle == {"image/svg+xml": made.svg, "text/plain": "PictureFigure(one: of <five>, two, three)"}
    assert plot.pictures({"two": RED}).svg == plot.pictures({"two": RED}).svg


def test_a_file_that_is_webp_already_is_shown_as_it_is():
    class Stored:
        webp = b"RIFF"

    assert base64.b64encode(b"RIFF").decode() in plot.pictures({"a": Stored()}).svg


@pytest.mark.parametrize(
    ("images", "told"),
    [
        ({}, "images is empty"),
        ({"a": np.zeros((4, 4))}, r"images\['a'\] has shape \(4, 4\)"),
        ({"a": np.full((4, 4, 3), 1.5)}, "is from 1.5 to 1.5: accepted is from 0 to 1"),
    ],
)
def test_what_is_no_picture_is_refused(images, told):
    with pytest.raises(ValueError, match=told):
        plot.pictures(images)


def test_distances_stand_where_they_were_found():
    drawn = plot.predicted_and_found({"digits": ([1, 2, np.inf], [2, 3, 4]), "photographs": ([4], [np.inf])})
    first, second, diagonal = drawn.axes[0].lines
    assert (first.get_xdata().tolist(), first.get_ydata().tolist()) == ([1, 2], [2, 3])
    assert not len(second.get_xdata())
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    for wrong in ({}, {"a": ([1], [0])}, {"a": ([1, 2], [1])}):
        with pytest.raises(ValueError, match="groups"):
            plot.predicted_and_found(wrong)


def test_what_survives_stands_in_rows():
    drawn = plot.surviving({"near": {"JPEG": 0.25, "crop": 0.5}, "far": {"JPEG": 1.0, "crop": 0.75}}, x="share")
    near, far = drawn.axes[0].lines[:2]
    assert list(near.get_xdata()) == [0.25, 0.5]
    assert list(far.get_xdata()) == [1.0, 0.75]
    assert near.get_ydata()[0] < far.get_ydata()[0] < near.get_ydata()[1]
    for wrong in ({}, {"a": {}}, {"a": {"x": 1.0}, "b": {"y": 1.0}}):
        with pytest.raises(ValueError, match="shares"):
            plot.surviving(wrong, x="share")
