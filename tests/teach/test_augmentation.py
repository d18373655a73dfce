"""The explorer and the figures of random crops: pixels, answers and counts, computed again by loops."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hwlib.datasets import digits
from hwlib.teach.explore import crop_explorer
from hwlib.teach.plot import crop_grid, outcome_dots
from hwlib.training import IDEAS, Outcomes, train_idea

DIGITS = (0, 3)


@pytest.fixture(scope="module")
def frames():
    explorer = crop_explorer(shown=DIGITS)
    return explorer, {
        (digit, down - 2, right - 2): widget.value
        for digit, rows in zip(DIGITS, explorer.children[-1].children, strict=True)
        for down, columns in enumerate(rows.children)
        for right, widget in enumerate(columns.children)
    }


@pytest.fixture(scope="module")
def networks():
    train, rest = digits().split(300, rng=0)
    return rest, [train_idea(IDEAS[name], train, rng=0) for name in ("all three", "all three, with crops")]


def moved(image, down, right):
    result = np.zeros_like(image)
    for i in range(8):
        for j in range(8):
            if 0 <= i - down < 8 and 0 <= j - right < 8:
                result[0, i, j] = image[0, i - down, j - right]
    return result


@pytest.mark.problem("train-augmentation")
def test_each_frame_says_what_the_networks_say_of_the_moved_digit(frames, networks):
    _, found = frames
    rest, made = networks
    assert len(found) == 50
    for digit in DIGITS:
        images = (rest.images[i] for i in range(len(rest)) if rest.labels[i] == digit)
        image = next(one for one in images if all(m.labels(one[None])[0] == digit for m in made))
        for (_, down, right), frame in ((key, frame) for key, frame in found.items() if key[0] == digit):
            here = moved(image, down, right)
            plain, cropped = (int(m.labels(here[None])[0]) for m in made)
            assert f"is read as a {plain} without crops and a {cropped} with crops" in frame
            greys = [float(grey) for grey in re.findall(r'fill-opacity="([^"]+)"', frame)]
            np.testing.assert_allclose(greys, here[here > 0] / 255, rtol=0.05)


@pytest.mark.problem("train-augmentation")
def test_what_the_words_below_the_explorer_say(frames):
    _, found = frames
    reads = {
        key: [int(answer) for answer in re.findall(r"a (\d) with", frame)] for key, frame in found.items()
    }  # without, with
    for digit in DIGITS:
        away = [answers for (d, down, right), answers in reads.items() if d == digit and (down, right) != (0, 0)]
        near = [answers for (d, down, right), answers in reads.items() if d == digit and max(abs(down), abs(right)) < 2]
        far = [answers for (d, down, right), answers in reads.items() if d == digit and max(abs(down), abs(right)) == 2]
        assert sum(answers[0] == digit for answers in away) <= 3  # of 24
        assert all(answers[1] == digit for answers in near)
        assert sum(answers[1] == digit for answers in far) < len(far) / 2


def test_it_opens_where_only_the_network_with_crops_is_right(frames):
    explorer, found = frames
    key = tuple(slider.value for slider in explorer.children[:3])
    assert key[1:] != (0, 0)
    without, with_crops = re.findall(r"a (\d) with", found[key])[:2]
    assert int(with_crops) == key[0] != int(without)
    assert max(map(len, found.values())) < 12_000


def test_the_crops_are_drawn_at_their_places():
    image = digits().images[3]
    drawn = crop_grid(image, padding=1)
    titles = [axes.get_title() for axes in drawn.axes]
    assert titles == ["in its padding", *(f"({r}, {s})" for r in range(3) for s in range(3))]
    for axes in drawn.axes[1:]:
        r, s = map(int, re.findall(r"\d", axes.get_title()))
        np.testing.assert_array_equal(axes.images[0].get_array(), moved(image, 1 - r, 1 - s)[0])
    assert crop_grid(np.zeros((3, 4, 5), np.uint8), padding=2).axes[0].images[0].get_array().shape == (8, 9, 3)


def test_every_seed_is_a_dot_and_the_mean_a_line():
    values = np.array([0.2, 0.4, 0.9])
    axes = outcome_dots({"one": Outcomes(values, values / 2, values)}).axes[0]
    dots = [line for line in axes.lines if len(line.get_xdata()) == 3]
    np.testing.assert_allclose([line.get_xdata() for line in dots], [values, values / 2])
    means = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert {0.5, 0.25} <= {round(float(mean), 6) for mean in means}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crop_grid(np.zeros((2, 3, 3), np.uint8), padding=1), "1 or 3 channels"),
        (lambda: crop_grid(np.zeros((1, 3, 3), np.uint8), padding=0), "padding=0"),
        (lambda: outcome_dots({}), "outcomes is empty"),
        (lambda: crop_explorer(shown=[]), "shown="),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
