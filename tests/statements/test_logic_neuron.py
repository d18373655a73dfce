"""Statements of *One neuron cuts space in two*, from their text alone: brute force in fractions, and the prover."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q
from math import comb

import pytest
import z3

from hwlib.logic import NotSeparable, Separable, boolean_function, separate, separate_points

from .harness import Statement
from .prover import proved, reals

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]
AND, OR, XOR = (0, 0, 0, 1), (0, 1, 1, 1), (0, 1, 1, 0)


def fires(w1, w2, b, x):
    return w1 * x[0] + w2 * x[1] + b >= 0


def computes(table, w1, w2, b):
    return all(fires(w1, w2, b, x) == bool(value) for x, value in zip(BITS, table, strict=True))


def neurons():
    """Weights and bias from -2 to 2 in halves, small ones first."""
    grid = [Q(k, 2) for k in range(-4, 5)]
    return sorted(itertools.product(grid, repeat=3), key=lambda case: (sum(map(abs, case)), case))


# --- prop-neuron-weights ---------------------------------------------------------------------------------------

AND_ROWS = {
    "w1 + b < 0": lambda case: case[0] + case[2] < 0,
    "w2 + b < 0": lambda case: case[1] + case[2] < 0,
    "w1 + w2 + b >= 0": lambda case: sum(case) >= 0,
}
OR_ROWS = {
    "b < 0": lambda case: case[2] < 0,
    "w1 + b >= 0": lambda case: case[0] + case[2] >= 0,
    "w2 + b >= 0": lambda case: case[1] + case[2] >= 0,
}
weights_of_and = Statement(
    "prop-neuron-weights",
    text="cb4f6e35",
    cases=neurons,
    hypotheses=AND_ROWS,
    conclusion=lambda case: computes(AND, *case),
    scope="all w1, w2, b from -2 to 2 in halves",
)
weights_of_or = Statement(
    "prop-neuron-weights",
    text="cb4f6e35",
    cases=neurons,
    hypotheses=OR_ROWS,
    conclusion=lambda case: computes(OR, *case),
    scope="all w1, w2, b from -2 to 2 in halves",
)
only_these = Statement(
    "prop-neuron-weights",
    text="cb4f6e35",
    cases=neurons,
    conclusion=lambda case: (
        computes(AND, *case) == all(row(case) for row in AND_ROWS.values())
        and computes(OR, *case) == all(row(case) for row in OR_ROWS.values())
    ),
    scope="all w1, w2, b from -2 to 2 in halves",
)


@pytest.mark.problem("logic-and-or")
def test_three_inequalities_for_each_gate_and_none_can_be_dropped():
    for statement in (weights_of_and, weights_of_or):
        assert len(statement.verify().without) == 3
    only_these.verify()
    page = {  # the page's counter-examples
        "w1 + b < 0": (1, 0, -1), "w2 + b < 0": (0, 1, -1), "w1 + w2 + b >= 0": (0, 0, -1),
        "b < 0": (0, 0, 0), "w1 + b >= 0": (0, 1, -1), "w2 + b >= 0": (1, 0, -1),
    }  # fmt: skip
    for rows, table in ((AND_ROWS, AND), (OR_ROWS, OR)):
        for name in rows:
            assert [other for other, row in rows.items() if not row(page[name])] == [name]
            assert not computes(table, *page[name])


@pytest.mark.problem("logic-and-or")
def test_the_same_for_all_real_weights_and_no_bias_from_zero_on():
    w1, w2, b = reals("w1 w2 b")
    for table, rows in ((AND, AND_ROWS), (OR, OR_ROWS)):
        right = z3.And([fires(w1, w2, b, x) == bool(value) for x, value in zip(BITS, table, strict=True)])
        proved(right == z3.And([row((w1, w2, b)) for row in rows.values()]))
        proved(z3.Implies(right, b < 0))  # "With b >= 0 there are none"


def test_the_triangle_of_and_has_the_named_corners():
    """With b < 0, (w1, w2) is in the triangle of (-b, -b), (0, -b), (-b, 0) exactly if the closed inequalities hold."""
    w1, w2, b, s, t, u = reals("w1 w2 b s t u")
    average = z3.And(s >= 0, t >= 0, u >= 0, s + t + u == 1, w1 == -b * (s + u), w2 == -b * (s + t))
    closed = z3.And(w1 + b <= 0, w2 + b <= 0, w1 + w2 + b >= 0)
    proved(closed, given=[b < 0, average])
    shares = [(s, (w1 + w2 + b) / -b), (t, 1 + w1 / b), (u, 1 + w2 / b)]
    proved(z3.substitute(average, *shares), given=[b < 0, closed])


# --- prop-neuron-margin ------------------------------------------------------------------------------------------


def squared_distance(case):
    """Of the nearest of the four points from the line."""
    w1, w2, b = case
    return Q(min(abs(w1 * x + w2 * y + b) for x, y in BITS)) ** 2 / (w1 * w1 + w2 * w2)


def margin_is_as_stated(case):
    table, (w1, w2, b) = case
    best = w1 == w2 > 0 and 2 * b == {AND: -3, OR: -1}[table] * w1
    squared = squared_distance((w1, w2, b))
    return squared <= Q(1, 8) and (squared == Q(1, 8)) == best


margin = Statement(
    "prop-neuron-margin",
    text="47d25fcb",
    cases=lambda: [(table, case) for case in neurons() for table in (AND, OR)],
    hypotheses={"it computes the gate": lambda case: any(case[1][:2]) and computes(case[0], *case[1])},
    conclusion=lambda case: not any(case[1][:2]) or margin_is_as_stated(case),
    scope="all w1, w2, b from -2 to 2 in halves",
)


@pytest.mark.problem("logic-and-or")
def test_no_line_is_farther_from_the_four_points():
    report = margin.verify()
    assert report.covered > 20
    assert squared_distance(report.without["it computes the gate"][1]) > Q(1, 8)


@pytest.mark.problem("logic-and-or")
@pytest.mark.parametrize(("table", "b0"), [(AND, -3), (OR, -1)])
def test_the_margin_for_all_real_weights(table, b0):
    w1, w2, b, m = reals("w1 w2 b m")
    rows = [w1 * x + w2 * y + b for x, y in BITS]
    gate = [row >= m if value else row <= -m for row, value in zip(rows, table, strict=True)]
    right = [fires(w1, w2, b, x) == bool(value) for x, value in zip(BITS, table, strict=True)]
    proved(8 * m * m <= w1 * w1 + w2 * w2, given=[*right, *gate, m >= 0])
    proved(z3.And(w1 == w2, w1 > 0, 2 * b == b0 * w1), given=[*right, *gate, m >= 0, 8 * m * m == w1 * w1 + w2 * w2])


@pytest.mark.problem("logic-and-or")
def test_the_library_finds_the_stated_weights():
    for table, b in ((AND, -3), (OR, -1)):
        widest = separate(list(table), choose="margin")
        assert (widest.weights, widest.bias) == ((2, 2), b)
        assert computes(table, *widest.weights, widest.bias)
        assert squared_distance((*widest.weights, widest.bias)) == Q(1, 8)


# --- prop-neuron-xor ---------------------------------------------------------------------------------------------

no_xor = Statement(
    "prop-neuron-xor",
    text="b350021d",
    cases=neurons,
    conclusion=lambda case: not computes(XOR, *case),
    scope="all w1, w2, b from -2 to 2 in halves",
)


@pytest.mark.problem("logic-xor-impossible")
def test_no_neuron_computes_xor_on_the_grid_and_none_with_real_weights():
    no_xor.verify()
    w1, w2, b = reals("w1 w2 b")
    proved(z3.Not(z3.And([fires(w1, w2, b, x) == bool(value) for x, value in zip(BITS, XOR, strict=True)])))


# --- thm-neuron --------------------------------------------------------------------------------------------------
# A case: points, their values, the least number of points on a side. A coordinate (p, q) is p + q times the root of 2.


def whole(*coordinates):
    return tuple((c, 0) for c in coordinates)


LEXICOGRAPHIC = ("all whole points of the plane", "lexicographic", 1)  # true where x1 > 0, or x1 = 0 and x2 >= 0


def neuron_exists(points, values):
    solver, root = z3.Solver(), z3.Real("root")
    if any(q for x in points for _, q in x):
        solver.add(root * root == 2, root > 0)
    weights, b = [z3.Real(f"w{k}") for k in range(len(points[0]) if points else 0)], z3.Real("b")
    for x, value in zip(points, values, strict=True):
        total = b + sum(w * (p + q * root if q else p) for w, (p, q) in zip(weights, x, strict=True))
        solver.add(total >= 0 if value else total < 0)
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.sat


def certificate_exists(points, values, least):
    """Whole numbers of repetitions, as many on both sides, with equal sums; p + q root is zero only for p = q = 0."""
    solver, counts = z3.Solver(), [z3.Int(f"m{k}") for k in range(len(points))]
    solver.add([m >= 0 for m in counts])
    signed = [m if value else -m for m, value in zip(counts, values, strict=True)]
    solver.add(z3.Sum(signed) == 0)
    solver.add(z3.Sum([m for m, value in zip(counts, values, strict=True) if value]) >= least)
    for k in range(len(points[0]) if points else 0):
        for part in range(2):
            solver.add(z3.Sum([m * x[k][part] for m, x in zip(signed, points, strict=True)]) == 0)
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.sat


def exactly_one(case):
    points, values, least = case
    if case == LEXICOGRAPHIC:
        return lexicographic_has_a_neuron() or lexicographic_has_equal_sums()
    return neuron_exists(points, values) != certificate_exists(points, values, least)


def lexicographic_has_a_neuron():
    """Not if for all real weights one of four of its points is wrong, one of them far enough out."""
    w1, w2, b, far = reals("w1 w2 b far")
    right = z3.And(w1 - far * w2 + b >= 0, far * w2 + b >= 0, b >= 0, b - w2 < 0)
    size = z3.If(w1 >= 0, w1, -w1) + z3.If(b >= 0, b, -b)
    steep = z3.If(w2 >= 0, w2, -w2)
    proved(z3.Not(right), given=[far >= 0, z3.Implies(w2 != 0, far * steep > size)])
    return False


def lexicographic_has_equal_sums():
    """Not if sums of two true points are true and of two false ones false."""
    p, q, r, s = reals("p q r s")

    def true(x1, x2):
        return z3.Or(x1 > 0, z3.And(x1 == 0, x2 >= 0))

    proved(true(p + r, q + s), given=[true(p, q), true(r, s)])
    proved(z3.Not(true(p + r, q + s)), given=[z3.Not(true(p, q)), z3.Not(true(r, s))])
    return False


def functions_on_points():
    line = [whole(k) for k in range(4)]
    plane = [whole(*x) for x in [*BITS, (2, 1)]]
    cube = [whole(*x) for x in itertools.product((0, 1), repeat=3)]
    with_root = [((0, 1),), whole(1), whole(2)]
    yield (), (), 1
    yield (whole(),), (0,), 1  # the one point of no coordinates
    for places in (with_root, line, plane):
        for labels in itertools.product((None, 0, 1), repeat=len(places)):  # None: the point is left out
            kept = [(x, value) for x, value in zip(places, labels, strict=True) if value is not None]
            yield tuple(x for x, _ in kept), tuple(value for _, value in kept), 1
    yield tuple(plane), (0,) * 5, 0
    yield LEXICOGRAPHIC
    for number in range(0, 256, 3):
        yield tuple(cube), tuple(number >> k & 1 for k in range(8)), 1


equal_sums = Statement(
    "thm-neuron",
    text="30b91698",
    cases=functions_on_points,
    hypotheses={
        "finitely many": lambda case: case != LEXICOGRAPHIC,
        "whole": lambda case: case == LEXICOGRAPHIC or not any(q for x in case[0] for _, q in x),
        "one or more": lambda case: case[2] == 1,
    },
    conclusion=exactly_one,
    scope="all functions on parts of four points of a line and of five of the plane, a third of those on the cube",
)


@pytest.mark.problem("logic-xor-impossible")
def test_a_neuron_or_equal_sums_and_what_that_needs():
    without = equal_sums.verify().without
    assert without["finitely many"] == LEXICOGRAPHIC
    points, values, _ = without["whole"]
    assert dict(zip(points, values, strict=True)) in (
        {((0, 1),): 1, ((1, 0),): 0, ((2, 0),): 0},  # the page's: the root of 2 is true, 1 and 2 are false
        {((0, 1),): 0, ((1, 0),): 1, ((2, 0),): 1},
    )
    assert without["one or more"][2] == 0
    assert not exactly_one(((whole(0),), (0,), 0))


@pytest.mark.problem("logic-xor-impossible")
def test_the_library_decides_as_the_prover_does_and_accepts_no_empty_certificate():
    assert not NotSeparable((), (), (), ()).verify()
    for points, values, least in functions_on_points():
        if points == LEXICOGRAPHIC[0] or least == 0 or len(points) != 5:
            continue
        sides = [[[p for p, _ in x] for x, value in zip(points, values, strict=True) if value == v] for v in (1, 0)]
        assert isinstance(separate_points(*sides), Separable) == neuron_exists(points, values)


# --- prop-neuron-share -------------------------------------------------------------------------------------------


def functions_with_a_neuron(n):
    """How many, by whole weights to n and every bias that makes a difference: enough up to three inputs."""
    points = list(itertools.product((0, 1), repeat=n))
    return len(
        {
            tuple(sum(w * x for w, x in zip(weights, point, strict=True)) + b >= 0 for point in points)
            for weights in itertools.product(range(-n, n + 1), repeat=n)
            for b in range(-n * n - 1, n * n + 2)
        }
    )


share = Statement(
    "prop-neuron-share",
    text="75b9a048",
    cases=lambda: range(4),
    conclusion=lambda n: (
        functions_with_a_neuron(n) <= 2 * sum(comb(2**n - 1, k) for k in range(n + 1)) <= 2 ** (n * n + 1)
    ),
    scope="up to three inputs",
)


@pytest.mark.problem("logic-xor-impossible")
def test_few_functions_have_a_neuron():
    share.verify()
    assert [functions_with_a_neuron(n) for n in range(4)] == [2, 4, 14, 104]
    for n in range(4, 40):  # the two bounds, further on
        assert sum(comb(2**n - 1, k) for k in range(n + 1)) <= 2 ** (n * n)
    for m, d in itertools.product(range(2, 12), range(2, 8)):  # the induction's step
        assert r(m, d) == r(m - 1, d) + r(m - 1, d - 1)


def r(m, d):
    return 2 * sum(comb(m - 1, k) for k in range(d))


# --- sentences that were false -----------------------------------------------------------------------------------


def test_a_neuron_that_computes_a_constant_may_have_a_line_through_points():
    assert computes((1, 1, 1, 1), 1, 1, 0)
    assert 1 * 0 + 1 * 0 + 0 == 0  # (0, 0) is on its line


def test_with_minus_one_for_false_and_s_neuron_still_computes_and_and_or_s_does_too():
    signs = [(2 * x - 1, 2 * y - 1) for x, y in BITS]
    for b in (-2, -1):
        assert tuple(int(s + t + b >= 0) for s, t in signs) == AND
    assert boolean_function("x1 & x2").values == AND


def test_on_signs_all_neurons_of_and_compute_and_and_none_of_or_computes_or():
    """The page once said that those of OR compute AND as well: w = (3, 1) with b = -1 computes x1."""
    w1, w2, b = reals("w1 w2 b")

    def on_signs(table, *neuron):
        rows = zip(BITS, table, strict=True)
        return [fires(*neuron, (2 * x - 1, 2 * y - 1)) == bool(value) for (x, y), value in rows]

    proved(z3.And(on_signs(AND, w1, w2, b)), given=[row((w1, w2, b)) for row in AND_ROWS.values()])
    proved(z3.Not(z3.And(on_signs(OR, w1, w2, b))), given=[row((w1, w2, b)) for row in OR_ROWS.values()])
    assert computes(OR, 3, 1, -1)
    assert all(on_signs((0, 0, 1, 1), 3, 1, -1))
    assert not all(on_signs(AND, 3, 1, -1))


def test_weights_may_shift_the_line_and_without_one_the_bias_alone_changes_the_function():
    """Below the explorer it once said: the weights turn the line; the function changes when it passes a point."""
    assert [Q(-b, w) for w, b in ((1, -1), (2, -1))] == [1, Q(1, 2)]  # the lines x1 = 1 and x1 = 1/2 are parallel
    assert (computes((0, 0, 0, 0), 0, 0, -1), computes((1, 1, 1, 1), 0, 0, 0)) == (True, True)


def test_functions_are_counted_with_the_bias_as_the_weight_of_one_more_input():
    """The page once said: sorted positive weights, times the ways to permute and negate the inputs."""
    for n, count in ((0, 2), (1, 4), (2, 14), (3, 104)):
        signs = list(itertools.product((-1, 1), repeat=n + 1))
        tables = set()
        for base in itertools.product(range(n + 2), repeat=n + 1):
            if list(base) == sorted(base):  # sorted and not negative, the bias among them
                for order, turns in itertools.product(set(itertools.permutations(base)), signs):
                    weights = [w * turn for w, turn in zip(order, turns, strict=True)]
                    sums = [sum(w * x for w, x in zip(weights, point, strict=True)) for point in signs]
                    if 0 not in sums:
                        tables.add(tuple(s > 0 for s, point in zip(sums, signs, strict=True) if point[-1] == 1))
        assert len(tables) == count


def test_not_f_has_the_opposite_weights_and_a_bias_less_one():
    """The solution of an exercise; without whole numbers, or without the one, it fails."""
    w1, w2, b = z3.Ints("w1 w2 b")
    for x in BITS:
        proved(fires(-w1, -w2, -b - 1, x) == z3.Not(fires(w1, w2, b, x)))
    assert fires(-1, -1, 2, (1, 1)) == fires(1, 1, -2, (1, 1))  # on the line both fire
    assert fires(-Q(1, 2), 0, -1 + Q(1, 4), (1, 0)) == fires(Q(1, 2), 0, -Q(1, 4) - Q(1, 2), (1, 0))


def test_or_keeps_no_neuron():
    """The first false sentence of an exercise; the ones before it are true for two bits."""
    tables = list(itertools.product((0, 1), repeat=4))
    able = {table for table in tables if any(computes(table, *case) for case in neurons())}
    assert len(able) == 14
    assert {tuple(1 - value for value in table) for table in able} == able
    assert any(tuple(map(max, f, g)) not in able for f in able for g in able)
    assert tuple(map(max, (0, 0, 1, 0), (0, 1, 0, 0))) == XOR
