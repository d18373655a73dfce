"""Right answers in forms that few would write are accepted, and nothing that a student passes raises an error."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest
import sympy
import torch
from scipy import sparse
from scipy.optimize import brentq

from hwlib.activations import SWISH_CONSTANT
from hwlib.conv import conv_matrix, symbol_array
from hwlib.mixture import SigmoidNetwork, as_mixture
from hwlib.teach import check, exercise_names
from hwlib.teach._compare import as_meant, rounding


def parity(n):
    kinks = [1, *(2 * (-1) ** k for k in range(1, n))]
    return [(np.ones((n, n), int), -np.arange(n)), ([kinks], [0])]


def digits(n):
    places = [2**k for k in range(n)][::-1]
    return [*places, *(-place for place in places)]


def whole_matrix(kernel, input_shape, stride, padding):
    return conv_matrix(kernel, input_shape, stride=stride, padding=padding).toarray()


def tenths(n):
    (weight, bias), (outer, last) = parity(n)
    return [(0.1 * weight, 0.1 * bias), ([[10 * v for v in outer[0]]], last)]


def least_shift(radius, tolerance):
    if tolerance >= SWISH_CONSTANT:
        return radius + 2
    return radius + brentq(lambda t: t / (1 + np.exp(t)) - tolerance, 1 + SWISH_CONSTANT, 60, xtol=1e-15)


def turned(hidden, output):
    return as_mixture(SigmoidNetwork(hidden[:, None], output, (1 - output.sum()) / 2))


BITS = ([(1, 1, 0, 0), (0, 0, 1, 1)], [(1, 0, 1, 0), (0, 1, 0, 1)])
AND_ON_THE_PLANE = [([[0.1, 0], [0.3, -0.3]], [0, 0]), ([[3, -1]], [0])]

W = symbol_array("w", (3,))
SLIDE = [[W[1], W[2], 0, 0, 0], [0, W[0], W[1], W[2], 0], [0, 0, 0, W[0], W[1]]]

RIGHT = {
    "a letter in lower case, and tables as text": ("logic-neuron-error", ("c", "0010", "0100")),
    "a bias that is no whole number": ("logic-learning-error", ("C", (0, 0, -0.5), (0, 0), (1, 1))),
    "tenths in two units that bend at one place": (
        "pwl-pieces-convex",
        [([[3], [1]], [0.3, 0.1]), ([[0.3, -0.1]], [0])],
    ),
    "a switch at zero, in tenths": (
        "pwl-pieces-error",
        ("c ", [([[0.1], [-0.3]], [0, 0]), ([[0.3, -0.1]], [0])]),
    ),
    "whole slopes as floats": ("pwl-kinks-save", [1.0, 0.0, 2.0, 5.0]),
    "rows one after the other": ("conv-matrix-slide-1d", map(tuple, SLIDE)),
    "rows that are matrices": ("conv-matrix-slide-1d", [sympy.Matrix([row]) for row in SLIDE]),
    "entries that are not simplified": (
        "conv-matrix-slide-1d",
        [[(x**2 - 1) / (x - 1) - 1 if x != 0 else 0 for x in row] for row in SLIDE],
    ),
    "weights that are no floats": ("logic-neuron-council", ((Q(2, 10), *[Q(1, 10)] * 4), Q(-4, 10))),
    "weights as decimals": ("logic-neuron-council", ((0.2, 0.1, 0.1, 0.1, 0.1), -0.4)),
    "weights of 32 bits": ("logic-neuron-council", (torch.tensor([0.2, 0.1, 0.1, 0.1, 0.1]), torch.tensor(-0.4))),
    "a bias in brackets": ("logic-neuron-implies", ([-1, 1], [0])),
    "bits that are true or false": ("logic-neuron-certificate", np.array(BITS, bool).tolist()),
    "bits that are floats": ("logic-neuron-certificate", np.array(BITS, float)),
    "layers of tenths": ("logic-networks-parity", tenths),
    "regions of tenths": ("logic-networks-and-plane", AND_ON_THE_PLANE),
    "layers one after the other": ("logic-networks-parity", lambda n: iter(parity(n))),
    "no hidden neuron where none is needed": (
        "logic-networks-parity",
        lambda n: parity(n) if n > 1 else [([[1]], [0])],
    ),
    "tenths of digits": ("logic-networks-greater", lambda n: ([Q(d, 10) for d in digits(n)], Q(-1, 10))),
    "a slope of minus 3e-12": ("act-swish-error", ("C", 1, -30)),
    "a slope too small for a float": ("act-swish-error", ("c", 100, -1e5)),
    "a product beyond the largest float": ("act-swish-error", ("C", 1e300, -1e300)),
    "the least shift there is, solved for": ("act-swish-identity", least_shift),
    "a mixture as the library has it": ("mixture-network-turn", turned),
    "weights whose product is no float": ("mixture-network-bend", ([0.5, 0.5], [4e-200, -1e-200])),
    "weights hundreds of digits apart": ("mixture-network-bend", ([0.5, 0.5], [1e300, -5e-324])),
    "a product of transforms": ("conv-shifts-product", lambda v, w: np.fft.ifft(np.fft.fft(v) * np.fft.fft(w)).real),
    "a bias in a list": ("saliency-maps-error", ([1, 1], [-1], [1, 1])),
    "an order to run through once": ("saliency-maps-order", lambda g, x, fill: iter(np.argsort(g * (fill - x)))),
    "an answer that works in place": (
        "saliency-maps-order",
        lambda g, x, fill: np.argsort(np.negative(g, out=g) * (x - fill)),
    ),
    "a sparse matrix": ("conv-shifts-error", sparse.diags_array([1.0, 0, 1, 0])),
    "weights of many digits": ("conv-shifts-notch", [0.123456789, 0, 0.5, 0, 0.376543211]),
    "pixels of 32 bits": ("conv-shifts-notch", np.array([0.1, 0, 0.5, 0, 0.4], np.float32)),
    "half a thousandth": ("conv-matrix-slopes", [[0.0005, -0.001, 0.0005], [0, 0, 0], [0, 0, 0]]),
    "least squares": (
        "conv-checkerboard-factor",
        lambda w, s: np.linalg.lstsq(np.array([np.convolve(e, np.ones(s)) for e in np.eye(len(w) - s + 1)]).T, w)[0],
    ),
    "a triangle of decimals": ("conv-checkerboard-blur", lambda s: [(s - abs(i - s + 1)) / s**2 for i in range(2 * s)]),
    "an array squared": ("conv-transpose-gram", lambda w: (w**2).sum()),
    "a norm squared": ("conv-transpose-gram", lambda w: np.linalg.norm(w) ** 2),
    "a number beyond 64 bits": ("conv-counting-stride", (10**30, 1, 7)),
    "decimals of digits": ("logic-networks-greater", lambda n: ([0.1 * d for d in digits(n)], -0.1)),
}


@pytest.mark.parametrize("form", sorted(RIGHT))
def test_a_right_answer_in_an_unusual_form_is_accepted(form):
    name, answer = RIGHT[form]
    verdict = check(name, answer)
    assert verdict, verdict


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        *(
            ("logic-networks-parity", lambda n, given=given: given, "For n = 1: Give a list of layers")
            for given in (5, "ab", [("a", "b")], [([[1j]], [0])])
        ),
        ("logic-networks-parity", lambda n: [], "For n = 1: There are no layers"),
        ("logic-networks-greater", lambda n: (np.reshape(digits(n), (-1, 1)), -1), "takes 2 weights, and a bias"),
        ("logic-networks-greater", lambda n: (digits(n), [-1, 0]), "takes 2 weights, and a bias"),
        ("logic-networks-and-plane", [(np.zeros((0, 2)), []), (np.zeros((1, 0)), [0])], "Layer 1 has no neurons"),
        ("logic-neuron-implies", (-1, 1, 0), "Give weights and bias"),
        ("conv-gradients-kernel", lambda x, dz: np.atleast_1d(x.sum() * dz.sum()), "array of shape (1,)"),
        (
            "logic-networks-parity",  # the first layer is dead, the second is not
            lambda n: [([[-1] * n], [-1]), ([[1], [1]], [2, 0]), ([[0, 1]], [0])],
            "the output is 0, expected 1. Hidden values there: (0), then (2, 0).\nThe output is constant",
        ),
        ("conv-matrix-build", lambda *case: whole_matrix(*case).astype(int), "is 0, expected 0.5"),
        ("conv-gradients-input", lambda w, dz, *_: (w[0, 0] * dz).astype(int), "expected"),
        ("logic-neuron-negate", lambda w, b: 5, "your function returns 5: give w and b"),
        ("logic-neuron-negate", lambda w, b: (-w[:1], -b - 1), "the weights are 1: accepted are 2"),
        ("act-swish-error", ("C", 1e200, 1e200), "Swish grows; the slope is 1."),
        ("mixture-network-bend", ([0.3, 0.7], [7, -3]), "its share is too small"),  # equal, and in floats larger
        ("mixture-network-xor", ([0.75, 0.25], [[-0.3, 10], [0.3, -10], [-0.3, 10]]), "accepted is (2, 3)"),
        ("mixture-network-xor", ([0.75, 0.25], [[1e308] * 3] * 2), "take smaller ones"),
        ("mixture-network-slopes", lambda shares, weights, X, y: 0 * weights, "expected 1.0."),
        ("act-softmax-convex", lambda x, v: x[0] * 0, "expected 0.25."),
        ("conv-counting-cheaper", [(64, 10**9, 1, 1), (10**9, 64, 3, 1)], "1000000000 output channels"),
        ("conv-shifts-notch", [0.5, 0, 0.5, 1e-20 + 1e-9], "becomes (0, 1.00000e-9, 0, -1.00000e-9"),
        ("conv-matrix-output-size", lambda n, k, s, p, d: "1", "returns the text '1', expected 1"),
    ],
)
def test_what_is_no_answer_is_told_so(name, answer, told):
    verdict = check(name, answer)
    assert verdict.status == "wrong"
    assert told in repr(verdict)


def test_a_further_weight_is_not_told_to_be_one_four_pixels_apart():
    verdict = check("conv-shifts-notch", [0.25, 0, 0.5, 0, 0.25, 0.1])
    assert verdict.status == "wrong"
    assert not verdict.diagnosis


@pytest.mark.parametrize("base", [4, 10**7])
def test_a_constant_base_is_told_to_be_one(base):
    verdict = check("train-augmentation-direction", lambda d, m: [base**k for k in range(d)])
    assert verdict.status == "wrong"
    assert "A base that stays the same" in verdict.diagnosis


def test_one_step_is_not_told_to_be_two():
    verdict = check("mixture-network-xor", ([0.4, 0.6], [[10, 10, 10], [-10, 1, 1]]))  # the second is zero everywhere
    assert verdict.status == "wrong"
    assert not verdict.diagnosis


class Odd:
    """Something that cannot even be compared."""

    def __eq__(self, other):
        raise RuntimeError

    __hash__ = None


ODD = [
    0,
    -1,
    True,
    3.5,
    1j,
    float("nan"),
    float("inf"),
    "",
    "12",
    b"ab",
    [],
    (),
    {},
    {1: 2},
    set(),
    [[]],
    [1],
    [[1, 2], [3]],
    [[1, 2], [3, 4]],
    [("a", "b")],
    [None],
    [[None, 1]],
    np.zeros((0, 3)),
    np.zeros((2, 2, 2)),
    np.array(3.0),
    np.array(["a"]),
    np.array([None]),
    torch.tensor(1.0),
    torch.zeros(2, device="meta"),
    torch.ones(2, requires_grad=True),
    sparse.eye_array(3),
    sympy.eye(2),
    sympy.Symbol("x"),
    sympy.Rational(1, 2),
    Q(1, 2),
    range(3),
    Odd(),
    [Odd()],
    len,
    np.ma.masked_array([1, 2], [True, False]),
    np.datetime64("2020-01-01"),
    10**40,
    ((10**400, 1), 0),
    ((1e308, 1e308), 1e308),
    [([[1e308, 1e308]], [0]), ([[1e308]], [0])],
    [([[1, 1]], [0])],
    [sympy.eye(2), sympy.eye(3)],
    slice(1),
    ...,
]


@pytest.mark.parametrize("name", exercise_names())
def test_nothing_that_a_student_passes_raises_an_error(name):
    for odd in ODD:
        for answer in (odd, lambda *case, odd=odd: odd, lambda odd=odd: odd):
            assert check(name, answer)._repr_html_()


def test_only_floats_are_rounded_and_narrow_ones_more():
    assert rounding([1, Q(1, 3)]) == rounding(np.array([1])) == 0
    assert rounding(np.float32([0.1])) > rounding([0.1, 1]) == rounding(np.array([Q(1), 0.5], object)) > 0


def test_numbers_are_meant_as_they_are_typed():
    assert as_meant("x", [[0.7, 1 / 3], [3 * 0.1, 2]]).tolist() == [[Q(7, 10), Q(1, 3)], [Q(3, 10), 2]]
    assert as_meant("x", Q(1, 10**30)) == Q(1, 10**30)
    for number in (2**0.5, 1e-9, 0.1 + 1e-12, 1 / 1001):
        assert as_meant("x", number) == Q(number)
