"""hwlib._core.arrays: nothing of what users pass is cut off without a word."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from hwlib._core.arrays import as_array, brief, real_array, whole_array


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_tensor_gives_its_values_whether_it_has_a_gradient_or_not(dtype):
    x = torch.tensor([1.5, -2.0], dtype=dtype, requires_grad=True)
    for made in (as_array("x", x), real_array("x", x), as_array("x", (2 * x / 2))):
        assert made.tolist() == [1.5, -2.0]


def test_fractions_and_truth_values_are_real_numbers():
    assert real_array("x", [Fraction(1, 4), True, np.float32(2)]).tolist() == [0.25, 1.0, 2.0]
    assert real_array("x", [np.inf], finite=False).tolist() == [np.inf]


@pytest.mark.parametrize("values", [[0.9], [np.nan], [np.inf], [1e30], [Fraction(1, 2)], [2**63], [1j], ["1"], [None]])
def test_what_is_no_whole_number_is_refused(values):
    with pytest.raises(ValueError, match="x has entries that are no whole numbers of 64 bits: accepted are"):
        whole_array("x", values)


@pytest.mark.parametrize("values", [[2.0, -3.0], [Fraction(4, 2), -3], [2, -3], np.array([2, -3], np.int8)])
def test_whole_numbers_of_any_type_are_taken(values):
    made = whole_array("x", values)
    assert made.tolist() == [2, -3]
    assert made.dtype == np.int64


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1j], "x has the type complex128: accepted are real"),
        (["1"], "x has the type <U1: accepted are real"),
        ([None], "x has entries that are no real numbers"),
        ([Fraction(1), "1"], "x has entries that are no real numbers"),
        ([np.nan], "x has entries that are infinite or NaN: accepted are finite"),
        ([[1], [2, 3]], "x is no array: accepted are numbers, in rows of one length"),
        (np.ma.array([1, 2], mask=[0, 1]), "x has masked entries"),
        (torch.zeros(2, device="meta"), "x is on the device meta: accepted are tensors with values"),
    ],
)
def test_what_is_no_real_number_is_refused(values, told):
    with pytest.raises(ValueError, match=told):
        real_array("x", values)


def test_a_long_array_is_told_by_its_shape():
    assert brief(None) == "None"
    assert brief([0.5, 2]) == "[0.5, 2]"
    assert brief(np.zeros(7)) == "array of shape (7,)"
