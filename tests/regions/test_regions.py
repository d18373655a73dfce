"""hwlib.regions: counts against formulas, linear programs and exact arithmetic; maps against autograd."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.network import Network
from hwlib.regions import (
    count_regions,
    enumerate_regions,
    iterate_regions,
    sample_regions,
    slice_network,
    use_engine,
)

from ..examples import examples
from .networks import fold, random_network, whole_network, zaslavsky

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
@examples(40)
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
@examples(60)
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
@examples(40)
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
@examples(30)
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


@by_both
def test_half_planes_and_strips_have_a_corner_for_each_border_and_no_other_on_straight_ones():
    """Without vertices the corner says where the border line is."""
    strips = Network.from_arrays([([[1, 1], [1, 1]], [0, -1]), ([[1, 1]], [0])])
    for found in (enumerate_regions(strips), enumerate_regions(strips, exact=True)):
        corners = sorted(sorted(float(x + y) for x, y in region.corners) for region in found)
        assert [np.round(sums, 9).tolist() for sums in corners] == [[0], [0, 1], [1]]
        for region in found:
            inside = region.corners.astype(float).mean(axis=0) + region.directions.astype(float).sum(axis=0)
            assert region.pattern[0].tolist() == [inside.sum() > 0, inside.sum() > 1]
    (everything,) = enumerate_regions(Network.from_arrays([([[1, 1]], [0])]))
    assert (len(everything.corners), len(everything.directions)) == (0, 3)


def test_an_exact_border_that_turns_by_very_little_keeps_its_corner():
    wedge = Network.from_arrays([([[0, 1], [Fraction(-1, 10**12), 1]], [0, 0]), ([[1, 1]], [0])])
    found = enumerate_regions(wedge)
    assert [region.corners.tolist() for region in found] == [[[0, 0]]] * 4


@by_both
@pytest.mark.parametrize("seed", range(5))
def test_endless_regions_go_round_a_corner_at_each_of_their_points(seed):
    """The fan that all of the plane begins with leaves no trace."""
    for region in enumerate_regions(random_network([2, 6, 4, 1], seed)):
        p = region.corners.astype(float)
        if len(p) > 2:
            into, out = p[1:-1] - p[:-2], p[2:] - p[1:-1]
            turn = into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0]
            assert (np.abs(turn) > 1e-7 * np.linalg.norm(into, axis=1) * np.linalg.norm(out, axis=1)).all()


# --- geometry ----------------------------------------------------------------------------------------


@by_both
@examples(25)
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


@examples(60)
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
    layers = random_network([dimension, *hidden, 3], seed, activation).layers
    (weight, bias), *rest = [(layer.weight, layer.bias) for layer in layers]
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


@examples(20)
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
        (lambda n: slice_network(n, [0, 0]), "at least one direction"),
        (lambda n: enumerate_regions(n, box=["01", "01"]), "accepted are 2 pairs"),
        (lambda n: enumerate_regions(n, box=[(0, 10**400)] * 2), "finite numbers"),
        (lambda n: enumerate_regions(n, polygon=[(0, 0), (1, 0), (0, math.inf)]), "convex polygon"),
        (lambda n: enumerate_regions(n, box=[(0, 1)] * 2, n_jobs=0), "n_jobs=0: accepted are"),
        (lambda n: enumerate_regions(n, box=[(0, 1)] * 2, n_jobs=1.5), "n_jobs=1.5: accepted is a whole number"),
        (lambda n: enumerate_regions(random_network([3, 2, 1], 0)).adjacency, "accepted are two"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_network([2, 3, 1], seed=0))


def test_a_result_is_told_in_a_line():
    network = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    found = enumerate_regions(network, box=[(-1, 1)] * 2)
    assert repr(found) == "Regions(4 of Network(2-2-1, relu, float64))"
    assert repr(enumerate_regions(network, exact=True)) == "Regions(4 of Network(2-2-1, relu, float64), exact)"
    assert sorted(map(repr, found))[1] == "Region(4 corners, pattern '01')"
    assert sorted(map(repr, enumerate_regions(network)))[3] == "Region(1 corner, 3 directions, pattern '11')"
    assert len(repr(enumerate_regions(random_network([2, 90, 1], 0), box=[(-1, 1)] * 2)[0])) < 80


@pytest.mark.parametrize(
    "box",
    [
        np.array([[-1, 0.5], [0, 1]], np.float32),
        np.array([[-2, 1], [0, 2]]) / 2,
        [(Fraction(-1), Fraction(1, 2)), (Decimal(0), np.int64(1))],
        torch.tensor([[-1, 0.5], [0, 1]]),
    ],
)
def test_a_box_may_be_of_any_numbers(box):
    network = [([[1, 0], [0, 1]], [0, -Fraction(1, 2)]), ([[1, 1]], [0])]
    assert count_regions(network, box=box) == len(list(iterate_regions(network, box=box))) == 4
    for exact in (False, True):
        assert len(enumerate_regions(network, box=box, exact=exact)) == 4
        assert enumerate_regions(network, box=box, exact=exact).volumes.sum() == 1.5


@by_both
def test_a_box_thinner_than_floats_can_tell_is_left_to_exact_arithmetic():
    network = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [0])])
    box = [(0, 2), (Fraction(1), 1 + Fraction(1, 10**30))]
    assert len(enumerate_regions(network, box=box)) == 2  # the line x = y crosses it
    assert count_regions(network, box=box) == 2


class Wrapped:
    def as_network(self):
        return random_network([2, 3, 1], seed=0)


@pytest.mark.parametrize("kind", ["module", "pairs", "object"])
def test_whatever_is_a_network_is_taken(kind):
    network = random_network([2, 3, 1], seed=0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)).double()
    for layer, linear in zip(network.layers, (module[0], module[2]), strict=True):
        linear.weight.data, linear.bias.data = torch.tensor(layer.weight), torch.tensor(layer.bias)
    pairs = [(layer.weight, layer.bias) for layer in network.layers]
    given, box = {"module": module, "pairs": pairs, "object": Wrapped()}[kind], [(-2, 2)] * 2
    expected = len(enumerate_regions(network, box=box))
    assert len(enumerate_regions(given, box=box)) == count_regions(given, box=box) == expected
    assert sum(1 for _ in iterate_regions(given, box=box)) == expected
    assert 1 < sample_regions(given, box=box, samples=100, rng=0) <= expected
    assert slice_network(given, [0, 0], [1, 0])([1]) == network([1, 0])
    with pytest.raises(ValueError, match="network='relu': accepted are a Network"):
        enumerate_regions("relu", box=box)


def test_points_come_from_the_source_that_is_given():
    network, box = random_network([2, 12, 1], seed=0), [(-1, 1)] * 2
    numbers = {seed: sample_regions(network, box=box, samples=9, rng=seed) for seed in range(20)}
    assert len(set(numbers.values())) > 1  # seed 0 is a seed like others
    for seed, number in numbers.items():
        assert sample_regions(network, box=box, samples=9, rng=seed) == number
        assert sample_regions(network, box=box, samples=9, rng=np.random.default_rng(seed)) == number
    with pytest.raises(ValueError, match="rng=-1: accepted are None, a seed of at least 0"):
        sample_regions(network, box=box, samples=9, rng=-1)


def test_a_slice_with_fractions_is_exact():
    network = random_network([3, 4, 1], seed=3)
    plane = slice_network(network, [0, Fraction(1, 3), 0], [1, 0, 0], [0, 1, 1])
    assert plane.exact
    assert plane([Fraction(1, 7), 2]) == network.as_fractions()([Fraction(1, 7), 2 + Fraction(1, 3), 2])


@by_both
def test_an_affine_network_is_one_region():
    network = Network.from_arrays([([[1, 2]], [3])])
    assert count_regions(network, box=[(0, 1)] * 2) == 1
    (region,) = enumerate_regions(network, box=[(0, 1)] * 2)
    assert region.weight.tolist() == [[1, 2]]
    assert region.pattern == ()
    with pytest.raises(IndexError, match="accepted are 0 to 0"):
        enumerate_regions(network, box=[(0, 1)] * 2)[1]
