"""Tell a student whether an answer is right and, if not, where the first mistake is and what it breaks.

A chapter calls :func:`check` with the name of an exercise. The exercises themselves stand in
``hwlib.teach.exercises``, one module a chapter; they hold no answers, only a reference computation, and a list of
typical mistakes, each the result of that same computation done wrong. The three functions of ``_compare`` do the
comparing and the explaining, for these exercises and for any that a lecturer adds.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from types import EllipsisType
from typing import Any

from hwlib.teach._verdict import UNANSWERED, Verdict

__all__ = ["check", "exercise", "exercise_names"]

Checker = Callable[[Any], Verdict]
_registry: dict[str, Checker] = {}


def exercise(name: str) -> Callable[[Checker], Checker]:
    """Register the decorated function as the check of an exercise: it takes the answer, and returns a verdict.

    Args:
        name: what a chapter passes to :func:`check`.

    Returns:
        Decorator that leaves the function as it is.

    Raises:
        ValueError: if another function has that name.
    """

    def register(checker: Checker) -> Checker:
        if name in _registry:
            raise ValueError(f"exercise {name!r} is registered twice: by {_registry[name]!r} and by {checker!r}")
        _registry[name] = checker
        return checker

    return register


_EXERCISES = "hwlib.teach.exercises"


def _stems() -> list[str]:
    """Chapters with exercises."""
    return [module.name for module in pkgutil.iter_modules(importlib.import_module(_EXERCISES).__path__)]


def _checker(name: str) -> Checker | None:
    """The check of that name; of the chapters' modules only the one whose stem begins it is imported."""
    if name not in _registry:
        for stem in _stems():
            if name.startswith(stem.replace("_", "-") + "-"):
                importlib.import_module(f"{_EXERCISES}.{stem}")
    return _registry.get(name)


def exercise_names() -> list[str]:
    """Names of all exercises of the book, in alphabetical order.

    Returns:
        The names that :func:`check` accepts.

    Example:
        >>> "conv-matrix-slide-1d" in exercise_names()
        True
    """
    for stem in _stems():
        importlib.import_module(f"{_EXERCISES}.{stem}")
    return sorted(_registry)


def check(name: str, answer: object) -> Verdict:
    """Check a student's answer to an exercise.

    Args:
        name: the exercise, as its cell in the chapter has it.
        answer: whatever the exercise asks for: a matrix, a list of places, a function.

    Returns:
        A verdict that shows itself; true if the answer is right.

    Raises:
        ValueError: if there is no exercise of that name; the message offers the nearest ones.

    Example:
        >>> check("conv-matrix-slide-1d", ...)
        ✎ Not answered yet. Replace the ... by your answer and run the cell again.
    """
    checker = _checker(str(name))
    if checker is None:
        names = exercise_names()
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4) or names
        raise ValueError(f"there is no exercise {name!r}; accepted are names such as {', '.join(map(repr, near))}")
    if answer is None or isinstance(answer, EllipsisType):
        return UNANSWERED
    return checker(answer)
