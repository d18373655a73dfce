"""hwlib.network.as_network: whatever is a network is one network, and what is none is named."""

from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from torch import nn

from hwlib.logic import LogicNetwork, adder, as_relu, prove_gate
from hwlib.network import Network, as_network
from hwlib.pieces import difference_witness, pieces_of

WEIGHTS = [([[1.0, 2.0], [-1.0, 3.0]], [0.0, 1.0]), ([[1.0, -2.0]], [0.5])]


def module():
    made = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    with torch.no_grad():
        for layer, (weight, bias) in zip((made[0], made[2]), WEIGHTS, strict=True):
            layer.weight[:], layer.bias[:] = torch.tensor(weight), torch.tensor(bias)
    return made


def logic_network():
    exact = [tuple(np.vectorize(Q, otypes=[object])(array) for array in pair) for pair in WEIGHTS]
    return LogicNetwork(tuple(exact), "relu")


def tensors():
    return [tuple(torch.tensor(array, requires_grad=True) for array in pair) for pair in WEIGHTS]


@pytest.mark.parametrize(
    "make", [lambda: WEIGHTS, lambda: Network.from_arrays(WEIGHTS), module, logic_network, tensors]
)
def test_one_function_given_in_every_way(make):
    network = as_network(make())
    x = np.random.default_rng(0).integers(-9, 9, (50, 2)) / 4
    hidden = np.maximum(x @ np.array(WEIGHTS[0][0]).T + WEIGHTS[0][1], 0)
    assert network(x).astype(float).tolist() == (hidden @ np.array(WEIGHTS[1][0]).T + WEIGHTS[1][1]).tolist()


def test_a_network_stays_itself_and_a_logic_network_stays_exact():
    network = Network.from_arrays(WEIGHTS)
    assert as_network(network) is network
    large = LogicNetwork(((np.array([[2**53 + 1]]), np.array([0])),), "relu")
    assert as_network(large)(1) == 2**53 + 1  # a float would be even


def test_topics_take_all_of_them():
    ramp = [([[1], [-1]], [0, 0]), ([[1, 1]], [0])]
    given = [ramp, LogicNetwork(tuple((np.array(weight), np.array(bias)) for weight, bias in ramp), "relu")]
    assert [len(pieces_of(network)) for network in given] == [2, 2]
    assert difference_witness(*given) is None
    proofs = [prove_gate(make(), lambda a, b: True) for make in (module, logic_network, tensors)]
    assert len({str(proof) for proof in proofs}) == 1


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_tensors_of_any_floating_type(kind):
    layer = nn.Linear(3, 2, dtype=kind)
    for network in (as_network(layer), as_network([(layer.weight, layer.bias)])):
        assert network.layers[0].weight.tolist() == layer.weight.double().tolist()


def test_the_shape_of_one_input():
    convolution = nn.Sequential(nn.Conv1d(1, 1, 2), nn.Flatten(), nn.ReLU())
    assert as_network(convolution, input_shape=(1, 4)).inputs == 4
    assert as_network(WEIGHTS, input_shape=(1, 2)).inputs == 2
    with pytest.raises(
        ValueError, match=r"input_shape=\(3,\): accepted for Network\(2-2-1, .* are shapes of 2 numbers"
    ):
        as_network(WEIGHTS, input_shape=(3,))
    with pytest.raises(ValueError, match=r"input_shape=\(0, 2\): accepted are"):
        as_network(convolution, input_shape=(0, 2))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "network=None: accepted are a Network, a torch module, a list of pairs"),
        ("relu", "network='relu': accepted are"),
        (3, "network=3: accepted are"),
        (np.eye(2), "network=array.*: accepted are"),
        ([np.eye(2)], "network=.*: accepted are"),
        ([(1, 2, 3)], r"network=\[\(1, 2, 3\)\]: accepted are"),
        (LogicNetwork, "network=<class .*: accepted are"),
        ([], "layers is empty"),
        ([(1, 2)], r"layer 0: a weight of shape \(\) and a bias of shape \(\): accepted are"),
        (adder(1), "a network of 'step' neurons, which jump: accepted are networks of 'relu'"),
        (nn.Sequential(nn.Linear(1, 1), nn.Tanh()), "module Tanh is not supported"),
        (nn.Linear(2, 1, device="meta"), "on the device meta: accepted are tensors with values"),
        ([(torch.empty(1, 1, device="meta"), None)], "layer 0: weight is on the device meta"),
        ([([[torch.ones(1, requires_grad=True)] * 2], None)], "layer 0: weight is no array: accepted are numbers"),
        ([([[1, 2], [3]], None)], "layer 0: weight is no array: accepted are numbers, in rows of one length"),
    ],
)
def test_what_is_no_network_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        as_network(given)


def test_a_doubled_circuit_is_one():
    """The adder's ReLU twin, through as_network, adds."""
    network = as_network(as_relu(adder(2)))
    for a in range(4):
        for b in range(4):
            bits = [a & 1, a >> 1, b & 1, b >> 1]
            assert sum(int(bit) << k for k, bit in enumerate(network(bits))) == a + b
