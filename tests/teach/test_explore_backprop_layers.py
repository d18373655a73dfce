"""Explorer of *Backwards, each layer applies its transpose*: its numbers are PyTorch's, and its sentences are true."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from hwlib.teach.explore import batch_backward_explorer

ENTRIES, STEPS, LOSSES = (-2, -1, 0, 1, 2, 3), ("none", "loss", "linear 2", "ReLU", "linear 1"), ("mean", "sum")
explorer = batch_backward_explorer()


def frame(entry, step, loss):
    chosen = explorer.children[-1]
    for values, value in ((ENTRIES, entry), (STEPS, step), (LOSSES, loss)):
        chosen = chosen.children[values.index(value)]
    return chosen.value


def arrays(html):
    """Title to its four numbers; of an empty grid nothing."""
    found = {}
    for title, body in re.findall(r"<figcaption>(.*?)</figcaption>(.*?)</figure>", html):
        found[title] = [float(text.replace("−", "-")) for text in re.findall(r"<text[^>]*>([^<]*)</text>", body)]
    return found


def by_torch(entry, loss):
    x = torch.tensor([[entry, 1.0], [3.0, -1.0]], requires_grad=True)
    w1 = torch.tensor([[1.0, 2.0], [-1.0, 1.0]], requires_grad=True)
    w2 = torch.tensor([[1.0, -1.0], [0.0, 2.0]], requires_grad=True)
    y = x @ w1.T
    h = torch.relu(y)
    z = h @ w2.T
    kept = {"X": x, "W₁": w1, "Y": y, "H": h, "W₂": w2, "Z": z}
    for tensor in kept.values():
        tensor.retain_grad()
    torch.nn.functional.cross_entropy(z, torch.tensor([0, 1]), reduction=loss).backward()
    return kept


@pytest.mark.problem("backprop-layers")
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_the_numbers_are_torch_s(entry, loss):
    html, tensors = frame(entry, "linear 1", loss), by_torch(entry, loss)
    found = arrays(html)
    for name, tensor in tensors.items():
        assert found[name] == tensor.detach().ravel().tolist()
        np.testing.assert_allclose(found[f"∂{name}"], tensor.grad.ravel(), atol=0.0051)
    silent = not tensors["W₁"].grad[1].any()
    assert ("get no gradient" in html) == silent == (entry >= 1)
    at_kink = {-2: "first", 1: "second"}.get(entry)
    assert ("exactly at its kink" in html) == (at_kink is not None)
    assert at_kink is None or f"For the first sample, the {at_kink} unit is exactly at its kink" in html


def test_gradients_appear_from_the_end():
    known = [{name for name, numbers in arrays(frame(0, step, "mean")).items() if numbers} for step in STEPS]
    assert [len(names) for names in known] == [6, 7, 9, 10, 12]
    assert "∂Z" in known[1]
    assert "∂X" not in known[3]


def test_it_opens_on_its_finding_and_is_small():
    sliders = explorer.children[:3]
    assert [slider.value for slider in sliders] == [2, "linear 1", "mean"]
    frames = [frame(entry, step, loss) for entry in ENTRIES for step in STEPS for loss in LOSSES]
    assert len(frames) == 60
    assert max(len(html.encode()) for html in frames) <= 12_000
