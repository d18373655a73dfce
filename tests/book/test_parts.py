"""Parts of pages: buttons, addresses, links in comments."""

from __future__ import annotations

import pytest
from book.ext.buttons import chapter_buttons
from book.ext.pages import link_checks
from book.settings import Settings


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


def test_a_label_in_a_comment_becomes_a_link_to_what_it_names():
    body = (
        '<div class="math" id="equation-eq-a"><span class="eqno">(1.4)<a href="#equation-eq-a">¶</a></span></div>'
        '<div id="thm-b"><p class="admonition-title"><span class="caption-number">Theorem 1.1 </span></p></div>'
        '<div class="highlight"><span class="c1"># eq-a and thm-b, not eq-c</span></div>'
    )
    linked = link_checks(body)
    assert '# <a href="#equation-eq-a">(1.4)</a> and <a href="#thm-b">Theorem 1.1</a>, not eq-c' in linked
