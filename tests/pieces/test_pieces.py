"""hwlib.pieces: against dense evaluation, against autograd, Fractions against floats, and against brute force."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.network import Activation, Layer, Network, folding_network, hard_tanh, leaky_relu, named_activation
from hwlib.pieces import (
    PiecewiseLinear,
    approximate,
    difference_witness,
    distance,
    fewest_units,
    most_kinks,
    pieces_of,
    relu_network,
    sign_changes,
)

from ..examples import examples

ACTIVATIONS = {
    "relu": "relu",
    "leaky": leaky_relu(0.25),
    "abs": "abs",
    "hard_tanh": hard_tanh(),
    "identity": "identity",
    "zigzag": Activation("zigzag", (-1, 0, 2), (1, -1, 0, 3), (2, 0, 0, -6)),
}
ACTIVATED = {name: named_activation(activation) for name, activation in ACTIVATIONS.items()}
HALF = Q(1, 2)
PROBLEM = [([[HALF], [HALF]], [0, 1]), ([[1, 1], [1, 1]], [0, 0]), ([[1, 1]], [1])]


def hidden_inputs(network, x):
    """What enters the activations of each hidden layer at x, ``(points, inputs)``."""
    found = []
    for layer in network.layers[:-1]:
        found.append(x @ layer.weight.T + layer.bias)
        x = layer.activation(found[-1])
    return found


def random_network(hidden, seed, *, activation="relu", whole=False):
    rng = np.random.default_rng(seed)
    sizes = [1, *hidden, 1]

    def draw(*shape):
        return rng.integers(-3, 4, shape).astype(float) if whole else rng.standard_normal(shape)

    arrays = [(draw(after, before), draw(after)) for before, after in itertools.pairwise(sizes)]
    return Network.from_arrays(arrays, activation=ACTIVATIONS[activation])


hidden = st.lists(st.integers(1, 6), min_size=0, max_size=4)
domains = st.sampled_from([(-math.inf, math.inf), (-5, 5), (-math.inf, 1), (-2, math.inf), (Q(-1, 3), Q(7, 2))])
seeds = st.integers(0, 2**32 - 1)


def inside(f, count=300):
    """Points of the domain: evenly spread, around every knot, and far out."""
    low, high = max(f.lower, -20), min(f.upper, 20)
    spread = [Q(low) + (Q(high) - Q(low)) * Q(i, count) for i in range(count + 1)]
    far = [x for x in (Q(-(10**6)), Q(10**6)) if f.lower <= x <= f.upper]
    return [*spread, *far, *f.knots.tolist()]


@examples(200)
@given(hidden=hidden, activation=st.sampled_from(sorted(ACTIVATIONS)), domain=domains, seed=seeds)
def test_the_pieces_are_the_network_at_every_point_and_every_knot_switches(hidden, activation, domain, seed):
    network = random_network(hidden, seed, activation=activation)
    f = pieces_of(network, *domain)
    x = np.array(inside(f), float)
    np.testing.assert_allclose(f(x), network(x), rtol=1e-9, atol=1e-9)
    for piece in itertools.islice(f, 40):
        here = network.affine_at(piece.inside)
        assert here.weight[0, 0] == pytest.approx(piece.slope, rel=1e-7, abs=1e-7)
    assert (f.lower, f.upper) == tuple(map(float, domain))


def patterns(network, x, side):
    return [p.tolist() for p in network.affine_at(x, direction=side).pattern]


@examples(150)
@given(
    hidden=st.lists(st.integers(1, 4), max_size=3),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    domain=domains,
    seed=seeds,
)
def test_whole_weights_in_fractions_exactly(hidden, activation, domain, seed):
    """Whole weights make kinks coincide, and neurons stay at their breakpoint: all of it is decided exactly."""
    network = random_network(hidden, seed, activation=activation, whole=True).as_fractions()
    f = pieces_of(network, *domain)
    assert all(isinstance(number, Q) for number in (*f.knots, *f.slopes, *f.intercepts))
    x = np.array(inside(f, 60), dtype=object)
    assert f(x).tolist() == network(x).tolist()
    for knot in f.knots:
        assert patterns(network, knot, 1) != patterns(network, knot, -1), "a knot where nothing switches"
    for piece in f:
        ends = [(end, side) for end, side in ((piece.start, 1), (piece.end, -1)) if math.isfinite(end)]
        inner = network.affine_at(piece.inside)
        assert not inner.on_boundary
        assert (inner.weight[0, 0], inner.bias[0]) == (piece.slope, piece.intercept)
        for end, side in ends:
            assert patterns(network, end, side) == [p.tolist() for p in inner.pattern], "a switch inside a piece"
    linear = f.linear()
    assert all(a != b for a, b in itertools.pairwise(linear.slopes.tolist()))
    assert linear(x).tolist() == f(x).tolist()


@examples(100)
@given(hidden=hidden, seed=seeds, bounded=st.booleans())
def test_floats_find_what_fractions_find(hidden, seed, bounded):
    network = random_network(hidden, seed)
    domain = (-10, 10) if bounded else (-math.inf, math.inf)
    floats, exact = pieces_of(network, *domain), pieces_of(network.as_fractions(), *domain)
    knots = exact.knots.astype(float)
    size = np.maximum(abs(knots), np.median(abs(knots)) if len(knots) else 0)
    if (np.diff(knots) < 1e-10 * np.maximum(size[1:], size[:-1])).any():
        return  # float64 may join what is so close
    np.testing.assert_allclose(floats.knots, knots, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(floats.slopes, exact.slopes.astype(float), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(floats.intercepts, exact.intercepts.astype(float), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("hidden", [(300,), (64, 64), (40, 40, 40, 40)])
def test_wide_and_deep_networks_agree_with_dense_evaluation_and_autograd(hidden):
    rng = np.random.default_rng(5)
    arrays = [
        (rng.standard_normal((b, a)) * math.sqrt(2 / a), rng.standard_normal(b))
        for a, b in itertools.pairwise([1, *hidden, 1])
    ]
    network = Network.from_arrays(arrays)
    f = pieces_of(network, -10, 10)
    assert len(f) > sum(hidden) // 2
    middles = np.array([piece.inside for piece in f])
    x = torch.from_numpy(middles)[:, None].requires_grad_()
    y = x
    for number, (weight, bias) in enumerate(arrays):
        y = y @ torch.from_numpy(weight).T + torch.from_numpy(bias)
        y = torch.relu(y) if number < len(arrays) - 1 else y
    y.sum().backward()
    np.testing.assert_allclose(f(middles), y.detach().numpy()[:, 0], rtol=1e-10, atol=1e-10)
    long_enough = np.diff([f.lower, *f.knots, f.upper]) > 1e-11  # in shorter ones the middle may round to the next
    np.testing.assert_allclose(f.slopes[long_enough], x.grad.numpy()[long_enough, 0], rtol=1e-8, atol=1e-8)
    grid = np.linspace(-10, 10, 5001)
    by_pattern = sum((z[:-1] > 0) != (z[1:] > 0) for layer in hidden_inputs(network, grid[:, None]) for z in layer.T)
    assert np.count_nonzero(by_pattern) <= len(f.knots), "a grid sees at most the switches that there are"


@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "zigzag"])
@pytest.mark.parametrize(("hidden", "dead"), [((1500,), False), ((900, 500), False), ((900, 500), True)])
def test_in_very_wide_networks_patterns_change_at_every_knot_and_nowhere_else(hidden, dead, activation):
    """Wide enough for running sums over kinks. Inputs that are zero up to a place must not gain knots."""
    rng = np.random.default_rng(3)
    arrays = [
        (rng.standard_normal((b, a)) * math.sqrt(2 / a), rng.standard_normal(b))
        for a, b in itertools.pairwise([1, *hidden, 1])
    ]
    if dead:
        arrays[0] = (abs(arrays[0][0]), arrays[0][1])  # all units look to the right
        late = -arrays[0][1] / arrays[0][0][:, 0] > 0.5
        arrays[1][0][:250, ~late] = 0  # half of the next layer hears only units that begin after 1/2, and has no bias
        arrays[1][1][:250] = 0
    network = Network.from_arrays(arrays, activation=ACTIVATIONS[activation])
    f = pieces_of(network, -3, 3)
    assert len(f) > (100 if dead else 300)
    ends = np.array([f.lower, *f.knots, f.upper])
    clear = np.diff(ends) > 1e-9
    patterns = []
    for share in (0.02, 0.98):
        x = ends[:-1] + share * np.diff(ends)
        entered = hidden_inputs(network, x[:, None])
        patterns.append(np.concatenate([ACTIVATED[activation].piece(z) for z in entered], axis=1)[clear])
    assert (patterns[0] == patterns[1]).all(), "a switch inside a piece"
    assert (patterns[0][1:] != patterns[1][:-1]).any(axis=1).all(), "a knot where nothing switches"
    middles = (ends[1:] + ends[:-1]) / 2
    np.testing.assert_allclose(f(middles), network(middles), rtol=1e-9, atol=1e-9)


@pytest.mark.problem("pwl-local-affine")
def test_the_network_of_the_problem_has_three_pieces():
    f = pieces_of(Network.from_arrays(PROBLEM))
    assert [(p.start, p.end, p.slope, p.intercept) for p in f] == [
        (-math.inf, -2, 0, 1),
        (-2, 0, 1, 3),
        (0, math.inf, 2, 3),
    ]
    model = torch.nn.Sequential(*[torch.nn.Linear(1, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2)])
    model = torch.nn.Sequential(model, torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), itertools.chain(*PROBLEM), strict=True):
            parameter.copy_(torch.tensor(np.array(value, float)))
    for x, slope in ((1.0, 2), (-1.0, 1), (-0.5, 1)):
        point = torch.tensor([x], dtype=torch.float64, requires_grad=True)
        model(point).backward()
        assert point.grad.item() == slope
        assert model(point).item() == f(x) == slope * x + 3


def test_a_knot_far_out_does_not_swallow_pieces_close_to_zero():
    f = pieces_of(Network.from_arrays([([[1], [1], [1]], [-1, -(1 + 2**-30), -(2**40)]), ([[1, 1, 1]], [0])]))
    assert f.knots.tolist() == [1, 1 + 2**-30, 2**40]


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("far", [1e3, 1e12, 1e100])
@pytest.mark.parametrize("count", [2, 400])
def test_a_knot_far_out_takes_no_digits_from_the_others_on_either_side(side, far, count):
    places = np.array([*np.linspace(3.1, 5.3, count), far])
    weight = side * np.array([*np.ones(count), 1 / far])
    f = pieces_of(Network.from_arrays([(weight[:, None], -weight * side * places), ([np.ones(count + 1)], [0])]))
    assert f.knots * side == pytest.approx(places[::side], rel=1e-15)
    assert f.slopes[::side] * side == pytest.approx(
        [0, *range(1, count + 1), count + 1 / far], rel=1e-9, abs=1e-10 * count
    )


def test_an_activation_is_known_by_its_pieces_not_by_its_name():
    twice = Activation("relu", (0,), (0, 2), (0, 0))
    f = pieces_of(Network.from_arrays([([[1]], [0]), ([[1]], [0])], activation=twice))
    assert f.slopes.tolist() == [0, 2]


@examples(60)
@given(hidden=hidden, seed=seeds)
def test_the_mirrored_network_has_the_mirrored_knots(hidden, seed):
    network = random_network(hidden, seed)
    first, *rest = network.layers
    f = pieces_of(network)
    g = pieces_of(Network([Layer(-first.weight, first.bias, first.activation), *rest]))
    np.testing.assert_allclose(g.knots[::-1], -f.knots, rtol=1e-11, atol=1e-11)


def test_knots_without_a_kink_are_told_from_kinks():
    """relu(x) - relu(-x) is x: a neuron switches at 0, and the slope stays one."""
    f = pieces_of(Network.from_arrays([([[1], [-1]], None), ([[1, -1]], None)]))
    assert (f.knots.tolist(), f.kinks.tolist(), f.shape) == ([0], [], "affine")


@pytest.mark.problem("pwl-shapes")
def test_shapes_of_two_and_three_layers():
    for widths in ([5], [5, 7]):
        sizes = [1, *widths, 1]
        layers = random_network(widths, 0).layers
        assert [(layer.weight.shape, layer.bias.shape) for layer in layers] == [
            ((after, before), (after,)) for before, after in itertools.pairwise(sizes)
        ]


def shape_by_definition(f):
    """Convex if the chord between any two points of a fine grid lies above; the same for concave."""
    low, high = max(f.lower, -30), min(f.upper, 30)
    x = np.array(sorted({*f.knots.tolist(), *(Q(low) + (Q(high) - Q(low)) * Q(i, 24) for i in range(25))}), object)
    y = f(x)
    slopes = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
    convex, concave = (slopes[1:] >= slopes[:-1]).all(), (slopes[1:] <= slopes[:-1]).all()
    return {(1, 1): "affine", (1, 0): "convex", (0, 1): "concave", (0, 0): "neither"}[int(convex), int(concave)]


@pytest.mark.problem("pwl-convexity")
@examples(150)
@given(hidden=st.lists(st.integers(1, 3), max_size=2), seed=seeds)
def test_the_shape_is_the_one_by_definition(hidden, seed):
    f = pieces_of(random_network(hidden, seed, whole=True).as_fractions())
    assert f.shape == shape_by_definition(f)


@pytest.mark.problem("pwl-convexity")
def test_networks_of_each_shape():
    for weight, shape in [([[1, 1]], "convex"), ([[-1, -1]], "concave"), ([[1, -1]], "neither"), ([[0, 0]], "affine")]:
        assert pieces_of(Network.from_arrays([([[1], [1]], [0, -1]), (weight, [0])])).shape == shape


@examples(100)
@given(hidden=st.lists(st.integers(1, 4), max_size=3), seed=seeds)
def test_extrema_integral_roots_and_lipschitz_constant_against_sampling(hidden, seed):
    f = pieces_of(random_network(hidden, seed, whole=True).as_fractions(), -6, 6)
    x = np.array(sorted(inside(f, 200)), object)
    y = f(x)
    (low_at, low), (high_at, high) = f.extrema()
    assert (low, high) == (min(y), max(y))
    assert (f(low_at), f(high_at)) == (low, high)
    assert f.integral(-6, 6) == sum((b - a) * (u + v) / 2 for a, b, u, v in zip(x, x[1:], y, y[1:], strict=False))
    assert f.integral(-6, 1) + f.integral(1, 6) == f.integral(-6, 6)
    quotients = [abs(v - u) / (b - a) for a, b, u, v in zip(x, x[1:], y, y[1:], strict=False) if b > a]
    assert f.lipschitz == max(quotients)
    roots = f.roots()
    assert all(f(root) == 0 for pair in roots for root in pair)
    assert all(pair[0] < following[0] and pair[1] < following[0] for pair, following in itertools.pairwise(roots))
    for a, b, u, v in zip(x, x[1:], y, y[1:], strict=False):
        if u * v < 0:
            assert sum(a < pair[0] == pair[1] < b for pair in roots) == 1
        if u == 0:
            assert any(pair[0] <= a <= pair[1] for pair in roots)


def test_an_unbounded_function_says_so():
    f = PiecewiseLinear.through([0], [1], left_slope=-2, right_slope=3)
    assert f.extrema() == ((0, 1), (-math.inf, math.inf))
    assert (-f.slopes[0], f.slopes[-1]) == (2, 3)
    assert PiecewiseLinear([], [0], [4]).extrema() == ((0, 4), (0, 4))
    assert PiecewiseLinear([], [0], [0]).roots() == [(-math.inf, math.inf)]
    assert PiecewiseLinear([], [1], [0]).extrema() == ((-math.inf, -math.inf), (math.inf, math.inf))


@examples(100)
@given(hidden=st.lists(st.integers(1, 4), min_size=1, max_size=2), seed=seeds, position=st.integers(0, 100))
def test_equal_networks_are_proved_equal_and_a_change_has_a_witness(hidden, seed, position):
    network = random_network(hidden, seed, whole=True)
    rng = np.random.default_rng(seed)
    layers = [(layer.weight.copy(), layer.bias.copy()) for layer in network.layers]
    order = rng.permutation(hidden[0])
    scale = 2.0 ** rng.integers(-2, 3, hidden[0])  # powers of two, so that nothing is rounded
    (a, b), (c, d), *rest = layers
    shuffled = [(scale[:, None] * a[order], scale * b[order]), (c[:, order] / scale, d), *rest]
    same = Network.from_arrays(shuffled)
    assert difference_witness(network, same) is None
    shuffled[-1] = (shuffled[-1][0], shuffled[-1][1] + 2.0**-40)
    other = Network.from_arrays(shuffled)
    witness = difference_witness(network, other)
    assert witness is not None
    assert network.as_fractions()(witness) != other.as_fractions()(witness)
    assert difference_witness(pieces_of(network, -1, 1), other) is not None


# --- back from pieces to a network ------------------------------------------------------------------------------


@st.composite
def functions(draw):
    count = draw(st.integers(1, 5))
    places = sorted(draw(st.sets(st.integers(-6, 6), min_size=count, max_size=count)))
    values = draw(st.lists(st.integers(-4, 4), min_size=count, max_size=count))
    left = draw(st.none() | st.integers(-3, 3))
    right = draw(st.none() | st.integers(-3, 3))
    if count == 1 and left is None and right is None:
        right = 1
    return PiecewiseLinear.through(
        [Q(x) for x in places], [Q(y) for y in values],
        left_slope=None if left is None else Q(left), right_slope=None if right is None else Q(right),
    )  # fmt: skip


@pytest.mark.problem("act-pwl-from-relu")
@examples(300)
@given(f=functions())
def test_the_network_is_the_function_and_has_as_few_units_as_can_be(f):
    network = relu_network(f)
    back = pieces_of(network, f.lower, f.upper)
    assert difference_witness(back, f) is None
    assert [layer.weight.shape[0] for layer in network.layers][1:] == [1]
    units = np.count_nonzero(network.layers[0].weight)
    assert units == least_by_brute_force(f)
    assert units in (len(f.kinks), len(f.kinks) + 1, 2)
    assert difference_witness(pieces_of(relu_network(f, least=False), f.lower, f.upper), f) is None


def least_by_brute_force(f):
    """By trying which way the unit of each kink looks: another search than the library's, over all 2^kinks choices."""
    slopes = f.linear().slopes.tolist()
    jumps = [after - before for before, after in itertools.pairwise(slopes)]
    if not jumps:
        unbounded = math.isinf(f.lower) and math.isinf(f.upper)
        return 0 if slopes[0] == 0 else 2 if unbounded else 1
    for sides in itertools.product([False, True], repeat=len(jumps)):
        if sum((jump for jump, looks_left in zip(jumps, sides, strict=True) if looks_left), Q(0)) == -slopes[0]:
            return len(jumps)
    return len(jumps) + 1


def test_many_kinks_are_refused_only_where_a_choice_has_to_be_searched():
    f = PiecewiseLinear.through(range(60), [i % 2 for i in range(60)], left_slope=5)
    with pytest.raises(ValueError, match="the function has 59 kinks: accepted with least=True are at most 40"):
        relu_network(f)
    network = relu_network(f, least=False)
    assert len(network.layers[0].weight) == 60
    np.testing.assert_allclose(network(np.arange(-1.0, 60)), [-5, *(i % 2 for i in range(60))], rtol=0, atol=1e-9)
    assert fewest_units(PiecewiseLinear([], [0], [3])) == 0


@pytest.mark.problem("act-pwl-from-relu")
@examples(100)
@given(a=st.integers(-3, 3), b=st.integers(-3, 3), beta=st.integers(-4, 3), width=st.integers(1, 4))
def test_the_activation_of_the_problem_from_two_relus(a, b, beta, width):
    """a relu(x - alpha) + b relu(beta - x), against the slopes asked for; alpha has to be the larger one."""
    alpha = beta + width
    network = Network.from_arrays([([[Q(1)], [-1]], [-alpha, beta]), ([[a, b]], [0])])
    wanted = PiecewiseLinear.through([Q(beta), Q(alpha)], [0, 0], left_slope=-b, right_slope=a)
    assert difference_witness(network, wanted) is None
    assert fewest_units(wanted) == (a != 0) + (b != 0)


@pytest.mark.problem("pwl-kinks")
@pytest.mark.parametrize("k", range(1, 8))
def test_two_layers_of_width_k_have_at_most_k_kinks_and_k_are_attained(k):
    zigzag = PiecewiseLinear.through(range(k + 2), [Q(i % 2) for i in range(k + 2)])
    assert len(pieces_of(relu_network(zigzag), 0, k + 1).kinks) == k
    spread = Network.from_arrays([([[1]] * k, [-i for i in range(k)]), ([[1] * k], [0])])
    assert len(pieces_of(spread).kinks) == k == most_kinks([k])


@pytest.mark.problem("pwl-kinks")
@pytest.mark.parametrize("depth", range(1, 9))
def test_folding_doubles_the_pieces_with_every_layer(depth):
    network = folding_network(depth, activation="relu")
    assert [len(layer.bias) for layer in network.layers] == [2] * depth + [1]
    f = pieces_of(network)
    inside_unit = list(pieces_of(network, 0, 1).linear())
    assert len(inside_unit) == 2**depth
    assert {abs(piece.slope) for piece in inside_unit} == {2**depth}
    assert len(f.kinks) == 2**depth - 1 <= most_kinks([2] * depth)
    grid = [Q(i, 2**depth) for i in range(2**depth + 1)]
    by_hand = grid
    for _ in range(depth):
        by_hand = [abs(2 * x - 1) for x in by_hand]
    assert f(grid).tolist() == by_hand
    assert difference_witness(network, folding_network(depth)) is None


@pytest.mark.problem("pwl-kinks")
@examples(150)
@given(hidden=st.lists(st.integers(1, 4), min_size=1, max_size=3), seed=seeds)
def test_no_network_has_more_kinks_than_the_bound_and_none_jumps(hidden, seed):
    f = pieces_of(random_network(hidden, seed))
    assert len(f.knots) <= most_kinks(hidden)
    left = f.slopes[:-1] * f.knots + f.intercepts[:-1]
    right = f.slopes[1:] * f.knots + f.intercepts[1:]
    assert (abs(left - right) <= 1e-8 * (1 + abs(f.knots * f.slopes[1:]))).all()


@pytest.mark.problem("pwl-no-bias")
@examples(200)
@given(weights=st.lists(st.integers(-5, 5), min_size=4, max_size=4))
def test_without_biases_there_is_one_kink_at_most_and_it_is_at_zero(weights):
    a, b, c, d = weights
    f = pieces_of(Network.from_arrays([([[Q(a)], [b]], None), ([[c, d]], None)]))
    assert f.kinks.tolist() in ([], [0])
    assert f.shape in ("affine", "convex", "concave")
    assert f(Q(0)) == 0
    for x in (Q(-3), Q(-1, 2), Q(2)):
        assert f(x) == c * max(a * x, 0) + d * max(b * x, 0)


@pytest.mark.problem("pwl-parameter-nonconvex")
def test_the_output_along_a_line_of_parameters_is_neither_convex_nor_concave():
    """At x = 1 with W1 = (t, t - 1), W2 = (1, -1) and no biases the output is relu(t) - relu(t - 1)."""
    along = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -1]], [0])])
    for t in range(-3, 5):
        network = Network.from_arrays([([[t], [t - 1]], None), ([[1, -1]], None)])
        assert network(1) == along(t) == max(t, 0) - max(t - 1, 0)
    assert pieces_of(along).shape == "neither"


@examples(60)
@given(tolerance=st.sampled_from([0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4]), case=st.integers(0, 2))
def test_chords_keep_the_tolerance(tolerance, case):
    function, low, high, curvature = [(np.sin, 0, 7, 1), (np.square, -1, 2, 2), (np.exp, 0, 1, math.e)][case]
    f = approximate(function, low, high, tolerance=tolerance, curvature=curvature)
    x = np.linspace(low, high, 20_001)
    assert abs(f(x) - function(x)).max() <= tolerance * (1 + 1e-9)
    if case == 1:  # of a parabola the error is the bound itself: one piece less is too few
        assert (high - low) ** 2 / (4 * (len(f) - 1 or 0.5) ** 2) > tolerance


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pieces_of(Network.from_arrays([([[1, 1]], [0])])), "2 inputs and 1 outputs: accepted is 1 and 1"),
        (lambda: pieces_of(Network.from_arrays([([[1]], [0])]), 1, 1), "lower=1, upper=1: accepted are numbers in inc"),
        (lambda: PiecewiseLinear([0], [1], [0]), "1 knots, 1 slopes and 1 intercepts: accepted are one slope"),
        (lambda: PiecewiseLinear([1, 0], [0, 1, 2], [0, 0, 0]), r"knots=\[1.0, 0.0\] from lower=-inf"),
        (lambda: PiecewiseLinear([0], [0, 0], [0, 1]), "the function jumps at 0.0 from 0.0 to 1.0"),
        (lambda: PiecewiseLinear([0], [0, np.nan], [0, 1]), "slopes has entries that are infinite or NaN"),
        (lambda: PiecewiseLinear.through([0], [0]), r"places have shape \(1,\) and values \(1,\): accepted are incr"),
        (lambda: PiecewiseLinear.through([1, 0], [0, 0]), "accepted are increasing places"),
        (lambda: PiecewiseLinear.through([0, 1], [0, 1])(2), "x leaves the domain: accepted are numbers from 0.0 to 1"),
        (lambda: PiecewiseLinear.through([0, 1], [0, 1]).integral(0, 2), "from 0 to 2: accepted are finite numbers"),
        (
            lambda: PiecewiseLinear.through([0, 1], [0, 1]) - PiecewiseLinear.through([1, 2], [0, 1]),
            "the domains meet in no interval",
        ),
        (lambda: most_kinks((2.5, 2.5)), r"widths=\(2.5, 2.5\): accepted are whole numbers"),
        (lambda: most_kinks((-2, -2)), r"widths=\(-2, -2\): accepted are whole numbers, each at least 0"),
        (lambda: approximate(np.sin, 0, 1, tolerance=0, curvature=1), "tolerance=0: accepted is a number above zero"),
        (lambda: most_kinks(3), "widths=3: accepted are whole numbers"),
        (lambda: relu_network([1]), r"function=\[1\]: accepted is a PiecewiseLinear"),
        (lambda: approximate(3, 0, 1, tolerance=1, curvature=1), "function=3: accepted are functions of an array"),
        (lambda: approximate(np.sin, 0, 1, tolerance=1e-30, curvature=1), "chords: accepted are at most 10000000"),
        (lambda: approximate(np.sin, 1, 0, tolerance=1, curvature=1), "lower=1, upper=0: accepted are finite numbers"),
        (lambda: approximate(np.sin, 0, np.inf, tolerance=1, curvature=1), "lower=0, upper=inf: accepted are finite"),
        (lambda: pieces_of([([[1]], [0])], "0", 1), "lower='0': accepted is a real number or an infinite one"),
        (lambda: pieces_of([([[1]], [0])], 0, np.nan), "upper=nan: accepted is a real number or an infinite one"),
        (lambda: pieces_of("relu"), "network='relu': accepted are a Network"),
        (lambda: PiecewiseLinear(["0"], [0, 1], [0, 0]), "knots has the type <U1: accepted are real numbers"),
        (lambda: PiecewiseLinear.through([0, 1], [0, 1]).integral(0, None), "upper=None: accepted is a real number"),
        (lambda: PiecewiseLinear.through([0, 1], [0, 1]).linear(tolerance=-1), "tolerance=-1: accepted is a number"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_functions_that_differ_by_a_line_through_zero_are_not_called_equal():
    absolute = PiecewiseLinear.through([0], [0], left_slope=-1, right_slope=1)
    doubled = Network.from_arrays([([[1]], [0]), ([[2]], [0])])  # 2 relu(x): the difference is x, without a kink
    witness = difference_witness(doubled, absolute)
    assert witness is not None
    assert doubled(witness) != absolute(witness)
    assert difference_witness(absolute, absolute) is None


# --- how far apart ---------------------------------------------------------------------------------------------------


@st.composite
def lines_of_points(draw):
    """A function on [0, 1] through points in twelfths, with values in quarters."""
    inner = draw(st.lists(st.integers(1, 11), unique=True, max_size=5))
    places = [Q(0), *(Q(p, 12) for p in sorted(inner)), Q(1)]
    return PiecewiseLinear.through(places, [Q(draw(st.integers(-4, 4)), 4) for _ in places])


@examples(60)
@given(lines_of_points(), lines_of_points())
def test_distances_are_those_of_a_fine_grid(f, g):
    found = distance(f, g, 0, 1)
    assert found == distance(g, f, 0, 1)
    x = np.linspace(0, 1, 24_001)  # all knots are among these
    gap = abs(np.interp(x, *corners(f)) - np.interp(x, *corners(g)))
    assert math.isclose(found.largest, gap.max(), abs_tol=1e-12)
    assert math.isclose(found.mean, ((gap[1:] + gap[:-1]) / 2).mean(), abs_tol=1e-6)


def corners(f):
    places = [f.lower, *f.knots, f.upper]
    return [float(x) for x in places], [float(f(x)) for x in places]


def test_a_distance_is_asked_for_where_both_are_defined():
    f = PiecewiseLinear.through([0, 1], [0, 1])
    for ends in ((0, 2), (-1, 1), (1, 0), (0, math.inf)):
        with pytest.raises(ValueError, match=r"accepted are finite numbers in order, from 0\.0 to 1\.0"):
            distance(f, f, *ends)


@examples(60)
@given(lines_of_points(), st.sampled_from([Q(0), Q(1, 4), Q(1, 3)]))
def test_sign_changes_are_those_of_the_signs_on_a_grid(f, level):
    signs = [f(Q(j, 48)) - level for j in range(49)]
    kept = [sign > 0 for sign in signs if sign]
    assert sign_changes(f, level) >= sum(a != b for a, b in itertools.pairwise(kept))
    corner = [f(x) - level for x in (f.lower, *f.knots, f.upper)]
    kept = [sign > 0 for sign in corner if sign]  # between corners there is no other sign
    assert sign_changes(f, level) == sum(a != b for a, b in itertools.pairwise(kept))


@pytest.mark.parametrize(
    ("left", "right", "expected"), [(1, 1, 1), (-1, 1, 0), (1, -1, 2), (0, 0, 0), (0, -1, 1), (-1, -1, 1)]
)
def test_far_out_the_slope_decides(left, right, expected):
    f = PiecewiseLinear.through([0], [1], left_slope=left, right_slope=right)
    assert sign_changes(f) == expected
    with pytest.raises(ValueError, match="level=inf: accepted is a finite number"):
        sign_changes(f, math.inf)


def test_to_touch_a_level_is_no_change():
    hat = PiecewiseLinear.through([0, 1, 2], [1, 0, 1])
    assert (sign_changes(hat), sign_changes(hat, 0.5), sign_changes(hat, 2)) == (0, 2, 0)
    assert sign_changes(PiecewiseLinear([], [0], [0])) == 0
