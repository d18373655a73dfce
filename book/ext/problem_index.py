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
    """How many problems are answered, in a sentence."""
    answered = [problem for problem in register["problems"] if "place" in problem]
    return f"The book answers {len(answered)} of {len(register['problems'])} problems so far."


def index_markdown(register: dict[str, Any], tests: dict[str, list[str]]) -> list[str]:
    """Lines of MyST: the problems of each source, with the place, the check and the tests of each."""
    lines: list[str] = []
    for key, source in register["sources"].items():
        numbers = {
            problem["id"]: [place.partition(":")[2] for place in problem["source"] if place.startswith(f"{key}:")]
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


class ProblemIndex(SphinxDirective):  # type: ignore[misc]
    """Writes the index where it stands."""

    def run(self) -> list[nodes.Node]:
        """Parse the generated text in place."""
        source = Path(self.env.srcdir)
        register = read_register(source)
        self.env.note_dependency(str(source / "chapters" / "problems.yml"))
        for path in (source / "tests").rglob("test_*.py"):
            self.env.note_dependency(str(path))
        container = nodes.container(classes=["problem-index"])
        lines = index_markdown(register, marked_tests(source / "tests"))
        self.state.nested_parse(
            StringList(lines, source=self.get_source_info()[0]), self.content_offset, container, True
        )
        return [nodes.paragraph(text=summary(register)), *container.children]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("problem-index", ProblemIndex)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
