"""The Sphinx configuration: Jupyter Book's own for ``_config.yml``, plus what depends on this folder."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jupyter_book.config import get_final_config

from book.settings import Settings

ROOT = Path(__file__).parents[1]
STATIC = Path(__file__).parent / "static"


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


def sphinx_config(source: Path, build: Path) -> dict[str, Any]:
    """Everything that Sphinx is told, for a source folder with a ``_config.yml``.

    Args:
        source: folder of ``_config.yml`` and ``_toc.yml``.
        build: folder for results and caches.

    Returns:
        Configuration values by name.
    """
    config, _ = get_final_config(
        user_yaml=source / "_config.yml",
        cli_config={"latex_individualpages": False},
        sourcedir=source,
        raise_on_invalid=True,
    )
    # Live code (thebe) asks another host, and reports a script error on each page.
    config["extensions"].remove("sphinx_thebe")
    config["extensions"] += ["book.buttons", "book.problem_index", "book.pages"]
    config["html_context"] = {"default_mode": "auto"}  # light or dark as the reader's device is
    config["html_favicon"] = str(STATIC / "favicon.svg")
    config["html_static_path"] = [str(STATIC)]
    config["html_css_files"] = ["book.css"]
    config["mathjax_path"] = "vendor/mathjax/tex-chtml-full.js"
    config["nb_ipywidgets_js"] = {"vendor/html-manager/embed.js": {}}
    config["nb_execution_cache_path"] = str(build / "executed" / execution_key(ROOT))
    config["execution_key"] = execution_key(ROOT)
    config["rendering_key"] = _digest(ROOT, _files(STATIC.parent)) + repr(Settings.from_environment())
    return dict(config)
