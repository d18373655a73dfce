"""Statements of *A saliency map shows a gradient, not a reason*, from their text alone, in fractions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction as Q
from typing import Any

import pytest
import z3

from .harness import Statement
from .lines import inputs_of_units
from .prover import proved, reals, relu

# --- inside a region: a network of one hidden layer is (units, own bias), a unit is (weights, bias, output weight) --


def score(network: Any, x: Any) -> Q:
    units, own = network
    return Q(own) + sum(
        v * max(Q(b) + sum(w * p for w, p in zip(weights, x, strict=True)), Q(0)) for weights, b, v in units
    )


def parts(network: Any, x: Any) -> tuple[list[Q], Q]:
    """The gradient by backpropagation, slope 0 at 0, and the sum of all biases times their derivatives."""
    units, own = network
    gradient, biases = [Q(0)] * len(x), Q(own)  # the derivative by the output's own bias is one
    for weights, b, v in units:
        if b + sum(w * p for w, p in zip(weights, x, strict=True)) > 0:
            gradient = [g + v * w for g, w in zip(gradient, weights, strict=True)]
            biases += v * b
    return gradient, biases


def networks_of_two_units():
    """All with one input and up to two units and small weights; then some with two inputs."""
    one = [((w,), b, v) for w in (1, -1) for b in (0, 1, -1) for v in (1, -1)]
    for own in (0, 1):
        for number in (0, 1, 2):
            for units in itertools.combinations_with_replacement(one, number):
                for x in (0, 1, -1, 2):
                    yield (units, own), (x,)
    two = [(w, b, v) for w in itertools.product((1, -1, 0), repeat=2) for b in (0, 1) for v in (1, -2)]
    for units in itertools.combinations(two, 2):
        for x in itertools.product((0, 1, -1), repeat=2):
            yield (units, 0), x


def no_input_is_zero(case):
    (units, _), x = case
    return all(b + sum(w * p for w, p in zip(weights, x, strict=True)) != 0 for weights, b, _ in units)


def has_no_biases(case):
    (units, own), _ = case
    return own == 0 and all(b == 0 for _, b, _ in units)


def is_affine_nearby(case):
    """Weights are at most 2 and inputs of units whole, so that nothing switches within one eighth; and both sums."""
    network, x = case
    gradient, biases = parts(network, x)
    steps = itertools.product((Q(-1, 8), Q(0), Q(1, 8)), repeat=len(x))
    straight = all(
        score(network, [p + s for p, s in zip(x, step, strict=True)])
        == score(network, x) + sum(g * s for g, s in zip(gradient, step, strict=True))
        for step in steps
    )
    return straight and score(network, x) == sum(g * p for g, p in zip(gradient, x, strict=True)) + biases


def is_gradient_times_input(case):
    network, x = case
    gradient, _ = parts(network, x)
    return score(network, x) == sum(g * p for g, p in zip(gradient, x, strict=True))


region = Statement(
    "thm-maps-region",
    text="501f580b",
    cases=networks_of_two_units,
    hypotheses={"no hidden unit's input is zero": no_input_is_zero},
    conclusion=is_affine_nearby,
    scope="one hidden layer: up to two units, one or two inputs, weights and biases from -2 to 2",
)
region_without_biases = Statement(
    "thm-maps-region",
    text="501f580b",
    cases=networks_of_two_units,
    hypotheses={"no biases": has_no_biases},
    conclusion=is_gradient_times_input,
    scope="the same networks",
)


@pytest.mark.problem("input-gradients")
def test_inside_a_region_a_network_is_its_gradient():
    report = region.verify()
    assert report.covered > 1000
    (units, own), x = report.without["no hidden unit's input is zero"]
    assert (units, own, x) == ((((1,), 0, 1),), 0, (0,))  # relu(x) at 0
    (units, own), x = region_without_biases.verify().without["no biases"]
    assert (units, own, x) == ((((1,), 1, 1),), 0, (0,))  # relu(x + 1) at 0


def test_the_sum_of_the_theorem_for_all_real_numbers_and_two_layers():
    """Two hidden layers of one unit; the derivative of a bias is what stands behind it."""
    w1, w2, w3, b1, b2, b3, x = reals("w1 w2 w3 b1 b2 b3 x")
    z1 = w1 * x + b1
    z2 = w2 * relu(z1) + b2
    on1, on2 = z3.If(z1 > 0, z3.RealVal(1), z3.RealVal(0)), z3.If(z2 > 0, z3.RealVal(1), z3.RealVal(0))
    gradient = w3 * on2 * w2 * on1 * w1
    biases = w3 * on2 * w2 * on1 * b1 + w3 * on2 * b2 + b3
    proved(w3 * relu(z2) + b3 == gradient * x + biases)


# --- along a path: one input t from 0 to 1; an activation is a list of (from, slope, height) -


def piecewise(pieces: list[tuple[Q | None, Q, Q]]) -> Callable[[Q], tuple[Q, Q]]:
    """Value and slope; at a breakpoint the slope of the piece on its left, as PyTorch takes 0 for a ReLU."""

    def at(z: Q) -> tuple[Q, Q]:
        _, slope, height = [piece for piece in pieces if piece[0] is None or z > piece[0]][-1]
        return slope * z + height, slope

    return at


ACTIVATIONS = {
    "relu": [(None, Q(0), Q(0)), (Q(0), Q(1), Q(0))],
    "relu1": [(None, Q(0), Q(0)), (Q(0), Q(1), Q(0)), (Q(1), Q(0), Q(1))],
    "leaky": [(None, Q(1, 2), Q(0)), (Q(0), Q(1), Q(0))],
    "step": [(None, Q(0), Q(0)), (Q(0), Q(0), Q(1))],
}


def along(case: Any, t: Q) -> tuple[Q, Q]:
    """Score and derivative along the path, by the chain rule with the slopes that the activation is said to have."""
    name, units, _ = case
    act = piecewise(ACTIVATIONS[name])
    value = slope = Q(0)
    for w, b, v in units:
        y, s = act(Q(w) * t + b)
        value, slope = value + v * y, slope + v * s * w
    return value, slope


def switching(case: Any) -> list[Q]:
    name, units, _ = case
    points = [point for point, _, _ in ACTIVATIONS[name] if point is not None]
    places = {(point - b) / Q(w) for w, b, _ in units for point in points if w}
    return sorted(place for place in places if 0 < place < 1)


def integral(case: Any) -> Q:
    ends = [Q(0), *switching(case), Q(1)]
    return sum(((b - a) * along(case, (a + b) / 2)[1] for a, b in itertools.pairwise(ends)), Q(0))


def is_complete(case):
    """One pixel along the path: its share is the integral of the slope."""
    return integral(case) == along(case, Q(1))[0] - along(case, Q(0))[0]


def paths():
    single = [(w, b, v) for w in (1, 2, -2, 0) for b in (Q(0), Q(-1, 2), Q(-1), Q(1)) for v in (1, -1)]
    for name in ACTIVATIONS:
        for units in itertools.chain([(unit,) for unit in single], itertools.combinations(single, 2)):
            for n in (1, 2, 3):
                yield name, units, n


def is_continuous(case):
    return case[0] != "step"


def no_midpoint_is_a_breakpoint(case):
    name, units, n = case
    points = [point for point, _, _ in ACTIVATIONS[name] if point is not None]
    return all(w * Q(2 * k + 1, 2 * n) + b not in points for w, b, _ in units for k in range(n))


def is_within_the_bound(case):
    """The midpoint sum misses by at most V / (2n), V from the slopes of the score itself, by differences."""
    n = case[2]
    ends = [Q(0), *switching(case), Q(1)]
    slopes = [(along(case, b)[0] - along(case, a)[0]) / (b - a) for a, b in itertools.pairwise(ends)]
    variation = sum(abs(b - a) for a, b in itertools.pairwise(slopes))
    total = sum(along(case, Q(2 * k + 1, 2 * n))[1] for k in range(n)) / Q(n)
    return abs(total - (along(case, Q(1))[0] - along(case, Q(0))[0])) <= variation / (2 * n)


complete = Statement(
    "thm-maps-complete",
    text="f56d874b",
    cases=paths,
    hypotheses={"continuous": is_continuous},
    conclusion=is_complete,
    scope="one or two units of four activations along the unit interval",
)
midpoints = Statement(
    "thm-maps-complete",
    text="f56d874b",
    cases=lambda: (case for case in paths() if is_continuous(case)),
    hypotheses={"no midpoint at a breakpoint": no_midpoint_is_a_breakpoint},
    conclusion=is_within_the_bound,
    scope="the same, of the three continuous activations, with one to three midpoints",
)


@pytest.mark.problem("input-gradients")
def test_integrated_gradients_add_up():
    report = complete.verify()
    assert report.covered > 1000
    assert report.without["continuous"][:2] == ("step", ((1, Q(0), 1),))  # a step from 0 to 1 as t leaves 0
    name, _, n = midpoints.verify().without["no midpoint at a breakpoint"]
    assert (name, n) == ("relu", 1)


def test_a_segment_inside_a_kink_does_no_harm():
    """x1 - x2 written as relu(x1 - x2) - relu(x2 - x1), along the diagonal: both inputs are zero all the way."""
    for slope_at_zero in (Q(0), Q(1), Q(1, 2)):
        gradient = (slope_at_zero + slope_at_zero, -slope_at_zero - slope_at_zero)
        assert sum(gradient) == 0  # the share of (1, 1), and the score stays 0


def test_the_share_of_one_unit_is_not_what_one_pixel_does():
    """relu(x1 + x2 - 1) from black to white: shares 1/2 each, and either pixel alone costs all of it."""
    assert integral(("relu", ((2, Q(-1), 1),), 1)) == 1  # along the diagonal the input is 2 t - 1
    assert max(0 + 1 - 1, 0) == 0


# --- guided backpropagation -------------------------------------------------------------------------------------------


def backward(layers: Any, x: int, *, guided: bool) -> Q:
    """Derivative of a network of one input and one output, the slope 0 at 0; guided: negative signals are dropped."""
    inputs = inputs_of_units(layers, x)
    signal = [Q(1)]
    for depth in range(len(layers) - 1, -1, -1):
        weight = layers[depth][0]
        signal = [sum(s * row[j] for s, row in zip(signal, weight, strict=True)) for j in range(len(weight[0]))]
        if depth:
            z = inputs[depth - 1]
            signal = [s if v > 0 and not (guided and s < 0) else Q(0) for s, v in zip(signal, z, strict=True)]
    return Q(signal[0])


def guided_cases():
    small = (0, 1, -1)
    for w, b, v, x in itertools.product(small, small, small, small):
        yield [([[w]], [b]), ([[v]], [0])], x
    for w, v, x in itertools.product(itertools.product(small, repeat=2), itertools.product(small, repeat=2), (1, -1)):
        yield [([[w[0]], [w[1]]], [0, 1]), ([list(v)], [0])], x
    for w, inner, v, x in itertools.product((1, -1), itertools.product(small, repeat=4), (1, -1), (1, -1, 2)):
        yield [([[w], [1]], [0, 1]), ([list(inner[:2]), list(inner[2:])], [0, 1]), ([[1, v]], [0])], x


def no_later_weight_is_negative(case):
    layers, _ = case
    return all(w >= 0 for weight, _ in layers[1:] for row in weight for w in row)


def guided_is_the_gradient(case):
    layers, x = case
    return backward(layers, x, guided=True) == backward(layers, x, guided=False)


guided = Statement(
    "prop-maps-guided",
    text="a022c0c0",
    cases=guided_cases,
    hypotheses={"no weight behind the first layer is negative": no_later_weight_is_negative},
    conclusion=guided_is_the_gradient,
    scope="all networks of one unit with weights -1, 0, 1, and many of two units in one or two layers",
)


@pytest.mark.problem("input-gradients")
def test_with_positive_weights_guided_backpropagation_is_the_gradient():
    layers, x = guided.verify().without["no weight behind the first layer is negative"]
    assert x == 1
    assert backward(layers, x, guided=False) < 0 == backward(layers, x, guided=True)


def spelled(name: str, w: Any, v: Any, x: float) -> float:
    """The guided map of v . relu(w x) by the library, in one spelling of ReLU."""
    import torch

    from hwlib.saliency import guided_backpropagation

    spellings: dict[str, Callable[[Any], Any]] = {
        "module": torch.nn.ReLU(),
        "function": torch.nn.functional.relu,
        "method": lambda z: z.relu(),
        "clamp": lambda z: z.clamp(min=0),
    }

    class Model(torch.nn.Module):
        def forward(self, images: Any) -> Any:
            hidden = images.flatten(1)[:, :1] * torch.tensor([w], dtype=images.dtype)
            return (spellings[name](hidden) * torch.tensor([v], dtype=images.dtype)).sum(1, keepdim=True)

    image = torch.zeros(1, 3, 1, 1, dtype=torch.float64)
    image[0, 0] = x
    return float(guided_backpropagation(Model(), image, [0])[0, 0, 0, 0])


definition_guided = Statement(
    "def-maps-guided",
    text="5df703f8",
    cases=lambda: (
        (name, w, v, x)
        for name in ("module", "function", "method", "clamp")
        for w in ((1.0, 2.0), (1.0, -1.0), (2.0, 1.0))
        for v in ((1.0, 1.0), (1.0, -2.0), (-1.0, 3.0))
        for x in (1.0, -1.0)
    ),
    conclusion=lambda case: (
        spelled(*case)
        == backward([([[w] for w in case[1]], [0, 0]), ([list(case[2])], [0])], int(case[3]), guided=True)
    ),
    scope="two units, three pairs of weights on either side, two inputs, four spellings of ReLU",
)


@pytest.mark.problem("input-gradients")
def test_the_library_s_guided_map_is_the_defined_one():
    assert definition_guided.verify().covered == 72


# --- Grad-CAM on an average -----------------------------------------------------------------------------------------


def heads():
    """Maps of one or two channels with two places, and what makes a score of them: pooling, head, weights, bias."""
    values = (0, 1, 2)
    for pooling, head in itertools.product(("average", "maximum"), ("linear", "square")):
        for maps in itertools.product(itertools.product(values, repeat=2), repeat=1):
            for weights, bias in itertools.product([(1,), (2,), (-1,)], (0, -1)):
                yield pooling, head, maps, weights, bias
        for maps in itertools.product(itertools.product((0, 1, 3), repeat=2), repeat=2):
            for weights, bias in itertools.product([(1, 1), (1, -2)], (0, 1)):
                yield pooling, head, maps, weights, bias


def grad_cam_adds_up(case):
    """The sums over the places, by the definitions: means of derivatives times maps; and equal to w A / places."""
    pooling, head, maps, weights, bias = case
    places = len(maps[0])
    pooled = [Q(sum(one), places) if pooling == "average" else Q(max(one)) for one in maps]
    inner = sum((w * p for w, p in zip(weights, pooled, strict=True)), Q(bias))
    total = inner if head == "linear" else inner**2
    slope = 1 if head == "linear" else 2 * inner
    alpha = [Q(slope * w, places) for w in weights]  # both kinds of pooling have derivatives that add up to one
    raw = [sum(a * one[place] for a, one in zip(alpha, maps, strict=True)) for place in range(places)]
    cam = [sum(Q(w) * one[place] for w, one in zip(weights, maps, strict=True)) / places for place in range(places)]
    return raw == cam and sum(raw) == total - bias


cam = Statement(
    "thm-maps-cam",
    text="8d463d4d",
    cases=heads,
    hypotheses={
        "averaged": lambda case: case[0] == "average",
        "a linear map": lambda case: case[1] == "linear",
    },
    conclusion=grad_cam_adds_up,
    scope="one or two maps of two places with values from 0 to 3, weights from -2 to 2, two kinds of pooling and head",
)


@pytest.mark.problem("input-gradients")
def test_behind_an_average_grad_cam_is_cam():
    report = cam.verify()
    assert report.without["averaged"] == ("maximum", "linear", ((0, 1),), (1,), 0)
    assert report.without["a linear map"][:2] == ("average", "square")


# --- sentences beside the statements --------------------------------------------------------------------------------


def test_gradient_times_input_depends_on_where_zero_is():
    """The unit 2 x of pixels from 0 to 1, and y + 1 of pixels y = 2 x - 1: one function, two maps."""
    for x in (Q(0), Q(1, 4), Q(1)):
        y = 2 * x - 1
        assert 2 * x == y + 1
        assert 2 * x != 1 * y  # gradient times input


def test_a_step_that_switches_no_unit_is_exact_and_a_longer_one_is_not():
    """The network of the page: brightening the black pixel by 1 and by 4."""
    network = (((1, -1, 1, -1), -1, 2), ((-1, -1, 1, 1), 3, -1)), 0
    gradient, biases = parts(network, (3, 1, 2, 0))
    assert (score(network, (3, 1, 2, 0)), gradient, biases) == (5, [3, -1, 1, -3], -5)
    assert [score(network, (3, 1, 2, p)) - 5 for p in (1, 4)] == [-3, -10]
