"""Security groups: the union of the allow rules of every group on an interface; stateful, no order.

Sources: amazon-vpc-user-guide, VPC_SecurityGroups and security-group-rules; botocore's IpPermission.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from vpclink_checks.model.fact import Gap, unheard_of
from vpclink_checks.model.network import GroupRule, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import opening
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps, unread
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.protocols import ports, same
from vpclink_checks.reach.protocols import shown as what
from vpclink_checks.reach.sets import Addresses, addresses, none, union
from vpclink_checks.reach.trace import Decision, Step


@dataclass(frozen=True, slots=True)
class Opening:
    """One rule that takes the protocol and port in, with the peers it takes in."""

    group_id: str
    title: str
    rule: GroupRule | None
    peers: Bounds

    @property
    def text(self) -> str:
        """The group and its rule, as one clause."""
        return f"security group {self.title}" + (f" allows {self.rule.title}" if self.rule else " was not read")


def takes_in(rule: GroupRule, protocol: str, port: int) -> bool:
    """Whether the rule's protocol and ports take this one in; *port* may be ICMP's type and code."""
    return same(rule.protocol, protocol) and port in ports(rule.protocol, rule.from_port, rule.to_port)


def peers_of(topology: Topology, rule: GroupRule, family: int, peer: End | None) -> Bounds:
    """The addresses of a rule's source or destination.

    A group reference stands for the private addresses of the interfaces that carry the group, never
    for public ones (amazon-ec2-user-guide, security groups): it matches *peer* if that carries the
    group, and nobody on the internet (*peer* None). A prefix list that does not exist, a group that
    nobody carries, or one behind a peering that is no longer active (stale), matches nothing.
    """
    if rule.group_id:
        carried = peer is not None and rule.group_id in peer.counts_as and rule.peering in ("", "active")
        return exactly(peer.addresses if peer is not None and carried else none(family))
    if rule.prefix_list_id:
        found = topology.prefix_lists.peek(rule.prefix_list_id)
        if isinstance(found, Gap):
            return unread(family, found)
        return exactly(union(family, found.cidrs) if found else none(family))
    cidr = addresses(rule.cidr)
    return exactly(cidr if cidr.family == family else none(family))


def openings(
    topology: Topology,
    group_ids: Sequence[str],
    direction: str,
    *,
    protocol: str,
    port: int,
    family: int,
    peer: End | None = None,
) -> tuple[Opening, ...]:
    """Every rule of these groups for the protocol and port; *direction* is ingress or egress."""
    found: list[Opening] = []
    for group_id in group_ids:
        group = topology.security_groups.peek(group_id)
        if isinstance(group, SecurityGroup):
            rules = group.ingress if direction == "ingress" else group.egress
            found.extend(
                Opening(group_id, group.title, rule, _peers(topology, rule, family, peer))
                for rule in rules
                if not rule.protocol or takes_in(rule, protocol, port)
            )
        else:
            found.append(Opening(group_id, group_id, None, unread(family, group or missing(group_id))))
    return tuple(found)


def _peers(topology: Topology, rule: GroupRule, family: int, peer: End | None) -> Bounds:
    """The peers of a rule; of one without a protocol, which may be any, they are not certain."""
    found = peers_of(topology, rule, family, peer)
    if rule.protocol:
        return found
    gap = unheard_of("ec2:DescribeSecurityGroups", f"the protocol of a rule with {rule.peer}", "")
    return perhaps(found.possible, str(gap))


def missing(group_id: str) -> Gap:
    """Why nothing is known of a group that the facts do not hold."""
    call = "ec2:DescribeSecurityGroups"
    return Gap(operation=call, action=call, code="NotRecorded", message=f"no {group_id} in the facts")


def admitted(found: Sequence[Opening], family: int) -> Bounds:
    """Everybody whom one of these rules takes in."""
    return reduce(Bounds.__or__, (opening.peers for opening in found), exactly(none(family)))


def decide(topology: Topology, own: End, peer: End, direction: str, *, protocol: str, port: int) -> Step:
    """What the groups of *own* say to a flow that *peer* sends (ingress) or gets (egress)."""
    layer = f"security groups of {own.name}, {'inbound' if direction == 'ingress' else 'outbound'}"
    shown = ", ".join(own.group_ids) or "none"
    if not own.filtered:
        return Step(layer=layer, component="none", decision=Decision.ALLOW, rule=f"{own.name} has no security group")
    if not own.group_ids:
        rule = f"no security group of {own.name} in the facts"
        return Step(layer=layer, component=shown, decision=Decision.UNKNOWN, rule=rule)
    found = openings(topology, own.group_ids, direction, protocol=protocol, port=port, family=own.family, peer=peer)
    decision, rule = _decision(found, peer, direction, what(protocol, port), shown)
    return Step(
        layer=layer,
        component=shown,
        decision=decision,
        rule=rule,
        remedy=lambda: opening.in_groups(topology, own, peer, direction, protocol=protocol, port=port),
    )


def _decision(found: Sequence[Opening], peer: End, direction: str, asked: str, shown: str) -> tuple[Decision, str]:
    bounds = admitted(found, peer.family)
    if peer.addresses <= bounds.sure:
        return Decision.ALLOW, "; ".join(_deciding(found, peer.addresses))
    if not peer.addresses & bounds.possible:
        return Decision.DENY, _refusal(found, peer, direction, asked, shown)
    if bounds.doubts:
        return Decision.UNKNOWN, "; ".join(bounds.doubts)
    return Decision.UNKNOWN, f"{shown} admits {asked} for a part of {peer.addresses.title} only, and which is not known"


def _deciding(found: Sequence[Opening], wanted: Addresses) -> Iterator[str]:
    """One rule that suffices, or those that do together."""
    alone = next((one for one in found if wanted <= one.peers.sure), None)
    if alone is not None:
        yield alone.text
        return
    yield from (one.text for one in found if wanted & one.peers.sure)


def _refusal(found: Sequence[Opening], peer: End, direction: str, asked: str, shown: str) -> str:
    word, side = ("inbound", "from") if direction == "ingress" else ("outbound", "to")
    others = dict.fromkeys(one.rule.peer for one in found if one.rule)
    instead = f"; {asked} is open {side} {', '.join(others)} only" if others else f"; no {word} rule takes in {asked}"
    return f"no {word} rule of {shown} allows {asked} {side} {peer.addresses.title}{instead}"
