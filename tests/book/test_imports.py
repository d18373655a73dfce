"""Which files a chapter depends on: compared with what Python really imports."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from book.ext.imports import Library, Use, uses

LAZY = "import lazy_loader\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n"
FILES = {
    "__init__.py": LAZY,
    "__init__.pyi": "from . import plot as plot\nfrom .conv import matrix as matrix\nfrom .teach import check\n",
    "core/__init__.py": '"""Each module alone."""\n',
    "core/numbers.py": "import math\n",
    "core/types.py": "",
    "conv/__init__.py": "from lib.conv._matrix import matrix\n",
    "conv/_matrix.py": "from lib.core.numbers import math\n\n\ndef matrix():\n    return 1\n",
    "conv/_table.py": "",
    "conv/table.csv": "1,2\n",
    "conv/more/numbers.json": "[]",
    "logic/__init__.py": "from lib.logic._gates import gate\n",
    "logic/_gates.py": "def gate():\n    from lib.conv import matrix\n    return matrix()\n",
    "plot/__init__.py": LAZY,
    "plot/__init__.pyi": "from .bars import bars as bars\nfrom .gates import draw as draw\n",
    "plot/_theme.py": "",
    "plot/bars.py": "from lib.plot import _theme\n\n\ndef bars():\n    return 2\n",
    "plot/gates.py": """\
from typing import TYPE_CHECKING

from lib.logic import gate

if TYPE_CHECKING:
    from lib.core import types

draw = gate
""",
    "teach/__init__.py": LAZY,
    "teach/__init__.pyi": "from . import exercises as exercises\nfrom ._check import check as check\n",
    "teach/_check.py": "import importlib\n\n\ndef check():\n    importlib.import_module('lib.teach.exercises.one')\n",
    "teach/exercises/__init__.py": "",
    "teach/exercises/one.py": "",
    "teach/exercises/two.py": "",
}
CONV = ["conv/__init__.py", "conv/_matrix.py", "conv/_table.py", "conv/more/numbers.json", "conv/table.csv"]
CONV += ["core/__init__.py", "core/numbers.py"]
LOGIC = [*CONV, "logic/__init__.py", "logic/_gates.py"]


@pytest.fixture
def library(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Library(tmp_path, "lib")


CASES = {
    "import numpy": [],
    "from lib.conv import matrix\nmatrix()": CONV,
    "from lib import matrix\nmatrix()": CONV,
    "import lib\nlib.matrix()": CONV,
    "import lib as l\nl.plot.bars()": ["plot/__init__.py", "plot/_theme.py", "plot/bars.py"],
    "from lib import plot\nplot.bars()": ["plot/__init__.py", "plot/_theme.py", "plot/bars.py"],
    "from lib.plot import draw as d\nd()": [*LOGIC, "plot/__init__.py", "plot/gates.py"],
    "from lib.logic import gate\ngate()": LOGIC,
    "import lib.core.types": ["core/__init__.py", "core/types.py"],
    "from lib.teach import check\ncheck()": [
        "teach/__init__.py",
        "teach/_check.py",
        "teach/exercises/__init__.py",
        "teach/exercises/one.py",
    ],
    "from lib.teach.exercises.two import *": [
        "teach/__init__.py",
        "teach/exercises/__init__.py",
        "teach/exercises/two.py",
    ],
    "def f():\n    from lib import plot as p\n    return p.bars()\nf()": [
        "plot/__init__.py",
        "plot/_theme.py",
        "plot/bars.py",
    ],
    "from lib import plot\n[getattr(plot, name) for name in dir(plot)]": [
        *LOGIC,
        "plot/__init__.py",
        "plot/_theme.py",
        "plot/bars.py",
        "plot/gates.py",
    ],
}


def found(library, code, *modules):
    return {path.relative_to(library.source / "lib").as_posix() for path in library.dependencies(code, modules)}


@pytest.mark.parametrize("code", CASES)
def test_these_files_and_no_others_are_depended_on(library, code):
    expected = {"__init__.py", *CASES[code]} if CASES[code] else set()
    assert found(library, code) == expected


@pytest.mark.parametrize("code", CASES)
def test_python_imports_nothing_else(library, code):
    loaded = (
        "import sys, json; print(json.dumps([m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'lib']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{loaded}"], cwd=library.source, capture_output=True, text=True, check=True
    )
    assert set(json.loads(result.stdout)) <= {str(path) for path in library.dependencies(code)}


def test_named_modules_count_as_imported_where_they_are(library):
    assert "teach/exercises/two.py" in found(library, "", "lib.teach.exercises.two", "lib.teach.exercises.three")


def test_a_name_that_is_passed_on_may_be_used_in_any_way(library):
    assert found(library, "from lib import plot\nprint(plot)") == found(library, "from lib.plot import *")
    assert "plot/gates.py" in found(library, "from lib import plot\nprint(plot)")


def test_uses_of_relative_imports_and_strings():
    taken = uses("from ._b import c\nfrom .. import d", "lib", "lib.a")
    assert set(taken) == {Use(m, (n,), w) for m, n in (("lib.a._b", "c"), ("lib", "d")) for w in (False, True)}
    assert Use("lib.a") in uses("load('lib.a')", "lib")
    assert uses("say('lib. And more')", "lib") == []
