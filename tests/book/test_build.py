"""The build itself: it fails when it must, and never shows the output of old code."""

from __future__ import annotations

import re
import signal
import time

import pytest
from book.paths import ROOT

from .conftest import BUILD, HEAD, cell

pytestmark = pytest.mark.slow

FAILING = HEAD + "# Page\n\n" + cell("assert 1 + 1 == 3, 'arithmetic'")


def executed(result):
    """The pages that a build has executed."""
    return set(re.findall(r"executed (\S+) in", result.stdout))


def test_a_failing_cell_fails_each_way_to_build_until_it_is_mended(small_book):
    small_book.write(index=FAILING)
    for build in (small_book.build, small_book.jupyter_book, small_book.build):
        result = build()
        assert result.returncode == 1
        assert f"{small_book.folder / 'index.md'}:9: a cell failed" in result.stderr
        assert "AssertionError" in result.stderr
        assert "arithmetic" in result.stderr
    small_book.write(index=FAILING.replace("== 3", "== 2"))
    mended = small_book.build()
    assert mended.returncode == 0, mended.stderr
    assert small_book.page()


def test_a_warning_fails_the_build_again_and_again_until_it_is_mended(small_book):
    small_book.write(index=HEAD + "# Page\n\nSee {ref}`nowhere`.\n")
    assert small_book.build().returncode == 1
    assert "nowhere" in small_book.jupyter_book().stderr  # which takes no warning for an error, but says it each time
    assert "nowhere" in small_book.build().stderr
    small_book.write(index=HEAD + "# Page\n")
    assert small_book.build().returncode == 0


def test_a_site_holds_what_its_sources_and_settings_say_and_nothing_older(small_book):
    small_book.write(sums=HEAD + "# Sums\n")
    published = small_book.build(BOOK_REPOSITORY="https://github.com/someone/a-book")
    assert published.returncode == 0, published.stderr
    page = small_book.page("chapters/sums")
    assert 'href="https://colab.research.google.com/github/someone/a-book/blob/gh-pages/notebooks/sums.ipynb"' in page
    assert 'href="https://github.com/someone/a-book"' in page

    assert small_book.build().returncode == 0
    page = small_book.page("chapters/sums")
    assert 'href="../notebooks/sums.ipynb"' in page
    assert "colab" not in page
    assert "github.com" not in page

    (small_book.folder / "chapters" / "sums.md").unlink()
    small_book.write()
    assert small_book.build().returncode == 0
    assert not list(small_book.html.rglob("sums*"))


def test_a_change_in_a_topic_executes_the_pages_that_import_it_and_no_others(small_book):
    gates, matrices = small_book.folder / "src/hwlib/logic/__init__.py", "from hwlib.conv import output_shape"
    small_book.write(
        gates=HEAD + "# Gates\n\n" + cell("import hwlib.logic", 'getattr(hwlib.logic, "NEW", "old outputs")'),
        sums=HEAD + "# Sums\n\n" + cell(matrices, "output_shape((2, 2), (3, 3))"),
    )
    first = small_book.build()
    assert first.returncode == 0, first.stderr
    assert executed(first) == {"chapters/gates", "chapters/sums"}
    assert "old outputs" in small_book.page("chapters/gates")

    before = gates.read_text()
    gates.write_text(before + '\nNEW = "new outputs"\n')
    assert executed(small_book.build()) == {"chapters/gates"}
    assert "new outputs" in small_book.page("chapters/gates")

    gates.write_text(before)  # as a switch of branches does
    assert executed(small_book.build()) == set()
    assert "old outputs" in small_book.page("chapters/gates")


def test_a_change_of_words_executes_nothing_and_one_of_cells_its_page(small_book):
    text = HEAD + "# Sums\n\n" + cell("1 + 1")
    small_book.write(sums=text, others=HEAD + "# Others\n\n" + cell("2 + 2"))
    assert small_book.build().returncode == 0
    small_book.write(sums=text + "\nMore words.\n")
    assert executed(small_book.build()) == set()
    assert "More words." in small_book.page("chapters/sums")
    small_book.write(sums=text.replace("1 + 1", "1 + 2"))
    assert executed(small_book.build()) == {"chapters/sums"}


def test_cells_run_this_clone_s_library_with_one_thread(small_book):
    asked = "print(hwlib.__file__, torch.get_num_threads(), os.environ['OPENBLAS_NUM_THREADS'])"
    small_book.write(index=HEAD + "# Front\n\n" + cell("import os, hwlib, torch", asked))
    assert small_book.jupyter_book(small_book.folder, cwd="/").returncode == 0
    shown = re.sub(r"<[^>]+>", "", small_book.page())
    assert f"{small_book.folder / 'src' / 'hwlib' / '__init__.py'} 1 1\n" in shown


def test_another_library_in_front_of_this_one_is_an_error_that_says_where(small_book):
    (small_book.folder / "chapters" / "hwlib.py").write_text("")
    result = small_book.build()
    assert result.returncode == 1
    assert f"the cells would import hwlib from {small_book.folder / 'chapters' / 'hwlib.py'}" in result.stderr


def test_another_clone_s_extension_is_an_error_that_says_where(small_book):
    result = small_book.jupyter_book(PYTHONPATH=str(ROOT))
    assert result.returncode != 0
    assert f"this book's extension is {small_book.folder / 'book' / 'ext'}, but Python imports {ROOT}" in result.stderr


def test_what_is_changed_while_it_runs_is_not_kept(small_book):
    module, page = small_book.folder / "src/hwlib/logic/__init__.py", small_book.folder / "chapters" / "sums.md"
    changing = "with open({!r}, 'a') as file: file.write({!r})"
    text = HEAD + "# Sums\n\n" + cell("import hwlib.logic", changing.format(str(module), "# changed\n"))
    small_book.write(sums=text)
    result = small_book.build()
    assert result.returncode == 1
    assert "the library was changed while this page ran" in result.stderr
    assert not list((small_book.folder / "_build" / "executed").rglob("base.ipynb"))

    small_book.write(sums=HEAD + "# Sums\n\n" + cell(changing.format(str(page), cell("1 + 1"))))
    result = small_book.build()
    assert result.returncode == 1
    assert "this page was changed while the book was built" in result.stderr


def test_a_build_that_was_killed_is_followed_by_a_whole_one(small_book):
    slow = HEAD + "# Slow\n\n" + cell("import time; time.sleep(2)", "'slept well'")
    small_book.write(slow=slow, sums=HEAD + "# Sums\n\n" + cell("1 + 1"))
    for seconds in (4, 7):
        killed = small_book.start(*BUILD)
        time.sleep(seconds)
        killed.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        killed.wait()
    result = small_book.build()
    assert result.returncode == 0, result.stderr
    assert "slept well" in small_book.page("chapters/slow")
    assert (small_book.html / "notebooks" / "sums.ipynb").exists()


def test_a_build_that_ended_between_reading_and_writing_starts_over(small_book):
    assert small_book.build().returncode == 0
    (small_book.html / "index.html").write_text("half a pa")
    (small_book.folder / "_build" / ".doctrees" / "unfinished").touch()
    result = small_book.build()
    assert "all pages are read again" in result.stdout
    assert "Front" in small_book.page()


def test_outputs_that_are_not_whole_are_made_again(small_book):
    small_book.write(index=HEAD + "# Front\n\n" + cell("1 + 1"))
    assert small_book.build().returncode == 0
    stored = list((small_book.folder / "_build" / "executed").rglob("base.ipynb"))
    for number, damage in enumerate(("", '{"cells": [')):
        stored[0].write_text(damage) if damage else stored[0].unlink()
        small_book.write(index=HEAD + f"# Front {number}\n\n" + cell("1 + 1"))
        result = small_book.build()
        assert result.returncode == 0, result.stderr
        assert executed(result) == {"index"}


def test_two_builds_at_once_wait_for_each_other(small_book):
    small_book.write(index=HEAD + "# Front\n\n" + cell("import time; time.sleep(3)"))
    both = [small_book.start(*BUILD) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("waiting for another build" in text for text in said) == 1
    assert sum("executed index" in text for text in said) == 1


def test_a_chapter_built_alone_fails_with_its_own_faults(small_book):
    faults = [
        "See {ref}`no-label`, {eq}`no-equation`, {doc}`no_page` and {cite}`nobody`.",
        "![Nothing](no_picture.png)",
        "{glue:text}`no_result`",
    ]
    small_book.write(sums=HEAD + "# Sums\n\n" + "\n\n".join(faults) + "\n", others="# Others\n\nSee {ref}`never`.\n")
    result = small_book.chapter("sums")
    assert result.returncode == 1
    for told in ("no-label", "no-equation", "no_page", "nobody", "no_picture.png", "no_result"):
        assert told in result.stderr
    assert "never" not in result.stderr
    assert "Chapter sums was not built" in result.stderr


def test_a_chapter_built_alone_fails_with_its_cells(small_book):
    small_book.write(sums=FAILING)
    assert "arithmetic" in small_book.chapter("sums").stderr


def test_a_chapter_built_alone_knows_the_others_and_leaves_them_and_their_faults_alone(small_book):
    others = "(sec-others)=\n# Others\n\n$$\na = b\n$$ (eq-others)\n\nSee {ref}`never`.\n\n"
    small_book.write(
        sums=HEAD + "# Sums\n\nSee {ref}`sec-others`, {eq}`eq-others` and {doc}`others`.\n\n" + cell("1 + 1"),
        others=HEAD + others + cell("assert 1 + 1 == 3"),
    )
    result = small_book.chapter("sums")
    assert result.returncode == 0, result.stderr
    assert executed(result) == {"chapters/sums"}
    page = (small_book.folder / "_build/chapter/html/chapters/sums.html").read_text()
    assert 'href="others.html#sec-others"' in page
    assert ">(1)</a>" in page
    assert not small_book.html.exists()
    again = small_book.chapter("sums")
    assert again.returncode == 0
    assert executed(again) == set()


def test_an_unknown_chapter_is_answered_with_the_known_ones(small_book):
    small_book.write(conv_matrix="# A\n")
    result = small_book.chapter("conv_matrices")
    assert result.returncode != 0
    assert "no chapter 'conv_matrices'; accepted are conv_matrix" in result.stderr
