"""Settings that all tests share."""

from __future__ import annotations

from .examples import load_profile

load_profile()


def pytest_collection_modifyitems(items):
    """Long tests first: with several processes, none is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
