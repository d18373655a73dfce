"""Settings that all tests share."""

from __future__ import annotations

import os

from .examples import load_profile

# Tests run in several processes: threads of each would only wait for those of the others.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
load_profile()


def pytest_make_parametrize_id(val):
    """Bytes give a test no name: compressed ones hold the time, so that each process would collect other tests."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items):
    """Long tests first: with several processes, none is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
