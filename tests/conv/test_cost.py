"""hwlib.conv: formulas, PyTorch's own counter, and the stored entries of the matrix say the same."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hwlib.conv import (
    conv_cost,
    conv_matrix,
    image_channels_first,
    kernel_channels_first,
    measured_costs,
    output_shape,
)

from ..examples import examples

LAYERS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


@examples(60)
@given(
    dimensions=st.integers(1, 3),
    groups=st.integers(1, 3),
    per_group=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    k=st.integers(1, 3),
    s=st.integers(1, 3),
    p=st.integers(0, 2),
    d=st.integers(1, 2),
    bias=st.booleans(),
)
def test_the_formula_is_what_is_measured_on_a_real_layer(dimensions, groups, per_group, k, s, p, d, bias):
    i, o = per_group[0] * groups, per_group[1] * groups
    size = (i, *[6] * dimensions)
    layer = LAYERS[dimensions](i, o, k, stride=s, padding=p, dilation=d, groups=groups, bias=bias)
    (measured,) = measured_costs(layer, size)
    options = {"stride": s, "padding": p, "dilation": d, "groups": groups}
    cost = conv_cost(tuple(layer.weight.shape), size, bias=bias, **options)
    assert (cost.output_shape, cost.parameters) == (measured.output_shape, measured.parameters)
    assert cost.multiplications == measured.multiplications
    stored = conv_matrix(layer.weight, size, **options).nnz
    assert stored == cost.multiplications if p == 0 else stored <= cost.multiplications


@pytest.mark.problem("conv-counting")
def test_the_layer_of_the_problem_by_hand():
    x = image_channels_first(np.zeros((48, 64, 10)))
    w = kernel_channels_first(np.zeros((3, 3, 10, 20)))
    cost = conv_cost(w.shape, x.shape)
    assert cost.output_shape == (20, 46, 62)
    assert cost.multiplications == 46 * 62 * 20 * 3 * 3 * 10 == 5_133_600
    assert cost.parameters == 3 * 3 * 10 * 20 + 20 == 1_820


def test_channels_last_computes_the_same_after_the_axes_are_moved():
    rng = np.random.default_rng(0)
    image, kernel = rng.integers(-9, 10, (5, 6, 2)), rng.integers(-9, 10, (2, 3, 2, 4))
    direct = np.zeros((4, 4, 4), int)  # the definition of the source, channels last
    for i, j, m in np.ndindex(4, 4, 4):
        direct[i, j, m] = np.sum(kernel[:, :, :, m] * image[i : i + 2, j : j + 3, :])
    x, w = image_channels_first(image), kernel_channels_first(kernel)
    moved = (conv_matrix(w, x.shape) @ x.ravel()).reshape(output_shape(w.shape, x.shape))
    assert np.array_equal(np.moveaxis(moved, 0, -1), direct)


@pytest.mark.problem("conv-output-resolution")
def test_the_resolution_of_the_problem():
    network = nn.Sequential(
        nn.Conv2d(1, 1, 3), nn.ReLU(), nn.Conv2d(1, 1, 3), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3), nn.ReLU()
    )
    measured = [cost.output_shape for cost in measured_costs(network, (1, 32, 32))]
    assert measured == [(1, n, n) for n in (30, 30, 28, 14, 12, 12)]
    assert network(torch.zeros(1, 1, 32, 32)).shape == (1, 1, 12, 12)


@pytest.mark.problem("conv-variable-size")
@pytest.mark.parametrize("size", [8, 9, 10, 33])
def test_a_global_average_takes_any_size_from_nine_pixels_on(size):
    network = nn.Sequential(
        *(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Conv2d(4, 4, 5), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 128), nn.Linear(128, 1)),
    )
    if size < 9:
        with pytest.raises(ValueError, match=r"input_shape=\(1, 8, 8\): the module does not take it"):
            measured_costs(network, (1, size, size))
    else:
        assert measured_costs(network, (1, size, size))[-1].output_shape == (1,)


def test_measuring_changes_nothing_and_follows_shared_layers():
    shared = nn.Linear(3, 3)
    module = nn.Sequential(shared, nn.ReLU(), shared).train()
    weights = shared.weight.detach().clone()
    costs = measured_costs(module, (3,))
    assert [(cost.layer, cost.multiplications) for cost in costs] == [("Linear", 9), ("ReLU", 0), ("Linear", 9)]
    assert module.training
    assert torch.equal(shared.weight, weights)
    assert not shared._forward_hooks


class WithFunctions(nn.Module):
    """Multiplies by a weight of its own, outside the layers inside it."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(6, 3))
        self.relu, self.last = nn.ReLU(), nn.Linear(6, 2)

    def forward(self, x):
        return self.last(self.relu(F.linear(x, self.w)))


def test_what_a_module_multiplies_itself_is_not_booked_on_the_next_layer():
    rows = [(c.layer, c.output_shape, c.parameters, c.multiplications) for c in measured_costs(WithFunctions(), (3,))]
    assert rows == [("ReLU", (6,), 0, 0), ("Linear", (2,), 14, 12), ("WithFunctions", (2,), 18, 18)]
    nested = measured_costs(nn.Sequential(nn.Linear(3, 3), WithFunctions(), nn.Linear(2, 1)), (3,))
    assert [c.layer for c in nested] == ["Linear", "ReLU", "Linear", "WithFunctions", "Linear"]
    assert [c.multiplications for c in nested] == [9, 0, 12, 18, 2]


def test_operations_after_the_last_layer_are_counted():
    class Squared(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4, bias=False)

        def forward(self, x):
            y = self.layer(x)
            return y @ F.linear(y, self.layer.weight).T

    rows = [(c.layer, c.parameters, c.multiplications) for c in measured_costs(Squared(), (4,))]
    assert rows == [("Linear", 16, 16), ("Squared", 0, 16 + 4)]


def test_attention_is_counted_by_the_formulas_of_its_parts():
    tokens, width, heads, inner = 5, 4, 2, 8
    layer = nn.TransformerEncoderLayer(width, heads, inner, batch_first=True)
    costs = measured_costs(layer, (tokens, width))
    projections = 4 * tokens * width**2  # queries, keys, values, and the way out
    scores = 2 * tokens**2 * width  # products of queries and keys, and sums of values
    by_layer = {cost.layer: cost for cost in costs}
    assert by_layer["MultiheadAttention"].multiplications == projections + scores
    assert by_layer["MultiheadAttention"].parameters == 4 * (width**2 + width)
    assert by_layer["Dropout"].multiplications == 0
    assert [c.multiplications for c in costs if c.layer == "Linear"] == [tokens * width * inner] * 2
    assert sum(cost.parameters for cost in costs) == sum(p.numel() for p in layer.parameters())


def test_a_layer_that_returns_several_tensors_is_named():
    with pytest.raises(ValueError, match="the layer LSTM returns 2 things in a tuple: accepted are layers that return"):
        measured_costs(nn.LSTM(3, 4, batch_first=True), (5, 3))


def test_a_model_in_double_precision_is_measured():
    assert measured_costs(nn.Linear(3, 2).double(), (3,)) == measured_costs(nn.Linear(3, 2), (3,))


def test_channels_are_moved_whatever_holds_them():
    for image in (torch.zeros(4, 6, 2, requires_grad=True), np.zeros((4, 6, 2), ">i2")):
        assert image_channels_first(image).shape == (2, 4, 6)
    x, y = sympy.symbols("x y")
    assert image_channels_first([[x, y]]).tolist() == [[x], [y]]
    assert kernel_channels_first(torch.zeros(3, 2, 10, 20, requires_grad=True)).shape == (20, 10, 3, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measured_costs(nn.Linear, (3,)), r"model=<class .*Linear'>: accepted is a torch.nn.Module"),
        (lambda: measured_costs(nn.Linear(3, 3), 3), r"input_shape=3: accepted are one or more whole numbers"),
        (lambda: measured_costs(nn.Linear(3, 3), (3.0,)), r"input_shape=\(3.0,\): accepted are one or more"),
        (lambda: image_channels_first(torch.ones(3, 3, 3, device="meta")), r"image is on the device meta"),
        (lambda: kernel_channels_first(torch.ones(3, 3, 3, device="meta")), r"kernel is on the device meta"),
        (lambda: conv_cost((2, 2, 3, 3), (3, 8, 8)), "groups=1 with 3 input"),
        (lambda: image_channels_first([1, 2]), r"image has shape \(2,\)"),
        (lambda: kernel_channels_first(np.zeros((3, 3))), r"kernel has shape \(3, 3\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
