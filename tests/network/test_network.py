"""hwlib.network against torch: values, gradients, and one-sided derivatives at boundaries; Fractions against floats."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hwlib.network import Activation, Layer, Network, hard_tanh, leaky_relu, named_activation

from ..examples import examples

TORCH = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "hard_tanh": nn.Hardtanh(),
    "identity": nn.Identity(),
}


def random_arrays(widths, seed, *, whole=False):
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.integers(-4, 5, shape).astype(float) if whole else rng.standard_normal(shape)

    return [(draw(after, before), draw(after)) for before, after in itertools.pairwise(widths)]


def as_torch(arrays, activation):
    parts = []
    for weight, bias in arrays:
        linear = nn.Linear(*weight.shape[::-1], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        parts += [linear, activation]
    return nn.Sequential(*parts[:-1])


widths = st.lists(st.integers(1, 5), min_size=2, max_size=5)


@examples(200)
@given(widths=widths, name=st.sampled_from(sorted(TORCH)), seed=st.integers(0, 2**32 - 1))
def test_values_and_local_maps_are_torch_s(widths, name, seed):
    arrays = random_arrays(widths, seed)
    model, network = as_torch(arrays, TORCH[name]), Network.from_arrays(arrays, activation=name)
    x = np.random.default_rng(seed + 1).standard_normal((7, widths[0]))
    np.testing.assert_allclose(network(x), model(torch.from_numpy(x)).detach().numpy(), rtol=0, atol=1e-10)
    point = torch.from_numpy(x[0])
    here = network.affine_at(x[0])
    jacobian = torch.autograd.functional.jacobian(model, point)
    np.testing.assert_allclose(here.weight, jacobian.numpy(), rtol=0, atol=1e-9)
    np.testing.assert_allclose(here.weight @ x[0] + here.bias, network(x[:1])[0], rtol=0, atol=1e-9)
    assert not here.on_boundary
    expected = []
    for part in model:
        if type(part) is type(TORCH[name]) and name != "identity":
            expected.append(named_activation(name).piece(point.detach().numpy()).tolist())
        point = part(point)
    assert [p.tolist() for p in here.pattern] == expected


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", lambda z: np.maximum(z, 0)),
        ("leaky_relu", lambda z: np.where(z > 0, z, 0.01 * z)),
        ("abs", np.abs),
        ("hard_tanh", lambda z: np.clip(z, -1, 1)),
        ("identity", lambda z: z),
        (leaky_relu(Q(1, 4)), lambda z: np.where(z > 0, z, z / 4)),
        (hard_tanh(0, 6), lambda z: np.clip(z, 0, 6)),
    ],
)
def test_each_activation_is_its_formula_in_floats_and_in_fractions(name, function):
    z = np.linspace(-8, 8, 65)
    activation = named_activation(name)
    np.testing.assert_allclose(activation(z), function(z), rtol=1e-15, atol=0)
    exact = activation([Q(value) for value in z])
    assert all(isinstance(value, Q) for value in exact)
    assert activation.points(exact=False).dtype == float
    np.testing.assert_allclose([float(value) for value in exact], function(z), rtol=1e-15, atol=0)


def test_a_breakpoint_belongs_to_the_piece_on_its_left():
    assert hard_tanh().piece([-2, -1, 0, 1, 2]).tolist() == [0, 0, 1, 1, 2]
    assert named_activation("relu").on_pieces([-3.0, 3.0], [1, 0]).tolist() == [-3, 0]


@pytest.mark.problem("pwl-local-affine")
def test_the_network_of_the_problem_at_its_points_in_fractions():
    half = Q(1, 2)
    network = Network.from_arrays([([[half], [half]], [0, 1]), ([[1, 1], [1, 1]], [0, 0]), ([[1, 1]], [1])])
    assert repr(network) == "Network(1-2-2-1, relu, Fractions)"
    found = {x: network.affine_at(x) for x in (Q(1), Q(-1), -half)}
    assert {x: (here.weight[0, 0], here.bias[0]) for x, here in found.items()} == {1: (2, 3), -1: (1, 3), -half: (1, 3)}
    assert not any(here.on_boundary for here in found.values())
    assert [p.tolist() for p in found[Q(1)].pattern] == [[1, 1], [1, 1]]
    assert [p.tolist() for p in found[Q(-1)].pattern] == [[0, 1], [1, 1]]
    assert network.affine_at(0).on_boundary
    assert (network.affine_at(0).weight[0, 0], network.affine_at(0, direction=-1).weight[0, 0]) == (2, 1)


@examples(100)
@given(widths=widths, seed=st.integers(0, 2**32 - 1))
def test_fractions_of_the_floats_give_the_floats(widths, seed):
    network = Network.from_arrays(random_arrays(widths, seed))
    exact = network.as_fractions()
    x = np.random.default_rng(seed).standard_normal(widths[0])
    here, there = network.affine_at(x), exact.affine_at(x)
    np.testing.assert_allclose(here.weight, there.weight.astype(float), rtol=0, atol=1e-9)
    np.testing.assert_allclose(here.bias, there.bias.astype(float), rtol=0, atol=1e-9)
    assert exact(x[None]).ravel().tolist() == (there.weight @ np.array([Q(v) for v in x]) + there.bias).tolist()
    assert all((a.weight == b.weight).all() for a, b in zip(exact.as_floats().layers, network.layers, strict=True))


@examples(200)
@given(widths=widths, name=st.sampled_from(["relu", "abs", "hard_tanh"]), seed=st.integers(0, 2**32 - 1))
def test_on_a_boundary_the_map_is_that_of_a_small_exact_step(widths, name, seed):
    """Whole weights and points meet boundaries often; a step of 10^-9 is smaller than any cell they can make here."""
    rng = np.random.default_rng(seed)
    network = Network.from_arrays(random_arrays(widths, seed, whole=True), activation=name).as_fractions()
    x = np.array([Q(int(v)) for v in rng.integers(-2, 3, widths[0])], dtype=object)
    direction = np.array([Q(int(v)) for v in rng.integers(-2, 3, widths[0])], dtype=object)
    step = Q(1, 10**9)
    beside = x + step * direction + np.array([step ** (i + 2) for i in range(widths[0])], dtype=object)
    found, expected = network.affine_at(x, direction=direction), network.affine_at(beside)
    assert (found.weight == expected.weight).all()
    assert (found.bias == expected.bias).all()
    assert [p.tolist() for p in found.pattern] == [p.tolist() for p in expected.pattern]
    assert not expected.on_boundary


def test_a_constant_neuron_at_its_breakpoint_is_no_boundary():
    network = Network.from_arrays([([[1.0]], [0]), ([[1.0]], [0]), ([[1.0]], [0])])  # relu(relu(x))
    assert not network.affine_at(-1).on_boundary
    assert network.affine_at(0).on_boundary


@pytest.mark.parametrize(
    ("parts", "shape"),
    [
        ([nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten()], (2, 4, 6)),
        ([nn.BatchNorm1d(5), nn.Linear(5, 2), nn.Hardtanh(-2, 1)], None),
        ([nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.LeakyReLU(0.3), nn.Linear(3, 2, bias=False)], (3,)),
        ([nn.Conv1d(4, 4, 3, stride=2, groups=2, dilation=2, bias=False), nn.ReLU6()], (4, 9)),
        ([nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), nn.Dropout(0.5)), nn.Sequential(nn.ReLU())], (1, 3, 3)),
        ([nn.AvgPool1d(3, stride=2, padding=1), nn.Identity(), nn.Flatten(), nn.Linear(8, 1)], (2, 7)),
        ([nn.Conv3d(1, 2, 2), nn.ReLU(), nn.BatchNorm3d(2)], (1, 3, 2, 3)),
    ],
)
def test_from_torch_computes_the_same(parts, shape):
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(*parts)
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point():
            tensor.data = torch.rand(tensor.shape, generator=generator) + 0.1 - 0.6 * (tensor.ndim > 1)
    model = model.eval().double()
    network = Network.from_torch(model, input_shape=shape)
    x = torch.randn(5, *(shape or (5,)), dtype=torch.float64, generator=generator)
    np.testing.assert_allclose(network(x.flatten(1).numpy()), model(x).flatten(1).detach().numpy(), rtol=0, atol=1e-12)


def test_a_part_that_comes_twice_is_read_twice():
    linear, relu = nn.Linear(2, 2), nn.ReLU()
    model = nn.Sequential(linear, relu, linear, relu, linear)
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    expected = model.double()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(Network.from_torch(model)(x), expected, rtol=1e-12, atol=1e-12)


def test_float32_weights_are_taken_at_their_value():
    linear = nn.Linear(2, 1)
    assert Network.from_torch(linear).layers[0].weight.astype(np.float32).tolist() == linear.weight.tolist()


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (nn.Sequential(nn.Linear(1, 2), nn.Softplus()), None, "module Softplus is not supported: accepted are Sequent"),
        (nn.MaxPool2d(2), (1, 4, 4), "module MaxPool2d is not supported"),
        (nn.Sequential(), None, "Sequential has no layer that computes"),
        (nn.BatchNorm1d(2), None, r"BatchNorm1d normalises by the batch: accepted is eval\(\) mode"),
        (nn.Sequential(nn.Linear(1, 1), nn.Dropout()), None, r"Dropout is random: accepted is eval\(\)"),
        (nn.Conv1d(1, 1, 2), None, "input_shape is missing: Conv1d needs it"),
        (nn.ReLU(), None, "input_shape is missing: the module begins with an activation"),
        (nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular"), (1, 4), "padding_mode='circular' of Conv1d"),
        (nn.Linear(4, 1), (1, 4), r"Linear\(4, ...\) meets an input of shape \(1, 4\): put a Flatten before"),
        (nn.AvgPool1d(2, ceil_mode=True), (1, 5), "AvgPool1d: accepted is ceil_mode=False"),
        (nn.AvgPool1d(2, padding=1, count_include_pad=False), (1, 5), "accepted with padding is count_include_pad"),
        (nn.BatchNorm1d(3).eval(), (2, 5), r"BatchNorm1d.* meets an input of shape \(2, 5\): accepted are 3 channels"),
        (nn.Linear(2, 2, dtype=torch.complex64), None, "module has the type complex64: accepted are real numbers"),
        (nn.Flatten(0), (1, 5), "Flatten: accepted is start_dim=1"),
        (nn.utils.spectral_norm(nn.Linear(2, 2)), None, "Linear has hooks"),
    ],
)
def test_a_module_that_can_t_be_read_is_named(module, shape, message):
    with pytest.raises(ValueError, match=message):
        Network.from_torch(module, input_shape=shape)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Network([]), "layers is empty"),
        (lambda: Network.from_arrays([]), "layers is empty: accepted are one or more pairs"),
        (
            lambda: Network.from_arrays([([[1]], [0]), ([[1, 2]], [0])]),
            r"layer 1 has a weight of shape \(1, 2\): accep",
        ),
        (lambda: Network.from_arrays([([[1]], [0, 0])]), r"layer 0: a weight of shape \(1, 1\) and a bias of sh"),
        (lambda: Network.from_arrays([([[np.inf]], [0])]), "layer 0: weight has entries that are infinite or NaN"),
        (lambda: Network.from_arrays([([[1j]], [0])]), "layer 0: weight has the type complex128: accepted are real"),
        (lambda: Network.from_arrays([([["a"]], [0])]), "layer 0: weight has the type <U1: accepted are real"),
        (lambda: Network.from_arrays([([[Q(1)]], [np.nan])]), "layer 0: bias has entries that are infinite"),
        (lambda: Network.from_arrays([([[1]], [0])] * 2, activation="tanh"), "activation='tanh': accepted are 'relu'"),
        (lambda: Network.from_arrays([([[1]], [0])] * 2, activation=["relu"] * 2), "activation has 2 entries"),
        (lambda: Network.from_arrays([([[1, 2]], [0])])([[1.0]]), r"x has shape \(1, 1\): accepted is \(..., 2\)"),
        (lambda: Network.from_arrays([([[1, 2]], [0])])([[np.nan, 1]]), "x has entries that are infinite or NaN"),
        (
            lambda: Network.from_arrays([([[1, 2]], [0])]).affine_at([1.0]),
            r"x has shape \(1,\): accepted are 2 numbers",
        ),
        (lambda: Activation("a", (0,), (1,), (0,)), "1 breakpoints, 1 slopes and 1 intercepts"),
        (lambda: Activation("a", (1, 0), (0, 0, 0), (0, 0, 0)), r"breakpoints=\(1, 0\): accepted are numbers in incr"),
        (lambda: Activation("step", (0,), (0, 0), (0, 1)), "activation 'step' jumps at 0 from 0 to 1"),
        (lambda: Network([Layer(np.eye(2), np.zeros(2), "relu")]), "activation='relu': accepted is an Activation"),
        (lambda: Network.from_torch(3), "model=3: accepted is a torch module"),
        (lambda: Network(3), "layers=3: accepted are one or more layers"),
        (lambda: Network([1]), r"layers=\[1\]: accepted are one or more layers"),
        (lambda: Network.from_arrays(np.ones((2, 2))), "layers=array.*: accepted are one or more pairs"),
        (lambda: Network.from_arrays([([[1]], [0])] * 2, activation=[3]), r"activation=\[3\]: accepted are names"),
        (lambda: named_activation(["relu"]), r"activation=\['relu'\]: accepted are 'relu'"),
        (lambda: Activation("a", 0, (0, 1), (0, 0)), "breakpoints=0: accepted are numbers in a row"),
        (lambda: named_activation("relu").on_pieces([1.0], [2]), "piece from 2 to 2: accepted are 0 to 1"),
        (lambda: named_activation("relu").on_pieces([1.0], [0.5]), "piece has entries that are no whole numbers"),
        (lambda: named_activation("relu")([-np.inf]), "z has entries that are infinite or NaN"),
        (lambda: leaky_relu("steep"), "slopes of activation 'leaky_relu' has the type .*: accepted are real numbers"),
        (lambda: leaky_relu(np.inf), "slopes of activation 'leaky_relu' has entries that are infinite"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_network_is_frozen():
    network = Network([Layer(np.eye(2), np.zeros(2), named_activation("abs"))])
    with pytest.raises(AttributeError, match="frozen"):
        network.layers = ()
    with pytest.raises(ValueError, match="read-only"):
        network.layers[0].weight[0, 0] = 5
    assert network.affine_at([-1.0, 1.0]).weight.tolist() == [[-1, 0], [0, 1]]
