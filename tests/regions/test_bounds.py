"""hwlib.regions.bounds: closed forms, the papers' examples, and no network beyond them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlib.network import folding_network
from hwlib.regions import bounds, count_regions

from ..examples import examples
from .networks import random_network, zaslavsky


@pytest.mark.problem("depth-conclusion")
@examples(40)
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.zaslavsky(-1, 2), "lines=-1: accepted is a whole number of at least 0"),
        (lambda: bounds.zaslavsky(2, 1.0), "inputs=1.0: accepted is a whole number"),
        (lambda: bounds.serra_upper(-1, [3, 3]), "inputs=-1: accepted is a whole number of at least 1"),
        (lambda: bounds.serra_upper(2, [3.0]), "widths=.3.0.: accepted are one or more whole numbers"),
        (lambda: bounds.montufar_upper(0, [3]), "inputs=0: accepted is a whole number of at least 1"),
        (lambda: bounds.montufar_lower(0, [3]), "inputs=0: accepted is a whole number of at least 1"),
        (lambda: bounds.montufar_lower(2, [2.5]), "at least 2 neurons"),
    ],
)
def test_what_is_no_number_of_neurons_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_whole_numbers_of_numpy_are_taken():
    n, d = np.int64(70), np.int32(30)  # beyond 64 bits
    assert bounds.zaslavsky(n, d) == zaslavsky(70, 30)
    assert bounds.serra_upper(d, np.array([70])) == bounds.montufar_upper(d, [n]) == zaslavsky(70, 30)
    assert bounds.montufar_lower(np.int64(2), np.array([4, 4])) == 4 * 11


@pytest.mark.parametrize(("inputs", "widths", "regions"), [(2, [3, 3], 7), (2, [5, 4], 44), (3, [7, 3], 64)])
def test_neurons_that_d_does_not_divide_do_not_fold(inputs, widths, regions):
    """One layer of (n over d, rounded down)^d folds, then Zaslavsky's number."""
    assert bounds.montufar_lower(inputs, widths) == regions


def test_the_fold_reaches_the_lower_bound_of_montufar():
    """d neurons of |z| are 2d of ReLU: the last layer of a fold cuts as Zaslavsky's number for parallel pairs."""
    for layers, dimension in [(2, 1), (3, 1), (2, 2)]:
        widths = [2 * dimension] * layers
        folded = count_regions(folding_network(layers, dimension, activation="relu"), box=[(0, 1)] * dimension)
        assert folded <= bounds.montufar_lower(dimension, widths) <= bounds.serra_upper(dimension, widths)
