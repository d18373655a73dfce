"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# The same cases on every run and no deadline: a test's verdict never hangs on luck or on a busy machine. A test that
# wants more or fewer examples than others says so by ``examples(times)``, and stays in proportion to the profile.
_EXAMPLES = {"fast": 20, "ci": 100, "thorough": 2000}
for _name, _number in _EXAMPLES.items():
    settings.register_profile(_name, derandomize=_name != "thorough", deadline=None, max_examples=_number)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items):
    """Long tests first: with several processes, none is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
