"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same cases on every run and no deadline: a test's verdict never hangs on luck or on a busy machine.
settings.register_profile("book", derandomize=True, deadline=None)
settings.load_profile("book")
