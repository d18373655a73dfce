"""The tape: gradients of torch and exact ones, long chains, second sweeps, and errors that say what is wrong."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.backprop import Value, backward_steps, directional_derivative, tape, tape_kinks

from ..examples import examples
from .programs import OURS, programs, run

TORCH = {"relu": torch.relu, "tanh": torch.tanh, "exp": torch.exp}


@examples(200)
@given(programs())
def test_gradients_are_torch_s_at_kinks_too(program):
    inputs, lines = program
    ours = [Value(float(number)) for number in inputs]
    theirs = [torch.tensor(float(number), dtype=torch.float64, requires_grad=True) for number in inputs]
    output, expected = run(lines, ours, OURS), run(lines, theirs, TORCH)
    output.backward()
    expected.backward()
    assert output.number == pytest.approx(expected.item(), rel=1e-12)
    for mine, other in zip(ours, theirs, strict=True):
        torch_s = 0 if other.grad is None else other.grad.item()
        assert mine.gradient == pytest.approx(torch_s, rel=1e-9, abs=1e-12)


@pytest.mark.problem("backprop-loss")
@examples(150)
@given(programs(exact=True))
def test_gradients_of_fractions_are_sums_over_paths_exactly(program):
    inputs, lines = program
    ours = [Value(Q(number)) for number in inputs]
    output = run(lines, ours, OURS)
    output.backward()

    def paths(start):
        """All ways from a Value to the output, each with the product of its slopes."""
        if start is output:
            return [1]
        users = [value for value in tape(output) if start in value.parents]
        return [
            slope * rest
            for value in users
            for parent, slope in zip(value.parents, value.slopes, strict=True)
            if parent is start
            for rest in paths(value)
        ]

    for value in tape(output):
        assert value.gradient == sum(paths(value))


def test_micrograd_s_own_example():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.number:.4f} {a.gradient:.4f} {b.gradient:.4f}" == "24.7041 138.8338 645.5773"  # as its page says


def test_a_chain_of_100_000_operations_and_more_is_no_longer_than_the_stack():
    x = value = Value(1)
    for _ in range(100_000):
        value = value + x
    value.backward()
    assert x.gradient == 100_001 == len(tape(value)) > sys.getrecursionlimit()
    del value, x  # nor does it take one to forget them


def test_a_second_sweep_gives_the_same_gradients_not_their_double():
    a, b = Value(3), Value(4)
    product = a * b
    output = product * product + a
    output.backward()
    first = a.gradient, b.gradient, product.gradient
    output.backward()
    assert first == (a.gradient, b.gradient, product.gradient) == (2 * 12 * 4 + 1, 2 * 12 * 3, 24)
    (a * 5).backward()  # another output: its gradients replace those of the first
    assert a.gradient == 5


def test_a_value_used_twice_gets_both_parts():
    a = Value(3)
    (a * a + a).backward()
    assert a.gradient == 7
    (a + a).backward()
    assert a.gradient == 2
    (a - a).backward()
    assert a.gradient == 0


def test_shared_parts_are_swept_once_where_paths_are_many():
    value = a = Value(Q(1))
    for _ in range(200):
        value = value + value  # 2**200 paths
    assert len(list(backward_steps(value))) == 201
    assert a.gradient == 2**200


@examples(60)
@given(programs())
def test_each_value_stands_after_its_parents_once(program):
    inputs, lines = program
    order = tape(run(lines, [Value(float(number)) for number in inputs], OURS))
    assert len(set(order)) == len(order)
    for place, value in enumerate(order):
        assert all(order.index(parent) < place for parent in value.parents)


def test_what_is_made_later_stands_later_and_strangers_are_left_out():
    a, b = Value(2), Value(3)
    p = a * b
    stranger = p * 5
    q = a * p
    assert tape(p + q)[:-1] == [a, b, p, q]
    assert tape(stranger) == [a, b, p, stranger]


def test_steps_carry_what_is_handed_on():
    w, x = Value(2, name="w"), Value(1, name="x")
    u = (w * x).relu()
    v = u + w * u
    steps = list(backward_steps(v))
    assert steps[0].value is v
    assert steps[0].passed == (1, 1)
    handed = [
        part for step in steps for parent, part in zip(step.value.parents, step.passed, strict=True) if parent is w
    ]
    assert sorted(handed) == [2, 3]  # u = 2 from the second use, (1 + w) x = 3 from the first
    assert w.gradient == 5


@pytest.mark.parametrize("number", [2, 2.5, Q(5, 2), np.float64(2.5), np.int64(2)])
def test_any_real_number_on_either_side(number):
    for operation, slope in {
        "+": (lambda a, b: a + b, 1),
        "-": (lambda a, b: b - a, -1),
        "*": (lambda a, b: a * b, number),
        "/": (lambda a, b: b / a, -number / 9),
    }.values():
        x = Value(3)
        result = operation(x, number)
        assert isinstance(result, Value)
        result.backward()
        assert x.gradient == pytest.approx(slope)


def test_arrays_of_values():
    W = np.array([[Value(1), Value(2)], [Value(3), Value(4)]])
    (W @ np.array([5, 6])).sum().backward()
    assert [[one.gradient for one in row] for row in W] == [[5, 6], [5, 6]]


def test_constants_are_not_kept_and_slopes_of_zero_pass_nothing_on():
    x = Value(2)
    assert (3 * x).parents == (x,)
    (x**0).backward()
    assert x.gradient == 0
    (x * 0.0).backward()
    assert x.gradient == 0


@pytest.mark.parametrize("exponent", [-2, -1, 1, 2, 3, 0.5])
def test_powers(exponent):
    x = Value(4.0)
    (x**exponent).backward()
    assert x.gradient == pytest.approx(exponent * 4.0 ** (exponent - 1))


@pytest.mark.parametrize("wrong", ["2", None, float("nan"), float("inf"), 1j, True, np.array([1.0]), Value(1)])
def test_what_is_no_number_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=r"number=.*accepted is one finite real number"):
        Value(wrong)


def test_wrong_operands_are_refused():
    with pytest.raises(ValueError, match="operand='a'"):
        Value(1) + "a"
    with pytest.raises(ValueError, match=r"exponent=Value\(2"):
        Value(1) ** Value(2)
    with pytest.raises(ValueError, match=r"exponent=0\.5.*negative number -8"):
        Value(-8) ** 0.5
    with pytest.raises(ValueError, match=r"output=3: accepted is a Value"):
        tape(3)
    with pytest.raises(ZeroDivisionError):
        Value(1) / 0
    with pytest.raises(TypeError):  # no order: max(x, 0) would lose the history; x.relu() keeps it
        max(Value(1), 0)


def test_kinks_are_named_and_only_those():
    t, s = Value(0, name="t"), Value(1, name="s")
    output = t.relu() + s.relu() + (t - s).relu()
    assert [kink.parents[0] for kink in tape_kinks(output)] == [t]
    assert tape_kinks(s.relu()) == []


def test_at_a_kink_a_sweep_may_miss_the_derivative_that_there_is():
    t = Value(0)
    line = t.relu() - (-t).relu()
    line.backward()
    assert t.gradient == 0
    for x in range(-3, 4):
        assert max(x, 0) - max(-x, 0) == x
    for way in (1, -1):
        assert directional_derivative(lambda x: x[0].relu() - (-x[0]).relu(), [0], [way]) == way


def test_text():
    assert repr(Value(2, name="w")) == "Value(w=2, gradient=0)"
    assert repr(Value(2)) == "Value(2, gradient=0)"


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=4))
def test_products_of_all_factors(numbers):
    values = [Value(number) for number in numbers]
    output = values[0]
    for value in values[1:]:
        output = output * value
    output.backward()
    for place, value in enumerate(values):
        others = itertools.chain(numbers[:place], numbers[place + 1 :])
        assert value.gradient == np.prod(list(others))


def test_relu_hands_nan_on():
    large = Value(1e200) * 1e200
    assert np.isnan((large - large).relu().number)
    assert np.isnan(Value.relu(large - large).number)
    assert torch.relu(torch.tensor(np.nan)).isnan()


def test_whole_numbers_beyond_the_largest_float():
    large = Value(10**400)
    product = large * large - 10**800 + Q(1, 3)
    product.backward()
    assert (product.number, large.gradient) == (Q(1, 3), 2 * 10**400)
    with pytest.raises(ValueError, match="one finite real number"):
        Value(np.inf)


def test_a_sweep_leaves_strangers_their_gradients():
    w, other = Value(1), Value(3)
    (w * 2).backward()
    (other * 5).backward()
    assert (w.gradient, other.gradient) == (2, 5)
