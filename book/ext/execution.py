"""Sphinx extension: cells run with this repository's library, and the cache of their outputs knows it."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from book.paths import ROOT, STATIC
from book.settings import Settings

# Two pages at once, each with as many threads as there are cores, are slower than one after the other.
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM")


def execution_key(root: Path = ROOT) -> str:
    """Hash of everything that a chapter's outputs depend on besides its own text.

    Args:
        root: repository.

    Returns:
        Short hexadecimal digest of the library's files, the locked versions and the Python version.
    """
    return _digest(root, [*_files(root / "src" / "hwlib"), root / "requirements.lock"])


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def prepare_kernels(build: Path) -> None:
    """Set the environment that kernels inherit: this library, one thread, and nobody's own IPython settings.

    Args:
        build: folder for results and caches.
    """
    library = str(ROOT / "src")
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != library]
    os.environ["PYTHONPATH"] = os.pathsep.join([library, *others])
    if library not in sys.path:
        sys.path.insert(0, library)  # for the pages that quote docstrings
    for name in _THREADS:
        os.environ[f"{name}_THREADS" if "_" in name else f"{name}_NUM_THREADS"] = "1"
    profile = build / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # The kernel's warning is about its port on this machine; errors in cells are reported as ever.
    (profile / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 'ERROR'\n")
    os.environ["IPYTHONDIR"] = str(profile.parent)


def _configure(app: Sphinx, config: Any) -> None:
    build = Path(app.outdir).parent
    prepare_kernels(build)
    for dumps_its_options in ("sphinx.myst_parser.sphinx_ext.main", "sphinx.myst_nb.sphinx_ext"):
        logging.getLogger(dumps_its_options).setLevel(logging.WARNING)
    config.execution_key = execution_key()
    config.nb_execution_cache_path = str(build / "executed" / config.execution_key)
    config.rendering_key = _digest(ROOT, [*_files(ROOT / "book" / "ext"), *_files(STATIC)]) + repr(
        Settings.from_environment()
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # A change of the key makes Sphinx read every page again, so no page keeps the output of old code.
    app.add_config_value("execution_key", "", "env")
    # A change of this one, of what renders pages or of an address, makes it write every page again.
    app.add_config_value("rendering_key", "", "html")
    app.connect("config-inited", _configure, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
