"""What a load balancer's listener does with a packet: which listener takes it, by which rule, for which target group.

An NLB's rules tell IPv4 from IPv6 clients and nothing else; an ALB's look at requests, so that a packet alone may
meet any of them (botocore model, RuleCondition).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vpclink_checks.model.balancing import Action, Forward, Listener, ListenerRule, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.doors import ClassicBalancer
from vpclink_checks.model.fact import Gap, UnknownFact, unheard_of
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import legs
from vpclink_checks.reach.change_balancers import CreateListener
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.sets import union
from vpclink_checks.reach.trace import Decision, Step

LISTENED = {
    "tcp": ("TCP", "TLS", "HTTP", "HTTPS", "TCP_UDP", "TCP_QUIC", "SSL"),
    "udp": ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
}
_SPOKEN = {word for words in LISTENED.values() for word in words}
# What an NLB's listener may forward to: elb network guide, load-balancer-target-groups (semantics.md, section 6.8).
_PAIRS = {
    "TCP": ("TCP", "TCP_UDP", "TCP_QUIC"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    "TCP_UDP": ("TCP_UDP",),
    "QUIC": ("QUIC", "TCP_QUIC"),
    "TCP_QUIC": ("TCP_QUIC",),
}
_BY_REQUEST = ("http-header", "http-request-method", "host-header", "path-pattern", "query-string")
_ANSWERS = ("fixed-response", "redirect")
_EVERY_PATH = ("*", "/*")
_FAMILIES = {"ipv4": 4, "ipv6": 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How far a packet gets: the steps that say so."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded(Taken):
    """On to a target group. ``targets``: a classic load balancer's instances; None: those registered with the group."""

    group: TargetGroup
    targets: tuple[Target, ...] | None = None


def taken(topology: Topology, balancer: LoadBalancer, port: int, client: End | None, protocol: str) -> Iterator[Taken]:
    """Everything that may become of a packet at this port, at least one.

    *client*: None for a PrivateLink caller, whose packets count as IPv4.
    """
    if balancer.type == "classic":
        yield _at_classic(topology, balancer, port, protocol)
        return
    found, layer = topology.listeners.peek(balancer.arn), f"listener of {balancer.name}"
    if isinstance(found, Gap):
        yield Taken(steps=(Step(layer=layer, component=balancer.arn, decision=Decision.UNKNOWN, rule=str(found)),))
        return
    here = [one for one in found or () if one.port == port]
    mine = next((one for one in here if one.protocol in LISTENED.get(protocol, ())), None)
    if mine is None:
        yield Taken(steps=(_nobody_listens(topology, balancer, here, port, protocol),))
        return
    rule = f"{balancer.name} listens on {mine.protocol} {port}"
    step = Step(layer=layer, component=mine.arn, decision=Decision.ALLOW, rule=rule)
    for choice in _choices(topology, balancer, mine, client):
        yield from _done(topology, balancer, mine, choice, step)


def legs_of(topology: Topology, balancer: LoadBalancer, one: Forwarded) -> tuple[Leg, ...]:
    """Which zones send to which of the targets. Raises UnknownFact."""
    if one.targets is not None:
        return legs.of_classic(topology, balancer, one.targets)
    return legs.of(topology, balancer, one.group)


# -- whose interface ---------------------------------------------------------------------------


def owner_of(topology: Topology, interface: NetworkInterface) -> LoadBalancer | None:
    """The load balancer that the interface belongs to, by EC2's description; None for any other interface.

    ``ELB net/NAME/ID`` or ``app/…``: the ARN's tail; ``ELB NAME`` for a classic one. Raises UnknownFact where load
    balancers were not read.
    """
    word, _, tail = interface.description.partition(" ")
    if word != "ELB" or not tail or tail.startswith("gwy/"):
        return None
    table = topology.load_balancers if "/" in tail else topology.classic_balancers
    if "/" in tail:
        every: Iterable[LoadBalancer] = topology.load_balancers
    else:
        every = (one.balancer for one in topology.classic_balancers)
    found = next((one for one in every if tail in (one.arn.partition("loadbalancer/")[2], one.name)), None)
    gap = table.gap or next(iter(table.gaps.values()), None)
    if found is None and gap is not None:
        raise UnknownFact(gap)
    return found


# -- listeners ---------------------------------------------------------------------------------


def _nobody_listens(topology: Topology, balancer: LoadBalancer, here: list[Listener], port: int, protocol: str) -> Step:
    layer = f"listener of {balancer.name}"
    odd = next((one for one in here if one.protocol not in _SPOKEN), None)
    if odd is not None:
        gap = unheard_of("elbv2:DescribeListeners", f"the protocol of listener {port} of {balancer.name}", odd.protocol)
        return Step(layer=layer, component=odd.arn, decision=Decision.UNKNOWN, rule=str(gap))
    rule = f"{balancer.name} has no listener on {protocol} {port}"
    remedy = _create(topology, balancer, port, protocol) if not here else None
    return Step(layer=layer, component=balancer.arn, decision=Decision.DENY, rule=rule, remedy=lambda: remedy)


def _create(topology: Topology, balancer: LoadBalancer, port: int, protocol: str) -> CreateListener | None:
    """A listener for the one target group that the load balancer has; which of several nobody can say."""
    mine = [one for one in topology.target_groups if balancer.arn in one.load_balancer_arns]
    fits = [one for one in mine if one.protocol in LISTENED.get(protocol, ())]
    if len(fits) != 1:
        return None
    return CreateListener(balancer=balancer, protocol=fits[0].protocol, port=port, target_group_arn=fits[0].arn)


def _at_classic(topology: Topology, balancer: LoadBalancer, port: int, protocol: str) -> Taken:
    layer = f"listener of {balancer.name}"
    door = _classic(topology, balancer)
    mine = next((one for one in door.listeners if one.port == port), None) if door and protocol == "tcp" else None
    if door is None or mine is None:
        rule = f"{balancer.name} has no listener on {protocol} {port}"
        return Taken(steps=(Step(layer=layer, component=balancer.name, decision=Decision.DENY, rule=rule),))
    rule = f"{balancer.name} listens on {mine.title}"
    step = Step(layer=layer, component=balancer.name, decision=Decision.ALLOW, rule=rule)
    return Forwarded(steps=(step,), group=door.group, targets=door.targets(mine))


def _classic(topology: Topology, balancer: LoadBalancer) -> ClassicBalancer | None:
    return next((one for one in topology.classic_balancers if one.balancer.arn == balancer.arn), None)


# -- rules -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """Actions that a packet may meet, and what told them."""

    actions: tuple[Action, ...]
    name: str
    steps: tuple[Step, ...] = ()


def _choices(topology: Topology, balancer: LoadBalancer, listener: Listener, client: End | None) -> Iterator[_Choice]:
    """The first rule that surely fits ends the search; what may fit before it is another choice."""
    rules = topology.listener_rules.peek(listener.arn)
    if isinstance(rules, Gap):
        unread = _unread_rules(topology, balancer, listener, rules)
        yield _Choice(actions=listener.actions, name="the default action", steps=(unread,))
        return
    unsure: tuple[Step, ...] = ()
    for rule in sorted(rules or (), key=lambda one: one.priority):
        fits = [_fit(balancer, field, values, client) for field, values in rule.conditions]
        if any(fit == "never" for fit, _ in fits):
            continue
        told = "; ".join(text for _, text in fits if text)
        unknown = any(fit == "unknown" for fit, _ in fits)
        step = _rule_step(listener, balancer, rule, told, unknown=unknown)
        yield _Choice(actions=rule.actions, name=f"rule {rule.priority}", steps=(*unsure, step))
        if all(fit == "sure" for fit, _ in fits):
            return
        unsure = (*unsure, step) if unknown else unsure
    yield _Choice(actions=listener.actions, name="the default action", steps=unsure)


def _rule_step(listener: Listener, balancer: LoadBalancer, rule: ListenerRule, told: str, *, unknown: bool) -> Step:
    layer = f"rules of listener {balancer.name}:{listener.port}"
    text = f"rule {rule.priority} takes it" + (f": {told}" if told else "")
    decision = Decision.UNKNOWN if unknown else Decision.ALLOW
    return Step(layer=layer, component=rule.arn, decision=decision, rule=text)


def _unread_rules(topology: Topology, balancer: LoadBalancer, listener: Listener, gap: Gap) -> Step:
    """An NLB's rules can only forward, and only to target groups of this load balancer: often that is one."""
    layer = f"rules of listener {balancer.name}:{listener.port}"
    usual = {one.target_group_arn for one in listener.forwards}
    table = topology.target_groups
    whole = table.gap is None and not table.gaps
    own = {one.arn for one in table if balancer.arn in one.load_balancer_arns}
    if balancer.network and whole and usual and own <= usual:
        rule = f"{balancer.name} has no target group but the default action's, whatever its rules say: {gap}"
        return Step(layer=layer, component=listener.arn, decision=Decision.ALLOW, rule=rule)
    return Step(layer=layer, component=listener.arn, decision=Decision.UNKNOWN, rule=str(gap))


def _fit(balancer: LoadBalancer, field: str, values: tuple[str, ...], client: End | None) -> tuple[str, str]:
    """("sure", "never", "request": some requests, or "unknown"; why)."""
    if field == "source-ip":
        return _family_fit(values, client) if balancer.network else _source_fit(values, client)
    shown = f"{field} {', '.join(values)}"
    if field == "path-pattern" and any(one in _EVERY_PATH for one in values):
        return "sure", shown
    if field in _BY_REQUEST and not balancer.network:
        return "request", f"for requests with {shown}"
    return "unknown", f"what the condition {shown} takes in is not known"


def _family_fit(values: tuple[str, ...], client: End | None) -> tuple[str, str]:
    shown = ", ".join(values) or "not given"
    if not values or any(one not in _FAMILIES for one in values):
        return "unknown", f"source-ip is {shown}, which is not known (elbv2:DescribeRules, SourceIpConfig)"
    family = client.family if client is not None else 4
    return ("sure" if any(_FAMILIES[one] == family for one in values) else "never"), f"source-ip {shown}"


def _source_fit(values: tuple[str, ...], client: End | None) -> tuple[str, str]:
    shown = f"source-ip {', '.join(values)}"
    if client is None:
        return "unknown", f"{shown}, and the caller's address is not documented"
    named = union(client.family, values)
    if client.addresses <= named:
        return "sure", shown
    if not client.addresses & named:
        return "never", shown
    return "unknown", f"{shown} is a part of {client.addresses.title}"


# -- actions -----------------------------------------------------------------------------------


def _done(
    topology: Topology, balancer: LoadBalancer, listener: Listener, choice: _Choice, step: Step
) -> Iterator[Taken]:
    steps, layer = (step, *choice.steps), f"listener of {balancer.name}"
    every = [forward for action in choice.actions for forward in action.forwards]
    used = [one for one in every if one.weight > 0]
    for one in used:
        yield _forwarded(topology, choice, one, used, steps, listener.protocol if balancer.network else "")
    if used:
        return
    words = [action.type for action in choice.actions]
    if every:
        rule, decision = f"{choice.name} gives every target group the weight 0", Decision.DENY
    elif any(word in _ANSWERS for word in words):
        rule, decision = f"{choice.name} answers by itself ({', '.join(words)}): no packet goes on", Decision.ALLOW
    else:
        gap = unheard_of("elbv2:DescribeListeners", f"what {choice.name} of {balancer.name} does", ", ".join(words))
        rule, decision = str(gap), Decision.UNKNOWN
    yield Taken(steps=(*steps, Step(layer=layer, component=listener.arn, decision=decision, rule=rule)))


def _forwarded(
    topology: Topology,
    choice: _Choice,
    one: Forward,
    used: list[Forward],
    steps: tuple[Step, ...],
    spoken: str,
) -> Taken:
    """*spoken*: the protocol of a network listener; "" for any other."""
    group = topology.target_groups.peek(one.target_group_arn)
    short = one.target_group_arn.rpartition(":targetgroup/")[2].partition("/")[0] or one.target_group_arn
    layer = f"target group {short}"
    if isinstance(group, Gap):
        step = Step(layer=layer, component=one.target_group_arn, decision=Decision.UNKNOWN, rule=str(group))
        return Taken(steps=(*steps, step))
    if group is None:
        rule = f"{choice.name} forwards to {short}, which does not exist"
        step = Step(layer=layer, component=one.target_group_arn, decision=Decision.DENY, rule=rule)
        return Taken(steps=(*steps, step))
    share = f", weight {one.weight} of {sum(other.weight for other in used)}" if len(used) > 1 else ""
    first = [action.type for action in choice.actions if not action.forwards]
    after = f", after {', '.join(first)}" if first else ""
    rule = f"{choice.name} forwards to {group.name}{share}{after}"
    odd = _odd_pair(spoken, group)
    decision = Decision.UNKNOWN if odd else Decision.ALLOW
    step = Step(layer=f"target group {group.name}", component=group.arn, decision=decision, rule=f"{rule}{odd}")
    return Forwarded(steps=(*steps, step), group=group)


def _odd_pair(spoken: str, group: TargetGroup) -> str:
    """What there is to say of a pair of protocols that AWS does not list: it should not exist."""
    alb = group.target_type == "alb"
    fits = ("TCP",) if alb else _PAIRS.get(spoken, ())
    if not spoken or (group.protocol in fits and (not alb or spoken == "TCP")):
        return ""
    return f", and what becomes of packets between a {spoken} listener and a {group.protocol} group is not documented"
