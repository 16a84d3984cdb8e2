"""Public addresses taken from an interface.

CLI: disassociate-address, unassign-ipv6-addresses, and modify-network-interface-attribute, whose
AssociatePublicIpAddress EC2 heeds for an instance's primary interface alone (botocore, ec2). Terraform: aws_eip,
aws_instance and aws_launch_template of the AWS provider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vpclink_checks.model.network import NetworkInterface, PrivateAddress
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_tables import put, row
from vpclink_checks.report import Fix


def public_address(interface: NetworkInterface, public: str) -> DropElasticAddress | DropPublicAddress | None:
    """The change that takes this public IPv4 address away; None where no command is known that does."""
    held = next((one for one in interface.addresses if one.public == public), None)
    if held is None:
        return None
    if held.association_id:
        return DropElasticAddress(interface_id=interface.id, address=held)
    if held.allocation_id or not held.primary or interface.device_index not in (0, None):
        return None
    return DropPublicAddress(interface_id=interface.id, address=held)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropElasticAddress:
    """An Elastic IP address leads to the interface no more; the account keeps it."""

    interface_id: str
    address: PrivateAddress

    def apply(self, topology: Topology) -> Topology:
        """The facts without the mapping. Raises LookupError where it is not there."""
        return _without(topology, self.interface_id, self.address)

    @property
    def fix(self) -> Fix:
        """disassociate-address."""
        return Fix(
            text=f"Disassociate the Elastic IP address {self.address.public} from {self.interface_id}.",
            cli=f"aws ec2 disassociate-address --association-id {self.address.association_id}",
            terraform=f"# Remove the aws_eip_association of {self.address.public} with {self.interface_id}.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DropPublicAddress:
    """The public IPv4 address that EC2 lent to an instance's primary interface is given back."""

    interface_id: str
    address: PrivateAddress

    def apply(self, topology: Topology) -> Topology:
        """The facts without the address. Raises LookupError where it is not there."""
        return _without(topology, self.interface_id, self.address)

    @property
    def fix(self) -> Fix:
        """modify-network-interface-attribute."""
        return Fix(
            text=f"Give the public address {self.address.public} of {self.interface_id} back.",
            cli=(
                f"aws ec2 modify-network-interface-attribute --network-interface-id {self.interface_id}"
                " --no-associate-public-ip-address"
            ),
            terraform="associate_public_ip_address = false",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIpv6Address:
    """One IPv6 address less; whatever listened on it is reached by the others only."""

    interface_id: str
    address: str

    def apply(self, topology: Topology) -> Topology:
        """The facts without the address. Raises LookupError where it is not there."""
        interface = row(topology.interfaces, self.interface_id)
        if self.address not in interface.ipv6:
            raise LookupError(f"{self.interface_id} has no address {self.address}")
        changed = replace(interface, ipv6=tuple(one for one in interface.ipv6 if one != self.address))
        return replace(topology, interfaces=put(topology.interfaces, self.interface_id, changed))

    @property
    def fix(self) -> Fix:
        """unassign-ipv6-addresses."""
        return Fix(
            text=f"Take the IPv6 address {self.address} from {self.interface_id}.",
            cli=(
                f"aws ec2 unassign-ipv6-addresses --network-interface-id {self.interface_id}"
                f" --ipv6-addresses {self.address}"
            ),
            terraform=f"# Remove {self.address} from ipv6_addresses of the aws_network_interface or aws_instance.",
        )


def _without(topology: Topology, interface_id: str, address: PrivateAddress) -> Topology:
    """The interface without this public address, and its instance too where EC2 shows it there."""
    interface = row(topology.interfaces, interface_id)
    if address not in interface.addresses:
        raise LookupError(f"{interface_id} has not the public address {address.public} any more")
    bare = replace(address, public="", allocation_id="", association_id="")
    changed = replace(interface, addresses=tuple(bare if one == address else one for one in interface.addresses))
    found = replace(topology, interfaces=put(topology.interfaces, interface_id, changed))
    instance = topology.instances.rows.get(interface.instance_id)
    if instance is None or instance.public_address != address.public:
        return found
    return replace(found, instances=put(found.instances, instance.id, replace(instance, public_address="")))
