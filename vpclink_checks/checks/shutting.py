"""The smallest change that shuts what a check found open, as a fix: tried on the facts before it is suggested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from vpclink_checks.checks.balancing import in_service
from vpclink_checks.checks.catalogue import Context
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.network import GroupRule
from vpclink_checks.reach import closing
from vpclink_checks.reach.change_addresses import public_address
from vpclink_checks.reach.change_balancers import DenyGateways
from vpclink_checks.reach.change_groups import EGRESS, INGRESS, AddRule, RemoveRule, same_rule
from vpclink_checks.reach.changes import Change, together
from vpclink_checks.reach.doors.certificate import Door
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.exposure import here_of
from vpclink_checks.reach.internet import Door as PublicAddress
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.report import Fix


def _text(change: Change | None) -> Fix | None:
    return change.fix if change is not None else None


def _there(ctx: Context, reach: Reach) -> Context:
    """The same path in the changed facts."""
    here = next((one for one in reach.topology.paths if one.id == ctx.here.id), ctx.here)
    return replace(ctx, topology=reach.topology, reach=reach, path=here)


def addresses_shut(ctx: Context, ask: Callable[[Context], Exposure]) -> Fix | None:
    """A target's own addresses: *ask* gives their doors, of any facts."""
    return _text(closing.closing(ctx.reach, lambda reach: ask(_there(ctx, reach)).doors))


def listener_shut(ctx: Context, ask: Callable[[Context], Door]) -> Fix | None:
    """A door through load balancers: *ask* gives it, of any facts."""

    def packets(reach: Reach) -> Iterable[PublicAddress]:
        found = ask(_there(ctx, reach)).entrances
        return [door for one in found if one.packets is not None for door in one.packets.doors]

    behind = [backend for one in in_service(ctx) for backend in ctx.reach.backends(ctx.here, one)]
    balancer = ctx.here.load_balancer
    first = [DenyGateways(balancer=balancer)] if balancer is not None and balancer.internal else []
    return _text(closing.closing(ctx.reach, packets, behind=behind, first=first))


def groups_shut(ctx: Context, group_ids: Iterable[str], port: int) -> Fix | None:
    """Security groups that let public sources in on a port, whether those have a way there or not."""
    return _text(closing.closing_groups(ctx.reach, group_ids, port))


def no_public_addresses(ctx: Context, target: Target) -> Fix | None:
    """The public IPv4 addresses of all interfaces of a target given up, if all of them can be."""
    interfaces = here_of(ctx.reach, ctx.here).interfaces_of(target)
    found = [public_address(one, held.public) for one in interfaces for held in one.addresses if held.public]
    return _text(together(one for one in found if one is not None)) if all(found) else None


def rules_removed(group_id: str, ingress: Iterable[GroupRule], egress: Iterable[GroupRule]) -> Fix | None:
    """These rules of a group, taken back."""
    found = [RemoveRule(group_id=group_id, direction=INGRESS, rule=one) for one in ingress]
    return _text(together([*found, *(RemoveRule(group_id=group_id, direction=EGRESS, rule=one) for one in egress)]))


def narrowed(ctx: Context, wide: Iterable[tuple[str, GroupRule]]) -> Fix | None:
    """Inbound rules of groups kept for the same peers, but for the ports alone on which the paths' targets answer."""
    changes: list[Change] = []
    for group_id, rule in wide:
        held = ctx.topology.security_groups.need(group_id).ingress
        ports = sorted(_ports_behind(ctx, group_id))
        added = [replace(rule, protocol="tcp", from_port=port, to_port=port, description="") for port in ports]
        new = [one for one in added if not any(same_rule(one, other) for other in held)]
        changes += [AddRule(group_id=group_id, direction=INGRESS, rule=one) for one in new]
        changes.append(RemoveRule(group_id=group_id, direction=INGRESS, rule=rule))
    change = together(changes)
    return _text(change) if change is not None and closing.holds(ctx.reach, change, lambda _: True) else None


def _ports_behind(ctx: Context, group_id: str) -> set[int]:
    """The ports to which the paths send packets at interfaces that carry the group."""
    carriers = (one for one in ctx.topology.interfaces if group_id in one.group_ids)
    own = {address for one in carriers for address in (*one.private_addresses, *one.ipv6)}
    sent = (trace.packet for one in closing.own_traffic(ctx.reach) for trace in one.traces)
    return {packet.port for packet in sent if packet.dst in own}
