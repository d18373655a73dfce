"""What moves on a page moves without a kernel: sliders, linked views, quizzes, folded hints."""

from __future__ import annotations

import pytest

from .conftest import in_every_chapter, on, until

pytestmark = pytest.mark.site

SHOWN = """() => [...document.querySelectorAll('.widget-html-content :is(.hw-views, .hw-note)')]
    .filter(node => node.offsetParent).map(node => node.innerHTML).join()"""


def move_every_slider(tab):
    """One step and back: to the right, or to the left where the slider stands at its right end; buttons likewise."""
    handles, rows = tab.locator(".jupyter-widgets .noUi-handle"), tab.locator(".widget-toggle-buttons")
    assert handles.count() + rows.count() > 0
    tab.evaluate(f"window.shown = {SHOWN}")
    for number in range(rows.count()):
        tab.evaluate("window.before = window.shown()")
        row = rows.nth(number)
        chosen = row.locator("button.mod-active").inner_text()
        row.locator("button:not(.mod-active)").first.click()
        until(tab, "window.shown() && window.shown() !== window.before", f"row {number} of buttons changes nothing")
        row.get_by_role("button", name=chosen, exact=True).click()
        until(tab, "window.shown() === window.before", f"row {number} of buttons does not lead back")
    for number in range(handles.count()):
        tab.evaluate("window.before = window.shown()")
        handle = handles.nth(number)
        at_its_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        forth, back = ("ArrowLeft", "ArrowRight") if at_its_end else ("ArrowRight", "ArrowLeft")
        handle.focus()
        tab.keyboard.press(forth)
        until(tab, "window.shown() && window.shown() !== window.before", f"slider {number} changes nothing")
        tab.keyboard.press(back)
        until(tab, "window.shown() === window.before", f"slider {number} does not lead back")


@in_every_chapter
def test_every_slider_changes_what_is_shown_and_back(desktop):
    move_every_slider(desktop)


@in_every_chapter
def test_every_slider_works_on_a_phone(phone):
    move_every_slider(phone)


@on("chapters/conv_matrix.html")
def test_two_sliders_together_show_the_frame_of_both(desktop):
    handles = desktop.locator(".jupyter-widgets .noUi-handle")
    notes = desktop.locator(".widget-html-content .hw-note:visible")

    def press(key):
        for number in (0, 1):
            handles.nth(number).focus()
            desktop.keyboard.press(key)

    press("ArrowLeft")
    notes.get_by_text("⌊(4 + 2·1 − 2) / 1⌋ + 1 = 5").wait_for()  # kernel 2, stride 1, padding 1
    assert notes.count() == 1
    press("ArrowRight")


def pointing_lights_what_belongs_together(tab, how):
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
    tab.locator("article h1").first.click()
    until(tab, "!document.querySelector('.hw-links :focus, .hw-links :hover')", "the view stays lit")


@on("index.html", "chapters/conv_matrix.html")
@pytest.mark.parametrize("how", ["hover", "focus"])
def test_pointing_at_an_entry_lights_its_weight_and_pixels(desktop, how):
    pointing_lights_what_belongs_together(desktop, how)


@on("index.html", "chapters/conv_matrix.html")
def test_a_tap_on_an_entry_lights_its_weight_and_pixels(phone):
    pointing_lights_what_belongs_together(phone, "tap")


@in_every_chapter
def test_a_quiz_answers_to_click_and_to_keyboard(desktop):
    tab = desktop
    questions = tab.locator(".hw-quiz fieldset")
    assert questions.count() == 3
    for number in range(questions.count()):
        question = questions.nth(number)
        choices, feedback = question.locator("input"), question.locator("[role=status]")
        visible = "notes => notes.map(note => note.checkVisibility())"
        assert not any(feedback.evaluate_all(visible))
        choices.first.focus()
        tab.keyboard.press("Space")
        for i in range(choices.count()):
            if i:
                tab.keyboard.press("ArrowDown")
            assert feedback.evaluate_all(visible) == [k == i for k in range(feedback.count())]
        question.locator("label").first.click()
        assert feedback.first.is_visible()
        choices.evaluate_all("inputs => inputs.forEach(input => { input.checked = false })")


@in_every_chapter
def test_hints_and_solutions_are_out_of_sight_until_asked_for(desktop):
    tab = desktop
    hints = tab.locator("details:has(> summary:has-text('Hint'))")
    assert hints.count() >= 2
    assert not any(hints.evaluate_all("hints => hints.map(hint => hint.open)"))
    solution = tab.locator(".solution.admonition").first
    listing, button = solution.locator("div.highlight").first, solution.locator("button").first
    assert not listing.is_visible()
    button.click()
    assert listing.is_visible()
    button.click()
    assert not listing.is_visible()
