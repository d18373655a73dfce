"""hwlib.conv: formulas, PyTorch's own counter, and the stored entries of the matrix say the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hwlib.conv import (
    Cost,
    conv_cost,
    conv_matrix,
    image_channels_first,
    kernel_channels_first,
    measured_costs,
    output_shape,
)

LAYERS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


@settings(max_examples=60)
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
    assert (cost.output_bytes, cost.parameter_bytes) == (4 * 20 * 46 * 62, 4 * 1_820)


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


def test_memory_is_that_of_the_real_tensors():
    layer = nn.Conv2d(3, 4, 3, stride=2)
    (cost,) = measured_costs(layer, (3, 9, 9))
    assert cost == Cost("Conv2d", (4, 4, 4), cost.parameters, cost.multiplications)
    assert layer(torch.zeros(1, 3, 9, 9)).nbytes == cost.output_bytes
    assert sum(parameter.nbytes for parameter in layer.parameters()) == cost.parameter_bytes


def test_measuring_changes_nothing_and_follows_shared_layers():
    shared = nn.Linear(3, 3)
    module = nn.Sequential(shared, nn.ReLU(), shared).train()
    weights = shared.weight.detach().clone()
    costs = measured_costs(module, (3,))
    assert [(cost.layer, cost.multiplications) for cost in costs] == [("Linear", 9), ("ReLU", 0), ("Linear", 9)]
    assert module.training
    assert torch.equal(shared.weight, weights)
    assert not shared._forward_hooks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv_cost((2, 2, 3, 3), (3, 8, 8)), "groups=1 with 3 input"),
        (lambda: image_channels_first([1, 2]), r"image has shape \(2,\)"),
        (lambda: kernel_channels_first(np.zeros((3, 3))), r"kernel has shape \(3, 3\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
