"""What a test meets that asks for something nobody can tell it: one line each, and never a pass."""

from __future__ import annotations

from vpclink_checks.errors import VpclinkError


class FactUnknown(VpclinkError):  # noqa: N818 - said of the fact, not of the program
    """A fact could not be read: the line names the call and the IAM action it takes."""


class NoSuchFact(VpclinkError, KeyError):  # noqa: N818
    """There is no such thing in this environment, and that is known; the line lists what there is."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError's own would quote it


class VerdictUnknown(VpclinkError, TypeError):  # noqa: N818
    """``.reached`` or ``.blocked`` of a verdict that the facts do not tell, or ``bool()`` of any verdict."""


class NoAnswer(VpclinkError):  # noqa: N818
    """A probe that was not sent or got no answer was asked for what only an answer has."""
