"""Explorer of *Training is four lines, repeated*: the frames show runs that torch repeats."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from hwlib.backprop import Linear
from hwlib.teach.explore import train_loop_explorer
from hwlib.training import batches

RATES, SIZES = (0.1, 1.0, 3.0), (20, 300)
stack = train_loop_explorer(learning_rates=RATES, batch_sizes=SIZES).children[-1]


def repeated(rate, size):
    """The same run in torch: last epoch's mean training loss, validation accuracy, units that are on."""
    images = load_digits()
    x = torch.tensor(np.rint(images.data * (255 / 16)) / 255 - 0.5)
    y = torch.tensor(images.target)
    layers = [torch.nn.Linear(64, 16).double(), torch.nn.ReLU(), torch.nn.Linear(16, 10).double()]
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for layer, ours in ((layers[0], Linear.random(64, 16, rng=0)), (layers[2], Linear.random(16, 10, rng=1))):
            layer.weight.data, layer.bias.data = (torch.tensor(p.value) for p in ours.parameters())
    optimizer, rng = torch.optim.SGD(model.parameters(), lr=rate), np.random.default_rng(0)
    for _ in range(10):
        total = 0.0
        for part, _ in batches(np.arange(300), np.arange(300), size, shuffle=True, rng=rng):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x[part]), y[part])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
    with torch.no_grad():
        right = (model(x[-500:]).argmax(1) == y[-500:]).double().mean()
        return total / 300, float(right), int((layers[0](x[:300]) > 0).any(0).sum())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rate", RATES)
def test_a_frame_shows_what_torch_makes_of_the_same_start(rate, size):
    frame = stack.children[RATES.index(rate)].children[SIZES.index(size)].value
    loss, accuracy, on = repeated(rate, size)
    assert f"{10 * 300 // size} steps: training loss {loss:.2f} (grey)" in frame
    assert f"accuracy {accuracy:.0%} (blue); {on} of 16 hidden units are on" in frame
    assert ("It learns." in frame) == (accuracy > 0.5)
    assert ("It broke" in frame) == (on < 8)


def test_it_opens_where_small_batches_break_and_larger_ones_do_not():
    explorer = train_loop_explorer(learning_rates=(0.3, 1.0), batch_sizes=(5, 20))
    assert [slider.value for slider in explorer.children[:2]] == [1.0, 5]
    opened, other = explorer.children[-1].children[1].children
    assert "It broke" in opened.value
    assert "It learns" in other.value
    assert all(len(frame.value) < 12_000 for frame in (opened, other))
    assert all(re.search(r'aria-label="[^"]{40,}"', frame.value) for frame in (opened, other))


def test_what_is_said_below_the_explorer_holds_in_every_frame():
    """Small rates: small batches get further. Rate one: only batches of five break it. From ten on no unit is on."""
    frames = [stack.children for stack in train_loop_explorer().children[-1].children]
    values = [[frame.value for frame in row] for row in frames]
    assert (len(values), {len(row) for row in values}) == (9, {4})  # 0.01 to 100; 5, 20, 100, 300
    for row in values[:4]:
        losses = [float(re.search(r"training loss ([\d.]+)", frame)[1]) for frame in row]
        assert losses == sorted(losses)
        assert not any("It broke" in frame for frame in row)
    assert ["It broke" in frame for frame in values[4]] == [True, False, False, False]
    assert all("; 0 of 16 hidden units" in frame and "It broke" in frame for row in values[6:] for frame in row)
