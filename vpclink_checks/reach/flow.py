"""One flow from end to end: every filter and gateway there and, for the reply, back.

The order is semantics.md, section 7: groups out, route, ACL out, what lies between, ACL in, groups in; then the
reply's route and ACLs. Groups are stateful and let replies pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.network import SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, gateways, groups, routes, ways
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.parcels import By, Parcel, Spot, Where, deny, unsure
from vpclink_checks.reach.protocols import REPLY_PORTS, replies
from vpclink_checks.reach.sets import Ranges, addresses, one_port, world
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace

# A client on the internet takes whatever port it likes: one that is let back is enough.
_ANY_PORT = Ranges.of((1, 65535))


def trace(topology: Topology, source: End, target: End, port: int, protocol: str = "tcp") -> Trace:
    """Whether *source* opens a connection to *target*'s port, for every reply port that AWS names (1024-65535).

    *port* is ICMP's ``type * 256 + code`` for ICMP, 0 where the protocol has none. An end without a VPC is an
    address outside: on the internet, or one that no interface has.
    """
    dst = addresses(target.public) if target.public else target.addresses
    parcel = Parcel(src=source.addresses, dst=dst, protocol=protocol, asked=one_port(port))
    packet = Packet(src=source.addresses.title, dst=dst.title, port=port, protocol=protocol)
    if source.borrowed:
        return Trace(packet=packet, steps=_preserved(topology, source, target, port, protocol))
    return Trace(packet=packet, steps=tuple(_steps(topology, source, target, parcel)))


def _steps(topology: Topology, source: End, target: End, parcel: Parcel) -> Iterator[Step]:
    there = _there(topology, source, target, parcel)
    if source.vpc_id:
        named = frozenset[str]() if target.public else target.counts_as  # a reference never means public addresses
        peer = replace(target, addresses=parcel.dst, counts_as=named)
        yield _filtered(topology, source, peer, "egress", there)
    yield from there.steps
    if target.vpc_id:
        peer = replace(source, addresses=there.parcel.src)
        yield _filtered(topology, target, peer, "ingress", there)
    yield from nobody_listens(target)
    yield from _back(topology, source, target, there, parcel)


def nobody_listens(target: End) -> tuple[Step, ...]:
    """A NAT gateway's own address takes in no connection, whatever filters say."""
    if target.type != "nat_gateway":
        return ()
    rule = f"{target.name} takes in answers to what it sent on, and no connection from elsewhere"
    return (deny("NAT gateway", target.name, rule),)


def _there(topology: Topology, source: End, target: End, parcel: Parcel) -> Spot:
    spot = ways.start(source, parcel) if source.vpc_id else _from_outside(topology, parcel)
    return ways.carry(topology, spot, target)


def _from_outside(topology: Topology, parcel: Parcel) -> Spot:
    return gateways.enter(topology, Spot(where=Where.INTERNET, parcel=parcel, by=(By.INTERNET,)))


def _back(topology: Topology, source: End, target: End, there: Spot, parcel: Parcel) -> Iterator[Step]:
    """The reply's steps; none where nobody answers, or where it is not known to whom."""
    answer = replies(parcel.protocol, parcel.asked.first)
    lost = there.where is Where.LOST
    if not answer or (lost and (there.altered or not target.vpc_id or not source.vpc_id)):
        return
    if lost:
        there = replace(there, parcel=replace(there.parcel, src=source.addresses), turns=())
    if not source.vpc_id and answer == REPLY_PORTS:
        answer = _ANY_PORT
    own = target.addresses if target.vpc_id else parcel.dst
    reply = Parcel(
        src=own,
        dst=there.parcel.src,
        protocol=parcel.protocol,
        asked=answer,
        reply=True,
        every=bool(source.vpc_id),
        opened_by=there.parcel.opened_by,
    )
    yield from ways.back(topology, there, source, target, reply)


# -- security groups ---------------------------------------------------------------------------

_NO_REFERENCE = frozenset({By.NAT, By.INTERNET, By.FAR_PEERING})


def _filtered(topology: Topology, own: End, peer: End, direction: str, there: Spot) -> Step:
    """What the groups of *own* say; a reference to the peer's groups counts as far as they see each other.

    References reach over a peering inside one region (vpc peering guide); over a transit gateway only where its
    options say so (SecurityGroupReferencingSupport), which facts do not hold: both readings count then.
    """
    if there.altered and direction == "ingress":
        return _from_anybody(topology, own, peer, there)
    if _NO_REFERENCE & set(there.by):
        return _decide(topology, own, replace(peer, counts_as=frozenset()), direction, there)
    found = _decide(topology, own, peer, direction, there)
    sure = By.TRANSIT not in there.by and (there.where is not Where.LOST or there.verdict is Decision.DENY)
    if sure or not peer.counts_as:
        return found
    bare = _decide(topology, own, replace(peer, counts_as=frozenset()), direction, there)
    if bare.decision is found.decision:
        return bare
    rule = f"readings disagree: a reference to {', '.join(sorted(peer.counts_as))} counts over this way, or it does not"
    return unsure(found.layer, found.component, f"{rule}: {found.rule}; or {bare.rule}")


def _decide(topology: Topology, own: End, peer: End, direction: str, there: Spot) -> Step:
    protocol, port = there.parcel.protocol, there.parcel.asked.first
    return groups.decide(topology, own, peer, direction, protocol=protocol, port=port)


def _from_anybody(topology: Topology, own: End, peer: End, there: Spot) -> Step:
    """Behind what may change the sender's address: refused for sure only where nobody at all is let in.

    A reference to the sender's groups does not match through a middlebox (amazon-vpc-user-guide, security-group-rules;
    semantics.md, section 7.3), unless that may carry such a group itself.
    """
    anybody = End(
        name="anybody",
        addresses=world(own.family),
        vpc_id="",
        subnet_id="",
        counts_as=frozenset(_referenced(topology, own)) - _hidden(topology, peer, there),
    )
    found = _decide(topology, own, anybody, "ingress", there)
    if found.decision is not Decision.ALLOW:
        return found if found.decision is Decision.DENY else replace(found, rule=_UNSEEN)
    return found


_UNSEEN = "whose address the packets carry when they arrive is not known, and only some are let in"


def _hidden(topology: Topology, peer: End, there: Spot) -> frozenset[str]:
    """The sender's groups that no reference means any more: those that no middlebox carries, surely behind one."""
    table = topology.interfaces
    if table.gap is not None or table.gaps or not any(step.layer.startswith("appliance ") for step in there.steps):
        return frozenset()
    boxes = [one for one in topology.interfaces if not one.source_dest_check]
    return peer.counts_as - {id_ for one in boxes for id_ in one.group_ids}


def _referenced(topology: Topology, own: End) -> Iterator[str]:
    for id_ in own.group_ids:
        group = topology.security_groups.peek(id_)
        if isinstance(group, SecurityGroup):
            yield from (rule.group_id for rule in group.ingress if rule.group_id)


# -- a client's address that a load balancer preserved -----------------------------------------


def _preserved(topology: Topology, source: End, target: End, port: int, protocol: str) -> tuple[Step, ...]:
    """From the load balancer's subnet, with the client's address; the reply goes to the client's."""
    filters = _acl_steps(topology, source, target, port, protocol)
    return (
        groups.decide(topology, source, target, "egress", protocol=protocol, port=port),
        routes.decide(topology, source, target),
        *filters[:2],
        groups.decide(topology, target, source, "ingress", protocol=protocol, port=port),
        routes.decide(topology, target, source),
        *filters[2:],
    )


def _acl_steps(topology: Topology, source: End, target: End, port: int, protocol: str) -> list[Step]:
    """There out and in, back out and in."""
    there, back = one_port(port), replies(protocol, port)
    steps = [
        acls.decide(topology, source, target, egress=True, protocol=protocol, asked=there),
        acls.decide(topology, target, source, egress=False, protocol=protocol, asked=there),
    ]
    if back:
        steps += [
            acls.decide(topology, target, source, egress=True, protocol=protocol, asked=back),
            acls.decide(topology, source, target, egress=False, protocol=protocol, asked=back),
        ]
    return [_contested(step) for step in steps] if source.subnet_id == target.subnet_id else steps


def _contested(step: Step) -> Step:
    """One subnet, but a preserved address from another: AWS says of neither reading that it holds."""
    if step.decision is not Decision.DENY:
        return step
    rule = f"readings disagree: inside one subnet no ACL acts, or it does on the client's address: {step.rule}"
    return replace(step, decision=Decision.UNKNOWN, rule=rule, remedy=None)
