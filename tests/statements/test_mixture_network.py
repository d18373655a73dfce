"""Statements of *A mixture of logistic regressions is a network*, in fractions where sigmoids allow it.

With arguments that are whole multiples of log 2 the sigmoid is a fraction, 2^m / (2^m + 1). So weights here are
whole numbers that stand for multiples of log 2, and most cases are exact.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q
from functools import cache

import numpy as np
import pytest
import z3

from hwlib.mixture import Mixture, SigmoidNetwork, as_mixture, em_step, fit_gradient, line_slack, mixture_through

from .harness import Statement
from .prover import proved, reals


@cache
def sigma(m):
    """The sigmoid of m log 2."""
    return Q(2) ** m / (Q(2) ** m + 1)


def feasible(table, wanted):
    """Whether some weights that are not negative give the wanted values: exact, by the prover's linear arithmetic."""
    shares = [z3.Real(f"s{k}") for k in range(len(table[0]))]
    solver = z3.Solver()
    solver.add(*(share >= 0 for share in shares))
    for row, value in zip(table, wanted, strict=True):
        solver.add(z3.Sum([z3.Q(c.numerator, c.denominator) * s for c, s in zip(row, shares, strict=True)]) == value)
    return solver.check() == z3.sat


def real(fraction):
    fraction = Q(fraction)
    return z3.Q(fraction.numerator, fraction.denominator)


# --- the marginal is a network: a case is shares for each of two places, and a weight a component ---------------------


def tables():
    simplex = {1: [(Q(1),)], 2: [(Q(1), Q(0)), (Q(0), Q(1)), (Q(1, 4), Q(3, 4))]}
    for K in (1, 2):
        for weights in itertools.product((1, -1, 0, 2), repeat=K):
            for at_zero, at_one in itertools.product(simplex[K], repeat=2):
                yield (at_zero, at_one), weights


def is_the_network(case):
    """By the table of all (z, y): the marginal at x = 0 and 1 comes from hidden units and one set of output weights."""
    gates, weights = case
    for x, shares in enumerate(gates):
        table = {
            (k, y): s * (sigma(w * x) if y else sigma(-w * x))
            for k, (s, w) in enumerate(zip(shares, weights, strict=True))
            for y in (0, 1)
        }
        assert sum(table.values()) == 1
        hidden = [sigma(w * x) for w in weights]
        if sum(p for (_, y), p in table.items() if y) != sum(v * h for v, h in zip(gates[0], hidden, strict=True)):
            return False
    return True


network = Statement(
    "thm-mixture-network",
    text="ce41314d",
    cases=tables,
    hypotheses={"drawn without looking at x": lambda case: case[0][0] == case[0][1]},
    conclusion=is_the_network,
    scope="one and two components, weights -1, 0, 1, 2 times log 2, three kinds of shares at each of two places",
    kind="exhausted",
)


@pytest.mark.problem("mixture-as-network")
def test_the_marginal_is_a_network():
    report = network.verify()
    assert report.without["drawn without looking at x"] == (((1, 0), (0, 1)), (1, -1))  # the page's example


# --- which networks are mixtures: a case is hidden weights, output weights and a constant -----------------------------

POOL, PLACES = range(-3, 4), range(-3, 5)


@cache
def some_mixture(hidden, output, constant):
    """Whether shares over the weights -3 to 3 give the network's values at eight places."""
    f = [constant + sum(v * sigma(w * x) for w, v in zip(hidden, output, strict=True)) for x in PLACES]
    table = [[sigma(w * x) for w in POOL] for x in PLACES]
    return feasible([*table, [Q(1)] * len(POOL)], [*map(real, f), 1])


def small_networks():
    quarters = (Q(0), Q(1, 2), Q(1), Q(-1, 2), Q(-1), Q(1, 4), Q(2))
    for hidden in ((), (1,), (0,), (2,), (1, 2), (1, -2), (1, 1), (1, -1), (0, 2)):
        for output in itertools.product(quarters, repeat=len(hidden)):
            for lift in (Q(0), Q(1, 8)):
                yield hidden, output, Q(1, 2) - sum(output, Q(0)) / 2 + lift
            if sum(output) != 1:
                yield hidden, output, Q(0)


def reduced(hidden):
    return 0 not in hidden and len({abs(w) for w in hidden}) == len(hidden)


def decided(case):
    hidden, output, constant = case
    at_zero = constant + sum(output, Q(0)) / 2
    said = at_zero == Q(1, 2) and sum(map(abs, output)) <= 1
    if constant == 0:
        assert not reduced(hidden) or said == (sum(output) == 1 and min(output, default=0) >= 0)
    return said == some_mixture(hidden, output, constant)


which = Statement(
    "thm-mixture-which",
    text="658d6841",
    cases=small_networks,
    hypotheses={"reduced": lambda case: reduced(case[0])},
    conclusion=decided,
    scope="up to two units with weights up to 2 log 2, output weights up to 2, shares over weights up to 3 log 2",
)


@pytest.mark.problem("mixture-as-network")
def test_which_networks_are_mixtures():
    report = which.verify()
    assert report.covered > 200
    hidden, output, _ = report.without["reduced"]
    assert hidden == (0,)
    assert sum(map(abs, output)) > 1  # one unit with the weight zero is a constant, whatever its output weight
    assert not decided(((1, 1), (Q(2), Q(-1)), Q(0)))  # the page's example
    for hidden, output, constant in small_networks():  # the library decides the same
        if reduced(hidden):
            given = SigmoidNetwork(
                np.log(2) * np.array(hidden, float).reshape(-1, 1), np.array(output, float), constant
            )
            assert (as_mixture(given) is not None) == some_mixture(hidden, output, constant)


@pytest.mark.problem("mixture-as-network")
def test_a_mixture_has_no_fewer_components_than_the_theorem_says():
    for hidden, output, constant in small_networks():
        if reduced(hidden) and decided((hidden, output, constant)) and some_mixture(hidden, output, constant):
            total = sum(map(abs, output))
            fewest = sum(v != 0 for v in output) + (total < 1)
            values = [constant + sum(v * sigma(w * x) for w, v in zip(hidden, output, strict=True)) for x in PLACES]
            for some in itertools.combinations(range(-2, 3), fewest - 1):
                table = [[sigma(w * x) for w in some] for x in PLACES] + [[Q(1)] * len(some)]
                assert not some or not feasible(table, [*map(real, values), 1])
            assert any(
                feasible([[sigma(w * x) for w in some] for x in PLACES] + [[Q(1)] * fewest], [*map(real, values), 1])
                for some in itertools.combinations(range(-2, 3), fewest)
            )


# --- with biases: units (slope, bias); a pool of steps and constants --------------------------------------------------


def with_biases():
    for units in ((), ((1, 0),), ((1, 1), (2, 0)), ((1, 0), (1, 0)), ((1, 0), (1, 2)), ((0, 1),), ((1, 1), (-1, -1))):
        for output in itertools.product((Q(1, 2), Q(1), Q(-1, 2), Q(1, 4), Q(2), Q(-1)), repeat=len(units)):
            for constant in (Q(0), Q(1, 4), Q(1, 2), Q(1), Q(-1, 4), Q(3, 4)):
                yield units, output, constant


def units_differ(case):
    units = case[0]
    turned = [unit if unit[0] > 0 else (-unit[0], -unit[1]) for unit in units]
    return all(slope for slope, _ in units) and len(set(turned)) == len(turned)


def bounds_decide(case):
    """Shares for the units, their opposites, and a constant of any value between zero and one: its value is free."""
    units, output, constant = case
    low = constant + sum((v for v in output if v < 0), Q(0))
    high = constant + sum((v for v in output if v > 0), Q(0))
    said = (low > 0 and high < 1) or (low == 0 and high == 1)
    pool = [*units, *((-slope, -bias) for slope, bias in units)]
    shares = [z3.Real(f"s{k}") for k in range(len(pool) + 2)]  # the last two: share of constants, and share times value
    rest, lifted = shares[-2:]
    solver = z3.Solver()
    solver.add(*(share >= 0 for share in shares), z3.Sum(shares[:-1]) == 1)
    solver.add(z3.Or(z3.And(rest == 0, lifted == 0), z3.And(lifted > 0, lifted < rest)))
    for x in PLACES:
        inside = [real(sigma(slope * x + bias)) * share for (slope, bias), share in zip(pool, shares, strict=False)]
        value = constant + sum(v * sigma(w * x + b) for (w, b), v in zip(units, output, strict=True))
        solver.add(z3.Sum([*inside, lifted]) == real(value))
    return said == (solver.check() == z3.sat)


biases = Statement(
    "prop-mixture-biases",
    text="d0bcd518",
    cases=with_biases,
    hypotheses={"reduced": units_differ},
    conclusion=bounds_decide,
    scope="up to two units of slopes and biases up to 2 log 2, output weights up to 2, six constants",
)


def test_mixtures_with_biases():
    report = biases.verify()
    assert report.covered > 100
    assert not bounds_decide((((1, 0), (1, 0)), (Q(2), Q(-1)), Q(0)))  # the page's example
    for case in with_biases():
        if units_differ(case) and case[0]:
            units, output, constant = case
            hidden = np.log(2) * np.array([(bias, slope) for slope, bias in units], float)
            found = as_mixture(SigmoidNetwork(hidden, np.array(output, float), constant), constant_input=True)
            low = constant + sum(v for v in output if v < 0)
            high = constant + sum(v for v in output if v > 0)
            assert (found is not None) == ((low > 0 and high < 1) or (low == 0 and high == 1))


# --- symmetries: a mixture of two, against all others of two ----------------------------------------------------------


def pairs():
    for weights in itertools.product((1, 2, 0, -1), repeat=2):
        for share in (Q(1, 2), Q(1, 4), Q(1), Q(0)):
            yield (share, 1 - share), weights


def marginal(mixture):
    return [sum(s * sigma(w * x) for s, w in zip(*mixture, strict=True)) for x in PLACES]


def only_reorderings(mixture):
    """Of all mixtures of two over the weights -3 to 3, with any shares, only the two orders have the marginal."""
    shares, weights = mixture
    wanted = marginal(mixture)
    for other in itertools.product(POOL, repeat=2):
        s = z3.Real("s")
        solver = z3.Solver()
        solver.add(s >= 0, s <= 1)
        for x, value in zip(PLACES, wanted, strict=True):
            solver.add(real(sigma(other[0] * x)) * s + real(sigma(other[1] * x)) * (1 - s) == real(value))
        for order in ((0, 1), (1, 0)):
            if other == tuple(weights[k] for k in order):
                solver.add(s != real(shares[order[0]]))
        if solver.check() == z3.sat:
            return False
    return True


symmetries = Statement(
    "prop-mixture-symmetries",
    text="c4e654b7",
    cases=pairs,
    hypotheses={
        "positive shares": lambda mixture: all(mixture[0]),
        "reduced": lambda mixture: reduced(mixture[1]),
    },
    conclusion=only_reorderings,
    scope="two components with weights -1, 0, 1, 2 times log 2, against all of two with weights up to 3 log 2",
)


@pytest.mark.problem("mixture-as-network")
def test_the_only_symmetries_are_reorderings():
    report = symmetries.verify()
    assert report.covered >= 8
    assert report.without["positive shares"][0] == (1, 0)
    assert set(marginal(((Q(1, 2), Q(1, 2)), (1, -1)))) == {Q(1, 2)} == set(marginal(((Q(1, 2), Q(1, 2)), (2, -2))))


# --- along a line: a case is places, values and whether there are biases ----------------------------------------------

QUARTERS = (Q(1, 4), Q(1, 2), Q(3, 4))


def sequences():
    for places in ((1,), (-1, 1), (0, 1), (-1, 0, 1)):
        for values in itertools.product(QUARTERS, repeat=len(places)):
            for has_biases in (True, False):
                yield places, values, has_biases


@cache
def attained(places, values, has_biases):
    """Exactly: shares over steep steps between the places, both ways, over flat ones, and over constants."""
    slopes = [-40, -2, 0, 2, 40]
    offsets = range(-40, 41, 20) if has_biases else [0]
    table = [[sigma(slope * t + offset) for slope in slopes for offset in offsets] for t in places]
    return feasible([*table, [Q(1)] * len(table[0])], [*map(real, values), 1])


def line_decided(case):
    places, values, has_biases = case
    changes, ends = sum(abs(b - a) for a, b in itertools.pairwise(values)), values[0] + values[-1]
    return (changes < ends and changes < 2 - ends) == attained(places, values, has_biases)


line = Statement(
    "thm-mixture-line",
    text="99e98004",
    cases=sequences,
    hypotheses={"with biases": lambda case: case[2]},
    conclusion=line_decided,
    scope="one to three places, values in quarters; sigmoids with slopes up to 40 log 2",
)


def test_the_values_along_a_line():
    report = line.verify()
    assert report.without["with biases"][0] == (-1, 1)
    assert not line_decided(((-1, 1), (Q(1, 4), Q(1, 2)), False))  # the page's example
    for places, values, has_biases in sequences():
        if has_biases:
            found = mixture_through(places, [float(p) for p in values])
            assert (found is not None) == (line_slack([float(p) for p in values]) > 0) == attained(places, values, True)


def test_no_component_breaks_the_bounds_along_a_line_for_all_real_values():
    p, q, r = reals("p q r")  # three values of a monotone component
    monotone = z3.Or(z3.And(p <= q, q <= r), z3.And(p >= q, q >= r))
    inside = [*(value > 0 for value in (p, q, r)), *(value < 1 for value in (p, q, r)), monotone]
    changes = z3.If(q > p, q - p, p - q) + z3.If(r > q, r - q, q - r)
    proved(z3.And(changes < p + r, changes < 2 - p - r), given=inside)


# --- XOR: weights (bias, w1, w2) in multiples of log 2 ----------------------------------------------------------------

CORNERS = (((1, 1), 1), ((-1, -1), 1), ((1, -1), 0), ((-1, 1), 0))


def at_corners(shares, rows):
    return [
        sum(s * sigma(b + u * x + v * y) for s, (b, u, v) in zip(shares, rows, strict=True)) for (x, y), _ in CORNERS
    ]


def on_xor():
    for rows in itertools.product(itertools.product((-2, 0, 1), repeat=3), repeat=2):
        for share in (Q(1, 2), Q(3, 4)):
            yield (share, 1 - share), rows
    # Depends on x1 - x2 alone, in quarters of log 2 for the first: see the test below for the floats of the exercise.
    yield (Q(3, 4), Q(1, 4)), XOR_EXACT


XOR_EXACT = ((Q(-1, 2), Q(1, 2), Q(-1, 2)), (16, -16, 16))


@cache
def root(m):
    """The sigmoid of m log 2 for halves, rounded: only where fractions cannot have it."""
    return Q(1 / (1 + 2 ** -float(m))).limit_denominator(10**9)


def corner_values(case):
    shares, rows = case
    values = []
    for (x, y), _ in CORNERS:
        arguments = [b + u * x + v * y for b, u, v in rows]
        parts = [sigma(int(a)) if a == int(a) else root(a) for a in arguments]
        values.append(sum(s * p for s, p in zip(shares, parts, strict=True)))
    return values


def three_claims(case):
    _, rows = case
    a, b, c, d = corner_values(case)
    first = a + b - c - d < 1 and a * b * (1 - c) * (1 - d) < Q(3, 4) ** 4
    all_right = a > Q(1, 2) and b > Q(1, 2) and c < Q(1, 2) and d < Q(1, 2)
    without_biases = any(bias for bias, _, _ in rows) or a * b * (1 - c) * (1 - d) <= Q(1, 2) ** 4
    return first and not all_right and without_biases


xor = Statement(
    "thm-mixture-xor",
    text="5e38fadb",
    cases=on_xor,
    hypotheses={"equal shares": lambda case: case[0][0] == case[0][1]},
    conclusion=three_claims,
    scope="two components with biases and weights -2, 0, 1 times log 2, and one pair for the exercise",
    kind="exhausted",
)


@pytest.mark.problem("mixture-as-network")
def test_what_no_mixture_can_do_on_xor():
    report = xor.verify()
    assert report.without["equal shares"] == ((Q(3, 4), Q(1, 4)), XOR_EXACT)
    for K in (1, 3):  # the first claim for other numbers of components
        for rows in itertools.islice(itertools.product(itertools.product((-3, 0, 4), repeat=3), repeat=K), 0, None, 97):
            a, b, c, d = corner_values(([Q(1, K)] * K, rows))
            assert a + b - c - d < 1
    # Without biases the bound is attained: there is a maximum, also of four components. With biases there is none.
    a, b, c, d = corner_values(([Q(1, 4)] * 4, [(0, 0, 0)] * 4))
    assert a * b * (1 - c) * (1 - d) == Q(1, 2) ** 4
    for s in (1, 4, 16):  # four steps come as near to the bound as you like
        steps = [(-s, s, s), (-s, -s, -s), (s, -s, s), (s, s, -s)]
        a, b, c, d = corner_values(([Q(1, 4)] * 4, steps))
        miss = Q(3, 4) ** 4 - a * b * (1 - c) * (1 - d)
        assert 0 < miss < 4 * Q(2) ** -s


def test_the_bound_on_xor_for_all_real_odds():
    a, b, c, d = reals("a b c d")

    def p(odds):
        return odds / (1 + odds)

    given = [a > 0, b > 0, c > 0, d > 0, a * b == c * d]
    proved(p(a) + p(b) - p(c) - p(d) < 1, given=given)
    q = reals("q0 q1 q2 q3")  # the four labels' probabilities: geometric mean below a bound on their sum
    proved(q[0] * q[1] <= ((q[0] + q[1]) / 2) * ((q[0] + q[1]) / 2), given=[x > 0 for x in q])


# --- EM: samples on a line; old and new components; responsibilities, right or uniform --------------------------------

DATA = (((1, 1),), ((1, 1), (1, 0)), ((1, 1), (-1, 1)), ((0, 1), (2, 0), (1, 1)))


def em_cases():
    for points in DATA:
        for K, shares in ((1, (Q(1),)), (2, (Q(1), Q(0))), (2, (Q(1, 2), Q(1, 2))), (2, (Q(1, 4), Q(3, 4)))):
            for old in itertools.product((1, -1, 0), repeat=K):
                for new in itertools.product((1, -1, 0, 2), repeat=K):
                    for right in (True, False):
                        yield points, shares, old, new, right


def label(w, point):
    x, y = point
    return sigma(w * x if y else -w * x)


def knowing(case):
    points, shares, old, _, right = case
    rows = []
    for point in points:
        joint = [s * label(w, point) for s, w in zip(shares, old, strict=True)]
        rows.append([j / sum(joint) for j in joint] if right else [Q(1, len(shares))] * len(shares))
    return rows


def q_not_smaller(case):
    points, _, old, new, _ = case
    rows = knowing(case)
    for k, (before, after) in enumerate(zip(old, new, strict=True)):
        gain = sum(
            float(r[k]) * math.log(label(after, point) / label(before, point))
            for r, point in zip(rows, points, strict=True)
        )
        if gain < 0:
            return False
    return True


def likelihood(points, shares, weights):
    return math.prod(
        (sum(s * label(w, point) for s, w in zip(shares, weights, strict=True)) for point in points), start=Q(1)
    )


def not_less(case):
    points, shares, old, new, _ = case
    rows = knowing(case)
    moved = [sum(row[k] for row in rows) / len(points) for k in range(len(shares))]
    return likelihood(points, moved, new) >= likelihood(points, shares, old)


em = Statement(
    "thm-mixture-em",
    text="ada698e5",
    cases=em_cases,
    hypotheses={"its own responsibilities": lambda case: case[4], "Q not smaller": q_not_smaller},
    conclusion=not_less,
    scope="one to three samples, one and two components, whole weights up to 2 log 2, shares also zero",
)


@pytest.mark.problem("mixture-as-network")
def test_em_never_loses():
    report = em.verify()
    assert report.covered > 500
    points, shares, old, _, _ = report.without["its own responsibilities"]
    assert (points, shares, old) == (((1, 1),), (1, 0), (1, -1))  # the page's example
    assert report.without["Q not smaller"][1] == (1,)  # one component


# --- twins ------------------------------------------------------------------------------------------------------------

SAMPLES = (([[1.0], [1.0]], [0, 1]), ([[1.0, 2.0], [0.0, -1.0], [1.0, 0.0]], [1, 0, 0]))


def twin_cases():
    for X, y in SAMPLES:
        for w in ([1.0, 0.0], [0.0, 0.0], [-2.0, 3.0]):
            for shares in ((0.5, 0.5), (0.25, 0.75), (1.0, 0.0), (0.125, 0.125, 0.75)):
                for method in ("EM", "gradient"):
                    if method == "EM" or all(shares):
                        yield X, y, w[: len(X[0])], shares, method


def stay_twins(case):
    X, y, w, shares, method = case
    start = Mixture(shares, [w, w, [5.0] * len(w)][: len(shares)])
    after = em_step(start, X, y) if method == "EM" else fit_gradient(X, y, start, learning_rate=1.0, steps=1).mixture
    ratio = after.shares[0] * shares[1] - after.shares[1] * shares[0]
    return np.allclose(after.weights[0], after.weights[1], atol=1e-9) and abs(ratio) < 1e-12


twins = Statement(
    "prop-mixture-twins",
    text="c0ab4795",
    cases=twin_cases,
    hypotheses={
        "both shares are not zero": lambda case: case[4] == "gradient" or (case[3][0] > 0 and case[3][1] > 0),
        "both shares are equal": lambda case: case[4] == "EM" or case[3][0] == case[3][1],
    },
    conclusion=stay_twins,
    scope="two samples, three weights, four kinds of shares, a third component also, one step of either method",
)


def test_twins_stay_twins():
    report = twins.verify()
    assert report.without["both shares are not zero"][3] == (1, 0)
    assert report.without["both shares are equal"][2:4] == ([1], (0.25, 0.75))  # the page's example
    X, y, w, shares, _ = report.without["both shares are equal"]
    moved = fit_gradient(X, y, Mixture(shares, [w, w]), learning_rate=1.0, steps=1).mixture.weights[:, 0]
    assert moved.round(3).tolist() == [0.942, 0.827]
    assert abs(moved[1] - w[0]) > abs(moved[0] - w[0])  # the larger one moves further


# --- out of reach -----------------------------------------------------------------------------------------------------


def labelled_points():
    plane = [(1, 0), (0, 1), (-1, 0), (1, 1), (0, 0), (-1, -1), (2, 1)]
    for n in (1, 2, 3, 4):
        for points in itertools.islice(itertools.combinations(plane, n), 20):
            for labels in itertools.product((0, 1), repeat=n):
                yield points, labels


def separable(points, labels):
    a, b = reals("a b")
    solver = z3.Solver()
    for (x, y), one in zip(points, labels, strict=True):
        solver.add(a * x + b * y > 0 if one else a * x + b * y < 0)
    return (solver.model()[a], solver.model()[b]) if solver.check() == z3.sat else None


def two_ways(case):
    points, labels = case
    X, y = np.array(points, float), np.array(labels)
    found = separable(points, labels)
    heights = [Mixture([0.25, 0.75], w).log_likelihood(X, y) for w in DRAWN]
    if found is None:
        return max(heights) <= -0.5 + 1e-12
    w = np.array([0.0 if v is None else v.numerator_as_long() / v.denominator_as_long() for v in found])
    near = [Mixture([1.0], [s * w]).log_likelihood(X, y) for s in (1.0, 10.0, 100.0)]
    climbs = near[0] < near[1] <= near[2] <= 0  # in floats the last is zero at times
    return max(heights) < 0 and climbs and near[2] > -1e-6


DRAWN = [scale * np.random.default_rng(k).standard_normal((2, 2)) for k in range(12) for scale in (0.0, 1.0, 3.0)]

separation = Statement(
    "prop-mixture-separable",
    text="ba03bba0",
    cases=labelled_points,
    conclusion=two_ways,
    scope="one to four points of the plane with whole coordinates, all labels; mixtures of two with drawn weights",
    kind="sampled",
)


def test_a_maximum_out_of_reach():
    assert separation.verify().covered > 300
    assert not separable(((0, 0),), (1,))  # a sample at zero: one half for ever
    p = reals("p0 p1 p2")  # three labels, one of them at most one half in a component
    proved(p[0] + p[1] + p[2] <= z3.Q(5, 2), given=[*(x <= 1 for x in p), z3.Or(*(x <= z3.Q(1, 2) for x in p))])
