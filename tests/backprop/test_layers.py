"""hwlib.backprop's layers against PyTorch's automatic differentiation, in float64, and against differences."""

from __future__ import annotations

import ast
import inspect
import textwrap
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hwlib import backprop
from hwlib.backprop import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Linear,
    MaxPool2d,
    Pointwise,
    ReLU,
    Sequential,
    Sigmoid,
    SquaredErrorLoss,
    Tanh,
    gradient_check,
    gradient_pass,
)
from hwlib.network import Network

from ..examples import examples

pytestmark = pytest.mark.problem("backprop-layers")
RNG = np.random.default_rng(0)


def torch_gradients(model: nn.Module, x: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Output and the gradients at input and parameters, by automatic differentiation."""
    tensor = torch.tensor(x, requires_grad=True)
    y = model(tensor)
    y.backward(torch.tensor(gradient))
    found = [tensor.grad, *(p.grad for p in model.parameters())]
    return y.detach().numpy(), [g.numpy() for g in found]


def same_as_torch(layer, model, x, gradient=None) -> None:
    """Output, input gradient, and parameter gradients."""
    y = layer.forward(x)
    g = RNG.standard_normal(y.shape).astype(y.dtype) if gradient is None else gradient
    want_y, want = torch_gradients(model, x, g)
    got = [layer.backward(g), *(p.gradient for p in layer.parameters())]
    np.testing.assert_allclose(y, want_y, rtol=1e-10, atol=1e-12)
    assert len(got) == len(want)
    for ours, theirs in zip(got, want, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def with_weights(model: nn.Module, layer) -> nn.Module:
    """The torch module with the layer's parameters."""
    model = model.double()
    with torch.no_grad():
        for theirs, ours in zip(model.parameters(), layer.parameters(), strict=True):
            theirs.copy_(torch.tensor(ours.value))
    return model


@examples(60)
@given(n=st.integers(1, 5), inputs=st.integers(1, 4), outputs=st.integers(1, 4))
def test_linear(n, inputs, outputs):
    layer = Linear.random(inputs, outputs, rng=RNG)
    same_as_torch(layer, with_weights(nn.Linear(inputs, outputs), layer), RNG.standard_normal((n, inputs)))


@pytest.mark.parametrize(
    ("layer", "model"),
    [
        (ReLU(), nn.ReLU()),
        (Sigmoid(), nn.Sigmoid()),
        (Tanh(), nn.Tanh()),
        (Pointwise("leaky_relu"), nn.LeakyReLU()),
        (Pointwise("hard_tanh"), nn.Hardtanh()),
        (Flatten(), nn.Flatten()),
    ],
)
def test_without_parameters(layer, model):
    same_as_torch(layer, model, RNG.standard_normal((4, 2, 3)))


@examples(60)
@given(
    n=st.integers(1, 3),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    more=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_conv(n, channels, kernel, stride, padding, more):
    weight = RNG.standard_normal((*channels[::-1], *kernel))
    layer = Conv2d(weight, RNG.standard_normal(channels[1]), stride=stride, padding=padding)
    model = with_weights(nn.Conv2d(*channels, kernel, stride=stride, padding=padding), layer)
    x = RNG.standard_normal((n, channels[0], kernel[0] + more[0], kernel[1] + more[1]))
    same_as_torch(layer, model, x)


@examples(60)
@given(
    n=st.integers(1, 3),
    channels=st.integers(1, 2),
    window=st.integers(1, 3),
    stride=st.integers(1, 4),
    more=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    whole=st.booleans(),  # whole numbers: many ties, which PyTorch gives to the first as well
)
def test_pooling(n, channels, window, stride, more, whole):
    x = RNG.standard_normal((n, channels, window + more[0], window + more[1]))
    x = np.round(x) if whole else x
    same_as_torch(MaxPool2d(window, stride=stride), nn.MaxPool2d(window, stride), x)
    same_as_torch(AvgPool2d(window, stride=stride), nn.AvgPool2d(window, stride), x)


@pytest.mark.parametrize("shape", [(4, 3), (2, 3), (3, 3, 5), (2, 3, 4, 4), (1, 3, 2, 2)])
def test_batch_norm(shape):
    layer, model = BatchNorm(3), nn.BatchNorm2d(3) if len(shape) == 4 else nn.BatchNorm1d(3)
    for parameter in layer.parameters():
        parameter.value[:] = RNG.standard_normal(3)
    model = with_weights(model, layer)
    for _ in range(3):
        model.zero_grad()
        same_as_torch(layer, model, RNG.standard_normal(shape))
    np.testing.assert_allclose(layer.running_mean, model.running_mean)
    np.testing.assert_allclose(layer.running_variance, model.running_var)
    layer.training, model = False, model.eval()
    model.zero_grad()
    same_as_torch(layer, model, RNG.standard_normal(shape))


@examples(60)
@given(n=st.integers(1, 5), classes=st.integers(1, 5), reduction=st.sampled_from(["mean", "sum"]))
def test_cross_entropy(n, classes, reduction):
    z, targets = 3 * RNG.standard_normal((n, classes)), RNG.integers(classes, size=n)
    loss, tensor = CrossEntropyLoss(reduction=reduction), torch.tensor(z, requires_grad=True)
    want = nn.CrossEntropyLoss(reduction=reduction)(tensor, torch.tensor(targets))
    want.backward()
    assert loss.forward(z, targets) == pytest.approx(want.item(), abs=1e-12)
    np.testing.assert_allclose(loss.backward(), tensor.grad.numpy(), atol=1e-12)


def test_squared_error():
    y, targets = RNG.standard_normal((2, 4, 3))
    loss, tensor = SquaredErrorLoss(), torch.tensor(y, requires_grad=True)
    want = nn.MSELoss(reduction="sum")(tensor, torch.tensor(targets)) / 2 / 4
    want.backward()
    assert loss.forward(y, targets) == pytest.approx(want.item())
    np.testing.assert_allclose(loss.backward(), tensor.grad.numpy())


def test_a_small_convolutional_network():
    layers = [Conv2d.random(1, 2, 3, padding=1, rng=0), BatchNorm(2), ReLU(), MaxPool2d(2), Flatten()]
    model = Sequential(*layers, Linear.random(8, 3, rng=1))
    theirs = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )
    theirs = with_weights(theirs, model)
    x, targets = RNG.standard_normal((5, 1, 4, 4)), RNG.integers(3, size=5)
    value = gradient_pass(model, CrossEntropyLoss(), x, targets)
    want = nn.CrossEntropyLoss()(theirs(torch.tensor(x)), torch.tensor(targets))
    want.backward()
    assert value == pytest.approx(want.item())
    for ours, their in zip(model.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(ours.gradient, their.grad.numpy(), atol=1e-12)
    check = gradient_check(model, x, loss=CrossEntropyLoss(), targets=targets)
    assert check.error < 1e-6
    assert not check.kinks


def test_float32_stays_float32():
    layers = Conv2d.random(1, 2, 3, dtype=np.float32), BatchNorm(2, dtype=np.float32), ReLU(), Sigmoid(), Tanh()
    more = Pointwise("leaky_relu"), MaxPool2d(2), AvgPool2d(2), Flatten(), Linear.random(2, 3, dtype=np.float32)
    values = RNG.standard_normal((4, 1, 6, 6)).astype(np.float32)
    for layer in (*layers, *more):
        before, values = values, layer.forward(values)
        assert values.dtype == np.float32, layer
        assert layer.backward(values).dtype == np.float32, layer
        assert layer.backward(values).shape == before.shape
        assert all(p.value.dtype == p.gradient.dtype == np.float32 for p in layer.parameters())
    loss = CrossEntropyLoss()
    assert isinstance(loss.forward(values, [0, 1, 2, 0]), float)
    assert loss.backward().dtype == np.float32
    squared = SquaredErrorLoss()
    squared.forward(values, np.zeros((4, 3)))
    assert squared.backward().dtype == np.float32


def test_a_second_backward_overwrites_and_parameters_stay_the_same_arrays():
    layer = Sequential(Conv2d.random(1, 1, 2, rng=0), BatchNorm(1), Flatten(), Linear.random(4, 2, rng=0))
    before = [(p.value, p.gradient) for p in layer.parameters()]
    y = layer.forward(RNG.standard_normal((3, 1, 3, 3)))
    layer.backward(y)
    first = [p.gradient.copy() for p in layer.parameters()]
    layer.backward(y)
    for parameter, gradient, (value, array) in zip(layer.parameters(), first, before, strict=True):
        assert parameter.value is value
        assert parameter.gradient is array
        np.testing.assert_array_equal(parameter.gradient, gradient)


def test_fractions_stay_exact():
    third = Fraction(1, 3)
    model = Sequential.from_network([([[third], [-third]], [0, 0]), ([[1, third]], [third])], dtype=object)
    assert model.forward(np.array([[3], [-3]], object)).tolist() == [[Fraction(4, 3)], [Fraction(2, 3)]]
    assert model.backward(np.array([[1], [1]], object)).tolist() == [[third], [-third * third]]
    assert model.parameters()[0].gradient.tolist() == [[3], [-1]]


def test_from_network_is_the_same_function():
    network = Network.from_arrays(
        [(RNG.standard_normal((4, 2)), RNG.standard_normal(4)), (RNG.standard_normal((3, 4)), None)],
        activation="hard_tanh",
    )
    x = RNG.standard_normal((6, 2))
    np.testing.assert_allclose(Sequential.from_network(network).forward(x), network(x))
    for point in x:  # row i of the local affine map is the gradient of output i
        model = Sequential.from_network(network)
        model.forward(point[None])
        rows = np.concatenate([model.backward(one[None]) for one in np.eye(3)])
        np.testing.assert_allclose(rows, network.affine_at(point).weight)


LAYERS = [Linear, ReLU, Sigmoid, Tanh, Pointwise, Flatten, Sequential, Conv2d, MaxPool2d, AvgPool2d, BatchNorm]


@pytest.mark.parametrize("kind", [*LAYERS, CrossEntropyLoss, SquaredErrorLoss])
@pytest.mark.parametrize("name", ["forward", "backward"])
def test_at_most_five_lines(kind, name):
    lines = textwrap.dedent(inspect.getsource(getattr(kind, name)))
    (function,) = ast.parse(lines).body
    body = function.body[1:]  # without the documentation
    used = {line for node in body for line in range(node.lineno, node.end_lineno + 1)}
    assert 1 <= len(used) <= 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Linear([[1.0]], [0.0, 0.0]), "accepted are"),
        (lambda: Linear([[1.0, 2.0]], [0.0]).forward([[1.0]]), r"x has shape \(1, 1\): accepted is \(n, 2\)"),
        (lambda: Linear([[1.0]], [0.0]).backward([[1.0]]), "only after forward"),
        (lambda: ReLU().backward([[1.0]]), "only after forward"),
        (lambda: CrossEntropyLoss().backward(), "only after forward"),
        (lambda: Linear([[1j]], [0.0]), "real numbers"),
        (lambda: Linear.random(0, 1), "inputs=0"),
        (lambda: Conv2d([[[1.0]]], [0.0]), "accepted are"),
        (lambda: Conv2d([[[[1.0]]]], [0.0]).forward([[1.0]]), "x has shape"),
        (lambda: MaxPool2d(0), "window=0"),
        (lambda: MaxPool2d(2).forward(np.zeros((1, 1, 1, 1))), "does not fit"),
        (lambda: BatchNorm(2).forward(np.zeros((3, 1))), r"accepted is \(n, 2, ...\)"),
        (lambda: BatchNorm(2).forward(np.zeros((1, 2))), "two or more"),
        (lambda: CrossEntropyLoss().forward([[1.0, 2.0]], [2]), "accepted are 0 to 1"),
        (lambda: CrossEntropyLoss().forward([[1.0, 2.0]], [0, 0]), "targets has shape"),
        (lambda: CrossEntropyLoss().forward(np.zeros((0, 2)), []), "logits has shape"),
        (lambda: CrossEntropyLoss(reduction="none"), "reduction='none'"),
        (lambda: SquaredErrorLoss().forward([[1.0, 2.0]], [[1.0]]), "targets has shape"),
        (lambda: Sequential(3), r"layers\[0\]=3"),
        (lambda: Sequential(Linear([[1.0]], [0.0]), ReLU), r"layers\[1\]=<class"),
        (lambda: BatchNorm(1, momentum=3), "momentum=3"),
        (lambda: Pointwise("gelu"), "activation='gelu'"),
        (lambda: Pointwise("abs").forward([[np.inf]]), "^x has entries that are infinite"),
    ],
)
def test_wrong_use_is_told(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def test_gradients_of_another_shape_are_told():
    for layer, shape in ((Linear([[1.0]], [0.0]), (2, 1)), (ReLU(), (2, 1)), (BatchNorm(1), (2, 1))):
        layer.forward(np.arange(2.0).reshape(shape))
        with pytest.raises(ValueError, match="gradient has shape"):
            layer.backward(np.zeros((3, 1)))


def test_all_is_offered():
    assert sorted(backprop.__all__) == backprop.__all__


def test_backward_of_batch_norm_belongs_to_the_latest_forward_also_if_training_has_ended():
    x, gradient = [[1.0], [2.0], [4.0]], [[1.0], [0.0], [0.0]]
    model = Sequential(BatchNorm(1))
    model.forward(x)
    expected = model.backward(gradient)
    np.testing.assert_array_equal(model.train(False).backward(gradient), expected)
    model.forward(x)
    after = model.backward(gradient)
    assert not np.allclose(after, expected)
    np.testing.assert_array_equal(model.train().backward(gradient), after)


def test_the_loss_of_a_single_class_is_zero_and_not_minus_zero():
    assert str(CrossEntropyLoss().forward([[5.0]], [0])) == "0.0"


def test_fractions_meet_weights_that_are_floats():
    layer, exact, plain = Linear([[1.0, 2.0]], [0.0]), [[Fraction(1, 2), Fraction(3)]], [[1.0, 1.0]]
    for x, gradient in ((exact, [[1.0]]), (plain, [[Fraction(1, 2)]]), (exact, [[Fraction(1, 2)]])):
        layer.forward(x)
        found = layer.backward(gradient)
        np.testing.assert_array_equal(found.astype(float), np.array(gradient, float) * [[1.0, 2.0]])
        np.testing.assert_array_equal(layer.weight.gradient, np.array(gradient, float) * np.array(x, float))
        np.testing.assert_array_equal(layer.bias.gradient, np.array(gradient, float)[0])


@pytest.mark.parametrize("layer", [Sigmoid(), Tanh(), BatchNorm(1)])
def test_fractions_where_roots_and_exponentials_are_taken(layer):
    exact, rounded = [[Fraction(1, 2)], [Fraction(3)]], np.array([[0.5], [3.0]])
    np.testing.assert_array_equal(layer.forward(exact), layer.forward(rounded))
    with pytest.raises(ValueError, match="x has entries that are no real numbers"):
        layer.forward([[sympy.Symbol("a")], [1]])
