"""hwlib.activations, Swish and its relatives: against mpmath, PyTorch, Lambert's W, and brute force on grids."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.activations import (
    SWISH_CONSTANT,
    gelu,
    sigmoid,
    softplus,
    swish,
    swish_linear_error,
    swish_relu_error,
    ulp_error,
)

from ..examples import examples

INF = math.inf
GRID = np.concatenate([-np.geomspace(1e-6, 1e3, 20_001)[::-1], [0], np.geomspace(1e-6, 1e3, 20_001)])


@pytest.mark.problem("act-swish")
def test_the_constant_is_lambert_s_w_at_one_over_e():
    assert float(mpmath.lambertw(mpmath.exp(-1))) == SWISH_CONSTANT
    assert scipy.special.lambertw(1 / math.e).real == pytest.approx(SWISH_CONSTANT, rel=1e-15)


@pytest.mark.problem("act-swish")
@pytest.mark.parametrize("beta", [0.01, 0.5, 1, 3, 100])
def test_the_largest_distance_from_relu(beta):
    gaps = abs(swish(GRID, beta=beta) - np.maximum(GRID, 0))
    assert gaps.max() <= swish_relu_error(beta) * (1 + 1e-12)
    place = (1 + SWISH_CONSTANT) / beta
    for x in (place, -place):
        assert abs(swish(x, beta=beta) - max(x, 0)) == pytest.approx(swish_relu_error(beta), rel=1e-12)


@pytest.mark.problem("act-swish")
@pytest.mark.parametrize("beta", [0, 0.01, -0.5, 1, -30])
@pytest.mark.parametrize("radius", [0, 0.1, 2, 50])
def test_the_largest_distance_from_half_of_x(beta, radius):
    x = np.linspace(-radius, radius, 2001)
    gaps = abs(swish(x, beta=beta) - x / 2)
    assert gaps.max() == pytest.approx(swish_linear_error(beta, radius), rel=1e-10, abs=1e-15)
    assert swish_linear_error(beta, radius) <= abs(beta) * radius**2 / 4


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_errors_in_ulps(kind):
    width = 32 if kind is np.float32 else 64

    @examples(200)
    @given(st.one_of(st.floats(-100, 100, width=width), st.floats(allow_nan=False, allow_infinity=False, width=width)))
    def holds(number):
        x = kind(number)
        with mpmath.workprec(200):
            exact = mpmath.mpf(float(x))
            gate = 1 / (1 + mpmath.exp(-exact)) if exact > -1e6 else mpmath.mpf(0)
            assert ulp_error(sigmoid(x), gate) < 4
            assert ulp_error(swish(x), exact * gate) < 5
            soft = exact + mpmath.log1p(mpmath.exp(-exact)) if exact > 0 else mpmath.log1p(mpmath.exp(exact))
            assert ulp_error(softplus(x), soft) < 4
        assert swish(x).dtype == sigmoid(x).dtype == softplus(x).dtype == gelu(x).dtype == kind

    holds()


def test_against_torch():
    x = torch.linspace(-30, 30, 601).double()
    f = torch.nn.functional
    for ours, theirs in [
        (swish(x), f.silu(x)),
        (swish(x, beta=-2.5), x * torch.sigmoid(-2.5 * x)),
        (softplus(x, beta=0.5), f.softplus(x, beta=0.5, threshold=1e9)),
        (gelu(x), f.gelu(x)),
        (gelu(x, form="tanh"), f.gelu(x, approximate="tanh")),
        (gelu(x, form="sigmoid"), x * torch.sigmoid(1.702 * x)),
    ]:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_infinite_entries_are_limits(kind):
    ends = np.array([-INF, INF, np.nan], kind)
    np.testing.assert_array_equal(sigmoid(ends), [0, 1, np.nan])
    np.testing.assert_array_equal(softplus(ends), [0, INF, np.nan])
    for function in (swish, gelu, lambda x: gelu(x, form="tanh"), lambda x: gelu(x, form="sigmoid")):
        np.testing.assert_array_equal(function(ends), [0, INF, np.nan])
    np.testing.assert_array_equal(swish(ends, beta=0), [-INF, INF, np.nan])
    np.testing.assert_array_equal(swish(ends, beta=-1e300), [-INF, 0, np.nan])
    largest = np.finfo(kind).max
    assert swish(largest, beta=5) == largest
    assert swish(-largest, beta=5) == 0


@pytest.mark.problem("act-swish")
@pytest.mark.parametrize("beta", [1e39, 1e60, 1e308])
def test_a_beta_beyond_single_precision_leaves_zero_at_zero(beta):
    x = np.float32([0, -0.0, 1, -1, 1e-30, -1e-30])
    np.testing.assert_array_equal(swish(x, beta=beta), np.maximum(x, 0))
    np.testing.assert_array_equal(swish(x, beta=-beta), np.minimum(x, 0))
    np.testing.assert_allclose(softplus(x, beta=beta), np.maximum(x, 0), atol=1e-38)  # log 2 over beta at zero
    assert softplus(np.float32([0]), beta=1e-38) == np.float32(math.log(2) * 1e38)


def test_what_is_refused_is_named():
    for wrong, words in [
        (lambda: swish([1j]), "x has the type"),
        (lambda: swish(1.0, beta=INF), "beta has entries that are infinite"),
        (lambda: swish(1.0, beta=[1, 2]), "beta of shape"),
        (lambda: softplus(1.0, beta=0), "beta=0: accepted is a number above zero"),
        (lambda: gelu(1.0, form="fast"), "form='fast': accepted are 'exact', 'tanh' and 'sigmoid'"),
        (lambda: swish_relu_error(0), "beta=0"),
        (lambda: swish_linear_error(1, -1), "radius=-1"),
    ]:
        with pytest.raises(ValueError, match=words):
            wrong()
