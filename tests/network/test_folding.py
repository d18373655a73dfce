"""hwlib.network.folding_network and zigzag_network: every coordinate folded, again and again."""

from fractions import Fraction as Q

import numpy as np
import pytest

from hwlib.network import folding_network, zigzag_network


@pytest.mark.problem("depth-folding")
@pytest.mark.parametrize("activation", ["abs", "relu"])
@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_every_coordinate_is_folded_by_itself(layers, dimension, activation):
    network = folding_network(layers, dimension, activation=activation)
    assert network.exact
    assert [len(layer.bias) for layer in network.layers[:-1]] == [dimension * (1 + (activation == "relu"))] * layers
    rng = np.random.default_rng(0)
    points = np.array([[Q(int(p), 12) for p in row] for row in rng.integers(-24, 25, (20, dimension))], dtype=object)
    expected = points
    for _ in range(layers):
        expected = abs(2 * expected - 1)
    assert (network(points[:, 0] if dimension == 1 else points) == expected.reshape(20, -1).squeeze()).all()


def triangle(k, x):
    """The zigzag of k pieces on [0, 1], by its distance from the nearest even tooth."""
    return min(abs(k * x - 2 * j) for j in range(k // 2 + 2))


@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("teeth", [1, 2, 3, 4, 5])
def test_a_zigzag_goes_up_and_down_in_every_coordinate(teeth, layers, dimension):
    network = zigzag_network(teeth, layers, dimension)
    assert network.exact
    assert [len(layer.bias) for layer in network.layers[:-1]] == [dimension * teeth] * layers
    rng = np.random.default_rng(teeth)
    points = [[Q(int(p), 60) for p in row] for row in rng.integers(0, 61, (20, dimension))]
    for point in points:
        expected = point
        for _ in range(layers):
            expected = [triangle(teeth, x) for x in expected]
        assert list(np.atleast_1d(network(point[0] if dimension == 1 else point))) == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zigzag_network(0), "teeth=0: accepted is a whole number of at least 1"),
        (lambda: zigzag_network(2, 0), "layers=0: accepted is a whole number of at least 1"),
        (lambda: zigzag_network(2, 1, 0), "dimension=0: accepted is a whole number of at least 1"),
        (lambda: folding_network(0), "layers=0: accepted is a whole number of at least 1"),
        (lambda: folding_network(2.0), "layers=2.0: accepted is a whole number"),
        (lambda: folding_network(1, 0), "dimension=0: accepted is a whole number of at least 1"),
        (lambda: folding_network(1, 1, activation="tanh"), "activation='tanh': accepted are 'abs' and 'relu'"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
