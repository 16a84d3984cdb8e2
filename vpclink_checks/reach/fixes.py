"""The change that lets one flow through, as AWS CLI and Terraform text."""

from __future__ import annotations

from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, RouteEntry, RouteTable
from vpclink_checks.reach.protocols import name, number
from vpclink_checks.report import Fix


def _family_of(cidr: str) -> int:
    return 6 if ":" in cidr else 4


def _network(cidr: str) -> str:
    return cidr if "/" in cidr else f"{cidr}/{128 if ':' in cidr else 32}"


def _peer(peer: str, *, tail: str) -> tuple[str, str]:
    """The same source or destination for the CLI and for Terraform: a group's id, or a network."""
    if peer.startswith("sg-"):
        return f"UserIdGroupPairs=[{{GroupId={peer}{tail}}}]", f'referenced_security_group_id = "{peer}"'
    if _family_of(peer) == 4:  # noqa: PLR2004 - the address family
        return f"IpRanges=[{{CidrIp={_network(peer)}{tail}}}]", f'cidr_ipv4 = "{_network(peer)}"'
    return f"Ipv6Ranges=[{{CidrIpv6={_network(peer)}{tail}}}]", f'cidr_ipv6 = "{_network(peer)}"'


def admit(group_id: str, direction: str, protocol: str, port: int, peer: str) -> Fix:
    """A security group rule; *direction* is ingress or egress, *peer* a group's id or a network."""
    cli_peer, terraform_peer = _peer(peer, tail="")
    ports = f"FromPort={port},ToPort={port}"
    word = "from" if direction == "ingress" else "to"
    return Fix(
        text=f"Allow {protocol} {port} {word} {peer} in {group_id}.",
        cli=(
            f"aws ec2 authorize-security-group-{direction} --group-id {group_id} "
            f"--ip-permissions 'IpProtocol={protocol},{ports},{cli_peer}'"
        ),
        terraform=(
            f'resource "aws_vpc_security_group_{direction}_rule" "vpclink_{protocol}_{port}" {{\n'
            f'  security_group_id = "{group_id}"\n'
            f'  ip_protocol       = "{protocol}"\n'
            f"  from_port         = {port}\n"
            f"  to_port           = {port}\n"
            f"  {terraform_peer}\n}}"
        ),
    )


def revoke(group_id: str, rule: GroupRule) -> Fix:
    """Take one inbound rule of a security group back."""
    if rule.prefix_list_id:
        peer = f"PrefixListIds=[{{PrefixListId={rule.prefix_list_id}}}]"
    else:
        peer, _ = _peer(rule.peer, tail="")
    ports = "" if rule.from_port is None else f"FromPort={rule.from_port},ToPort={rule.to_port},"
    return Fix(
        text=f"Remove the inbound rule {rule.title} from {group_id}; admit the load balancer alone.",
        cli=(
            f"aws ec2 revoke-security-group-ingress --group-id {group_id} "
            f"--ip-permissions 'IpProtocol={rule.protocol},{ports}{peer}'"
        ),
        terraform=f"Delete the ingress rule {rule.title} from security group {group_id}.",
    )


def acl_allow(
    acl: NetworkAcl, decided: AclEntry | None, *, egress: bool, protocol: str, ports: tuple[int, int], cidr: str
) -> Fix:
    """An ACL entry in front of the one that denied, at the first free number below it."""
    taken = {entry.number for entry in acl.entries if entry.egress == egress}
    below = decided.number if decided else 32767
    free = next((one for one in range(below - 1, 0, -1) if one not in taken), None)
    word = "outbound" if egress else "inbound"
    shown = f"{ports[0]}" if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"
    text = f"Allow {word} {name(protocol)} {shown} with {_network(cidr)} in {acl.id}"
    if free is None:
        return Fix(text=f"{text}, before rule {below}: renumber the entries, none below it is free.")
    block = "--cidr-block" if _family_of(cidr) == 4 else "--ipv6-cidr-block"  # noqa: PLR2004 - the address family
    attribute = "cidr_block" if block == "--cidr-block" else "ipv6_cidr_block"
    return Fix(
        text=f"{text}, as rule {free}.",
        cli=(
            f"aws ec2 create-network-acl-entry --network-acl-id {acl.id} {'--egress' if egress else '--ingress'} "
            f"--rule-number {free} --protocol {number(protocol)} --port-range From={ports[0]},To={ports[1]} "
            f"{block} {_network(cidr)} --rule-action allow"
        ),
        terraform=(
            f'resource "aws_network_acl_rule" "vpclink_{free}" {{\n'
            f'  network_acl_id = "{acl.id}"\n  rule_number    = {free}\n  egress         = {str(egress).lower()}\n'
            f'  protocol       = "{name(protocol)}"\n  rule_action    = "allow"\n'
            f'  {attribute} = "{_network(cidr)}"\n  from_port      = {ports[0]}\n  to_port        = {ports[1]}\n}}'
        ),
    )


def drop_route(table: RouteTable, entry: RouteEntry) -> Fix:
    """Delete a route that leads nowhere."""
    option = "--destination-cidr-block"
    if entry.destination.startswith("pl-"):
        option = "--destination-prefix-list-id"
    elif _family_of(entry.destination) == 6:  # noqa: PLR2004 - the address family
        option = "--destination-ipv6-cidr-block"
    return Fix(
        text=f"Delete the route {entry.destination} → {entry.target} from {table.id}, or give it a target that exists.",
        cli=f"aws ec2 delete-route --route-table-id {table.id} {option} {entry.destination}",
        terraform=f"Remove the route {entry.destination} from route table {table.id}.",
    )
