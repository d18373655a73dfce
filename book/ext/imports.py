"""Which files of the library a chapter's outputs depend on, found by reading imports, without running anything.

Importing a module runs it and what it imports. A package with a stub beside it (``__init__.pyi``, as `lazy_loader`
has it) is lazy: nothing more is run until a name is used, so only the names that somebody uses count. A package whose
``__init__.py`` imports its own modules counts as one, with all its modules and data, so nothing that its modules load
behind the reader's back is missed. In any other package each module counts alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple


class Use(NamedTuple):
    """What some code takes from a module: ``from m import a``, and then ``a.b``, takes ``("a", "b")`` of ``m``.

    Attributes:
        module: full name of the module.
        chain: attributes, one of the other, the module's own first.
        whole: whether any further attribute may be taken, as where the thing is passed on.
    """

    module: str
    chain: tuple[str, ...] = ()
    whole: bool = False


@dataclass
class Library:
    """A package's files, and who imports whom.

    Attributes:
        source: folder that holds the package.
        name: the package.
    """

    source: Path
    name: str
    _uses: dict[str, list[Use]] = field(default_factory=dict, repr=False)
    _stubs: dict[str, dict[str, Use] | None] = field(default_factory=dict, repr=False)
    _imports: dict[str, tuple[list[Path], list[Use]]] = field(default_factory=dict, repr=False)

    def dependencies(self, code: str, modules: Iterable[str] = ()) -> list[Path]:
        """The files that some code depends on.

        Args:
            code: Python.
            modules: further modules that it uses, as far as there are such.

        Returns:
            Modules, and data files beside them, in alphabetical order.

        Raises:
            SyntaxError: if the code is not Python.
        """
        files: set[Path] = set()
        waiting = [*uses(code, self.name), *(Use(module, whole=True) for module in modules)]
        seen: set[Use] = set()
        imported: set[str] = set()
        while waiting:
            use = waiting.pop()
            if use in seen or self.path(use.module) is None:  # None: an attribute of the module above
                continue
            seen.add(use)
            waiting += self._taken_from(use)
            if use.module not in imported:
                imported.add(use.module)
                read, more = self._importing(use.module)
                files.update(read)
                waiting += [other for other in more if other not in seen]
        return sorted(files)

    def all_files(self) -> list[Path]:
        """Every file of the package."""
        return sorted(path for paths in self._folders.values() for path in paths)

    def path(self, module: str) -> Path | None:
        """File of a module; None if there is no such module."""
        return self._modules.get(module)

    def uses(self, module: str) -> list[Use]:
        """What a module takes from modules of the library."""
        if module not in self._uses:
            path = self.path(module)
            text = path.read_text("utf8") if path else ""
            self._uses[module] = uses(text, self.name, self._package(module))
        return self._uses[module]

    def stub(self, package: str) -> dict[str, Use] | None:
        """Where the names of a lazy package come from; None for any other module."""
        if package not in self._stubs:
            path = self.source.joinpath(*package.split("."), "__init__.pyi")
            self._stubs[package] = None
            if path.is_file():
                bound = _bindings(ast.parse(path.read_text("utf8")), self.name, package)
                own = {name: Use(f"{package}.{name}") for name, use in bound if use.module == package}
                self._stubs[package] = dict(bound) | own
        return self._stubs[package]

    def _taken_from(self, use: Use) -> Iterator[Use]:
        """What a use of a module is a use of, besides importing it."""
        stub = self.stub(use.module)
        if use.chain:
            target = (stub or {}).get(use.chain[0], Use(f"{use.module}.{use.chain[0]}"))
            yield Use(target.module, (*target.chain, *use.chain[1:]), use.whole)
        elif use.whole and stub:
            yield from (target._replace(whole=True) for target in stub.values())

    def _importing(self, module: str) -> tuple[list[Path], list[Use]]:
        """The files that importing a module reads, and what it takes from others."""
        if module not in self._imports:
            self._imports[module] = (list(self._files(module)), list(dict.fromkeys(self._run(module))))
        return self._imports[module]

    def _run(self, module: str) -> Iterator[Use]:
        """What importing a module takes from others."""
        package = self._package(module)
        if package != module:
            yield Use(package)
        elif "." in module:
            yield Use(module.rpartition(".")[0])
        if self._counts_as_one(package):
            names = (path.stem for path in self._folder(package) if path.suffix == ".py")
            yield from (Use(f"{package}.{name}") for name in names if name != "__init__")
        if self.stub(module) is None:
            yield from self.uses(module)

    def _files(self, module: str) -> Iterator[Path]:
        """The files that importing a module reads, apart from those of other modules."""
        for path in self._folder(self._package(module)):
            if path == self.path(module) or path.suffix not in (".py", ".pyi"):
                yield path

    def _folder(self, package: str) -> list[Path]:
        return self._folders[self.source.joinpath(*package.split("."))]

    def _package(self, module: str) -> str:
        """The package that a module is or lies in."""
        path = self.path(module)
        return module if path is not None and path.name == "__init__.py" else module.rpartition(".")[0]

    def _counts_as_one(self, package: str) -> bool:
        """Whether importing a package runs modules of its own."""
        if self.stub(package) is not None:
            return False
        own = (use.module == package and use.chain for use in self.uses(package))
        return any(own) or any(use.module.startswith(f"{package}.") for use in self.uses(package))

    @cached_property
    def _modules(self) -> dict[str, Path]:
        """File of each module."""
        paths = [path for path in (self.source / self.name).rglob("*.py") if "__pycache__" not in path.parts]
        names = [path.relative_to(self.source).with_suffix("").parts for path in paths]
        return {
            ".".join(name[:-1] if name[-1] == "__init__" else name): path
            for name, path in sorted(zip(names, paths, strict=True))
        }

    @cached_property
    def _folders(self) -> dict[Path, list[Path]]:
        """Files by package: those in its folder, and those in folders below that are no packages themselves."""
        found: dict[Path, list[Path]] = {}
        for path in sorted((self.source / self.name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                package = next(folder for folder in path.parents if (folder / "__init__.py").is_file())
                found.setdefault(package, []).append(path)
        return found


def uses(code: str, library: str, package: str = "") -> list[Use]:
    r"""What code takes from a library.

    Args:
        code: Python.
        library: name of the library.
        package: the package that the code lies in, for relative imports.

    Returns:
        The uses, each once; a module that the code names in a string is one.

    Example:
        >>> uses("from hwlib import plot\nplot.bars([1])", "hwlib")
        [Use(module='hwlib', chain=('plot',), whole=False), Use(module='hwlib', chain=('plot', 'bars'), whole=False)]
    """
    tree = ast.parse(code)
    bound = _bindings(tree, library, package)
    found = [use for _, use in bound]
    taken = list(_taken(tree))
    # What is imported and not read is there for others to take from here.
    taken += [(name, ()) for name in {name for name, _ in bound} - {name for name, _ in taken} - {library}]
    for name, chain in taken:
        taken_here = (use for other, use in bound if other == name)
        found += [Use(imported.module, (*imported.chain, *chain), not chain) for imported in taken_here]
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    found += [Use(text) for text in sorted(strings) if re.fullmatch(rf"{library}(\.\w+)+", text)]
    return list(dict.fromkeys(found))


def _bindings(tree: ast.AST, library: str, package: str) -> list[tuple[str, Use]]:
    """The names that imports from the library bind, each with what it is."""
    found = []
    for node in _run_nodes(tree):
        if isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            if module.split(".")[0] == library:
                for alias in node.names:
                    use = Use(module, whole=True) if alias.name == "*" else Use(module, (alias.name,))
                    found.append((alias.asname or alias.name, use))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == library:
                    found.append((alias.asname or alias.name, Use(alias.name)))
                    if not alias.asname:
                        found.append((library, Use(library)))
    return found


def _absolute(node: ast.ImportFrom, package: str) -> str:
    above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _taken(node: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names that are read, each with the attributes that are taken from it."""
    root: ast.AST = node
    chain: list[str] = []
    while isinstance(root, ast.Attribute):
        chain.insert(0, root.attr)
        root = root.value
    if isinstance(root, ast.Name):
        yield root.id, tuple(chain)
        return
    for child in _children(root):
        yield from _taken(child)


def _run_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    yield tree
    for child in _children(tree):
        yield from _run_nodes(child)


def _children(node: ast.AST) -> Iterable[ast.AST]:
    """The nodes below, without what only type checkers read."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return node.orelse
    return ast.iter_child_nodes(node)
