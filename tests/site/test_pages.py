"""Every page in a real browser: nothing missing, nothing from outside, readable at any width, light and dark."""

from __future__ import annotations

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from .conftest import SITE, chapters, unfold

pytestmark = pytest.mark.site
in_every_chapter = pytest.mark.parametrize("chapter", chapters())


# What is wider than its box, and neither scrolls nor shows over the edge: nobody can read the rest.
CUT_OFF = """[...document.querySelectorAll("article *")].filter(node =>
    ["hidden", "clip"].includes(getComputedStyle(node).overflowX) && node.clientWidth > 1
    && node.scrollWidth > node.clientWidth + 1 && node.checkVisibility() && !node.closest("mjx-container")
).map(node => `${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`)"""


def serious_faults(tab):
    """What axe calls serious or critical, with the first places."""
    violations = Axe().run(tab, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
    return [
        (violation["id"], [node["target"] for node in violation["nodes"]][:5])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("widths", "schemes"), [([1280], ["dark", "light"]), ([360, 412], ["light", "dark"])])
def test_page_is_complete_accessible_and_fits(open_page, page, widths, schemes):
    tab = open_page(page, width=widths[0], scheme=schemes[0])
    untypeset = tab.evaluate(
        "[...document.querySelectorAll('.math')].filter(n => !n.querySelector('mjx-container')).length"
    )
    assert untypeset == 0
    assert tab.locator("mjx-merror, .MathJax_Error").count() == 0
    unfold(tab)
    for scheme in schemes:
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        tab.wait_for_timeout(200)
        assert not serious_faults(tab), scheme
    for width in widths:  # last: a change of size would make the theme measure anew what the folds had hidden
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
        assert not tab.evaluate(CUT_OFF)


@in_every_chapter
def test_keyboard_starts_with_a_skip_link_and_focus_is_seen(open_page, chapter):
    tab = open_page(chapter)
    tab.keyboard.press("Tab")
    assert "skip" in tab.evaluate("document.activeElement.textContent").lower()
    link = tab.locator("article a.reference").first
    link.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


@in_every_chapter
def test_the_theme_button_turns_pages_and_figures_over(open_page, chapter):
    """The figure follows the button, not only the device: its ground and its ink change places."""
    tab = open_page(chapter)
    picture = tab.locator('.cell_output img[src$=".svg"], figure img[src$=".svg"]').first

    def ground_and_ink():
        pixels = np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("L")).astype(int)
        ground = pixels[2, 2]
        return ground, pixels.min() if ground > 128 else pixels.max()

    light_ground, light_ink = ground_and_ink()
    assert light_ground > 220
    assert light_ink < 60
    for _ in range(3):  # automatic, light, dark in turn
        if tab.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        tab.locator("button.theme-switch-button").first.click()
    tab.wait_for_timeout(300)
    dark_ground, dark_ink = ground_and_ink()
    assert dark_ground < 60
    assert dark_ink > 200


@in_every_chapter
def test_a_page_prints_with_its_folds_open_and_closes_them_again(open_page, chapter):
    tab = open_page(chapter)
    closed = tab.locator("details:not([open])").count()
    assert closed
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details:not([open])").count() == 0
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.locator("details:not([open])").count() == closed


@in_every_chapter
def test_the_menu_of_a_formula_offers_nothing_that_the_site_does_not_carry(open_page, chapter):
    tab = open_page(chapter)
    disabled = """path => MathJax.startup.document.menu.menu.findID(...path).disabled"""
    for path in (["Settings", "Renderer", "SVG"], ["Accessibility", "Activate"], ["Accessibility", "Collapsible"]):
        assert tab.evaluate(disabled, path)
    assert not tab.evaluate(disabled, ["Settings", "Renderer", "CHTML"])


@in_every_chapter
def test_a_chapter_works_from_a_folder_without_a_server(browser, chapter):
    context = browser.new_context(offline=True)
    tab, faults = context.new_page(), []
    tab.on("console", lambda message: message.type == "error" and faults.append(message.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("requestfailed", lambda request: faults.append(request.url))
    tab.goto((SITE / chapter).as_uri())
    tab.wait_for_selector("mjx-container")
    handle = tab.locator(".jupyter-widgets .noUi-handle").first
    handle.focus()
    value = handle.get_attribute("aria-valuenow")
    tab.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuenow") != value
    context.close()
    assert not faults


@in_every_chapter
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_handle_of_a_slider_stands_out_from_the_page(open_page, chapter, scheme):
    tab = open_page(chapter, scheme=scheme)
    handles = tab.locator(".jupyter-widgets .noUi-handle")
    for number in range(handles.count()):
        handle = handles.nth(number)
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        around = {"x": box["x"] - 8, "y": box["y"] - 8, "width": box["width"] + 16, "height": box["height"] + 16}
        pixels = np.asarray(Image.open(io.BytesIO(tab.screenshot(clip=around))).convert("RGB")) / 255
        luminance = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]
        shades = sorted([luminance[len(luminance) // 2, len(luminance) // 2], luminance[0, 0]])
        assert (shades[1] + 0.05) / (shades[0] + 0.05) >= 3  # WCAG 1.4.11
