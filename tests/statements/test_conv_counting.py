"""Statements of *A layer's cost can be counted*, from their text alone: sums run one by one, kernels laid on pixels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
import sympy
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
import z3
from torch import nn

from hwlib.conv import conv_cost, measured_costs, output_shape

from .harness import Statement
from .prover import proved

# --- thm-counting: numbers that count what is multiplied ----------------------------------------------------------


class Counted:
    """A number that knows how often its kind was multiplied."""

    products = 0

    def __init__(self, value):
        self.value = value

    def __mul__(self, other):
        Counted.products += 1
        return Counted(self.value * other.value)

    def __add__(self, other):
        return Counted(self.value + other.value)

    def __sub__(self, other):
        return Counted(self.value - other.value)


@dataclass(frozen=True)
class Layer:
    """A convolution, and how it is computed."""

    group_inputs: int = 1
    group_outputs: int = 1
    groups: int = 1
    kernel: tuple[int, int] = (1, 1)
    image: tuple[int, int] = (1, 1)
    padding: int = 0
    stride: int = 1
    dilation: int = 1
    bias: bool = True
    zeros_counted: bool = True
    by_sums: bool = True

    def places(self):
        return [
            range((n + 2 * self.padding - self.dilation * (k - 1) - 1) // self.stride + 1)
            for n, k in zip(self.image, self.kernel, strict=True)
        ]

    def sizes(self):
        return (
            self.group_inputs * self.groups,
            self.group_outputs * self.groups,
            *(len(p) for p in self.places()),
        )


def multiplications(layer):
    """Run it, with numbers that count; the products are the same for all values."""
    Counted.products = 0
    if not layer.by_sums:  # two outputs of three weights by four products
        d, g = [Counted(3 * t + 1) for t in range(4)], [Counted(5 - t * t) for t in range(3)]
        half = [
            Counted((g[0].value + g[1].value + g[2].value) / 2),
            Counted((g[0].value - g[1].value + g[2].value) / 2),
        ]
        p = [(d[0] - d[2]) * g[0], (d[1] + d[2]) * half[0], (d[2] - d[1]) * half[1], (d[1] - d[3]) * g[2]]
        found = [(p[0] + p[1] + p[2]).value, (p[1] - p[2] - p[3]).value]
        assert found == [sum(g[a].value * d[r + a].value for a in range(3)) for r in range(2)]
        return Counted.products
    inputs, outputs, *_ = layer.sizes()
    image = {
        (n, i - layer.padding, j - layer.padding): None  # a zero of the padding
        for n in range(inputs)
        for i in range(layer.image[0] + 2 * layer.padding)
        for j in range(layer.image[1] + 2 * layer.padding)
    }
    image.update({(n, i, j): Counted(1) for n in range(inputs) for i, j in itertools.product(*map(range, layer.image))})
    zero = Counted(0)
    for out, r, c in itertools.product(range(outputs), *layer.places()):
        total, group = zero, out // layer.group_outputs
        for n, a, b in itertools.product(range(layer.group_inputs), *map(range, layer.kernel)):
            i, j = (layer.stride * q + layer.dilation * t - layer.padding for q, t in ((r, a), (c, b)))
            pixel = image[group * layer.group_inputs + n, i, j]
            if pixel is not None or layer.zeros_counted:
                total += Counted(2) * (pixel or zero)
    return Counted.products


def parameters(layer):
    """Numbers that a real layer holds."""
    inputs, outputs, *_ = layer.sizes()
    made = nn.Conv2d(inputs, outputs, layer.kernel, groups=layer.groups, bias=layer.bias, device="meta")
    return sum(parameter.numel() for parameter in made.parameters())


def costs_as_said(layer):
    i, o, m, mm = layer.sizes()
    weights, rest = divmod(o * i * layer.kernel[0] * layer.kernel[1], layer.groups)
    return rest == 0 and parameters(layer) == weights + o and multiplications(layer) == m * mm * weights


def layers():
    """All to two channels a group on either side, two groups, kernels to 2 x 3 and 3 x 3 pixels; then variations."""
    yield Layer(bias=False)
    yield Layer(padding=1, zeros_counted=False)
    yield Layer(kernel=(1, 3), image=(1, 4), by_sums=False)
    sizes = itertools.product((1, 2), (1, 2), (1, 2), (1, 2), (1, 2, 3), (1, 2, 3), (1, 2, 3), (0, 1))
    for i, o, g, k, kk, n, nn_, p in sizes:
        if k <= n + 2 * p and kk <= nn_ + 2 * p:
            yield Layer(i, o, g, (k, kk), (n, nn_), p)
    for k, s, d, p in itertools.product((1, 2, 3), (1, 2, 3), (1, 2), (0, 1)):
        yield Layer(2, 1, 2, (k, 2), (5, 4), p, s, d)


cost = Statement(
    "thm-counting",
    text="5c89106b",
    cases=layers,
    hypotheses={
        "bias": lambda layer: layer.bias,
        "by sums": lambda layer: layer.by_sums,
        "zeros counted": lambda layer: layer.zeros_counted or layer.padding == 0,
    },
    conclusion=costs_as_said,
    scope="layers to two channels a group, two groups, kernels to 2 by 3, images to 3 by 3, padding to 1; "
    "and kernels to 3 by 2 on 5 by 4 pixels, strides to 3, dilations to 2",
)


@pytest.mark.problem("conv-counting")
def test_the_cost_is_what_is_counted_while_the_sums_run():
    assert cost.verify().without == {
        "bias": Layer(bias=False),
        "by sums": Layer(kernel=(1, 3), image=(1, 4), by_sums=False),
        "zeros counted": Layer(padding=1, zeros_counted=False),
    }


def test_the_page_s_counter_examples():
    assert parameters(Layer(group_outputs=2, kernel=(2, 2), image=(3, 3), bias=False)) == 8
    assert multiplications(Layer(kernel=(1, 3), image=(1, 4), by_sums=False)) == 4
    assert multiplications(Layer(kernel=(1, 3), image=(1, 4))) == 6
    padded = Layer(kernel=(3, 3), image=(8, 8), padding=1)
    assert multiplications(padded) == 576
    assert multiplications(Layer(kernel=(3, 3), image=(8, 8), padding=1, zeros_counted=False)) == 484


@pytest.mark.problem("conv-counting")
def test_the_library_counts_the_same():
    for layer in layers():
        if layer.by_sums and layer.zeros_counted:
            i, o, m, mm = layer.sizes()
            found = conv_cost(
                (o, i // layer.groups, *layer.kernel),
                (i, *layer.image),
                padding=layer.padding,
                stride=layer.stride,
                dilation=layer.dilation,
                groups=layer.groups,
                bias=layer.bias,
            )
            assert found.output_shape == (o, m, mm)
            assert (found.parameters, found.multiplications) == (parameters(layer), multiplications(layer))


def test_four_products_are_enough_for_all_numbers():
    d, g = sympy.symbols("d:4"), sympy.symbols("g:3")
    p = [
        (d[0] - d[2]) * g[0],
        (d[1] + d[2]) * (g[0] + g[1] + g[2]) / 2,
        (d[2] - d[1]) * (g[0] - g[1] + g[2]) / 2,
        (d[1] - d[3]) * g[2],
    ]
    for found, r in ((p[0] + p[1] + p[2], 0), (p[1] - p[2] - p[3], 1)):
        assert sympy.expand(found - sum(g[a] * d[r + a] for a in range(3))) == 0


def test_twice_the_sides_are_not_just_four_times_the_multiplications():
    small, large = (multiplications(Layer(kernel=(2, 2), image=(n, n))) for n in (3, 6))
    assert (small, large) == (16, 100)  # what the quiz said would be fourfold
    tight = [multiplications(Layer(kernel=(5, 5), image=(n, n))) for n in (5, 10)]
    assert tight == [25, 36 * 25]  # and then about fourfold, whatever the image
    layers_ = [Layer(group_outputs=2, kernel=(2, 2), image=(n, n)) for n in (3, 30)]
    assert multiplications(layers_[1]) == 210.25 * multiplications(layers_[0])  # "210 times"


def test_a_perceptron_on_another_shape_meets_the_same_place_with_a_few_weights():
    """The page once said that each of its weights meets another place."""
    grid = torch.arange(1024)
    rows, columns = grid // 32, grid % 32
    assert ((rows == grid // 64) & (columns == grid % 64)).sum() == 32


@pytest.mark.parametrize(("n", "k", "s", "d"), [(5, 2, 1, 1), (6, 3, 2, 1), (7, 2, 3, 2), (1, 1, 2, 1)])
def test_without_padding_each_gradient_takes_as_many_products_as_the_layer(n, k, s, d):
    outputs = left_by(Step(k, s, d), n)
    for_weights = [(r, s * r + d * a) for a in range(k) for r in range(outputs)]  # dz(r) x(...) for dw(a)
    for_pixels = [(r, a) for i in range(n) for r in range(outputs) for a in range(k) if s * r + d * a == i]
    assert len(for_weights) == len(for_pixels) == outputs * k


def test_what_is_left_over_may_be_padding():
    """n = 1, k = 1, s = 4, p = 1: e is 2, and there is one pixel."""
    assert (1 + 2 - 1) % 4 == 2
    assert left_by(Step(1, s=4, p=1), 1) == 1


# --- prop-counting-smallest ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One convolution along an axis."""

    k: int
    s: int = 1
    d: int = 1
    p: int = 0


def left_by(step, n):
    """Outputs of n pixels: places at which all taps lie within the pixels and their padding."""
    return sum(all(r * step.s + a * step.d < n + 2 * step.p for a in range(step.k)) for r in range(n + 2 * step.p))


def taken(steps, n):
    for step in steps:
        n = left_by(step, n)
        if n < 1:
            return False
    return True


def chains():
    """All of up to two convolutions with kernels to 3, strides, dilations to 2, padding to 1; three plain ones."""
    steps = [Step(*numbers) for numbers in itertools.product((1, 2, 3), (1, 2), (1, 2), (0, 1))]
    chosen = [(), *itertools.product(steps), *itertools.product(steps, repeat=2)]
    chosen += itertools.product([Step(k) for k in (1, 2, 3)], repeat=3)
    cases = ((chain, n) for chain in chosen for n in range(1, 9))
    return sorted(cases, key=lambda case: (sum(t.k + t.s + t.d + t.p for t in case[0]) + case[1], case[1]))


smallest = Statement(
    "prop-counting-smallest",
    text="723d326b",
    cases=chains,
    hypotheses={
        "stride one": lambda case: all(step.s == 1 for step in case[0]),
        "dilation one": lambda case: all(step.d == 1 for step in case[0]),
        "no padding": lambda case: all(step.p == 0 for step in case[0]),
    },
    conclusion=lambda case: taken(*case) == (case[1] >= 1 + sum(step.k - 1 for step in case[0])),
    scope="up to two convolutions with kernels to 3, strides and dilations to 2, padding to 1, and three plain ones",
)


@pytest.mark.problem("conv-variable-size")
def test_the_smallest_input_of_convolutions():
    assert smallest.verify().without == {
        "stride one": ((Step(1, s=2), Step(2)), 2),
        "dilation one": ((Step(2, d=2),), 2),
        "no padding": ((Step(2, p=1),), 1),
    }


@pytest.mark.problem("conv-variable-size")
def test_the_framework_and_the_library_take_the_same():
    for k, n in itertools.product(range(1, 6), range(1, 12)):
        images = (torch.zeros(1, 1, n), torch.zeros(1, 1, k))
        shapes = ((k,), (n,))
        if taken([Step(k)], n):
            assert F.conv1d(*images).numel() == left_by(Step(k), n) == output_shape(*shapes)[0]
        else:
            with pytest.raises(RuntimeError):
                F.conv1d(*images)
            with pytest.raises(ValueError, match="does not fit"):
                output_shape(*shapes)


@pytest.mark.problem("conv-variable-size")
def test_the_smallest_input_for_all_whole_numbers():
    n, kernels = z3.Int("n"), z3.Ints("k1 k2 k3 k4")
    for length in range(5):
        left, fits = n, []
        for k in kernels[:length]:
            fits.append(k <= left)
            left = left - k + 1
        bound = n >= 1 + z3.Sum([k - 1 for k in kernels[:length]])
        proved(z3.And(fits) == bound, given=[n >= 1, *(k >= 1 for k in kernels)])


# --- sizes, and the problems' networks ---------------------------------------------------------------------------


@pytest.mark.problem("conv-output-resolution")
def test_the_size_formula_is_what_the_framework_makes():
    for n, k, s, p in itertools.product(range(1, 8), range(1, 5), range(1, 4), range(3)):
        if k <= n + 2 * p:
            ones = torch.ones(1, 1, k)
            z = F.conv1d(torch.ones(1, 1, n), ones, stride=s, padding=p)
            m, e = z.numel(), (n + 2 * p - k) % s
            assert (m,) == output_shape((k,), (n,), stride=s, padding=p)
            assert (m, n) == ((n + 2 * p - k) // s + 1, s * (m - 1) + k - 2 * p + e)
            assert F.conv_transpose1d(z, ones, stride=s, padding=p, output_padding=e).numel() == n


@pytest.mark.problem("conv-output-resolution")
def test_the_resolution_of_the_problem_by_laying_kernels():
    n = 32
    for step in (Step(3), Step(3), Step(2, s=2), Step(3)):
        expected = left_by(step, n)
        assert output_shape((step.k,), (n,), stride=step.s) == (expected,)
        n = expected
    assert n == 12


@pytest.mark.problem("conv-variable-size")
def test_a_perceptron_takes_one_number_of_entries_but_other_shapes():
    mlp = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, 2))
    for h, w in itertools.product(range(1, 20), repeat=2):
        try:
            taken_ = mlp(torch.zeros(1, 3, h, w)).shape == (1, 2)
        except RuntimeError:
            taken_ = False
        assert taken_ == (h * w == 16)


@pytest.mark.problem("conv-counting")
def test_measured_costs_keep_the_same_books():
    (booked,) = measured_costs(nn.Conv2d(4, 6, (2, 3), groups=2), (4, 3, 5))
    layer = Layer(2, 3, 2, (2, 3), (3, 5))
    assert (booked.parameters, booked.multiplications) == (parameters(layer), multiplications(layer))


def test_of_the_explorer_s_sliders_two_leave_the_outputs_and_one_the_parameters():
    """Above the explorer it once asked which slider changes the parameters but not the outputs: two do."""

    def cost(k, s, g):  # padded by half the kernel, as the explorer does
        found = conv_cost((32, 16 // g, k, k), (16, 32, 32), stride=s, padding=k // 2, groups=g)
        return found.output_shape, found.parameters

    start = cost(3, 1, 1)
    for changed, same in ((cost(5, 1, 1), 0), (cost(3, 1, 2), 0), (cost(3, 2, 1), 1)):
        assert changed[same] == start[same]
        assert changed[1 - same] != start[1 - same]
