"""Statements of *Swish lies between half of x and ReLU*, from their text alone.

With beta a whole multiple k of log 2 the exponential is a power of two, and Swish at whole numbers a fraction.
"""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import z3

from hwlib.activations import swish

from .harness import Statement
from .prover import proved, reals, relu

WHOLE = (0, 1, -1, 2, -2, 3, -3)
DIGITS = mpmath.mpf(10) ** -40


def exact(k, x):
    """Swish with beta = k log 2, in fractions, from e^(-beta x) = 2^(-k x)."""
    return x / (1 + Q(2) ** (-k * x))


def precise(beta, x):
    return x / (1 + mpmath.exp(-mpmath.mpf(beta) * x))


@pytest.fixture(autouse=True)
def fifty_digits():
    with mpmath.workdps(50):
        yield


definition = Statement(
    "def-swish",
    text="c588789d",
    cases=lambda: itertools.product(WHOLE, WHOLE),
    conclusion=lambda case: np.isclose(swish(case[1], beta=case[0] * np.log(2)), float(exact(*case)), rtol=1e-14),
    scope="beta from -3 log 2 to 3 log 2, x from -3 to 3",
)


@pytest.mark.problem("act-swish")
def test_swish_is_x_through_its_own_gate():
    assert definition.verify().covered == 49


def symmetric(case):
    k, x = case
    tanh = (Q(2) ** (k * x) - 1) / (Q(2) ** (k * x) + 1)  # of beta x / 2
    scaled = k * exact(k, x) == exact(1, k * x)
    return (
        exact(k, x) + exact(-k, x) == x and exact(k, -x) == -exact(-k, x) and 2 * exact(k, x) == x + x * tanh and scaled
    )


symmetries = Statement(
    "prop-swish-symmetry",
    text="56dab4a4",
    cases=lambda: itertools.product(WHOLE, WHOLE),
    conclusion=symmetric,
    scope="beta from -3 log 2 to 3 log 2, x from -3 to 3",
)


@pytest.mark.problem("act-swish")
def test_four_rules():
    assert symmetries.verify().covered == 49


# --- between ----------------------------------------------------------------------------------------------------------


def ordered(case):
    x, k, m = case
    chain = Q(x, 2) <= exact(k, x) < exact(m, x) < max(x, 0)
    equal = (Q(x, 2) == exact(k, x)) == (k == 0)
    near_relu = abs(precise(mpmath.mpf(10) ** 3, x) - max(x, 0)) < mpmath.mpf(10) ** -30
    near_half = abs(precise(mpmath.mpf(10) ** -20, x) - mpmath.mpf(x) / 2) < mpmath.mpf(10) ** -15
    return chain and equal and near_relu and near_half


between = Statement(
    "thm-swish-between",
    text="03f88d03",
    cases=lambda: ((x, k, m) for x, k, m in itertools.product((1, 0, -1, 2, -2), WHOLE, WHOLE) if k < m),
    hypotheses={"x is not zero": lambda case: case[0] != 0, "beta is at least zero": lambda case: case[1] >= 0},
    conclusion=ordered,
    scope="x from -2 to 2, beta and gamma from -3 log 2 to 3 log 2",
)


@pytest.mark.problem("act-swish")
def test_swish_grows_from_half_of_x_to_relu():
    report = between.verify()
    assert report.without == {"x is not zero": (0, 0, 1), "beta is at least zero": (1, -1, 0)}
    assert exact(-1, 1) == Q(1, 3)


@pytest.mark.problem("act-swish")
def test_for_all_gates_of_that_kind():
    x, g, h = reals("x g h")
    chain = z3.And(x / 2 <= x * g, x * g < x * h, x * h < relu(x))
    proved(chain, given=[x > 0, g >= z3.Q(1, 2), g < h, h < 1])
    proved(chain, given=[x < 0, g <= z3.Q(1, 2), g > h, h > 0])


# --- distances --------------------------------------------------------------------------------------------------------


def attained(beta):
    """The largest distance, its places and the lowest point, on a grid that has the places, and far out."""
    c = mpmath.findroot(lambda c: c * mpmath.exp(c + 1) - 1, 0.3)
    if abs(c - mpmath.lambertw(mpmath.exp(-1))) > DIGITS:
        return False
    if beta == 0:
        return False  # no x is (1 + c) / 0, and |x| / 2 has no largest value
    place, largest = (1 + c) / beta, c / beta

    def distance(x):
        return abs(precise(beta, x) - max(x, 0))

    others = [place * mpmath.mpf(j) / 64 for j in range(-640, 641) if abs(j) != 64]
    far = [x * 10**n for x in (1, -1) for n in (3, 6)]
    return (
        abs(distance(place) - largest) < DIGITS
        and abs(distance(-place) - largest) < DIGITS
        and abs(precise(beta, -place) + largest) < DIGITS
        and all(distance(x) < largest and precise(beta, x) > -largest for x in [*others, *far])
    )


relu_distance = Statement(
    "thm-swish-relu",
    text="ed782e72",
    cases=lambda: (Q(1), Q(0), Q(2), Q(1, 2), Q(-1), Q(10), Q(1, 10), Q(100)),
    hypotheses={"beta is above zero": lambda beta: beta > 0},
    conclusion=lambda beta: attained(mpmath.mpf(beta.numerator) / beta.denominator),
    scope="six beta above zero, 1,280 x each and four far out",
    kind="sampled",
)


@pytest.mark.problem("act-swish")
def test_the_distance_from_relu_is_a_constant_over_beta():
    assert relu_distance.verify().without == {"beta is above zero": 0}


@pytest.mark.problem("act-swish")
def test_the_library_s_constant_and_distances_are_these():
    from hwlib.activations import SWISH_CONSTANT, swish_linear_error, swish_relu_error

    assert float(mpmath.lambertw(mpmath.exp(-1))) == SWISH_CONSTANT
    for beta in (0.25, 1.0, 7.0):
        distances = [
            abs(precise(beta, mpmath.mpf(j) / 500 / beta) - max(mpmath.mpf(j) / 500 / beta, 0)) for j in range(2000)
        ]
        assert np.isclose(swish_relu_error(beta), float(max(distances)), rtol=1e-6)
        gaps = [abs(precise(beta, mpmath.mpf(j) / 100) - mpmath.mpf(j) / 200) for j in range(-300, 301)]
        assert np.isclose(swish_linear_error(beta, 3), float(max(gaps)), rtol=1e-12)


def near_lines(case):
    """One x against both maxima; that they are attained, at plus or minus R, in the same case."""
    k, R, x = case
    power = Q(2) ** (abs(k) * R)
    half, whole = Q(R, 2) * (power - 1) / (power + 1), R * power / (power + 1)
    ends = max(abs(exact(k, e) - Q(e, 2)) for e in (R, -R)), max(abs(exact(k, e) - e) for e in (R, -R))
    bound = abs(k) * mpmath.log(2) * R * R / 4
    strict = (bound > mpmath.mpf(half.numerator) / half.denominator and whole > Q(R, 2)) if k else bound == half
    return (
        abs(exact(k, x) - Q(x, 2)) <= half
        and abs(exact(k, x) - x) <= whole
        and ends == (half, whole)
        and strict
        and (k or whole == Q(R, 2))
    )


line_distance = Statement(
    "thm-swish-line",
    text="e50b96cc",
    cases=lambda: ((k, R, x) for k, R, x in itertools.product(WHOLE, (1, 2, 3), (0, 1, -1, 2, -2, 3, -3, 4))),
    hypotheses={"x is at most R": lambda case: abs(case[2]) <= case[1]},
    conclusion=near_lines,
    scope="beta from -3 log 2 to 3 log 2, R up to 3, whole x",
)


@pytest.mark.problem("act-swish")
def test_the_distances_from_lines():
    assert line_distance.verify().without == {"x is at most R": (0, 1, 2)}


# --- slopes -----------------------------------------------------------------------------------------------------------


def sloping(beta):
    """Slopes by differences in fifty digits, against the ends, the zero and the formula."""
    if beta == 0:
        return False  # nothing is z / 0
    z = mpmath.findroot(lambda z: z * mpmath.tanh(z / 2) - 2, 2.4)
    c = mpmath.findroot(lambda c: c * mpmath.exp(c + 1) - 1, 0.3)
    step, close = mpmath.mpf(10) ** -16 / abs(beta), mpmath.mpf(10) ** -25

    def slope(x):
        return (precise(beta, x + step) - precise(beta, x - step)) / (2 * step)

    def formula(x):
        return (1 + beta * x / (1 + mpmath.exp(beta * x))) / (1 + mpmath.exp(-beta * x))

    ends = mpmath.mpf(1) / 2 - z / 4, mpmath.mpf(1) / 2 + z / 4
    zero = -(1 + c) / beta
    others = [z / beta * mpmath.mpf(j) / 16 for j in range(-160, 161, 5)]
    others += [(z / beta) * (sign + near) for sign in (1, -1) for near in (mpmath.mpf(1) / 1000, -mpmath.mpf(1) / 1000)]
    return (
        abs(slope(-z / beta) - ends[0]) < close
        and abs(slope(z / beta) - ends[1]) < close
        and abs(slope(zero)) < close
        and all(ends[0] < slope(x) < ends[1] for x in others)
        and all((slope(x) > 0) == (beta * x > beta * zero) for x in others)
        and all(abs(slope(x) + slope(-x) - 1) < close and abs(slope(x) - formula(x)) < close for x in others)
    )


slopes = Statement(
    "prop-swish-slopes",
    text="34a8cfe3",
    cases=lambda: map(mpmath.mpf, (1, 0, -1, 2, -3, 0.125, 50)),
    hypotheses={"beta is not zero": lambda beta: beta != 0},
    conclusion=sloping,
    scope="six beta, 69 x each",
    kind="sampled",
)


@pytest.mark.problem("act-swish")
def test_the_slopes_do_not_depend_on_beta():
    assert slopes.verify().without == {"beta is not zero": 0}


# --- other gates ------------------------------------------------------------------------------------------------------

POINTS = (Q(-1), Q(-1, 2), Q(0), Q(1, 2), Q(1))


def gates():
    yield 1, dict(zip(POINTS, (0, 0, 0, 0, 1), strict=True))  # a step at one
    yield -1, dict(zip(POINTS, (Q(1, 4), Q(1, 3), Q(1, 2), Q(2, 3), Q(3, 4)), strict=True))
    for beta in (1, 2):
        for values in itertools.product((Q(1, 2), Q(0), Q(1), Q(2), Q(-1)), repeat=5):
            yield beta, dict(zip(POINTS, values, strict=True))


def same_supremum(case):
    beta, G = case
    c = max(z * abs(G[-z]) for z in POINTS if z >= 0)
    return max(abs(z / beta * G[z] - max(z / beta, 0)) for z in POINTS) == c / beta  # x = z / beta


any_gate = Statement(
    "prop-swish-gates",
    text="0218b209",
    cases=gates,
    hypotheses={
        "G(-z) = 1 - G(z)": lambda case: all(case[1][-z] == 1 - case[1][z] for z in POINTS),
        "beta is above zero": lambda case: case[0] > 0,
    },
    conclusion=same_supremum,
    scope="all functions on five points with values -1, 0, 1/2, 1, 2; beta 1 and 2",
)


@pytest.mark.problem("act-swish")
def test_any_symmetric_gate():
    report = any_gate.verify()
    step = report.without["G(-z) = 1 - G(z)"][1]
    assert report.without["beta is above zero"][0] == -1
    assert step[Q(1)] == 1
    assert not any(step[z] for z in POINTS[:-1])


def entropy_apart(case):
    beta, x = case
    soft, gated = mpmath.log1p(mpmath.exp(beta * x)) / beta, precise(beta, x)
    p = 1 / (1 + mpmath.exp(-beta * x))
    entropy = -p * mpmath.log(p) - (1 - p) * mpmath.log(1 - p)
    gap, most = soft - gated, mpmath.log(2) / beta
    return (
        gated <= max(x, 0) <= soft
        and abs(gap - entropy / beta) < DIGITS
        and (abs(gap - most) < DIGITS if x == 0 else gap < most)
    )


softplus_minus_swish = Statement(
    "prop-swish-entropy",
    text="1a0f9f91",
    cases=lambda: itertools.product((1, -1, 2, -2, 0.5), (0, 1, -1, 2, -2, 10, -10)),
    hypotheses={"beta is above zero": lambda case: case[0] > 0},
    conclusion=entropy_apart,
    scope="five beta, seven x",
    kind="sampled",
)


def test_softplus_is_swish_and_an_entropy():
    assert softplus_minus_swish.verify().without == {"beta is above zero": (-1, 0)}
    assert -mpmath.log(2) == mpmath.log1p(mpmath.exp(0)) / -1
