"""hwlib.regions.sign_parts: against connected parts of a fine picture, and against what folds multiply."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.ndimage import label

from hwlib.network import Network, folding_network
from hwlib.regions import count_regions, cut_by_sign, sign_parts

BOX = [(0, 1), (0, 1)]


def diamond(depth):
    """Above zero less than 1/4 from the middle, by the sum of distances; after so many folds."""
    around = ([[1, 0], [-1, 0], [0, 1], [0, -1]], [-0.5, 0.5, -0.5, 0.5])
    shape = Network.from_arrays([around, ([[-1] * 4], [0.25])])
    if not depth:
        return shape
    folds = folding_network(depth, 2, activation="relu").as_floats()
    return Network([*folds.layers, *shape.layers])


@pytest.mark.parametrize("depth", range(4))
def test_each_fold_makes_four_of_one(depth):
    parts = sign_parts(diamond(depth), box=BOX)
    assert (parts.above, parts.below, parts.segments) == (4**depth, 1, 4 * 4**depth)
    assert count_regions(cut_by_sign(diamond(depth)), box=BOX) == 8 * 4**depth


@pytest.mark.parametrize("seed", range(6))
def test_parts_are_those_of_a_fine_picture(seed):
    rng = np.random.default_rng(seed)
    sizes = (2, 6, 4, 1)
    layers = [(rng.integers(-6, 7, (m, n)), rng.integers(-5, 6, m) / 2) for n, m in itertools.pairwise(sizes)]
    network = Network.from_arrays(layers)
    ticks = (np.arange(500) + 0.5) / 500
    values = network(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)).reshape(500, 500)
    sizes = [np.bincount(label(part)[0].ravel())[1:] for part in (values > 0, values < 0)]
    parts = sign_parts(network, box=BOX)
    for found, seen in zip((parts.above, parts.below), sizes, strict=True):  # pixels may split or miss a thin part
        assert (seen > 10).sum() <= found
        assert found <= len(seen) or found - len(seen) <= 1


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("shift", [0, 1 / 3])
def test_an_edge_on_which_it_is_zero_parts_two_regions(exact, shift):
    """|x - 1/2| is above zero left and right of a line; lifted a little it is so everywhere, and its tents are four."""
    made = [
        Network.from_arrays([([[1, 0], [-1, 0]], [-0.5, 0.5]), ([[s, s]], [lift])])
        for s, lift in [(1, 0), (-1, 0), (1, 0.125), (-1, -0.125)]
    ]
    network = [one.as_fractions() if exact else one for one in made]
    found = [sign_parts(one, box=[(0 - shift, 1), (0, 1 + shift)]) for one in network]
    assert [(one.above, one.below) for one in found] == [(2, 0), (0, 2), (1, 0), (0, 1)]


@pytest.mark.parametrize("folds", [1, 2])
def test_parts_that_meet_at_a_fold_on_which_it_is_zero_are_parts_of_their_own(folds):
    """|2x - 1| itself is zero on the lines between the stripes that it is above zero in."""
    layers = [(layer.weight, layer.bias) for layer in folding_network(folds, 2, activation="relu").layers[:-1]]
    network = Network.from_arrays([*layers, ([[1, 1, 1, 1]], [0])])
    stripes = Network.from_arrays([*layers, ([[1, 0, 1, 0]], [0])])
    assert (
        sign_parts(stripes, box=BOX).above == sign_parts(stripes.as_fractions(), box=BOX).above == 2 ** (folds - 1) + 1
    )
    assert sign_parts(network, box=BOX).above == 1  # zero at single points only
    around = ([[1, 0], [-1, 0], [0, 1], [0, -1]], [-0.5, 0.5, -0.5, 0.5])
    nearest_side = Network.from_arrays([around, ([[-1, -1, 0, 0], [-1, -1, 1, 1]], [0.5, 0]), ([[1, -1]], [0])])
    first = folding_network(folds, 2, activation="relu").as_floats().layers
    nearest_side = Network([*first, *nearest_side.layers])  # zero on the border of every box
    assert sign_parts(nearest_side, box=BOX).above == 4**folds


def test_a_network_cut_by_its_sign_is_the_same_function():
    network = diamond(1)
    points = np.random.default_rng(0).uniform(0, 1, (200, 2))
    assert np.allclose(cut_by_sign(network)(points), network(points))
    affine = Network.from_arrays([([[1, 1]], [-1])])
    assert sign_parts(affine, box=BOX) == sign_parts(cut_by_sign(affine), box=BOX)
    assert sign_parts(Network.from_arrays([([[0, 0]], [0])]), box=BOX).above == 0


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (folding_network(1, 2), "2 outputs: accepted is one"),
        (Network.from_arrays([([[1, 1, 1]], [0])]), "3 inputs: accepted are two"),
    ],
)
def test_other_shapes_are_refused(network, message):
    with pytest.raises(ValueError, match=message):
        sign_parts(network, box=[(0, 1)] * network.inputs)
