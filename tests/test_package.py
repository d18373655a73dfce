"""The package as a whole: light to import, typed, and usable without torch or matplotlib."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata, resources

import pytest

import hwlib


def modules_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_imports_nothing_heavy():
    assert not modules_after("import hwlib") & {"numpy", "scipy", "sympy", "torch", "matplotlib", "ipywidgets"}


def test_the_core_runs_without_torch_matplotlib_and_widgets():
    statement = "import hwlib; hwlib.conv.conv_matrix([[1.0]], (2, 2)); hwlib.check.check('conv-slide-1d', ...)"
    assert not modules_after(statement) & {"torch", "matplotlib", "ipywidgets"}


def test_every_public_module_is_there_and_an_unknown_one_is_named():
    assert all(getattr(hwlib, name).__doc__ for name in hwlib.__all__)
    assert set(hwlib.__all__) <= set(dir(hwlib))
    with pytest.raises(AttributeError, match="has no attribute 'convolution'; it has check, conv"):
        hwlib.convolution  # noqa: B018


def test_the_version_is_the_distribution_s_and_the_types_are_shipped():
    assert hwlib.__version__ == metadata.version("hwlib")
    assert (resources.files("hwlib") / "py.typed").is_file()
