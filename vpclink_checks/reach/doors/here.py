"""One path's backends as doors see them: their names and ports, and the listeners that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import Forward, Listener, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.path import Path
from vpclink_checks.reach import legs
from vpclink_checks.reach.behind import Inner, inner_groups
from vpclink_checks.reach.engine import Name, Reach

Key = tuple[Name, int]
Port = tuple[str, int]  # ("tcp" or "udp", number)
_ALB = "ELB app/"  # how EC2 describes an ALB's interface
_DENY = "ipv6.deny_all_igw_traffic"
_PROTOCOLS = {
    "UDP": ("udp",),
    "QUIC": ("udp",),
    "TCP_UDP": ("tcp", "udp"),
    "TCP_QUIC": ("tcp", "udp"),
}


def protocols_of(protocol: str) -> tuple[str, ...]:
    """What packets a listener or target group of this protocol takes (botocore model, elbv2 ProtocolEnum)."""
    return _PROTOCOLS.get(protocol, ("tcp",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A listener other than the path's own that leads to one of its targets."""

    balancer: LoadBalancer
    listener: Listener
    group: TargetGroup
    targets: tuple[Target, ...]  # the shared ones that are not draining

    @property
    def title(self) -> str:
        """``second:80 → i-…:10000``."""
        return f"{self.balancer.name}:{self.listener.port} → {', '.join(one.title for one in self.targets)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A listener that leads to the path's targets: the path's own or another's.

    ``group`` is None where the load balancer itself is the path's target (an ALB behind an NLB).
    """

    balancer: LoadBalancer
    port: int
    protocols: tuple[str, ...] = ("tcp",)
    group: TargetGroup | None = None
    targets: tuple[Target, ...] = ()


class Here:
    """What doors ask about one path; each answer is worked out once. Every one may raise UnknownFact."""

    def __init__(self, reach: Reach, path: Path) -> None:
        self.reach, self.path, self.topology = reach, path, reach.topology

    @property
    def group(self) -> TargetGroup:
        """The path's target group. Raises LookupError where the path ends before it."""
        if self.path.target_group is None:
            raise LookupError("the path ends before its target group")
        return self.path.target_group

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The registered targets that are not draining."""
        return tuple(one for one in self.topology.targets.need(self.group.arn) if not one.draining)

    @cached_property
    def inner(self) -> tuple[Inner, ...]:
        """What stands behind targets that are ALBs: nothing behind others."""
        return inner_groups(self.topology, self.group)

    @cached_property
    def ends(self) -> tuple[Target, ...]:
        """The targets at which packets end: the registered ones, and behind ALBs theirs in their place."""
        if self.group.target_type != "alb":
            self._no_balancers()
            return self.targets
        found = (target for one in self.inner if one.group.known_type != "lambda" for target in one.targets)
        return tuple(dict.fromkeys(found))

    def _no_balancers(self) -> None:
        """Raises UnknownFact where a registered address is an ALB's: what stands behind it is not followed."""
        for one in self.targets if self.group.target_type == "ip" else ():
            found = self.backend(one)
            if found is not None and found.interface.description.startswith(_ALB):
                message = (
                    f"{one.id} is an address of {found.interface.description}: what stands behind it is not judged"
                )
                call = "ec2:DescribeNetworkInterfaces"
                raise UnknownFact(Gap(operation=call, action="", code="NotRead", message=message))

    @cached_property
    def every(self) -> tuple[Target, ...]:
        """The registered targets, and those behind them."""
        return tuple(dict.fromkeys((*self.targets, *self.ends)))

    def group_of(self, target: Target) -> TargetGroup:
        """The group that the target is registered with: the path's, or an ALB's behind it."""
        if self.group.target_type != "alb" or _is_balancer(target):
            return self.group
        return next((one.group for one in self.inner if target in one.targets), self.group)

    def backend(self, target: Target) -> Backend | None:
        """Where the target listens; None where it does not exist any more."""
        found = legs.backends(self.topology, self.group_of(target), target)
        return found[0] if found else None

    def interfaces_of(self, target: Target) -> tuple[NetworkInterface, ...]:
        """Every interface that the target answers on."""
        found = self.backend(target)
        return self.reach.interfaces_of(found) if found is not None else ()

    def ports_of(self, target: Target) -> tuple[Port, ...]:
        """The registered port by the target group's protocol, then every other fixed host port of the container."""
        mine = [(protocol, target.port) for protocol in protocols_of(self.group_of(target).protocol)]
        return tuple(dict.fromkeys((*mine, *self._host_ports)))

    @cached_property
    def _host_ports(self) -> tuple[Port, ...]:
        definition = self.path.task_definition
        container = definition.container(self.path.container_name) if definition else None
        every = [(one.protocol, one.host_port) for one in container.port_mappings] if container else []
        return tuple(
            (protocol, port)
            for protocol, port in every
            if protocol in ("tcp", "udp") and isinstance(protocol, str) and isinstance(port, int) and port > 0
        )

    def numbers_of(self, target: Target) -> tuple[int, ...]:
        """The same ports, TCP alone."""
        return tuple(port for protocol, port in self.ports_of(target) if protocol == "tcp")

    def names_of(self, group: TargetGroup, target: Target) -> frozenset[Key]:
        """A target's registered port under every name that it may be registered by."""
        return frozenset((name, target.port) for name in self.reach.names_of(group, target))

    @cached_property
    def keys(self) -> frozenset[Key]:
        """Every name and port on which the path's targets answer."""
        return frozenset(
            (name, port)
            for target in self.every
            for name in self.reach.names_of(self.group_of(target), target)
            for _, port in self.ports_of(target)
        )

    def on_instance(self, instance: str) -> Iterator[tuple[tuple[NetworkInterface, ...], Port]]:
        """(interfaces, port) of the path's targets on this instance."""
        for target in self.ends if instance.startswith("i-") else ():
            if ("", instance) in self.reach.names_of(self.group_of(target), target):
                interfaces = self.interfaces_of(target)
                yield from ((interfaces, port) for port in self.ports_of(target))

    @cached_property
    def balancer_addresses(self) -> tuple[str, ...]:
        """The private addresses of the path's own load balancer, as far as they were read."""
        return self._addresses_of(self.path.load_balancer) if self.path.load_balancer is not None else ()

    # -- listeners -----------------------------------------------------------------------------

    @cached_property
    def beside(self) -> tuple[tuple[Beside, ...], Gap | None]:
        """(other listeners that lead to the same targets, why there may be more of them).

        Target groups of load balancers that are private for sure, and that no other one sends to, are passed over
        where their targets were not read: they are no door to the internet.
        """
        return self._leading_to(self.keys)

    def _leading_to(self, keys: frozenset[Key]) -> tuple[tuple[Beside, ...], Gap | None]:
        """Those to these names and ports, and those to ALBs among the found ones."""
        found: list[Beside] = []
        doubt = self.topology.target_groups.gap
        for other in self.topology.target_groups:
            some, why = self._listeners_to(other, keys)
            found.extend(some)
            doubt = doubt or why
        more = keys.union(*map(self._as_target, found))
        return self._leading_to(more) if more > keys else (tuple(found), doubt)

    def _listeners_to(self, group: TargetGroup, keys: frozenset[Key]) -> tuple[list[Beside], Gap | None]:
        found: list[Beside] = []
        for arn in group.load_balancer_arns:
            balancer = self.topology.load_balancers.peek(arn)
            if isinstance(balancer, Gap):
                return found, balancer
            targets = self.topology.targets.peek(group.arn)
            if isinstance(targets, Gap):
                if balancer is None or (self.surely_private(balancer) and not self._sent_to(balancer)):
                    continue
                return found, targets
            shared = tuple(one for one in targets or () if not one.draining and self.names_of(group, one) & keys)
            if balancer is None or not shared:
                continue
            try:
                listeners = [one for one in self._others_of(balancer) if self._leads_to(one, group)]
            except UnknownFact as signal:
                return found, signal.gap
            found.extend(Beside(balancer=balancer, listener=one, group=group, targets=shared) for one in listeners)
        return found, None

    def _sent_to(self, balancer: LoadBalancer) -> bool:
        """Whether a target group may hold this load balancer itself: by its ARN or its addresses."""
        names = {balancer.arn, *self._addresses_of(balancer)}
        for one in self.topology.target_groups:
            targets = self.topology.targets.peek(one.arn) if one.target_type in ("alb", "ip") else None
            apart = balancer.arn not in one.load_balancer_arns
            if apart and (isinstance(targets, Gap) or any(target.id in names for target in targets or ())):
                return True
        return False

    def _addresses_of(self, balancer: LoadBalancer) -> tuple[str, ...]:
        """Those of its interfaces, as far as they were read."""
        tail = f"ELB {balancer.arn.partition('loadbalancer/')[2]}"
        mine = (one for one in self.topology.interfaces if one.description == tail)
        return tuple(address for one in mine for address in (*one.private_addresses, *one.ipv6))

    def _as_target(self, one: Beside) -> frozenset[Key]:
        """The listener as another target group may have it: its load balancer's ARN or an address, and its port."""
        names = (one.balancer.arn, *self._addresses_of(one.balancer))
        vpcs = ("", one.balancer.vpc_id)
        return frozenset(((vpc, name), one.listener.port) for vpc in vpcs for name in names)

    def on_way(self, listener: Listener) -> bool:
        """Whether the path itself goes through this listener: an ALB's, behind the path's own."""
        return any(one.listener.arn == listener.arn for one in self.inner)

    def private(self, balancer: LoadBalancer) -> bool:
        """Whether no internet gateway leads to this load balancer, whatever else does. Raises UnknownFact.

        The IPv6 addresses of an internal one are global: only its attribute keeps internet gateways away from them
        (elb-network-load-balancers-user-guide, network-load-balancers).
        """
        if not balancer.internal or balancer.ip_address_type == "ipv4":
            return balancer.internal
        return self.topology.load_balancer_attributes.need(balancer.arn).get(_DENY, "true") == "true"

    def surely_private(self, balancer: LoadBalancer) -> bool:
        """The same, where what was not read counts as no."""
        try:
            return self.private(balancer)
        except UnknownFact:
            return False

    def _others_of(self, balancer: LoadBalancer) -> Iterator[Listener]:
        own = self.path.listener.arn if self.path.listener else ""
        yield from (one for one in self.topology.listeners.need(balancer.arn) if one.arn != own)

    def _leads_to(self, listener: Listener, group: TargetGroup) -> bool:
        """By its default action or one of its rules."""
        if _sends(listener.forwards, group):
            return True
        rules = self.topology.listener_rules.find(listener.arn) or ()
        return any(_sends(action.forwards, group) for rule in rules for action in rule.actions)

    def entries(self, arn: str) -> tuple[Entry, ...]:
        """Every listener of this load balancer that leads to the path's targets."""
        here, listener = self.path.load_balancer, self.path.listener
        balancer = self.topology.load_balancers.find(arn)
        if balancer is None or here is None or listener is None:
            return ()
        found = [Entry(balancer=balancer, port=one.port) for one in self.targets if one.id == arn]
        if arn == here.arn:
            protocols = protocols_of(listener.protocol)
            found.append(
                Entry(balancer=here, port=listener.port, protocols=protocols, group=self.group, targets=self.targets)
            )
        for one in self.topology.target_groups:
            if arn in one.load_balancer_arns and arn != here.arn:
                self.topology.targets.need(one.arn)  # one that was not read may hold a target of ours
        others = (one for one in self.beside[0] if one.balancer.arn == arn and not self.on_way(one.listener))
        found += [
            Entry(balancer=balancer, port=one.listener.port, group=one.group, targets=one.targets) for one in others
        ]
        return tuple(found)


def _is_balancer(target: Target) -> bool:
    return ":loadbalancer/" in target.id


def _sends(forwards: Iterable[Forward], group: TargetGroup) -> bool:
    return any(one.weight > 0 and one.target_group_arn == group.arn for one in forwards)
