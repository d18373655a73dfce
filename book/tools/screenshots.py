"""Pictures of every page of the built site, to look at: wide and narrow, light and dark."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from book.paths import ROOT
from book.tools.browser import ARGUMENTS, find
from book.tools.server import serve

SITE, PICTURES = ROOT / "_build" / "html", ROOT / "_build" / "screenshots"
WIDTHS = {"wide": 1280, "phone": 390}


def take() -> int:
    """Take the pictures; gives the exit status."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    pages = [path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]
    with serve(SITE) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        for page in pages:
            for width_name, width in WIDTHS.items():
                for scheme in ("light", "dark"):
                    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                    tab = context.new_page()
                    tab.goto(f"{address}/{page}")
                    tab.wait_for_timeout(1000)
                    name = f"{page.removesuffix('.html').replace('/', '_')}_{width_name}_{scheme}.png"
                    tab.screenshot(path=PICTURES / name, full_page=True)
                    print(PICTURES / name)
                    context.close()
        browser.close()
    return 0
