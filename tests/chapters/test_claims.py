"""Every claim has a name: an answered problem has a place, an executed check there, and a test; an open one says so."""

from __future__ import annotations

import functools

import pytest
from book.ext.execution import executed_notebook
from book.ext.problem_index import index_markdown, marked_tests, summary
from book.paths import ROOT

from .chapter import REGISTER, read

PROBLEMS = {problem["id"]: problem for problem in REGISTER["problems"]}
ANSWERED = [identifier for identifier, problem in PROBLEMS.items() if "chapter" in problem]
TESTS = marked_tests(ROOT / "tests")


def test_the_register_is_whole():
    assert len(PROBLEMS) == len(REGISTER["problems"]) == 50
    for problem in REGISTER["problems"]:
        needed, more = {"id", "source", "ask", "claim"}, {"chapter", "place", "fault"}
        assert needed <= set(problem) <= needed | more
        assert all(place.split(":")[0] in REGISTER["sources"] for place in problem["source"])


@pytest.mark.parametrize("identifier", ANSWERED)
def test_an_answered_problem_has_a_place_an_executed_check_there_and_a_test(identifier):
    problem = PROBLEMS[identifier]
    chapter = read(problem["chapter"])
    assert problem["place"] in chapter.sections
    checks = [cell for cell in chapter.cells if f"problem:{identifier}" in cell.tags]
    assert checks
    assert all("check" in cell.tags and cell.section == problem["place"] for cell in checks)
    assert TESTS.get(identifier), "no test carries its mark"
    assert f"`{identifier}`" in chapter.text


@functools.cache
def executed_cells(stem):
    """Code cells of a chapter as they were executed for the site, by source; pages are rendered from this cache."""
    notebook = executed_notebook(ROOT, ROOT / "_build" / "executed", f"chapters/{stem}")
    assert notebook, "the site shows something older: run 'make book'"
    return {cell.source: cell for cell in notebook.cells if cell.cell_type == "code"}


@pytest.mark.site
@pytest.mark.parametrize("identifier", ANSWERED)
def test_its_check_was_executed_when_the_site_was_built(identifier):
    chapter = read(PROBLEMS[identifier]["chapter"])
    executed = executed_cells(chapter.stem)
    for cell in (cell for cell in chapter.cells if f"problem:{identifier}" in cell.tags):
        assert executed[cell.source].execution_count
        assert not [output for output in executed[cell.source].outputs if output.output_type == "error"]


@pytest.mark.parametrize("identifier", sorted(set(PROBLEMS) - set(ANSWERED)))
def test_an_open_problem_claims_nothing(identifier):
    assert "place" not in PROBLEMS[identifier]
    assert identifier not in TESTS


def test_every_mark_and_tag_names_a_problem():
    tags = {
        tag for stem in {PROBLEMS[i]["chapter"] for i in ANSWERED} for cell in read(stem).cells for tag in cell.tags
    }
    tagged = {tag.removeprefix("problem:") for tag in tags if tag.startswith("problem:")}
    assert set(TESTS) | tagged <= set(PROBLEMS)


def test_the_index_lists_every_place_of_every_problem():
    lines = "\n".join(index_markdown(REGISTER, TESTS, {"ans-nyu-1a"}))
    assert "{ref}`1a <ans-nyu-1a>`, 1b" in lines
    for problem in REGISTER["problems"]:
        assert lines.count(f"`{problem['id']}`") == len({place.split(":")[0] for place in problem["source"]})
    still_open = [problem for problem in REGISTER["problems"] if "chapter" not in problem]
    places = [{place.split(":")[0] for place in problem["source"]} for problem in still_open]
    assert lines.count("*Not yet in the book.*") == sum(map(len, places))


@pytest.mark.site
def test_the_page_of_the_index_says_how_many_are_answered():
    page = (ROOT / "_build" / "html" / "chapters" / "problem_index.html").read_text("utf8")
    assert summary(REGISTER).startswith(f"The book answers {len(ANSWERED)} of 50 problems so far: ")
    assert summary(REGISTER) in page


def test_marks_inside_parameters_belong_to_the_test_below(tmp_path):
    (tmp_path / "test_a.py").write_text(
        'CASES = [pytest.param(1, marks=pytest.mark.problem("p-one"))]\n\ndef helper():\n    pass\n\n'
        'def test_first(): pass\n\n@pytest.mark.problem("p-two")\ndef test_second(): pass\n'
    )
    found = marked_tests(tmp_path)
    assert {name: [test.split("::")[1] for test in tests] for name, tests in found.items()} == {
        "p-one": ["test_first"],
        "p-two": ["test_second"],
    }
