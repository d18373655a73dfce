"""hwlib.network.folding_network: |2x - 1| in every coordinate, again and again."""

from fractions import Fraction as Q

import numpy as np
import pytest

from hwlib.network import folding_network


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: folding_network(0), "layers=0: accepted is a whole number of at least 1"),
        (lambda: folding_network(2.0), "layers=2.0: accepted is a whole number"),
        (lambda: folding_network(1, 0), "dimension=0: accepted is a whole number of at least 1"),
        (lambda: folding_network(1, 1, activation="tanh"), "activation='tanh': accepted are 'abs' and 'relu'"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
