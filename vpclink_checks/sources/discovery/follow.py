"""From an integration's destination to the container: link, load balancer, listener, target group, service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.balancing import Forward, Listener, ListenerRule, LoadBalancer
from vpclink_checks.model.destination import hidden_gap
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Destination, Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.discovery.behind import behind_group
from vpclink_checks.sources.discovery.cloud_map import by_cloud_map
from vpclink_checks.sources.discovery.entries import stopped
from vpclink_checks.sources.discovery.rules import candidates
from vpclink_checks.sources.leads.front import CLOUD_MAP

LINK = "integration/link-exists"
LISTENER = "integration/leads-to-listener"
TARGET = "vpc-link/target-exists"
FORWARDS = "listener/forwards-to-target-group"
DATAGRAMS = ("UDP", "QUIC")


def follow(path: Path, topology: Topology) -> Iterator[Path]:
    """Every path that this one becomes, from its destination on."""
    where = path.destination
    if path.stop is not None or where is None:
        yield path
        return
    if where.undefined:
        names = ", ".join(where.undefined)
        stage = path.stage.name if path.stage else ""
        reason = f"stage {stage} does not define the stage variable {names}"
        yield stopped(path, "integration", reason, check="integration/stage-variables-defined")
        return
    if where.hidden:
        reason = f"where the integration leads is not known: its stage variable {', '.join(where.hidden)} is hidden"
        yield stopped(path, "api", reason, gap=hidden_gap(where.hidden))
        return
    if not where.connection_id:
        yield _no_connection(path, topology)
        return
    link = topology.links.peek(where.connection_id)
    if isinstance(link, Gap):
        yield stopped(path, "integration", f"VPC link {where.connection_id} could not be read", gap=link)
    elif link is None:
        yield stopped(path, "integration", f"there is no VPC link {where.connection_id}", check=LINK)
    elif link.version == 1:
        yield from through_v1(path, link, topology)
    else:
        yield from _through_v2(path, link, where, topology)


def _no_connection(path: Path, topology: Topology) -> Path:
    """The edited route names none either, or differs so that it cannot lend its own: then the export is no proof."""
    route = path.routes[0]
    edited = topology.edited_routes.rows.get(route.api_id, ())
    twin = next((one for one in edited if (one.method, one.path) == (route.method, route.path)), None)
    if route is twin or (twin and twin.integration and not twin.integration.connection_id):
        return stopped(path, "integration", "the private integration names no VPC link", check=LINK)
    gap = Gap(
        operation="apigateway:GetExport" if path.api is None or path.api.rest else "apigatewayv2:ExportApi",
        action="apigateway:GET",
        code="NotRead",
        message="the export does not show the integration's connectionId",
    )
    return stopped(path, "integration", "which VPC link the stage uses could not be read", gap=gap)


def through_v1(path: Path, link: VpcLink, topology: Topology) -> Iterator[Path]:
    """A version 1 link leads to its NLB; the port in the uri chooses the listener."""
    where = path.destination
    if where is not None and not where.host:
        reason = f"the uri {where.uri!r} names no host; over a version 1 link it must be http(s)://host:port"
        yield stopped(path, "integration", reason, check=LISTENER)
        return
    linked = replace(path, link=link)
    if not link.target_arns:
        yield stopped(linked, "vpc-link", f"VPC link {link.id} has no target", check=TARGET)
    for arn in link.target_arns:
        balancer = topology.load_balancers.peek(arn)
        if isinstance(balancer, Gap):
            yield stopped(linked, "vpc-link", f"load balancer {arn} could not be read", gap=balancer)
        elif balancer is None:
            reason = f"VPC link {link.id} points to load balancer {arn}, which does not exist"
            yield stopped(linked, "vpc-link", reason, check=TARGET)
        else:
            yield from _by_port(path, replace(linked, load_balancer=balancer), balancer, topology)


def _through_v2(path: Path, link: VpcLink, where: Destination, topology: Topology) -> Iterator[Path]:
    """A version 2 link leads where the integration says: a balancer and a port, or a listener, by ARN."""
    named = where.target or where.uri
    if CLOUD_MAP in named:
        yield by_cloud_map(replace(path, link=link), named, topology)
        return
    arn = _balancer_arn(named)
    unread = None if where.target else where.integration.unread.get("target")
    if not arn and unread is not None:
        yield stopped(replace(path, link=link), "vpc-link", "its integrationTarget could not be read", gap=unread)
        return
    if not arn:
        reason = f"over VPC link {link.id} of version 2 the integration must name a load balancer or listener by ARN"
        yield stopped(path, "integration", f"{reason}, and it names {named!r}", check=LISTENER)
        return
    balancer = topology.load_balancers.peek(arn)
    if isinstance(balancer, Gap):
        yield stopped(replace(path, link=link), "vpc-link", f"load balancer {arn} could not be read", gap=balancer)
    elif balancer is None:
        reason = f"the integration names load balancer {arn}, which does not exist"
        yield stopped(path, "integration", reason, check=LISTENER)
    elif ":listener/" in named:
        yield from _by_arn(path, replace(path, link=link, load_balancer=balancer), balancer, named, topology)
    else:
        yield from _by_port(path, replace(path, link=link, load_balancer=balancer), balancer, topology)


def _balancer_arn(named: str) -> str:
    """``…:listener/net/NAME/ID/LISTENER`` -> ``…:loadbalancer/net/NAME/ID``; "" for anything else."""
    head, is_listener, tail = named.partition(":listener/")
    if is_listener:
        return f"{head}:loadbalancer/{tail.rpartition('/')[0]}"
    return named if ":loadbalancer/" in named else ""


def _by_port(path: Path, arrived: Path, balancer: LoadBalancer, topology: Topology) -> Iterator[Path]:
    """*path* is what is understood where no listener fits, *arrived* where one does."""
    listeners = topology.listeners.peek(balancer.arn)
    if isinstance(listeners, Gap):
        yield stopped(arrived, "load-balancer", f"the listeners of {balancer.name} could not be read", gap=listeners)
        return
    where = path.destination
    every = [one for one in listeners or () if where is None or one.port == where.port]
    # One that speaks UDP is followed where it is alone: a check says that it cannot.
    fitting = [one for one in every if one.protocol not in DATAGRAMS] or every
    if not fitting and where is None:
        yield stopped(arrived, "load-balancer", f"load balancer {balancer.name} has no listener", check=FORWARDS)
    elif not fitting and where is not None and where.port is None:
        reason = f"{where.target or where.uri!r} names load balancer {balancer.name}, and no listener or port of it"
        yield stopped(path, "integration", reason, check=LISTENER)
    elif not fitting and where is not None:
        reason = f"the uri leads to port {where.port} of load balancer {balancer.name}, where no listener is"
        yield stopped(path, "integration", reason, check=LISTENER)
    for listener in fitting:
        yield from _listening(replace(arrived, listener=listener), listener, topology)


def _by_arn(path: Path, arrived: Path, balancer: LoadBalancer, arn: str, topology: Topology) -> Iterator[Path]:
    listeners = topology.listeners.peek(balancer.arn)
    if isinstance(listeners, Gap):
        yield stopped(arrived, "load-balancer", "its listeners could not be read", gap=listeners)
        return
    listener = next((one for one in listeners or () if one.arn == arn), None)
    if listener is None:
        reason = f"the integration names listener {arn}, which does not exist"
        yield stopped(path, "integration", reason, check=LISTENER)
    else:
        yield from _listening(replace(arrived, listener=listener), listener, topology)


def _listening(path: Path, listener: Listener, topology: Topology) -> Iterator[Path]:
    """Every target group that the listener gives traffic to: by default, or by a rule that may match."""
    rules = topology.listener_rules.peek(listener.arn)
    unread = rules if isinstance(rules, Gap) else None
    found = list(_forwards(path, listener, () if isinstance(rules, Gap) else rules or ()))
    if unread is not None:
        yield stopped(path, "listener", f"the rules of listener {listener.port} could not be read", gap=unread)
    elif not found:
        reason = f"listener {listener.port} of {_name(path)} forwards to no target group"
        yield stopped(path, "listener", reason, check=FORWARDS)
    for rule, forward, weight in found:
        yield from _to_group(replace(path, listener_rule=rule, weight=weight), forward, topology)


def _name(path: Path) -> str:
    return path.load_balancer.name if path.load_balancer else ""


def _forwards(
    path: Path, listener: Listener, rules: tuple[ListenerRule, ...]
) -> Iterator[tuple[ListenerRule | None, Forward, int | None]]:
    """Each target group once, the default action's first; weights where an action has several.

    The default action counts where it may be asked, and where no rule that is forwards: it is what was meant.
    """
    matching, default = candidates(path, rules)
    seen: set[str] = set()
    every: list[tuple[ListenerRule | None, tuple[Forward, ...]]] = [(rule, _weighted(rule)) for rule in matching]
    if default or not any(forwards for _, forwards in every):
        every.insert(0, (None, listener.forwards))
    for rule, forwards in every:
        for forward in forwards:
            if forward.target_group_arn not in seen:
                seen.add(forward.target_group_arn)
                yield rule, forward, forward.weight if len(forwards) > 1 else None


def _weighted(rule: ListenerRule) -> tuple[Forward, ...]:
    return tuple(one for action in rule.actions for one in action.forwards if one.weight > 0)


def _to_group(path: Path, forward: Forward, topology: Topology) -> Iterator[Path]:
    arn = forward.target_group_arn
    group = topology.target_groups.peek(arn)
    if isinstance(group, Gap):
        yield stopped(path, "listener", f"target group {arn} could not be read", gap=group)
    elif group is None:
        reason = f"the listener forwards to target group {arn}, which does not exist"
        yield stopped(path, "target-group", reason, check="target-group/exists")
    else:
        yield from behind_group(replace(path, target_group=group), group, topology)
