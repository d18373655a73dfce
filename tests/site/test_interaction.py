"""What moves on a page moves without a kernel: sliders, linked views, quizzes, folded hints."""

from __future__ import annotations

import pytest
from book.paths import ROOT, is_chapter

pytestmark = pytest.mark.site
CHAPTERS = [f"chapters/{path.stem}.html" for path in sorted((ROOT / "chapters").glob("*.md")) if is_chapter(path)]


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("width", [1280, 390])
def test_every_slider_changes_what_is_shown_and_back(open_page, chapter, width):
    tab = open_page(chapter, width=width)
    handles = tab.locator(".jupyter-widgets .noUi-handle")
    assert handles.count() >= 3
    frames = "[...document.querySelectorAll('.widget-html-content .hw-views')]"
    shown = f"{frames}.filter(n => n.offsetParent).map(n => n.innerHTML).join()"
    for number in range(handles.count()):
        before = tab.evaluate(shown)
        handles.nth(number).focus()
        tab.keyboard.press("ArrowRight")
        tab.wait_for_timeout(150)
        after = tab.evaluate(shown)
        assert after
        assert after != before
        tab.keyboard.press("ArrowLeft")
        tab.wait_for_timeout(150)
        assert tab.evaluate(shown) == before


def test_two_sliders_together_show_the_frame_of_both(open_page):
    tab = open_page("chapters/conv_matrix.html")
    handles = tab.locator(".jupyter-widgets .noUi-handle")
    for number in (0, 1):
        handles.nth(number).focus()
        tab.keyboard.press("ArrowRight")
    tab.wait_for_timeout(150)
    notes = tab.locator(".widget-html-content .hw-note:visible")
    assert notes.count() == 1
    assert notes.inner_text().startswith("⌊(4 + 2·0 − 2) / 2⌋ + 1 = 2")  # kernel 2, stride 2, padding 0


@pytest.mark.parametrize("page_with_links", ["index.html", "chapters/conv_matrix.html"])
@pytest.mark.parametrize("how", ["hover", "focus", "tap"])
def test_pointing_at_an_entry_lights_its_weight_and_pixels(open_page, page_with_links, how):
    tab = open_page(page_with_links, width=390 if how == "tap" else 1280)
    view = tab.locator(".hw-links").first
    entry = view.locator(".e").nth(1)
    getattr(entry, how)()
    weight, pixel, output = entry.get_attribute("class").split()[1:]
    lit = "node => getComputedStyle(node).strokeWidth"
    for partner in (weight.upper(), pixel.upper(), output.upper()):
        assert view.locator(f".{partner} rect").evaluate(lit) == "3px"
    others = view.locator(f"[class^=W]:not(.{weight.upper()}) rect")
    assert {others.nth(i).evaluate(lit) for i in range(others.count())} == {"1px"}
    assert view.locator(".hw-note").inner_text() == entry.get_attribute("aria-label")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_quiz_answers_to_click_and_to_keyboard(open_page, chapter):
    tab = open_page(chapter)
    questions = tab.locator(".hw-quiz fieldset")
    assert questions.count() == 3
    for number in range(questions.count()):
        question = questions.nth(number)
        choices, feedback = question.locator("input"), question.locator("[role=status]")
        assert not any(feedback.nth(i).is_visible() for i in range(feedback.count()))
        choices.first.focus()
        tab.keyboard.press("Space")
        for i in range(choices.count()):
            if i:
                tab.keyboard.press("ArrowDown")
            assert [feedback.nth(k).is_visible() for k in range(feedback.count())] == [
                k == i for k in range(feedback.count())
            ]
        question.locator("label").first.click()
        assert feedback.first.is_visible()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_hints_and_solutions_are_out_of_sight_until_asked_for(open_page, chapter):
    tab = open_page(chapter)
    hints = tab.locator("details:has(> summary:has-text('Hint'))")
    assert hints.count() >= 2
    assert not any(hints.nth(i).get_attribute("open") for i in range(hints.count()))
    solution = tab.locator(".solution.admonition").first
    assert not solution.locator("div.highlight").first.is_visible()
    solution.locator("button").first.click()
    assert solution.locator("div.highlight").first.is_visible()
