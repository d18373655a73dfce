"""A new chapter passes all tests as it is written, and can be built."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from book.paths import ROOT
from book.tools.new_chapter import new_chapter

STEM = "sums_of_odd"
PROBLEM = """- id: odd-squares
  source: [gt20a:99]
  ask: "What is the sum of the first odd numbers?"
  claim: "proved, and added up"
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The whole repository, and one more problem, which is open whatever the book answers."""
    root = tmp_path_factory.mktemp("clone")
    names = (".git", ".venv", "_build", ".pytest_cache", ".ruff_cache", "__pycache__", ".hypothesis", "vendor")
    left_out = shutil.ignore_patterns(*names)  # what mypy knows of the rest stays, so that it reads what is new
    shutil.copytree(ROOT, root, dirs_exist_ok=True, ignore=left_out)
    (root / ".venv").symlink_to(sys.prefix)
    with (root / "chapters" / "problems.yml").open("a") as register:
        register.write(PROBLEM)
    return root


def run(root, *command):
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(root),
            "PYTHONPATH": f"{root / 'src'}:{root}",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def written(clone):
    problem = "odd-squares"
    result = run(clone, "book", "new-chapter", STEM, "--title", "Odd numbers make squares", "--answers", problem)
    assert result.returncode == 0, result.stderr
    assert f"chapters/{STEM}.md" in result.stdout
    return problem


@pytest.mark.slow
def test_it_passes_the_tests_of_chapters_exercises_statements_and_explorers(clone, written):
    tests = ["tests/chapters", f"tests/statements/test_{STEM}.py", f"tests/teach/test_explore_{STEM}.py"]
    tests += ["tests/test_structure.py", "tests/teach/test_check.py", "tests/statements/test_complete.py"]
    code = [f"src/hwlib/teach/{room}/{STEM}.py" for room in ("explore", "exercises")]
    label = STEM.replace("_", "-")
    chosen = f"{STEM} or {label} or {written} or every or circle or private or mark or head or long"
    result = run(clone, "pytest", "-q", "-m", "not site", "-k", chosen, *tests, *code)
    assert result.returncode == 0, result.stdout
    proved = run(clone, "book", "prove", written)
    assert "1 of 1 faults were caught by page and test" in proved.stdout
    assert run(clone, "ruff", "check").stdout == "All checks passed!\n"
    formatted = run(clone, "ruff", "format", "--check")
    assert formatted.returncode == 0, formatted.stdout
    types = run(clone, "mypy", *code)
    assert types.returncode == 0, types.stdout


@pytest.mark.slow
def test_it_is_built(clone, written):
    result = run(clone, "book", "chapter", STEM)
    assert result.returncode == 0, result.stderr
    page = (clone / "_build/chapter/html/chapters" / f"{STEM}.html").read_text("utf8")
    assert "Odd numbers make squares" in page
    assert "verdict-right" in page


@pytest.mark.parametrize(
    ("name", "problems", "told"),
    [
        ("conv_matrix", (), "accepted are new names, and there is chapters/conv_matrix.md"),
        ("Conv-Matrix", (), "accepted are lower-case words joined by _"),
        ("sums", ("conv-matrix-stride3",), "accepted are problems that are open: "),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_touched(clone, name, problems, told):
    before = (clone / "_toc.yml").read_text()
    with pytest.raises(ValueError, match=told):
        new_chapter(name, problems=problems, root=clone)
    assert (clone / "_toc.yml").read_text() == before
