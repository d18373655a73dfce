"""What a check says."""

from __future__ import annotations

import html
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Literal

from hwlib.teach._theme import OPEN, RIGHT, WRONG

__all__ = ["UNANSWERED", "Verdict", "is_open"]


@dataclass(frozen=True)
class Verdict:
    """What came of a check; true if the answer is right.

    Attributes:
        status: ``"right"``, ``"wrong"``, or ``"open"`` while there is no answer to check.
        message: what was found, in sentences; the first one says where.
        diagnosis: what kind of mistake makes exactly this answer, if it is a known one.
    """

    status: Literal["right", "wrong", "open"]
    message: str
    diagnosis: str = ""

    def __bool__(self) -> bool:
        return self.status == "right"

    def __repr__(self) -> str:
        return "\n".join(filter(None, [f"{_HEADINGS[self.status]} {self.message}", self.diagnosis]))

    def _repr_html_(self) -> str:
        colour = {"right": RIGHT, "wrong": WRONG, "open": OPEN}[self.status]
        paragraphs = "".join(
            f'<div style="white-space:pre-wrap">{html.escape(text)}</div>'
            for text in (self.message, self.diagnosis)
            if text
        )
        return (
            f'<div class="verdict verdict-{self.status}" style="border-left:.3em solid {colour};padding:.3em .8em">'
            f"<strong>{_HEADINGS[self.status]}</strong>{paragraphs}</div>"
        )


_HEADINGS = {"right": "✓ Right.", "wrong": "✗ Not yet.", "open": "✎ Not answered yet."}
UNANSWERED = Verdict("open", "Replace the ... by your answer and run the cell again.")


def is_open(answer: Any) -> bool:
    """Whether an answer still holds the ``...`` of its stub."""
    if isinstance(answer, list | tuple | set):
        return any(is_open(part) for part in answer)
    return isinstance(answer, EllipsisType)
