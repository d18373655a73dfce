"""Statements of *Kinks can be counted, and made to order*, from their text alone, in fractions and by a prover."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import pytest
import z3

from hwlib.pieces import PiecewiseLinear, fewest_units

from .harness import Statement
from .lines import chains, drawn, slopes, value
from .prover import proved, reals

# --- kinks to order: f is a pair (slope on the far left, jumps); its kinks are at 0, 1, 2, ... --------------------


def graph(f, x):
    left, jumps = f
    return left * x + sum(d * max(x - k, 0) for k, d in enumerate(jumps))


def probes(f):
    return [Q(k, 2) for k in range(-4, 2 * len(f[1]) + 4)]


def units_can(f, units):
    """Whether a sum of units and a constant is f; each unit bends at a kink of f, for another bend would show.

    With as many units as kinks, each kink has one, with weight 1 or -1 inside (others only scale it) and the kink's
    jump outside. With one more, the proof puts two at the first kink, one to each side.
    """
    left, jumps = f
    if units == len(jumps):
        sides = itertools.product((1, -1), repeat=len(jumps))
        choices = [[(k, side, d) for k, (side, d) in enumerate(zip(some, jumps, strict=True))] for some in sides]
    elif jumps:
        rest = [(k, 1, d) for k, d in enumerate(jumps) if k]
        choices = [[(0, -1, -left), (0, 1, left + jumps[0]), *rest]]
    else:  # one unit, no kink: it may not bend, so it is constant
        choices = [[]]
    return any(equals(chosen, f) for chosen in choices)


def equals(chosen, f):
    def total(x):
        return sum(d * max(side * (x - k), 0) for k, side, d in chosen)

    offset = graph(f, 0) - total(0)
    return all(total(x) + offset == graph(f, x) for x in probes(f))


def ordered(f):
    """The three sentences: one unit more always does, and as many as kinks exactly if some jumps add up to -s."""
    left, jumps = f
    subset = any(sum(some) == -left for n in range(len(jumps) + 1) for some in itertools.combinations(jumps, n))
    return units_can(f, len(jumps) + 1) and units_can(f, len(jumps)) == subset


def graphs():
    for n in range(4):
        yield from itertools.product((0, 1, -1, 2, -2), itertools.product((1, -1, 2, -2), repeat=n))


order = Statement(
    "thm-kinks-order",
    text="4bde2057",
    cases=graphs,
    hypotheses={"at least one kink": lambda f: bool(f[1])},
    conclusion=ordered,
    scope="all functions of up to three kinks, slopes and jumps from -2 to 2",
)


@pytest.mark.problem("act-pwl-from-relu")
def test_units_to_order():
    report = order.verify()
    assert report.without["at least one kink"] == (1, ())  # f(x) = x: no kink, and two units
    for left, jumps in graphs():
        places = list(range(max(len(jumps), 1)))
        heights = [graph((left, jumps), k) for k in places]
        f = PiecewiseLinear.through(places, heights, left_slope=left, right_slope=left + sum(jumps))
        fewest = len(jumps) if units_can((left, jumps), len(jumps)) else len(jumps) + 1
        assert fewest_units(f) == (fewest if jumps or not left else 2)


def test_a_sum_of_units_has_at_most_as_many_kinks():
    one_layer = [(w, b, v) for w, b, v in itertools.product((0, 1, -1, 2), (0, 1, -1), (1, -2))]
    pairs = itertools.combinations_with_replacement(one_layer, 2)
    for units in [*((unit,) for unit in one_layer), *pairs]:
        layers = [([[w] for w, _, _ in units], [b for _, b, _ in units]), ([[v for _, _, v in units]], [0])]
        assert len(slopes(layers)[0]) <= len(units)


# --- without biases ---------------------------------------------------------------------------------------------------


def with_and_without_biases():
    yield from chains()
    yield from drawn((2, 2), 60)
    for layers in drawn((2, 2, 2), 100, seed=1):
        yield [(weight, [0] * len(bias)) for weight, bias in layers]


def no_bias(layers):
    return not any(b for _, bias in layers for b in bias)


def bends_at_zero_only(layers):
    p, q = value(layers, 1), -value(layers, -1)
    points = [Q(k, 3) for k in range(-9, 10)]
    kinks, found = slopes(layers)
    straight = all(value(layers, x) == (p * x if x >= 0 else q * x) for x in points)
    return straight and set(kinks) <= {0} and (found in ([q, p], [p]))


no_biases = Statement(
    "thm-kinks-no-bias",
    text="58107f37",
    cases=with_and_without_biases,
    hypotheses={"no biases": no_bias},
    conclusion=bends_at_zero_only,
    scope="all chains of two units with weights -1, 0, 1, and drawn networks of up to three hidden layers",
)


@pytest.mark.problem("pwl-no-bias")
def test_without_biases_the_only_kink_is_at_zero():
    assert no_biases.verify().covered > 100


@pytest.mark.problem("pwl-no-bias")
def test_two_units_without_biases_for_all_real_weights():
    w1, w2, v1, v2, x = reals("w1 w2 v1 v2 x")

    def relu(z):
        return z3.If(z > 0, z, 0)

    def f(at):
        return v1 * relu(w1 * at) + v2 * relu(w2 * at)

    proved(f(x) == x * f(z3.RealVal(1)), given=[x >= 0])
    proved(f(x) == -x * f(z3.RealVal(-1)), given=[x <= 0])


# --- counting ---------------------------------------------------------------------------------------------------------


def within_the_bound(layers):
    return len(slopes(layers)[1]) <= math.prod(len(bias) + 1 for _, bias in layers[:-1])


bound = Statement(
    "thm-kinks-bound",
    text="cbf37908",
    cases=lambda: itertools.chain(
        chains(), drawn((1,), 50), drawn((2,), 100), drawn((2, 2), 150), drawn((3, 2), 60), drawn((2, 2, 2), 60)
    ),
    conclusion=within_the_bound,
    scope="all chains of two units with weights -1, 0, 1, and 420 drawn networks of up to three hidden layers",
)


@pytest.mark.problem("pwl-kinks")
def test_pieces_multiply_at_most():
    bound.verify()
    for k in range(6):  # with one hidden layer of width k there are k kinks
        layers = [([[1]] * k, [-i for i in range(k)]), ([[1] * k], [0])]
        assert len(slopes(layers)[0]) == k


def zigzag(k, x):
    """The zigzag with k teeth, by the fractional part alone."""
    whole = min(math.floor(k * x), k - 1)
    rest = k * x - whole
    return rest if whole % 2 == 0 else 1 - rest


def folds(case):
    k, depth = case

    def f(x):
        for _ in range(depth):
            x = zigzag(k, x)
        return x

    n = k**depth
    corners = [f(Q(j, n)) for j in range(n + 1)]
    thirds = [f(Q(3 * j + 1, 3 * n)) for j in range(n)]
    alternates = all({a, b} == {0, 1} for a, b in itertools.pairwise(corners))
    straight = all(t == (2 * a + b) / 3 for t, (a, b) in zip(thirds, itertools.pairwise(corners), strict=True))
    return alternates and straight  # so there are n pieces, with slopes n and -n in turn


fold = Statement(
    "thm-kinks-fold",
    text="ce869d7d",
    cases=lambda: [(k, depth) for k in range(2, 7) for depth in range(1, 8) if k**depth <= 700],
    conclusion=folds,
    scope="all zigzags of two to six teeth, applied until there are 700 pieces",
)


@pytest.mark.problem("pwl-kinks")
def test_zigzags_multiply_their_pieces():
    assert fold.verify().covered == 23
    for k in range(2, 6):  # the units of the text, in fractions
        for x in (Q(j, 6 * k) for j in range(6 * k + 1)):
            units = k * x + sum((-1) ** j * 2 * k * max(x - Q(j, k), 0) for j in range(1, k))
            assert units == zigzag(k, x)


def sign_changes_need_pieces(case):
    """Any continuous piecewise linear h closer than 1/2 to the zigzag has as many pieces: place and values of knots."""
    n, knots, values = case
    places = {*knots, *(Q(j, n) for j in range(n + 1))}  # the largest difference is at a knot of one
    return Q(1, 2) <= max(
        abs(u + (v - u) * (x - a) / (b - a) - zigzag(n, x))
        for (a, u), (b, v) in itertools.pairwise(zip(knots, values, strict=True))
        if a < b  # where two knots are at one place, it jumps
        for x in places
        if a <= x <= b
    )


JUMP = (3, [Q(0), Q(1, 2), Q(1, 2), Q(1)], (Q(3, 10), Q(4, 5), Q(1, 5), Q(7, 10)))


def approximations():
    for n, pieces in itertools.product((2, 4), range(1, 4)):
        for inner in itertools.combinations([Q(j, 8) for j in range(1, 8)], pieces - 1):
            for values in itertools.product((Q(0), Q(1, 4), Q(1, 2), Q(3, 4), Q(1)), repeat=pieces + 1):
                yield n, [Q(0), *inner, Q(1)], values
    yield JUMP


approximation = Statement(
    "thm-kinks-approximate",
    text="19343195",
    cases=approximations,
    hypotheses={
        "fewer than n pieces": lambda case: len(set(case[1])) - 1 < case[0],
        "continuous": lambda case: len(set(case[1])) == len(case[1]),
    },
    conclusion=sign_changes_need_pieces,
    scope="all functions of up to three pieces with knots in eighths and values in quarters, and one with a jump",
)


@pytest.mark.problem("pwl-kinks")
def test_to_come_close_takes_as_many_pieces():
    report = approximation.verify()
    assert report.covered > 1000
    assert len(report.without["fewer than n pieces"][1]) == 3  # two pieces come close to two teeth
    assert report.without["continuous"] is JUMP


# --- chords -----------------------------------------------------------------------------------------------------------


def cubics():
    """Cubics with small coefficients on three intervals, the bound on the curvature right or too small."""
    for coefficients in itertools.product((0, 1, -1, 2), (0, 1, -1, -2), (0, 1)):
        for start, end in ((Q(0), Q(1)), (Q(-1), Q(1)), (Q(0), Q(2))):
            for share in (Q(1), Q(1, 2)):
                yield coefficients, start, end, share


def curvature(case):
    (a, b, _), start, end, share = case
    return share * max(abs(6 * a * x + 2 * b) for x in (start, end))


def chords_are_close(case):
    (a, b, c), start, end, _ = case

    def f(x):
        return a * x**3 + b * x**2 + c * x

    for n in range(1, 4):
        width = (end - start) / n
        for k in range(n):
            p, q = start + k * width, start + (k + 1) * width
            chord = [f(p) + (f(q) - f(p)) * Q(j, 12) for j in range(13)]
            worst = max(abs(f(p + width * Q(j, 12)) - chord[j]) for j in range(13))
            if worst > curvature(case) * (end - start) ** 2 / (8 * n**2):
                return False
    return True


chords = Statement(
    "thm-kinks-chords",
    text="effec372",
    cases=cubics,
    hypotheses={"bounded curvature": lambda case: case[3] == 1 or curvature(case) == 0},
    conclusion=chords_are_close,
    scope="all cubics with coefficients from -2 to 2 on three intervals, one to three chords, thirteen points each",
    kind="sampled",
)


def test_chords_are_as_close_as_the_curvature_says():
    report = chords.verify()
    assert report.without["bounded curvature"][0] == (0, 1, 0)  # x^2, with half of its curvature


def test_no_line_is_closer_to_the_parabola_for_all_real_lines_and_pieces():
    a, c, p, h = reals("a c p h")

    def away(x, by):
        difference = x * x - a * x - c
        return z3.And(difference < by, difference > -by)

    middle, bound_ = p + h / 2, h * h / 8
    proved(z3.Not(z3.And(away(p, bound_), away(middle, bound_), away(p + h, bound_))), given=[h > 0])


# --- sentences beside the statements ---------------------------------------------------------------------------------


def test_a_corner_is_no_second_derivative():
    """Chords of |x|, whose second derivative is zero wherever there is one: the chord on [-1, 1] is one above zero."""
    places = [Q(j, 4) for j in range(-4, 5) if j]
    assert all(abs(x + h) - 2 * abs(x) + abs(x - h) == 0 for x in places for h in [abs(x) / 2])
    assert (abs(-1) + abs(1)) / 2 - abs(0) == 1


def test_with_two_inputs_and_no_biases_the_kinks_are_not_at_zero_only():
    """A question of the quiz once did not say that there is one input."""

    def f(x):
        return max(x[0], 0)

    for height in (-1, 0, 3):  # on (-1, h), (0, h), (1, h) the slope changes in the middle
        assert f((1, height)) - 2 * f((0, height)) + f((-1, height)) != 0


def test_from_two_chords_one_more_halves_the_bound_from_a_hundred_it_does_not():
    """A question of the quiz once did not say how many chords there are."""

    def for_half(n):
        return next(m for m in itertools.count(n) if 2 * n * n <= m * m)

    assert [for_half(n) for n in (1, 2, 3, 100)] == [2, 3, 5, 142]


def test_a_chain_of_single_units_never_turns_round_and_has_two_kinks_at_most():
    for layers in itertools.chain(chains(), drawn((1, 1, 1), 200), drawn((1, 1, 1, 1), 100)):
        kinks, found = slopes(layers)
        assert len(kinks) <= 2
        assert min(found) >= 0 or max(found) <= 0
