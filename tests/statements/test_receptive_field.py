"""Statements of *What an output sees is a product of patterns*, from their text alone: paths are walked one by one."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
import torch
import z3
from torch import nn

from hwlib.receptive import receptive_field

from .harness import Statement
from .prover import proved

# --- def-rf: chains, their units and their sets, path by path -------------------------------------------------------


def sizes(layers, n):
    """Numbers of units of each layer, pixels first; None if a kernel does not fit."""
    found = [n]
    for k, s, p, d in layers:
        spare = found[-1] + 2 * p - d * (k - 1) - 1
        if spare < 0:
            return None
        found.append(spare // s + 1)
    return found


def walk(layers, n, unit):
    """Pixels from which a path leads to a unit of the last layer, and whether one of its paths ends in padding."""
    count = sizes(layers, n)
    here, padded = {unit}, False
    for level in range(len(layers) - 1, -1, -1):
        k, s, p, d = layers[level]
        below = {s * i - p + d * tap for i in here for tap in range(k)}
        here = {place for place in below if 0 <= place < count[level]}
        padded |= len(here) < len(below)
    return here, padded


def without_border(layers):
    """What unit 0 reads on an input that has no border: places may be any whole number."""
    here = {0}
    for k, s, p, d in reversed(layers):
        here = {s * i - p + d * tap for i in here for tap in range(k)}
    return here


def chains():
    """All chains of one or two layers (k, s, p, d) with k to 3, s, p to 2 and 1, d to 2, on up to 6 pixels."""
    single = sorted(itertools.product((1, 2, 3), (1, 2), (0, 1), (1, 2)), key=sum)
    single = [layer for layer in single if layer[0] > 1 or layer[3] == 1]
    for layers in itertools.chain(((layer,) for layer in single), itertools.product(single, repeat=2)):
        for n in range(1, 7):
            if sizes(layers, n):
                yield layers, n


def torch_chain(layers):
    return nn.Sequential(*(nn.Conv1d(1, 1, k, stride=s, padding=p, dilation=d) for k, s, p, d in layers))


def is_the_defined_set(case):
    layers, n = case
    field = receptive_field(torch_chain(layers), n)
    units = range(sizes(layers, n)[-1])
    sets = [set(np.flatnonzero(field.unit([unit]).pixels).tolist()) for unit in units]
    reach = without_border(layers)
    return sets == [walk(layers, n, unit)[0] for unit in units] and field.size == (max(reach) - min(reach) + 1,)


field_of_a_unit = Statement(
    "def-rf",
    text="f724232b",
    cases=lambda: list(chains())[::7],
    conclusion=is_the_defined_set,
    scope="every seventh of all chains of one or two layers, kernels to 3, on up to 6 pixels",
    kind="sampled",
)


@pytest.mark.problem("rf-size")
def test_the_library_s_sets_are_those_of_the_definition():
    assert field_of_a_unit.verify().covered > 200


def test_on_five_pixels_the_network_s_size_is_that_without_a_border():
    """The definition once asked for units that no padding has reached: on five by five pixels there are none."""
    four = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(4)))
    small = receptive_field(four, 5)
    assert not any(small.unit(place).interior for place in np.ndindex(5, 5))
    assert small.size == (9, 9)


def test_a_zero_weight_still_counts_as_a_tap_and_an_empty_set_is_possible():
    layer = nn.Conv1d(1, 1, 2, padding=1)
    layer.weight.data.zero_()
    assert receptive_field(layer, 3).pattern().sum() == 6
    alone = receptive_field(nn.Conv1d(1, 1, 1, padding=1), 1)
    assert [alone.unit([i]).pixels.sum() for i in range(3)] == [0, 1, 0]


# --- thm-rf-product ---------------------------------------------------------------------------------------------


def patterns():
    """All pairs of Boolean matrices, 2 by 3 and then 2 by 2."""
    rows3, rows2 = list(itertools.product((0, 1), repeat=3)), list(itertools.product((0, 1), repeat=2))
    return itertools.product(itertools.product(rows3, repeat=2), itertools.product(rows2, repeat=2))


def boolean_product(B, C):
    return [[any(b and c[k] for b, c in zip(row, C, strict=True)) for k in range(len(C[0]))] for row in B]


def paths(first, second, unit):
    return {pixel for j in range(2) for pixel in range(3) if second[unit][j] and first[j][pixel]}


def rows_are_the_fields_and_nothing_else_counts(case):
    first, second = case
    product = boolean_product(second, first)
    fields = [paths(first, second, unit) for unit in range(2)]

    def run(x):  # any functions of what is read will do: here those that keep all that they read
        hidden = [tuple(v for v, b in zip(x, row, strict=True) if b) for row in first]
        return [tuple(v for v, b in zip(hidden, row, strict=True) if b) for row in second]

    base = run((0, 0, 0))
    changes = {k: run(tuple(int(k == j) for j in range(3))) for k in range(3)}
    return all(
        {k for k in range(3) if product[unit][k]} == fields[unit]
        and all(changes[k][unit] == base[unit] for k in range(3) if k not in fields[unit])
        and all(changes[k][unit] != base[unit] for k in fields[unit])
        for unit in range(2)
    )


products = Statement(
    "thm-rf-product",
    text="c1d676be",
    cases=patterns,
    conclusion=rows_are_the_fields_and_nothing_else_counts,
    scope="all pairs of Boolean matrices, 2 by 3 and 2 by 2",
)


@pytest.mark.problem("rf-size")
def test_the_rows_of_the_product_are_the_fields_for_all_small_patterns():
    assert products.verify().covered == 1024


def test_added_branches_unite_their_patterns():
    rows = list(itertools.product((0, 1), repeat=3))
    for b, c in itertools.product(rows, repeat=2):
        weights = [torch.tensor([row], dtype=torch.float64) for row in (b, c)]
        x = torch.ones(3, dtype=torch.float64, requires_grad=True)
        sum(w @ x for w in weights).sum().backward()
        assert (x.grad != 0).tolist() == [bool(p or q) for p, q in zip(b, c, strict=True)]


ACTIVATIONS = {  # function, slope
    "t": (lambda t: t, lambda t: 1),
    "t + t^3": (lambda t: t + t**3, lambda t: 1 + 3 * t * t),
    "t^3": (lambda t: t**3, lambda t: 3 * t * t),
    "relu": (lambda t: max(t, 0), lambda t: int(t > 0)),
}


def kernels():
    """Kernels (a, b), then (c, d), an activation behind each, three pixels."""
    points = [(0, 0, 0), (1, -1, 0), (1, 1, 1), (-1, -1, 2)]
    for name, x in itertools.product(ACTIVATIONS, points):
        for weights in itertools.product((1, -1, 2, 0), repeat=4):
            yield weights, name, x


def derivative(case):
    (a, b, c, d), name, x = case
    function, slope = ACTIVATIONS[name]
    z = [a * x[0] + b * x[1], a * x[1] + b * x[2]]
    s = [slope(v) for v in z]
    t = slope(c * function(z[0]) + d * function(z[1]))
    return [t * c * s[0] * a, t * (c * s[0] * b + d * s[1] * a), t * d * s[1] * b]


positive = Statement(
    "thm-rf-product",
    text="c1d676be",
    cases=kernels,
    hypotheses={
        "positive weights": lambda case: min(case[0]) > 0,
        "positive slopes": lambda case: case[1] in ("t", "t + t^3"),
    },
    conclusion=lambda case: min(derivative(case)) > 0,
    scope="two kernels of two weights from -1 to 2, four activations, four inputs",
)


def test_positive_weights_and_slopes_leave_no_derivative_zero_and_both_are_needed():
    without = positive.verify().without
    assert without == {
        "positive weights": ((1, 1, 1, -1), "t", (0, 0, 0)),
        "positive slopes": ((1, 1, 1, 1), "t^3", (0, 0, 0)),  # increases strictly, which the theorem once asked for
    }
    assert [derivative(case) for case in without.values()] == [[1, 0, -1], [0, 0, 0]]


@pytest.mark.problem("rf-size")
def test_the_same_for_all_real_weights_and_slopes():
    """Three layers of two weights on four pixels: the chain rule's sums, for all positive weights and slopes."""
    w = [[z3.Real(f"w{layer}{tap}") for tap in range(2)] for layer in range(3)]
    s = {(layer, i): z3.Real(f"s{layer}{i}") for layer in range(3) for i in range(3 - layer)}
    moved = [[z3.RealVal(int(i == k)) for k in range(4)] for i in range(4)]
    for layer in range(3):
        moved = [
            [s[layer, i] * (w[layer][0] * low + w[layer][1] * high) for low, high in zip(*pair, strict=True)]
            for i, pair in enumerate(itertools.pairwise(moved))
        ]
    given = [*(v > 0 for kernel in w for v in kernel), *(v > 0 for v in s.values())]
    for k in range(4):
        proved(moved[0][k] > 0, given=given)


def test_max_pooling_passes_a_derivative_to_the_largest_pixel_only():
    x = torch.tensor([[[1.0, 2.0]]], requires_grad=True)
    nn.MaxPool1d(2)(x).sum().backward()
    assert x.grad.tolist() == [[[0.0, 1.0]]]
    assert receptive_field(nn.MaxPool1d(2), 2).unit([0]).pixels.all()


# --- prop-rf-chain ----------------------------------------------------------------------------------------------


def test_circular_padding_holds_pixels_and_the_first_unit_reads_the_last_one():
    """The proposition once spoke of any padding."""
    ring = receptive_field(nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular"), 6)
    assert np.flatnonzero(ring.unit([0]).pixels).tolist() == [0, 1, 5]


def test_the_last_window_of_a_pooling_that_rounds_up_has_been_reached_by_padding():
    field = receptive_field(nn.MaxPool1d(2, ceil_mode=True), 3)
    assert [field.unit([i]).interior for i in (0, 1)] == [True, False]
    assert np.flatnonzero(field.unit([1]).pixels).tolist() == [2]  # and not the last one of the formula, 3


def formula(layers):
    r, jump, P = 1, 1, 0
    for k, s, p, d in layers:
        r, P, jump = r + d * (k - 1) * jump, P + p * jump, jump * s
    return r, jump, P


def ends_are_as_stated(case):
    layers, n, unit = case
    r, S, P = formula(layers)
    reads, _ = walk(layers, n, unit)
    ideal = {S * unit + place for place in without_border(layers)}
    assert reads <= ideal, "at the border, units read a part"
    return bool(reads) and (min(reads), max(reads)) == (S * unit - P, S * unit - P + r - 1)


chain = Statement(
    "prop-rf-chain",
    text="1720bd99",
    cases=lambda: ((layers, n, unit) for layers, n in chains() for unit in range(sizes(layers, n)[-1])),
    hypotheses={"no padding has reached it": lambda case: not walk(*case)[1]},
    conclusion=ends_are_as_stated,
    scope="all units of all chains of one or two layers, kernels to 3, on up to 6 pixels",
)


@pytest.mark.problem("rf-size")
def test_chains_by_the_formula_and_by_their_paths():
    report = chain.verify()
    assert report.without == {"no padding has reached it": (((1, 1, 1, 1),), 1, 0)}  # reads nothing, not pixel -1
    assert walk(((1, 1, 1, 1),), 1, 0) == (set(), True)


def test_the_induction_s_step_for_all_real_numbers():
    """From (r', S', P') of the layers below and one layer (k, s, p, d) to the new three, as polynomials."""
    i, r, S, P, k, s, p, d = z3.Reals("i r S P k s p d")
    first, last = s * i - p, s * i - p + d * (k - 1)
    proved(S * first - P == (S * s) * i - (P + p * S))
    proved(S * last - P + r - 1 == (S * s) * i - (P + p * S) + (r + d * (k - 1) * S) - 1)


@pytest.mark.problem("rf-same-size-uses")
def test_layers_that_keep_the_size_are_centred_on_their_own_pixel():
    for kernels_, n in itertools.product(itertools.product((1, 3, 5), repeat=2), (1, 2, 7, 12)):
        for d in (1, 2):
            layers = tuple((k, 1, d * (k - 1) // 2, d) for k in kernels_)
            assert sizes(layers, n) == [n] * 3
            for unit in range(n):
                reads, padded = walk(layers, n, unit)
                assert padded or min(reads) + max(reads) == 2 * unit
            if d * sum(k - 1 for k in kernels_) < n:
                places = receptive_field(torch_chain(layers), n)
                assert places.unit([n // 2]).centre == (n // 2,)


@pytest.mark.problem("rf-output-size")
def test_the_resolution_is_the_number_of_places_where_a_window_fits():
    for n, k, p in itertools.product(range(1, 9), range(1, 5), range(3)):
        if k <= n + 2 * p:
            places = [start for start in range(-p, n + p) if start + k <= n + p]
            assert receptive_field(nn.Conv1d(1, 1, k, padding=p), n).output_shape == (len(places),)
            assert len(places) == n + 2 * p - k + 1


# --- prop-rf-aligned --------------------------------------------------------------------------------------------


def branches():
    """All pairs of a chain of one layer and one of one or two, with one stride in all; kernels to 3."""
    single = sorted(itertools.product((1, 2, 3), (1, 2), (0, 1, 2), (1, 2)), key=sum)
    others = [*((layer,) for layer in single), *itertools.product(single, repeat=2)]
    for one in single:
        yield from (((one,), other) for other in others if formula(other)[1] == one[1])


def middle(layers, unit):
    """Centre of what a unit reads without a border, by its paths."""
    reads = without_border(layers)
    return Q(min(reads) + max(reads), 2) + formula(layers)[1] * unit


def same_places(case):
    one, other = case
    return all(middle(one, i) == middle(other, i) == one[0][1] * i for i in (0, 1, 5))


aligned = Statement(
    "prop-rf-aligned",
    text="d6a74028",
    cases=branches,
    hypotheses={"2 p = d (k - 1)": lambda case: all(2 * p == d * (k - 1) for chain in case for k, _, p, d in chain)},
    conclusion=same_places,
    scope="all pairs of a chain of one layer and one of one or two, kernels to 3, of one stride",
)


def test_branches_are_aligned_exactly_if_r_minus_2p_agrees():
    assert aligned.verify().covered > 50
    for one, other in itertools.islice(branches(), 0, None, 3):
        (r, _, P), (q, _, T) = formula(one), formula(other)
        assert (middle(one, 2) == middle(other, 2)) == (r - 2 * P == q - 2 * T)
    shortcut = (((3, 2, 1, 1),), ((2, 2, 0, 1),))  # the page's
    assert [middle(chain, 2) for chain in shortcut] == [4, Q(9, 2)]


# --- prop-rf-effective ------------------------------------------------------------------------------------------


def effective_cases():
    """Layers, kernel, stride, dilation, and at how many places left of the unit in each layer the border begins."""
    for n, k, s, d, border in itertools.product(range(4), (2, 1, 3), (1, 2), (1, 2), (None, 1)):
        even = [Q(1, k)] * k
        for kernel in [even, [Q(3, 4), *[Q(1, 4) / (k - 1)] * (k - 1)] if k > 1 else even]:
            yield n, kernel, s, d, border


def weights_of(case):
    """With which unit 0 takes the pixels; places left of the border are padding, and their weights are lost."""
    n, kernel, s, d, border = case
    weights = {0: Q(1)}
    for _ in range(n):
        below = {}
        for place, weight in weights.items():
            for tap, w in enumerate(kernel):
                target = s * place + d * tap - (border or 0)
                if border is None or target >= 0:
                    below[target] = below.get(target, 0) + weight * w
        weights = below
    return weights


def variance(case):
    weights = weights_of(case)
    mean = sum(place * weight for place, weight in weights.items())
    return sum(weight * (place - mean) ** 2 for place, weight in weights.items())


def spreads_as_stated(case):
    n, k, weights = case[0], len(case[1]), weights_of(case)
    size = max(weights) - min(weights) + 1 if weights else 0
    return sum(weights.values()) == 1 and variance(case) == Q(n * (k**2 - 1), 12) and size == 1 + n * (k - 1)


effective = Statement(
    "prop-rf-effective",
    text="bae923b5",
    cases=effective_cases,
    hypotheses={
        "stride 1": lambda case: case[2] == 1,
        "dilation 1": lambda case: case[3] == 1,
        "equal weights": lambda case: len(set(case[1])) == 1,
        "no padding has reached it": lambda case: case[4] is None or not case[0],
    },
    conclusion=spreads_as_stated,
    scope="up to 3 layers, kernels to 3, strides and dilations to 2, with and without a border, in fractions",
)


def test_the_spread_of_equal_weights_and_what_it_needs():
    half = [Q(1, 2)] * 2
    report = effective.verify()
    assert report.without == {
        "stride 1": (2, half, 2, 1, None),
        "dilation 1": (1, half, 1, 2, None),
        "equal weights": (1, [Q(3, 4), Q(1, 4)], 1, 1, None),
        "no padding has reached it": (1, half, 1, 1, 1),
    }
    assert [variance(case) for case in report.without.values()][:3] == [Q(5, 4), 1, Q(3, 16)]
    assert sum(weights_of((1, [Q(1, 3)] * 3, 1, 1, 1)).values()) == Q(2, 3)  # the page's


def test_three_quarters_of_the_weight_lie_within_two_standard_deviations():
    """Chebyshev's inequality, for all the cases at hand."""
    for n, k in itertools.product(range(1, 9), range(2, 6)):
        weights = np.ones(1)
        for _ in range(n):
            weights = np.convolve(weights, np.ones(k) / k)
        distance = abs(np.arange(len(weights)) - n * (k - 1) / 2)
        assert weights[distance <= 2 * np.sqrt(n * (k * k - 1) / 12)].sum() >= 0.75


# --- sentences beside the statements ---------------------------------------------------------------------------


def test_with_dilation_two_layers_see_nine_pixels_and_without_it_takes_four():
    """The exercise on how many layers it takes once did not say that there is no dilation."""
    dilated = [(3, 1, 0, 1), (3, 1, 0, 3)]
    assert walk(dilated, 9, 0) == (set(range(9)), False)
    assert [len(walk([(3, 1, 0, 1)] * depth, 9, 0)[0]) for depth in (1, 2, 3, 4)] == [3, 5, 7, 9]


def test_one_layer_of_equal_weights_takes_as_much_from_the_rim_as_from_the_middle():
    """A takeaway once said that a unit takes most from the middle."""
    assert set(weights_of((1, [Q(1, 3)] * 3, 1, 1, None)).values()) == {Q(1, 3)}


def test_two_3x3_convolutions_see_five_pixels_with_stride_1_and_seven_with_stride_2():
    """A question of the quiz did not name the stride."""
    assert [formula([(3, s, 1, 1)] * 2)[0] for s in (1, 2)] == [5, 7]


def test_behind_a_global_pooling_a_unit_sees_what_the_layers_below_read_and_no_more():
    """The page once said that it sees all of the image, however small the kernels are."""
    strided = nn.Sequential(nn.Conv1d(1, 1, 1, stride=2), nn.AdaptiveAvgPool1d(1))
    assert receptive_field(strided, 6).unit([0]).pixels.tolist() == [True, False] * 3
    whole = nn.Sequential(nn.Conv1d(1, 1, 3), nn.AdaptiveAvgPool1d(1))
    assert receptive_field(whole, 6).unit([0]).pixels.all()
    assert receptive_field(whole).size == (np.inf,)  # there is no largest size without a border


def test_with_dilation_no_path_may_lead_from_the_middle():
    """The page once said of all equal layers of stride 1 that most paths lead from the middle."""

    def paths(k, d):
        return {place: w * k**3 for place, w in sorted(weights_of((3, [Q(1, k)] * k, 1, d, None)).items())}

    assert list(paths(2, 1).values()) == [1, 3, 3, 1]
    assert list(paths(3, 1).values()) == [1, 3, 6, 7, 6, 3, 1]
    assert list(paths(1, 1).values()) == [1]  # no rim
    assert paths(2, 2) == {0: 1, 2: 3, 4: 3, 6: 1}  # nothing from the middle, pixel 3


def test_on_a_small_image_no_unit_sees_as_much_as_the_network_s_size():
    """The page once gave the size of its U-Net beside an image of 12 by 12, as what its last units see."""
    layers = ((3, 1, 1, 1),) * 4
    assert formula(layers)[0] == 9
    assert max(len(walk(layers, 6, unit)[0]) for unit in range(6)) == 6
    assert max(len(walk(layers, 9, unit)[0]) for unit in range(9)) == 9


def test_an_operation_that_is_not_known_is_refused():
    """The page once said that any module can be run."""
    with pytest.raises(ValueError, match="cumsum"):
        receptive_field(lambda x: x.cumsum(-1), 5)
