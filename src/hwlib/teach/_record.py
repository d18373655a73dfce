"""What a chapter needs to talk to the page that shows it."""

from __future__ import annotations

from hwlib._core.optional import require

__all__ = ["record"]

_MIME_PREFIX = "application/papermill.record/"


def record(**values: object) -> None:
    """Publish computed values under names, so that prose can quote them.

    A page quotes the value ``rows`` as ``{glue:text}`rows```. The record has the format that MyST-NB reads but needs
    no MyST-NB: the cell also runs where only IPython is installed, and shows nothing there.

    Args:
        values: what to publish; each value's ``str`` must read well in a sentence.

    Raises:
        ValueError: if there is no value.

    Example:
        >>> record()
        Traceback (most recent call last):
        ...
        ValueError: record() got no values: accepted are one or more, as in record(rows=4)
    """
    if not values:
        raise ValueError("record() got no values: accepted are one or more, as in record(rows=4)")
    display = require("IPython.display").display
    for name, value in values.items():
        display(
            {f"{_MIME_PREFIX}text/plain": repr(str(value))},  # MyST-NB evaluates what it quotes
            raw=True,
            metadata={"scrapbook": {"name": name, "mime_prefix": _MIME_PREFIX}},
        )
