"""hwlib.activations, softmax and its relatives: against mpmath with thousands of bits, PyTorch, SciPy, and limits."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hwlib.activations import (
    cross_entropy,
    exact_log_softmax,
    exact_log_sum_exp,
    first_float,
    log_softmax,
    log_sum_exp,
    softmax,
    ulp_error,
)

from ..examples import examples

INF, NAN = math.inf, math.nan
TYPES = (np.float32, np.float64)
# Measured: 2.7. Beyond two entries the sum is rounded more often; in random rows of 100 the bound still holds.
MOST_ULPS = 4


def rows(kind, *, most=6):
    """Rows of any finite floats of a type, also huge, tiny and equal ones."""
    limits = np.finfo(kind)
    width = 32 if kind is np.float32 else 64
    any_float = st.floats(-float(limits.max), float(limits.max), width=width)
    usual = st.floats(-1024, 1024, width=width)
    entries = st.one_of(usual, any_float, st.sampled_from([0.0, float(limits.max), -float(limits.max), 1.0]))
    return st.lists(entries, min_size=1, max_size=most).map(lambda row: np.array(row, kind))


def plain_log_softmax(row, *, bits=2400):
    """From the definition alone, with so many bits that nothing is lost."""
    with mpmath.workprec(bits):
        numbers = [mpmath.mpf(entry) for entry in row.tolist()]
        total = mpmath.log(mpmath.fsum(map(mpmath.exp, numbers)))
        return [number - total for number in numbers]


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_exact_values_are_the_definition_s(kind):
    rng = np.random.default_rng(1)
    for scale in (1e-3, 1, 30, 200):
        for size in (1, 2, 5):
            row = rng.normal(size=size, scale=scale).astype(kind)
            for ours, plain in zip(exact_log_softmax(row), plain_log_softmax(row), strict=True):
                assert abs(ours - plain) <= abs(plain) * mpmath.mpf(10) ** -50 + mpmath.mpf(10) ** -600
            with mpmath.workprec(2400):
                plain = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(entry)) for entry in row.tolist()))
            assert abs(exact_log_sum_exp(row) - plain) < mpmath.mpf(10) ** -50


def test_exact_log_sum_exp_keeps_its_digits_after_the_point():
    for height in (0.0, 1e-300, 1e10, 1e80, -1e80, 1e300, -1.7e308):
        total = exact_log_sum_exp([height] * 2)
        with mpmath.workprec(2000):
            assert abs(total - mpmath.mpf(height) - mpmath.log(2)) < mpmath.mpf(10) ** -50
    assert exact_log_sum_exp([-1.7e308, 1.7e308]) == 1.7e308


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_log_softmax_is_right_to_four_ulps_whatever_the_floats(kind):
    @examples(150)
    @given(rows(kind))
    def holds(row):
        assert ulp_error(log_softmax(row), exact_log_softmax(row)).max() < MOST_ULPS

    holds()


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("size", [2, 10, 100])
def test_log_softmax_of_longer_rows_and_of_every_scale(kind, size):
    rng = np.random.default_rng(size)
    for scale in (1e-30, 1e-8, 1e-3, 1, 10, 100, 700, 1e30):
        for row in (rng.normal(size=(3, size)) * scale + rng.normal() * scale).astype(kind):
            assert ulp_error(log_softmax(row), exact_log_softmax(row)).max() < MOST_ULPS


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_every_binade_of_the_range(kind):
    """One float between neighbouring powers of two, of either sign, from the subnormal ones to the largest."""
    limits = np.finfo(kind)
    for power in range(int(limits.minexp) - int(limits.nmant), int(limits.maxexp)):
        t = kind(math.ldexp(1.37, power))
        for row in ([t, 0], [-t, 0], [t, -t], [t, t]):
            x = np.array(row, kind)
            assert ulp_error(log_softmax(x), exact_log_softmax(x)).max() < MOST_ULPS


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_roundings_of_many_equal_entries_add_up_to_less_than_ten_ulps(kind):
    worst, wide = 0.0, np.float64 if kind is np.float32 else np.longdouble
    drawn = np.random.default_rng(0).uniform(1, 60, 2_000).astype(kind)
    for others in (1, 2, 10, 30, 61, 94, 99):
        rows = np.concatenate([np.zeros((2_000, 1), kind), -np.repeat(drawn[:, None], others, 1)], 1)
        exact = -np.log1p(others * np.exp(-drawn.astype(wide)))
        off = abs(log_softmax(rows)[:, 0] - exact) / np.spacing(abs(exact).astype(kind))
        worst = max(worst, float(off.max()))
    row = np.array([0] + [-15.93371] * 30, kind)
    assert ulp_error(log_softmax(row), exact_log_softmax(row)).max() < 10
    assert 4 < worst < 10


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_softmax_and_cross_entropy_follow(kind):
    @examples(100)
    @given(rows(kind))
    def holds(row):
        exact = exact_log_softmax(row)
        assert ulp_error(softmax(row), [mpmath.exp(number) for number in exact]).max() < MOST_ULPS
        losses = cross_entropy(np.tile(row, (len(row), 1)), np.arange(len(row)))
        assert ulp_error(losses, [-number for number in exact]).max() < MOST_ULPS
        assert losses.dtype == softmax(row).dtype == kind

    holds()


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_log_sum_exp_is_right_to_two_ulps_of_the_larger_of_the_top_and_the_logarithm(kind):
    @examples(150)
    @given(rows(kind))
    def holds(row):
        computed, exact = log_sum_exp(row), exact_log_sum_exp(row)
        scale = max(abs(row.max()), kind(math.log(len(row))), kind(np.finfo(kind).tiny))
        off = abs(float(computed) - exact)
        assert off <= 2 * float(np.spacing(min(scale, np.finfo(kind).max * kind(0.5)))) * (1 + (scale == row.max()))

    holds()
    assert log_sum_exp(kind([0, 0])) == kind(math.log(2))


def test_there_log_sum_exp_has_no_relative_accuracy():
    row = np.array([-math.log(2)] * 2)
    assert ulp_error(log_sum_exp(row), exact_log_sum_exp(row)) > 1e6  # the sum of the exponentials is almost 1


@pytest.mark.parametrize("kind", TYPES)
def test_against_torch_and_scipy_on_usual_rows(kind):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 7, 5), scale=5).astype(kind)
    close = {"rtol": 1e-4 if kind is np.float32 else 1e-13}  # theirs is off by hundreds of ulps where it is near 0
    for axis in (-3, -2, -1, 0, 1, 2):
        t = torch.from_numpy(x)
        np.testing.assert_allclose(softmax(x, axis=axis), t.softmax(axis), **close)
        np.testing.assert_allclose(log_softmax(x, axis=axis), scipy.special.log_softmax(x, axis), **close, atol=1e-6)
        np.testing.assert_allclose(log_sum_exp(x, axis=axis), t.logsumexp(axis), **close)
    labels = rng.integers(7, size=(4, 5))
    np.testing.assert_allclose(
        cross_entropy(x, labels, axis=1),
        torch.nn.functional.cross_entropy(torch.from_numpy(x), torch.from_numpy(labels), reduction="none"),
        **close,
    )
    share = rng.dirichlet(np.ones(7), size=(4, 5)).transpose(0, 2, 1)
    np.testing.assert_allclose(
        cross_entropy(x, share, axis=1),
        torch.nn.functional.cross_entropy(torch.from_numpy(x), torch.from_numpy(share.astype(kind)), reduction="none"),
        **close,
    )


# --- rows that are not finite, equal, single, empty -------------------------------------------------------------------


def limit(row):
    """Softmax where infinite entries run to infinity on several ways; NaN if the ways end in different places."""
    if any(map(math.isnan, row)):
        return [NAN] * len(row)
    ends = []
    far = [i for i, entry in enumerate(row) if math.isinf(entry)]
    for order in itertools.islice(itertools.permutations(range(len(far))), 6):
        speeds = dict(zip(far, order, strict=True))
        finite = [
            mpmath.mpf(e) if i not in speeds else mpmath.sign(e) * 10 ** (6 + speeds[i]) for i, e in enumerate(row)
        ]
        with mpmath.workprec(100):
            terms = [mpmath.exp(entry - max(finite)) for entry in finite]
            ends.append([float(term / mpmath.fsum(terms)) for term in terms])
    return ends[0] if all(end == ends[0] for end in ends) else [NAN] * len(row)


@pytest.mark.problem("act-stable-logsoftmax")
@pytest.mark.parametrize("kind", TYPES)
def test_infinite_entries_are_limits_and_nan_where_there_is_none(kind):
    for size in (1, 2, 3):
        for row in itertools.product([0.0, 1.0, INF, -INF, NAN], repeat=size):
            given_row = np.array(row, kind)
            np.testing.assert_allclose(softmax(given_row), limit(row), rtol=1e-6)
            with np.errstate(divide="ignore"):
                np.testing.assert_allclose(log_softmax(given_row), np.log(limit(row)), rtol=1e-6)
            expected = torch.logsumexp(torch.from_numpy(given_row), 0)
            if not any(map(math.isnan, row)):  # beside an infinity, torch's is infinite
                np.testing.assert_allclose(log_sum_exp(given_row), expected, rtol=1e-6)
            else:
                assert np.isnan(log_sum_exp(given_row))


@pytest.mark.parametrize("kind", TYPES)
def test_equal_rows_are_even_at_any_height(kind):
    for height in (0, 1, -1, 1e-40, 700, 1e30, float(np.finfo(kind).max), -float(np.finfo(kind).max)):
        for size in (1, 2, 3, 10):
            row = np.full(size, height, kind)
            assert (softmax(row) == kind(1) / kind(size)).all()
            assert ulp_error(log_softmax(row), exact_log_softmax(row)).max() < 1.5
            assert (softmax(row, temperature=1e-6) == softmax(row)).all()


def test_rows_of_one_and_none():
    for entry in (0.0, -7.5, 1e308, INF, -INF):
        assert softmax([entry]).tolist() == [1]
        assert log_softmax([entry]).tolist() == [0]
        assert log_sum_exp([entry]) == entry
        assert cross_entropy([[entry]], [0]).tolist() == [0]
    assert softmax(np.zeros((3, 0))).shape == log_softmax(np.zeros((3, 0))).shape == (3, 0)
    assert softmax(np.zeros((0, 3))).shape == (0, 3)
    assert log_sum_exp(np.zeros((3, 0))).tolist() == [-INF] * 3
    assert log_sum_exp(np.zeros((0, 3))).shape == cross_entropy(np.zeros((0, 3)), np.zeros(0, int)).shape == (0,)
    with pytest.raises(ValueError, match="labels from 0 to 0: accepted are 0 to -1"):
        cross_entropy(np.zeros((2, 0)), [0, 0])


def test_cross_entropy_with_a_class_that_cannot_be():
    assert cross_entropy([[0, -INF], [0, -INF]], [0, 1]).tolist() == [0, INF]
    assert cross_entropy([[0, -INF]], [[1.0, 0.0]]).tolist() == [0]
    assert cross_entropy([[0, -INF]], [[0.5, 0.5]]).tolist() == [INF]
    assert np.isnan(cross_entropy([[0, NAN]], [0])).all()
    assert math.copysign(1, cross_entropy([[0.0, -INF]], [0])[0]) == 1  # zero, not minus zero


# --- invariance -------------------------------------------------------------------------------------------------------


@pytest.mark.problem("act-softmax-shift")
@examples(100)
@given(st.lists(st.integers(-40, 40), min_size=1, max_size=6), st.integers(-(2**40), 2**40))
def test_a_constant_changes_no_bit_where_the_sum_is_exact(row, constant):
    x = np.array(row, float)
    assert softmax(x).tolist() == softmax(x + constant).tolist()
    assert log_softmax(x).tolist() == log_softmax(x + constant).tolist()


@examples(50)
@given(arrays.arrays(float, (5,), elements=st.floats(-50, 50)), st.permutations(range(5)))
def test_the_order_of_the_classes_comes_out_as_it_went_in(x, order):
    np.testing.assert_allclose(softmax(x[order]), softmax(x)[order], rtol=1e-14)


def test_temperature_divides_differences():
    x = np.array([3.0, 1.0, 3.0, -2.0])
    for temperature in (0.1, 0.5, 2.0, 100.0):
        np.testing.assert_allclose(softmax(x, temperature=temperature), scipy.special.softmax(x / temperature))
        np.testing.assert_allclose(log_softmax(x, temperature=temperature), scipy.special.log_softmax(x / temperature))
    assert softmax(x, temperature=1e-300).tolist() == [0.5, 0, 0.5, 0]
    assert softmax(x, temperature=1e300).tolist() == [0.25] * 4
    assert softmax(np.float32([1, 2]), temperature=0.5).dtype == np.float32


@pytest.mark.parametrize("kind", TYPES)
def test_entries_further_apart_than_the_largest_float_and_hot(kind):
    most = np.finfo(kind).max
    x = np.array([most, -most, most, 0], kind)
    expected = scipy.special.log_softmax(np.array([1.0, -1, 1, 0]))
    np.testing.assert_allclose(softmax(x, temperature=most), np.exp(expected), rtol=1e-6)
    np.testing.assert_allclose(log_softmax(x, temperature=most), expected, rtol=1e-6)
    assert softmax(x, temperature=1e-3).tolist() == [0.5, 0, 0.5, 0]
    assert softmax(np.array([-np.inf, most, np.inf], kind), temperature=most).tolist() == [0, 0, 1]


# --- what is refused, and what it becomes -----------------------------------------------------------------------------


def test_what_is_refused_is_named():
    for wrong, words in [
        (lambda: softmax(3.0), "axis=-1: accepted is an axis of x, which has 0"),
        (lambda: softmax([[1.0]], axis=2), "axis=2"),
        (lambda: softmax([1.0, 2.0], axis=0.5), "axis=0.5: accepted is a whole number"),
        (lambda: log_sum_exp([1.0, 2.0], axis=None), "axis=None: accepted is a whole number"),
        (lambda: softmax([1j]), "x has the type complex128"),
        (lambda: softmax(["a"]), "x has the type"),
        (lambda: softmax([1.0], temperature=0), "temperature=0: accepted is a number above zero"),
        (lambda: softmax(np.float32([1]), temperature=1e-60), "accepted is a number that is one in float32"),
        (lambda: cross_entropy([[0.0, 1.0]], [2]), "labels from 2 to 2: accepted are 0 to 1"),
        (lambda: cross_entropy([[0.0, 1.0]], [-1]), "labels from -1 to -1"),
        (lambda: cross_entropy([[0.0, 1.0]], [0, 1]), "labels of shape"),
        (lambda: cross_entropy([[0.0, 1.0]], [0.5]), "no whole numbers"),
        (lambda: cross_entropy([[0.0, 1.0]], [[0.5, 0.6]]), "no distribution"),
        (lambda: cross_entropy([[0.0, 1.0]], [[NAN, 0.6]]), "no distribution"),
        (lambda: cross_entropy([[0.0, 1.0]], [[1.5, -0.5]]), "no distribution"),
        (lambda: cross_entropy([[0.0, 1.0]], [[0.5, 0.25, 0.25]]), "floats of shape"),
        (lambda: exact_log_softmax([]), "one or more finite numbers in a row"),
        (lambda: exact_log_softmax([INF]), "one or more finite numbers in a row"),
        (lambda: ulp_error([1.0], [1, 2]), "exact has 2 numbers"),
        (lambda: first_float(lambda x: x > 1, np.float32(0), np.float64(2)), "two finite floats of one type"),
        (lambda: first_float(lambda x: x > 1, 0.0, INF), "two finite floats of one type"),
        (lambda: first_float(lambda x: x > 1, 2.0, 3.0), "accepted is a start that does not fail"),
        (lambda: first_float(lambda x: x > 1, 0.0, 1.0), "and a stop that does"),
    ]:
        with pytest.raises(ValueError, match=words):
            wrong()


def test_types_of_floats():
    assert softmax(torch.zeros(2)).dtype == softmax(np.zeros(2, np.float16)).dtype == np.float32
    assert softmax(torch.zeros(2, dtype=torch.bfloat16)).dtype == np.float32
    assert softmax([0, 0]).dtype == softmax(np.zeros(2, np.longdouble)).dtype == np.float64


# --- ulps and first floats --------------------------------------------------------------------------------------------


def test_ulps_are_gaps_between_floats():
    for kind in TYPES:
        limits = np.finfo(kind)
        for number in (kind(1), kind(-3), kind(0.1), limits.tiny, limits.smallest_subnormal, limits.max, kind(0)):
            step = float(np.nextafter(number, kind(0) if number else kind(1)))
            gap = 0.5 if number in (1,) else 1  # below a power of two floats are twice as dense
            assert ulp_error(kind(step), float(number)) == gap
            assert ulp_error(number, float(number)) == 0
        assert ulp_error(kind(np.inf), mpmath.mpf(2) ** 2000) == 0
        assert ulp_error(limits.max, mpmath.mpf(2) ** 2000) == INF
        assert ulp_error(kind(np.inf), 1) == ulp_error(kind(np.nan), 1) == INF
        assert ulp_error(kind(-np.inf), mpmath.inf) == INF


@examples(100)
@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_the_first_float_is_the_first(start, stop, threshold):
    low, high = sorted([start, stop])
    if not low <= threshold < high:
        return
    assert first_float(lambda x: x > threshold, low, high) == np.nextafter(threshold, INF)
    assert first_float(lambda x: x <= threshold, high, low) == threshold
    narrow = first_float(lambda x: x >= 0.1, np.float32(-1), np.float32(1))
    assert narrow == np.float32(0.1)
    assert narrow.dtype == np.float32


@pytest.mark.parametrize(("kind", "most"), [(np.float32, 34), (np.float64, 66)])
def test_how_many_floats_the_first_one_takes_to_find(kind, most):
    end, tried = np.finfo(kind).max, []
    for threshold in (-end, end / 3, kind(0), np.nextafter(end, kind(0))):
        tried.clear()
        first_float(lambda x, last=threshold: bool(tried.append(x)) or x > last, -end, end)
        assert len(tried) <= most
