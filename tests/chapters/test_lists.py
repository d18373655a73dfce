"""The lists that every chapter adds to: a merge that spoils one is noticed before a build is."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]


def test_the_bibliography_can_be_read_and_every_citation_is_in_it():
    entries = {key.lower() for key in parse_file(str(ROOT / "references.bib")).entries}
    texts = "\n".join(path.read_text("utf8") for path in [ROOT / "index.md", *(ROOT / "chapters").glob("*.md")])
    cited = {
        key.strip().lower() for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", texts) for key in keys.split(",")
    }
    assert cited
    assert cited <= entries, sorted(cited - entries)


def test_the_glossary_is_sorted_and_its_terms_stand_apart():
    text = (ROOT / "chapters" / "glossary.md").read_text("utf8")
    lines = text[text.index("{glossary}") :].splitlines()[1:]
    places = [place for place, line in enumerate(lines) if line and not line.startswith((" ", "`", ":"))]
    terms = [lines[place].lower() for place in places]
    assert len(terms) > 50
    assert all(one < other for one, other in itertools.pairwise(terms))
    assert [lines[place] for place in places[1:] if lines[place - 1].strip()] == []
