"""hwlib.teach: what a verdict says, and that its counter-examples are true."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from hwlib.conv import symbol_array, symbolic_conv_matrix
from hwlib.teach import Verdict, check, compare_function, compare_matrix, compare_places, exercise
from hwlib.teach.exercises.conv_matrix import check_conv_matrix

W = symbol_array("w", (2, 2))


@given(row=st.integers(0, 3), column=st.integers(0, 8), weight=st.integers(0, 4))
def test_the_counter_example_holds_when_it_is_computed_again(row, column, weight):
    """Read W, X and the two outputs back from the message, and convolve anew."""
    right = symbolic_conv_matrix(W, (3, 3), stride=3, padding=1)
    wrong = right.copy()
    wrong[row, column] = [*W.ravel(), 0][weight]
    verdict = check_conv_matrix(wrong, (2, 2), (3, 3), stride=3, padding=1)
    if wrong == right:
        assert verdict
        return
    assert f"Row {row}, which computes y({row // 2},{row % 2}): the entry for x({column // 3},{column % 3})" in str(
        verdict
    )
    numbers = {f"w_{{{i},{j}}}": int(n) for i, j, n in re.findall(r"w\((\d),(\d)\) = (\d+)", verdict.message)}
    given_value, right_value = map(
        int, re.search(r"gives y\(.*\) = (\d+), but it should be (\d+)", str(verdict)).groups()
    )
    assert wrong[row, column].subs(numbers) == given_value != right_value == right[row, column].subs(numbers)


def test_the_first_wrong_entry_is_reported_in_reading_order():
    right = sympy.eye(3)
    wrong = sympy.Matrix(3, 3, lambda r, c: 7)
    verdict = compare_matrix(wrong, right, row_name="y({})".format, column_name="x({})".format)
    assert "Row 0, which computes y(0): the entry for x(0) is 7, expected 1" in verdict.message


def test_entries_that_are_equal_but_written_otherwise_are_right():
    x = sympy.Symbol("x")
    assert compare_matrix([[(x + 1) ** 2]], sympy.Matrix([[x**2 + 2 * x + 1]]), row_name=str, column_name=str)


@pytest.mark.parametrize("answer", [3, [[1, 2], [3]], "A", object()])
def test_what_is_no_matrix_gets_a_sentence_instead_of_a_traceback(answer):
    verdict = compare_matrix(answer, sympy.eye(2), row_name=str, column_name=str)
    assert verdict.status == "wrong"
    assert "rows of equal length" in verdict.message


def test_a_weight_that_the_matrix_does_not_need_is_still_a_known_symbol():
    w = symbol_array("w", (3,))
    assert "is w(0), expected w(1)" in str(check_conv_matrix([[w[0]]], (3,), (1,), padding=1))


def test_places_take_any_collection_in_any_order():
    z = np.array([[1, 2], [2, 0]])
    answers = [[(0, 1), (1, 0)], {(1, 0), (0, 1)}, np.array([[1, 0], [0, 1]]), [[0, 1], [1, 0], [0, 1]]]
    assert all(compare_places(answer, z, lambda z: z == 2, what="two") for answer in answers)


def test_a_function_can_not_spoil_the_case_by_writing_into_it():
    def spoils(kernel):
        kernel[:] = 0
        return kernel.sum()

    case = {"kernel": np.ones(3)}
    assert "returns 0.0, expected 3.0" in str(compare_function(spoils, np.sum, [case]))
    assert case["kernel"].sum() == 3


def test_an_exception_is_reported_with_its_arguments_and_line():
    def fails(n):
        n = n + 1
        return 1 // (n - 2)

    verdict = compare_function(fails, lambda n: -1, [{"n": 0}, {"n": 1}])
    assert "For n = 1 your function raises ZeroDivisionError in line 3 of it" in verdict.message


def test_a_wrong_shape_is_told_before_entries():
    verdict = compare_function(lambda n: np.zeros((n, 1)), lambda n: np.zeros((n, 2)), [{"n": 2}])
    assert "returns an array of shape (2, 1), expected (2, 2)" in verdict.message


def test_a_verdict_can_not_inject_html():
    assert "<script>" not in Verdict("wrong", "<script>alert(1)</script>")._repr_html_()


def test_an_unknown_exercise_offers_the_nearest_names():
    with pytest.raises(
        ValueError, match=r"no exercise 'conv-slide-2d'; accepted are names such as 'conv-matrix-slide-1d'"
    ):
        check("conv-slide-2d", 1)


def test_two_exercises_can_not_share_a_name():
    with pytest.raises(ValueError, match="registered twice"):
        exercise("conv-matrix-slide-1d")(lambda answer: Verdict("right", ""))


def test_numbers_may_differ_by_a_tolerance():
    def third(n):
        return np.array([n, n / 3])

    def close(n):
        return [n, n / 3 + 1e-7]

    cases = [{"n": 1.0}, {"n": -1e-9}]
    assert compare_function(close, third, cases, tolerance=1e-6)
    assert not compare_function(close, third, cases)
    assert not compare_function(lambda n: [n, np.nan], third, cases, tolerance=1e-6)
    verdict = compare_function(lambda n: [n, n], third, cases, tolerance=1e-3, mistakes={"Divide.": lambda n: [n, n]})
    assert "an array whose entry (1) is 1.0, expected 0.333" in verdict.message
    assert verdict.diagnosis == "Divide."
