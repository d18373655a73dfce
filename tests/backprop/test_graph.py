"""The graph: its last frame has the tape's gradients, its first only the inputs, and an overwritten part is lost."""

from __future__ import annotations

import pytest
from hypothesis import given

from hwlib.backprop import Value, computation_graph, tape, weight_twice_graph

from ..examples import examples
from .programs import OURS, programs, run


@examples(80)
@given(programs(exact=True))
def test_the_last_frame_is_what_the_tape_computes(program):
    inputs, lines = program
    output = run(lines, [Value(number) for number in inputs], OURS)
    graph = computation_graph(output)
    output.backward()
    last = graph.frame(graph.steps)
    assert list(last.numbers) == [value.number for value in tape(output)]
    assert list(last.gradients) == [value.gradient for value in tape(output)]
    assert len(graph.edges) == sum(len(value.parents) for value in tape(output))
    for edge in graph.edges:
        assert graph.nodes[edge.start].level < graph.nodes[edge.end].level


def test_steps_of_the_weight_used_twice():
    graph = weight_twice_graph(2, 1)
    assert [node.name for node in graph.nodes] == ["w", "x", "y", "u", "wu", "v", "v²", "L"]
    assert graph.frame(0).numbers == (2, 1, None, None, None, None, None, None)
    assert graph.frame(6).numbers == (2, 1, 2, 2, 4, 6, 36, 18)
    assert set(graph.frame(6).gradients) == {None}
    assert graph.frame(7).gradients == (None,) * 6 + (0.5, 1)
    assert graph.frame(12).gradients == (30, 36, 18, 18, 6, 6, 0.5, 1)
    sums = [graph.frame(step).gradients[0] for step in range(7, 13)]
    assert sums == [None, None, None, 12, 12, 30]  # the second use first, then the first


def test_what_is_overwritten_is_lost():
    graph = weight_twice_graph(2, 1)
    lost = graph.frame(12, overwrite=True).gradients
    assert lost[3] == 12  # u has only the part w · 6 from wu, not the 6 that v handed it directly
    assert lost[0] == 12  # and w only what came from y


def test_an_input_alone_and_wrong_steps():
    graph = computation_graph(Value(3))
    assert graph.steps == 0
    assert graph.frame(0).numbers == (3,)
    assert graph.nodes[0].name == "3"
    with pytest.raises(ValueError, match="step=1: accepted are whole numbers from 0 to 0"):
        graph.frame(1)
