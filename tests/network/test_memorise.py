"""A network through any points: exact at each, with as few units as said; and what no function can fit."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlib.network import best_accuracy, memorising_network, separating_direction

from ..examples import examples

pytestmark = pytest.mark.problem("train-universal")


@examples(60)
@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 10**6))
def test_it_has_the_targets_at_the_inputs(n, d, m, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.integers(-3, 4, (n, d))
    targets = rng.integers(-9, 10, (n, m))
    same = [inputs.tolist().index(row) for row in inputs.tolist()]
    targets = targets[same]  # equal inputs, equal targets
    network = memorising_network(inputs, targets)
    assert (network(inputs) == targets).all()
    different = len(set(same))
    hidden = [layer.weight.shape[0] for layer in network.layers[:-1]]
    assert hidden == ([different - 1] if different > 1 else [])
    assert (network.inputs, network.outputs) == (d, m)


def test_by_a_plain_loop_over_all_small_tasks_on_a_line():
    for n in range(1, 5):
        for places in itertools.permutations(range(-2, 3), n):
            for targets in itertools.product((0, 1), repeat=n):
                network = memorising_network([[x] for x in places], targets)
                hidden, output = network.layers if n > 1 else (None, network.layers[0])
                for x, y in zip(places, targets, strict=True):
                    units = (
                        [max(w[0] * x + b, 0) for w, b in zip(hidden.weight, hidden.bias, strict=True)]
                        if hidden
                        else [x]
                    )
                    assert sum(v * u for v, u in zip(output.weight[0], units, strict=True)) + output.bias[0] == y


def test_floats_are_taken_at_their_exact_value():
    inputs, targets = [[0.1], [0.1 + 2**-56], [0.3]], [Q(1, 3), 7, 1e300]
    network = memorising_network(inputs, targets)
    assert [network(Q(x)) for (x,) in inputs] == [Q(1, 3), 7, Q(1e300)]


def test_equal_inputs_with_different_targets_are_refused_by_their_numbers():
    with pytest.raises(ValueError, match="inputs 1 and 3 are equal"):
        memorising_network([[0], [5], [2], [5]], [1, 0, 1, 1])
    assert len(memorising_network([[0], [5], [2], [5]], [1, 0, 1, 0]).layers[0].bias) == 2


@examples(60)
@given(st.integers(0, 8), st.integers(1, 5), st.integers(0, 10**6))
def test_the_direction_separates(n, d, seed):
    rows = sorted({tuple(row) for row in np.random.default_rng(seed).integers(-2, 3, (n, d)).tolist()})
    direction = separating_direction(np.array(rows, int).reshape(len(rows), d))
    assert len({sum(a * x for a, x in zip(direction, row, strict=True)) for row in rows}) == len(rows)
    t = direction[1] if d > 1 else 0
    assert t <= (d - 1) * len(rows) * (len(rows) - 1) // 2
    assert direction == [t**power for power in range(d)]


def best_by_brute_force(inputs, labels, classes=3):
    places = sorted(set(inputs))
    shares = [
        sum(named[places.index(x)] == y for x, y in zip(inputs, labels, strict=True))
        for named in itertools.product(range(classes), repeat=len(places))
    ]
    return Q(max(shares), len(inputs))


def test_the_best_accuracy_is_that_of_the_best_of_all_functions():
    for n in range(1, 5):
        for inputs in itertools.product(range(3), repeat=n):
            for labels in itertools.product(range(3), repeat=n):
                found = best_accuracy([[x] for x in inputs], labels)
                assert found == best_by_brute_force(inputs, labels)
                assert (found == 1) == _can_be_memorised([[x] for x in inputs], labels)


def _can_be_memorised(inputs, labels):
    try:
        memorising_network(inputs, labels)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: separating_direction([[1, 2], [1, 2]]), "two are equal"),
        (lambda: separating_direction([1, 2]), r"points of shape \(2,\)"),
        (lambda: separating_direction(np.zeros((2, 0))), r"points of shape \(2, 0\)"),
        (lambda: memorising_network([[1], [2]], [1]), "targets of shape"),
        (lambda: memorising_network(np.zeros((0, 1)), []), "at least one"),
        (lambda: memorising_network([[np.inf]], [1]), "inputs"),
        (lambda: best_accuracy([[1], [2]], [1]), "labels of shape"),
        (lambda: best_accuracy(np.zeros((0, 1)), []), "at least one"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
