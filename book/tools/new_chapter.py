"""The files of a new chapter. They pass every test as they are, and are there to be filled.

The chapter says something true and small, so that each part shows what belongs there: its theorem has a test, its
exercise a diagnosis, its explorer a frame.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from book.ext.problem_index import anchor, read_register
from book.paths import ROOT

TEMPLATES = Path(__file__).parent / "templates"


def new_chapter(stem: str, *, title: str = "", problems: tuple[str, ...] = (), root: Path = ROOT) -> list[Path]:
    """Write the files of a new chapter, and its lines in those that list chapters.

    Args:
        stem: name of the chapter in every folder; it never changes once it is public.
        title: the claim that it makes.
        problems: ids of the problems that it answers.
        root: repository.

    Returns:
        Files that were written or changed.

    Raises:
        ValueError: if the name cannot be one, or is taken, or a problem is not there to be answered.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", stem):
        raise ValueError(f"name={stem!r}: accepted are lower-case words joined by _, such as conv_matrix")
    new = {
        "chapter.md.in": root / "chapters" / f"{stem}.md",
        "exercises.py.in": root / "src/hwlib/teach/exercises" / f"{stem}.py",
        "explore.py.in": root / "src/hwlib/teach/explore" / f"{stem}.py",
        "test_statements.py.in": root / "tests/statements" / f"test_{stem}.py",
        "answers.py.in": root / "tests/chapters/answers" / f"{stem}.py",
        "test_explorer.py.in": root / "tests/teach" / f"test_explore_{stem}.py",
    }
    if taken := [str(path.relative_to(root)) for path in new.values() if path.exists()]:
        raise ValueError(f"name={stem!r}: accepted are new names, and there is {', '.join(taken)}")
    words = _words(stem, title or stem.replace("_", " ").capitalize(), _open_problems(root, problems))
    explorers, toc = root / "src/hwlib/teach/explore/__init__.pyi", root / "_toc.yml"
    register = root / "chapters/problems.yml"
    texts = {
        toc: _in_toc(toc.read_text("utf8"), stem),
        explorers: _in_stub(explorers.read_text("utf8"), stem),
        register: _in_register(register.read_text("utf8"), stem, problems),
    }
    texts |= {path: _filled(name, words) for name, path in new.items()}
    for path, text in texts.items():
        path.write_text(text, encoding="utf8")
    # The test of the theorem holds its words, so that it is read again when they change.
    statements = str(new["test_statements.py.in"])
    subprocess.run([sys.executable, "-m", "tests.statements.harness", statements], cwd=root, check=True)
    return sorted(texts)


def report(stem: str, title: str, problems: list[str]) -> int:
    """Write a chapter and say what comes next; gives the exit status."""
    try:
        written = new_chapter(stem, title=title, problems=tuple(problems))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path in written:
        print(path.relative_to(ROOT))
    print(
        f"\nLook at it: python -m book chapter {stem}. Then fill it, and see CONTRIBUTING.md, 'A chapter'."
        "\nStill to do by hand: its place in _toc.yml, its line in the map of index.md, new words in the glossary,"
        "\nits topic's package in src/hwlib. For each problem that it answers: chapter and place in"
        "\nchapters/problems.yml, a fault there, a box, a check cell tagged problem:ID and a test marked with it"
        "\n(new-chapter NAME --answers ID writes these)."
    )
    return 0


def _open_problems(root: Path, wanted: tuple[str, ...]) -> list[dict[str, Any]]:
    register = read_register(root)
    still_open = {problem["id"]: problem for problem in register["problems"] if "chapter" not in problem}
    for name in wanted:
        if name not in still_open:
            raise ValueError(f"answers={name!r}: accepted are problems that are open: {', '.join(still_open)}")
    titles = {key: source["title"] for key, source in register["sources"].items()}
    return [still_open[name] | {"titles": titles} for name in wanted]


def _words(stem: str, title: str, problems: list[dict[str, Any]]) -> dict[str, str]:
    """What stands in the templates for what."""
    names = [problem["id"] for problem in problems]
    return {
        "stem": stem,
        "label": stem.replace("_", "-"),
        "title": title,
        "problems": ", ".join(f"`{name}`" for name in names) or "none yet",
        "tags": ", ".join(["check", *(f'"problem:{name}"' for name in names)]),
        "answers": "".join(_box(question, problem["titles"]) for problem in problems for question in problem["source"]),
        "marks": "".join(f'@pytest.mark.problem("{name}")\n' for name in names),
    }


def _box(question: str, titles: dict[str, str]) -> str:
    source, _, number = question.partition(":")
    return (
        f"({anchor(question)})=\n:::{{admonition}} Answer to {titles[source]}, {number}\n:class: answer\n\n"
        "The answer in one line. **Checked:** *exhausted*, in the cell below.\n:::\n\n"
    )


def _filled(template: str, words: dict[str, str]) -> str:
    text = (TEMPLATES / template).read_text("utf8")
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)


def _in_toc(text: str, stem: str) -> str:
    """At the end of the part with the chapters."""
    part = text.index("caption: Chapters")
    last = [
        match.end() for match in re.finditer(r"^ +- file: .*\n", text[part : _part_after(text, part)], re.MULTILINE)
    ]
    place = part + last[-1]
    indent = re.search(r"^( +)- file:", text[part:], re.MULTILINE)
    assert indent is not None
    return f"{text[:place]}{indent[1]}- file: chapters/{stem}\n{text[place:]}"


def _part_after(text: str, part: int) -> int:
    following = text.find("- caption:", part)
    return len(text) if following < 0 else following


def _in_stub(text: str, stem: str) -> str:
    name = f"{stem}_explorer"
    return "\n".join(sorted([*text.splitlines(), f"from .{stem} import {name} as {name}"])) + "\n"


def _in_register(text: str, stem: str, problems: tuple[str, ...]) -> str:
    fault = f'{{file: teach/explore/{stem}.py, find: "2 * n - 1", make: "2 * n"}}'
    place = f"  chapter: {stem}\n  place: sec-{stem.replace('_', '-')}-rule\n  fault: {fault}\n"
    for name in problems:
        text, found = re.subn(rf"(^- id: {re.escape(name)}\n(?:  .*\n)+)", rf"\1{place}", text, flags=re.MULTILINE)
        assert found == 1
    return text
