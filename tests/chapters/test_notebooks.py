"""Exported notebooks: plain Markdown that Jupyter and Colab show, and code that runs where only its packages are."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import nbclient
import nbformat
import pytest
from book.export.myst import Translator, UnknownSyntaxError
from book.export.notebooks import PageFacts, export_all
from book.paths import ROOT, is_chapter
from book.tools.server import serve
from packaging.requirements import Requirement

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
    written = export_all(ROOT, site, site="https://example.org/book", wheel="hwlib-1-py3-none-any.whl")
    return {path.name: nbformat.read(path, as_version=4) for path in written}


def test_every_chapter_has_its_two_notebooks():
    stems = [path.stem for path in (ROOT / "chapters").glob("*.md") if is_chapter(path)]
    assert {path.name for path in NOTEBOOKS} == {f"{stem}{end}.ipynb" for stem in stems for end in ("", "_solutions")}


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


def test_the_student_s_notebook_has_stubs_and_no_solutions_and_the_other_has_both():
    for path in NOTEBOOKS:
        source = source_of(nbformat.read(path, as_version=4))
        checks = re.findall(r'^check\("([\w-]+)"', source, re.MULTILINE)
        assert checks
        assert len(checks) == len(set(checks))
        has_stubs = re.search(r"(= |return )\.\.\.$", source, re.MULTILINE) is not None
        assert has_stubs == (not path.stem.endswith("_solutions"))
        assert re.search(r"^### Exercise \d+\.1 ", source, re.MULTILINE)


def test_exporting_twice_writes_the_same_bytes(tmp_path):
    site = tmp_path / "html"
    shutil.copytree(SITE / "chapters", site / "chapters")
    shutil.copytree(SITE.parent / "jupyter_execute", tmp_path / "jupyter_execute")
    for path in export_all(ROOT, site, site=None, wheel="hwlib.whl"):
        assert path.read_bytes() == (SITE / "notebooks" / path.name).read_bytes() or os.environ.get("BOOK_REPOSITORY")


def test_a_published_notebook_links_back_and_knows_where_the_library_is(published):
    notebook = published["conv_matrix.ipynb"]
    source = source_of(notebook)
    assert "(https://example.org/book/chapters/conv_matrix.html)" in notebook.cells[0].source
    assert '"https://example.org/book/wheels/hwlib-1-py3-none-any.whl"' in notebook.cells[1].source
    assert "[(1.4)](https://example.org/book/chapters/conv_matrix.html#equation-eq-conv-entry)" in source
    assert "[Theorem 1.1](https://example.org/book/chapters/conv_matrix.html#thm-conv-matrix)" in source


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


# --- run where only the packages of a hosted notebook are --------------------------------------------------------

HOSTED = ("numpy", "scipy", "matplotlib", "sympy", "torch", "ipywidgets", "ipykernel")


def closure(names):
    """The named distributions and everything that they require on this machine."""
    found, waiting = {}, list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            requirements = map(Requirement, found[name].requires or [])
            waiting += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found.values()


@pytest.fixture(scope="module")
def hosted_python(tmp_path_factory):
    """A new environment with what a hosted notebook has, and no more: installed files are linked, not downloaded."""
    folder = tmp_path_factory.mktemp("hosted")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    where = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True
    )
    packages = Path(where.stdout.strip())
    for distribution in closure(HOSTED):
        for file in distribution.files or []:
            source, target = Path(str(file.locate())), packages / file
            if ".." not in file.parts and "__pycache__" not in file.parts and source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(source, target)
                except OSError:  # another file system
                    shutil.copy2(source, target)
    absent = "import importlib.util as u; print([n for n in ('hwlib', 'skimage', 'myst_nb') if u.find_spec(n)])"
    assert subprocess.run([python, "-c", absent], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    return python


def versions(python):
    code = (
        "import importlib.metadata as m, json; print(json.dumps([m.version(n) for n in ('numpy', 'torch', 'scipy')]))"
    )
    return json.loads(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
@pytest.mark.xdist_group("hosted")
@pytest.mark.skipif(sys.platform == "win32", reason="paths of virtual environments differ")
def test_every_notebook_runs_from_an_empty_folder_where_only_its_packages_are(hosted_python, tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "hosted"
    kernel.mkdir(parents=True)
    command = [str(hosted_python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "hosted", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    before = versions(hosted_python)
    assert NOTEBOOKS
    with serve(SITE) as address:
        (wheel,) = (SITE / "wheels").glob("*.whl")
        monkeypatch.setenv("HWLIB_WHEEL", f"{address}/wheels/{wheel.name}")
        for path in NOTEBOOKS:
            folder = tmp_path / path.stem
            folder.mkdir()
            notebook = nbformat.read(path, as_version=4)
            resources = {"metadata": {"path": str(folder)}}
            nbclient.NotebookClient(notebook, timeout=300, kernel_name="hosted", resources=resources).execute()
            verdicts = re.findall(r"verdict verdict-(\w+)", json.dumps(notebook))
            asked = source_of(notebook).count("\ncheck(")
            expected = "right" if path.stem.endswith("_solutions") else "open"
            assert verdicts == [expected] * asked
    assert versions(hosted_python) == before, "the first cell must leave what is there as it is"
