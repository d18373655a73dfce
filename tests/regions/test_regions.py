"""hwlib.regions: counts against formulas, linear programs and exact arithmetic; maps against autograd."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hwlib.network import Network, folding_network
from hwlib.pieces import PiecewiseLinear, relu_network
from hwlib.regions import (
    bounds,
    count_regions,
    enumerate_regions,
    identified_regions,
    iterate_regions,
    sample_regions,
    slice_network,
    use_engine,
)


def random_network(widths, seed, activation="relu", scale=1.0):
    rng = np.random.default_rng(seed)
    pairs = itertools.pairwise(widths)
    arrays = [(rng.normal(size=(o, i)), scale * rng.normal(size=o)) for i, o in pairs]
    return Network.from_arrays(arrays, activation=activation)


def whole_network(widths, seed):
    """Small whole weights: zero weights, equal, parallel and concurrent lines and dead neurons are frequent."""
    rng = np.random.default_rng(seed)
    arrays = [(rng.integers(-1, 2, (o, i)), rng.integers(-1, 2, o)) for i, o in itertools.pairwise(widths)]
    return Network.from_arrays(arrays)


def _arrays(network):
    return [(layer.weight, layer.bias) for layer in network.layers]


def fold(layers, dimension, *, rotation=None, relu=False):
    """x becomes |2x - 1| in each coordinate, several times; with ReLU as relu(2x - 1) + relu(1 - 2x)."""
    eye = np.eye(dimension, dtype=int)
    first = eye if rotation is None else rotation
    if not relu:
        arrays = [(2 * (first if k == 0 else eye), -np.ones(dimension, int)) for k in range(layers)]
        return Network.from_arrays([*arrays, (eye, 0 * eye[0])], activation="abs")
    both, together = np.vstack([2 * eye, -2 * eye]), np.hstack([eye, eye])
    bias = np.repeat([-1, 1], dimension)
    arrays = [(both @ (first if k == 0 else together), bias) for k in range(layers)]
    return Network.from_arrays([*arrays, (together, 0 * eye[0])])


def zaslavsky(lines, dimension):
    return sum(math.comb(lines, k) for k in range(dimension + 1))


by_both = pytest.mark.usefixtures("each_engine")  # NumPy and machine code


# --- counts ------------------------------------------------------------------------------------------


@by_both
@pytest.mark.parametrize(
    ("lines", "dimension"), [(1, 1), (9, 1), (1, 2), (7, 2), (20, 2), (6, 3), (8, 4), (7, 5), (3, 6)]
)
def test_one_layer_in_general_position_cuts_space_as_zaslavsky_says(lines, dimension):
    network = random_network([dimension, lines, 1], seed=lines)
    assert len(enumerate_regions(network)) == zaslavsky(lines, dimension)


def test_parallel_and_central_lines_have_their_own_counts():
    parallel = Network.from_arrays([(np.ones((5, 2)), np.arange(5)), (np.ones((1, 5)), [0])])
    assert count_regions(parallel) == 6
    angles = np.arange(7)
    central = Network.from_arrays([(np.stack([np.cos(angles), np.sin(angles)], axis=1), None), (np.ones((1, 7)), [0])])
    assert count_regions(central) == 14
    assert enumerate_regions(central).exact_points is not None  # floats were in doubt, and did not decide


@pytest.mark.problem("depth-one-layer")
@pytest.mark.problem("depth-folding")
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(
    ("layers", "dimension"), [(n, d) for n in range(1, 13) for d in range(1, 13) if n * d <= 12 and (d < 5 or n == 1)]
)
def test_folds_have_two_to_the_layers_times_dimension_regions(layers, dimension, relu):
    network = fold(layers, dimension, relu=relu)
    box = [(0, 1)] * dimension
    assert count_regions(network, box=box) == 2 ** (layers * dimension)
    if dimension <= 4 and layers * dimension <= 9:  # without using that the coordinates are independent
        assert len(enumerate_regions(network, box=box)) == 2 ** (layers * dimension)


@by_both
@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.floats(0, 7), st.booleans(), st.floats(1, 4))
def test_folds_turned_by_any_angle_keep_their_number(layers, angle, relu, reach):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = enumerate_regions(fold(layers, 2, rotation=turn, relu=relu), box=[(-2 * reach, 2 * reach)] * 2)
    assert len(found) == 4**layers
    assert found.volumes.sum() == pytest.approx(16 * reach**2)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_fold_turned_by_a_rational_angle_is_exact(layers):
    turn = np.array([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]])
    found = enumerate_regions(fold(layers, 2, rotation=turn, relu=True), box=[(-3, 3), (-3, 3)])
    assert len(found) == 4**layers
    assert found.exact_points is not None
    assert all(isinstance(entry, Fraction) for region in found for entry in region.corners.ravel())


@by_both
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=2), st.integers(1, 3), st.integers(0, 10**6))
def test_in_any_position_the_count_is_that_of_linear_programs(hidden, dimension, seed):
    network = whole_network([dimension, *hidden, 1], seed)
    box = [(-3, Fraction(5, 2))] * dimension  # whole weights meet the border of such a box in corners, too
    expected = count_regions(network, box=box, method="programs")
    found = enumerate_regions(network, box=box)
    assert len(found) == count_regions(network, box=box) == expected
    assert len(enumerate_regions(network, box=box, exact=True)) == expected
    assert sum(1 for _ in iterate_regions(network, box=box)) == expected
    assert found.volumes.sum() == pytest.approx(5.5**dimension)
    patterns = np.concatenate(found.patterns, axis=1)
    assert len(np.unique(patterns, axis=0)) == expected


@by_both
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 7), min_size=1, max_size=3),
    st.integers(1, 3),
    st.integers(0, 10**6),
    st.sampled_from(["relu", "leaky_relu", "abs", "hard_tanh"]),
)
def test_floats_agree_with_whole_numbers_of_any_size(hidden, dimension, seed, activation):
    network = random_network([dimension, *hidden, 2], seed, activation)
    box = [(-1, 2)] * dimension
    floats, whole = enumerate_regions(network, box=box), enumerate_regions(network, box=box, exact=True)
    assert len(floats) == len(whole) == count_regions(network, box=box)
    assert floats.exact_points is None
    assert np.sort(floats.volumes) == pytest.approx(np.sort(whole.volumes), rel=1e-6, abs=1e-9)
    if dimension < 3:
        assert len(enumerate_regions(network)) == len(enumerate_regions(network, exact=True))


@by_both
def test_all_of_the_plane_has_regions_that_a_large_box_does_not_meet():
    network = random_network([2, 8, 8, 1], seed=4)
    boxes = [count_regions(network, box=[(-r, r)] * 2) for r in (1, 10, 1e3, 1e7)]
    assert boxes == sorted(boxes)
    everything = enumerate_regions(network)
    assert len(everything) >= boxes[-1] > boxes[0]
    assert (everything.volumes < np.inf).sum() == (enumerate_regions(network, exact=True).volumes < np.inf).sum()


@by_both
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_regions_of_the_plane_hold_the_points_between_their_corners_and_directions(seed):
    network = random_network([2, 5, 4, 1], seed)
    for region in enumerate_regions(network):
        assert len(region.corners)
        corners, steps = region.corners.astype(float), region.directions.astype(float)
        inside = corners.mean(axis=0) + (steps / np.linalg.norm(steps, axis=1, keepdims=True)).sum(axis=0)
        value = region.weight.astype(float) @ inside + region.bias.astype(float)
        assert network(inside) == pytest.approx(value, rel=1e-6, abs=1e-8)
        here = inside
        for layer, pieces in zip(network.layers, region.pattern, strict=False):
            z = layer.weight @ here + layer.bias
            assert np.array_equal(layer.activation.piece(z), pieces)
            here = layer.activation(z)


# --- geometry ----------------------------------------------------------------------------------------


@by_both
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), st.integers(0, 10**6))
def test_regions_in_a_box_tile_it_and_satisfy_euler_s_formula(hidden, seed):
    found = enumerate_regions(random_network([2, *hidden, 1], seed), box=[(-2, 2), (-1, 1)])
    assert found.volumes.sum() == pytest.approx(8)
    assert found.volumes.min() > 0
    edges = set()
    for a, b in zip(found.start, found.start[1:], strict=False):
        ring = found.ring[a:b].tolist()
        edges |= {tuple(sorted(pair)) for pair in zip(ring, ring[1:] + ring[:1], strict=True)}
        x, y = found.points[ring, :2].T
        assert np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) > 0  # counter-clockwise
    assert len(set(found.ring.tolist())) - len(edges) + len(found) == 1  # the outside is no region here
    assert len(found.adjacency) == len(found.ring) - len(edges)  # an edge is met twice, or once on the border


@by_both
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_affine_maps_are_autograd_s(dimension):
    rng = np.random.default_rng(dimension)
    layers = [torch.nn.Linear(dimension, 7), torch.nn.ReLU(), torch.nn.Linear(7, 6), torch.nn.LeakyReLU(0.1)]
    module = torch.nn.Sequential(*layers, torch.nn.Linear(6, 2)).double()
    for parameter in module.parameters():
        parameter.data = torch.from_numpy(rng.normal(size=tuple(parameter.shape)))
    found = enumerate_regions(module, box=[(-2, 2)] * dimension)
    assert len(found) > 5
    for region in found:
        middle = torch.from_numpy(region.corners.mean(axis=0))
        jacobian = torch.autograd.functional.jacobian(module, middle).numpy()
        assert region.weight == pytest.approx(jacobian, abs=1e-9)
        assert region.weight @ middle.numpy() + region.bias == pytest.approx(module(middle).detach().numpy(), abs=1e-9)


@by_both
@pytest.mark.parametrize(
    "corners", [[(0, 0), (4, 1), (1, 3)], [(1, 3), (4, 1), (0, 0)], [(-2, 0), (0, -2), (2, 0), (0, 2)]]
)
@pytest.mark.parametrize("exact", [False, True])
def test_regions_inside_a_polygon_tile_it(corners, exact):
    network = random_network([2, 8, 7, 1], seed=5)
    found = enumerate_regions(network, polygon=corners, exact=exact)
    x, y = np.array(corners, dtype=float).T
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    assert found.volumes.sum() == pytest.approx(area)
    inside = {tuple(np.concatenate(region.pattern).tolist()) for region in found}
    around = enumerate_regions(network, box=[(-5, 5)] * 2)
    assert inside < {tuple(np.concatenate(region.pattern).tolist()) for region in around}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=4),
    st.sampled_from([1, 2, 2, 3, 4]),
    st.integers(0, 10**6),
    st.sampled_from(["relu", "leaky_relu", "abs", "hard_tanh"]),
    st.booleans(),
)
@pytest.mark.usefixtures("machine_code")
def test_machine_code_finds_what_numpy_finds(hidden, dimension, seed, activation, everywhere):
    if dimension > 2 or everywhere:  # or it takes minutes, where it comes to whole numbers
        hidden = [min(width, 7 - dimension) for width in hidden[:2]]
    (weight, bias), *rest = _arrays(random_network([dimension, *hidden, 3], seed, activation))
    # A copy of the first neuron, upside down, and a dead neuron.
    first = (np.vstack([weight, -weight[:1], 0 * weight[:1]]), np.append(bias, [-bias[0], 1]))
    second = (np.hstack([rest[0][0], rest[0][0][:, :1], rest[0][0][:, -1:]]), rest[0][1])
    network = Network.from_arrays([first, second, *rest[1:]], activation=activation)
    found = []
    for name in ("numpy", "numba"):
        with use_engine(name):
            regions = enumerate_regions(network, box=None if everywhere else [(-3, 2)] * dimension)
            assert everywhere or regions.exact_points is None  # at infinity parallel lines meet
            found.append({tuple(np.concatenate(region.pattern).tolist()): region for region in regions})
    assert found[0].keys() == found[1].keys()
    for pattern, one in found[0].items():
        other = found[1][pattern]
        reach = max(1, np.abs(one.corners).max(initial=1))
        assert one.weight == pytest.approx(other.weight, rel=1e-8, abs=1e-8)
        assert one.bias == pytest.approx(other.bias, rel=1e-8, abs=1e-8 * reach)
        assert len(one.corners) == len(other.corners)
        if len(one.corners) and dimension == 2:  # a half-plane has none
            start = np.argmin(((other.corners - one.corners[:1]) ** 2).sum(axis=1))
            assert one.corners == pytest.approx(np.roll(other.corners, -start, axis=0), rel=1e-6, abs=1e-8 * reach)
        elif len(one.corners):
            apart = np.abs(one.corners[:, None] - other.corners[None]).max(axis=2)
            assert apart.min(axis=1).max() < 1e-8 * reach


def test_exact_regions_have_exact_maps():
    network = Network.from_arrays([([[Fraction(1, 3)], [-1]], [0, Fraction(1, 7)]), ([[1, 1]], [0])])
    found = enumerate_regions(network, box=[(-1, 1)])
    assert sorted(end for region in found for end in region.corners.ravel()) == [
        -1,
        0,
        0,
        Fraction(1, 7),
        Fraction(1, 7),
        1,
    ]
    for region in found:
        middle = region.corners.mean()
        assert region.weight[0, 0] * middle + region.bias[0] == network(middle)


@by_both
def test_neighbours_differ_in_one_neuron_in_general_position():
    found = enumerate_regions(random_network([2, 6, 5, 1], seed=1), box=[(-3, 3)] * 2)
    flat = np.concatenate(found.patterns, axis=1)
    first, second = found.adjacency.T
    assert ((flat[first] != flat[second]).sum(axis=1) == 1).all()
    assert len(found.adjacency) >= len(found) - 1


@by_both
def test_linear_pieces_join_what_no_output_tells_apart():
    """The second neuron is not read, so its line makes two activation regions of one linear piece."""
    network = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 0]], [0])])
    for exact in (False, True):
        found = enumerate_regions(network, box=[(-1, 1), (-1, 2)], exact=exact)
        assert len(found) == 4
        assert found.linear_pieces() == 2


def test_a_slice_is_the_network_on_that_plane():
    network = random_network([5, 8, 6, 1], seed=3)
    rng = np.random.default_rng(0)
    origin, u, v = rng.normal(size=(3, 5))
    plane = slice_network(network, origin, u, v)
    for a, b in rng.normal(size=(20, 2)):
        assert plane([a, b]) == pytest.approx(network(origin + a * u + b * v))
    assert len(enumerate_regions(plane, box=[(-2, 2)] * 2)) > 10


# --- ways to compute ---------------------------------------------------------------------------------


@by_both
def test_several_processes_find_the_same_regions():
    network, box = random_network([3, 5, 4, 1], seed=2), [(-1, 1)] * 3
    one, two = enumerate_regions(network, box=box), enumerate_regions(network, box=box, n_jobs=2)
    assert np.sort(one.volumes) == pytest.approx(np.sort(two.volumes))
    whole = whole_network([2, 4, 3, 1], seed=8)
    assert count_regions(whole, exact=True, n_jobs=2) == count_regions(whole, exact=True)


@by_both
def test_regions_come_one_by_one():
    network = random_network([2, 30, 30, 1], seed=0)
    some = list(itertools.islice(iterate_regions(network, box=[(-3, 3)] * 2), 5))
    assert len({tuple(np.concatenate(region.pattern).tolist()) for region in some}) == 5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_samples_give_a_lower_bound(seed):
    network = random_network([2, 6, 6, 1], seed)
    box = [(-2, 2)] * 2
    bounds = [sample_regions(network, box=box, samples=n) for n in (1, 50, 2000)]
    assert bounds[0] == 1
    assert bounds == sorted(bounds)
    assert bounds[-1] <= count_regions(network, box=box)


def test_independent_parts_multiply_and_more_than_eight_inputs_are_counted_by_programs():
    assert count_regions(fold(1, 20), box=[(0, 1)] * 20) == 2**20
    network = random_network([9, 4, 1], seed=0, scale=0.1)
    assert count_regions(network, box=[(-2, 2)] * 9) == 16  # four planes in general position, all near the middle


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: enumerate_regions(n, box=[(0, 1)]), "accepted are 2 pairs"),
        (lambda n: enumerate_regions(n, box=[(0, 1), (1, 1)]), "low < high"),
        (lambda n: enumerate_regions(n, box=[(0, 1), (1, math.inf)]), "finite"),
        (lambda n: enumerate_regions(n, box=[(0, 1), 3]), "accepted are 2 pairs"),
        (lambda n: enumerate_regions(random_network([9, 2, 1], 0)), "accepted are at most 8"),
        (lambda n: enumerate_regions(n, polygon=[(0, 0), (1, 1)]), "three or more corners"),
        (lambda n: enumerate_regions(n, polygon=[(0, 0), (1, 0), (2, 0)]), "convex polygon"),
        (lambda n: enumerate_regions(n, polygon=[(0, 0), (2, 0), (1, 0.1), (1, 2)]), "convex polygon"),
        (lambda n: enumerate_regions(n, polygon=[(0, 2), (1, -2), (-2, 1), (2, 1), (-1, -2)]), "convex polygon"),
        (lambda n: enumerate_regions(n, polygon=[(0, 0), (1, 0), (0, 1)], box=[(0, 1)] * 2), "and a box"),
        (lambda n: count_regions(n, method="guess"), "accepted are 'auto', 'corners' and 'programs'"),
        (lambda n: count_regions(n, method="programs"), "accepted is a box"),
        (
            lambda n: sample_regions(n, box=[(0, 1)] * 2, samples=0),
            "samples=0: accepted is a whole number",
        ),
        (lambda n: next(iterate_regions(n, box=None)), "accepted is a box"),
        (lambda n: slice_network(n, [0, 0, 0], [1, 0, 0]), "accepted are 2 numbers each"),
        (lambda n: enumerate_regions(random_network([3, 2, 1], 0)).adjacency, "accepted are two"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_network([2, 3, 1], seed=0))


@by_both
def test_an_affine_network_is_one_region():
    network = Network.from_arrays([([[1, 2]], [3])])
    assert count_regions(network, box=[(0, 1)] * 2) == 1
    (region,) = enumerate_regions(network, box=[(0, 1)] * 2)
    assert region.weight.tolist() == [[1, 2]]
    assert region.pattern == ()
    with pytest.raises(IndexError, match="accepted are 0 to 0"):
        enumerate_regions(network, box=[(0, 1)] * 2)[1]


# --- identified regions and bounds -------------------------------------------------------------------


@pytest.mark.problem("depth-one-layer")
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_preimages_are_mapped_back_and_lie_in_different_regions(dimension):
    unit, network = [(0, 1)] * dimension, folding_network(1, dimension)
    y = [Fraction(k + 1, 7) for k in range(dimension)]
    found = identified_regions(network, box=unit, target=unit)
    origins = [region.preimage(y) for region in found]
    assert len(found) == len({tuple(origin) for origin in origins}) == 2**dimension
    for region, origin in zip(found, origins, strict=True):
        assert np.atleast_1d(network(origin.tolist() if dimension > 1 else origin[0])).tolist() == y
        assert (region.corners.min(axis=0) < origin).all()
        assert (origin < region.corners.max(axis=0)).all()


@pytest.mark.problem("depth-composition")
@pytest.mark.parametrize(("parts_g", "parts_f"), [(2, 3), (3, 2), (3, 4), (5, 2)])
def test_composition_multiplies_identified_regions(parts_g, parts_f):
    def zigzag(parts):
        knots = [Fraction(k, parts) for k in range(parts + 1)]
        return relu_network(PiecewiseLinear.through(knots, [k % 2 for k in range(parts + 1)]))

    unit = [(0, 1)]
    composed = Network([*zigzag(parts_g).layers, *zigzag(parts_f).layers])
    assert len(identified_regions(composed, box=unit, target=unit)) == parts_g * parts_f


def test_nothing_is_identified_by_a_fold_that_is_off_or_flat():
    unit = [(0, 1)]
    for bias in (Fraction(-9, 10), 0):
        network = Network.from_arrays([([[2]], [bias]), ([[1]], [0])], activation="abs")
        assert identified_regions(network, box=unit, target=unit) == []
    flat = Network.from_arrays([([[0]], [1]), ([[1]], [0])])
    assert identified_regions(flat, box=unit, target=unit) == []
    with pytest.raises(ValueError, match="accepted are as many outputs as inputs"):
        identified_regions(random_network([2, 3, 1], 0), box=unit * 2, target=unit)


@pytest.mark.problem("depth-conclusion")
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(1, 3), st.integers(0, 10**6))
def test_no_network_exceeds_the_bounds(widths, inputs, seed):
    found = count_regions(random_network([inputs, *widths, 1], seed))
    assert found <= bounds.serra_upper(inputs, widths) <= bounds.montufar_upper(inputs, widths)
    assert bounds.montufar_upper(inputs, widths) <= 2 ** sum(widths)


@pytest.mark.problem("depth-conclusion")
def test_bounds_are_those_of_the_papers():
    """For one layer all agree; the example of Serra's paper for one input is L layers of n neurons: (n + 1)^L."""
    for n, d in itertools.product(range(1, 7), range(1, 4)):
        assert bounds.serra_upper(d, [n]) == bounds.montufar_upper(d, [n]) == zaslavsky(n, d) == bounds.zaslavsky(n, d)
    assert bounds.montufar_upper(1, [4, 4, 4]) == 5**3
    assert bounds.montufar_lower(2, [4, 4]) == 4 * 11
    for bad in ([1], [0, 3]):
        with pytest.raises(ValueError, match="at least 2 neurons"):
            bounds.montufar_lower(2, bad)
    with pytest.raises(ValueError, match="widths"):
        bounds.serra_upper(2, [0])
    with pytest.raises(ValueError, match="not negative"):
        bounds.zaslavsky(-1, 2)
    with pytest.raises(ValueError, match="at least 1"):
        bounds.hanin_rolnick_estimate(0, 3)


def test_the_fold_reaches_the_lower_bound_of_montufar():
    """d neurons of |z| are 2d of ReLU: the last layer of a fold cuts as Zaslavsky's number for parallel pairs."""
    for layers, dimension in [(2, 1), (3, 1), (2, 2)]:
        widths = [2 * dimension] * layers
        folded = count_regions(folding_network(layers, dimension, activation="relu"), box=[(0, 1)] * dimension)
        assert folded <= bounds.montufar_lower(dimension, widths) <= bounds.serra_upper(dimension, widths)
