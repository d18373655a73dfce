"""MyST Markdown to the Markdown that Jupyter and Colab show: directives and roles become plain text.

Whatever is not known here is an error with its line, never dropped.
"""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|:{3,}|~{3,})(?:\{(?P<name>[\w:.-]+)\})?(?P<rest>.*)$")
_ROLE = re.compile(r"\{(?P<name>[a-z][\w:.-]*)\}(?P<ticks>`+)(?P<text>.+?)(?P=ticks)", re.DOTALL)
_CODE = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_TARGET = re.compile(r"^\([^()\s]+\)=\s*$")
_NAMED = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
_MATH_END = re.compile(r"\$\$\s*(?:\((?P<label>[^()\s]+)\))?\s*$")
_ADMONITIONS = {"note", "tip", "warning", "hint", "important", "seealso", "caution", "danger", "attention", "error"}
_REFERENCES = {"eq", "ref", "numref", "prf:ref", "doc", "term", "any", "exercise-ref"}


class UnknownSyntaxError(ValueError):
    """A directive or role that has no translation."""


class Lookup(Protocol):
    """What the finished page says of the things that the text refers to."""

    def reference(self, role: str, target: str, text: str | None) -> str:
        """Markdown for a reference: the text that the page shows, as a link where the site has an address."""

    def equation(self, label: str) -> str:
        """Number of an equation."""

    def caption(self, label: str) -> str:
        """Heading of a theorem or exercise, such as ``Theorem 1.1 (Title)``."""

    def citation(self, role: str, keys: list[str]) -> str:
        """Text of a citation."""

    def value(self, name: str) -> str:
        """A recorded number."""


@dataclass
class Block:
    """A piece of a text: ``kind`` is ``"text"``, ``"$$"``, ``"code"`` or the name of a directive."""

    kind: str
    lines: list[str]
    line: int


@dataclass
class Translator:
    """Translates the text of one file.

    Attributes:
        lookup: what the finished page says.
        path: the file, for messages and for pictures beside it.
        attachments: pictures met so far, in nbformat's form.
    """

    lookup: Lookup
    path: Path
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)

    def translate(self, text: str, line: int = 1) -> str:
        """Markdown of a piece of MyST.

        Args:
            text: the piece.
            line: its first line in the file.

        Returns:
            Markdown without directives, roles, targets and comments.

        Raises:
            UnknownSyntaxError: if it has a directive or role that has no translation.
        """
        return self.translate_blocks(split_blocks(text, line, self.path))

    def translate_blocks(self, blocks: Iterable[Block]) -> str:
        """Markdown of some blocks, one after the other; see :meth:`translate`."""
        text = "\n".join(self._block(block) for block in blocks)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def _block(self, block: Block) -> str:
        if block.kind == "text":
            return self._inline("\n".join(block.lines), block.line)
        if block.kind == "$$":
            return self._math("\n".join(block.lines))
        if block.kind == "code":
            return "\n".join(block.lines)
        fence = _FENCE.match(block.lines[0])
        assert fence is not None
        return self._directive(block.kind, fence["rest"].strip(), block.lines[1:-1], block.line)

    def _directive(self, name: str, argument: str, body: list[str], line: int) -> str:
        options, content, skipped = _options(body)
        inside: Callable[[], str] = lambda: self.translate("\n".join(content), line + 1 + skipped)  # noqa: E731
        title = self._inline(argument, line)
        folded = "dropdown" in options.get("class", "")
        if name == "admonition":
            return _quote(title, inside())
        if name in _ADMONITIONS:
            return _quote(name.capitalize(), inside())
        if name == "dropdown":
            return _details(title, inside())
        if name == "math":
            return _display("\n".join(content), self._tag(options.get("label")))
        if name == "prf:proof":
            return _details("Proof", inside()) if folded else f"*Proof.* {inside()}"
        if name.startswith("prf:"):
            return _quote(self.lookup.caption(_required(options, "label", name, self._where(line))), inside())
        if name == "exercise-start":
            heading = self.lookup.caption(_required(options, "label", name, self._where(line)))
            return f"### {heading}\n\n{inside()}".rstrip() + "\n"
        if name in ("exercise-end", "solution-start", "solution-end"):
            return ""
        if name in ("figure", "image"):
            return self._picture(argument, options, inside())
        if name in ("code-block", "code"):
            return "\n".join([f"```{argument}", *content, "```"])
        raise UnknownSyntaxError(f"{self._where(line)}: the directive {{{name}}} has no translation for notebooks")

    def _inline(self, text: str, line: int) -> str:
        """Roles outside code spans."""
        parts, position = [], 0
        spans = sorted([*_ROLE.finditer(text), *_CODE.finditer(text)], key=lambda match: match.start())
        for span in spans:
            if span.start() < position:  # the code span that is a role's own content
                continue
            parts.append(text[position : span.start()])
            if span.re is _ROLE:
                parts.append(self._role(span["name"], span["text"], line + text.count("\n", 0, span.start())))
            else:
                parts.append(span[0])
            position = span.end()
        return "".join([*parts, text[position:]])

    def _role(self, name: str, text: str, line: int) -> str:
        if name in _REFERENCES:
            named = _NAMED.match(text)
            target, shown = (named["target"], named["text"]) if named else (text, None)
            return self.lookup.reference(name, target, shown)
        if name in ("cite", "cite:t", "cite:p"):
            return self.lookup.citation(name, [key.strip() for key in text.split(",")])
        if name == "glue:text":
            return self.lookup.value(text.split(":")[0])
        if name == "math":
            return f"${text}$"
        if name in ("sub", "sup", "kbd"):
            return f"<{name}>{html.escape(text)}</{name}>"
        raise UnknownSyntaxError(f"{self._where(line)}: the role {{{name}}} has no translation for notebooks")

    def _math(self, text: str) -> str:
        inner = text.strip()[2:]
        end = _MATH_END.search(inner)
        assert end is not None
        return _display(inner[: end.start()], self._tag(end["label"]))

    def _tag(self, label: str | None) -> str:
        return f"\\tag{{{self.lookup.equation(label)}}}" if label else ""

    def _picture(self, argument: str, options: dict[str, str], caption: str) -> str:
        picture = (self.path.parent / argument).resolve()
        kind = mimetypes.guess_type(picture.name)[0] or "application/octet-stream"
        self.attachments[picture.name] = {kind: base64.b64encode(picture.read_bytes()).decode()}
        shown = f"![{options.get('alt', '')}](attachment:{picture.name})"
        return f"{shown}\n\n*{caption}*" if caption else shown

    def _where(self, line: int) -> str:
        return f"{self.path}:{line}"


def split_blocks(text: str, line: int, path: Path) -> Iterator[Block]:
    """The pieces that a text consists of: fences, displayed equations, and what is between. Targets and comments go.

    Args:
        text: MyST.
        line: its first line in the file.
        path: the file, for messages.

    Returns:
        The pieces in order.

    Raises:
        UnknownSyntaxError: if a fence or an equation is not closed.
    """
    lines = text.split("\n")
    position, prose = 0, Block("text", [], line)
    while position < len(lines):
        start, current = position, lines[position]
        fence = _FENCE.match(current)
        if fence or current.strip().startswith("$$"):
            position = _end_of_fence(lines, start, fence["fence"]) if fence else _end_of_math(lines, start)
            if position > len(lines):
                raise UnknownSyntaxError(f"{path}:{line + start}: {current.strip()!r} is not closed")
            yield prose
            kind = (fence["name"] or "code") if fence else "$$"
            yield Block(kind, lines[start:position], line + start)
            prose = Block("text", [], line + position)
        else:
            position += 1
            dropped = _TARGET.match(current) or current.startswith("%")
            prose.lines.append("" if dropped else current)
    yield prose


def _end_of_fence(lines: list[str], start: int, fence: str) -> int:
    """Position after the closing line of a fence; past the end of the text if there is none."""
    for position in range(start + 1, len(lines)):
        stripped = lines[position].strip()
        if stripped and set(stripped) == {fence[0]} and len(stripped) >= len(fence):
            return position + 1
    return len(lines) + 1


def _end_of_math(lines: list[str], start: int) -> int:
    """Position after a displayed equation and its label; past the end of the text if it is not closed."""
    for end in range(start + 1, len(lines) + 1):
        if _closes_math(lines[start:end]):
            return end
    return len(lines) + 1


def _closes_math(lines: list[str]) -> bool:
    text = "\n".join(lines).strip()
    return len(text) > 2 and _MATH_END.search(text[2:]) is not None


def _options(body: list[str]) -> tuple[dict[str, str], list[str], int]:
    """Options of a directive, its content, and how many lines the options took."""
    if body and body[0].strip() == "---":
        end = next(i for i, line in enumerate(body[1:], 1) if line.strip() == "---")
        loaded = yaml.safe_load("\n".join(body[1:end])) or {}
        return {key: str(value) for key, value in loaded.items()}, body[end + 1 :], end + 1
    options, position = {}, 0
    while position < len(body) and (match := re.match(r"^\s*:([\w-]+):(?:\s+(.*))?$", body[position])):
        options[match[1]] = match[2] or ""
        position += 1
    return options, body[position:], position


def _required(options: dict[str, str], key: str, name: str, where: str) -> str:
    if key not in options:
        raise UnknownSyntaxError(f"{where}: the directive {{{name}}} needs a :{key}: to be referred to in notebooks")
    return options[key]


def _quote(title: str, body: str) -> str:
    lines = [f"**{title}**", "", *body.split("\n")]
    return "\n" + "\n".join(f"> {line}".rstrip() for line in lines) + "\n"


def _details(title: str, body: str) -> str:
    return f"\n<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>\n"


def _display(body: str, tag: str) -> str:
    inner = body.strip("\n")
    return f"\n$$\n{inner}{' ' + tag if tag else ''}\n$$\n"
