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

# Numbers in prose that are no results: each with the reason why it may be typed.
TYPED = {
    "conv_matrix": {
        "padding 1": "given by the problem",
        "stride 3": "given by the problem",
        "stride 2": "given by the problem",
        "stride 1": "given by the problem",
        "between 0 and 3": "values of the given image",
    },
    "conv_transpose": {
        "stride 2": "given by the problem",
        "With kernel 3, stride 3 and padding 1": "the case that the cell above takes",
        "the weights are 1, 2, 3 and so on": "the explorer's own kernel",
        "at stride 1 the output": "a setting of the explorer",
    },
    "conv_counting": {
        "VGG-16": "a name",
        "138 million": "published by its authors, and compared with the count below",
    },
    "conv_gradients": {
        "With stride 2": "the question's own setting",
        "on 24 by 24 pixels": "the case that the cell above takes",
        "= 0, 5, 10 and 40": "the points that the cell above takes",
    },
    "opt_double_descent": {
        "12 features": "given by the example",
        "4 samples or 8": "given by the question",
        "4 samples": "given by the example",
        "With 4 the": "given by the question",
        "with 8 it": "given by the question",
        "60 features": "the case that the cell above takes",
        "Take 25 features": "the case that the cell below takes",
        "and 5 with": "the case that the cell below takes",
        "Mean of 60 draws": "the case that the cell above takes",
        "in 20 dimensions": "the stored experiment's inputs",
        "five of 30 inputs": "the case that the cell below takes",
        "Mean of 12 seeds": "the case that the cell above takes",
        "the 48 around it": "a patch of seven by seven without its centre",
        "150 samples": "the case that the cell below takes",
    },
    "opt_curvature": {
        "32 inputs, two hidden layers of 512 and 10 outputs": "given by the problem",
        "patch of 32 pixels": "the problem's 32 inputs",
        "From (0.4, 0.2)": "the point of the question above",
    },
}


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


def test_no_result_is_typed(stem):
    """Digits in prose are quoted from cells, stand in formulas, or are in the list above with a reason."""
    typed = []
    for block in read(stem).blocks:
        if block.kind in ("code", "$$", "math", "exercise-start") or is_glance(block):
            continue
        text = "\n".join(line for line in block.lines if not line.startswith((":", "`", "#", "---")))
        text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
        for pattern in (r"\$[^$]+\$", r"\{[\w:]+\}`[^`]*`", r"`[^`]*`", r"\[[^\]]*\]\([^)]*\)", r"\w+-\w+\d"):
            text = re.sub(pattern, " ", text)
        for allowed in TYPED.get(stem, {}):
            text = text.replace(allowed, " ")
        typed += re.findall(r"[^.\n]*\d[^.\n]*", text)
    assert not typed


def test_every_exception_for_a_typed_number_is_needed(stem):
    text = read(stem).text
    assert not [allowed for allowed in TYPED.get(stem, {}) if allowed not in text]
