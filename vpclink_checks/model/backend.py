"""From a registered target to the interface and address that packets reach."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
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

    Instance targets are reached at the primary address of the primary interface
    (elb-network-load-balancers-user-guide, load-balancer-target-groups). Raises UnknownFact.
    """
    interface = _instance_interface(topology, target.id) if group.known_type == "instance" else None
    if group.target_type == "ip":
        interface = interface_with(topology, target.id)
    if interface is None:
        return None
    address = target.id if group.target_type == "ip" else interface.addresses[0].address
    return Backend(target=target, interface=interface, address=address, port=target.port)


def _instance_interface(topology: Topology, instance_id: str) -> NetworkInterface | None:
    if topology.instances.find(instance_id) is None:
        return None
    mine = [one for one in topology.interfaces if one.instance_id == instance_id and one.addresses]
    if not mine:
        raise UnknownFact(topology.interfaces.gap or _no_interface(instance_id))
    return min(mine, key=lambda one: one.device_index if one.device_index is not None else 99)


def _no_interface(instance_id: str) -> Gap:
    return Gap(
        operation="ec2:DescribeNetworkInterfaces",
        action="ec2:DescribeNetworkInterfaces",
        code="NotRecorded",
        message=f"no interface of {instance_id} in the facts",
    )


def interface_with(topology: Topology, address: str) -> NetworkInterface | None:
    """The interface that carries this private address. Raises UnknownFact where some were not read."""
    for one in topology.interfaces:
        if address in one.private_addresses or address in one.ipv6:
            return one
    if topology.interfaces.gap is not None:
        raise UnknownFact(topology.interfaces.gap)
    return None


def balancer_interfaces(topology: Topology, balancer: LoadBalancer) -> tuple[NetworkInterface, ...]:
    """A load balancer's own interfaces, one or more a zone, by EC2's description of them.

    The description is ``ELB net/NAME/ID`` (``app/`` for an ALB): the ARN's tail
    (elb-network-load-balancers-user-guide, target-group-register-targets). Raises UnknownFact if
    they could not be read or none is there for a balancer that must have some.
    """
    wanted = "ELB " + balancer.arn.partition("loadbalancer/")[2]
    found = tuple(one for one in topology.interfaces if one.description == wanted)
    if not found:
        raise UnknownFact(topology.interfaces.gap or _no_interface(balancer.name))
    return found
