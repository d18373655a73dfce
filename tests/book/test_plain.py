"""``jupyter-book build .`` and ``make book`` give the same site, file by file and byte by byte."""

from __future__ import annotations

import re
import shutil

import pytest

from .conftest import HEAD, SmallBook, cell

pytestmark = pytest.mark.slow

SUMS = """\
# Sums

(sec-sums)=
## A section

```{prf:theorem} Two
:label: thm-two

It is so:

$$
1 + 1 = 2
$$ (eq-two)
```

See {eq}`eq-two` and {prf:ref}`thm-two`. There are {glue:text}`count`.

"""
CELLS = [
    cell(
        ":tags: [check]", "", "from hwlib.teach import check, record", "assert 1 + 1 == 2  # eq-two", "record(count=2)"
    ),
    cell("import ipywidgets", "ipywidgets.VBox([ipywidgets.IntSlider(), ipywidgets.Label('see')])"),
    cell("from hwlib import plot", "plot.curves({'a': ([0, 1], [1, 0])}, x='x', y='y')"),
]
INDEX = "# Problems\n\n```{problem-summary}\n```\n\n```{problem-index}\n```\n"
REGISTER = """\
sources:
  set: {file: set.txt, title: A problem set}
problems:
- {id: p-sums, source: ["set:1"], ask: "What is 1 + 1?", claim: "Computed.", chapter: sums, place: sec-sums}
"""


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same book, built both ways at the same place, one after the other."""
    book = SmallBook(tmp_path_factory.mktemp("book"))
    book.write(sums=HEAD + SUMS + "\n".join(CELLS), problem_index=INDEX)
    (book.folder / "chapters" / "problems.yml").write_text(REGISTER)
    (book.folder / "tests").mkdir()
    mark = "@pytest.mark.problem"  # apart from its name, or this file would claim to test that problem
    (book.folder / "tests" / "test_a.py").write_text(f'{mark}("p-sums")\ndef test_sums(): pass\n')
    sites = []
    for build in (book.jupyter_book, book.build):
        shutil.rmtree(book.folder / "_build", ignore_errors=True)
        result = build()
        assert result.returncode == 0, result.stderr
        assert "WARNING" not in result.stderr
        sites.append(book.html.rename(book.folder / f"site{len(sites)}"))
    return sites


def test_the_sites_are_equal(both):
    plain, ours = map(files, both)
    assert set(plain) == set(ours)
    assert not [name for name in plain if plain[name].read_bytes() != ours[name].read_bytes()]


def test_the_plain_site_is_whole(both):
    plain = files(both[0])
    assert {"notebooks/sums.ipynb", "notebooks/sums_solutions.ipynb", "_static/vendor/mathjax/LICENSE"} <= set(plain)
    assert any(re.fullmatch(r"wheels/hwlib-.*\.whl", name) for name in plain)
    page = plain["chapters/sums.html"].read_text("utf8")
    assert 'href="../notebooks/sums.ipynb"' in page
    assert '# <a href="#equation-eq-two">(1)</a>' in page
    index = plain["chapters/problem_index.html"].read_text("utf8")
    assert "The book answers 1 of 1 problems so far" in index
    assert "tests/test_a.py::test_sums" in index
    loaded = re.findall(r'<(?:script|link|img)\b[^>]*\b(?:src|href)="((?:https?:)?//[^"]*)"', page + index)
    assert not loaded
