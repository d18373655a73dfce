"""The package as a whole: light to import, typed, and usable without torch or matplotlib."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest

import hwlib


def modules_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_imports_nothing_heavy():
    assert not modules_after("import hwlib") & {"numpy", "scipy", "sympy", "torch", "matplotlib", "ipywidgets"}


def test_the_core_runs_without_torch_matplotlib_and_widgets():
    statement = "import hwlib; hwlib.conv.conv_matrix([[1.0]], (2, 2)); hwlib.teach.check('conv-matrix-slide-1d', ...)"
    assert not modules_after(statement) & {"torch", "matplotlib", "ipywidgets"}


def test_the_top_offers_rooms_and_verbs_and_nothing_else():
    assert dir(hwlib) == sorted(hwlib.__all__)
    assert all(getattr(hwlib, name).__doc__ for name in hwlib.__all__)
    with pytest.raises(AttributeError, match="No hwlib attribute convolution"):
        hwlib.convolution  # noqa: B018


def test_the_version_is_the_distribution_s_and_the_types_are_shipped():
    assert hwlib.__version__ == metadata.version("hwlib")
    assert (resources.files("hwlib") / "py.typed").is_file()


def test_the_code_of_the_readme_runs_and_its_example_of_check_is_what_check_says():
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    assert names["A"].nnz == 4_620_800
    w = hwlib.conv.symbol_array("w", (3,))
    answer = [[w[1], w[2], 0, 0, 0], [0, w[0], w[1], 0, 0], [0, 0, 0, w[0], w[1]]]
    assert f"```\n{hwlib.teach.check('conv-matrix-slide-1d', answer)!r}\n```" in readme
