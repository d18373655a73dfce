"""Statements of *A weight used twice gets two gradients*, from their text alone.

Derivatives are read off germs: what a computation is just right of a point, as a polynomial of the step. A ReLU looks
at the sign of the first term that is not zero. So one-sided slopes are exact, and nothing of the library is used.
"""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
import z3

from hwlib.backprop import (
    Value,
    backward_steps,
    computation_graph,
    count_multiplications,
    tape,
    weight_twice_gradient,
    weight_twice_kinks,
)

from .harness import Statement
from .prover import proved, reals, relu


class Germ:
    """A polynomial of a small positive step; entry k is the factor of its k-th power."""

    def __init__(self, *terms):
        self.terms = list(terms)

    def __add__(self, other):
        return Germ(*(a + b for a, b in itertools.zip_longest(self.terms, germ(other).terms, fillvalue=0)))

    def __mul__(self, other):
        other = germ(other)
        found = [0] * (len(self.terms) + len(other.terms) - 1)
        for (i, a), (j, b) in itertools.product(enumerate(self.terms), enumerate(other.terms)):
            found[i + j] += a * b
        return Germ(*found)

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return self if next((term for term in self.terms if term), 0) > 0 else Germ(0)

    @property
    def slope(self):
        return self.terms[1] if len(self.terms) > 1 else 0


def germ(number):
    return number if isinstance(number, Germ) else Germ(number)


def system(weight, x):
    """y, u, v and L of the chapter, by loops, on germs."""
    places = range(len(x))
    y = [sum((germ(weight[i][j]) * x[j] for j in places), Germ(0)) for i in places]
    u = [one.relu() for one in y]
    v = [u[i] + sum((germ(weight[i][j]) * u[j] for j in places), Germ(0)) for i in places]
    return y, u, v, sum((one * one for one in v), Germ(0)) * Q(1, 2)


def both_sides(weight, x, i, j):
    """The systems as W_ij moves to the right, and to the left; a slope to the left has its sign turned."""
    found = []
    for side in (1, -1):
        moved = [list(row) for row in weight]
        moved[i][j] = Germ(weight[i][j], side)
        found.append(system(moved, x))
    return found


def slopes(weight, x, i, j, part):
    """One-sided derivatives by W_ij of what ``part`` picks."""
    right, left = both_sides(weight, x, i, j)
    return part(right).slope, -part(left).slope


def at(weight, x):
    """y, u, v as numbers, and a = (I + Wᵀ) v."""
    y, u, v, _ = ([one.terms[0] for one in part] if isinstance(part, list) else part for part in system(weight, x))
    places = range(len(x))
    return y, u, v, [v[i] + sum(weight[m][i] * v[m] for m in places) for i in places]


def matrices():
    """W, x, i, j: all of d = 1 with entries from -2 to 2, all of d = 2 with 0, 1, -1, some of d = 3."""
    for d, entries in ((1, (0, 1, -1, 2, -2)), (2, (0, 1, -1))):
        for numbers in itertools.product(entries, repeat=d * d + d):
            weight, x = tuple(zip(*[iter(numbers[: d * d])] * d, strict=True)), numbers[d * d :]
            for i, j in itertools.product(range(d), repeat=2):
                yield weight, x, i, j
    draw = np.random.default_rng(0)
    for _ in range(40):
        weight, x = draw.integers(-2, 3, (3, 3)).tolist(), draw.integers(-2, 3, 3).tolist()
        for i, j in itertools.product(range(3), repeat=2):
            yield weight, x, i, j


SCOPE = "d = 1 with numbers from -2 to 2, d = 2 with 0, 1, -1, and 40 drawn with d = 3, each entry of W"

# --- the outermost step -----------------------------------------------------------------------------------------------


def v_slopes(case):
    weight, x, i, j = case
    return [slopes(weight, x, i, j, lambda found, m=m: found[2][m]) for m in range(len(x))]


def loss_from_v(case):
    weight, x, i, j = case
    right, left = slopes(weight, x, i, j, lambda found: found[3])
    v = at(weight, x)[2]
    return right == left == sum(one * slope for one, (slope, _) in zip(v, v_slopes(case), strict=True))


outermost = Statement(
    "prop-chain-loss",
    text="96525875",
    cases=matrices,
    hypotheses={"all v_m have a derivative": lambda case: all(right == left for right, left in v_slopes(case))},
    conclusion=loss_from_v,
    scope=SCOPE,
)

BENT = (((0, 0), (1, 0)), (1, 0), 0, 0)  # W, x, i, j of the page's kink


@pytest.mark.problem("backprop-loss")
def test_the_loss_sees_v_only():
    assert outermost.verify().without == {"all v_m have a derivative": BENT}
    assert slopes(*BENT, lambda found: found[3]) == (1, 0)


@pytest.mark.problem("backprop-loss")
def test_a_loss_may_have_a_derivative_where_v_has_none():
    assert slopes(((0,),), (1,), 0, 0, lambda found: found[2][0]) == (1, 0)
    assert slopes(((0,),), (1,), 0, 0, lambda found: found[3]) == (0, 0)


# --- the derivatives of v ---------------------------------------------------------------------------------------------


def relation(case, m, *, printed):
    weight, x, i, j = case
    y, u, _, _ = at(weight, x)
    du = [(l == i) * (y[i] > 0) * x[j] for l in range(len(x))]  # noqa: E741
    return du[m] + (i == m) * (x[j] if printed else u[j]) + sum(weight[m][l] * du[l] for l in range(len(x)))  # noqa: E741


def derivatives_of_v(case):
    weight, x, i, j = case
    y, u, _, _ = at(weight, x)
    for m, (right, left) in enumerate(v_slopes(case)):
        du = slopes(weight, x, i, j, lambda found, m=m: found[1][m])
        if set(du) != {(m == i) * (y[i] > 0) * x[j]}:
            return False
        if not right == left == relation(case, m, printed=False):
            return False
        if (relation(case, m, printed=True) == right) != (m != i or x[j] == u[j]):
            return False
    return True


derivatives = Statement(
    "prop-chain-relation",
    text="698ba97d",
    cases=matrices,
    hypotheses={"y_i is not zero": lambda case: at(*case[:2])[0][case[2]] != 0},
    conclusion=derivatives_of_v,
    scope=SCOPE,
)


@pytest.mark.problem("backprop-matrix-form")
def test_v_has_the_derivatives_that_the_corrected_relation_says():
    assert derivatives.verify().without == {"y_i is not zero": (((0,),), (1,), 0, 0)}


@pytest.mark.problem("backprop-matrix-form")
def test_the_printed_relation_is_wrong_where_v_does_not_even_move():
    case = ((-1,),), (1,), 0, 0
    assert v_slopes(case) == [(0, 0)]
    assert relation(case, 0, printed=False) == 0
    assert relation(case, 0, printed=True) == 1
    case = ((2,),), (1,), 0, 0  # and in the example by hand
    assert (v_slopes(case), relation(case, 0, printed=True)) == ([(5, 5)], 4)


@pytest.mark.problem("backprop-matrix-form")
def test_the_relation_for_all_real_numbers_with_two_rows():
    a, b, c, d, e, f, t = reals("a b c d e f t")
    weight, x = ((a, b), (c, d)), (e, f)

    def v(weight):
        y = [weight[i][0] * e + weight[i][1] * f for i in range(2)]
        u = [relu(one) for one in y]
        return y, u, [u[i] + weight[i][0] * u[0] + weight[i][1] * u[1] for i in range(2)]

    y, u, before = v(weight)
    for i, j in itertools.product(range(2), repeat=2):
        moved = [[weight[r][s] + (t if (r, s) == (i, j) else 0) for s in range(2)] for r in range(2)]
        du = z3.If(y[i] > 0, x[j], 0)
        for m, after in enumerate(v(moved)[2]):
            linear = weight[m][i] * du + ((du + u[j]) if m == i else 0)
            rest = t * t * du if i == m == j else 0
            proved(after == before[m] + t * linear + rest, given=[(t * x[j]) ** 2 < y[i] ** 2])


# --- the gradient -----------------------------------------------------------------------------------------------------


def no_kink_counts(case):
    weight, x, i, j = case
    y, _, _, a = at(weight, x)
    return y[i] != 0 or a[i] * x[j] == 0


def entry(case, step):
    weight, x, i, j = case
    y, u, v, a = at(weight, x)
    return v[i] * u[j] + (y[i] > 0 if y[i] else step) * a[i] * x[j]


def has_the_derivative(case):
    right, left = slopes(*case, lambda found: found[3])
    return all(right == left == entry(case, step) for step in (0, 1, Q(1, 2), -3))


matrix = Statement(
    "thm-chain-matrix",
    text="abbd3af3",
    cases=matrices,
    hypotheses={"y_i is not zero, or a_i x_j is": no_kink_counts},
    conclusion=has_the_derivative,
    scope=SCOPE,
)


@pytest.mark.problem("backprop-matrix-form")
def test_the_matrix_form_and_exactly_where_it_is_a_derivative():
    assert matrix.verify().without == {"y_i is not zero, or a_i x_j is": BENT}
    for case in matrices():
        weight, x, i, j = case
        right, left = slopes(*case, lambda found: found[3])
        assert (right == left) == no_kink_counts(case)  # otherwise there is none
        if len(x) < 3 or (i, j) == (0, 0):
            assert weight_twice_kinks(weight, x)[i, j] == (right != left)
            assert weight_twice_gradient(weight, x)[i, j] == entry(case, 0) in (right, left)


@pytest.mark.problem("backprop-matrix-form")
def test_where_no_kink_counts_the_loss_has_that_slope_in_every_direction():
    found = 0
    draw = np.random.default_rng(1)
    for weight, x, i, j in matrices():
        d = len(x)
        if (i, j) != (0, 0) or not all(
            no_kink_counts((weight, x, *place)) for place in itertools.product(range(d), repeat=2)
        ):
            continue
        way = draw.integers(-2, 3, (d, d)).tolist()
        moved = [[Germ(weight[r][s], way[r][s]) for s in range(d)] for r in range(d)]
        gradient = sum(way[r][s] * entry((weight, x, r, s), 0) for r in range(d) for s in range(d))
        assert system(moved, x)[3].slope == gradient
        found += any(not one for one in at(weight, x)[0])
    assert found > 200  # with a kink that does not count


@pytest.mark.problem("backprop-matrix-form")
def test_torch_takes_the_slope_zero_at_kinks():
    for weight, x, i, j in itertools.islice(matrices(), 0, 2500, 3):
        W = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
        u = torch.relu(W @ torch.tensor(x, dtype=torch.float64))
        (((u + W @ u) ** 2).sum() / 2).backward()
        assert W.grad[i, j] == entry((weight, x, i, j), 0)


# --- tapes: a case is a number and lines, each an operation and the places of its operands ---------------------------


def lines(most):
    """All programs on one number with up to so many operations, the shortest first."""

    def after(count):
        places = range(count)
        yield from (("relu", k) for k in places)
        for name in ("+", "×"):
            yield from ((name, *pair) for pair in itertools.combinations_with_replacement(places, 2))

    for length in range(most + 1):
        yield from itertools.product(*(list(after(1 + k)) for k in range(length)))


def programs():
    for program in lines(3):
        for number in (0, 1, -1, 2, -2):
            yield number, program


def numbers_of(case, start, moved=None):
    """All numbers of a tape, of any kind; with ``moved``, a place and a number, that one is replaced."""
    found = [start]
    for name, *places in case[1]:
        if moved and moved[0] == len(found) - 1:
            found[-1] = moved[1]
        operands = [found[k] for k in places]
        if name == "relu":
            found.append(operands[0].relu() if hasattr(operands[0], "relu") else max(operands[0], 0))
        else:
            found.append(operands[0] + operands[1] if name == "+" else operands[0] * operands[1])
    if moved and moved[0] == len(found) - 1:
        found[-1] = moved[1]
    return found


def uses(case):
    """For each number its uses: the place of the result, and the slope."""
    z = numbers_of(case, case[0])
    found = [[] for _ in z]
    for j, (name, *places) in enumerate(case[1], start=1):
        pair = {"+": (1, 1), "×": (z[places[-1]], z[places[0]]), "relu": (int(z[places[0]] > 0),)}[name]
        for k, slope in zip(places, pair, strict=True):
            found[k].append((j, slope))
    return found


def swept(case):
    """The backward sweep, as the definition has it."""
    to = uses(case)
    g = [0] * len(to)
    g[-1] = 1
    for j in reversed(range(len(to))):
        for k, some in enumerate(to):
            for end, slope in some:
                if end == j:
                    g[k] += slope * g[j]
    return g


def over_paths(case, k):
    to = uses(case)

    def total(at):
        return int(at == len(to) - 1) + sum(slope * total(end) for end, slope in to[at])

    return total(k)


def tape_is_the_definition_s(case):
    values = numbers_of(case, Value(case[0]))
    order = tape(values[-1])
    earlier = all(order.index(parent) < place for place, one in enumerate(order) for parent in one.parents)
    steps = list(backward_steps(values[-1]))
    g = swept(case)
    agree = all(one.gradient == g[values.index(one)] for one in order)
    return earlier and agree and [step.value for step in steps] == order[::-1]


definition = Statement(
    "def-chain-tape",
    text="23287198",
    cases=programs,
    conclusion=tape_is_the_definition_s,
    scope="all programs of up to three sums, products and ReLUs on one number from -2 to 2",
)


@pytest.mark.problem("backprop-loss")
def test_the_library_s_tape_and_sweep_are_those_of_the_definition():
    assert definition.verify().covered == 1940


def smooth(case):
    z = numbers_of(case, case[0])
    return all(name != "relu" or z[places[0]] != 0 for name, *places in case[1])


def sums_up(case):
    g = swept(case)
    if any(g[k] != over_paths(case, k) for k in range(len(g))):
        raise AssertionError("a sweep is the sum over paths, with or without a kink")
    z = numbers_of(case, case[0])
    for k, number in enumerate(z):
        for side in (1, -1):
            end = germ(numbers_of(case, case[0], moved=(k, Germ(number, side)))[-1])
            if end.slope * side != g[k]:
                return False
    return True


sweep = Statement(
    "thm-chain-sweep",
    text="08796d05",
    cases=programs,
    hypotheses={"every operation is differentiable at its operands": smooth},
    conclusion=sums_up,
    scope="all programs of up to three sums, products and ReLUs on one number from -2 to 2; by each of its numbers",
)


@pytest.mark.problem("backprop-loss")
def test_the_sweep_adds_up_all_paths_and_gives_derivatives():
    report = sweep.verify()
    assert report.without["every operation is differentiable at its operands"] == (0, (("relu", 0),))


def test_a_sweep_may_miss_a_derivative_that_exists():
    for side in (1, -1):
        t = Germ(0, side)
        assert (t.relu() + (t * -1).relu() * -1).slope * side == 1
    t = Value(0)
    (t.relu() - (-t).relu()).backward()
    assert t.gradient == 0


# --- cost -------------------------------------------------------------------------------------------------------------


class Counted:
    """A number that counts its products."""

    products = 0

    def __init__(self, number):
        self.number = number

    def __add__(self, other):
        return Counted(self.number + other.number)

    def __mul__(self, other):
        Counted.products += 1
        return Counted(self.number * other.number)

    def relu(self):
        return Counted(max(self.number, 0))


def counts(case, more=()):
    """Multiplications of a tape, of one sweep back, and of one sweep forward, by doing them."""
    Counted.products = 0
    z = numbers_of(case, Counted(case[0]))
    evaluation = Counted.products
    g = [None] * len(z)
    g[-1] = Counted(1)
    speeds = [Counted(1)]
    for j in range(len(z) - 1, 0, -1):
        name, *places = case[1][j - 1]
        if g[j] is not None:
            slopes = {"×": lambda p=places: (z[p[-1]], z[p[0]]), "+": lambda: (1, 1), "relu": lambda: (1,)}[name]()
            for k, slope in zip(places, slopes, strict=True):
                part = g[j] if isinstance(slope, int) else slope * g[j]
                g[k] = part if g[k] is None else g[k] + part
    back, Counted.products = Counted.products - evaluation, 0
    for name, *places in case[1]:
        one, two = places[0], places[-1]
        if name == "×":
            speeds.append(z[two] * speeds[one] + z[one] * speeds[two])
        else:
            speeds.append(speeds[one] if name == "relu" else speeds[one] + speeds[two])
    return evaluation, back, Counted.products


def cheap(case):
    if case == "cube":
        found = count_multiplications(lambda x: x[0] ** 3, [2])
        return found.reverse <= 3 * found.evaluation
    evaluation, back, forward = counts(case)
    library = count_multiplications(lambda x: numbers_of(case, x[0])[1:], [case[0]])
    outputs = max(len(case[1]), 1)
    return (
        evaluation == sum(name == "×" for name, *_ in case[1])
        and back <= 2 * evaluation
        and forward <= 2 * evaluation
        and library.evaluation == evaluation
        and library.reverse <= evaluation + 2 * evaluation * outputs
        and library.forward <= 3 * evaluation
    )


cost = Statement(
    "thm-chain-cost",
    text="c6c9e4d6",
    cases=lambda: [*((number, program) for program in lines(3) for number in (2, -1)), "cube"],
    hypotheses={"sums, differences, ReLUs and products of two": lambda case: case != "cube"},
    conclusion=cheap,
    scope="all programs of up to three sums, products and ReLUs on one number, all numbers as outputs; and one power",
)


@pytest.mark.problem("backprop-loss")
def test_a_gradient_costs_three_evaluations():
    assert cost.verify().without == {"sums, differences, ReLUs and products of two": "cube"}
    assert count_multiplications(lambda x: x[0] ** 3, [2]).reverse == 4


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_with_n_inputs_forward_mode_takes_n_sweeps_and_reverse_mode_one(n):
    def function(x):
        total = x[0] * x[-1]
        for one in x:
            total = total * one - (one - x[0]).relu() * total
        return total

    costs = count_multiplications(function, [3 + number for number in range(n)])
    assert costs.reverse <= 3 * costs.evaluation
    assert 3 * n * costs.evaluation >= costs.forward > n * costs.evaluation
    assert len(computation_graph(function([Value(number) for number in range(n)])).nodes) > n
