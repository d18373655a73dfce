"""hwlib.regions.identified_regions: bijections against the preimages that matrices give, and what is none."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from hwlib.network import Activation, Network, folding_network
from hwlib.pieces import PiecewiseLinear, relu_network
from hwlib.regions import enumerate_regions, identified_regions

from .networks import random_network

SQUARE = [(0, 1), (0, 1)]
HAT = Activation("hat", (0, 1, 2), (0, 1, -1, 0), (0, 0, 2, 0))


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


@pytest.mark.problem("depth-one-layer")
@pytest.mark.problem("depth-composition")
@pytest.mark.parametrize(
    "matrix", [[[1, 1], [0, 1]], [[2, 0], [Fraction(1, 3), 1]], [[0, 1], [-1, 0]], [[1, 2], [3, 4]]]
)
def test_regions_of_a_sheared_map_are_the_parallelograms_of_its_inverse(matrix):
    """|A x - b| between bounds: A x in [i, i + 1] x [j, j + 1] is mapped onto the unit square, for i, j in 0, 1."""
    network = Network.from_arrays([(matrix, [0, 0]), (np.eye(2, dtype=int), [0, 0])], activation=HAT).as_fractions()
    (a, b), (c, d) = matrix
    inverse = np.array([[d, -b], [-c, a]], dtype=object) * (1 / Fraction(a * d - b * c))
    expected = {
        frozenset(tuple(inverse @ np.array(corner)) for corner in itertools.product((i, i + 1), (j, j + 1)))
        for i, j in itertools.product((0, 1), repeat=2)
    }
    found = identified_regions(network, box=[(-9, 9)] * 2, target=SQUARE)
    assert {frozenset(map(tuple, region.corners.tolist())) for region in found} == expected
    y = [Fraction(2, 7), Fraction(3, 5)]
    for region in found:
        assert network(region.preimage(y).tolist()).tolist() == y


@pytest.mark.problem("depth-one-layer")
def test_a_fold_that_exchanges_coordinates_is_identified_four_times():
    """x -> |2 P x - 1| with P a turn by 90 degrees: its maps are neither diagonal nor symmetric."""
    turned = Network.from_arrays([([[0, 2], [-2, 0]], [-1, 1]), (np.eye(2, dtype=int), [0, 0])], activation="abs")
    found = identified_regions(turned, box=SQUARE, target=SQUARE)
    assert len(found) == 4
    assert any(region.weight[0, 1] != region.weight[1, 0] for region in found)


@pytest.mark.problem("depth-composition")
def test_a_region_onto_a_corner_of_the_target_is_not_identified():
    """The line x + y = 1 cuts the square into two triangles; the identity maps each to three corners of four."""
    network = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 0, 0], [0, 1, 0]], [0, 0])])
    assert [len(region.corners) for region in enumerate_regions(network, box=SQUARE, exact=True)] == [3, 3]
    assert identified_regions(network, box=SQUARE, target=SQUARE) == []


def test_boxes_and_targets_may_be_of_any_numbers():
    unit = np.array([[0, 1], [0, 1]], np.float32)
    found = identified_regions(folding_network(1, 2), box=unit, target=unit.astype(np.int64))
    assert len(found) == 4
    assert all(isinstance(entry, Fraction) for region in found for entry in region.corners.ravel())
    pairs = [([[2], [-2]], [-1, 1]), ([[1, 1]], [0])]
    assert len(identified_regions(pairs, box=[(0, 1)], target=[(0, 1)])) == 2
    with pytest.raises(ValueError, match=r"target=.*accepted are 1 pairs"):
        identified_regions(pairs, box=[(0, 1)], target=SQUARE)


def test_an_identified_region_is_told_in_a_line():
    (first, *_) = sorted(identified_regions(folding_network(1, 1), box=[(0, 1)], target=[(0, 1)]), key=repr)
    assert repr(first) == "Identified(2 corners, weight [[-2]], bias [1])"
