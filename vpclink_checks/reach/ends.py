"""The two ends of a flow, as packet filters see them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vpclink_checks.model.backend import Backend, balancer_interfaces
from vpclink_checks.model.balancing import LoadBalancer, Zone
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import NetworkInterface, Subnet
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.sets import Addresses, addresses, union


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a flow.

    ``addresses`` holds its address, or, where the interface could not be read, every address of the
    subnet that it lies in: a decision that is the same for all of them is exact all the same.
    ``group_ids`` filter it; ``filtered`` is False for a load balancer without security groups.
    ``counts_as`` are the groups whose references match it. ``borrowed``: the address is a client's
    that the load balancer preserved. ``public``: the public address that packets to it are sent to; "" where they
    are sent to its own. ``type`` is the interface's. An end outside every VPC has no ``vpc_id``.
    """

    name: str
    addresses: Addresses
    vpc_id: str
    subnet_id: str
    group_ids: tuple[str, ...] = ()
    filtered: bool = True
    counts_as: frozenset[str] = frozenset()
    borrowed: bool = False
    public: str = ""
    type: str = ""

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.addresses.family


def backend_end(backend: Backend) -> End:
    """A registered target's interface and address."""
    interface = backend.interface
    return End(
        name=backend.target.id,
        addresses=addresses(backend.address),
        vpc_id=interface.vpc_id,
        subnet_id=interface.subnet_id,
        group_ids=interface.group_ids,
        counts_as=frozenset(interface.group_ids),
        type=interface.type,
    )


def subnet_of(topology: Topology, subnet_id: str) -> Subnet:
    """The subnet. Raises UnknownFact."""
    return topology.subnets.need(subnet_id)


def balancer_ends(topology: Topology, balancer: LoadBalancer, zone: Zone, family: int) -> tuple[End, ...]:
    """Every address of the load balancer in this zone, secondary ones too. Raises UnknownFact.

    An NLB uses its secondary addresses as sources toward targets (terraform-provider-aws#43696).
    Its groups are the load balancer's; where its interfaces were not read, it has some address of
    the zone's subnet.
    """
    groups = balancer_groups(balancer)
    template = End(
        name=f"load balancer {balancer.name} in {zone.name}",
        addresses=Addresses(family),
        vpc_id=balancer.vpc_id,
        subnet_id=zone.subnet_id,
        group_ids=groups,
        filtered=bool(groups),
        counts_as=frozenset(groups),
    )
    found = [address for one in _own(topology, balancer, zone) for address in own_addresses(one, family)]
    if found:
        return tuple(replace(template, addresses=addresses(address)) for address in found)
    return (replace(template, addresses=whole_subnet(topology, zone.subnet_id, family)),)


def balancer_groups(balancer: LoadBalancer) -> tuple[str, ...]:
    """Its groups; none only for an NLB, which then filters nothing. Raises UnknownFact."""
    if not balancer.security_group_ids and not balancer.network:
        raise UnknownFact(
            Gap(
                operation="elasticloadbalancing:DescribeLoadBalancers",
                action="elasticloadbalancing:DescribeLoadBalancers",
                code="NotRecorded",
                message=f"{balancer.name} is an {balancer.type} load balancer, which always has security groups",
            )
        )
    return balancer.security_group_ids


def _own(topology: Topology, balancer: LoadBalancer, zone: Zone) -> list[NetworkInterface]:
    try:
        found = balancer_interfaces(topology, balancer)
    except UnknownFact:
        return []
    return [one for one in found if one.subnet_id == zone.subnet_id]


def own_addresses(interface: NetworkInterface, family: int) -> tuple[str, ...]:
    """The addresses that the interface itself carries: private IPv4, or IPv6."""
    every = (*interface.private_addresses, *interface.ipv6)
    return tuple(address for address in every if addresses(address).family == family)


def whole_subnet(topology: Topology, subnet_id: str, family: int) -> Addresses:
    """Every address of a subnet. Raises UnknownFact."""
    found = union(family, subnet_of(topology, subnet_id).cidrs)
    if not found:
        message = f"no IPv{family} block of {subnet_id} in the facts"
        raise UnknownFact(
            Gap(operation="ec2:DescribeSubnets", action="ec2:DescribeSubnets", code="NotRecorded", message=message)
        )
    return found


def link_ends(topology: Topology, link: VpcLink) -> tuple[End, ...]:
    """The interfaces of a version 2 link, in every subnet that it has. Raises UnknownFact.

    They are of type ``api_gateway_managed`` and carry the link's groups (API Gateway developer
    guide, http-api-vpc-links). Where none was read, the link has some address of that subnet.
    """
    if not link.subnet_ids:
        call = "apigatewayv2:GetVpcLink"
        raise UnknownFact(
            Gap(operation=call, action="apigateway:GET", code="NotRecorded", message=f"no subnets of {link.id}")
        )
    return tuple(end for subnet_id in link.subnet_ids for end in _link_ends_in(topology, link, subnet_id))


def _link_ends_in(topology: Topology, link: VpcLink, subnet_id: str) -> list[End]:
    template = End(
        name=f"VPC link {link.id} in {subnet_id}",
        addresses=Addresses(4),
        vpc_id=subnet_of(topology, subnet_id).vpc_id,
        subnet_id=subnet_id,
        group_ids=link.security_group_ids,
        counts_as=frozenset(link.security_group_ids),
    )
    found = [
        address for one in topology.interfaces if _managed_by(one, link, subnet_id) for address in own_addresses(one, 4)
    ]
    whole = [] if found else [whole_subnet(topology, subnet_id, 4)]
    return [replace(template, addresses=one) for one in [*map(addresses, found), *whole]]


def _managed_by(interface: NetworkInterface, link: VpcLink, subnet_id: str) -> bool:
    return (
        interface.type == "api_gateway_managed"
        and interface.subnet_id == subnet_id
        and set(interface.group_ids) == set(link.security_group_ids)
    )


def preserved(sender: End, client: End) -> End:
    """What arrives from a load balancer that keeps the client's address.

    A reference to the load balancer's own groups still matches it, one to the client's groups does
    not (elb-network-load-balancers-user-guide, target-group-register-targets; NLB security groups).
    """
    return replace(sender, addresses=client.addresses, name=f"{client.name} through {sender.name}", borrowed=True)
