"""The loss with a weight used twice: its matrix form against exact one-sided derivatives, torch, and the tape."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.backprop import Value, directional_derivative, weight_twice, weight_twice_gradient, weight_twice_kinks

from ..examples import examples

pytestmark = pytest.mark.problem("backprop-matrix-form")


def loss_of(weight, x):
    """By plain loops."""
    d = len(x)
    y = [sum(weight[i][j] * x[j] for j in range(d)) for i in range(d)]
    u = [max(one, 0) for one in y]
    v = [u[i] + sum(weight[i][j] * u[j] for j in range(d)) for i in range(d)]
    return sum(one * one for one in v) / Q(2)


def sides(weight, x, i, j):
    """Both one-sided derivatives by W_ij, exactly: a polynomial of degree at most four on either side of zero."""
    tiny, found = Q(1, 10**30), []
    for side in (1, -1):
        moved = [[Q(one) for one in row] for row in weight]
        moved[i][j] += side * tiny
        quotient = (loss_of(moved, x) - loss_of(weight, x)) / (side * tiny)
        found.append(Q(round(quotient * 10**9), 10**9))
    return found


def small(d):
    for entries in itertools.product((0, 1, -1), repeat=d * d + d):
        yield [list(entries[d * k : d * (k + 1)]) for k in range(d)], list(entries[d * d :])


@pytest.mark.parametrize("d", [1, 2])
def test_exactly_where_it_says_there_is_a_derivative_and_there_it_is_that(d):
    for weight, x in small(d):
        gradient, kinks = weight_twice_gradient(weight, x), weight_twice_kinks(weight, x)
        for i, j in np.ndindex(d, d):
            right, left = sides(weight, x, i, j)
            assert (right != left) == kinks[i, j]
            assert gradient[i, j] in (right, left)  # at a kink one of the two


@examples(60)
@given(st.integers(1, 4), st.integers(0, 10**6))
def test_it_is_torch_s_gradient(d, seed):
    draw = np.random.default_rng(seed)
    weight, x = draw.normal(size=(d, d)), draw.normal(size=d)
    W = torch.tensor(weight, requires_grad=True)
    u = torch.relu(W @ torch.tensor(x))
    v = u + W @ u
    (v @ v / 2).backward()
    assert np.allclose(weight_twice_gradient(weight, x), W.grad.numpy(), rtol=1e-10)
    values = np.array([[Value(one) for one in row] for row in weight.tolist()])
    weight_twice(values, x).loss.backward()
    assert np.allclose([[one.gradient for one in row] for row in values], W.grad.numpy(), rtol=1e-10)


def test_fractions_stay_fractions():
    weight, x = np.array([[Q(1, 3), Q(2)], [Q(1), Q(-1, 2)]]), np.array([Q(1), Q(1, 5)])
    gradient = weight_twice_gradient(weight, x)
    for i, j in np.ndindex(2, 2):
        direction = [int((i, j) == place) for place in np.ndindex(2, 2)]
        exact = directional_derivative(
            lambda entries: weight_twice(np.array(entries).reshape(2, 2), x).loss, weight.ravel().tolist(), direction
        )
        assert isinstance(gradient[i, j], Q)
        assert gradient[i, j] == exact


@pytest.mark.parametrize("shapes", [((2, 2), (3,)), ((2, 3), (3,)), ((4,), (2,)), ((0, 0), (0,)), ((1, 1), ())])
def test_shapes_that_do_not_fit(shapes):
    for function in (weight_twice, weight_twice_gradient, weight_twice_kinks):
        with pytest.raises(ValueError, match="weight has shape"):
            function(np.zeros(shapes[0]), np.zeros(shapes[1]))


def test_whole_numbers_beside_fractions_stay_exact():
    found = weight_twice([[Q(1, 3)]], [1])
    assert all(isinstance(one, Q) for one in (found.y[0], found.v[0], found.loss))
    assert found.loss == Q(8, 81)  # half of (1/3 + 1/9)^2
    assert weight_twice_gradient(np.array([[1]]), [Q(1, 3)]).dtype == object
    assert isinstance(weight_twice([[1]], [1]).loss, float)
