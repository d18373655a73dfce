"""The built site, and a Chromium to look at it with: wide and served, or narrow and from a folder without a network.

Opening a page is what takes time, so one opened tab serves all tests of a page. A test that names the fixture
``desktop`` or ``phone`` runs once for every page, or for those that ``@on(...)`` names, and the tests are put in such
an order that those of one tab follow each other. A test puts back what it changes, but for open folds: a test that
needs them all open comes last.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import pytest
from book.paths import ROOT, is_chapter
from book.tools.browser import ARGUMENTS, find
from book.tools.server import serve
from playwright.sync_api import Page, TimeoutError, sync_playwright

SITE = ROOT / "_build" / "html"
# How a page is opened; tests turn light and dark over.
VIEWS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 900}, "color_scheme": "dark", "has_touch": True, "offline": True},
}


@functools.cache
def pages() -> list[str]:
    """Every page of the site; the one name stands for a site that was not built, and makes the tests fail."""
    found = [path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html"))]
    return [page for page in found if not page.startswith(("_static/", "_modules/"))] or ["index.html"]


@functools.cache
def chapters() -> list[str]:
    """The page of every chapter."""
    return [f"chapters/{path.stem}.html" for path in sorted((ROOT / "chapters").glob("*.md")) if is_chapter(path)]


def on(*pages: str):
    """Marks a test that is for these pages only."""

    def mark(test):
        test.pages = pages
        return test

    return mark


in_every_chapter = on(*chapters())


def pytest_generate_tests(metafunc):
    for name in {"page", *VIEWS} & set(metafunc.fixturenames):
        metafunc.parametrize(name, getattr(metafunc.function, "pages", pages()), indirect=name in VIEWS)


def pytest_collection_modifyitems(items):
    """Tests of one tab follow each other, and those that unfold the page come last among them."""
    shared = {}
    for place, item in enumerate(items):
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        for name in set(VIEWS) & set(parameters):
            shared[place] = (parameters[name], name, "unfolded" in item.fixturenames)
    for place, source in zip(shared, [items[i] for i in sorted(shared, key=shared.get)], strict=True):
        items[place] = source


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


@dataclass
class Watch:
    """What went wrong in a tab since it was last asked, and what it is still loading."""

    address: str
    faults: list[str] = field(default_factory=list)
    waiting: set[object] = field(default_factory=set)

    def over(self, tab: Page) -> None:
        own = (f"{self.address}/", "data:", "blob:")
        tab.on("console", lambda message: message.type == "error" and self.faults.append(f"console: {message.text}"))
        tab.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        tab.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))
        tab.on("response", lambda answer: answer.status >= 400 and self.faults.append(f"missing: {answer.url}"))
        tab.on("request", lambda request: request.url.startswith(own) or self.faults.append(f"outside: {request.url}"))
        tab.on("request", lambda request: self.waiting.add(request))
        tab.on("requestfinished", lambda request: self.waiting.discard(request))
        tab.on("requestfailed", lambda request: self.waiting.discard(request))

    def asked(self) -> list[str]:
        """The faults so far; the next test is told of new ones only."""
        told, self.faults = self.faults, []
        return told


TYPESET = "() => window.MathJax?.startup?.promise.then(() => true) ?? true"
WIDGETS_ARE_THERE = """() => {
    const views = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]');
    return [...views].every(view => view.parentElement.querySelector(".jupyter-widgets, .widget-error"));
}"""
# What moves has come to rest, and has been painted.
AT_REST = """() => document.fonts.status === "loaded" && document.getAnimations().every(a => a.playState === "finished")
    && new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


def open_tab(context, watch: Watch, page: str) -> Page:
    """A new tab with a page that is finished: formulas set, widgets there, nothing on its way."""
    tab = context.new_page()
    watch.over(tab)
    tab.goto(f"{watch.address}/{page}", wait_until="load")
    tab.evaluate(TYPESET)
    until(tab, WIDGETS_ARE_THERE, "widgets are missing")
    tab.wait_for_function(AT_REST)
    while watch.waiting:
        tab.wait_for_timeout(10)
    return tab


def until(tab: Page, condition: str, what: str) -> None:
    """Wait until a condition holds in the page; say what did not come true if it never does."""
    try:
        tab.wait_for_function(condition, timeout=10_000)
    except TimeoutError:
        pytest.fail(what)


def turn_to(tab: Page, scheme: str) -> None:
    """Light or dark, as the reader's device is; returns when all colours have arrived."""
    tab.emulate_media(color_scheme=scheme)
    until(tab, f"document.documentElement.dataset.theme === '{scheme}'", f"the page does not become {scheme}")
    tab.wait_for_function(AT_REST)


# The theme gives what scrolls a place in the order of the Tab key, some time after a fold was opened.
TAB_STOPS_ARE_SET = """() => [...document.querySelectorAll(
    "pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon, .pst-scrollable-table-container"
)].every(n => (n.tabIndex === 0) === (n.scrollWidth > n.clientWidth || n.scrollHeight > n.clientHeight))"""


def unfold(tab: Page) -> None:
    """Open every fold of a page: what a reader can open is tested as well."""
    tab.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    tab.evaluate("document.querySelectorAll('button.toggle-button-hidden').forEach(button => button.click())")
    until(tab, TAB_STOPS_ARE_SET, "what scrolls can not be reached by keyboard")
    tab.wait_for_function(AT_REST)
    assert tab.locator("details:not([open]), .toggle-hidden").count() == 0


class Desk:
    """One context for each view, and the one tab that is open."""

    def __init__(self, browser, addresses):
        self.contexts = {name: browser.new_context(**options) for name, options in VIEWS.items()}
        self.addresses = addresses
        self.view, self.tab, self.watch, self.unfolded = None, None, None, False

    def take(self, name: str, page: str, *, folded: bool) -> Page:
        """The tab with this page in this view: the open one if it shows this, and its folds are as asked for."""
        if (name, page) != self.view or (folded and self.unfolded):
            self.clear()
            self.watch = Watch(self.addresses[name])
            self.tab = open_tab(self.contexts[name], self.watch, page)
            self.view = name, page
        return self.tab

    def clear(self) -> None:
        if self.tab:
            self.tab.close()
        self.view, self.tab, self.unfolded = None, None, False


@pytest.fixture(scope="session")
def desk(browser, address):
    desk = Desk(browser, {"desktop": address, "phone": SITE.as_uri()})
    yield desk
    desk.clear()
    for context in desk.contexts.values():
        context.close()


def view(name):
    """Fixture: the shared tab; the test fails if it asked another host, missed a file or reported an error."""

    @pytest.fixture(name=name)
    def tab(desk, request):
        yield desk.take(name, request.param, folded="unfolded" not in request.fixturenames)
        faults = desk.watch.asked()
        if faults or getattr(request.node, "failed_in_call", False):
            desk.clear()  # nobody knows in what state it was left
        assert not faults

    return tab


desktop, phone = map(view, VIEWS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.failed_in_call = report.failed
    return report


@pytest.fixture
def unfolded(desk, request):
    """Opens the folds of the shared tab, and leaves them open."""
    request.getfixturevalue(next(name for name in VIEWS if name in request.fixturenames))
    if not desk.unfolded:
        unfold(desk.tab)
        desk.unfolded = True
