"""Explorer of *A linear map that commutes with shifts is a convolution*: each frame shows both orders, and says so."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import ipywidgets
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from hwlib.teach.explore import shifts_explorer

X = [0, 0, 0, 0, 0, 1, 2, 3]  # the page's
explorer = shifts_explorer(X)
NAMES = ("convolution on the ring", "zeros round the border", "stride 2", "max pooling", "max pooling, stride 2")
MOVES = range(5)


def by_torch(name, x):
    """The layer by the framework, on a signal of whole numbers."""
    tensor = torch.tensor(x)[None, None].double()
    weights = torch.tensor([[[1.0, 2.0, 1.0]]]).double()
    stride = 2 if name.endswith("2") else 1
    if name.startswith("max"):
        made = F.max_pool1d(torch.cat([tensor, tensor[..., :1]], 2), 2, stride)
    elif name.startswith("zeros"):
        made = F.conv1d(tensor, weights, padding=1)
    else:
        made = F.conv1d(F.pad(tensor, (1, 1), mode="circular"), weights, stride=stride)
    return made[0, 0].int().tolist()


def rows(frame):
    svgs = ElementTree.fromstring(f"<div>{frame}</div>").iter("svg")
    return [[int(text.text) for text in svg.iter("text")] for svg in svgs]


def lit(frame):
    svgs = ElementTree.fromstring(f"<div>{frame}</div>").iter("svg")
    return [sum(cell.get("fill") != "none" for cell in svg.iter("g") for cell in cell.iter("rect")) for svg in svgs]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("move", MOVES)
def test_a_frame_shows_both_orders_and_where_they_differ(name, move):
    frame = explorer.children[-1].children[NAMES.index(name)].children[move].value
    first, moved, output, other = rows(frame)
    assert first == X
    assert moved == X[move:] + X[:move]
    assert output == by_torch(name, moved)
    plain = by_torch(name, X)
    ways = [plain[u:] + plain[:u] for u in range(len(plain))]
    assert other in ways
    wrong = [sum(a != b for a, b in zip(output, way, strict=True)) for way in ways]
    differ = sum(a != b for a, b in zip(output, other, strict=True))
    assert lit(frame)[2:] == [differ, differ]
    if name.endswith("2") and move % 2:
        assert differ == min(wrong) > 0  # "only even moves have a move of the output that fits"
        assert f"is wrong in {differ} of 4" in frame
    elif name.startswith("zeros") and move:
        assert differ > 0  # "shows a difference as soon as it moves"
        assert f"they differ at {differ} place" in frame
    else:
        assert differ == 0
        assert "they are equal" in frame


def test_it_opens_on_a_stride_moved_by_one_and_layers_are_buttons():
    buttons, slider, *_ = explorer.children
    assert isinstance(buttons, ipywidgets.ToggleButtons)
    assert (buttons.value, slider.value) == ("stride 2", 1)
    assert explorer.children[-1].selected_index == 2
    assert explorer.children[-1].children[2].selected_index == 1
    assert {link.source[0] for link in explorer.links} == {buttons, slider}


def test_where_a_move_happens_to_fit_it_says_so():
    frame = shifts_explorer([1, 1, 1, 1], moves=[1]).children[-1].children[2].children[0].value
    assert "happens to fit" in frame


@pytest.mark.parametrize("signal", [[1, 2, 3], [[1, 2]], []])
def test_other_signals_are_refused(signal):
    with pytest.raises(ValueError, match="signal has shape"):
        shifts_explorer(np.array(signal))
