"""The smallest edits of the facts that open or close something: typed, applied purely, told as AWS CLI and Terraform.

A change is worked out from facts; applied to facts that have moved on since it raises LookupError rather than
pretend. Nothing here calls AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_acls import AllowInAcl
from vpclink_checks.report import Fix


class Change(Protocol):
    """One edit of the facts; equal edits are equal objects."""

    def apply(self, topology: Topology) -> Topology:
        """The same facts with this change made. Raises LookupError where there is nothing of the kind to change."""
        ...

    @property
    def fix(self) -> Fix:
        """The change in one sentence, as AWS CLI commands and as Terraform text."""
        ...


@dataclass(frozen=True, slots=True)
class Together:
    """Several changes, in this order. Built by :func:`together`."""

    changes: tuple[Change, ...]

    def apply(self, topology: Topology) -> Topology:
        """One after the other."""
        for one in self.changes:
            topology = one.apply(topology)
        return topology

    @property
    def fix(self) -> Fix:
        """All texts, in order."""
        fixes = [one.fix for one in self.changes]
        return Fix(
            text=" ".join(fix.text for fix in fixes),
            cli="\n".join(fix.cli for fix in fixes if fix.cli),
            terraform="\n".join(fix.terraform for fix in fixes if fix.terraform),
        )


def parts(change: Change) -> Iterator[Change]:
    """The single changes of a change."""
    if isinstance(change, Together):
        for one in change.changes:
            yield from parts(one)
    else:
        yield change


def together(changes: Iterable[Change]) -> Change | None:
    """All of these as one change, each once; None for none.

    What several of them add to one direction of one ACL is numbered jointly.
    """
    found = list(dict.fromkeys(part for change in changes for part in parts(change)))
    joined: list[Change] = []
    for one in found:
        if isinstance(one, AllowInAcl):
            twin = next((at for at, other in enumerate(joined) if one.joins(other)), None)
            if twin is not None:
                joined[twin] = one.joined(joined[twin])
                continue
        joined.append(one)
    if len(joined) <= 1:
        return joined[0] if joined else None
    return Together(tuple(joined))
