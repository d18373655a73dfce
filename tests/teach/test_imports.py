"""hwlib.teach: a figure or explorer loads what it needs and no more, and a missing package is named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hwlib.teach import explore, plot


def run(statement):
    return subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=False)


def without(package):
    """Code after which a package is not found, as if it were not installed."""
    return (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {package!r}:\n"
        f"            raise ModuleNotFoundError('hidden', name={package!r})\n"
        "sys.meta_path.insert(0, Hidden())\n"
    )


def loaded_by(statement):
    done = run(f"import sys; {statement}; print(*sys.modules)")
    assert not done.returncode, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("room", [plot, explore])
def test_every_name_of_a_room_can_be_had_and_nothing_else_is_listed(room):
    assert dir(room) == sorted(room.__all__)
    assert all(getattr(room, name).__doc__ for name in room.__all__)
    with pytest.raises(AttributeError, match=r"No hwlib\.teach"):
        room.nothing  # noqa: B018


def test_rooms_are_empty_until_something_is_taken_from_them():
    loaded = loaded_by("from hwlib.teach import plot, explore; dir(plot), dir(explore)")
    assert not loaded & {"numpy", "scipy", "sympy", "torch", "matplotlib", "ipywidgets"}


def test_a_figure_loads_its_own_topic_only():
    loaded = loaded_by("from hwlib.teach import plot; plot.curves, plot.bars, plot.image_row")
    assert not loaded & {"scipy", "torch", "hwlib.conv", "hwlib.network", "hwlib.logic", "hwlib.regions"}
    loaded = loaded_by("from hwlib.teach import plot; plot.labelled_matrix")
    assert "hwlib.conv" in loaded
    assert not loaded & {"scipy.optimize", "torch", "hwlib.logic", "hwlib.regions", "hwlib.receptive"}


def test_an_explorer_loads_its_own_chapter_and_no_matplotlib():
    loaded = loaded_by("from hwlib.teach import explore; explore.conv_links((2, 2), (3, 3))")
    assert "hwlib.conv" in loaded
    assert not loaded & {"matplotlib", "ipywidgets", "scipy.optimize", "torch", "hwlib.logic", "hwlib.regions"}


@pytest.mark.parametrize(
    ("package", "statement"),
    [
        ("matplotlib", "from hwlib.teach import plot; plot.curves"),
        ("matplotlib", "from hwlib.teach.plot import labelled_matrix"),
        ("ipywidgets", "from hwlib.teach import explore; explore.conv_explorer([[1, 2], [3, 4]], kernel_sizes=[1])"),
        ("torch", "from hwlib.teach import explore; explore.descent_explorer([1, 2], 5)"),
        ("IPython", "from hwlib.teach import record; record(rows=4)"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(package, statement):
    done = run(without(package) + statement)
    *_, last = done.stderr.strip().splitlines()
    assert last.startswith(f"ImportError: {package} is missing: pip install ")


@pytest.mark.parametrize("package", ["matplotlib", "ipywidgets", "torch", "IPython"])
def test_whatever_is_missing_the_rest_can_be_listed_and_answers_be_checked(package):
    statement = "from hwlib.teach import check, explore, plot; dir(plot), dir(explore); check('conv-matrix-build', ...)"
    assert not run(without(package) + statement).returncode
