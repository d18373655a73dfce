"""Which engine finds regions, where its machine code is kept, and what all engines leave to exact arithmetic."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import hwlib.regions
from hwlib.network import Network
from hwlib.regions import _engine, count_regions, enumerate_regions, precompile, use_engine
from hwlib.regions._compiled import _made
from hwlib.regions._shapes import Faces, FloatCell, InDoubtError
from hwlib.regions.exact import box_cell, merged_layers

SHOW = "import hwlib.regions as r; print(r.engine())"


def session(code, **environment):
    """What a new Python prints, without settings of this one that concern the engine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_") and not k.startswith("HWLIB_")}
    kept["HOME"] = kept["XDG_CACHE_HOME"] = "/nonexistent"
    done = subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


# --- the switch --------------------------------------------------------------------------------------


def test_importing_regions_neither_loads_nor_compiles_anything():
    code = "import sys, hwlib.regions; print({'numba', 'llvmlite', 'joblib', 'torch'} & set(sys.modules))"
    assert session(code) == "set()"


def test_without_machine_code_numpy_is_the_engine(tmp_path):
    assert session(SHOW) == "numpy"
    assert session(SHOW, HWLIB_CACHE_DIR=str(tmp_path)) == "numpy"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["HWLIB_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"])
def test_machine_code_on_the_disk_is_loaded_and_used(machine_code, variable):
    """In each place where it can be; files would be newer if anything were compiled."""
    if variable == "XDG_CACHE_HOME" and not sys.platform.startswith("linux"):
        pytest.skip("the system names another folder")
    before = {file: file.stat().st_mtime_ns for file in machine_code.rglob("*")}
    network = "[([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])]"
    code = f"{SHOW}; print(r.count_regions({network}, box=[(-1, 1)] * 2), len(r.enumerate_regions({network})))"
    assert session(code, **{variable: str(machine_code)}) == "numba\n4 4"
    assert {file: file.stat().st_mtime_ns for file in machine_code.rglob("*")} == before


@pytest.mark.slow
def test_nothing_is_written_where_hwlib_is_installed(machine_code):
    installed = Path(hwlib.regions.__file__).parent
    assert not [*(installed / "_compiled").rglob("*.nb?")]
    assert [*machine_code.rglob("*.nbi")]


@pytest.mark.slow
def test_a_setting_overrules_what_is_on_the_disk(machine_code):
    assert session(SHOW, HWLIB_CACHE_DIR=str(machine_code), HWLIB_REGIONS_ENGINE="numpy") == "numpy"
    assert session(SHOW, HWLIB_CACHE_DIR=str(machine_code), HWLIB_REGIONS_ENGINE="numba") == "numba"
    assert session(SHOW, HWLIB_REGIONS_ENGINE="rust").endswith("accepted are 'numpy' and 'numba'")


def test_settings_that_leave_the_code_as_it_is_do_not_count(monkeypatch):
    """joblib sets the number of threads; whoever changes it has not to compile anew."""
    before = _made.made_from()
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    assert _made.made_from() == before
    monkeypatch.setenv("NUMBA_OPT", "1")
    assert _made.made_from() != before


def test_an_engine_is_used_within_a_block_only():
    before = hwlib.regions.engine()
    with use_engine("numpy"):
        assert hwlib.regions.engine() == "numpy"
    assert hwlib.regions.engine() == before
    with pytest.raises(ValueError, match="name='rust': accepted are 'numpy' and 'numba'"), use_engine("rust"):
        pass


def test_missing_numba_is_named_with_a_command_that_works():
    block = "import sys; sys.modules['numba'] = None; import hwlib.regions as r; "
    assert "pip install '.[fast]' in a clone of the book" in session(block + "r.precompile()")
    assert session(block + "print(r.engine())") == "numpy"


def test_precompiling_serves_the_session_even_if_nothing_can_be_written(monkeypatch):
    monkeypatch.delenv("HWLIB_REGIONS_ENGINE", raising=False)
    monkeypatch.setenv("HWLIB_CACHE_DIR", str(Path(__file__) / "no folder"))
    monkeypatch.setattr(_engine, "named", lambda name: SimpleNamespace(name=name))
    monkeypatch.setattr(_engine, "_asked_for", set())
    _engine._chosen.cache_clear()
    outside = _engine._used.set(None)  # an engine of the tests around may still be in use
    assert hwlib.regions.engine() == "numpy"
    precompile()
    assert hwlib.regions.engine() == "numba"
    _engine._used.reset(outside)
    _engine._chosen.cache_clear()


def test_data_flows_one_way():
    """Each module imports only what comes before it: layers, shapes, a domain, an engine, the result, the verbs."""
    package = Path(hwlib.regions.__file__).parents[1]
    modules = {
        "hwlib." + ".".join(file.relative_to(package).with_suffix("").parts): file for file in package.rglob("*.py")
    }
    modules = {name.removesuffix(".__init__"): file for name, file in modules.items()}
    arrows = {}
    for name in (name for name in modules if name.startswith("hwlib.regions.")):
        imports = [node for node in ast.walk(ast.parse(modules[name].read_text())) if isinstance(node, ast.ImportFrom)]
        found = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
        found = {part if part in modules else part.rpartition(".")[0] for part in found}
        arrows[name] = {part for part in found if part.startswith("hwlib.regions.")} - {name}
    order = list(TopologicalSorter(arrows).static_order())
    steps = ["_layers", "exact", "_shapes", "_domain", "_engine", "_result", "_gather", "_enumerate", "_identified"]
    steps = [f"hwlib.regions.{step}" for step in steps]
    assert sorted(steps, key=order.index) == steps
    behind_the_switch = {end for start, ends in arrows.items() if "._compiled" not in start for end in ends}
    assert {end for end in behind_the_switch if "._compiled" in end} == {
        "hwlib.regions._compiled._made",
        "hwlib.regions._compiled._start",
    }


# --- what says that machine code is there ------------------------------------------------------------


@pytest.fixture
def made(monkeypatch, tmp_path):
    """A folder that says so, of sources that can be changed."""
    sources = [tmp_path / name for name in ("_plane.py", "_lines.py")]
    for source in sources:
        source.write_text("ROUNDING = 1")
    monkeypatch.setenv("HWLIB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(_made, "sources", lambda: sources)
    assert not _made.is_made()
    with _made.being_made() as folder:
        (folder / "code").touch()
    assert _made.is_made()
    return _made.code_folder()


def test_code_of_other_sources_is_not_used_even_if_only_a_helper_changed(made):
    helper = _made.sources()[1]
    time = helper.stat().st_mtime_ns
    helper.write_text("ROUNDING = 2")
    os.utime(helper, ns=(time, time))
    assert not _made.is_made()


@pytest.mark.parametrize("fact", ["hwlib", "numba", "llvmlite", "numpy", "python", "machine", "settings", "times"])
def test_code_of_another_version_or_machine_is_not_used(made, fact):
    note = made / "made.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {fact: "another"}))
    assert not _made.is_made()


def test_a_broken_note_says_nothing(made):
    (made / "made.json").write_text("{")
    assert not _made.is_made()


def test_code_takes_the_place_of_older_code_only_when_it_is_done(made):
    with pytest.raises(KeyboardInterrupt), _made.being_made():
        raise KeyboardInterrupt
    assert _made.is_made()
    with _made.being_made() as folder:
        assert _made.is_made()
        (folder / "newer code").touch()
    assert _made.is_made()
    assert sorted(file.name for file in made.iterdir()) == ["made.json", "newer code"]
    assert list(made.parent.iterdir()) == [made]


def test_where_nothing_can_be_written_code_is_kept_nowhere(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HWLIB_CACHE_DIR", str(tmp_path / "file"))
    with _made.being_made() as folder:
        assert folder is None
    assert not _made.is_made()


# --- signs that floats can not decide ----------------------------------------------------------------


@pytest.mark.parametrize("lift", [0, 1e-15])
def test_three_lines_through_a_point_are_left_to_exact_arithmetic(each_engine, lift):
    star = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, lift]), ([[1, 1, 1]], [0])])
    layers, box, engine = merged_layers(star), [(-1, 1), (-2, 1)], _engine.named(each_engine)
    faces = Faces(np.array([[-1.0, -2, 1], [1, -2, 1], [1, 1, 1], [-1, 1, 1]]), np.arange(4), np.array([0, 4]), [])
    for cut in (engine.plane, engine.count):
        with pytest.raises(InDoubtError):
            cut(faces, layers)
    with pytest.raises(InDoubtError):
        list(engine.cells([FloatCell.of(box_cell(box))], layers[:-1]))
    assert count_regions(star, box=box) == (7 if lift else 6)
    assert enumerate_regions(star, box=box).exact_points is not None


def test_a_line_that_meets_a_border_four_times_is_left_to_exact_arithmetic(each_engine):
    """Rounding could bend a border inwards; then a line does not cut the face into two."""
    arrow = np.array([[0.0, 0, 1], [2, 3, 1], [0, 1, 1], [-2, 3, 1]])
    faces = Faces(arrow, np.arange(4), np.array([0, 4]), [])
    level = Network.from_arrays([([[0, 1]], [-2]), ([[1]], [0])])
    for cut in (_engine.named(each_engine).plane, _engine.named(each_engine).count):
        with pytest.raises(InDoubtError):
            cut(faces, merged_layers(level))
