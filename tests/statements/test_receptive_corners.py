"""Statements of *Seeing is not enough: the corner problem*, from their text alone: framework, prover, fractions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
import z3

from hwlib.receptive.corners import ConvLayer, affine_corner_network, corner_network, output_bounds, run_network

from .harness import Statement
from .prover import possible, proved, reals, relu

CORNERS = list(itertools.product((0, 4), repeat=2))
MODES = ("zeros", "circular", "replicate", "reflect")


def by_hand():
    """The thirteen channels that the proof of thm-corners-relu tells, written down from its text."""
    steps = [(-1, -1), (-1, 1), (1, -1), (1, 1)]  # from the middle to each corner
    first, second, third, last = (
        torch.zeros(o, i, 3, 3, dtype=torch.float64) for i, o in itertools.pairwise([1, 16, 16, 16, 1])
    )
    biases = [torch.zeros(n, dtype=torch.float64) for n in (16, 16, 16, 1)]
    for n, (y, x) in enumerate(steps):
        first[n, 0, 1 + y, 1 + x] = 1
        for kind in (0, 1):  # q and p of this corner's diagonal
            second[4 + 2 * (n in (1, 2)) + kind, n, 1 + y, 1 + x] = 1
        third[8 + n, 4 + 2 * (n in (1, 2)), 1 - y, 1 - x] = -1
        third[8 + n, 5 + 2 * (n in (1, 2)), 1 - y, 1 - x] = 2
        last[0, 8 + n, 1 - y, 1 - x] = 2
    biases[1][5] = biases[1][7] = -1
    biases[2][8:13] = 1
    last[0, 12] = -4
    biases[3][0] = 15
    return list(zip([first, second, third, last], biases, strict=True))


def run(network, image, activation=torch.relu, skip=None, before=False, mode="zeros"):
    """Output of a chain of convolutions, by the framework; a connection is added before or after the activation."""
    x = torch.as_tensor(image, dtype=torch.float64).reshape(1, 1, 5, 5)
    seen = [x]
    for number, (weight, bias) in enumerate(network, 1):
        r = weight.shape[-1] // 2
        padded = F.pad(x, (r, r, r, r), mode="constant" if mode == "zeros" else mode) if r else x
        x = F.conv2d(padded, weight, bias)
        added = seen[skip[0]] if skip and skip[1] == number else 0
        x = x + added if before else x
        x = activation(x) if number < len(network) else x
        x = x if before else x + added
        seen.append(x)
    return x[0, 0].numpy()


def target(image):
    """The task as it is told: which pixels should be white."""
    return np.array(
        [[(i, j) in CORNERS and image[i][j] == image[4 - i][4 - j] for j in range(5)] for i in range(5)], bool
    )


def is_right(output, image):
    return np.array_equal(output >= 0, target(image))


def fillings():
    """Images without their corners: flat ones, one pixel, all edges, chequered and random ones."""
    rng = np.random.default_rng(0)
    made = [np.full((5, 5), value) for value in (0.0, 1.0, 0.5)]
    made += [np.eye(25)[place].reshape(5, 5) for place in (1, 6, 12)]
    made += [np.indices((5, 5)).sum(0) % 2 * 1.0, *rng.integers(0, 2, (5, 5, 5)) * 1.0, *rng.random((3, 5, 5))]
    return made


def coloured(filling, colours):
    image = np.array(filling, float)
    for corner, colour in zip(CORNERS, colours, strict=True):
        image[corner] = colour
    return image


# --- thm-corners-affine -----------------------------------------------------------------------------------------


def networks():
    """Chains with drawn whole weights, one to four layers, all paddings; and one with ReLU that solves the task."""
    generator = torch.Generator().manual_seed(0)
    for depth, width, k, mode in itertools.product((1, 2, 3, 4), (1, 3), (1, 3, 5), MODES):
        channels = [1, *[width] * (depth - 1), 1]
        yield (
            "affine",
            mode,
            [
                (
                    torch.randint(-2, 3, (o, i, k, k), generator=generator).double(),
                    torch.randint(-2, 3, (o,), generator=generator).double(),
                )
                for i, o in itertools.pairwise(channels)
            ],
        )
    yield "ReLU", "zeros", by_hand()


def wrong_in_one_of_four(case):
    activation, mode, network = case
    function = torch.relu if activation == "ReLU" else lambda x: x
    for corner, filling in itertools.product(CORNERS, fillings()[::4]):
        opposite = (4 - corner[0], 4 - corner[1])
        rights = []
        for own, other in itertools.product((0, 1), repeat=2):
            image = np.array(filling)
            image[corner], image[opposite] = own, other
            rights.append((run(network, image, function, mode=mode)[corner] >= 0) == (own == other))
        if all(rights):
            return False
    return True


affine = Statement(
    "thm-corners-affine",
    text="79bf389d",
    cases=networks,
    hypotheses={"without nonlinearity": lambda case: case[0] == "affine"},
    conclusion=wrong_in_one_of_four,
    scope="drawn chains of up to four layers, widths 1 and 3, kernels to 5, four kinds of padding",
    kind="sampled",
)


@pytest.mark.problem("rf-diagonal-corners")
def test_no_drawn_chain_without_nonlinearity_compares_and_one_with_relu_does():
    without = affine.verify().without
    assert without["without nonlinearity"][:2] == ("ReLU", "zeros")


@pytest.mark.problem("rf-diagonal-corners")
def test_no_affine_map_compares_for_all_real_weights():
    u, v, rest = reals("u v rest")  # own corner, opposite corner, everything else
    four = [rest >= 0, rest + u + v >= 0, rest + u < 0, rest + v < 0]
    proved(z3.Not(z3.And(four)))
    for left_out in range(4):  # each of the four cases is needed
        possible(*(case for number, case in enumerate(four) if number != left_out))


# --- thm-corners-relu -------------------------------------------------------------------------------------------


def images():
    """Corners in 0 and 1, then with a 2; fillings from 0 to 1, then brighter and darker ones."""
    for filling in fillings():
        for colours in itertools.product((0, 1), repeat=4):
            yield coloured(filling, colours)
    yield coloured(np.zeros((5, 5)), (2, 0, 0, 0))
    yield coloured(np.full((5, 5), 0.0), (0.5, 0, 0, 0.5))
    for value in (12.0, -12.0):
        bright = np.zeros((5, 5))
        bright[0, 1] = value
        yield bright


def between(image):
    others = [image[place] for place in np.ndindex(5, 5) if place not in CORNERS]
    return min(others) >= 0 and max(others) <= 1


with_relu = Statement(
    "thm-corners-relu",
    text="58e1262f",
    cases=images,
    hypotheses={
        "corners 0 or 1": lambda image: all(image[corner] in (0, 1) for corner in CORNERS),
        "other pixels from 0 to 1": between,
    },
    conclusion=lambda image: is_right(run(by_hand(), image), image),
    scope="all colourings of the corners, each with fillings of 0, 1/2 and 1 and with random ones",
    kind="sampled",
)


@pytest.mark.problem("rf-diagonal-corners")
def test_four_layers_with_relu_are_right_and_what_they_need():
    without = with_relu.verify().without
    assert np.argwhere(without["corners 0 or 1"]).tolist() == [[0, 0]]
    assert without["corners 0 or 1"][0, 0] == 2
    assert np.argwhere(without["other pixels from 0 to 1"]).tolist() == [[0, 1]]
    assert without["other pixels from 0 to 1"][0, 1] == 12


@pytest.mark.problem("rf-diagonal-corners")
def test_the_bound_of_the_proof_for_all_grey_values():
    """What a middle pixel hands on is 0 or 1 at whole sums, and between them for all others; then the sums decide."""
    s = z3.Real("s")
    agree = relu(1 - relu(s) + 2 * relu(s - 1))
    proved(z3.And(agree >= 0, agree <= 1), given=[s >= 0, s <= 2])
    proved((agree == 1) == z3.Or(s == 0, s == 2), given=[s >= 0, s <= 2])
    channels = reals("a b c d")
    within = [z3.And(v >= 0, v <= 1) for v in channels]
    for inside in (6, 9):
        proved(2 * z3.Sum(channels) + 15 - 4 * inside < 0, given=within)
    proved((2 * channels[0] + 15 - 16 >= 0) == (channels[0] >= z3.RealVal("1/2")), given=within)


@pytest.mark.problem("rf-diagonal-corners")
def test_the_library_s_weights_are_those_of_the_proof():
    library = [(torch.tensor(layer.weight).double(), torch.tensor(layer.bias).double()) for layer in corner_network()]
    for filling in fillings():
        image = coloured(filling, (1, 0, 1, 1))
        assert np.array_equal(run(library, image), run(by_hand(), image))
    used = [np.flatnonzero(np.asarray(weight.abs().sum((1, 2, 3)) + bias.abs())).tolist() for weight, bias in library]
    assert used[0] + used[1] + used[2] == list(range(13))


# --- prop-corners-residual --------------------------------------------------------------------------------------


def stays_possible(case):
    skip, before = case
    network = by_hand()
    if skip == (0, 4):
        network[3] = tuple(2 * part for part in network[3])
    if not all(
        is_right(run(network, image, skip=skip, before=before), image)
        for image in (coloured(filling, c) for filling in fillings() for c in itertools.product((0, 1), repeat=4))
    ):
        return False
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        drawn = [
            (torch.randint(-2, 3, (o, i, 3, 3), generator=generator).double(), torch.ones(o, dtype=torch.float64))
            for i, o in itertools.pairwise([1, 16, 16, 16, 1])
        ]
        four = [coloured(np.zeros((5, 5)), (a, 0, 0, b)) for a, b in itertools.product((0, 1), repeat=2)]
        y00, y01, y10, y11 = (run(drawn, image, lambda x: x, skip, before)[0, 0] for image in four)
        if y00 + y11 != y01 + y10:
            return False
    return True


residual = Statement(
    "prop-corners-residual",
    text="6b09d764",
    cases=lambda: itertools.product([(1, 2), (1, 3), (2, 3), (0, 4)], (False, True)),
    conclusion=stays_possible,
    scope="every connection, before and after the ReLU; all colourings of the corners with some fillings",
    kind="sampled",
)


@pytest.mark.problem("rf-diagonal-corners")
def test_a_residual_connection_changes_nothing_of_what_is_possible():
    assert residual.verify().covered == 8


@pytest.mark.problem("rf-diagonal-corners")
def test_a_connection_can_spoil_weights_that_share_their_channels():
    first, second, third, last = corner_network()
    third = ConvLayer(np.roll(third.weight, -8, 0), np.roll(third.bias, -8))
    last = ConvLayer(np.roll(last.weight, -8, 1), last.bias)
    cases = np.array([coloured(np.zeros((5, 5)), c) for c in itertools.product((0, 1), repeat=4)], int)
    shared = [first, second, third, last]
    assert all(map(is_right, run_network(shared, cases), cases))
    assert not all(map(is_right, run_network(shared, cases, skip=(1, 3)), cases))


# --- prop-corners-loss ------------------------------------------------------------------------------------------


def loss(value, white):
    return math.log1p(math.exp(-value if white else value))


def maps():
    """Value of a corner by the four cases of the two: affine ones (c, u, v) in halves, and one with a kink."""
    halves = [n / 2 for n in range(-6, 7)]
    for c, u, v in itertools.product(halves, repeat=3):
        yield "affine", {(a, b): c + u * a + v * b for a, b in itertools.product((0, 1), repeat=2)}
    yield "ReLU", {(a, b): 1 if a == b else -1 for a, b in itertools.product((0, 1), repeat=2)}


lost = Statement(
    "prop-corners-loss",
    text="04954d11",
    cases=maps,
    hypotheses={"without nonlinearity": lambda case: case[0] == "affine"},
    conclusion=lambda case: sum(loss(y, a == b) for (a, b), y in case[1].items()) / 4 >= math.log(2) - 1e-12,
    scope="all affine functions of the two corners with coefficients in halves from -3 to 3",
)


def test_an_affine_network_loses_at_least_ln_2_and_one_with_relu_less():
    report = lost.verify()
    assert report.without["without nonlinearity"][0] == "ReLU"
    zero = dict.fromkeys(itertools.product((0, 1), repeat=2), 0)
    assert sum(loss(y, a == b) for (a, b), y in zero.items()) / 4 == pytest.approx(math.log(2), rel=1e-12)


# --- sentences beside the statements ---------------------------------------------------------------------------


def test_only_zeros_tell_the_corners_of_the_black_image_from_the_rest():
    """The page named circular padding alone; the black image is flat with repeated and reflected padding as well."""
    generator = torch.Generator().manual_seed(0)
    network = [
        (torch.randn(o, i, 3, 3, generator=generator).double(), torch.randn(o, generator=generator).double())
        for i, o in itertools.pairwise([1, 4, 4, 1])
    ]
    for mode in MODES:
        output = run(network, np.zeros((5, 5)), mode=mode)
        assert np.allclose(output, output[0, 0]) == (mode != "zeros")


def test_three_layers_give_the_same_in_that_corner_and_not_everywhere():
    """The page once said that two images that differ in the opposite corner only "have the same output"."""
    generator = torch.Generator().manual_seed(0)
    network = [
        (torch.randn(o, i, 3, 3, generator=generator).double(), torch.randn(o, generator=generator).double())
        for i, o in itertools.pairwise([1, 8, 8, 1])
    ]
    black, one = (run(network, coloured(np.zeros((5, 5)), (0, 0, 0, bit))) for bit in (0, 1))
    assert black[0, 0] == one[0, 0]
    assert not np.array_equal(black, one)


def test_nine_images_are_right_in_their_corners_and_none_everywhere():
    """The page once said that the affine network gets nine of sixteen images right; it does in the corners."""
    cases = [coloured(np.zeros((5, 5)), c) for c in itertools.product((0, 1), repeat=4)]
    output = run_network(affine_corner_network(), np.array(cases, int), relu=False)
    corners = [all((y[c] >= 0) == target(x)[c] for c in CORNERS) for x, y in zip(cases, output, strict=True)]
    assert sum(corners) == 9
    assert not any(map(is_right, output, cases))


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_image_added_to_all_channels_of_an_inner_layer_can_be_taken_off_again(layer, before):
    """The page once dismissed connections from the input to an inner layer: "that takes a projection"."""
    network = by_hand()
    if before:  # in the layer's own sum, from a channel that carries the image
        for number in range(layer - 1):
            network[number][0][15, 0 if number == 0 else 15, 1, 1] = 1
        network[layer - 1][0][:, 0 if layer == 1 else 15, 1, 1] -= 1
    else:  # in the next layer, from a channel that is not used and so has the image alone
        weight = network[layer][0]
        weight[:, 15] = -weight[:, :15].sum(1)
    for image in (coloured(filling, c) for filling in fillings() for c in itertools.product((0, 1), repeat=4)):
        assert is_right(run(network, image, skip=(0, layer), before=before), image)


def test_pixels_darker_than_zero_do_no_harm():
    for filling, colours in itertools.product(fillings(), itertools.product((0, 1), repeat=4)):
        image = coloured(filling - 20 * (filling < 0.4), colours)
        assert is_right(run(by_hand(), image), image)


def test_what_the_third_layer_hands_on_is_0_or_1_in_the_middle_and_any_number_between_elsewhere():
    """The proof once said of all pixels that it is 0 or 1."""
    image = coloured(np.full((5, 5), 0.5), (0, 0, 0, 1))
    image[1, 1] = 0.25
    x = torch.tensor(image)[None, None]
    for weight, bias in by_hand()[:3]:
        x = torch.relu(F.conv2d(x, weight, bias, padding=1))
    assert ((x[0, 8:12] > 0) & (x[0, 8:12] < 1)).any()
    assert [x[0, 8 + n, 2 + dy, 2 + dx].item() for n, (dy, dx) in enumerate([(-1, -1), (-1, 1), (1, -1), (1, 1)])] == [
        0.0, 1.0, 1.0, 0.0,
    ]  # fmt: skip


def test_with_circular_padding_one_layer_sees_the_opposite_corner():
    """The exercise on depth once did not say that the padding is of zeros."""
    layer = torch.nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular").requires_grad_(False)
    black, one = torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 5, 5)
    one[0, 0, 4, 4] = 1
    assert layer(black)[0, 0, 0, 0] != layer(one)[0, 0, 0, 0]


def test_all_but_the_corners_are_at_most_minus_five():
    """The explorer's words."""
    network, found = corner_network(), []
    for colours in itertools.product((0, 1), repeat=4):
        low, high = (np.array(coloured(np.full((5, 5), grey), colours), int) for grey in (0, 1))
        found.append(output_bounds(network, np.stack([low, high], -1))[1])
    others = np.array([[most[place] for place in np.ndindex(5, 5) if place not in CORNERS] for most in found])
    assert others.max() <= -5


def test_grey_values_are_refused_and_not_cut_to_whole_numbers():
    """The certificate for grey images once cut 0.9 to 0, and certified what is false."""
    ones = [ConvLayer(np.ones((1, 1, 3, 3), int), [0])]
    with pytest.raises(ValueError, match="no whole numbers"):
        output_bounds(ones, np.tile([0, 0.9], (3, 3, 1)))
    assert output_bounds(ones, np.tile([0, 1], (3, 3, 1)))[1][1, 1] == 9
