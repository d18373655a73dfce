"""The site as files: nothing from other hosts, no dead link, a text for every picture, downloads that exist."""

from __future__ import annotations

import collections
import functools
import re
import zipfile
from urllib.parse import unquote, urlsplit

import pytest
from book.paths import ROOT
from book.tools.vendor import CHECKSUMS, checksums
from bs4 import BeautifulSoup

from .conftest import SITE

pytestmark = pytest.mark.site
SOURCES = ROOT / "src"


@functools.cache
def parsed(path):
    return BeautifulSoup(path.read_text("utf8"), "html.parser")


def test_a_page_loads_nothing_from_another_host(page):
    loaded = parsed(SITE / page).select("script[src], img[src], iframe[src], source[src], link[href]")
    relations = {"stylesheet", "preload", "icon", "preconnect", "dns-prefetch", "modulepreload", "prefetch"}
    outside = [
        str(node)
        for node in loaded
        if re.match(r"(https?:)?//", node.get("src") or node.get("href"))
        and (node.name != "link" or relations & set(node.get("rel", [])))
    ]
    assert not outside
    styles = "".join(node.get_text() for node in parsed(SITE / page).select("style"))
    assert not re.search(r"url\(\s*['\"]?https?:|@import", styles)


def test_style_sheets_load_nothing_from_another_host():
    sheets = list(SITE.rglob("*.css"))
    assert sheets
    assert not [
        sheet for sheet in sheets if re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text("utf8"))
    ]


@functools.cache
def ids_of(file):
    return {node["id"] for node in parsed(file).select("[id]")}


def test_every_internal_link_leads_somewhere(page):
    dead = []
    for link in parsed(SITE / page).select("a[href]"):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        target = (SITE / page).parent / unquote(parts.path) if parts.path else SITE / page
        if target.is_dir():
            target = target / "index.html"
        if not target.exists() or (
            parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in ids_of(target)
        ):
            dead.append(link["href"])
    assert not dead


def test_an_id_names_one_thing(page):
    ids = collections.Counter(node["id"] for node in parsed(SITE / page).select("article [id]"))
    assert not [name for name, count in ids.items() if count > 1]


def test_every_picture_has_a_text(page):
    assert not [str(image) for image in parsed(SITE / page).select("img") if not image.get("alt", "").strip()]


def test_the_label_of_no_equation_or_theorem_is_left_in_a_code_comment(page):
    comments = [comment.get_text() for comment in parsed(SITE / page).select("div.highlight span.c1")]
    assert not [comment for comment in comments if re.search(r"\b(eq|thm|prop|def|fig)-", comment)]


def test_the_wheel_that_notebooks_install_holds_the_whole_library():
    (wheel,) = (SITE / "wheels").glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    here = {path.relative_to(SOURCES).as_posix() for path in (SOURCES / "hwlib").rglob("*") if path.is_file()}
    assert names == {name for name in here if "__pycache__" not in name}


def test_vendored_files_are_what_was_fetched_and_their_licences_are_beside_them():
    recorded = dict(reversed(line.split("  ")) for line in CHECKSUMS.read_text().splitlines())
    assert checksums() == recorded
    assert {"mathjax/LICENSE", "html-manager/LICENSE", "html-manager/embed.js.LICENSE.txt"} <= set(recorded)
