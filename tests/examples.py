"""How many random cases a property is tested on.

``HYPOTHESIS_PROFILE`` chooses: ``fast`` takes a fifth of them (``make check``), ``ci`` all (``make test``), and
``thorough`` twenty times as many, other ones on every run. A verdict never hangs on a busy machine: there is no
deadline; nor, but for ``thorough``, on luck.
"""

from __future__ import annotations

import os

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
SCALES = {"fast": 0.2, "ci": 1.0, "thorough": 20.0}


def scaled(number: int) -> int:
    """So many cases, in proportion to the profile."""
    return max(1, round(number * SCALES[PROFILE]))


def examples(number: int) -> settings:
    """Decorator: test a property on so many cases, in proportion to the profile."""
    return settings(max_examples=scaled(number))


def load_profile() -> None:
    """Make the profile that the environment names the one for all tests."""
    profile = settings(derandomize=PROFILE != "thorough", deadline=None, max_examples=scaled(100))
    settings.register_profile(PROFILE, profile)
    settings.load_profile(PROFILE)
