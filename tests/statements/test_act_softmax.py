"""Statements of *Softmax knows only differences*, from their text alone.

With entries that are whole multiples of log 2, given by those multiples, exponentials are powers of two, and softmax is
a row of fractions.
"""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import z3

from hwlib.activations import log_softmax, log_sum_exp, softmax

from .harness import Statement
from .prover import proved, reals

SMALL = (0, 1, -1, 2, -2)


def exact(x):
    """Softmax of x log 2, in fractions."""
    terms = [Q(2) ** entry for entry in x]
    return [term / sum(terms) for term in terms]


def rows(most, entries=SMALL):
    for d in range(1, most + 1):
        yield from itertools.product(entries, repeat=d)


@pytest.fixture(autouse=True)
def fifty_digits():
    with mpmath.workdps(50):
        yield


definition = Statement(
    "def-softmax",
    text="afe0fd89",
    cases=lambda: rows(4),
    conclusion=lambda x: np.allclose(softmax(np.array(x) * np.log(2)), np.array(exact(x), float), rtol=1e-14),
    scope="all rows of up to four multiples of log 2 from -2 to 2",
)


@pytest.mark.problem("act-softmax-shift")
def test_softmax_is_shares_of_exponentials():
    assert definition.verify().covered == 5 + 25 + 125 + 625


# --- symmetries -------------------------------------------------------------------------------------------------------


def pairs(most):
    for d in range(1, most + 1):
        yield from itertools.product(itertools.product(SMALL, repeat=d), repeat=2)


def equal(c):
    return len(set(c)) == 1


shifts = Statement(
    "thm-softmax-shift",
    text="965c21bf",
    cases=lambda: pairs(3),
    hypotheses={"all entries of c are equal": lambda case: equal(case[1])},
    conclusion=lambda case: exact([a + b for a, b in zip(*case, strict=True)]) == exact(case[0]),
    scope="all rows and shifts of up to three multiples of log 2 from -2 to 2",
)


@pytest.mark.problem("act-softmax-shift")
def test_exactly_the_constant_shifts():
    assert shifts.verify().without == {"all entries of c are equal": ((0, 0), (0, 1))}
    assert exact((0, 1)) == [Q(1, 3), Q(2, 3)]
    for x, c in pairs(3):  # and no other, whatever x
        assert (exact([a + b for a, b in zip(x, c, strict=True)]) == exact(x)) == equal(c)


@pytest.mark.problem("act-softmax-shift")
@pytest.mark.parametrize("d", [2, 3])
def test_for_all_real_rows_and_shifts(d):
    """With e_j for exp(x_j) and f_j for exp(c_j), any positive numbers."""
    e, f = reals(" ".join(f"e{j}" for j in range(d))), reals(" ".join(f"f{j}" for j in range(d)))
    positive = [number > 0 for number in (*e, *f)]
    before, after = z3.Sum(e), z3.Sum([a * b for a, b in zip(e, f, strict=True)])
    same = z3.And([a * b * before == a * after for a, b in zip(e, f, strict=True)])
    alike = z3.And([f[0] == b for b in f])
    proved(z3.Implies(alike, same), given=positive)
    proved(z3.Implies(same, alike), given=positive)


def inverts(p):
    """S(log p + a) = p for some a, and no other x has the softmax p."""
    if any(entry <= 0 for entry in p):
        return False  # there is no such x: softmax is positive
    total = sum(p)
    shares = [entry / total for entry in p]  # softmax of log p, and of log p + a: the exponentials are p, or a times p
    others = [[entry * f for entry, f in zip(p, factors, strict=True)] for factors in rows_of_factors(len(p))]
    return shares == list(p) and all(
        ([t / sum(terms) for t in terms] == list(p)) == equal([t / q for t, q in zip(terms, p, strict=True)])
        for terms in others
    )


def rows_of_factors(d):
    return itertools.product((Q(1), Q(2), Q(1, 3)), repeat=d)


inverse = Statement(
    "prop-softmax-inverse",
    text="4a2c2a1a",
    cases=lambda: (p for d in (1, 2, 3) for p in itertools.product((Q(1), Q(0), Q(1, 2), Q(1, 4), Q(-1, 2)), repeat=d)),
    hypotheses={
        "positive": lambda p: all(entry > 0 for entry in p),
        "sum one": lambda p: sum(p) == 1,
    },
    conclusion=inverts,
    scope="all rows of up to three of -1/2, 0, 1/4, 1/2, 1",
)


@pytest.mark.problem("act-softmax-shift")
def test_what_softmax_forgets():
    report = inverse.verify()
    assert report.covered == 1 + 1 + 3  # (1), (1/2, 1/2), and the orders of (1/2, 1/4, 1/4)
    assert report.without == {"positive": (1, 0), "sum one": (Q(1, 2),)}


def factor(case):
    x, number = case
    before, after = exact(x), exact([number * entry for entry in x])
    places = range(len(x))
    odds = all(after[i] / after[j] == (before[i] / before[j]) ** number for i in places for j in places)
    return odds and (before == after) == (number == 1 or equal(x))


factors = Statement(
    "prop-softmax-factor",
    text="91631b51",
    cases=lambda: itertools.product(rows(3), (0, 1, -1, 2, -2, 3)),
    conclusion=factor,
    scope="all rows of up to three multiples of log 2 from -2 to 2, factors from -2 to 3",
)


def test_a_factor_is_a_power_of_the_odds():
    assert factors.verify().covered == 155 * 6


def cold_and_hot(case):
    """The temperature is 1 / number, so that all exponentials are powers of two; bounds as in the text."""
    x, number = case
    d, top = len(x), max(x)
    m, share = x.count(top), exact([number * entry for entry in x])
    largest = [s for s, entry in zip(share, x, strict=True) if entry == top]
    rest = sum(s for s, entry in zip(share, x, strict=True) if entry != top)
    cold = m == d or rest <= Q(d - m, m) / Q(2) ** (number * (top - max(entry for entry in x if entry != top)))
    hot = all(abs(s - Q(1, d)) <= (Q(2) ** (number * (top - min(x))) - 1) / d for s in share)
    return equal(largest) and cold and hot


temperature = Statement(
    "thm-softmax-temperature",
    text="a4c6f11d",
    cases=lambda: itertools.product(rows(4, (0, 1, -1, 2)), (1, -1, 2, 5)),
    hypotheses={"T is above zero": lambda case: case[1] > 0},
    conclusion=cold_and_hot,
    scope="all rows of up to four multiples of log 2 from -1 to 2, temperatures 1, 1/2, 1/5",
)


def test_cold_takes_the_largest_and_hot_evens_out():
    assert temperature.verify().without == {"T is above zero": ((0, 1), -1)}
    assert exact((0, -1))[0] == Q(2, 3)  # the smallest entry of (0, log 2) gets the most
    for T in (3, 50, 1000):  # warm, where exponentials are no powers of two: in mpmath
        for x in rows(3, (0, 1, -2)):
            terms = [mpmath.exp(mpmath.mpf(entry) / T) for entry in x]
            most = mpmath.expm1(mpmath.mpf(max(x) - min(x)) / T) / len(x)
            assert all(abs(t / sum(terms) - mpmath.mpf(1) / len(x)) <= most + mpmath.mpf(10) ** -45 for t in terms)


def entropy_apart(x):
    terms = [mpmath.mpf(2) ** entry for entry in x]
    p = [term / sum(terms) for term in terms]
    mean = mpmath.fsum(share * entry for share, entry in zip(p, x, strict=True)) * mpmath.log(2)
    entropy = -mpmath.fsum(share * mpmath.log(share) for share in p)
    least, most = (abs(entropy - end) < mpmath.mpf(10) ** -40 for end in (0, mpmath.log(len(x))))
    identity = abs(mpmath.log(sum(terms)) - mean - entropy) < mpmath.mpf(10) ** -40
    within = (least or entropy > 0) and (most or entropy < mpmath.log(len(x)))
    return identity and within and least == (len(x) == 1) and most == equal(x)


entropies = Statement(
    "prop-softmax-entropy",
    text="c6207459",
    cases=lambda: rows(4),
    conclusion=entropy_apart,
    scope="all rows of up to four multiples of log 2 from -2 to 2, to 40 digits",
)


def test_what_is_between_the_logarithm_and_the_mean():
    assert entropies.verify().covered == 5 + 25 + 125 + 625


def smooth_maxima(case):
    """Both bounds for a row, and rows of its length that attain them; W by bisection."""
    x, T = case
    d, tiny = len(x), mpmath.mpf(10) ** -40
    low, high = mpmath.mpf(0), mpmath.mpf(d)
    for _ in range(150):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * mpmath.exp(middle) * mpmath.e < d - 1 else (low, middle)
    w = low

    def gaps(row):
        terms = [mpmath.exp(entry / T) for entry in row]
        mean = mpmath.fsum(t * entry for t, entry in zip(terms, row, strict=True)) / mpmath.fsum(terms)
        return max(row) - mean, T * mpmath.log(mpmath.fsum(terms)) - max(row)

    below, above = gaps([entry * mpmath.log(2) for entry in x])
    furthest = gaps([mpmath.mpf(0)] + [-(1 + w) * T] * (d - 1))[0]
    return (
        -tiny <= below <= T * w + tiny
        and -tiny <= above <= T * mpmath.log(d) + tiny
        and abs(furthest - T * w) < tiny
        and abs(gaps([mpmath.mpf(1)] * d)[1] - T * mpmath.log(d)) < tiny
    )


maxima = Statement(
    "prop-softmax-maximum",
    text="f5c62659",
    cases=lambda: itertools.product(rows(3, (0, 1, -1, -8)), (1, -1, 2, 0.25)),
    hypotheses={"T is above zero": lambda case: case[1] > 0},
    conclusion=smooth_maxima,
    scope="all rows of up to three multiples 0, 1, -1, -8 of log 2, three temperatures",
)


def test_the_mean_lies_below_the_maximum_and_log_sum_exp_above():
    assert maxima.verify().without == {"T is above zero": ((0, 0), -1)}


# --- stable -----------------------------------------------------------------------------------------------------------


def subtracted(case):
    """In powers of two: L(x) = x_k + log(1 + r) says 2^x_k (1 + r) is the sum; and so for log S."""
    x, k = case
    r = sum((Q(2) ** (entry - x[k]) for j, entry in enumerate(x) if j != k), start=Q(0))
    total = sum(Q(2) ** entry for entry in x)
    formulas = Q(2) ** x[k] * (1 + r) == total and [Q(2) ** (entry - x[k]) / (1 + r) for entry in x] == exact(x)
    bounds = all(entry - x[k] <= 0 for entry in x) and 0 <= r <= len(x) - 1
    return formulas and bounds and Q(2) ** x[k] <= total <= Q(2) ** x[k] * len(x)


stable = Statement(
    "thm-softmax-stable",
    text="2946e632",
    cases=lambda: ((x, k) for x in rows(4) for k in range(len(x))),
    hypotheses={"x_k is a largest entry": lambda case: case[0][case[1]] == max(case[0])},
    conclusion=subtracted,
    scope="all rows of up to four multiples of log 2 from -2 to 2, each place",
)


@pytest.mark.problem("act-stable-logsoftmax")
def test_subtract_the_largest():
    assert stable.verify().without == {"x_k is a largest entry": ((0, 1), 0)}
    for x in rows(3):  # the library's, in floats
        row = np.array(x) * np.log(2)
        total = float(mpmath.log(sum(mpmath.mpf(2) ** entry for entry in x)))
        assert np.isclose(log_sum_exp(row), total, atol=1e-15)
        assert np.allclose(log_softmax(row), np.log(np.array(exact(x), float)), atol=1e-15)


def nothing_cancels(case):
    x, k, eps, signs = case
    r = mpmath.fsum(mpmath.exp(entry - x[k]) for j, entry in enumerate(x) if j != k)
    known = r * (1 + signs[0] * eps)
    for entry in x:
        right = (entry - x[k]) - mpmath.log1p(r)
        found = (entry - x[k]) * (1 + signs[1] * eps) - mpmath.log1p(known)
        if abs(found - right) > eps * abs(right) * (1 + mpmath.mpf(10) ** -30):
            return False
    return True


relative = Statement(
    "thm-softmax-relative",
    text="fe3fee3d",
    cases=lambda: (
        (x, k, eps, signs)
        for x in [(0, 30), (0, 0), (0, 1), (5,), (3, 3, -1), (-2, 40, 41), (0, -700), (1, 2, 3)]
        for k in range(len(x))
        for eps in (mpmath.mpf(1) / 1000, mpmath.mpf(1) / 2, mpmath.mpf(0), mpmath.mpf(99) / 100)
        for signs in itertools.product((1, -1, 0.5), repeat=2)
    ),
    hypotheses={"x_k is a largest entry": lambda case: case[0][case[1]] == max(case[0])},
    conclusion=nothing_cancels,
    scope="eight rows, each place, four errors with nine pairs of signs",
    kind="sampled",
)


@pytest.mark.problem("act-stable-logsoftmax")
def test_nothing_cancels():
    assert relative.verify().without["x_k is a largest entry"][:2] == ((0, 30), 0)
    assert not nothing_cancels(((0, 30), 0, mpmath.mpf(1) / 1000, (1, 0)))  # as on the page: r alone is off


@pytest.mark.problem("act-stable-logsoftmax")
def test_concavity_as_the_prover_sees_it():
    """From |d' - d| <= eps |d|, |f' - f| <= eps f, d <= 0 <= f follows the bound on d - f."""
    d, f, found_d, found_f, eps = reals("d f found_d found_f eps")
    given = [eps >= 0, d <= 0, f >= 0, found_d - d <= -eps * d, d - found_d <= -eps * d]
    given += [found_f - f <= eps * f, f - found_f <= eps * f]
    error = (found_d - found_f) - (d - f)
    proved(z3.And(error <= eps * (f - d), -error <= eps * (f - d)), given=given)
