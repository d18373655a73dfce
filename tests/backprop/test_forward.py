"""Forward mode against reverse mode, torch and exact difference quotients; counts against counting by hand."""

from __future__ import annotations

from fractions import Fraction as Q

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.backprop import (
    Costs,
    Dual,
    Value,
    count_multiplications,
    directional_derivative,
    forward_jacobian,
    reverse_jacobian,
    weight_twice,
)

from ..examples import examples
from .programs import OURS, plain, programs, run


@examples(150)
@given(programs(exact=True, most=6), st.data())
def test_derivatives_are_exact_to_one_side_at_kinks_too(program, data):
    """A program of sums, products and ReLUs is a polynomial just to the right: its slope is read off its values."""
    inputs, lines = program
    direction = data.draw(st.lists(st.integers(-2, 2), min_size=len(inputs), max_size=len(inputs)))
    found = directional_derivative(lambda x: run(lines, x, OURS), inputs, direction)

    def quotient(h):
        moved = [Q(a) + h * b for a, b in zip(inputs, direction, strict=True)]
        return (plain(lines, moved) - plain(lines, [Q(a) for a in inputs])) / h

    tiny = Q(1, 10**200)  # the rest is of the order of h times a number that is far smaller than 1/h
    assert abs(quotient(tiny) - found) < Q(1, 10**50)


@examples(100)
@given(programs())
def test_both_modes_agree_where_there_is_no_kink(program):
    inputs, lines = program
    numbers = [number + 0.137 * (place + 1) for place, number in enumerate(inputs)]
    lines = [("neg", line[1]) if line[0] == "relu" else line for line in lines]
    function = lambda x: run(lines, x, OURS)  # noqa: E731
    assert forward_jacobian(function, numbers)[0] == pytest.approx(reverse_jacobian(function, numbers)[0])


def test_jacobians_are_torch_s():
    def function(x):
        a, b, c = x
        return [a * b + c, (a - c).relu(), b / c, c.exp()]

    x = [1.5, -0.5, 2.0]
    both = [torch.autograd.functional.jacobian(lambda t: torch.stack(function(t)), torch.tensor(x).double())]
    for jacobian in (forward_jacobian(function, x), reverse_jacobian(function, x)):
        assert torch.allclose(torch.tensor(jacobian, dtype=torch.float64), both[0])


def test_what_depends_on_no_input():
    assert forward_jacobian(lambda x: [3, x[0]], [1, 2]) == [[0, 0], [1, 0]]
    assert reverse_jacobian(lambda x: [3, x[0]], [1, 2]) == [[0, 0], [1, 0]]


def test_forward_over_reverse_is_a_product_of_the_hessian_and_a_direction():
    """f = w0² w1: H = [[2 w1, 2 w0], [2 w0, 0]], by a tape whose numbers are duals."""
    w, direction = [2, 3], [1, 5]
    values = [Value(Dual(number, way)) for number, way in zip(w, direction, strict=True)]
    (values[0] * values[0] * values[1]).backward()
    assert [value.gradient.tangent for value in values] == [2 * 3 * 1 + 2 * 2 * 5, 2 * 2 * 1]


@pytest.mark.parametrize("way", [1, -1, 0])
def test_relu_at_zero(way):
    assert Dual(0, way).relu().tangent == max(way, 0)
    assert Dual(0.0, float(way)).relu().number == 0


def test_counts_of_a_product_of_n_factors():
    """n - 1 products; the backward sweep has two for each; a forward sweep has three for each."""

    def product(x):
        result = x[0]
        for factor in x[1:]:
            result = result * factor
        return result

    for n in range(2, 7):
        m = n - 1
        assert count_multiplications(product, list(range(2, 2 + n))) == Costs(n, 1, m, 3 * m, n * 3 * m)


def test_counts_of_powers_of_one_number():
    """x², …, x^m: one forward sweep has three products for each; backward sweeps go through each power's past."""

    def powers(x):
        found = [x[0]]
        for _ in range(5):
            found.append(found[-1] * x[0])
        return found[1:]

    costs = count_multiplications(powers, [3])
    assert (costs.evaluation, costs.forward) == (5, 15)
    assert costs.reverse == 5 + 2 * (1 + 2 + 3 + 4 + 5)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_counts_of_a_weight_used_twice(d):
    """Wx and Wu take d² products each, v·v takes d, halving one."""

    def loss(entries):
        import numpy as np

        return weight_twice(np.array(entries).reshape(d, d), np.arange(2, 2 + d).astype(object)).loss

    costs = count_multiplications(loss, [2 + number for number in range(d * d)])
    assert costs.evaluation == 2 * d * d + d + 1
    assert costs.reverse <= 3 * costs.evaluation
    assert costs.forward <= 3 * costs.evaluation * d * d


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="direction has 1 numbers: accepted are 2"):
        directional_derivative(lambda x: x[0], [1, 2], [1])
    with pytest.raises(ValueError, match="number='a'"):
        directional_derivative(lambda x: x[0], ["a"], [1])
    with pytest.raises(ValueError, match="x=nan"):
        count_multiplications(lambda x: x[0], [float("nan")])
    with pytest.raises(ValueError, match="no Dual"):
        Dual(Dual(1, 1), 0)
    with pytest.raises(ValueError, match="tangent='a'"):
        Dual(1, "a")


def test_an_array_of_outputs_is_as_good_as_a_list():
    """weight_twice gives arrays; an array passed for one constant, of derivative zero."""

    def v(w):
        return weight_twice([w], [1]).v

    def listed(w):
        return list(v(w))

    assert directional_derivative(v, [2], [1]) == [5]  # v = w + w^2
    assert forward_jacobian(v, [2]) == reverse_jacobian(v, [2]) == [[5]]
    assert count_multiplications(v, [3]) == count_multiplications(listed, [3])


@pytest.mark.parametrize("found", ["3", None, [None], [[1, 2]], iter([1])])
def test_what_is_no_number_is_refused_and_no_constant(found):
    for derivatives in (forward_jacobian, reverse_jacobian, count_multiplications):
        with pytest.raises(ValueError, match=r"function returned .*: accepted are a number, or a list or array"):
            derivatives(lambda x: found, [2])


def test_no_inputs_leave_empty_rows():
    assert forward_jacobian(lambda x: [1, 2], []) == reverse_jacobian(lambda x: [1, 2], []) == [[], []]


def test_duals_compare_as_their_numbers_do():
    assert Dual(1, 5) <= 1 and Dual(1, 5) >= Dual(1) and not Dual(1) <= 0 and not Dual(1) >= 2  # noqa: PT018
