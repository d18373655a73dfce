"""Settings that all tests share."""

from __future__ import annotations

import os

import pytest

from .examples import load_profile

# Tests run in several processes: threads of each would only wait for those of the others.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
load_profile()


VIEWS = ("desktop", "phone")  # of the site


def pytest_make_parametrize_id(val):
    """Bytes give a test no name: compressed ones hold the time, so that each process would collect other tests."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items):
    """Long tests first, so that none is left alone with one at the end; what shares a costly fixture goes together."""
    items.sort(key=lambda item: (_group(item) not in VIEWS, item.get_closest_marker("slow") is None))
    for item in items:
        if group := _group(item):
            item.add_marker(pytest.mark.xdist_group(group))


def _group(item):
    """What one process runs in one go: tests of machine code, of wide or narrow pages, or short ones of a module."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if "machine_code" in item.fixturenames or parameters.get("each_engine") == "numba":
        return "machine code"  # one process waits until it is made, not all
    for view in VIEWS:
        if view in parameters:
            return view  # a process that has seen what most pages share need not look at it again
    return "" if item.get_closest_marker("slow") else str(item.path)
