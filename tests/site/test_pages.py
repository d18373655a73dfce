"""Every page in a real browser: nothing missing, nothing from outside, readable at any width, light and dark."""

from __future__ import annotations

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

pytestmark = pytest.mark.site


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_page_is_complete_accessible_and_fits(open_page, page, width, scheme):
    tab = open_page(page, width=width, scheme=scheme)
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    untypeset = tab.evaluate(
        "[...document.querySelectorAll('.math')].filter(n => !n.querySelector('mjx-container')).length"
    )
    assert untypeset == 0
    assert tab.locator("mjx-merror, .MathJax_Error").count() == 0
    violations = Axe().run(tab, options={"preload": False}).response["violations"]
    serious = [
        (violation["id"], [node["target"] for node in violation["nodes"]][:5])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
    assert not serious


def test_keyboard_starts_with_a_skip_link_and_focus_is_seen(open_page):
    tab = open_page("chapters/conv_matrix.html")
    tab.keyboard.press("Tab")
    assert "skip" in tab.evaluate("document.activeElement.textContent").lower()
    link = tab.locator("article a.reference").first
    link.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_the_theme_button_turns_pages_and_figures_over(open_page):
    """The figure follows the button, not only the device: its ground and its ink change places."""
    tab = open_page("chapters/conv_matrix.html")
    picture = tab.locator("figure img, .cell_output img").first

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
