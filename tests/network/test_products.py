"""hwlib.network.square_network and product_network: chords of x^2, and what products lose, in fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import pytest

from hwlib.network import product_network, square_network


def chord(x, n):
    """x^2 by chords of n equal pieces of [0, 1]."""
    p = Q(int(x * n), n)
    return p * p + (x - p) * (2 * p + Q(1, n))


@pytest.mark.parametrize("folds", range(1, 7))
def test_folds_make_the_chords_of_the_square(folds):
    network, lowered = square_network(folds), square_network(folds, centred=True)
    for x in (Q(j, 7 * 2**folds) for j in range(7 * 2**folds + 1)):
        assert network(x) == chord(x, 2**folds)
        assert abs(lowered(x) - x * x) <= Q(1, 2 * 4 ** (folds + 1))
    assert sum(len(layer.bias) for layer in network.layers[:-1]) == 3 * folds - 1
    assert len(network.layers) == folds + 1


@pytest.mark.parametrize("folds", range(1, 5))
def test_products_are_right_up_to_the_error_of_a_square(folds):
    network, fine = product_network(folds), 2 ** (folds + 1)
    errors = {}
    for x, y in itertools.product([Q(j, fine) for j in range(fine + 1)], repeat=2):
        found = network([x, y]).item()
        errors[x, y] = found - x * y
        assert found == chord((x + y) / 2, 2**folds) - chord(abs(x - y) / 2, 2**folds)
        assert found == 0 or x * y
    assert max(map(abs, errors.values())) <= Q(1, 4 ** (folds + 1))
    assert sum(len(layer.bias) for layer in network.layers[:-1]) == 6 * folds + 1


@pytest.mark.parametrize("make", [square_network, product_network])
def test_bad_input_is_named(make):
    with pytest.raises(ValueError, match="folds=0: accepted is a whole number of at least 1"):
        make(0)
