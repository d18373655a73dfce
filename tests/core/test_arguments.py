"""hwlib._core.arguments: what counts as a number, and what the error says otherwise."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from hwlib._core.arguments import generator, instance, instances, pairs, per_axis, positive, whole, whole_numbers

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)])
def test_a_whole_number_of_any_type_is_one(three):
    number = whole("steps", three, least=3)
    assert (number, type(number)) == (3, int)
    assert per_axis("stride", three, 2, least=1) == (3, 3)
    assert whole_numbers("widths", [three, three], least=1) == (3, 3)


@pytest.mark.parametrize(
    "value", [2.0, np.float64(2), "2", None, True, np.True_, torch.tensor(True), Fraction(2), NAN, [2], 1 + 0j]
)
def test_all_else_is_refused_by_name_not_rounded(value):
    with pytest.raises(ValueError, match=r"^steps=.*: accepted is a whole number$"):
        whole("steps", value)
    with pytest.raises(ValueError, match=r"^widths=.*: accepted are one or more whole numbers, each at least 0$"):
        whole_numbers("widths", [1, value], least=0)
    if value != [2]:
        with pytest.raises(ValueError, match=r"^stride=.*: accepted are one whole number or one per axis, each at"):
            per_axis("stride", value, 1, least=0)


def test_bounds_are_part_of_the_message():
    with pytest.raises(ValueError, match=r"^steps=0: accepted is a whole number of at least 1$"):
        whole("steps", 0, least=1)
    with pytest.raises(ValueError, match=r"^widths=\[2, 0\]: accepted are one or more whole numbers, each at least 1$"):
        whole_numbers("widths", [2, 0], least=1)
    with pytest.raises(ValueError, match=r"^stride=-1: accepted are one whole number or one .*, each at least 1$"):
        per_axis("stride", -1, 2, least=1)
    with pytest.raises(ValueError, match=r"^stride=\(1, 2\) for 3 spatial axes: accepted are one or three$"):
        per_axis("stride", (1, 2), 3, least=1, accepted="one or three")


@pytest.mark.parametrize("values", [[], 3, None, {}])
def test_no_sequence_and_an_empty_one_are_no_whole_numbers(values):
    with pytest.raises(ValueError, match=r"^widths=.*: accepted are"):
        whole_numbers("widths", values, least=0)


def test_one_number_an_axis_may_come_as_any_sequence():
    for values in ((1, 2), [1, 2], np.array([1, 2]), torch.Size([1, 2])):
        assert per_axis("stride", values, 2, least=1) == (1, 2)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), Fraction(1, 3), 10**400])
def test_a_positive_number_comes_back_as_it_was(value):
    assert positive("learning_rate", value) is value


@pytest.mark.parametrize("value", [0, -1, 0.0, NAN, INFINITY, "1", None, True, 1j, Decimal(1), Fraction(-1, 3)])
def test_a_number_that_is_not_positive_is_refused(value):
    with pytest.raises(ValueError, match=r"^learning_rate=.*: accepted is a number above zero$"):
        positive("learning_rate", value)


def test_zero_is_taken_where_it_makes_sense():
    assert positive("penalty", 0, zero=True) == 0
    with pytest.raises(ValueError, match=r"^penalty=-0.5: accepted is a number that is not negative$"):
        positive("penalty", -0.5, zero=True)


def test_a_seed_starts_the_same_numbers_and_a_generator_goes_on():
    expected = np.random.default_rng(3).standard_normal(4)
    assert np.array_equal(generator("rng", 3).standard_normal(4), expected)
    assert np.array_equal(generator("rng", np.int64(3)).standard_normal(4), expected)
    given = np.random.default_rng(3)
    assert generator("rng", given) is given
    assert generator("rng", None).standard_normal() != generator("rng", None).standard_normal()
    assert generator("rng", 0).standard_normal() == np.random.default_rng(0).standard_normal(), "0 is a seed, not None"


@pytest.mark.parametrize("rng", [-1, 1.5, "3", True, np.random.RandomState(0)])
def test_another_source_of_random_numbers_is_refused(rng):
    with pytest.raises(ValueError, match=r"^rng=.*: accepted are None, a seed of at least 0, and a numpy Generator$"):
        generator("rng", rng)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: instance("network", 3, str, "a text"), "network=3: accepted is a text"),
        (lambda: instances("names", "ab", str, "texts"), "names='ab': accepted are texts"),
        (lambda: instances("names", ["a", 1], str, "texts"), r"names=\['a', 1\]: accepted are texts"),
        (lambda: instances("names", None, str, "texts"), "names=None: accepted are texts"),
        (lambda: pairs("layers", [(1, 2, 3)], "pairs"), r"layers=\[\(1, 2, 3\)\]: accepted are pairs"),
        (lambda: pairs("layers", [1], "pairs"), r"layers=\[1\]: accepted are pairs"),
        (lambda: whole_numbers("widths", 3, least=1, empty=True), "widths=3: accepted are whole numbers"),
        (lambda: whole_numbers("widths", [], least=1), r"widths=\[\]: accepted are one or more whole numbers"),
    ],
)
def test_what_is_not_of_the_kind_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_there_may_be_none_where_that_makes_sense():
    assert whole_numbers("widths", [], least=1, empty=True) == ()
    assert instances("names", [], str, "texts") == ()
