"""The addresses that a published book has; none of them is needed to build one."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where the book is published, from the environment.

    Attributes:
        repository: ``https://github.com/OWNER/NAME`` from ``BOOK_REPOSITORY``, or None: then there is no button that
            needs it.
        site: address of the published site, from ``BOOK_SITE``; for a GitHub repository its Pages address.
    """

    repository: str | None
    site: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises:
            ValueError: if ``BOOK_REPOSITORY`` is not the address of a GitHub repository.
        """
        repository = environment.get("BOOK_REPOSITORY", "").rstrip("/") or None
        site = environment.get("BOOK_SITE", "").rstrip("/") or None
        if repository:
            match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+)", repository)
            if not match:
                raise ValueError(f"BOOK_REPOSITORY={repository!r}: accepted is https://github.com/OWNER/NAME")
            owner, name = match.groups()
            site = site or f"https://{owner.lower()}.github.io/{name}"
        return cls(repository, site)

    def colab(self, notebook: str) -> str | None:
        """Address that opens a notebook of the published site in Colab, if there is a repository."""
        if not self.repository:
            return None
        path = self.repository.removeprefix("https://github.com/")
        return f"https://colab.research.google.com/github/{path}/blob/gh-pages/notebooks/{notebook}"
