"""hwlib._core.arrays: nothing of what users pass is cut off without a word."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch

from hwlib._core.arrays import as_array, as_numbers, brief, real_array, whole_array


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_tensor_gives_its_values_whether_it_has_a_gradient_or_not(dtype):
    x = torch.tensor([1.5, -2.0], dtype=dtype, requires_grad=True)
    for made in (as_array("x", x), real_array("x", x), as_array("x", (2 * x / 2))):
        assert made.tolist() == [1.5, -2.0]


def test_fractions_and_truth_values_are_real_numbers():
    assert real_array("x", [Fraction(1, 4), True, np.float32(2)]).tolist() == [0.25, 1.0, 2.0]
    with pytest.raises(ValueError, match="x has entries beyond the largest float"):
        real_array("x", [10**400])
    assert real_array("x", [np.inf], finite=False).tolist() == [np.inf]


@pytest.mark.parametrize(
    "values", [[0.9], [np.nan], [np.inf], [1e30], [Fraction(1, 2)], [2**63], [2.0**63], [1j], ["1"], [None]]
)
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


NUMBERS = [[0.5, -1.25], [3.0, 4.0]]

FORMS = [
    NUMBERS,
    np.array(NUMBERS),
    np.asfortranarray(NUMBERS),
    np.array(NUMBERS, ">f8"),
    np.array(NUMBERS, np.float16),
    np.ma.array(NUMBERS),
    torch.tensor(NUMBERS),
    torch.tensor(NUMBERS, requires_grad=True),
    torch.tensor(NUMBERS, dtype=torch.bfloat16, requires_grad=True),
    torch.tensor(NUMBERS, dtype=torch.float16),
    torch.tensor(NUMBERS, dtype=torch.complex64).conj(),
    torch.nn.Parameter(torch.tensor(NUMBERS)),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_numbers(form):
    array = as_numbers("kernel", form, finite=True)
    assert type(array) is np.ndarray
    assert array.tolist() == NUMBERS
    assert array.dtype.isnative
    assert array.dtype != np.float16


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float32, np.float64, np.complex64, np.longdouble])
def test_the_type_of_the_numbers_is_kept(dtype):
    assert as_numbers("kernel", np.ones(2, dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int32, ">i2", np.uint64, np.int64])
def test_wide_whole_numbers_do_not_overflow(dtype):
    assert as_numbers("image", np.ones(2, dtype), wide=True).dtype == np.int64
    with pytest.raises(ValueError, match="image has entries that are no whole numbers of 64 bits"):
        as_numbers("image", np.array([2**63], np.uint64), wide=True)


def test_exact_numbers_stay_exact_where_they_are_taken():
    numbers = [Fraction(1, 3), sympy.Symbol("x") + 1, 2**70, 0.5]
    assert as_numbers("image", numbers, exact=True).tolist() == numbers
    with pytest.raises(ValueError, match="image has the type object: accepted are booleans, whole"):
        as_numbers("image", numbers)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([torch.ones(2, requires_grad=True)] * 2, "image is no array: accepted are"),
        (torch.ones(2).to_sparse(), "image is no array: accepted are"),
        ("12", "image has the type <U2: accepted are booleans, .* SymPy expressions"),
        ([None], "image holds None: accepted are numbers and SymPy expressions"),
        ([Fraction(1, 2), "x"], "image holds 'x': accepted are"),
        (object(), "image holds <object"),
        (np.array(["2000-01-01"], "M8[D]"), r"image has the type datetime64\[D\]: accepted are"),
        (torch.nn.Parameter(torch.ones(2, device="meta")), "image is on the device meta"),
    ],
)
def test_what_holds_no_numbers_is_refused_by_name(values, told):
    with pytest.raises(ValueError, match=told):
        as_numbers("image", values, exact=True)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), complex(0, float("-inf"))])
def test_only_finite_numbers_where_others_make_no_sense(bad):
    with pytest.raises(ValueError, match="kernel has entries that are infinite or NaN: accepted are finite"):
        as_numbers("kernel", [1, bad], finite=True)
    assert as_numbers("kernel", [1, bad]).shape == (2,)


def test_torch_is_not_imported_for_it():
    statement = "import sys, hwlib._core.arrays as a; a.as_numbers('x', [1]); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", statement], check=False).returncode == 0
