"""What is tried with the lowest versions: every requirement of the library, and tools at their locked versions."""

from __future__ import annotations

import pytest
from book.paths import ROOT
from book.tools.lowest import _NOT_OF_THE_LIBRARY, _OF_ONE_VERSION, locked, requirements

PROJECT = """
[project]
dependencies = ["numpy>=1.26"]
[project.optional-dependencies]
torch = ["torch>=2.2"]
parallel = ["joblib>=1.3"]
[dependency-groups]
test = ["pytest>=8", "joblib>=1.3", "torch==2.13.0"]
"""


def test_the_bounds_of_all_extras_are_tried_with_the_tools_of_the_lock():
    assert requirements(PROJECT, with_torch=True) == ["numpy>=1.26", "torch>=2.2", "joblib>=1.3", locked("pytest")]


def test_with_a_torch_of_its_own_what_torch_needs_comes_from_the_lock():
    asked = requirements(PROJECT, with_torch=False)
    assert not [requirement for requirement in asked if requirement.startswith("torch")]
    assert {"numpy>=1.26", "joblib>=1.3", locked("pytest"), locked("jinja2")} <= set(asked)


def test_a_tool_that_is_not_locked_is_an_error():
    with pytest.raises(ValueError, match="name='pytes': accepted are"):
        locked("pytes")


def test_what_is_left_out_is_there():
    path, _, name = _OF_ONE_VERSION.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text("utf8")
    assert all((ROOT / folder).is_dir() for folder in _NOT_OF_THE_LIBRARY)
