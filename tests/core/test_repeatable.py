"""hwlib._core.repeatable: modules and generators are as before, whatever happened inside."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hwlib._core.repeatable import Repeatable


class Noisy(nn.Module):
    """Adds noise from a generator of its own, and counts in a buffer."""

    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(3)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return x + torch.randn(x.shape, generator=self.generator) + torch.rand(x.shape)


def states(model):
    return [torch.get_rng_state(), model[0].generator.get_state(), model[0].calls.clone()]


def test_runs_are_equal_and_leave_everything_as_it_was():
    model, runs = nn.Sequential(Noisy()), Repeatable()
    before = states(model)
    outputs = []
    for _ in range(3):
        with runs.run():
            outputs.append(model(torch.zeros(4)))
            assert model[0].calls == 1
        torch.rand(1)  # what happens between the runs does not matter
        torch.set_rng_state(before[0])
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0], outputs[2])
    assert all(torch.equal(a, b) for a, b in zip(before, states(model), strict=True))


def test_an_error_leaves_everything_as_it_was():
    model = nn.Sequential(Noisy(), nn.Linear(3, 1))
    before = states(model)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), Repeatable().run():
        model(torch.zeros(1, 4))
    assert all(torch.equal(a, b) for a, b in zip(before, states(model), strict=True))
    assert not nn.modules.module._global_forward_pre_hooks
