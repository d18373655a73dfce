"""Explorer of *A weight used twice gets two gradients*: its frames hold torch's numbers, and say what is lost."""

from __future__ import annotations

import re

import pytest
import torch

from hwlib.teach import plot
from hwlib.teach.explore import sweep_explorer

SAMPLES = {"a": (2, 1), "b": (-2, -1), "c": (-2, 1), "d": (1, 3)}
stack = sweep_explorer(samples=SAMPLES).children[-1]


def shown(sample, overwritten, step):
    return stack.children[list(SAMPLES).index(sample)].children[overwritten].children[step].value


@pytest.mark.problem("backprop-loss")
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_last_frame_shows_torch_s_gradients(sample):
    w, x = (torch.tensor(float(number), requires_grad=True) for number in SAMPLES[sample])
    u = torch.relu(w * x)
    v = u + w * u
    (v**2 / 2).backward()
    texts = [text.replace("−", "-") for text in re.findall(r'<text[^>]*class="on"[^>]*>([^<]*)<', shown(sample, 0, 12))]
    assert texts[:4] == [f"w = {w.item():g}", f"{w.grad.item() + 0:g}", f"x = {x.item():g}", f"{x.grad.item() + 0:g}"]
    assert texts[8] == f"wu = {(w * u).item() + 0:g}"


def test_it_opens_on_the_finding():
    explorer = sweep_explorer()
    numbers, rule, step = explorer.children[:3]
    assert (numbers.value, rule.value, step.value) == ("2, 1", "added", 12)
    assert "So w has 12 + 18 = 30, one part for each use." in shown("a", 0, 12)
    assert "So w has −4 + (−2) = −6" in shown("b", 0, 12)


def test_what_is_overwritten_is_said_to_be_lost():
    assert "w is left with 12; the derivative is 30." in shown("a", 1, 12)


def test_numbers_come_in_step_by_step():
    for step in range(13):
        filled = shown("a", 0, step).count('class="on"')
        assert filled == 2 + min(step, 6) + [0, 0, 0, 0, 0, 0, 0, 2, 3, 5, 6, 7, 8][step]


def test_the_figure_has_a_box_for_each_number_and_each_gradient():
    from hwlib.backprop import weight_twice_graph

    axes = plot.computation(weight_twice_graph(2, 1), step=6).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert "v = 6" in texts
    assert "30" not in texts
    assert "30" in [text.get_text() for text in plot.computation(weight_twice_graph(2, 1)).axes[0].texts]


def test_two_uses_by_one_operation_are_both_told():
    from hwlib.backprop import Value, computation_graph

    square = Value(3) * Value(5)
    texts = [text.get_text() for text in plot.computation(computation_graph(square * square)).axes[0].texts]
    assert "15 and 15" in texts
