"""hwlib.receptive.corners against torch, against all images of a kind, and against the proofs of the chapter."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from hwlib.logic import NotSeparable, classify_functions, separate_points
from hwlib.receptive import receptive_field
from hwlib.receptive.corners import (
    ConvLayer,
    affine_corner_network,
    corner_cases,
    corner_network,
    output_bounds,
    run_network,
    share_right,
)

from ..examples import examples

IMAGES, TARGETS = corner_cases()
CORNERS = (slice(None), [0, 0, 4, 4], [0, 4, 0, 4])
ONES = ConvLayer(np.ones((1, 1, 3, 3), int), np.array([0]))
BINARY = arrays(np.int64, (5, 5), elements=st.integers(0, 1))


def by_torch(layers, images, relu=True):
    x = torch.tensor(np.asarray(images), dtype=torch.float64)[:, None]
    for number, layer in enumerate(layers, 1):
        x = F.conv2d(x, torch.tensor(layer.weight).double(), torch.tensor(layer.bias).double(), padding=1)
        x = F.relu(x) if relu and number < len(layers) else x
    return x[:, 0].numpy()


def rule(image):
    """The task as it is told, pixel by pixel."""
    out = np.zeros((5, 5), int)
    for y, x in itertools.product((0, 4), repeat=2):
        out[y, x] = image[y, x] == image[4 - y, 4 - x]
    return out


def test_the_cases_are_all_and_follow_the_rule():
    assert len({image.tobytes() for image in IMAGES}) == 16
    assert (IMAGES.sum((1, 2)) == IMAGES[CORNERS].sum(1)).all(), "only corners are white"
    for image, target in zip(IMAGES, TARGETS, strict=True):
        assert np.array_equal(rule(image), target)


@pytest.mark.parametrize("network", [corner_network(), corner_network(13)])
def test_the_relu_network_is_that_of_the_problem_and_torch_computes_the_same(network):
    assert [layer.weight.shape[2:] for layer in network] == [(3, 3)] * 4
    assert network[0].weight.shape[1] == network[3].weight.shape[0] == 1
    assert {layer.weight.dtype.kind for layer in network} == {"i"}
    assert np.array_equal(run_network(network, IMAGES), by_torch(network, IMAGES))


@pytest.mark.problem("rf-diagonal-corners")
def test_with_relu_every_case_is_right_and_so_is_every_image_between():
    assert (share_right(run_network(corner_network(), IMAGES), TARGETS) == 1).all()
    for image, target in zip(IMAGES, TARGETS, strict=True):
        free = np.ones((5, 5), int)
        free[CORNERS[1:]] = 0
        low, high = output_bounds(corner_network(), np.stack([image, image + free], -1))
        assert np.array_equal(low >= 0, target == 1)
        assert np.array_equal(high >= 0, target == 1)


@examples(300)
@given(BINARY)
def test_with_relu_any_binary_image_is_right(image):
    assert np.array_equal(by_torch(corner_network(), image[None])[0] >= 0, rule(image) == 1)


@examples(100)
@given(BINARY, BINARY)
def test_bounds_hold_for_every_image_between(a, b):
    low, high = np.minimum(a, b), np.maximum(a, b)
    least, most = output_bounds(corner_network(), np.stack([low, high], -1))
    for image in (a, b, low, high):
        output = run_network(corner_network(), image[None])[0]
        assert ((least <= output) & (output <= most)).all()


@pytest.mark.problem("rf-diagonal-corners")
@pytest.mark.parametrize("corner", range(4))
def test_without_relu_there_is_a_certificate_for_each_corner(corner):
    white = TARGETS[CORNERS][:, corner] == 1
    refuted = separate_points(IMAGES[white].reshape(-1, 25), IMAGES[~white].reshape(-1, 25))
    assert isinstance(refuted, NotSeparable)
    assert refuted.verify()


@examples(100)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 5))
def test_equal_sums_hold_for_any_network_without_nonlinearity(seed, residual, depth):
    rng = np.random.default_rng(seed)
    channels = [1, *[3] * (depth - 1), 1]
    layers = [
        ConvLayer(rng.integers(-3, 4, (o, i, 3, 3)), rng.integers(-3, 4, o)) for i, o in itertools.pairwise(channels)
    ]
    skip = (1, depth - 1) if residual and depth > 2 else None
    output = run_network(layers, IMAGES, relu=False, skip=skip)
    # cases 0, 1, 8 and 9 differ in the corners of the falling diagonal
    assert np.array_equal(output[0] + output[9], output[1] + output[8])


@pytest.mark.problem("rf-diagonal-corners")
def test_nine_images_are_the_most_that_an_affine_map_gets_right():
    output = run_network(affine_corner_network(), IMAGES, relu=False)
    assert np.array_equal(output, by_torch(affine_corner_network(), IMAGES, relu=False))
    assert np.array_equal(output[CORNERS], 1 - 2 * (IMAGES[CORNERS] + IMAGES[CORNERS][:, ::-1]))
    assert ((output >= 0) == (TARGETS == 1))[CORNERS].all(1).sum() == 9
    tables = (np.flatnonzero(classify_functions(4).separable)[:, None] >> np.arange(15, -1, -1)) & 1
    falling, rising = (tables == TARGETS[:, 0, column] for column in (0, 4))
    assert (falling.astype(np.int32) @ rising.T.astype(np.int32)).max() == 9


@pytest.mark.problem("rf-diagonal-corners")
@pytest.mark.parametrize("skip", [(1, 2), (1, 3), (2, 3)])
def test_a_residual_connection_between_inner_layers_changes_nothing(skip):
    with_skip = run_network(corner_network(), IMAGES, skip=skip)
    assert np.array_equal(with_skip, run_network(corner_network(), IMAGES))


def test_a_residual_connection_from_the_input_to_the_output_is_drowned_out():
    network = corner_network()
    last = ConvLayer(2 * network[3].weight, 2 * network[3].bias)
    output = run_network([*network[:3], last], IMAGES, skip=(0, 4))
    assert np.array_equal(output, 2 * run_network(network, IMAGES) + IMAGES)
    assert (share_right(output, TARGETS) == 1).all()


def test_a_skip_is_added_behind_the_relu():
    layers = [ConvLayer(np.full((1, 1, 3, 3), -1), np.array([0])), ConvLayer(np.ones((1, 1, 3, 3), int), np.array([0]))]
    image = np.ones((1, 1, 1), int)
    assert run_network(layers, image).tolist() == [[[0]]]
    assert run_network(layers, image, skip=(0, 1)).tolist() == [[[1]]]
    assert run_network(layers, image, skip=(0, 2)).tolist() == [[[1]]]


@pytest.mark.problem("rf-diagonal-corners")
def test_with_three_layers_the_opposite_corner_is_out_of_sight():
    def network(depth):
        channels = [1, *[16] * (depth - 1), 1]
        return nn.Sequential(*(nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(channels)))

    assert receptive_field(network(3)).size == (7, 7)
    assert not receptive_field(network(3), 5).unit((0, 0)).pixels[4, 4]
    assert receptive_field(network(4), 5).unit((0, 0)).pixels.all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: corner_cases(1), "side=1: accepted"),
        (lambda: corner_network(12), "width=12: accepted"),
        (lambda: affine_corner_network(4), "width=4: accepted"),
        (lambda: run_network(corner_network(), IMAGES, skip=(0, 1)), r"skip=\(0, 1\): accepted are two layers"),
        (lambda: run_network(corner_network(), IMAGES, skip=(2, 2)), r"skip=\(2, 2\): accepted are two layers"),
        (lambda: run_network(corner_network(), IMAGES, skip=(1, 9)), r"skip=\(1, 9\): accepted are layers up to 4"),
        (
            lambda: output_bounds(corner_network(), np.tile([1, 0], (5, 5, 1))),
            r"box of shape \(5, 5, 2\): .* low <= high",
        ),
        (lambda: output_bounds(corner_network(), np.zeros((5, 5))), r"box of shape \(5, 5\): accepted is \(h, w, 2\)"),
        (lambda: output_bounds([ONES], np.tile([0, 0.9], (3, 3, 1))), "box has entries that are no whole numbers"),
        (lambda: output_bounds([ONES], np.full((3, 3, 2), np.nan)), "box has entries that are no whole numbers"),
        (lambda: output_bounds([ONES], np.full((3, 3, 2), 2**60)), "entries too large for 62 bits"),
        (lambda: run_network([ONES], np.full((1, 3, 3), 0.5)), "images has entries that are no whole numbers"),
        (lambda: run_network([ONES], np.full((1, 3, 3), np.inf)), "images has entries that are no whole numbers"),
        (lambda: run_network([ONES], np.ones((3, 3))), r"images have shape \(3, 3\): accepted is \(n, h, w\)"),
        (lambda: run_network(corner_network()[:2], IMAGES), r"channels: accepted is a chain from one channel to one"),
        (lambda: ConvLayer(np.full((1, 1, 3, 3), 0.5), [0]), "weight has entries that are no whole numbers"),
        (lambda: ConvLayer(np.ones((1, 1, 2, 2)), [0]), r"weight has shape \(1, 1, 2, 2\), bias \(1,\): accepted"),
        (lambda: share_right(IMAGES, TARGETS[0]), r"outputs have shape \(16, 5, 5\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
