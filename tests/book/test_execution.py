"""What a page's outputs are kept under, and where they are kept."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from book.ext.execution import ExecutionError, Keys, executed_notebook, keys_of, requirements
from book.ext.imports import Library
from book.ext.kernel import THREADS, FailedCellError, Run, environment
from book.ext.store import KEYS, Store
from book.paths import ROOT


@pytest.fixture
def keys(tmp_path):
    for name, text in {"__init__": "", "a": "A = 1\n", "b": "B = 1\n", "teach/exercises/page": ""}.items():
        path = tmp_path / "hwlib" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)
    (tmp_path / "hwlib" / "teach" / "__init__.py").touch()
    return Keys(Library(tmp_path, "hwlib"), {"numpy": "2"})


def fresh(keys, **versions):
    return Keys(Library(keys.library.source, "hwlib"), keys.versions | versions)


def test_a_key_changes_with_what_the_page_imports_and_with_nothing_else(keys):
    code, folder = "import hwlib.a", keys.library.source / "hwlib"
    key = keys.key("chapters/page", code)
    (folder / "b.py").write_text("B = 2\n")
    assert fresh(keys).key("chapters/page", code) == key
    (folder / "a.py").write_text("A = 2\n")
    changed = fresh(keys).key("chapters/page", code)
    (folder / "table.csv").write_text("1\n")  # a data file beside the module
    with_data = fresh(keys).key("chapters/page", code)
    (folder / "teach" / "exercises" / "page.py").write_text("# other exercises\n")
    with_exercises = fresh(keys).key("chapters/page", code)
    with_numpy = fresh(keys, numpy="3").key("chapters/page", code)
    assert len({key, changed, with_data, with_exercises, with_numpy}) == 5


def test_a_page_that_is_no_python_depends_on_everything_and_magic_is_none(keys):
    assert keys.files("page", "a b") == keys.library.all_files()
    assert keys.files("other", "%matplotlib inline\n!ls\nif True:\n    %time f()\nimport hwlib.a") == keys.files(
        "other", "import hwlib.a"
    )


def test_the_versions_are_those_of_the_packages_that_kernels_import():
    found = keys_of(ROOT / "chapters").versions
    for name in ("numpy", "torch", "matplotlib", "ipykernel", "mpmath"):  # the last one is required by another
        assert found[name] == version(name)
    assert "pytest" not in found
    assert {"numpy", "torch", "ipywidgets", "ipykernel", "foolbox"} <= set(requirements(ROOT / "pyproject.toml"))


def test_another_library_is_refused(tmp_path):
    (tmp_path / "hwlib.py").touch()
    with pytest.raises(ExecutionError, match=r"the cells would import hwlib from .*hwlib\.py"):
        keys_of(tmp_path)


def test_kernels_have_one_thread_and_this_library_first(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["elsewhere", "here"]))
    found = environment(Path("here"))
    assert found["PYTHONPATH"] == os.pathsep.join(["here", "elsewhere"])
    assert {found[name] for name in THREADS} == {"1"}


def notebook(*sources):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    made.metadata.update(kernelspec={"name": "python3"}, source_map=list(range(10, 10 * len(sources) + 10, 10)))
    return made


def test_a_store_finds_what_it_was_given_under_that_key_alone(tmp_path):
    store, executed = Store(tmp_path), notebook("1 + 1")
    assert store.find("chapters/a", "k", executed) is None
    store.keep("chapters/a", "k", executed, Path("a.md"), 1.0)
    assert store.find("chapters/a", "k", executed)
    assert store.find("chapters/a", "other", executed) is None
    assert store.find("chapters/b", "k", executed) is None
    assert store.find("chapters/a", "k", notebook("1 + 2")) is None


def test_a_store_keeps_the_keys_that_were_used_last(tmp_path):
    store = Store(tmp_path)
    for number in range(KEYS):
        store.keep("a", f"k{number}", notebook("1"), Path("a.md"), 1.0)
        os.utime(store.path("a", f"k{number}"), (number, number))
    assert store.find("a", "k0", notebook("1"))  # used again, so k1 is the oldest now
    store.keep("a", "new", notebook("1"), Path("a.md"), 1.0)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"k0", "new", *(f"k{n}" for n in range(2, KEYS))}


@pytest.mark.parametrize("damage", ["database", "notebook", "no notebook"])
def test_what_is_not_whole_counts_as_not_there(tmp_path, damage):
    store = Store(tmp_path)
    store.keep("a", "k", notebook("1"), Path("a.md"), 1.0)
    (stored,) = tmp_path.rglob("base.ipynb")
    if damage == "database":
        (tmp_path / "a" / "k" / "global.db").write_text("half")
    elif damage == "notebook":
        stored.write_text("{")
    else:
        stored.unlink()
    assert store.find("a", "k", notebook("1")) is None
    store.keep("a", "k", notebook("1"), Path("a.md"), 1.0)
    assert store.find("a", "k", notebook("1"))


@pytest.mark.slow
def test_a_run_tells_outputs_loaded_files_and_the_line_of_a_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", environment(ROOT / "src")["PYTHONPATH"])
    good = notebook("from hwlib.conv import output_shape", "output_shape((2, 2), (3, 3))")
    loaded = Run(good, tmp_path, "hwlib").execute()
    assert ROOT / "src/hwlib/conv/__init__.py" in loaded
    assert [cell.execution_count for cell in good.cells] == [1, 2]
    assert good.cells[1].outputs[0].data["text/plain"] == "(2, 2)"
    with pytest.raises(FailedCellError, match="ZeroDivisionError") as failure:
        Run(notebook("1", "1 / 0", "2"), tmp_path, "hwlib").execute()
    assert failure.value.line == 21
    with pytest.raises(FailedCellError) as failure:
        Run(notebook("import os; os._exit(3)"), tmp_path, "hwlib").execute()
    assert failure.value.line == 11


def test_a_page_that_was_not_executed_has_no_executed_notebook(tmp_path):
    assert executed_notebook(ROOT, tmp_path, "chapters/conv_matrix") is None
