"""What a service of AWS brings into a VPC: no public address and no route to a gateway are asked for.

Global Accelerator and CloudFront's VPC origins reach internal load balancers and private instances; groups
and VPC Block Public Access still act, and an accelerator needs an internet gateway attached to the VPC
(semantics.md, sections 7.4 and 7.5). Whether network ACLs act on it on its way in, and whose address the packets carry
where the client's is not preserved, AWS does not say: both readings count. Each service's interfaces in the
VPC carry a group of its own, which rules may name as their source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vpclink_checks.model.backend import balancer_interfaces
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.network import NetworkInterface, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.ends import balancer_groups, own_addresses
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.groups import openings
from vpclink_checks.reach.internet import Door, Exposure, Layer
from vpclink_checks.reach.sets import none, public, world

_SENDER = "whose address its packets carry is not documented"
# The groups that the services make for their own interfaces (CloudFront developer guide, private-content-vpc-origins;
# Global Accelerator developer guide, best-practices-aga).
CLOUDFRONT_GROUP, ACCELERATOR_GROUP = "CloudFront-VPCOrigins-Service-SG", "GlobalAccelerator"
_DENY_ALL = "whether DenyAllIgwTraffic of the interface stops what it brings is not documented"
_ACL = "whether network ACLs filter what it brings is not documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How something outside is brought in. ``outside`` and ``port``: where callers connect to.

    ``preserved``: packets carry the client's address; None where that is not known. ``gateway``: an internet
    gateway attached to the VPC is surely needed. ``dual_stack``: it comes over IPv6 as well. ``service_group``: the
    name of the group that its interfaces in the VPC carry.
    """

    name: str
    outside: str
    port: int
    preserved: bool | None = None
    gateway: bool = True
    dual_stack: bool = False
    protocol: str = "tcp"
    service_group: str = ""


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
        found = reach.doors.door(interface, address, way.outside, port, protocol=way.protocol, group_ids=groups)
        filters = interface.group_ids if groups is None else groups
        named = _named(reach.topology, filters, port, found.protocol, way)
        back = _answer(found.layers) if way.preserved else None
        layers = tuple(
            layer if layer is back else _brought(reach.topology, interface, layer, way, named) for layer in found.layers
        )
        yield replace(found, port=way.port, layers=layers)


def _answer(layers: Sequence[Layer]) -> Layer | None:
    """The ACL on the way out, which filters the answers to preserved addresses for certain; None if it was not read.

    Global Accelerator developer guide, about-endpoints.sipp-caveats (network ACLs apply to egress traffic).
    """
    found = [one for one in layers if one.name == "network ACL"]
    return found[1] if len(found) > 1 else None


def _brought(topology: Topology, interface: NetworkInterface, layer: Layer, way: Way, named: str) -> Layer:
    if layer.name == "route table":
        return _gateway(topology, interface, layer.bounds.possible.family, way)
    if layer.name in ("network ACL", "the interface"):
        return _either(layer, _ACL if layer.name == "network ACL" else _DENY_ALL)
    if layer.name != "security groups":
        return layer
    return _by_name(_as_sent(layer, way), way, named) if named else _as_sent(layer, way)


def _either(layer: Layer, doubt: str) -> Layer:
    """It acts, or it does not."""
    family = layer.bounds.possible.family
    if layer.bounds.sure == world(family):
        return layer
    bounds = Bounds(layer.bounds.sure, world(family), (*layer.bounds.doubts, doubt))
    return replace(layer, bounds=bounds, rules=(*layer.rules, (world(family), doubt)))


def _named(topology: Topology, filters: tuple[str, ...], port: int, protocol: str, way: Way) -> str:
    """The rule whose source is the service's own group; "" for none."""
    found = openings(topology, filters, "ingress", protocol=protocol, port=port, family=4) if way.service_group else ()
    for one in found:
        source = topology.security_groups.peek(one.rule.group_id) if one.rule is not None else None
        if isinstance(source, SecurityGroup) and source.name == way.service_group:
            return one.text
    return ""


def _by_name(layer: Layer, way: Way, named: str) -> Layer:
    """Let in by the service's group, whatever address the packets carry; of an accelerator's it is not confirmed."""
    every = world(layer.bounds.possible.family)
    if way.service_group == CLOUDFRONT_GROUP:
        return replace(layer, bounds=exactly(every), rules=((every, named),))
    doubt = f"{named}, and whether that reference matches what {way.name} brings is not confirmed"
    return replace(layer, bounds=replace(layer.bounds, possible=every, doubts=(*layer.bounds.doubts, doubt)))


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
