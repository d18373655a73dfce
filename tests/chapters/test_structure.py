"""Each chapter keeps to the template of CONTRIBUTING.md. Lengths count the chapter without its exercises' cells."""

from __future__ import annotations

import re
from statistics import median

import pytest
from book.ext.pages import LABEL

from .chapter import CHAPTERS, read

pytestmark = pytest.mark.parametrize("stem", CHAPTERS)

ORDER = [
    r"^# \S",
    r"\{admonition\} At a glance",
    r":tags: \[setup\]",
    r"^## By hand",
    r"\{admonition\} Predict first",
    r"\{prf:theorem\}",
    r"^## What breaks it",
    r":tags: \[explorer[^\]]*\]\n(?:.*\n){1,4}?explore\.\w+_explorer",
    r"^## At scale",
    r"^## Exercises",
    r"^## Quiz",
    r":tags: \[quiz",
    r"^## Takeaways",
    r"^## References",
]

# A number in prose that is no result says why it may be typed, in a comment above it: % typed: 4 samples (given by ...)
# One is enough for a section.
TYPED = re.compile(r"^% typed: (.+?) \([^()]+\)$", re.MULTILINE)


def is_glance(block):
    return block.kind == "admonition" and block.lines[0].endswith("At a glance")


def test_the_parts_stand_in_order(stem):
    chapter, position = read(stem), 0
    for part in ORDER:
        found = re.compile(part, re.MULTILINE).search(chapter.text, position)
        assert found, f"{part} is missing, or stands too early"
        position = found.end()


def test_at_a_glance_says_what_a_reader_decides_by(stem):
    (glance,) = filter(is_glance, read(stem).blocks)
    text = "\n".join(glance.lines)
    for item in ("**Question.**", "**You will be able to**", "**You need**", "**Minutes:**", "**Problems answered:**"):
        assert item in text
    assert 3 <= len(re.findall(r"^- ", text, re.MULTILINE)) <= 5
    assert re.search(r"\d+ to read, \d+ to do, .* to compute", text)


def test_the_set_up_comes_first_with_the_only_seed(stem):
    setup, *others = read(stem).cells
    assert "setup" in setup.tags
    assert len(re.findall(r"default_rng\(seed=\d+\)|manual_seed\(\d+\)", setup.source)) == 1
    for cell in others:
        assert "setup" not in cell.tags
        assert not re.search(r"np\.random|torch\.rand|import random|manual_seed", cell.source)


def test_it_is_short(stem):
    chapter = read(stem)
    lengths = [len(cell.lines) for cell in chapter.cells]
    assert chapter.words <= 3500
    assert len([cell for cell in chapter.cells if not cell.in_exercise]) <= 25
    assert median(lengths) <= 6
    assert max(lengths) <= 15
    assert max(len(line) for cell in chapter.cells for line in cell.lines) <= 84, "the page shows 84 characters"


def test_every_section_has_a_label(stem):
    chapter = read(stem)
    assert len(chapter.sections) == len(re.findall(r"^## ", chapter.text, re.MULTILINE))


def test_every_figure_has_a_name_a_caption_and_a_text_that_says_what_is_to_be_seen(stem):
    cells = [cell for cell in read(stem).cells if re.search(r"^plot\.", cell.source, re.MULTILINE)]
    assert cells
    for cell in cells:
        figure, alt = cell.mystnb["figure"], cell.mystnb["image"]["alt"]
        assert figure["name"].startswith("fig-")
        assert len(figure["caption"]) >= 20
        assert len(alt) >= 40
        assert alt != figure["caption"]
    names = [cell.mystnb["figure"]["name"] for cell in cells]
    assert len(names) == len(set(names))


def test_every_explorer_is_described_in_words_below_it(stem):
    text = read(stem).text
    for explorer in re.finditer(r":tags: \[explorer", text):
        after = text[text.index("```\n", explorer.end()) :][:600]
        assert re.search(r"In words:", after)


def test_every_check_asserts_and_names_what_it_tests(stem):
    checks = [cell for cell in read(stem).cells if "check" in cell.tags]
    assert len(checks) >= 5
    defined = set(re.findall(r"\((eq-[\w-]+)\)|:label: ([\w-]+)|name: (fig-[\w-]+)", read(stem).text))
    labels = {label for group in defined for label in group if label}
    for cell in checks:
        assert re.search(r"^\s*assert ", cell.source, re.MULTILINE)
        named = {label for comment in re.findall(r"#.*", cell.source) for label in LABEL.findall(comment)}
        assert named, f"no comment names an equation or theorem:\n{cell.source}"
        assert named <= labels, f"no such label: {named - labels}"


def test_every_exercise_has_hints_a_stub_and_a_solution_that_checks_the_same(stem):
    text = read(stem).text
    exercises = re.split(r"\{exercise-start\}", text)[1:]
    assert exercises
    for exercise in exercises:
        assert len(re.findall(r"\{dropdown\} Hint \d", exercise)) >= 2
        stub, solution = re.findall(r":tags: \[(?:stub|solution)\]\n\n(.*?)```", exercise, re.DOTALL)
        assert "..." in stub
        assert "..." not in solution
        names = [re.findall(r'^check\("([\w-]+)", (\w+)\)$', cell, re.MULTILINE) for cell in (stub, solution)]
        assert names[0] == names[1]
        assert len(names[0]) == 1
        assert exercise.index("Hint 1") < exercise.index("{solution-start}")
        assert re.search(r"\{solution-start\}.*\n:label: .*\n:class: dropdown", exercise)


def prose(text):
    """A text without what may hold digits: formulas, roles, code, links, names."""
    text = "\n".join(line for line in text.split("\n") if not line.startswith((":", "`", "#", "---", "%")))
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    for pattern in (r"\$[^$]+\$", r"\{[\w:]+\}`[^`]*`", r"`[^`]*`", r"\[[^\]]*\]\([^)]*\)", r"\w+-\w*\d+"):
        text = re.sub(pattern, " ", text)
    return text


SECTION = re.compile(r"^(?=## )", re.MULTILINE)
CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)


def test_no_result_is_typed(stem):
    """Digits in prose are quoted from cells, stand in formulas, or a comment of the section says why they are typed."""
    chapter = read(stem)
    comments = [TYPED.findall(part) for part in SECTION.split(CELL.sub("", chapter.text))]
    no_prose = ("code", "$$", "math", "exercise-start")
    blocks = [block for block in chapter.blocks if block.kind not in no_prose and not is_glance(block)]
    sections = SECTION.split("\n".join(line for block in blocks for line in block.lines))
    for allowed, text in zip(comments, map(prose, sections), strict=True):
        for fragment in sorted(allowed, key=len, reverse=True):
            assert fragment in text, "this comment is not needed"
            text = text.replace(fragment, " ")
        assert not re.findall(r"[^.\n]*\d[^.\n]*", text)
