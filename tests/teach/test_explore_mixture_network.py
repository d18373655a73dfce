"""Explorer of *A mixture of logistic regressions is a network*: each frame says what its curve does."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from hwlib.teach.explore import mixture_network_explorer
from hwlib.teach.explore.mixture_network import PAIRS

SHARES, SCALES = (0.0, 0.5, 0.75), (0.5, 1.0)


@pytest.fixture(scope="module")
def stack():
    return mixture_network_explorer(shares=SHARES, scales=SCALES).children[-1]


def marginal(pair, share, scale, t):
    parts = [1 / (1 + np.exp(-scale * (bias + slope * t))) for bias, slope in PAIRS[pair]]
    return share * parts[0] + (1 - share) * parts[1]


@pytest.mark.problem("mixture-as-network")
@pytest.mark.parametrize("pair", PAIRS)
def test_each_frame_shows_the_average_of_two_sigmoids_and_says_how_it_runs(stack, pair):
    t = np.linspace(-3, 3, 97)
    for i, share in enumerate(SHARES):
        for j, scale in enumerate(SCALES):
            html = stack.children[list(PAIRS).index(pair)].children[i].children[j].value
            assert len(html) < 12_000
            p, changes = marginal(pair, share, scale, t), np.diff(marginal(pair, share, scale, t))
            thick = [
                line
                for line in ElementTree.fromstring(f"<div>{html}</div>").iter("polyline")
                if line.get("stroke-width") == "3"
            ]
            heights = [float(point.split(",")[1]) for point in thick[0].get("points").split()]
            assert np.allclose(heights, 10 + 200 * (1.03 - p) / 1.06, atol=0.06)
            (said,) = re.findall(r"The marginal \(blue\) ([^.]*)\.", html.split('<p class="hw-note">')[1])
            up, down = changes.max() > 1e-9, changes.min() < -1e-9
            assert said.startswith(
                {(1, 0): "only rises", (0, 1): "only falls", (0, 0): "is flat"}.get((up, down), "falls and rises")
            )
            allowed = min(p[0] + p[-1], 2 - p[0] - p[-1])
            total, room = re.findall(r"add up to (\d\.\d+); the two ends allow (hardly more|less than \d\.\d+)", html)[
                -1
            ]
            assert np.isclose(float(total), abs(changes).sum(), atol=6e-4)
            if allowed - abs(changes).sum() < 0.001:
                assert room == "hardly more"
            else:
                assert np.isclose(float(room.removeprefix("less than ")), allowed, atol=6e-4)
                assert float(total) < float(room.removeprefix("less than "))


@pytest.mark.problem("mixture-as-network")
def test_it_opens_on_a_valley():
    explorer = mixture_network_explorer()
    shown = explorer.children[-1]
    while hasattr(shown, "selected_index"):
        shown = shown.children[shown.selected_index]
    assert "no single logistic regression does that" in shown.value
    assert sum(1 for _ in frames(explorer.children[-1])) == 75


def frames(stack):
    for child in stack.children:
        if hasattr(child, "selected_index"):
            yield from frames(child)
        else:
            yield child
