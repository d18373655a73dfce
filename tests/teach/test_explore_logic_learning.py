"""Explorer of *The perceptron learns what a neuron can do*: each frame shows the neuron after so many mistakes."""

from __future__ import annotations

import itertools
import re

import pytest

from hwlib.teach.explore import logic_learning_explorer

explorer = logic_learning_explorer()
TABLES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}
BITS = list(itertools.product((0, 1), repeat=2))


def by_the_rule(table, order):
    """Weights and bias, and the point that is corrected next, for twelve mistakes or as many as there are."""
    w1 = w2 = b = 0
    states = []
    for row in itertools.islice(itertools.cycle(order), 400):
        x, y = BITS[row]
        if (w1 * x + w2 * y + b >= 0) != bool(table[row]):
            states.append(((w1, w2, b), (x, y)))
            sign = 1 if table[row] else -1
            w1, w2, b = w1 + sign * x, w2 + sign * y, b + sign
    return [*states, ((w1, w2, b), None)]


@pytest.mark.parametrize("gate", TABLES)
@pytest.mark.parametrize("turned", [False, True])
def test_a_frame_shows_the_neuron_and_its_next_mistake(gate, turned):
    sliders, stack = explorer.children[:3], explorer.children[-1]
    assert [label for label, _ in sliders[0].options] == list(TABLES)
    frames = stack.children[list(TABLES).index(gate)].children[int(turned)].children
    states = by_the_rule(TABLES[gate], [3, 2, 1, 0] if turned else [0, 1, 2, 3])
    for count, frame in enumerate(frames):
        text = frame.value.replace("−", "-")
        (w1, w2, b), point = states[min(count, len(states) - 1)]
        assert f"w = ({w1}, {w2}), b = {b}." in text
        if point is None:
            assert f"Learned, after {len(states) - 1} mistakes" in text
        else:
            assert f"wrong at {point}" in text
        if found := re.search(r"It was here before, after (\d+) mistakes", text):
            assert states[int(found[1])] == states[count]


def test_each_gate_ends_within_the_slider():
    """The caption: AND, OR and NAND are learned after different numbers of mistakes, XOR comes back, in both orders."""
    for gate, stack in zip(TABLES, explorer.children[-1].children, strict=True):
        ends = [
            [re.search(r"Learned, after (\d+)|(It was here before)", frame.value) for frame in order.children]
            for order in stack.children
        ]
        found = [next(match for match in order if match) for order in ends]
        assert all(match[2] for match in found) if gate == "XOR" else found[0][1] != found[1][1]


def test_it_opens_on_xor_back_where_it_was():
    assert explorer.children[0].value == "XOR"
    frame = explorer.children[-1].children[3].children[0].children[explorer.children[2].value]
    assert "It was here before" in frame.value
