"""Every statement has its test, every question its box, every check its kind, every problem its fault."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path

import pytest
from book.ext.problem_index import anchor, read_register
from book.paths import ROOT
from book.tools.prove import put_fault

from tests.chapters.chapter import CHAPTERS as CHAPTERS_WITH_CHECKS
from tests.chapters.chapter import read

from .harness import CHAPTERS, Statement, statements

HERE = Path(__file__).parent
WITH_STATEMENTS = [chapter for chapter in sorted(CHAPTERS.glob("*.md")) if statements(chapter)]


@pytest.mark.parametrize("chapter", WITH_STATEMENTS, ids=lambda chapter: chapter.stem)
def test_every_labelled_statement_has_its_test(chapter):
    tests = (HERE / f"test_{chapter.stem}.py").read_text("utf8")
    assert set(re.findall(r'\bStatement\(\s*"([\w-]+)"', tests)) == set(statements(chapter))
    assert len(re.findall(r"\.verify\(\)", tests)) >= len(statements(chapter))


def test_every_question_of_an_answered_problem_has_one_box_in_its_chapter():
    for problem in read_register(ROOT)["problems"]:
        for question in problem["source"] if "place" in problem else []:
            page = (ROOT / "chapters" / f"{problem['chapter']}.md").read_text("utf8")
            start = rf"^\({anchor(question)}\)=\n(?:\(ans-[\w-]+\)=\n)*"
            box = r":::+\{admonition\} Answer .*?\n:class: answer\n(.*?)^:::+$"
            boxes = re.findall(start + box, page, re.MULTILINE | re.DOTALL)
            assert len(boxes) == 1, f"{problem['chapter']}: {len(boxes)} boxes answer {question}"
            assert re.search(r"\*\*Checked:\*\* .*\*(proved|exhausted|sampled)\*", boxes[0], re.DOTALL)


def test_every_check_says_whether_it_proves_exhausts_or_samples():
    for stem in CHAPTERS_WITH_CHECKS:
        for cell in read(stem).cells:
            if "check" in cell.tags:
                first = next(line for line in cell.source.split("\n") if line.strip())
                assert re.match(r"# (Proved|Exhausted|Sampled)\b", first), f"{stem}: {first}"


def test_every_hypothesis_that_is_needed_is_shown_on_its_page():
    for chapter in WITH_STATEMENTS:
        module = importlib.import_module(f"tests.statements.test_{chapter.stem}")
        tested = [value for value in vars(module).values() if isinstance(value, Statement)]
        shown = re.findall(r"\*\*Without\*\* ", chapter.read_text("utf8"))
        needed = {name for statement in tested for name in statement.hypotheses}
        assert len(shown) >= len(needed), f"{chapter.stem}: {len(shown)} lines for {sorted(needed)}"


def test_every_answered_problem_names_a_fault_that_can_be_put_in(tmp_path):
    for problem in read_register(ROOT)["problems"]:
        assert ("fault" in problem) == ("place" in problem), problem["id"]
        if "fault" in problem:
            copy = tmp_path / problem["fault"]["file"]
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "src" / "hwlib" / problem["fault"]["file"], copy)
            put_fault(tmp_path, problem["fault"])
