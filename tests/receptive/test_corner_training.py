"""hwlib.receptive: training on the corner problem, against PyTorch's own layers and Adam, and what was stored."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from hwlib.receptive import CORNER_KINDS, CornerRuns, stored_corner_runs, train_corner_networks
from hwlib.receptive.corners import corner_cases


class Chain(nn.Module):
    """One network, by PyTorch's modules."""

    def __init__(self, seed, channels, residual):
        super().__init__()
        rng, ends = np.random.default_rng(seed), [1, channels, channels, channels, 1]
        self.residual = residual
        self.layers = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(ends))
        for layer in self.layers:
            bound = 1 / np.sqrt(9 * layer.in_channels)
            for part in (layer.weight, layer.bias):
                part.data = torch.tensor(rng.uniform(-bound, bound, part.shape), dtype=torch.float32)

    def forward(self, x):
        a, b, c, d = self.layers
        x = a(x).relu()
        x = b(x).relu() + x * self.residual
        x = c(x).relu() + x * self.residual
        return d(x)


@pytest.mark.problem("rf-diagonal-corners")
@pytest.mark.parametrize("kind", CORNER_KINDS)
def test_side_by_side_is_one_by_one(kind):
    images, wanted = (torch.tensor(part, dtype=torch.float32)[:, None] for part in corner_cases())
    found = train_corner_networks(kind, seeds=[5, 6], checkpoints=[0, 3, 30])
    drawn = np.random.default_rng(0).integers(0, 2, (500, 5, 5))
    goal = np.zeros(drawn.shape, int)
    for r, c in itertools.product((0, 4), repeat=2):
        goal[:, r, c] = drawn[:, r, c] == drawn[:, 4 - r, 4 - c]
    for row, seed in enumerate((5, 6)):
        net = Chain(seed, CORNER_KINDS[kind].channels, CORNER_KINDS[kind].residual)
        adam = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(30):
            adam.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(net(images), wanted).backward()
            adam.step()
        right = ((net(images) >= 0) == (wanted == 1)).all().item()
        assert found.solved[row].tolist()[0] is False
        assert found.solved[row, -1] == right
        out = net(torch.tensor(drawn, dtype=torch.float32)[:, None]).detach().numpy()[:, 0]
        assert abs(((out >= 0) == goal).all((1, 2)).mean() - found.unseen[row]) < 0.02


def test_what_was_stored_is_a_hundred_starts_of_each_kind():
    stored = stored_corner_runs()
    assert set(stored) == set(CORNER_KINDS)
    for runs in stored.values():
        assert runs.solved.shape == (100, len(runs.steps))
        assert runs.unseen.shape == (100,)
        assert not runs.solved[:, 0].any()
        low, high = runs.interval().T
        assert (low <= runs.share).all()
        assert (runs.share <= high).all()
        # sixteen cases that are not all right are met among the random images, so such a network errs there
        assert ((runs.unseen >= 0) & (runs.unseen <= 1)).all()


def test_an_interval_of_all_and_of_none():
    runs = CornerRuns(np.array([0, 1]), np.array([[False, True]] * 4), np.zeros(4))
    assert runs.share.tolist() == [0, 1]
    assert runs.interval()[0, 0] == 0
    assert runs.interval()[1, 1] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "deeper"}, "kind='deeper': accepted are 'plain', 'residual', 'wider'"),
        ({"seeds": []}, "seeds"),
        ({"checkpoints": [3, 1]}, r"checkpoints=\[3, 1\]: accepted are increasing whole numbers"),
        ({"learning_rate": 0}, "learning_rate"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        train_corner_networks(**({"kind": "plain", "seeds": [0], "checkpoints": [1]} | arguments))
