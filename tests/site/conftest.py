"""The built site, served on this machine, and a Chromium to look at it with."""

from __future__ import annotations

import pytest
from book.paths import ROOT, is_chapter
from book.tools.browser import ARGUMENTS, find
from book.tools.server import serve
from playwright.sync_api import sync_playwright

SITE = ROOT / "_build" / "html"


def pages() -> list[str]:
    """Every page of the site; the one name stands for a site that was not built, and makes the tests fail."""
    found = [path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html"))]
    return [page for page in found if not page.startswith(("_static/", "_modules/"))] or ["index.html"]


def chapters():
    """The page of every chapter."""
    return [f"chapters/{path.stem}.html" for path in sorted((ROOT / "chapters").glob("*.md")) if is_chapter(path)]


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages())


def unfold(tab):
    """Open every fold of a page: what a reader can open is tested as well."""
    tab.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    tab.evaluate("document.querySelectorAll('button.toggle-button-hidden').forEach(button => button.click())")
    tab.wait_for_timeout(500)  # the theme waits a little before it measures again
    assert tab.locator("details:not([open]), .toggle-hidden").count() == 0


@pytest.fixture(scope="session")
def address():
    if not (SITE / "index.html").exists():
        pytest.fail("there is no site to test: run 'make book'")
    with serve(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    path = find()
    if path is None:
        pytest.skip("NO BROWSER: install Chromium, or set CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """Opens a page, and fails afterwards if it asked another host, missed a file or reported an error."""
    contexts, faults = [], []

    def open_it(page, *, width=1280, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=width < 500
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: message.type == "error" and faults.append(f"console: {message.text}"))
        tab.on("pageerror", lambda error: faults.append(f"script: {error}"))
        tab.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        tab.on("response", lambda response: response.status >= 400 and faults.append(f"missing: {response.url}"))
        own = (f"{address}/", "data:", "blob:")
        tab.on("request", lambda request: request.url.startswith(own) or faults.append(f"outside: {request.url}"))
        tab.goto(f"{address}/{page}", wait_until="load")
        tab.evaluate("() => window.MathJax?.startup?.promise")
        tab.wait_for_function(
            "() => document.querySelectorAll('script[type=\"application/vnd.jupyter.widget-view+json\"]').length"
            " === document.querySelectorAll('.jupyter-widgets.widget-vbox, .widget-error').length"
            " || document.querySelectorAll('.jupyter-widgets').length > 0"
        )
        tab.wait_for_timeout(300)
        return tab

    yield open_it
    for context in contexts:
        context.close()
    assert not faults
