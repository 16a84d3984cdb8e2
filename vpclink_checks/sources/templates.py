"""What template languages leave in a JSON file: placeholders and directives, found but never evaluated.

Terraform ``${…}`` and ``%{ if … }``, Go ``{{ … }}``, Jinja and Handlebars ``{{…}}``, ``{% … %}``, ERB
``<%= … %>``, hand-made ``<PORT>``, ``$NAME``, ``$$$NAME$$$``. Every function here looks at each
character a bounded number of times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>"}
_NAMED = re.compile(r"\$+[A-Za-z_][A-Za-z0-9_]*\$*|<[A-Za-z_][^<>\"\n{}\[\],:]{0,80}>")
_NOTABLE = re.compile(r'["{}\\]')
_QUOTED = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"')
_HINT = re.compile(r"\$\{|\{\{|%\{|\{%|<%|<[A-Za-z_][\w .-]{0,80}>|\$+[A-Za-z_]\w*")
_WORD = re.compile(r"[\s~\-]*([#^/]?\s*[A-Za-z]*)")
_OPENING = frozenset({"if", "for", "range", "with", "unless", "foreach", "each", "block", "macro", "define"})
_CLOSING = frozenset({"end", "endif", "endfor", "endwith", "endblock", "endmacro", "endunless"})
_BETWEEN = frozenset({"else", "elif", "elsif", "elseif", "set"})
_TRIPLE = 1000  # characters in which a "{{{" must find its end
STARTS = frozenset("$%{<")


@dataclass(frozen=True, slots=True)
class Directive:
    """A piece of template logic, or a comment. ``depth``: +1 opens a block, -1 closes one, 0 neither."""

    end: int
    depth: int


def has_placeholder(text: str) -> bool:
    """Whether a string value still waits to be filled in."""
    return _HINT.search(text) is not None


def directive(text: str, at: int) -> Directive | None:
    """The directive that starts at *at*: ``%{ if x }``, ``{% endif %}``, ``{{ range .Ports }}``, ``{# … #}``."""
    opener = text[at : at + 2]
    if opener not in ("%{", "{%", "{#", "{{", "<%"):
        return None
    end = placeholder_end(text, at, len(text))
    if end is None:
        return None
    depth = 0 if opener == "{#" else _depth(text, at + 2, end)
    if depth is None:
        return None if opener in ("{{", "<%") else Directive(end, 0)
    return Directive(end, depth)


def _depth(text: str, start: int, end: int) -> int | None:
    """What the first word does to the nesting; None where it is no word of template logic."""
    found = _WORD.match(text, start, end)
    word = found.group(1).replace(" ", "") if found else ""
    if word[:1] in ("#", "^"):
        return 1
    if word[:1] == "/":
        return -1 if len(word) > 1 else 0
    if word in _OPENING:
        return 1
    return -1 if word in _CLOSING else (0 if word in _BETWEEN else None)


def placeholder_end(text: str, at: int, limit: int) -> int | None:
    """Where the bracketed placeholder that starts at *at* ends, or None if it is none or stays open."""
    if text.startswith(("${", "%{"), at):
        return _balanced(text, at + 2, limit)
    closer = _CLOSERS.get(text[at : at + 2])
    if closer is None or (text[at] == "{" and opens_object(text, at)):
        return None
    found = text.find(closer, at + 2, limit)
    if found < 0:
        return None
    return found + (3 if text.startswith("{{{", at) and text.startswith("}}}", found) else 2)


def _balanced(text: str, start: int, limit: int) -> int | None:
    """Behind the brace that closes one opened before *start*; braces in quotes do not count."""
    depth, at = 1, start
    while found := _NOTABLE.search(text, at, limit):
        at = found.end()
        match found.group():
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if depth == 0:
                    return at
            case "\\":
                at += 1
            case '"':
                quoted = _QUOTED.match(text, at - 1, limit)
                at = quoted.end() if quoted else at
    return None


def opens_object(text: str, at: int) -> bool:
    """Whether the brace at *at* is JSON's own: ``{"a"``, but also ``{`` before ``{{ key }}`` or ``%{ if x }``."""
    if text.startswith("{{{", at):
        end = text.find("}}", at, at + _TRIPLE)
        return end >= 0 and not text.startswith("}}}", end)
    return not text.startswith(("{{", "{%", "{#"), at) or text.startswith(("{%{", "{{%"), at)


def named_end(text: str, at: int) -> int | None:
    """Where a ``$NAME``, ``$$$NAME$$$`` or ``<NAME>`` that starts at *at* ends."""
    found = _NAMED.match(text, at)
    return found.end() if found else None
