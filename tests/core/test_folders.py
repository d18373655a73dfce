"""hwlib._core.folders: a variable goes first, then what is usual on the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwlib._core.folders import cache_folder


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "FIRST", "SECOND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pathlib.Path.home", lambda: Path("home"))


@pytest.mark.parametrize(
    ("platform", "variable", "usual", "moved"),
    [
        ("win32", "LOCALAPPDATA", "home/AppData/Local/x", "there/x"),
        ("darwin", "XDG_CACHE_HOME", "home/Library/Caches/x", "home/Library/Caches/x"),
        ("linux", "XDG_CACHE_HOME", "home/.cache/x", "there/x"),
    ],
)
def test_the_usual_place_of_the_system(monkeypatch, platform, variable, usual, moved):
    monkeypatch.setattr("sys.platform", platform)
    assert cache_folder("x", "FIRST") == Path(usual)
    monkeypatch.setenv(variable, "there")
    assert cache_folder("x", "FIRST") == Path(moved)


def test_the_first_variable_that_is_set_goes_first(monkeypatch):
    monkeypatch.setenv("SECOND", "second")
    assert cache_folder("x", "FIRST", "SECOND") == Path("second/x")
    monkeypatch.setenv("FIRST", "first")
    assert cache_folder("x", "FIRST", "SECOND") == Path("first/x")
    monkeypatch.setenv("FIRST", "")
    assert cache_folder("x", "FIRST", "SECOND") == Path("second/x")
