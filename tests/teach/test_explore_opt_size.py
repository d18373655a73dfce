"""Explorer of *Over size the error falls, rises and falls again*: each frame's curves, and the words below it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from hwlib.optim import expected_risk, ridge_risk
from hwlib.teach.explore import size_explorer
from hwlib.teach.explore.opt_size import PENALTIES, TOP

SAMPLES, NOISES, DECAYS = (10, 20, 40), (0.0, 0.02, 0.25), (0.0, 0.5, 1.0)
SIZES = np.unique(np.geomspace(1, 200, 90).round().astype(int))


@pytest.fixture(scope="module")
def stack():
    return size_explorer().children[-1]


def frame(stack, n, noise, decay, penalty):
    html = stack.children[SAMPLES.index(n)].children[NOISES.index(noise)].children[DECAYS.index(decay)]
    return html.children[list(PENALTIES).index(penalty)].value


def blue(html):
    """Heights of the whole line, from the top of the axes down to zero."""
    lines = list(ElementTree.fromstring(f"<div>{html}</div>").iter("polyline"))
    (line,) = [line for line in lines if line.get("stroke") == "#2f86c6"]
    ups = np.array([float(point.split(",")[1]) for point in line.get("points").split()])
    return TOP * (1 - (ups - 10) / 230)


def by_formula(n, noise, decay):
    squares = np.arange(1.0, 201) ** (-2 * decay)
    seen = np.append(0, np.cumsum(squares) / squares.sum()).clip(max=1)
    seen[200] = 1
    return np.array([expected_risk(n, int(p), signal=seen[p], rest=1 - seen[p] + noise) for p in SIZES])


def test_without_a_penalty_the_curves_are_exact_and_every_frame_is_small(stack):
    for n in SAMPLES:
        for noise in NOISES:
            for decay in DECAYS:
                html, exact = frame(stack, n, noise, decay, "none"), by_formula(n, noise, decay)
                assert len(html) < 12_000
                low = exact < TOP
                assert np.allclose(blue(html)[low], exact[low], atol=0.02)
                least, at, last = re.findall(r"is (\d\.\d\d), at (\d+) features; with all 200 it is (\d\.\d\d)", html)[
                    -1
                ]
                assert float(least) == pytest.approx(exact.min(), abs=0.006)
                assert int(at) == SIZES[exact.argmin()]
                assert float(last) == pytest.approx(exact[-1], abs=0.006)


def test_what_the_words_below_say(stack):
    for n in SAMPLES:
        for noise in NOISES[1:]:
            for decay in DECAYS:
                exact = by_formula(n, noise, decay)
                assert np.isinf(exact[SIZES.tolist().index(int(SIZES[np.argmin(abs(SIZES - n))]))])
                best = blue(frame(stack, n, noise, decay, "the best"))
                assert max(best) < 1 + noise + 0.02  # no pole: never above what nothing learned would give
                assert decay or np.diff(best).max() <= 0.012  # equal weights: it only falls (up to a tenth of a pixel)
        equal = by_formula(n, 0.02, 0.0)[: np.searchsorted(SIZES, n - 1)]
        assert (np.diff(equal) > 0).all()  # equal weights have no first descent
        assert equal[0] > 1.02


@pytest.mark.parametrize(("n", "decay", "p"), [(10, 0.5, 10), (20, 1.0, 20), (20, 0.0, 200), (40, 1.0, 9)])
def test_with_a_penalty_the_curves_are_near_the_mean_of_draws(stack, n, decay, p):
    place = SIZES.tolist().index(int(SIZES[np.argmin(abs(SIZES - p))]))
    p = int(SIZES[place])
    w = np.arange(1.0, 201) ** -decay
    w /= np.linalg.norm(w)
    rest = 1.25 - (w[:p] ** 2).sum()
    penalty = rest * p / (w[:p] ** 2).sum()
    mean, _ = ridge_risk(n, p, weights=w, noise=0.5, trials=300, rng=0, penalty=penalty)
    assert blue(frame(stack, n, 0.25, decay, "the best"))[place] == pytest.approx(mean, abs=0.05)


def test_it_opens_on_the_curve_of_the_chapter():
    explorer = size_explorer()
    assert [slider.value for slider in explorer.children[:4]] == [20, 0.02, 1.0, "none"]
