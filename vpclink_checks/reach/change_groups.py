"""Security group rules added and taken back.

CLI: authorize- and revoke-security-group-ingress and -egress with the shorthand of IpPermissions (botocore,
ec2). Terraform: aws_vpc_security_group_ingress_rule and aws_vpc_security_group_egress_rule of the AWS provider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vpclink_checks.model.network import GroupRule, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_tables import block, is_ipv6, network, put, quoted, row, slug
from vpclink_checks.reach.protocols import name, number
from vpclink_checks.report import Fix

INGRESS, EGRESS = "ingress", "egress"
_WORDS = {INGRESS: ("inbound", "from"), EGRESS: ("outbound", "to")}


def same_rule(one: GroupRule, other: GroupRule) -> bool:
    """Whether EC2 takes two rules for one: the same traffic with the same peer, whatever the description."""
    return _bare(one) == _bare(other)


def _bare(rule: GroupRule) -> GroupRule:
    return replace(rule, description="", peering="", account_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRule:
    """One rule more; nothing changes where the group has it already."""

    group_id: str
    direction: str
    rule: GroupRule

    def apply(self, topology: Topology) -> Topology:
        """The facts with the rule. Raises LookupError where the group was not read."""
        rules = _rules(topology, self.group_id, self.direction)
        if any(same_rule(self.rule, one) for one in rules):
            return topology
        return _with(topology, self.group_id, self.direction, (*rules, self.rule))

    @property
    def fix(self) -> Fix:
        """authorize-security-group-ingress or -egress."""
        _, side = _WORDS[self.direction]
        return Fix(
            text=f"Allow {_traffic(self.rule)} {side} {_peer(self.rule)} in {self.group_id}.",
            cli=_command("authorize", self.group_id, self.direction, self.rule),
            terraform=_resource(self.group_id, self.direction, self.rule),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRule:
    """One rule less. Connections that are open already may go on: groups are stateful."""

    group_id: str
    direction: str
    rule: GroupRule

    def apply(self, topology: Topology) -> Topology:
        """The facts without the rule. Raises LookupError where it is not there."""
        rules = _rules(topology, self.group_id, self.direction)
        kept = tuple(one for one in rules if not same_rule(self.rule, one))
        if len(kept) == len(rules):
            raise LookupError(f"{self.group_id} has no {self.direction} rule {self.rule.title}")
        return _with(topology, self.group_id, self.direction, kept)

    @property
    def fix(self) -> Fix:
        """revoke-security-group-ingress or -egress."""
        word, _ = _WORDS[self.direction]
        return Fix(
            text=f"Remove the {word} rule {self.rule.title} from {self.group_id}.",
            cli=_command("revoke", self.group_id, self.direction, self.rule),
            terraform=f"# Remove the {word} rule {self.rule.title} from security group {self.group_id}.",
        )


def _rules(topology: Topology, group_id: str, direction: str) -> tuple[GroupRule, ...]:
    group = row(topology.security_groups, group_id)
    return group.ingress if direction == INGRESS else group.egress


def _with(topology: Topology, group_id: str, direction: str, rules: tuple[GroupRule, ...]) -> Topology:
    group: SecurityGroup = row(topology.security_groups, group_id)
    changed = replace(group, ingress=rules) if direction == INGRESS else replace(group, egress=rules)
    return replace(topology, security_groups=put(topology.security_groups, group_id, changed))


def _peer(rule: GroupRule) -> str:
    return network(rule.cidr) if rule.cidr else rule.peer


def _traffic(rule: GroupRule) -> str:
    if rule.from_port is None or number(rule.protocol) == "-1":
        return name(rule.protocol)
    last = _last(rule)
    if number(rule.protocol) in ("1", "58"):
        return f"{name(rule.protocol)} {rule.from_port}/{last}"
    return f"{name(rule.protocol)} {rule.from_port}" + (f"-{last}" if last != rule.from_port else "")


def _last(rule: GroupRule) -> int | None:
    return rule.from_port if rule.to_port is None else rule.to_port


def _command(verb: str, group_id: str, direction: str, rule: GroupRule) -> str:
    return (
        f"aws ec2 {verb}-security-group-{direction} --group-id {group_id} "
        f"--ip-permissions 'IpProtocol={rule.protocol},{_ports(rule)}{_shorthand(rule)}'"
    )


def _ports(rule: GroupRule) -> str:
    if rule.from_port is None:
        return ""
    return f"FromPort={rule.from_port},ToPort={_last(rule)},"


def _shorthand(rule: GroupRule) -> str:
    if rule.group_id:
        theirs = f",UserId={rule.account_id}" if rule.account_id else ""
        return f"UserIdGroupPairs=[{{GroupId={rule.group_id}{theirs}}}]"
    if rule.prefix_list_id:
        return f"PrefixListIds=[{{PrefixListId={rule.prefix_list_id}}}]"
    if is_ipv6(rule.cidr):
        return f"Ipv6Ranges=[{{CidrIpv6={network(rule.cidr)}}}]"
    return f"IpRanges=[{{CidrIp={network(rule.cidr)}}}]"


def _resource(group_id: str, direction: str, rule: GroupRule) -> str:
    what = "all" if number(rule.protocol) == "-1" else rule.protocol
    own = slug(group_id, what, *(() if rule.from_port is None else (rule.from_port,)), _peer(rule))
    ports = {}
    if rule.from_port is not None:
        ports = {
            "from_port": str(rule.from_port),
            "to_port": str(rule.from_port if rule.to_port is None else rule.to_port),
        }
    argument, peer = _argument(rule)
    return block(
        f'resource "aws_vpc_security_group_{direction}_rule" "{own}"',
        security_group_id=quoted(group_id),
        ip_protocol=quoted(rule.protocol),
        **ports,
        **{argument: quoted(peer)},
    )


def _argument(rule: GroupRule) -> tuple[str, str]:
    if rule.group_id:
        theirs = f"{rule.account_id}/" if rule.account_id else ""
        return "referenced_security_group_id", theirs + rule.group_id
    if rule.prefix_list_id:
        return "prefix_list_id", rule.prefix_list_id
    return ("cidr_ipv6" if is_ipv6(rule.cidr) else "cidr_ipv4"), network(rule.cidr)
