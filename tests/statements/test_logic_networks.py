"""Statements of *Enough neurons decide everything*, from their text alone: plain loops, closures and the prover."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q
from functools import cache

import numpy as np
import pytest
import z3

from hwlib.logic import (
    LogicNetwork,
    as_relu,
    boolean_function,
    nand_circuit,
    numbered_function,
    prove_gate,
    relu_circuit,
    threshold_network,
)

from .harness import Statement
from .prover import possible, proved, reals, relu

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]
XOR = (0, 1, 1, 0)
SIGNS = (-2, -1, 0, 1, 2)
HALF = Q(1, 2)


def clipped(t):
    return max(t, 0)


def differ(x1, x2):
    return (x1 > 0 and x2 < 0) or (x1 < 0 and x2 > 0)


# --- prop-networks-bits ----------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": clipped,
    "step": lambda t: int(t >= 0),
    "identity": lambda t: t,
    "cube, turned over": lambda t: -(t**3),
    "constant": lambda t: 1,
    "clipped on both sides": lambda t: min(max(t, -1), 1),
    "absolute value": abs,
    "square": lambda t: t * t,
}
MONOTONE = {name for name in ACTIVATIONS if name not in ("absolute value", "square")}


def one_neuron():
    for w1, w2, b, v in sorted(itertools.product(SIGNS, repeat=4), key=lambda case: (sum(map(abs, case)), case)):
        for name, c in itertools.product(ACTIVATIONS, (0, HALF, 1)):
            yield name, w1, w2, b, v, c


def misses_xor(case):
    name, w1, w2, b, v, c = case
    sigma = ACTIVATIONS[name]
    return tuple(int(v * sigma(w1 * x + w2 * y + b) + c > HALF) for x, y in BITS) != XOR


def two_relus_are_xor():
    return tuple(clipped(x + y) - 2 * clipped(x + y - 1) for x, y in BITS) == XOR


on_bits = Statement(
    "prop-networks-bits",
    text="f0d81441",
    cases=one_neuron,
    hypotheses={"monotone": lambda case: case[0] in MONOTONE},
    conclusion=lambda case: misses_xor(case) and two_relus_are_xor(),
    scope="eight activations, w1, w2, b and v from -2 to 2, c in halves from 0 to 1",
)


@pytest.mark.problem("logic-relu-xor")
def test_one_hidden_neuron_with_a_monotone_activation_does_not_compute_xor():
    name, w1, w2, *_ = on_bits.verify().without["monotone"]
    assert (name, {w1, w2}) == ("absolute value", {-1, 1})
    assert tuple(abs(x - y) for x, y in BITS) == XOR  # the page's


@pytest.mark.problem("logic-relu-xor")
def test_the_same_for_all_real_weights_and_any_monotone_activation():
    """The four values of the activation are unknown, and rise or fall with the four sums."""
    w1, w2, b, v, c = reals("w1 w2 b v c")
    sums, values = [w1 * x + w2 * y + b for x, y in BITS], reals("s0 s1 s2 s3")
    pairs = list(itertools.permutations(range(4), 2))
    rises = [z3.Implies(sums[i] <= sums[j], values[i] <= values[j]) for i, j in pairs]
    falls = [z3.Implies(sums[i] <= sums[j], values[i] >= values[j]) for i, j in pairs]
    right = z3.And([(v * s + c > HALF.numerator / z3.RealVal(2)) == bool(x) for s, x in zip(values, XOR, strict=True)])
    for monotone in (rises, falls):
        proved(z3.Not(right), given=monotone)
    possible(right)  # without the condition there are values


# --- prop-networks-gates -----------------------------------------------------------------------------------------


def f_or(x1, x2):
    return clipped(x1) + clipped(x2)


def f_xor(x1, x2):
    return clipped(x1) + clipped(x2) - clipped(x1 + x2)


def plane():
    grid = [Q(k, 2) for k in range(-6, 7)]
    return sorted(itertools.product(grid, repeat=2), key=lambda x: (abs(x[0]) + abs(x[1]), x))


gates = Statement(
    "prop-networks-gates",
    text="259cf8a5",
    cases=plane,
    conclusion=lambda x: (f_or(*x) > 0) == (x[0] > 0 or x[1] > 0) and (f_xor(*x) > 0) == differ(*x),
    scope="all points with coordinates from -3 to 3 in halves",
)


@pytest.mark.problem("logic-relu-or")
@pytest.mark.problem("logic-relu-xor")
def test_or_and_xor_on_the_plane():
    gates.verify()
    x1, x2 = reals("x1 x2")
    proved((relu(x1) + relu(x2) > 0) == z3.Or(x1 > 0, x2 > 0))
    opposite = z3.Or(z3.And(x1 > 0, x2 < 0), z3.And(x1 < 0, x2 > 0))
    proved((relu(x1) + relu(x2) - relu(x1 + x2) > 0) == opposite)
    four = relu(x1 - x2) + relu(x2 - x1) - relu(x1 + x2) - relu(-x1 - x2)
    proved((four > 0) == opposite)
    proved(four < 0, given=[x1 * x2 > 0])  # "negative where the signs agree, while f_xor is zero there"
    proved(relu(x1) + relu(x2) - relu(x1 + x2) == 0, given=[x1 * x2 >= 0])
    by_and = [z3.If(p < q, p, q) for p, q in ((relu(x1), relu(-x2)), (relu(-x1), relu(x2)))]
    proved((by_and[0] + by_and[1] > 0) == opposite)


OR_NET = LogicNetwork((([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])), "relu")
XOR_NET = LogicNetwork((([[1, 0], [0, 1], [1, 1]], [0, 0, 0]), ([[1, 1, -1]], [0])), "relu")


@pytest.mark.problem("logic-relu-or")
def test_the_library_s_proof_of_or_covers_the_plane_and_can_fail():
    proof = prove_gate(OR_NET, lambda s1, s2: s1 > 0 or s2 > 0)
    assert proof.verify()
    assert sum((-1) ** face.dimension for face in proof.faces) == 1
    assert {face.signs for face in proof.faces} == set(itertools.product((-1, 0, 1), repeat=2))
    for number in range(512):  # all other gates on signs are refuted
        wanted = dict(zip(itertools.product((-1, 0, 1), repeat=2), map(int, f"{number:09b}"), strict=True))
        is_or = all(value == (max(signs) > 0) for signs, value in wanted.items())
        assert prove_gate(OR_NET, lambda s1, s2, wanted=wanted: wanted[s1, s2]).verify() == is_or


@pytest.mark.problem("logic-relu-xor")
def test_the_library_tells_positive_from_zero():
    assert prove_gate(XOR_NET, differ).verify()
    assert prove_gate(XOR_NET, lambda s1, s2: True, relation=">= 0").verify()
    for wrong in (lambda s1, s2: s1 * s2 <= 0, lambda s1, s2: differ(s1, s2) or s1 > 0, lambda s1, s2: s1 > s2):
        proof = prove_gate(XOR_NET, wrong)
        assert not proof.verify()
        x1, x2 = proof.counterexample()
        assert (f_xor(x1, x2) > 0) != bool(wrong((x1 > 0) - (x1 < 0), (x2 > 0) - (x2 < 0)))


# --- thm-networks-width ------------------------------------------------------------------------------------------
# A case: the number of hidden neurons, and the sign of each one's output weight; its size is moved into the neuron.


def no_weights_are_right(case):
    """Decided for all real weights and biases: is some network right at the 25 points with coordinates -2 to 2?"""
    solver, c = z3.Solver(), z3.Real("c")
    hidden = [reals(f"p{k} q{k} r{k}") for k in range(len(case))]
    for x1, x2 in itertools.product(SIGNS, repeat=2):
        output = c + z3.Sum([s * relu(p * x1 + q * x2 + r) for s, (p, q, r) in zip(case, hidden, strict=True)])
        solver.add((output > 0) == differ(x1, x2))
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.unsat


one_layer = Statement(
    "thm-networks-width",
    text="68319b56",
    cases=lambda: [s for m in range(4) for s in itertools.combinations_with_replacement((1, -1), m)],
    hypotheses={"at most two": lambda case: len(case) <= 2},
    conclusion=no_weights_are_right,
    scope="up to three hidden neurons, all real weights, at 25 points of the plane",
    kind="proved",
)


@pytest.mark.problem("logic-relu-xor")
def test_two_hidden_neurons_are_not_xor_on_the_plane_and_three_are():
    report = one_layer.verify()
    assert report.covered == 6
    assert sorted(report.without["at most two"]) == [-1, 1, 1]  # two up, one down: the page's network


# A case of more layers: how many neurons each hidden layer has, and whether the output reads all layers.

PLACES = [(s * x, s * y) for s in (1, 100) for x, y in itertools.product(SIGNS, repeat=2)]  # near the origin, and far
UNIT = 100  # of the biases: far places are 1 and 2 from the axes, near ones a hundredth of that
WANTED = np.array([differ(*place) for place in PLACES])


def layers_behind(widths):
    """Values at all places of every last hidden layer; weights and biases of all neurons are -1, 0 and 1."""
    found = {tuple(zip(*PLACES, strict=True))}
    for width in widths:
        made = set()
        for columns in found:
            sums = np.array([*itertools.product((-1, 0, 1), repeat=len(columns))]) @ np.array(columns)
            neurons = {tuple(np.maximum(row + UNIT * b, 0).tolist()) for row, b in itertools.product(sums, (-1, 0, 1))}
            made.update(itertools.combinations_with_replacement(sorted(neurons), width))
        found = made
    return found


def no_small_weights_are_right(case):
    widths, reads_all = case
    if reads_all:  # the page's: relu(x1) and relu(x2), then relu(x1 + x2) from the input once more
        return not all((clipped(x) + clipped(y) - clipped(x + y) > 0) == differ(x, y) for x, y in PLACES)
    for columns in layers_behind(widths):
        outputs = np.array([*itertools.product((-1, 0, 1), repeat=len(columns))]) @ np.array(columns)
        if any(((outputs + UNIT * c > 0) == WANTED).all(axis=1).any() for c in (-1, 0, 1)):
            return False
    return True


more_layers = Statement(
    "thm-networks-width",
    text="68319b56",
    cases=lambda: [((), False), ((1,), False), ((2,), False), ((1, 1), False), ((1, 2), False), ((2, 1), False),
                   ((2, 2), False), ((3,), False), ((2, 1), True)],
    hypotheses={
        "at most two": lambda case: max(case[0], default=0) <= 2,
        "each layer reads the one before it alone": lambda case: not case[1],
    },
    conclusion=no_small_weights_are_right,
    scope="up to two hidden layers with weights and biases from -1 to 1, at 25 points near the origin and 25 far off",
)  # fmt: skip


@pytest.mark.problem("logic-relu-xor")
def test_layers_of_two_neurons_are_not_xor_on_the_plane_and_a_layer_of_three_is():
    """The theorem once spoke of one hidden layer: that hypothesis was idle."""
    assert more_layers.verify().without == {
        "at most two": ((3,), False),
        "each layer reads the one before it alone": ((2, 1), True),
    }


def test_on_no_half_disc_is_truth_the_same_along_a_direction():
    """The first step of the proof: in every half-disc two points on one line along n, one true and one false."""
    whole = [x for x in itertools.product(range(-3, 4), repeat=2) if any(x)]
    around = list(itertools.product(range(-8, 9), repeat=2))
    for w, n in itertools.product(whole, repeat=2):
        if w[0] * n[0] + w[1] * n[1]:  # n is not parallel to the edge of the half-disc w . x <= 0
            lines = {}
            for x in around:
                if w[0] * x[0] + w[1] * x[1] <= 0:
                    lines.setdefault(n[0] * x[1] - n[1] * x[0], set()).add(differ(*x))
            assert {True, False} in lines.values()


def test_with_points_from_minus_one_to_one_alone_two_neurons_can_be_right():
    """Why the solver is given 25 points: nine are too few."""
    p, q, r, s, t, u, c = reals("p q r s t u c")
    possible(
        *(
            (relu(p * x + q * y + r) - relu(s * x + t * y + u) + c > 0) == (x * y < 0)
            for x, y in itertools.product((-1, 0, 1), repeat=2)
        )
    )


# --- prop-networks-nand ------------------------------------------------------------------------------------------


def nand(x1, x2):
    return not (x1 > 0 and x2 > 0)


def networks_of_two_relus():
    """Functions on the plane, continuous or not: two ReLU neurons, and two threshold neurons."""
    for v1, v2, c, w in itertools.product((-1, 0, 1), (-1, 0, 1), (0, 1), itertools.product((-1, 0, 1), repeat=4)):
        for kind in (clipped, lambda t: int(t > 0)):
            yield kind, v1, v2, c, w
    yield "both", 0, 0, 0, (0, 0, 0, 0)


def value(case, x1, x2):
    kind, v1, v2, c, (p, q, r, s) = case
    if kind == "both":
        return int(nand(x1, x2))
    return v1 * kind(p * x1 + q * x2) + v2 * kind(r * x1 + s * x2) + c


def not_positive_exactly_there(case):
    near = [(0, 1), *((Q(1, 2**k), 1) for k in range(1, 12))]
    points = itertools.chain(near, itertools.product(SIGNS, repeat=2))
    return any((value(case, *x) > 0) != nand(*x) for x in points)


@cache
def at_least_zero_exactly_there():
    return all((clipped(x1 - x2) - clipped(x1) >= 0) == nand(x1, x2) for x1, x2 in plane())


on_the_plane = Statement(
    "prop-networks-nand",
    text="e1310c99",
    cases=networks_of_two_relus,
    hypotheses={"continuous": lambda case: case[0] is clipped or (case[0] != "both" and not any(case[1:3]))},
    conclusion=lambda case: not_positive_exactly_there(case) and at_least_zero_exactly_there(),
    scope="two ReLU or two threshold neurons with weights from -1 to 1, and NAND itself",
)


@pytest.mark.problem("logic-relu-nand")
def test_no_continuous_function_is_positive_exactly_where_nand_is_true():
    assert on_the_plane.verify().without["continuous"][0] == "both"
    x1, x2 = reals("x1 x2")
    proved((relu(x1 - x2) - relu(x1) >= 0) == z3.Not(z3.And(x1 > 0, x2 > 0)))
    g, near, d = z3.Function("g", z3.RealSort(), z3.RealSort()), z3.Real("near"), z3.Real("d")
    # g(t) = f(t, 1) is within g(0) of g(0) up to a distance d; take the point half-way.
    continuous = z3.Implies(z3.And(near < d, -d < near), z3.And(g(near) > 0, g(near) < 2 * g(0)))
    proved(z3.Not(z3.Implies(near > 0, g(near) <= 0)), given=[g(0) > 0, d > 0, near == d / 2, continuous])


# --- prop-networks-nand-bits -------------------------------------------------------------------------------------


def gate(*x):
    return 1 - clipped(sum(x) - len(x) + 1)


nand_bits = Statement(
    "prop-networks-nand-bits",
    text="333b6e9b",
    cases=lambda: [x for m in range(5) for x in itertools.product((0, 1, HALF), repeat=m)],
    hypotheses={"bits": lambda x: HALF not in x},
    conclusion=lambda x: gate(*x) == (0 if all(t == 1 for t in x) else 1),
    scope="up to four inputs out of 0, 1 and one half",
)


@pytest.mark.problem("logic-relu-nand")
def test_nand_on_bits_gives_bits():
    (between,) = nand_bits.verify().without.values()
    assert gate(*between) == HALF
    assert gate(HALF, 1) == HALF  # the page's


# --- thm-networks ------------------------------------------------------------------------------------------------


def reached_by_nand(n):
    """All truth tables that circuits of two-input NAND gates compute."""
    points = list(itertools.product((0, 1), repeat=n))
    tables = {tuple(point[k] for point in points) for k in range(n)}
    while True:
        more = tables | {tuple(1 - a * b for a, b in zip(s, t, strict=True)) for s in tables for t in tables}
        if more == tables:
            return tables
        tables = more


NAND_TABLES = {n: reached_by_nand(n) for n in range(4)}


def is_complete(case):
    """By one hidden layer of thresholds, one of ReLUs, both with a product for each true point; and by NAND."""
    n, table = case
    points = list(itertools.product((0, 1), repeat=n))
    true = [point for point, value in zip(points, table, strict=True) if value]
    for point, value in zip(points, table, strict=True):
        sums = [sum(x if y else 1 - x for x, y in zip(point, term, strict=True)) - n for term in true]
        by_steps = int(sum(int(s >= 0) for s in sums) - 1 >= 0)
        by_relus = sum(clipped(s + 1) for s in sums)
        if not by_steps == by_relus == value:
            return False
    return table in NAND_TABLES[n]


complete = Statement(
    "thm-networks",
    text="399eaddb",
    cases=lambda: [(n, table) for n in range(4) for table in itertools.product((0, 1), repeat=2**n)],
    hypotheses={"n >= 1": lambda case: case[0] >= 1},
    conclusion=is_complete,
    scope="all functions of up to three bits",
)


@pytest.mark.problem("logic-relu-nand")
def test_every_function_has_all_three_networks_and_without_inputs_nand_has_none():
    assert complete.verify().without == {"n >= 1": (0, (0,))}
    assert is_complete((0, (0,))) == is_complete((0, (1,))) == (() in NAND_TABLES[0])  # thresholds and ReLUs do it


def run(network, point):
    """A network by plain loops."""
    values = list(point)
    for number, (weight, bias) in enumerate(network.layers, start=1):
        sums = [sum(w * v for w, v in zip(row, values, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
        last = network.activation == "relu" and number == len(network.layers)
        values = sums if last else [int(s >= 0) if network.activation == "step" else clipped(s) for s in sums]
    return values


@pytest.mark.problem("logic-relu-nand")
def test_the_library_s_networks_compute_their_function_by_plain_loops():
    for n, number in [(m, k) for m in range(4) for k in range(0, 2 ** (2**m), 1 if m < 3 else 5)]:
        f = numbered_function(number, n)
        steps = threshold_network(f)
        for network in (nand_circuit(f), relu_circuit(f), steps, as_relu(steps)):
            for point, wanted in zip(itertools.product((0, 1), repeat=n), f.values, strict=True):
                assert run(network, point) == [wanted]


@pytest.mark.problem("logic-relu-nand")
def test_a_step_is_a_difference_of_relus_on_whole_numbers_and_not_between():
    for t in range(-9, 10):
        assert clipped(t + 1) - clipped(t) == int(t >= 0)
    assert clipped(-HALF + 1) - clipped(-HALF) == HALF


# --- sentences that were false -----------------------------------------------------------------------------------


def test_the_two_neurons_of_xor_on_bits_collapse_the_plane():
    """Both read x1 + x2 alone: whole lines become one point, so it is no fold."""
    x1, x2, t = reals("x1 x2 t")
    proved(relu(x1 + x2) == relu((x1 + t) + (x2 - t)))


def test_two_neurons_can_also_bring_the_false_points_together():
    """The quiz once gave as the reason that both true points land in one place."""
    mirrored = [(clipped(x - y), clipped(y - x)) for x, y in BITS]
    assert mirrored == [(0, 0), (0, 1), (1, 0), (0, 0)]
    assert tuple(map(sum, mirrored)) == XOR


def test_nand_of_two_signs_takes_an_or_of_two_threshold_neurons():
    """The page once spoke of "a threshold neuron": one fires on a half-plane, and three points refute that."""
    x1, x2, w1, w2, b = reals("x1 x2 w1 w2 b")
    behind = z3.If(-x1 >= 0, 1, 0) + z3.If(-x2 >= 0, 1, 0) - 1 >= 0
    proved(behind == z3.Not(z3.And(x1 > 0, x2 > 0)))
    points = [(0, 9), (9, 0), (1, 1)]
    proved(z3.Not(z3.And([(w1 * x + w2 * y + b >= 0) == nand(x, y) for x, y in [*points, (4, 5), (5, 4)]])))


def test_the_four_neurons_of_xor_are_zero_at_the_origin():
    """The page once said that they are negative where the signs agree."""
    assert abs(0 - 0) - abs(0 + 0) == 0
    assert all(abs(x - y) - abs(x + y) < 0 for x, y in itertools.product(SIGNS, repeat=2) if x * y > 0)


def test_what_the_explorer_s_caption_says_of_layers_and_neurons():
    shown = {text: boolean_function(text) for text in ("x1 ^ x2", "~(x1 ^ x2)", "x1 & x2", "x1 | x2", "~(x1 & x2)")}
    shown["x1 & ~x2"] = boolean_function("x1 & ~x2")
    for text, f in shown.items():
        steps, units, layers = threshold_network(f), relu_circuit(f).units, len(nand_circuit(f).layers)
        if "^" in text:
            assert (steps.units, units, layers) == (2, 2, 3)
            assert len(steps.layers) == len(relu_circuit(f).layers) == 2
        else:
            assert (steps.units, units) == (0, 1)
        made = as_relu(steps)  # two for each threshold neuron, the output among them
        assert (made.units, len(made.layers)) == (2 * (steps.units + 1), len(steps.layers) + 1)
    assert nand_circuit(shown["~(x1 & x2)"]).widths == ()
    p, q, r, b, v, c = reals("p q r b v c")  # and the majority of three is beyond one ReLU neuron
    proved(
        z3.Not(
            z3.And(
                [
                    v * relu(p * x + q * y + r * z + b) + c == int(x + y + z >= 2)
                    for x, y, z in itertools.product((0, 1), repeat=3)
                ]
            )
        )
    )


def test_the_opposite_of_a_network_flips_its_output_bias_too():
    v, h, c = reals("v h c")
    proved(1 - (v * h + c) == -v * h + (1 - c))


def test_one_neuron_is_wrong_about_and_at_one_of_three_points():
    """The solution of an exercise: (1, 1) lies half-way between (3, -1) and (-1, 3)."""
    w1, w2, b, v, c = reals("w1 w2 b v c")

    def output(x, y):
        total = w1 * x + w2 * y + b
        return v * z3.If(total > 0, total, 0) + c

    for sign in (-1, 0, 1):  # the size of v may be moved into w and b
        right = z3.And(output(1, 1) > 0, output(3, -1) <= 0, output(-1, 3) <= 0)
        proved(z3.Not(z3.substitute(right, (v, z3.RealVal(sign)))))
