"""One flow from end to end: every filter there and, for the reply, back.

The order is semantics.md, section 7: groups out, route, ACL out, ACL in, groups in; then the reply's
ACLs and route. Groups are stateful and let replies pass.
"""

from __future__ import annotations

from dataclasses import replace

from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, routes
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.protocols import REPLY_PORTS
from vpclink_checks.reach.sets import one_port
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace


def trace(topology: Topology, source: End, target: End, port: int, protocol: str = "tcp") -> Trace:
    """Whether *source* opens a connection to *target*'s port, for every reply port that AWS names (1024-65535)."""
    steps = [
        groups.decide(topology, source, target, "egress", protocol=protocol, port=port),
        _route_there(topology, source, target),
        *_acl_steps(topology, source, target, port, protocol),
        groups.decide(topology, target, source, "ingress", protocol=protocol, port=port),
        routes.decide(topology, target, source),
    ]
    packet = Packet(src=source.addresses.title, dst=target.addresses.title, port=port, protocol=protocol)
    return Trace(packet=packet, steps=tuple(steps))


def _route_there(topology: Topology, source: End, target: End) -> Step:
    return routes.decide(topology, source, target)


def _acl_steps(topology: Topology, source: End, target: End, port: int, protocol: str) -> list[Step]:
    """There out and in, back out and in; none between two interfaces of one subnet."""
    inside = source.subnet_id == target.subnet_id
    if inside and not source.borrowed:
        rule = f"both are in {source.subnet_id}, and network ACLs act only where a packet leaves or enters a subnet"
        return [Step(layer="network ACL", component="none", decision=Decision.ALLOW, rule=rule)]
    there, back = one_port(port), REPLY_PORTS
    steps = [
        acls.decide(topology, source, target, egress=True, protocol=protocol, asked=there),
        acls.decide(topology, target, source, egress=False, protocol=protocol, asked=there),
        acls.decide(topology, target, source, egress=True, protocol=protocol, asked=back),
        acls.decide(topology, source, target, egress=False, protocol=protocol, asked=back),
    ]
    return [_contested(step) for step in steps] if inside else steps


def _contested(step: Step) -> Step:
    """One subnet, but a preserved address from another: AWS says of neither reading that it holds."""
    if step.decision is not Decision.DENY:
        return step
    rule = f"readings disagree: inside one subnet no ACL acts, or it does on the client's address: {step.rule}"
    return replace(step, decision=Decision.UNKNOWN, rule=rule, remedy=None)
