"""Statements of *A ReLU network is a list of straight pieces*, from their text alone, in fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
import torch

from hwlib.network import Network
from hwlib.pieces import pieces_of

from .harness import Statement
from .lines import chains, drawn, inputs_of_units, switches, value
from .prover import proved, reals

# --- the definition ---------------------------------------------------------------------------------------------------


def is_the_defined_function(layers):
    network = Network.from_arrays(layers).as_fractions()
    model = torch.nn.Sequential()
    for k, (weight, bias) in enumerate(layers):
        linear = torch.nn.Linear(len(weight[0]), len(weight)).double()
        with torch.no_grad():
            linear.weight[:] = torch.tensor(weight).double()
            linear.bias[:] = torch.tensor(bias).double()
        model.extend([linear] if k == len(layers) - 1 else [linear, torch.nn.ReLU()])
    points = [Q(p, 2) for p in range(-4, 5)]
    own = [value(layers, p) for p in points]
    by_torch = model(torch.tensor([[float(p)] for p in points]).double())[:, 0].tolist()
    return [network(p) for p in points] == own == by_torch  # halves and small whole numbers: torch is exact


definition = Statement(
    "def-network",
    text="1979c362",
    cases=lambda: itertools.chain(
        *(itertools.islice(drawn(widths, 20), 20) for widths in ((), (1,), (3,), (2, 2), (1, 3), (2, 1, 2)))
    ),
    conclusion=is_the_defined_function,
    scope="120 networks of one to four layers, whole weights from -3 to 3, at nine points",
    kind="sampled",
)


@pytest.mark.problem("pwl-shapes")
def test_a_network_is_affine_maps_with_relus_between():
    assert definition.verify().covered == 120


# --- near a point -----------------------------------------------------------------------------------------------------


def with_points():
    networks = itertools.chain(chains(), drawn((2, 2), 60), drawn((2, 3, 2), 20))
    return ((layers, Q(p, 2)) for layers in networks for p in (0, 2, -2, 1, -1, 4, -4))


def no_unit_is_at_zero(case):
    layers, x = case
    return all(z != 0 for layer in inputs_of_units(layers, x)[:-1] for z in layer)


def is_the_local_map(case):
    """The products of the displayed formula, with the matrices D of the point, against values near it."""
    layers, x = case
    weight, bias = np.array([[Q(1)]], dtype=object), np.array([Q(0)], dtype=object)
    for k, (w, b) in enumerate(layers):
        if k:  # D of the layer before
            on = np.diag([Q(int(z > 0)) for z in inputs_of_units(layers, x)[k - 1]])
            weight, bias = on @ weight, on @ bias
        w, b = np.array(w, dtype=object), np.array(b, dtype=object)
        weight, bias = w @ weight, w @ bias + b
    near = [x + Q(step, 10**6) for step in (-2, -1, 0, 1, 2)]
    return all(value(layers, p) == weight[0, 0] * p + bias[0] for p in near)


local = Statement(
    "thm-pieces-local",
    text="66c20ddc",
    cases=with_points,
    hypotheses={"no unit's input is zero": no_unit_is_at_zero},
    conclusion=is_the_local_map,
    scope="all chains of two units with weights -1, 0, 1, and drawn networks of up to three hidden layers",
)


@pytest.mark.problem("pwl-local-affine")
def test_near_a_point_a_network_is_the_product_of_its_matrices():
    report = local.verify()
    assert report.covered > 1500
    layers, x = report.without["no unit's input is zero"]
    assert inputs_of_units(layers, x)[0] == [0] or inputs_of_units(layers, x)[1] == [0]


# --- the list ---------------------------------------------------------------------------------------------------------


def is_the_list(layers):
    f = pieces_of(Network.from_arrays(layers).as_fractions())
    places = switches(layers)
    if not set(f.knots.tolist()) <= set(places):  # where two pieces meet, some unit's input is zero
        return False
    borders = [(f.knots[0] if len(f.knots) else Q(0)) - 2, *f.knots, (f.knots[-1] if len(f.knots) else Q(0)) + 2]
    for (left, right), slope, intercept in zip(itertools.pairwise(borders), f.slopes, f.intercepts, strict=True):
        points = [left + (right - left) * Q(k, 7) for k in range(8)]  # both ends too: the values agree there
        if any(value(layers, p) != slope * p + intercept for p in points):
            return False
    return True


listed = Statement(
    "prop-pieces-list",
    text="675fc82b",
    cases=lambda: itertools.chain(chains(), drawn((2, 2), 150), drawn((3, 2, 2), 50)),
    conclusion=is_the_list,
    scope="all chains of two units with weights -1, 0, 1, and 200 drawn networks of up to three hidden layers",
)


@pytest.mark.problem("pwl-shapes")
@pytest.mark.problem("pwl-local-affine")
def test_the_list_has_all_pieces_and_joins_them():
    assert listed.verify().covered == 929


# --- convex or not ----------------------------------------------------------------------------------------------------


def graphs():
    """All functions with up to four pieces, knots 0, 1, 2, slopes -2 to 2, and possibly a jump at the first knot."""
    for jump in (0, 1, -1):
        for n in range(1, 5):
            if n > 1 or not jump:
                yield from ((slopes, jump) for slopes in itertools.product((0, 1, -1, 2, -2), repeat=n))


def at(case, x):
    slopes, jump = case
    height, left = Q(0), Q(0)
    if x < 0:
        return slopes[0] * x
    for k, slope in enumerate(slopes[1:]):
        right = Q(k + 1) if k < len(slopes) - 2 else None
        if right is None or x < right:
            return jump + height + slope * (x - left)
        height, left = height + slope * (right - left), right
    return jump + height + slopes[-1] * (x - left) if len(slopes) > 1 else slopes[0] * x


def chords_are(case, sign):
    """Whether every chord between points of a grid lies on or above (sign 1), or on or below (sign -1), the graph."""
    points = [Q(k, 2) for k in range(-3, 8)]
    values = {p: at(case, p) for p in points}
    for a, b, c in itertools.combinations(points, 3):
        share = (b - a) / (c - a)
        if sign * (values[a] + share * (values[c] - values[a]) - values[b]) < 0:
            return False
    return True


def slopes_decide(case):
    steps = [b - a for a, b in itertools.pairwise(case[0])]
    return chords_are(case, 1) == all(s >= 0 for s in steps) and chords_are(case, -1) == all(s <= 0 for s in steps)


convex = Statement(
    "prop-pieces-convex",
    text="1f65f318",
    cases=graphs,
    hypotheses={"continuous": lambda case: case[1] == 0},
    conclusion=slopes_decide,
    scope="all functions of up to four pieces with knots 0, 1, 2 and slopes from -2 to 2",
)


@pytest.mark.problem("pwl-convexity")
def test_slopes_decide_whether_chords_lie_above():
    report = convex.verify()
    assert report.covered == 5 + 25 + 125 + 625
    assert report.without["continuous"] == ((0, 0), 1)  # a step: its slopes never fall, and it is not convex


def test_a_step_is_flat_and_has_no_lipschitz_constant():
    """The glossary once said of all piecewise linear functions that it is the steepest slope."""
    step = ((0, 0), 1)
    quotients = [(at(step, Q(0)) - at(step, -Q(1, n))) * n for n in (1, 10, 1000)]
    assert quotients == [1, 10, 1000]


@pytest.mark.problem("pwl-convexity")
def test_two_pieces_are_convex_for_all_real_slopes_exactly_if_the_slope_does_not_fall():
    import z3

    s, t, x, y = reals("s t x y")

    def f(at):
        return z3.If(at <= 0, s * at, t * at)

    proved(2 * f((x + y) / 2) <= f(x) + f(y), given=[s <= t])
    proved(2 * f((x + y) / 2) > f(x) + f(y), given=[s > t, x == -1, y == 1])


@pytest.mark.problem("pwl-parameter-nonconvex")
def test_along_the_line_of_parameters_the_output_is_neither_for_every_input_above_zero():
    import z3

    (x,) = reals("x")

    def relu(z):
        return z3.If(z > 0, z, 0)

    def output(t):
        return relu(t * x) - relu((t - 1) * x)

    proved(2 * output(z3.RealVal(0)) < output(z3.RealVal(-1)) + output(z3.RealVal(1)), given=[x > 0])
    proved(2 * output(z3.RealVal(1)) > output(z3.RealVal(0)) + output(z3.RealVal(2)), given=[x > 0])


def test_output_weights_that_are_not_negative_make_convex_functions_and_the_converse_fails():
    """An exercise: the chord inequality, for all weights and biases -1 to 1 of two units, in whole numbers."""

    def value(layer, weights, x):
        return sum(v * max(w * x + b, 0) for v, (w, b) in zip(weights, layer, strict=True))

    def is_convex(layer, weights):
        return all(2 * value(layer, weights, x) <= value(layer, weights, x - 1) + value(layer, weights, x + 1)
                   for x in range(-4, 5))  # fmt: skip

    units = list(itertools.product((-1, 0, 1), repeat=2))
    for layer in itertools.product(units, repeat=2):
        for weights in itertools.product((0, 1, 2), repeat=2):
            assert is_convex(layer, weights)
    assert is_convex(((1, 0), (1, 0)), (2, -1))
    assert not is_convex(((1, 0), (1, 1)), (2, -1))
