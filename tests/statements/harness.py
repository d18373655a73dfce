"""Statements tested from their own text: hypotheses and conclusion as predicates, over all small cases.

A definition, proposition or theorem of a chapter becomes a :class:`Statement`: its label, the cases of its scope, the
smallest first, its hypotheses and its conclusion, each a predicate on a case, written from the sentence alone and
without the code that the chapter runs for it. :meth:`Statement.verify` then asks three things. In every case in which
all hypotheses hold, the conclusion holds. There are such cases. And no hypothesis is idle: for each there is a case
in which all others hold and the conclusion fails; the first of these is the counter-example that the chapter shows in
its line "Without …".

    squares = Statement(
        "prop-squares",
        text="2f1c9a04",  # of the statement as it was when this was written; see :func:`fingerprint`
        cases=lambda: range(-4, 5),
        hypotheses={"x is at least zero": lambda x: x >= 0},
        conclusion=lambda x: abs(x) == x,
        scope="all whole numbers from -4 to 4",
    )

    def test_squares():
        assert squares.verify().without == {"x is at least zero": -4}
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

CHAPTERS = Path(__file__).parents[2] / "chapters"
KINDS = ("definition", "theorem", "proposition", "lemma", "corollary", "algorithm")
_STATEMENT = re.compile(
    rf"^(?P<fence>[:`]{{3,}})\{{prf:(?:{'|'.join(KINDS)})\}}[^\n]*\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
_LABEL = re.compile(r"^:label: ([\w-]+)$", re.MULTILINE)

Case = Any
Predicate = Callable[[Case], bool]


def statements(chapter: Path) -> dict[str, str]:
    """The labelled statements of a chapter: label to text, in the page's order."""
    bodies = [match["body"] for match in _STATEMENT.finditer(chapter.read_text("utf8"))]
    return {label[1]: _LABEL.sub("", body).strip() for body in bodies if (label := _LABEL.search(body))}


def all_statements() -> dict[str, str]:
    """The labelled statements of the whole book."""
    return {label: text for chapter in sorted(CHAPTERS.glob("*.md")) for label, text in statements(chapter).items()}


def fingerprint(text: str) -> str:
    """Eight hexadecimal digits of a statement's words: a test that was written for other words must be read again."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Report:
    """What came of a statement's cases.

    Attributes:
        cases: how many there were.
        covered: in how many all hypotheses hold.
        without: for each hypothesis the first case in which it alone fails, and the conclusion with it.
    """

    cases: int
    covered: int
    without: dict[str, Case]


@dataclass(frozen=True)
class Statement:
    """A labelled statement, and the cases that it is tested on.

    Attributes:
        label: label of the statement on its page.
        text: fingerprint of the words that the predicates were written from.
        cases: makes the cases, the smallest first.
        conclusion: whether the conclusion holds in a case; only asked where it means something.
        scope: which cases these are, in words.
        hypotheses: name to predicate; what delimits the cases themselves is no hypothesis.
        kind: ``exhausted`` if the cases are all of the scope, ``sampled`` if some are drawn, ``proved`` if a proof by
            symbols or by the prover covers all values at the sizes of the scope.
    """

    label: str
    text: str
    cases: Callable[[], Iterable[Case]]
    conclusion: Predicate
    scope: str
    hypotheses: Mapping[str, Predicate] = field(default_factory=dict)
    kind: Literal["proved", "exhausted", "sampled"] = "exhausted"

    def verify(self) -> Report:
        """Go through all cases.

        Returns:
            Numbers of cases, and what goes wrong without each hypothesis.

        Raises:
            AssertionError: if the page says something else now, if the conclusion fails, if no case has all
                hypotheses, or if a hypothesis is idle.
        """
        assert self.text == fingerprint(all_statements()[self.label]), (
            f"{self.label} has other words now: read its test again, then write text={self._current()!r}"
        )
        cases, covered = 0, 0
        without: dict[str, Case] = {}
        for case in self.cases():
            cases += 1
            missing = [name for name, holds in self.hypotheses.items() if not holds(case)]
            if not missing:
                covered += 1
                assert self.conclusion(case), f"{self.label} is false: its hypotheses hold for {case!r}"
            elif len(missing) == 1 and missing[0] not in without and not self.conclusion(case):
                without[missing[0]] = case
        assert covered, f"{self.label}: no case of {self.scope} has all hypotheses"
        idle = set(self.hypotheses) - set(without)
        assert not idle, f"{self.label} holds in every case of {self.scope} without: {', '.join(sorted(idle))}"
        return Report(cases, covered, {name: without[name] for name in self.hypotheses})

    def _current(self) -> str:
        return fingerprint(all_statements()[self.label])


def rewrite(file: Path) -> int:
    """Write the present fingerprints into a file of tests that was read again; returns how many changed."""
    changed, texts, old = 0, all_statements(), file.read_text("utf8")

    def renewed(match: re.Match[str]) -> str:
        nonlocal changed
        now = fingerprint(texts[match["label"]])
        changed += now != match["text"]
        return f"{match['head']}{now}"

    new = re.sub(r'(?P<head>Statement\(\s*"(?P<label>[\w-]+)",\s*text=")(?P<text>[0-9a-f]+)', renewed, old)
    file.write_text(new, "utf8")
    return changed


if __name__ == "__main__":  # python -m tests.statements.harness FILE ...
    import sys

    for name in sys.argv[1:]:
        print(name, rewrite(Path(name)))
