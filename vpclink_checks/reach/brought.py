"""What a service of AWS brings into a VPC: no public address and no route to a gateway are asked for.

Global Accelerator and CloudFront's VPC origins reach internal load balancers and private instances; groups
and VPC Block Public Access still act, and an accelerator needs an internet gateway attached to the VPC
(semantics.md, sections 7.4 and 7.5). Whether network ACLs act on it, and whose address the packets carry
where the client's is not preserved, AWS does not say: both readings count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vpclink_checks.model.backend import balancer_interfaces
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.ends import balancer_groups, own_addresses
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.internet import Door, Exposure, Layer
from vpclink_checks.reach.sets import none, public, world

_SENDER = "whose address its packets carry is not documented"
_ACL = "whether network ACLs filter what it brings is not documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How something outside is brought in. ``outside`` and ``port``: where callers connect to.

    ``preserved``: packets carry the client's address; None where that is not known. ``gateway``: an internet
    gateway attached to the VPC is surely needed. ``dual_stack``: it comes over IPv6 as well.
    """

    name: str
    outside: str
    port: int
    preserved: bool | None = None
    gateway: bool = True
    dual_stack: bool = False


def to_balancer(reach: Reach, balancer: LoadBalancer, port: int, way: Way) -> Exposure:
    """The doors that lead to a load balancer's listener. Raises UnknownFact."""
    groups = balancer_groups(balancer)
    every = balancer_interfaces(reach.topology, balancer)
    return Exposure(doors=tuple(door for one in every for door in _doors(reach, one, port, way, groups)))


def to_interfaces(reach: Reach, interfaces: Iterable[NetworkInterface], port: int, way: Way) -> Exposure:
    """The doors that lead to a port of an instance, on any of its interfaces. Raises UnknownFact."""
    return Exposure(doors=tuple(door for one in interfaces for door in _doors(reach, one, port, way, None)))


def through_balancer(
    reach: Reach, found: Exposure, balancer: LoadBalancer, group: TargetGroup, targets: Iterable[Target], way: Way
) -> Exposure:
    """The same doors with the targets behind the load balancer as one more condition. Raises UnknownFact."""
    behind = reach.through_balancer(found, balancer, group, targets, brought=True)
    doors = (replace(door, layers=(*door.layers[:-1], _as_sent(door.layers[-1], way))) for door in behind.doors)
    return replace(behind, doors=tuple(doors))


def _doors(
    reach: Reach, interface: NetworkInterface, port: int, way: Way, groups: tuple[str, ...] | None
) -> Iterable[Door]:
    families = (4, 6) if way.dual_stack else (4,)
    own = [one for family in families for one in own_addresses(interface, family)]
    for address in own:
        found = reach.doors.door(interface, address, way.outside, port, group_ids=groups)
        layers = tuple(_brought(reach.topology, interface, layer, way) for layer in found.layers)
        yield replace(found, port=way.port, layers=layers)


def _brought(topology: Topology, interface: NetworkInterface, layer: Layer, way: Way) -> Layer:
    if layer.name == "route table":
        return _gateway(topology, interface, layer.bounds.possible.family, way)
    if layer.name == "network ACL":
        return _either(layer)
    return _as_sent(layer, way) if layer.name == "security groups" else layer


def _either(layer: Layer) -> Layer:
    """The ACL acts, or it does not."""
    family = layer.bounds.possible.family
    if layer.bounds.sure == world(family):
        return layer
    bounds = Bounds(layer.bounds.sure, world(family), (*layer.bounds.doubts, _ACL))
    return replace(layer, bounds=bounds, rules=(*layer.rules, (world(family), _ACL)))


def _gateway(topology: Topology, interface: NetworkInterface, family: int, way: Way) -> Layer:
    told = [(one.id, one.attached_to(interface.vpc_id)) for one in topology.internet_gateways]
    attached = next((id_ for id_, there in told if there is True), None)
    if attached is not None:
        text = f"{attached} is attached to {interface.vpc_id}"
        return Layer("internet gateway", exactly(world(family)), text, ((world(family), text),))
    gap = next((there for _, there in told if isinstance(there, Gap)), topology.internet_gateways.gap)
    text = f"no internet gateway is attached to {interface.vpc_id}"
    if gap is None and way.gateway:
        return Layer("internet gateway", exactly(none(family)), text)
    doubt = str(gap) if gap is not None else f"{text}, and whether {way.name} needs one is not documented"
    return Layer("internet gateway", perhaps(world(family), doubt), doubt, ((world(family), doubt),))


def _as_sent(layer: Layer, way: Way) -> Layer:
    """By the client's own address, by one that nobody knows, or by either."""
    if way.preserved:
        return layer
    seen, family = layer.bounds, layer.bounds.possible.family
    everybody = public(family) <= seen.sure
    hidden = Bounds(
        world(family) if everybody else none(family),
        world(family) if seen.possible else none(family),
        seen.doubts if everybody or not seen.possible else (*seen.doubts, _SENDER),
    )
    if way.preserved is None:
        hidden = Bounds(hidden.sure & seen.sure, hidden.possible | seen.possible, hidden.doubts)
    rules = ((hidden.possible, layer.rules[0][1] if layer.rules else layer.closed),)
    return replace(layer, bounds=hidden, rules=rules)
