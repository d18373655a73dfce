"""Figures of the book: each function takes data and returns a figure that fits light and dark pages.

One module a topic, imported when one of its functions is first used; ``__init__.pyi`` lists them.
"""

from typing import Any

import lazy_loader as _lazy

from hwlib._core.optional import require as _require

_load, _names, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name in __all__:
        _require("matplotlib")
    return _load(name)


def __dir__() -> list[str]:
    return _names()
