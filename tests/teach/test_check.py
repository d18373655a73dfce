"""hwlib.teach: what a verdict says, and that its counter-examples are true."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.conv import symbol_array, symbolic_conv_matrix
from hwlib.teach import (
    Verdict,
    check,
    compare_function,
    compare_matrix,
    compare_places,
    exercise,
    exercise_names,
    exercises,
)
from hwlib.teach._check import _registry
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


def test_an_answer_that_changes_its_arguments_is_judged_by_what_it_returns():
    def sorting(numbers, table):
        numbers.sort()
        table["row"].append(0)
        return numbers[0] + len(table["row"]) - 1

    case = {"numbers": [2, 1], "table": {"row": [5]}}
    assert compare_function(sorting, lambda numbers, table: min(numbers) + len(table["row"]), [case, case])
    assert case == {"numbers": [2, 1], "table": {"row": [5]}}

    def shape(slopes):
        steps = [b - a for a, b in itertools.pairwise(slopes)]
        slopes.clear()
        if not any(steps):
            return "affine"
        return "convex" if min(steps) >= 0 else "concave" if max(steps) <= 0 else "neither"

    assert check("pwl-pieces-shape", shape)


def test_a_reference_that_changes_its_arguments_does_not_spoil_them_for_the_answer():
    assert compare_function(
        lambda numbers: sum(numbers), lambda numbers: numbers.pop() + sum(numbers), [{"numbers": [1, 2]}]
    )


def test_an_answer_that_ends_the_program_gets_a_verdict():
    def leaves(n):
        sys.exit("done")

    for verdict in (compare_function(leaves, abs, [{"n": 1}]), check("logic-networks-parity", leaves)):
        assert "For n = 1 your function raises SystemExit in line 2 of it: done" in str(verdict)


def test_tensors_are_compared_by_their_values_whether_or_not_they_remember_gradients():
    def thirds(x):
        return torch.tensor([x, x / 3], dtype=torch.float64, requires_grad=True)

    assert compare_function(thirds, lambda x: np.array([x, x / 3]), [{"x": 1.0}])
    assert compare_function(lambda x: thirds(x).sum(), lambda x: x + x / 3, [{"x": 1.0}], tolerance=1e-9)
    assert "entry (1) is 0.333" in str(compare_function(thirds, lambda x: np.array([x, x]), [{"x": 1.0}]))
    wrong = compare_function(lambda x: thirds(x)[0], lambda x: 2 * x, [{"x": 1.0}])
    assert "returns 1.0, expected 2.0" in str(wrong)
    empty = compare_function(lambda x: torch.zeros(2, device="meta"), lambda x: np.zeros(2), [{"x": 1.0}])
    assert empty.status == "wrong"


class Everything:
    """Equal to whatever it is compared with."""

    __hash__ = None

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array")


@pytest.mark.parametrize("value", [Everything(), [Everything()], "1", b"1", {1}, {1: 1}, int, [[1], [1, 2]], object()])
def test_what_is_no_number_is_wrong_whatever_it_says_of_itself(value):
    assert compare_function(lambda n: value, lambda n: 1, [{"n": 0}]).status == "wrong"
    assert compare_function(lambda n: value, lambda n: np.array([1]), [{"n": 0}]).status == "wrong"


def test_what_is_read_before_it_is_compared_is_shown_as_it_came():
    def read(pair):
        return np.append(*pair)

    cases = [{"n": n} for n in range(3)]
    assert compare_function(lambda n: [np.array([n]), n], lambda n: ([n], n), cases, read=read)
    wrong = compare_function(
        lambda n: ([n], 0), lambda n: ([n], n), cases, read=read, mistakes={"Count.": lambda n: ([n], 0)}
    )
    assert "For n = 1 your function returns ([1], 0), expected ([1], 1)" in wrong.message
    assert wrong.diagnosis == "Count."
    assert "returns 7, expected ([0], 0)" in str(compare_function(lambda n: 7, lambda n: ([n], n), cases, read=read))


@pytest.mark.parametrize(
    "answer", [[(0.9, 1.2), (0.1, 2.7)], [(0.0, 1.0), (0.0, 2.0)], ["01", "02"], [("0", "1"), ("0", "2")],
               np.array([[0.0, 1.0], [0.0, 2.0]]), [(0, True), (0, 2)], "0102", [0, 1]],
)  # fmt: skip
def test_places_are_whole_numbers_neither_rounded_nor_read(answer):
    verdict = check("conv-matrix-edge-places", answer)
    assert verdict.status == "wrong"
    assert "Give a list of index tuples" in verdict.message
    assert check("conv-matrix-edge-places", np.array([[0, 1], [0, 2]]))


EVIL = "__import__('os').environ.update(HWLIB_WAS_HERE='1')"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("conv-matrix-slide-1d", [[EVIL] * 5] * 3),
        ("conv-matrix-slide-1d", [[1, 2, 3, 4, EVIL]] * 3),
        ("conv-matrix-slide-1d", np.array([[EVIL] * 5] * 3)),
        ("conv-matrix-slide-1d", np.array([[EVIL] * 5] * 3, dtype=object)),
        ("conv-matrix-slide-1d", [[[EVIL]] * 5] * 3),
        ("conv-matrix-slide-1d", EVIL),
        ("conv-matrix-slide-1d", [EVIL]),
        ("conv-matrix-slide-1d", {EVIL: EVIL}),
        ("conv-transpose-1d", (lambda: EVIL, [EVIL])),
        ("conv-matrix-edge-places", [(EVIL, EVIL)]),
        ("logic-neuron-implies", ((EVIL, EVIL), EVIL)),
        ("logic-neuron-implies", (("-2", "1"), "1")),
        ("logic-neuron-certificate", ([EVIL], [EVIL])),
        ("logic-neuron-certificate", (["1100", "0011"], ["0110", "1001"])),
        ("logic-networks-and-plane", [([[EVIL, EVIL]], [EVIL])]),
        ("logic-networks-and-plane", [([["1", "-1"], ["-1", "1"]], ["0", "0"]), ([["-1", "-1"]], ["1"])]),
    ],
)
def test_texts_in_an_answer_are_neither_evaluated_nor_read_as_numbers(name, answer, monkeypatch):
    monkeypatch.delenv("HWLIB_WAS_HERE", raising=False)
    assert check(name, answer).status == "wrong"
    assert "HWLIB_WAS_HERE" not in os.environ


def test_a_text_among_the_entries_is_named():
    assert "The entry 'w' is a text: give numbers and symbols." in str(check("conv-matrix-slide-1d", [["w"] * 5] * 3))


def test_a_wrong_shape_is_told_before_entries():
    verdict = compare_function(lambda n: np.zeros((n, 1)), lambda n: np.zeros((n, 2)), [{"n": 2}])
    assert "returns an array of shape (2, 1), expected (2, 2)" in verdict.message


def test_a_verdict_can_not_inject_html():
    assert "<script>" not in Verdict("wrong", "<script>alert(1)</script>")._repr_html_()


def test_an_unknown_exercise_offers_the_nearest_names():
    for name in ("conv-slide-2d", "conv-matrix-slide-2d"):
        with pytest.raises(
            ValueError, match=rf"no exercise '{name}'; accepted are names such as 'conv-matrix-slide-1d'"
        ):
            check(name, 1)
    with pytest.raises(ValueError, match="there is no exercise 3; accepted are names"):
        check(3, 1)


def test_names_begin_with_the_chapter_so_that_only_its_module_is_imported():
    for stem in Path(exercises.__file__).parent.glob("[!_]*.py"):
        importlib.import_module(f"hwlib.teach.exercises.{stem.stem}")
    stems = {name: checker.__module__.rpartition(".")[2] for name, checker in _registry.items()}
    assert set(exercise_names()) <= set(stems)
    for name in exercise_names():
        assert name.startswith(stems[name].replace("_", "-") + "-")
    code = "import sys; from hwlib.teach import check; check('opt-curvature-trap', ...); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("hwlib.teach.exercises.")] == [
        "hwlib.teach.exercises.opt_curvature"
    ]


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
