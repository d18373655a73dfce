"""Executed notebooks, kept for the next build: for each chapter one folder a key, and the latest few keys."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

KEYS = 4  # a chapter: as many branches or versions can be switched between without running it again
TEXTS = 8  # a key: as many texts of a chapter, for the same reason


@dataclass(frozen=True)
class Store:
    """A folder of executed notebooks.

    Attributes:
        folder: the folder.
    """

    folder: Path

    def path(self, page: str, key: str) -> Path:
        """Folder of what a page gave under a key, in the form of jupyter-cache."""
        return self.folder.joinpath(*page.split("/"), key)

    def find(self, page: str, key: str, notebook: Any) -> Any | None:
        """The executed notebook whose cells are those of a notebook.

        Args:
            page: name of the page.
            key: what its outputs depend on besides its cells.
            notebook: the notebook.

        Returns:
            The notebook with its outputs, None if it was not executed yet.
        """
        path = self.path(page, key)
        if not path.is_dir():
            return None
        cache = get_cache(path)
        try:
            records = {record.hashkey: record.pk for record in cache.list_cache_records()}
            _, wanted = cache.create_hashed_notebook(notebook)
            executed = cache.get_cache_bundle(records[wanted]).nb if wanted in records else None
        except Exception:  # a build was ended while it wrote this: the database, or the notebook, is not whole
            cache.db.dispose()  # some systems remove no open file
            shutil.rmtree(path)
            return None
        os.utime(path)
        return executed

    def keep(self, page: str, key: str, notebook: Any, source: Path, seconds: float) -> None:
        """Keep an executed notebook.

        Args:
            page: name of the page.
            key: what its outputs depend on besides its cells.
            notebook: the notebook with its outputs.
            source: the page's file.
            seconds: how long it took.
        """
        path = self.path(page, key)
        is_new = not path.exists()
        cache = get_cache(path)
        if is_new:
            cache.change_cache_limit(TEXTS)
        bundle = CacheBundleIn(notebook, str(source), data={"execution_seconds": seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        os.utime(path)
        keys = sorted(path.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
        for old in [folder for folder in keys if folder.is_dir()][KEYS:]:
            shutil.rmtree(old, ignore_errors=True)
