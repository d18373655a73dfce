"""Statements of *The perceptron learns what a neuron can do*, from their text: plain loops and the prover."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q
from functools import cache

import numpy as np
import z3

from hwlib.logic import mistake_bound, perceptron

from .harness import Statement
from .prover import proved, reals

BITS = ((0, 0), (0, 1), (1, 0), (1, 1))
AND, XOR = (0, 0, 0, 1), (0, 1, 1, 0)


def dot(p, q):
    return sum(a * b for a, b in zip(p, q, strict=True))


def plus(p, q):
    return tuple(a + b for a, b in zip(p, q, strict=True))


def corrected(state, x, value):
    """The rule's text; the state is w and then b."""
    fires = dot(state[:-1], x) + state[-1] >= 0
    if fires and not value:
        return (*(w - p for w, p in zip(state[:-1], x, strict=True)), state[-1] - 1)
    if value and not fires:
        return (*(w + p for w, p in zip(state[:-1], x, strict=True)), state[-1] + 1)
    return state


# --- def-learning-rule -------------------------------------------------------------------------------------------

rule = Statement(
    "def-learning-rule",
    text="8f5ca20d",
    cases=lambda: itertools.product(itertools.product(range(-2, 3), repeat=3), BITS, (0, 1)),
    conclusion=lambda case: (
        perceptron([case[1]], [case[2]], start=case[0], most_corrections=1).history[-1] == corrected(*case)
    ),
    scope="all weights and biases from -2 to 2, all bits, both values",
)


def test_the_library_corrects_as_the_rule_says():
    rule.verify()


# --- thm-learning-novikoff ---------------------------------------------------------------------------------------


@cache
def worst(points, values, start):
    """The most mistakes over all orders, repetitions and omissions; infinite if there are more than 150."""
    states, count = {start}, -1
    while states:
        count += 1
        if count > 150:
            return math.inf
        states = {
            after
            for state in states
            for x, value in zip(points, values, strict=True)
            if (after := corrected(state, x, value)) != state
        }
    return count


def signed(points, values):
    return [tuple((1 if value else -1) * p for p in (*x, 1)) for x, value in zip(points, values, strict=True)]


def within_the_bound(case):
    points, values, v, start, squared_radius = case
    least = min(dot(a, v) for a in signed(points, values))
    return least == 0 or worst(points, values, start) <= squared_radius * Q(dot(v, v), least**2)


def novikoff_cases():
    for v in itertools.product(range(-2, 3), repeat=2):
        if any(v):
            yield ((0,), (9,)), (0, 1), v, (0, 0), Q(82)
    for squared_radius in (Q(82), Q(1)):
        yield ((0,), (9,)), (0, 1), (2, -9), (0, 0), squared_radius
    for start, values in itertools.product([(0, 0, 0), (0, 0, 60)], itertools.product((0, 1), repeat=4)):
        for v in itertools.product(range(-3, 4), repeat=3):
            if any(v):
                yield BITS, values, v, start, Q(3)


novikoff = Statement(
    "thm-learning-novikoff",
    text="35afe9a7",
    cases=novikoff_cases,
    hypotheses={
        "started at zero": lambda case: not any(case[3]),
        "no a longer than R": lambda case: all(dot(a, a) <= case[4] for a in signed(*case[:2])),
        "a.v >= gamma > 0 for all a": lambda case: min(dot(a, case[2]) for a in signed(*case[:2])) > 0,
    },
    conclusion=within_the_bound,
    scope="all functions of two bits, all v of whole numbers from -3 to 3, all orders",
)


def test_no_order_makes_more_mistakes_and_what_that_needs():
    without = novikoff.verify().without
    assert without["no a longer than R"] == (((0,), (9,)), (0, 1), (2, -9), (0, 0), Q(1))
    assert without["started at zero"][3] == (0, 0, 60)
    assert set(without) == set(novikoff.hypotheses)
    assert worst(BITS, XOR, (0, 0, 0)) == math.inf  # the page's
    assert not within_the_bound((BITS, XOR, (1, 1, 1), (0, 0, 0), Q(3)))


def test_the_page_s_numbers_of_the_worst_order():
    assert worst(BITS, AND, (0, 0, 0)) == 15
    assert mistake_bound(BITS, AND) == 51
    v = reals("v1 v2 v3")
    proved(dot(v, v) >= 17, given=[dot(a, v) >= 1 for a in signed(BITS, AND)])  # 3 / 51 is the square of gamma
    assert dot((2, 2, -3), (2, 2, -3)) == 17
    assert min(dot(a, (2, 2, -3)) for a in signed(BITS, AND)) == 1


# --- thm-learning-bounded ----------------------------------------------------------------------------------------

SQUARE = [p for p in itertools.product((-1, 0, 1), repeat=2) if any(p)]
FAR = 2000  # of the square of the length


def reached(vectors, starts, *, any_step=False):
    """All that steps lead to, or None if they lead far."""
    found = set(starts)
    new = set(found)
    while new:
        new = {plus(u, a) for u in new for a in vectors if any_step or dot(a, u) <= 0} - found
        if any(dot(u, u) > FAR for u in new):
            return None
        found = found | new
    return found


def stays_bounded(case):
    vectors, any_step = case
    if vectors == "all of length one":  # one at a right angle each time
        x, y = 1.0, 0.0
        for _ in range(2 * FAR):
            length = math.hypot(x, y)
            x, y = x - y / length, y + x / length
        return x * x + y * y < FAR
    return reached(vectors, itertools.product(range(-2, 3), repeat=2), any_step=any_step) is not None


bounded = Statement(
    "thm-learning-bounded",
    text="d88df080",
    cases=lambda: [
        *((vectors, False) for k in range(9) for vectors in itertools.combinations(SQUARE, k)),
        (((1, 0),), True),
        ("all of length one", False),
    ],
    hypotheses={
        "finite": lambda case: case[0] != "all of length one",
        "a_t.u_t <= 0": lambda case: not case[1],
    },
    conclusion=stays_bounded,
    scope="all sets of vectors of the plane with coordinates -1, 0, 1, all starts from -2 to 2, all sequences",
)


def test_all_that_corrections_lead_to_is_bounded():
    assert bounded.verify().without == {"finite": ("all of length one", False), "a_t.u_t <= 0": (((1, 0),), True)}


def test_in_three_dimensions_and_that_a_far_start_makes_it_no_worse():
    draw = np.random.default_rng(0)
    for _ in range(60):
        vectors = [tuple(a) for a in draw.integers(-2, 3, (int(draw.integers(1, 7)), 3)).tolist()]
        assert reached(vectors, [(0, 0, 0)]) is not None
    for _ in range(200):
        vectors = [SQUARE[k] for k in draw.permutation(8)[: int(draw.integers(1, 9))]]
        start = tuple(draw.integers(-15, 16, 2).tolist())
        after = reached(vectors, [start])
        assert after is not None
        assert max(dot(u, u) for u in after) <= dot(start, start) + 8


# --- prop-learning-circle ----------------------------------------------------------------------------------------
# A coordinate (p, q) is p + q times the root of 2.


def at_least_zero(p, q):
    if p >= 0 and q >= 0:
        return True
    if p <= 0 and q <= 0:
        return p == q == 0
    return p * p >= 2 * q * q if p > 0 else 2 * q * q >= p * p


def fires(weights, bias, x):
    """The weights are themselves of this kind; so is the bias, without a root."""
    p = bias + sum(w[0] * c[0] + 2 * w[1] * c[1] for w, c in zip(weights, x, strict=True))
    return at_least_zero(p, sum(w[0] * c[1] + w[1] * c[0] for w, c in zip(weights, x, strict=True)))


def learns_or_refutes(case, start=0):
    points, values, shown = case
    weights, bias = tuple((start, 0) for _ in points[0]), start
    seen, steps, quiet = {(weights, bias): 0}, [], 0
    for k in itertools.islice(itertools.cycle(shown), 600):
        x, sign = points[k], 1 if values[k] else -1
        quiet += 1
        if fires(weights, bias, x) != bool(values[k]):
            weights = tuple((w[0] + sign * c[0], w[1] + sign * c[1]) for w, c in zip(weights, x, strict=True))
            bias, quiet = bias + sign, 0
            steps.append(k)
            if (weights, bias) in seen:
                between = steps[seen[weights, bias] :]
                sides = [[points[j] for j in between if values[j] == v] for v in (1, 0)]
                sums = [[tuple(map(sum, zip(*axis, strict=True))) for axis in zip(*s, strict=True)] for s in sides]
                return len(sides[0]) == len(sides[1]) >= 1 and sums[0] == sums[1]
            seen[weights, bias] = len(steps)
        if quiet == len(shown):
            return all(fires(weights, bias, x) == bool(v) for x, v in zip(points, values, strict=True))
    return False


def whole(*coordinates):
    return tuple((c, 0) for c in coordinates)


ROOT = (((0, 1),), whole(1), whole(2))


def circle_cases():
    plane = tuple(whole(*x) for x in BITS)
    line = tuple(whole(k) for k in (-1, 0, 2, 3))
    for points in (plane, line):
        for count in range(1, 5):
            for some in itertools.combinations(points, count):
                for values in itertools.product((0, 1), repeat=count):
                    for order in itertools.permutations(range(count)):
                        yield some, values, order
    yield plane, AND, (0,)
    yield ROOT, (1, 0, 0), (0, 1, 2)


circle = Statement(
    "prop-learning-circle",
    text="883e58ba",
    cases=circle_cases,
    hypotheses={
        "whole": lambda case: not any(q for x in case[0] for _, q in x),
        "each of them again and again": lambda case: set(case[2]) == set(range(len(case[0]))),
    },
    conclusion=learns_or_refutes,
    scope="all functions on up to four bit pairs and on up to four points of a line, in all orders",
)


def test_in_whole_numbers_it_learns_or_refutes():
    without = circle.verify().without
    assert without["whole"] == (ROOT, (1, 0, 0), (0, 1, 2))
    assert without["each of them again and again"][1:] == (AND, (0,))


def test_so_it_does_from_other_starts():
    for case in itertools.islice(circle_cases(), 0, 460, 7):
        assert learns_or_refutes(case, 3)
        assert learns_or_refutes(case, -2)


# --- prop-learning-half ------------------------------------------------------------------------------------------


def mean_square(w1, w2, b):
    return sum((w1 * x + w2 * y + b - value) ** 2 for (x, y), value in zip(BITS, XOR, strict=True)) / Q(4)


half = Statement(
    "prop-learning-half",
    text="c1f76801",
    cases=lambda: itertools.product([Q(k, 2) for k in range(-4, 5)], repeat=3),
    conclusion=lambda case: (
        mean_square(*case) >= Q(1, 4) and (mean_square(*case) == Q(1, 4)) == (case == (0, 0, Q(1, 2)))
    ),
    scope="all w1, w2, b from -2 to 2 in halves",
    kind="proved",
)


def test_the_best_line_is_flat():
    half.verify()
    w1, w2, b = reals("w1 w2 b")
    loss = sum((w1 * x + w2 * y + b - value) ** 2 for (x, y), value in zip(BITS, XOR, strict=True)) / 4
    flat = z3.And(w1 == 0, w2 == 0, 2 * b == 1)
    proved(z3.And(loss >= Q(1, 4), (loss == Q(1, 4)) == flat))


# --- prop-learning-minima ----------------------------------------------------------------------------------------

OFF, P, R = (0, 0, -1), (2, -2, -1), (2, 2, -3)
MINIMA = {
    Q(0): (*(1, 1, 0), *(1, 1, -1), 1, -2, 0),
    Q(1, 8): (*P, *R, Q(1, 2), Q(-1, 2), Q(1, 2)),
    Q(1, 6): (*P, *OFF, Q(2, 3), 0, Q(1, 3)),
    Q(1, 4): (*OFF, *OFF, 1, -3, Q(1, 2)),
}


def xor_loss(nine):
    """Mean squared error for rows of nine numbers."""
    w1, w2, b, u1, u2, d, v1, v2, c = np.moveaxis(np.asarray(nine), -1, 0)
    total = 0
    for (x, y), value in zip(BITS, XOR, strict=True):
        first, second = np.maximum(w1 * x + w2 * y + b, 0), np.maximum(u1 * x + u2 * y + d, 0)
        total = total + (v1 * first + v2 * second + c - value) ** 2
    return total / 4


def is_local_minimum(value):
    """The value exactly, and nothing less on a lattice around it, of two sizes."""
    place = MINIMA[value]
    exact = sum(
        (place[6] * max(dot(place[:2], x) + place[2], 0) + place[7] * max(dot(place[3:5], x) + place[5], 0)
         + place[8] - wanted) ** 2
        for x, wanted in zip(BITS, XOR, strict=True)
    ) / Q(4)  # fmt: skip
    around = np.array(list(itertools.product((-1, 0, 1), repeat=9)), float)
    near = [np.array(place, float) + size * around for size in (1e-1, 1e-3)]
    return exact == value and all((xor_loss(rows) >= float(value) - 1e-12).all() for rows in near)


minima = Statement(
    "prop-learning-minima",
    text="445be19a",
    cases=lambda: list(MINIMA),
    conclusion=is_local_minimum,
    scope="the four values, on lattices of nine dimensions",
)


def test_four_local_minima_of_xor():
    assert minima.verify().covered == 4


def test_the_same_for_all_small_changes():
    """The sums keep their signs; then what all silent points see is c, and that costs so much whatever c is."""
    (c,) = reals("c")
    for value, place in MINIMA.items():
        if value:
            sums = [[dot(place[k : k + 2], x) + place[k + 2] for x in BITS] for k in (0, 3)]
            assert 0 not in sums[0] + sums[1]
            silent = [wanted for wanted, p, q in zip(XOR, *sums, strict=True) if p < 0 and q < 0]
            proved(sum((c - wanted) ** 2 for wanted in silent) >= 4 * value)


# --- prop-learning-compare ---------------------------------------------------------------------------------------


def larger(x):
    n = len(x) // 2
    return int(x[:n] > x[n:])  # digits, the highest first


def mistakes_before_it_is_right(case):
    n, start, seed = case
    points = list(itertools.product((0, 1), repeat=2 * n))
    if seed:
        points = [points[k] for k in np.random.default_rng(seed).permutation(len(points))]
    state, count = start, 0
    for _ in range(10_000):
        wrong = False
        for x in points:
            after = corrected(state, x, larger(x))
            count += after != state
            wrong |= after != state
            state = after
        if not wrong:
            return count
    raise AssertionError("one neuron computes it")


def weights_of_the_proof(n):
    places = tuple(2 ** (n - 1 - k) for k in range(n))
    return (*places, *(-place for place in places), -1)


compare = Statement(
    "prop-learning-compare",
    text="b79360a6",
    cases=lambda: [
        (n, start, seed)
        for n in (1, 2, 3)
        for start in ((0,) * (2 * n + 1), weights_of_the_proof(n))
        for seed in range(6)
    ],
    hypotheses={"started at zero": lambda case: not any(case[1])},
    conclusion=lambda case: mistakes_before_it_is_right(case) >= 2 ** (case[0] - 1),
    scope="up to three digits, six orders",
)


def test_comparing_numbers_takes_exponentially_many_mistakes():
    assert compare.verify().without == {"started at zero": (1, weights_of_the_proof(1), 0)}
    for n in range(1, 5):  # the neuron of the proof
        for x in itertools.product((0, 1), repeat=2 * n):
            *weights, bias = weights_of_the_proof(n)
            assert (dot(weights, x) + bias >= 0) == bool(larger(x))


def test_whole_weights_that_compare_are_large():
    """The prover: with n = 3 no neuron of whole numbers has a first weight below 4, nor others below 2 and 1."""
    n = 3
    weights, b = [z3.Int(f"w{k}") for k in range(2 * n)], z3.Int("b")
    right = []
    for x in itertools.product((0, 1), repeat=2 * n):
        total = b + z3.Sum([w for w, bit in zip(weights, x, strict=True) if bit])
        right.append(total >= 0 if larger(x) else total < 0)
    proved(z3.And(weights[0] >= 4, weights[1] >= 2, weights[2] >= 1), given=right)


# --- sentences beside the statements -----------------------------------------------------------------------------


def test_a_start_elsewhere_costs_twice_its_length_over_gamma():
    """The solution of the exercise, on all functions of two bits that a neuron computes."""
    for values in itertools.product((0, 1), repeat=4):
        if worst(BITS, values, (0, 0, 0)) < math.inf:
            bound = mistake_bound(BITS, values)
            for start in itertools.product((-3, 0, 3), repeat=3):
                length = math.sqrt(dot(start, start))
                assert worst(BITS, values, start) <= float(bound) + 2 * length * math.sqrt(bound / 3) + 1e-9


def test_ten_times_the_correction_is_ten_times_the_weights():
    for values in itertools.product((0, 1), repeat=4):
        one = ten = (0, 0, 0)
        for x, value in itertools.islice(itertools.cycle(list(zip(BITS, values, strict=True))), 60):
            step = [after - before for after, before in zip(corrected(ten, x, value), ten, strict=True)]
            ten = plus(ten, [10 * s for s in step])
            one = corrected(one, x, value)
            assert ten == tuple(10 * p for p in one)
