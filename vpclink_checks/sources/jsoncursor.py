"""A place in a JSON text that moves forward: what stands here, and past what is no JSON."""

from __future__ import annotations

import re

from vpclink_checks.sources import templates

_SPACE = re.compile(r"[ \t\r\n]*+")
_KEY = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"[ \t\r\n]*+:')
QUOTES = "'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"


class Unreadable(Exception):  # noqa: N818 - a signal inside this reader, turned into a SourceError at its edge
    """The text is no JSON at ``offset``; ``message`` says what was expected there."""

    def __init__(self, offset: int, message: str) -> None:
        self.offset, self.message = offset, message
        super().__init__(message)


class Cursor:
    """``notes``: what was overlooked -> where it was met first. ``strict``: the text is valid JSON."""

    def __init__(self, text: str, *, strict: bool) -> None:
        self.text, self.strict = text, strict
        self.at = 0
        self.notes: dict[str, int] = {}
        self.blocks = 0  # how many template blocks are open here
        self.directive_end = -1  # behind the directive met last

    def peek(self) -> str:
        """The character here; "" at the end."""
        return self.text[self.at : self.at + 1]

    def note(self, what: str, offset: int) -> None:
        """Remember what was overlooked, once."""
        self.notes.setdefault(what, offset)

    def skip(self) -> None:
        """Past white space, comments and directives."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.strict or not (self._comment() or self._directive()):
                return

    def _comment(self) -> bool:
        text, start = self.text, self.at
        if text.startswith("/*", start):
            end = text.find("*/", start + 2)
            if end < 0:
                raise Unreadable(start, 'expected "*/", found a comment that is never closed')
            self.at = end + 2
        elif text.startswith("//", start) or (text.startswith("#", start) and not text.startswith("#{", start)):
            end = text.find("\n", start)
            self.at = len(text) if end < 0 else end
        else:
            return False
        self.note("a comment, which JSON does not have", start)
        return True

    def _directive(self) -> bool:
        found = templates.directive(self.text, self.at) if self.peek() in "%{<" else None
        if found is None:
            return False
        self.note("a template directive: what it wraps is there only sometimes", self.at)
        self.at = found.end
        self.blocks = max(0, self.blocks + found.depth)
        self.directive_end = found.end
        return True

    def found(self) -> str:
        """What stands here, without repeating what may be a secret."""
        char = self.peek()
        if not char:
            return "the end of the file"
        if self.text.startswith("...", self.at):
            return '"...": something was left out here'
        if char in QUOTES:
            return f"{char} instead of a double quote"
        if char.isalnum() or char in '"-_':
            return _kind(char)
        return f'"{char}"' if char.isprintable() else f"the character U+{ord(char):04X}"

    def at_placeholder(self) -> bool:
        """Whether a placeholder without quotes starts here."""
        if self.strict or self.peek() not in templates.STARTS:
            return False
        text, at = self.text, self.at
        return (templates.placeholder_end(text, at, len(text)) or templates.named_end(text, at)) is not None

    def at_key(self) -> bool:
        """Whether a key, or a placeholder that stands for members, starts here."""
        return _KEY.match(self.text, self.at) is not None if self.peek() == '"' else self.at_placeholder()


def _kind(char: str) -> str:
    if char == '"':
        return "a string"
    return "a number" if char.isdigit() or char == "-" else "a word without quotes"
