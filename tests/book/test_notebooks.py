"""Exported notebooks: plain Markdown that Jupyter and Colab show. tests/site/test_hosted.py runs them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from book.export.myst import Translator, UnknownSyntaxError
from book.export.notebooks import PageFacts, export_all
from book.export.record import Record
from book.paths import ROOT, is_chapter

SITE = ROOT / "_build" / "html"
NOTEBOOKS = sorted((SITE / "notebooks").glob("*.ipynb"))


class Lookup:
    """Stands for a finished page."""

    def reference(self, role, target, text):
        return f"<{role}:{target}:{text}>"

    def equation(self, label):
        return f"9.{len(label)}"

    def caption(self, label):
        return f"Theorem of {label}"

    def citation(self, role, keys):
        return f"[{role} {'+'.join(keys)}]"

    def value(self, name):
        return f"«{name}»"


def translate(text):
    return Translator(Lookup(), Path("chapters/demo.md")).translate(text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("See {eq}`eq-a` and {ref}`here <sec-b>`.", "See <eq:eq-a:None> and <ref:sec-b:here>."),
        (
            "{prf:ref}`thm`, {numref}`fig`, {doc}`notation`",
            "<prf:ref:thm:None>, <numref:fig:None>, <doc:notation:None>",
        ),
        ("By {cite:t}`a` and {cite}`b,c`.", "By [cite:t a] and [cite b+c]."),
        ("There are {glue:text}`count` of {math}`n^2`.", "There are «count» of $n^2$."),
        ("A `{ref}` in code, and ``{eq}`x` `` too.", "A `{ref}` in code, and ``{eq}`x` `` too."),
        ("(sec-a)=\n## Title\n% a comment\ntext", "## Title\n\ntext"),
        ("$a_{i,j} < b$ and $$c$$", "$a_{i,j} < b$ and $$c$$"),
        ("$$\na = b\n$$ (eq-a)", "$$\na = b \\tag{9.4}\n$$"),
        ("$$ a = b $$", "$$\n a = b \n$$"),
        ("```{math}\n:label: eq-abc\na &= b\n```", "$$\na &= b \\tag{9.6}\n$$"),
        ("```python\n# {ref}`x`\n(a)=\n```", "```python\n# {ref}`x`\n(a)=\n```"),
        (":::{note}\nMind {eq}`e`.\n:::", "> **Note**\n>\n> Mind <eq:e:None>."),
        ("```{admonition} Look $x$\n:class: tip\nHere.\n```", "> **Look $x$**\n>\n> Here."),
        (":::{prf:theorem} T\n:label: thm-a\n\nIt holds.\n:::", "> **Theorem of thm-a**\n>\n> It holds."),
        ("```{prf:proof}\nClear.\n```", "*Proof.* Clear."),
        (
            ":::{dropdown} Hint 1\nUse {eq}`e`.\n:::",
            "<details>\n<summary>Hint 1</summary>\n\nUse <eq:e:None>.\n\n</details>",
        ),
        (
            "````{admonition} A\n```{dropdown} B\n$$\nx\n$$ (e)\n```\n````",
            "> **A**\n>\n> <details>\n> <summary>B</summary>\n>\n> $$\n> x \\tag{9.1}\n> $$\n>\n> </details>",
        ),
        ("```{exercise-start} E\n:label: ex-a\n```\nDo it.\n```{exercise-end}\n```", "### Theorem of ex-a\n\nDo it."),
    ],
)
def test_each_piece_of_syntax_becomes_plain_markdown(source, expected):
    assert translate(source) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n\n```{tab-set}\n```", r"demo.md:3: the directive \{tab-set\} has no translation"),
        ("a\nb {sc}`c`", r"demo.md:2: the role \{sc\} has no translation"),
        ("a\n\n:::{note}\n\n```{mystery}\n```\n:::", r"demo.md:5: the directive \{mystery\}"),
        ("a\n\n```{note}\nnever closed", r"demo.md:3: .* is not closed"),
        ("$$\nnever closed", r"demo.md:1: .* is not closed"),
        (":::{prf:lemma} L\nx\n:::", r"demo.md:1: the directive \{prf:lemma\} needs a :label:"),
    ],
)
def test_what_has_no_translation_is_an_error_with_its_line(source, message):
    with pytest.raises(UnknownSyntaxError, match=message):
        translate(source)


def test_a_picture_travels_inside_the_notebook(tmp_path):
    (tmp_path / "p.svg").write_text("<svg/>")
    translator = Translator(Lookup(), tmp_path / "demo.md")
    assert (
        translator.translate("```{figure} p.svg\n:alt: A p\n\nIt is a p.\n```")
        == "![A p](attachment:p.svg)\n\n*It is a p.*"
    )
    assert translator.attachments == {"p.svg": {"image/svg+xml": "PHN2Zy8+"}}


def source_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The notebooks as a site with an address would offer them."""
    site = tmp_path_factory.mktemp("published") / "html"
    shutil.copytree(SITE / "chapters", site / "chapters")
    shutil.copytree(SITE.parent / "jupyter_execute", site.parent / "jupyter_execute")
    written = export_all(
        ROOT, site, site="https://example.org/book", wheel="hwlib-1-py3-none-any.whl", record=Record(site / "made")
    )
    return {path.name: nbformat.read(path, as_version=4) for path in written}


@pytest.mark.site
def test_every_chapter_has_its_two_notebooks():
    stems = [path.stem for path in (ROOT / "chapters").glob("*.md") if is_chapter(path)]
    assert {path.name for path in NOTEBOOKS} == {f"{stem}{end}.ipynb" for stem in stems for end in ("", "_solutions")}


@pytest.mark.site
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_has_no_outputs_and_no_syntax_of_the_book(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.source.strip()
        if cell.cell_type == "markdown":
            assert not re.search(
                r"\{[a-z:]+\}`|^[:`]{3,}\{|^\([\w-]+\)=|\b(eq|thm|fig|sec)-conv", cell.source, re.MULTILINE
            )
            assert cell.source.count("$$") % 2 == 0
        else:
            assert not re.search(r"#.*\b(eq|thm|prop|fig)-", cell.source)


@pytest.mark.site
def test_the_student_s_notebook_has_stubs_and_no_solutions_and_the_other_has_both():
    for path in NOTEBOOKS:
        source = source_of(nbformat.read(path, as_version=4))
        checks = re.findall(r'^check\("([\w-]+)"', source, re.MULTILINE)
        assert checks
        assert len(checks) == len(set(checks))
        has_stubs = re.search(r"(?:= |return )[\[(]*\.\.\.[\[\]()., ]*(?:#.*)?$", source, re.MULTILINE) is not None
        assert has_stubs == (not path.stem.endswith("_solutions"))
        assert re.search(r"^### Exercise \d+\.1 ", source, re.MULTILINE)


@pytest.mark.site
def test_exporting_twice_writes_the_same_bytes(tmp_path):
    site = tmp_path / "html"
    shutil.copytree(SITE / "chapters", site / "chapters")
    shutil.copytree(SITE.parent / "jupyter_execute", tmp_path / "jupyter_execute")
    for path in export_all(ROOT, site, site=None, wheel="hwlib.whl", record=Record(tmp_path / "made")):
        assert path.read_bytes() == (SITE / "notebooks" / path.name).read_bytes() or os.environ.get("BOOK_REPOSITORY")


@pytest.mark.site
def test_a_published_notebook_links_back_and_knows_where_the_library_is(published):
    notebook = published["conv_matrix.ipynb"]
    source = source_of(notebook)
    assert "(https://example.org/book/chapters/conv_matrix.html)" in notebook.cells[0].source
    assert '"https://example.org/book/wheels/hwlib-1-py3-none-any.whl"' in notebook.cells[1].source
    assert "[(1.4)](https://example.org/book/chapters/conv_matrix.html#equation-eq-conv-entry)" in source
    assert "[Theorem 1.1](https://example.org/book/chapters/conv_matrix.html#thm-conv-matrix)" in source


@pytest.mark.site
def test_facts_of_a_page_that_are_not_there_are_errors():
    page = PageFacts.read(SITE, "chapters/conv_matrix", ROOT / "references.bib", None)
    assert page.title == "A convolution is a matrix"
    for missing in (
        lambda: page.reference("ref", "sec-nowhere", None),
        lambda: page.equation("eq-nowhere"),
        lambda: page.caption("thm-nowhere"),
        lambda: page.value("nothing"),
    ):
        with pytest.raises(UnknownSyntaxError, match=r"nowhere|nothing"):
            missing()
