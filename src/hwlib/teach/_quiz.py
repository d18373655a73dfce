"""Quiz questions that answer back, without a script and without a kernel.

Each wrong choice meets the misconception behind it. The feedback is in the page and shown by style when its choice
is taken, so a quiz works offline, in a static page, in Jupyter and in Colab, by mouse and by keyboard.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from hwlib.teach._theme import RIGHT, WRONG

__all__ = ["Choice", "Question", "Quiz"]

_STYLE = (
    ".hw-quiz fieldset{border:1px solid;border-color:color-mix(in srgb,currentColor 35%,transparent);"
    "border-radius:.5em;padding:.4em 1em .8em;margin:0 0 1em}"
    ".hw-quiz legend{font-weight:600;padding:0 .4em;width:auto;font-size:1em;float:none;margin:0}"
    ".hw-quiz label{display:block;padding:.3em 0;cursor:pointer}"
    ".hw-quiz [role=status]{display:none;margin:.1em 0 .5em 1.6em;padding:.2em .8em;"
    f"border-left:.3em solid {WRONG}}}"
    f".hw-quiz .right{{border-color:{RIGHT}}}"
    ".hw-quiz label:has(:checked)+[role=status]{display:block}"
)


@dataclass(frozen=True)
class Choice:
    """One possible answer.

    Attributes:
        text: the answer, as HTML.
        feedback: why it is right, or which misconception leads to it, as HTML.
        right: whether it is the right one.
    """

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with one right choice.

    Attributes:
        text: the question, as HTML.
        choices: two or more, exactly one of them right.
    """

    text: str
    choices: Sequence[Choice]

    def __post_init__(self) -> None:
        right = sum(choice.right for choice in self.choices)
        if len(self.choices) < 2 or right != 1:
            raise ValueError(
                f"the question {self.text!r} has {len(self.choices)} choices, {right} of them right: "
                "accepted are two or more with exactly one right"
            )


class Quiz:
    """Questions shown one below the other.

    Args:
        questions: the questions, in order.

    Raises:
        ValueError: if there is none.

    Example:
        >>> quiz = Quiz(Question("1 + 1?", [Choice("2", "Yes.", right=True), Choice("11", "That joins the digits.")]))
        >>> quiz._repr_html_().count('type="radio"')
        2
    """

    def __init__(self, *questions: Question):
        if not questions:
            raise ValueError("a quiz needs at least one question, got none")
        self.questions = questions

    def __repr__(self) -> str:
        return f"Quiz of {len(self.questions)} questions"

    def _repr_html_(self) -> str:
        return f'<div class="hw-quiz"><style>{_STYLE}</style>{"".join(map(_fieldset, self.questions))}</div>'


def _fieldset(question: Question) -> str:
    # A name that depends on the text alone: the page is the same on every build, and two quizzes don't meet.
    name = f"quiz-{zlib.crc32(question.text.encode()):08x}"
    choices = "".join(
        f'<label><input type="radio" name="{html.escape(name)}"> {choice.text}</label>'
        f'<div role="status" class="{"right" if choice.right else "wrong"}">'
        f"<strong>{'✓ Right.' if choice.right else '✗ No.'}</strong> {choice.feedback}</div>"
        for choice in question.choices
    )
    return f"<fieldset><legend>{question.text}</legend>{choices}</fieldset>"
