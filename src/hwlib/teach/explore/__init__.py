"""Interactive figures that need no kernel: pre-rendered frames behind sliders, and views linked by style alone.

One module a chapter, under the chapter's name, imported when one of its functions is first used; ``__init__.pyi``
lists them.
"""

import lazy_loader as _lazy

__getattr__, _names, __all__ = _lazy.attach_stub(__name__, __file__)


def __dir__() -> list[str]:
    return _names()
