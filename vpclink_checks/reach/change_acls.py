"""Network ACL entries added, where need be by moving others up.

CLI: create- and delete-network-acl-entry (botocore, ec2; direction by --ingress and --egress). Terraform:
aws_network_acl_rule of the AWS provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vpclink_checks.model.network import AclEntry, NetworkAcl
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_tables import block, is_ipv6, network, put, quoted, row, slug
from vpclink_checks.reach.protocols import name, number
from vpclink_checks.report import Fix

LAST_NUMBER = 32767  # the rule "*", which cannot be changed or removed
_STEP = 10  # between a rule that is added at the end and the one before it


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowInAcl:
    """Allow entries in front of those that deny the same packets.

    ``acl`` is as it was read. ``wanted`` are the entries, each with the number of the entry that it has to come
    before. All of them go in front of the first of these: each takes in packets only that are denied now, so that
    it may come as early as it likes.
    """

    acl: NetworkAcl
    egress: bool
    wanted: tuple[AclEntry, ...]

    def joins(self, other: object) -> bool:
        """Whether the two add to the same direction of the same ACL."""
        return isinstance(other, AllowInAcl) and (other.acl.id, other.egress) == (self.acl.id, self.egress)

    def joined(self, other: object) -> AllowInAcl:
        """What both want, numbered together; *other* is one that this one joins."""
        mine = other.wanted if isinstance(other, AllowInAcl) else ()
        return replace(self, wanted=tuple(dict.fromkeys((*mine, *self.wanted))))

    @property
    def entries(self) -> tuple[AclEntry, ...]:
        """The new entries by their own numbers."""
        return tuple(replace(one, number=number_) for number_, one in zip(self._numbers, self.wanted, strict=True))

    @property
    def moved(self) -> tuple[tuple[AclEntry, int], ...]:
        """Entries that make room, with their new numbers, the last first: so the order never changes in between."""
        if self._free(self._limit):
            return ()
        found: list[tuple[AclEntry, int]] = []
        room = self._limit + len(self.wanted)
        for one in sorted(self._own, key=lambda one: one.number):
            if self._limit <= one.number < room:
                found.append((one, room))
                room += 1
        return tuple(reversed(found))

    @property
    def _own(self) -> tuple[AclEntry, ...]:
        return tuple(one for one in self.acl.entries if one.egress == self.egress and one.number != LAST_NUMBER)

    @property
    def _limit(self) -> int:
        return min(one.number for one in self.wanted)

    @property
    def _numbers(self) -> tuple[int, ...]:
        limit = self._limit
        return self._free(limit) or tuple(range(limit, limit + len(self.wanted)))

    def _free(self, limit: int) -> tuple[int, ...]:
        """Free numbers below *limit* for all that is wanted, close to it; behind the last where only ``*`` denies."""
        taken, count = {one.number for one in self._own}, len(self.wanted)
        behind = max(taken, default=90) + _STEP
        if limit == LAST_NUMBER and behind + _STEP * count < LAST_NUMBER:
            return tuple(range(behind, behind + _STEP * count, _STEP))
        found = [one for one in range(limit - 1, 0, -1) if one not in taken][:count]
        return tuple(reversed(found)) if len(found) == count else ()

    def apply(self, topology: Topology) -> Topology:
        """The facts with the entries moved and added. Raises LookupError where the ACL is another by now."""
        acl = row(topology.network_acls, self.acl.id)
        gone = [one for one, _ in self.moved]
        if any(one not in acl.entries for one in gone):
            raise LookupError(f"{acl.id} has not the rules any more that were to be moved")
        added = [*(replace(one, number=number_) for one, number_ in self.moved), *self.entries]
        kept = tuple(one for one in acl.entries if one not in gone)
        taken = {one.number for one in kept if one.egress == self.egress}
        if any(one.number in taken for one in added):
            raise LookupError(f"{acl.id} has other rules by now with the numbers that were free")
        changed = replace(acl, entries=(*kept, *added))
        return replace(topology, network_acls=put(topology.network_acls, acl.id, changed))

    @property
    def fix(self) -> Fix:
        """One command for each entry, in an order that never opens or closes anything else in between."""
        moves = [text for one, number_ in self.moved for text in self._move(one, number_)]
        return Fix(
            text=self._sentence,
            cli="\n".join([*moves, *(self._create(one) for one in self.entries)]),
            terraform="\n".join([*self._renumbered(), *(_resource(self.acl.id, one) for one in self.entries)]),
        )

    @property
    def _sentence(self) -> str:
        word = "outbound" if self.egress else "inbound"
        shown = " and ".join(f"{_text(one)} as rule {one.number}" for one in self.entries)
        if not self.moved:
            return f"Allow {word} {shown} in {self.acl.id}."
        room = ", ".join(f"{one.number} becomes {number_}" for one, number_ in reversed(self.moved))
        return f"Renumber {word} rules of {self.acl.id} ({room}), then allow {shown}."

    def _move(self, entry: AclEntry, number_: int) -> tuple[str, str]:
        old = f"--network-acl-id {self.acl.id} {_side(self.egress)} --rule-number {entry.number}"
        return self._create(replace(entry, number=number_)), f"aws ec2 delete-network-acl-entry {old}"

    def _create(self, entry: AclEntry) -> str:
        cidr = "--ipv6-cidr-block" if is_ipv6(entry.cidr) else "--cidr-block"
        return (
            f"aws ec2 create-network-acl-entry --network-acl-id {self.acl.id} {_side(self.egress)} "
            f"--rule-number {entry.number} --protocol {number(entry.protocol)} {_which(entry)}"
            f"{cidr} {network(entry.cidr)} --rule-action {'allow' if entry.allow else 'deny'}"
        )

    def _renumbered(self) -> Sequence[str]:
        return [f"# rule_number {one.number} of {self.acl.id} becomes {number_}" for one, number_ in self.moved]


def _side(egress: bool) -> str:  # noqa: FBT001 - EC2's own flag
    return "--egress" if egress else "--ingress"


def _which(entry: AclEntry) -> str:
    if entry.icmp_type is not None:
        return f"--icmp-type-code Type={entry.icmp_type},Code={-1 if entry.icmp_code is None else entry.icmp_code} "
    if entry.from_port is None:
        return ""
    return f"--port-range From={entry.from_port},To={_to(entry)} "


def _to(entry: AclEntry) -> int | None:
    return entry.from_port if entry.to_port is None else entry.to_port


def _text(entry: AclEntry) -> str:
    shown = name(entry.protocol)
    if entry.icmp_type is not None:
        shown += f" {entry.icmp_type}/{entry.icmp_code}"
    elif entry.from_port is not None:
        shown += f" {entry.from_port}" if entry.from_port == _to(entry) else f" {entry.from_port}-{_to(entry)}"
    return f"{shown} with {network(entry.cidr)}"


def _resource(acl_id: str, entry: AclEntry) -> str:
    ports = {} if entry.from_port is None else {"from_port": str(entry.from_port), "to_port": str(_to(entry))}
    if entry.icmp_type is not None:
        ports = {
            "icmp_type": str(entry.icmp_type),
            "icmp_code": str(-1 if entry.icmp_code is None else entry.icmp_code),
        }
    word = "outbound" if entry.egress else "inbound"
    return block(
        f'resource "aws_network_acl_rule" "{slug(acl_id, word, entry.number)}"',
        network_acl_id=quoted(acl_id),
        rule_number=str(entry.number),
        egress=str(entry.egress).lower(),
        protocol=quoted(number(entry.protocol)),
        rule_action=quoted("allow" if entry.allow else "deny"),
        **ports,
        **{"ipv6_cidr_block" if is_ipv6(entry.cidr) else "cidr_block": quoted(network(entry.cidr))},
    )
