"""What a chapter needs to talk to the page that shows it."""

from __future__ import annotations

from typing import TypeVar

Value = TypeVar("Value")

_MIME_PREFIX = "application/papermill.record/"


def record(name: str, value: Value) -> Value:
    """Publish a computed value under a name, so that prose can quote it.

    A page quotes it as ``{glue:text}`name```. The record has the format that MyST-NB reads, but needs no
    MyST-NB: the cell also runs where only IPython is installed, and does nothing visible there.

    Args:
        name: the name that prose uses; one per value and page.
        value: anything whose ``str`` reads well in a sentence.

    Returns:
        The value itself, so that a computation can be recorded in passing.

    Raises:
        ValueError: if the name is empty or not a string.

    Example:
        >>> rows = record("rows", 4)  # doctest: +SKIP
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"name must be a non-empty string, got {name!r}")
    from IPython.display import display

    display(
        {f"{_MIME_PREFIX}text/plain": str(value)},
        raw=True,
        metadata={"scrapbook": {"name": name, "mime_prefix": _MIME_PREFIX}},
    )
    return value
