"""Sphinx extension: the index of problems, made from the register and the tests."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_MARKER = re.compile(r"""mark\.problem\(\s*["']([\w-]+)["']""")
_FUNCTION = re.compile(r"^\s*(?:def|class) (\w+)")


def read_register(source: Path) -> dict[str, Any]:
    """The register of problems, ``chapters/problems.yml``."""
    register: dict[str, Any] = yaml.safe_load((source / "chapters" / "problems.yml").read_text("utf8"))
    return register


def marked_tests(tests: Path) -> dict[str, list[str]]:
    """For each problem, the tests that carry its mark, as ``file::function``.

    A mark inside a list of parameters belongs to the next test function below it.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        waiting: list[str] = []
        for line in path.read_text("utf8").split("\n"):
            waiting += _MARKER.findall(line)
            if (function := _FUNCTION.match(line)) and function[1].lower().startswith("test"):
                for problem in waiting:
                    found[problem].append(f"{path.relative_to(tests.parent).as_posix()}::{function[1]}")
                waiting = []
    return dict(found)


def summary(register: dict[str, Any]) -> str:
    """How many problems, and how many of their sources' questions, are answered, in a sentence."""
    problems = register["problems"]
    answered = [problem for problem in problems if "place" in problem]
    asked, done = (sum(len(problem["source"]) for problem in some) for some in (problems, answered))
    return (
        f"The book answers {len(answered)} of {len(problems)} problems so far: {done} of the {asked} questions "
        "that five problem sets ask."
    )


def anchor(question: str) -> str:
    """Label of the box that answers a source's question, such as ``gt20a:1.1``."""
    return "ans-" + re.sub(r"[:.]", "-", question)


def anchors(source: Path) -> set[str]:
    """Labels of all boxes that answer a question."""
    pages = (path.read_text("utf8") for path in (source / "chapters").glob("*.md"))
    return {label for page in pages for label in re.findall(r"^\((ans-[\w-]+)\)=$", page, re.MULTILINE)}


def index_markdown(register: dict[str, Any], tests: dict[str, list[str]], answers: set[str]) -> list[str]:
    """Lines of MyST: the problems of each source, with the answer, the place, the check and the tests of each."""
    lines: list[str] = []
    for key, source in register["sources"].items():
        numbers = {
            problem["id"]: [_linked(place, answers) for place in problem["source"] if place.startswith(f"{key}:")]
            for problem in register["problems"]
        }
        lines += [f"## {source['title']}", ""]
        for problem in register["problems"]:
            if not numbers[problem["id"]]:
                continue
            lines += [f"**{', '.join(numbers[problem['id']])}** `{problem['id']}`"]
            lines += [f": {problem['ask']}", ""]
            if "place" in problem:
                checks = ", ".join(f"`{name}`" for name in tests.get(problem["id"], []))
                lines += [f"  Answered and checked in {{ref}}`{problem['place']}`. Tests: {checks}.", ""]
            else:
                lines += ["  *Not yet in the book.*", ""]
    return lines


def _linked(question: str, answers: set[str]) -> str:
    number, label = question.partition(":")[2], anchor(question)
    return f"{{ref}}`{number} <{label}>`" if label in answers else number


class ProblemSummary(SphinxDirective):  # type: ignore[misc]
    """Says how many problems are answered, from the register."""

    def run(self) -> list[nodes.Node]:
        """One paragraph."""
        source = Path(self.env.srcdir)
        self.env.note_dependency(str(source / "chapters" / "problems.yml"))
        return [nodes.paragraph(text=summary(read_register(source)))]


class ProblemIndex(SphinxDirective):  # type: ignore[misc]
    """Writes the index where it stands."""

    def run(self) -> list[nodes.Node]:
        """Parse the generated text in place."""
        source = Path(self.env.srcdir)
        register = read_register(source)
        self.env.note_dependency(str(source / "chapters" / "problems.yml"))
        for path in [*(source / "tests").rglob("test_*.py"), *(source / "chapters").glob("*.md")]:
            self.env.note_dependency(str(path))
        container = nodes.container(classes=["problem-index"])
        lines = index_markdown(register, marked_tests(source / "tests"), anchors(source))
        self.state.nested_parse(
            StringList(lines, source=self.get_source_info()[0]), self.content_offset, container, True
        )
        return list(container.children)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("problem-index", ProblemIndex)
    app.add_directive("problem-summary", ProblemSummary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
