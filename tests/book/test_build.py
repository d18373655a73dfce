"""The build itself: it fails when it must, and never shows the output of old code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from book.ext.buttons import chapter_buttons
from book.ext.execution import execution_key
from book.ext.pages import link_checks
from book.paths import ROOT
from book.settings import Settings

HEAD = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

"""


FAILING = "# Page\n\n```{code-cell} ipython3\nassert 1 + 1 == 3, 'arithmetic'\n```\n"


@pytest.fixture
def small_book(tmp_path):
    (tmp_path / "chapters").mkdir()
    for name in ("_config.yml", "references.bib"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "static").symlink_to(ROOT / "book" / "static")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    return tmp_path


def build(folder, text, *options, **environment):
    (folder / "index.md").write_text(HEAD + text)
    command = [sys.executable, "-m", "book.tools.build", "--source", str(folder), "--jobs", "1", *options]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("BOOK_")}
    return subprocess.run(command, cwd=ROOT, env={**outside, **environment}, capture_output=True, text=True)


@pytest.mark.slow
def test_a_failing_cell_fails_the_build_again_and_again_until_it_is_mended(small_book):
    for _ in range(2):
        result = build(small_book, FAILING)
        assert result.returncode == 1
        assert "AssertionError" in result.stderr
        assert "arithmetic" in result.stderr
    mended = build(small_book, FAILING.replace("== 3", "== 2"))
    assert mended.returncode == 0, mended.stderr
    assert (small_book / "_build" / "html" / "index.html").exists()


@pytest.mark.slow
def test_a_failing_cell_fails_the_build_of_its_chapter_alone(small_book):
    (small_book / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/sums\n")
    (small_book / "chapters" / "sums.md").write_text(HEAD + FAILING)
    result = build(small_book, "# Front\n\nSee {ref}`nowhere`.\n", "--only", "sums")
    assert result.returncode == 1
    assert "nowhere" not in result.stderr  # what other pages refer to may be in chapters that are left out
    assert "AssertionError" in result.stderr
    assert "Chapter sums was not built" in result.stderr


@pytest.mark.slow
def test_a_site_holds_what_its_sources_and_settings_say_and_nothing_older(small_book):
    toc, chapter = small_book / "_toc.yml", small_book / "chapters" / "sums.md"
    toc.write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/sums\n")
    chapter.write_text(HEAD + "# Sums\n")
    html = small_book / "_build" / "html"

    published = build(small_book, "# Front\n", BOOK_REPOSITORY="https://github.com/someone/a-book")
    assert published.returncode == 0, published.stderr
    page = (html / "chapters" / "sums.html").read_text("utf8")
    assert 'href="https://colab.research.google.com/github/someone/a-book/blob/gh-pages/notebooks/sums.ipynb"' in page
    assert 'href="https://github.com/someone/a-book"' in page

    assert build(small_book, "# Front\n").returncode == 0
    page = (html / "chapters" / "sums.html").read_text("utf8")
    assert 'href="../notebooks/sums.ipynb"' in page
    assert "colab" not in page
    assert "github.com" not in page

    chapter.unlink()
    toc.write_text("format: jb-book\nroot: index\n")
    assert build(small_book, "# Front\n").returncode == 0
    assert not list(html.rglob("sums*"))


@pytest.mark.slow
def test_a_dead_reference_fails_the_build(small_book):
    result = build(small_book, "# Page\n\nSee {ref}`nowhere`.\n")
    assert result.returncode == 1
    assert "nowhere" in result.stderr


def test_the_execution_key_changes_with_the_library_and_the_lock_and_with_nothing_else(tmp_path):
    (tmp_path / "src" / "hwlib").mkdir(parents=True)
    module, lock = tmp_path / "src" / "hwlib" / "conv.py", tmp_path / "requirements.lock"
    module.write_text("A = 1\n")
    lock.write_text("numpy==2\n")
    key = execution_key(tmp_path)
    (tmp_path / "README.md").write_text("anything")
    assert execution_key(tmp_path) == key
    module.write_text("A = 2\n")
    changed = execution_key(tmp_path)
    (tmp_path / "src" / "hwlib" / "table.csv").write_text("1\n")
    with_data = execution_key(tmp_path)
    lock.write_text("numpy==3\n")
    assert len({key, changed, with_data, execution_key(tmp_path)}) == 4


def test_buttons_without_a_repository_are_downloads_only():
    buttons = chapter_buttons("conv_matrix", "../", Settings(None, None))
    assert len(buttons) == 1
    urls = [button.get("url") for group in buttons for button in group["buttons"]]
    assert urls == ["../notebooks/conv_matrix.ipynb", "../notebooks/conv_matrix_solutions.ipynb", None]


def test_buttons_with_a_repository_open_the_notebook_in_colab():
    settings = Settings.from_environment({"BOOK_REPOSITORY": "https://github.com/Someone/a-book/"})
    assert settings.site == "https://someone.github.io/a-book"
    colab = chapter_buttons("conv_matrix", "../", settings)[0]["url"]
    assert colab.endswith("/github/Someone/a-book/blob/gh-pages/notebooks/conv_matrix.ipynb")


@pytest.mark.parametrize("address", ["github.com/o/r", "https://github.com/o", "https://example.org/o/r"])
def test_a_repository_that_colab_can_not_open_is_refused(address):
    with pytest.raises(ValueError, match=r"accepted is https://github.com/OWNER/NAME"):
        Settings.from_environment({"BOOK_REPOSITORY": address})


@pytest.mark.slow
def test_an_unknown_chapter_is_answered_with_the_known_ones():
    command = [sys.executable, "-m", "book.tools.build", "--only", "conv_matrices"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode != 0
    assert "no chapter 'conv_matrices'; accepted are" in result.stderr
    assert "conv_matrix" in result.stderr


def test_a_label_in_a_comment_becomes_a_link_to_what_it_names():
    body = (
        '<div class="math" id="equation-eq-a"><span class="eqno">(1.4)<a href="#equation-eq-a">¶</a></span></div>'
        '<div id="thm-b"><p class="admonition-title"><span class="caption-number">Theorem 1.1 </span></p></div>'
        '<div class="highlight"><span class="c1"># eq-a and thm-b, not eq-c</span></div>'
    )
    linked = link_checks(body)
    assert '# <a href="#equation-eq-a">(1.4)</a> and <a href="#thm-b">Theorem 1.1</a>, not eq-c' in linked
