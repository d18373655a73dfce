"""Every page in a real browser: nothing missing, nothing from outside, readable at any width, light and dark.

Each test also fails if the page reported an error, missed a file or asked another host since the test before: see the
fixtures.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from .accessibility import faults, faults_of_colour
from .conftest import AT_REST, in_every_chapter, on, turn_to, until

pytestmark = pytest.mark.site

# What is wider than its box, and neither scrolls nor shows over the edge: nobody can read the rest.
CUT_OFF = """[...document.querySelectorAll("article *")].filter(node =>
    ["hidden", "clip"].includes(getComputedStyle(node).overflowX) && node.clientWidth > 1
    && node.scrollWidth > node.clientWidth + 1 && node.checkVisibility() && !node.closest("mjx-container")
).map(node => `${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`)"""


def pixels(node, mode, **options):
    return np.asarray(Image.open(io.BytesIO(node.screenshot(**options))).convert(mode)).astype(float)


def test_every_formula_is_set(desktop):
    assert desktop.evaluate(
        "[...document.querySelectorAll('.math')].filter(n => !n.querySelector('mjx-container')).length === 0"
    )
    assert desktop.locator("mjx-merror, .MathJax_Error").count() == 0


def accessible(tab, schemes):
    assert not faults(tab)
    for scheme in schemes:
        turn_to(tab, scheme)
        assert not faults_of_colour(tab), scheme


def fits(tab, widths):
    for width in widths:
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
        assert not tab.evaluate(CUT_OFF), f"at {width} pixels"
    tab.set_viewport_size({"width": widths[0], "height": 900})


def test_everybody_can_read_it_on_a_desktop(desktop, unfolded):
    accessible(desktop, ["dark", "light"])


def test_everybody_can_read_it_on_a_phone(phone, unfolded):
    accessible(phone, ["light", "dark"])


# After the two above: a change of size makes the theme measure anew what the folds had hidden.
def test_it_fits_on_a_desktop(desktop, unfolded):
    fits(desktop, [1280])


def test_it_fits_on_a_phone(phone, unfolded):
    fits(phone, [390, 360, 412])


@on("index.html")
def test_a_planted_fault_of_colour_is_found(desktop):
    desktop.evaluate(
        """document.querySelector("article section").insertAdjacentHTML(
            "beforeend", "<div id='planted'><p>one</p><p style='color: #888'>two words</p><p>three</p></div>")"""
    )
    for scheme, expected in (("dark", []), ("light", ["color-contrast"])):  # 5 to 1 on black, 3.5 to 1 on white
        turn_to(desktop, scheme)
        assert [name for name, _ in faults_of_colour(desktop)] == expected
    assert desktop.locator("[data-kind]").count() == 0
    desktop.evaluate("document.getElementById('planted').remove()")


@in_every_chapter
def test_keyboard_starts_with_a_skip_link_and_focus_is_seen(desktop):
    tab = desktop
    assert tab.locator("[autofocus]").count() == 0
    tab.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")
    tab.keyboard.press("Tab")
    assert "skip" in tab.evaluate("document.activeElement.textContent").lower()
    link = tab.locator("article a.reference").first
    link.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


@in_every_chapter
def test_the_theme_button_turns_pages_and_figures_over(desktop):
    """The figure follows the button, not only the device: its ground and its ink change places."""
    tab = desktop
    picture = tab.locator('.cell_output img[src$=".svg"], figure img[src$=".svg"]').first

    def ground_and_ink():
        grey = pixels(picture, "L")
        ground = grey[2, 2]
        return ground, grey.min() if ground > 128 else grey.max()

    def press_until(condition):
        for _ in range(3):  # automatic, light, dark in turn
            if tab.evaluate(condition):
                break
            tab.locator("button.theme-switch-button").first.click()
        until(tab, f"{condition} && ({AT_REST})()", f"the button does not lead to: {condition}")

    light_ground, light_ink = ground_and_ink()
    assert light_ground > 220
    assert light_ink < 60
    press_until("document.documentElement.dataset.theme === 'dark'")
    dark_ground, dark_ink = ground_and_ink()
    assert dark_ground < 60
    assert dark_ink > 200
    press_until("document.documentElement.dataset.mode === 'auto'")


@in_every_chapter
def test_a_page_prints_with_its_folds_open_and_closes_them_again(desktop):
    tab = desktop
    closed = tab.locator("details:not([open])").count()
    assert closed
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details:not([open])").count() == 0
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.locator("details:not([open])").count() == closed


@in_every_chapter
def test_the_menu_of_a_formula_offers_nothing_that_the_site_does_not_carry(desktop):
    disabled = """path => MathJax.startup.document.menu.menu.findID(...path).disabled"""
    for path in (["Settings", "Renderer", "SVG"], ["Accessibility", "Activate"], ["Accessibility", "Collapsible"]):
        assert desktop.evaluate(disabled, path)
    assert not desktop.evaluate(disabled, ["Settings", "Renderer", "CHTML"])


@in_every_chapter
def test_the_handle_of_a_slider_stands_out_from_the_page(desktop):
    tab = desktop
    handles = tab.locator(".jupyter-widgets .noUi-handle")
    assert handles.count() + tab.locator(".widget-toggle-buttons").count()
    for scheme in ("dark", "light"):
        turn_to(tab, scheme)
        for number in range(handles.count()):
            handle = handles.nth(number)
            handle.scroll_into_view_if_needed()
            box = handle.bounding_box()
            around = {"x": box["x"] - 8, "y": box["y"] - 8, "width": box["width"] + 16, "height": box["height"] + 16}
            colours = pixels(tab, "RGB", clip=around) / 255
            luminance = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4) @ [
                0.2126,
                0.7152,
                0.0722,
            ]
            shades = sorted([luminance[len(luminance) // 2, len(luminance) // 2], luminance[0, 0]])
            assert (shades[1] + 0.05) / (shades[0] + 0.05) >= 3, f"handle {number}, {scheme}"  # WCAG 1.4.11
