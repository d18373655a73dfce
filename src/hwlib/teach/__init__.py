"""What turns the library into a course: checks with a diagnosis, quizzes, figures, explorers, exercises.

This wing imports topics, and no topic imports it. ``plot`` and ``explore`` need Matplotlib and ipywidgets, so each
room is imported when it is first used; ``__init__.pyi`` lists them.
"""

import lazy_loader as _lazy

__getattr__, _names, __all__ = _lazy.attach_stub(__name__, __file__)


def __dir__() -> list[str]:
    return _names()
