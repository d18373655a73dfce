"""hwlib._core.exact: Fractions keep every digit, and what is no finite real number is named."""

from fractions import Fraction as Q

import numpy as np
import pytest
import sympy
import torch

from hwlib._core.exact import as_exact, as_reals, has_fractions, plain
from hwlib._core.text import affine_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, Q(3602879701896397, 36028797018963968)),
        (2**70 + 1, 2**70 + 1),
        (np.int64(3), 3),
        (np.float32(0.5), Q(1, 2)),
        (Q(1, 3), Q(1, 3)),
        (sympy.Rational(2, 3), Q(2, 3)),
        (torch.tensor(0.25, requires_grad=True), Q(1, 4)),
        (torch.tensor(0.25, dtype=torch.bfloat16), Q(1, 4)),
    ],
)
def test_every_digit_is_kept(value, expected):
    made = as_exact("x", value)
    assert made.item() == expected
    assert isinstance(made.item(), Q)


def test_the_numbers_say_what_they_become():
    assert as_reals("x", [1, Q(1, 2)]).dtype == object
    assert as_reals("x", [1, 2]).dtype == np.float64
    assert as_reals("x", [1, Q(1, 2)], exact=False).tolist() == [1, 0.5]
    assert as_reals("x", [[1, 2]], exact=True).tolist() == [[1, 2]]
    assert not has_fractions(np.array([1, 2], dtype=object))
    assert has_fractions(np.array([1, Q(2)], dtype=object))
    given = np.ones(2)
    as_reals("x", given)[0] = 5
    assert given.tolist() == [1, 1]


def test_a_single_number_is_itself():
    assert plain(np.array(3.0)) == 3
    assert plain(np.array([3.0])).shape == (1,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, Q(1, 2), np.nan], "x holds nan: accepted are finite real numbers"),
        ([Q(1, 2), "1"], "x holds '1': accepted are finite real numbers"),
        ([Q(1, 2), None], "x holds None: accepted are finite real numbers"),
        ([Q(1, 2), 1j], "x holds 1j: accepted are finite real numbers"),
        ([1, np.inf], "x has entries that are infinite or NaN"),
        (["1"], "x has the type <U1: accepted are real numbers"),
        ([[1], [1, 2]], "x is no array"),
    ],
)
def test_what_is_no_number_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        as_reals("x", values)


@pytest.mark.parametrize(
    ("coefficients", "text"),
    [
        ([1, -1, 0], "x - y"),
        ([-1, 0, Q(-1, 2)], "-x - 1/2"),
        ([0, 2.5, 1], "2.5y + 1"),
        ([0, 0, 1], "1"),
        ([0, 0, -1], "-1"),
        ([0, 0, 0], "0"),
    ],
)
def test_an_affine_map_is_written_as_by_hand(coefficients, text):
    assert affine_text(coefficients, ["x", "y", ""]) == text
