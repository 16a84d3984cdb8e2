"""From a registered target to the interface and address that packets reach."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface, Vpc, within
from vpclink_checks.model.topology import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where a target really listens: one private address on one interface, one port."""

    target: Target
    interface: NetworkInterface
    address: str
    port: int

    @property
    def title(self) -> str:
        return f"{self.address}:{self.port}"


def backend_of(topology: Topology, group: TargetGroup, target: Target) -> Backend | None:
    """The backend of a target; None if its instance or address does not exist (any more).

    Instance targets are reached at the primary address of the primary interface, IPv6 where the target group's
    addresses are (elb-network-load-balancers-user-guide, load-balancer-target-groups). Raises UnknownFact.
    """
    if group.known_type == "instance":
        interface = _instance_interface(topology, target.id)
        address = _primary(interface, group) if interface is not None else ""
    elif group.target_type == "ip":
        interface, address = _with_address(topology, group, target), target.id
    else:
        return None
    return Backend(target=target, interface=interface, address=address, port=target.port) if interface else None


# -- an instance -------------------------------------------------------------------------------


def interfaces_at(topology: Topology, instance_id: str) -> tuple[NetworkInterface, ...]:
    """Those that EC2 shows attached to the instance, among all that were read."""
    return topology.interfaces.grouped(_instance).get(instance_id, ())


def _instance(interface: NetworkInterface) -> tuple[str, ...]:
    return (interface.instance_id,)


def _description(interface: NetworkInterface) -> tuple[str, ...]:
    return (interface.description,)


def _instance_interface(topology: Topology, instance_id: str) -> NetworkInterface | None:
    if topology.instances.find(instance_id) is None:
        return None
    mine = [one for one in interfaces_at(topology, instance_id) if one.addresses or one.ipv6]
    if not mine:
        raise UnknownFact(topology.interfaces.gap or _not_there(f"no interface of {instance_id} in the facts"))
    return min(mine, key=lambda one: one.device_index if one.device_index is not None else 99)


def _primary(interface: NetworkInterface, group: TargetGroup) -> str:
    """Raises UnknownFact where no address of the family is there, or which of several IPv6 ones is meant."""
    six = group.ip_address_type == "ipv6"
    alone = interface.ipv6[0] if len(interface.ipv6) == 1 else ""
    found = interface.primary_ipv6 or alone if six else interface.primary_address
    if not found:
        family = "IPv6" if six else "IPv4"
        raise UnknownFact(_not_there(f"no primary {family} address of {interface.id} in the facts"))
    return found


def _not_there(message: str) -> Gap:
    call = "ec2:DescribeNetworkInterfaces"
    return Gap(operation=call, action=call, code="NotRecorded", message=message)


# -- an address --------------------------------------------------------------------------------


def _with_address(topology: Topology, group: TargetGroup, target: Target) -> NetworkInterface | None:
    """The interface with a registered address: of the target group's VPC, else of one that is joined to it.

    Addresses count within their VPC, and the group's own comes first, as its local route does. That no interface
    has an address proves that it is gone only inside that VPC, and not against AWS calling it healthy.
    """
    found = [one for one in topology.interfaces if one.carries(target.id)]
    own = [one for one in found if not group.vpc_id or one.vpc_id == group.vpc_id]
    inside = _inside(topology, group.vpc_id, target.id)
    mine = own or [one for one in found if not inside and _beyond(topology, group.vpc_id, one.vpc_id)]
    vpcs = sorted({one.vpc_id for one in mine})
    if len(vpcs) > 1:
        message = (
            f"{target.id} is an address in {' and '.join(vpcs)}, and which of them {group.name} means is not known"
        )
        raise UnknownFact(_not_there(message))
    if mine:
        return mine[0]
    if topology.interfaces.gap is not None:
        raise UnknownFact(topology.interfaces.gap)
    if not inside:
        message = f"{target.id} is not known to lie in {group.vpc_id or 'a VPC'}, and no interface that was read has it"
        raise UnknownFact(_not_there(message))
    if target.healthy:
        told = "elasticloadbalancing:DescribeTargetHealth calls it healthy"
        raise UnknownFact(_not_there(f"readings disagree: {told}, and no interface has the address {target.id}"))
    return None


def _inside(topology: Topology, vpc_id: str, address: str) -> bool:
    """Whether it surely lies in this VPC."""
    vpc = topology.vpcs.peek(vpc_id)
    return isinstance(vpc, Vpc) and within(address, vpc.cidrs)


def _beyond(topology: Topology, own: str, other: str) -> bool:
    """Whether another VPC's address may be meant. Raises UnknownFact where the own one's blocks were not read."""
    vpc = topology.vpcs.peek(own)
    if isinstance(vpc, Gap):
        raise UnknownFact(vpc)
    return _joined(topology, own, other)


def _joined(topology: Topology, own: str, other: str) -> bool:
    """Whether packets may get from one VPC to the other by themselves: over a peering or a transit gateway.

    Raises UnknownFact.
    """
    if any({one.requester.vpc_id, one.accepter.vpc_id} == {own, other} for one in topology.peerings):
        return True
    gateways = {
        vpc: {one.gateway_id for one in topology.transit_attachments if one.resource_id == vpc} for vpc in (own, other)
    }
    if gateways[own] & gateways[other]:
        return True
    for gap in (topology.peerings.gap, topology.transit_attachments.gap):
        if gap is not None:
            raise UnknownFact(gap)
    return False


# -- a load balancer ---------------------------------------------------------------------------


def balancer_interfaces(topology: Topology, balancer: LoadBalancer) -> tuple[NetworkInterface, ...]:
    """A load balancer's own interfaces, one or more a zone, by EC2's description of them.

    The description is ``ELB net/NAME/ID`` (``app/`` for an ALB): the ARN's tail
    (elb-network-load-balancers-user-guide, target-group-register-targets). Raises UnknownFact if
    they could not be read or none is there for a balancer that must have some.
    """
    wanted = "ELB " + balancer.arn.partition("loadbalancer/")[2]
    found = topology.interfaces.grouped(_description).get(wanted, ())
    if not found:
        raise UnknownFact(topology.interfaces.gap or _not_there(f"no interface of {balancer.name} in the facts"))
    return found
