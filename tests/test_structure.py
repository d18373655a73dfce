"""How the sources hang together: packages without a circle, no other's private names, files that fit in a head."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "src" / "hwlib"
FOLDERS = (LIBRARY, ROOT / "book", ROOT / "bench", ROOT / "figures", ROOT / "experiments", ROOT / "tests")
# Tests are read case by case, so a file of them may be longer.
MOST_LINES, MOST_LINES_OF_TESTS, LONGEST_FUNCTION = 600, 1000, 60
# The teaching wing stands on top of all topics; each of its rooms is a package of its own.
WING = "teach"


def module_name(path: Path) -> str:
    """``hwlib.conv._matrix`` for its file; a package has the name of its folder."""
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf8"))


MODULES = {module_name(path): path for path in sorted(LIBRARY.rglob("*.py"))}


def room(module: str) -> str:
    """The package that a module of the library belongs to: ``conv``, or ``teach.plot``."""
    parts = module.split(".")[1:]
    if parts[:1] == [WING]:
        return ".".join(parts[:2]) if "hwlib." + ".".join(parts[:2]) in MODULES else WING
    return parts[0] if parts else "hwlib"


def imported(module: str) -> list[str]:
    """Full names of what a module imports from the library, wherever in its code; a name may be a module or not."""
    path, found = MODULES[module], []
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(
                    [*package.split(".")[: len(package.split(".")) - node.level + 1], *filter(None, [base])]
                )
            found += [f"{base}.{alias.name}" for alias in node.names]
    return [name for name in found if name.split(".")[0] == "hwlib"]


def module_of(name: str) -> str:
    """The module in which an imported name stands."""
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def arrows() -> dict[str, set[str]]:
    """Which package imports which."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        found.setdefault(room(module), set()).update(room(module_of(name)) for name in imported(module))
    return {start: ends - {start, "hwlib"} for start, ends in found.items() if start != "hwlib"}


def test_packages_import_each_other_without_a_circle():
    order = list(TopologicalSorter(arrows()).static_order())
    assert order.index("conv") < order.index("receptive")  # the arrows are seen


def test_no_topic_imports_the_teaching_wing_and_the_core_imports_nothing():
    assert not {
        start: ends
        for start, ends in arrows().items()
        if not start.startswith(WING) and any(end.startswith(WING) for end in ends)
    }
    assert not arrows()["_core"]


def test_no_package_uses_the_private_names_of_another():
    found = []
    for module in MODULES:
        for name in imported(module):
            parts = name.split(".")
            hidden = [place for place, part in enumerate(parts) if part.startswith("_") and part != "_core"]
            if hidden and not module.startswith(".".join(parts[: hidden[0]])):
                found.append(f"{module} imports {name}")
    assert not found


def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]


def test_every_module_fits_in_a_head():
    found = {}
    for path in sources():
        name, lines = path.relative_to(ROOT).as_posix(), len(path.read_text("utf8").splitlines())
        if lines > (MOST_LINES_OF_TESTS if name.startswith("tests/") else MOST_LINES):
            found[name] = lines
    assert not found


def test_a_long_function_says_why_it_is_long():
    """By a comment ``# long: ...`` in its first lines; documentation strings do not count."""
    found = []
    for path in sources():
        text = path.read_text("utf8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                length = (node.end_lineno or 0) - first.lineno + 1
                head = "\n".join(text[node.lineno - 2 : first.lineno + 1])
                if length > LONGEST_FUNCTION and "# long:" not in head:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert not found


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.md")), ids=lambda path: path.stem)
def test_a_chapter_uses_public_names_only(path):
    text = path.read_text("utf8")
    assert "import _" not in text
    assert "hwlib._" not in text
