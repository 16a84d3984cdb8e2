"""What a load balancer lets in by its own settings: listeners, and the evaluation of PrivateLink traffic.

CLI: elbv2 create-listener, set-security-groups and modify-load-balancer-attributes (botocore, elbv2).
Terraform: aws_lb and aws_lb_listener of the AWS provider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vpclink_checks.model.balancing import Action, Forward, Listener, LoadBalancer, TargetGroup
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_tables import put, quoted, row, slug
from vpclink_checks.report import Fix

_NO_IGW = "ipv6.deny_all_igw_traffic"
_PRESERVE = "preserve_client_ip.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopEnforcing:
    """The groups of an NLB filter PrivateLink traffic no more, as AWS asks for a version 1 link."""

    balancer: LoadBalancer

    def apply(self, topology: Topology) -> Topology:
        """The facts with evaluation off. Raises LookupError where the load balancer is not there."""
        found = row(topology.load_balancers, self.balancer.arn)
        return _with(topology, replace(found, enforce_private_link="off"))

    @property
    def fix(self) -> Fix:
        """set-security-groups, which sets the groups as well: the same ones."""
        groups = " ".join(self.balancer.security_group_ids)
        return Fix(
            text=(
                "Turn the evaluation of PrivateLink traffic off, as AWS asks for a v1 link, and filter at the targets."
            ),
            cli=(
                f"aws elbv2 set-security-groups --load-balancer-arn {self.balancer.arn} --security-groups {groups}"
                " --enforce-security-group-inbound-rules-on-private-link-traffic off"
            ),
            terraform='enforce_security_group_inbound_rules_on_private_link_traffic = "off"',
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPreserving:
    """A target group's targets see the load balancer's addresses from now on, not the clients'."""

    group: TargetGroup

    def apply(self, topology: Topology) -> Topology:
        """The facts with the attribute set. Raises LookupError where none were read."""
        found = row(topology.target_group_attributes, self.group.arn)
        table = put(topology.target_group_attributes, self.group.arn, {**found, _PRESERVE: "false"})
        return replace(topology, target_group_attributes=table)

    @property
    def fix(self) -> Fix:
        """modify-target-group-attributes."""
        return Fix(
            text=(
                f"Turn client address preservation of {self.group.name} off; its targets then see the load"
                " balancer's addresses."
            ),
            cli=(
                f"aws elbv2 modify-target-group-attributes --target-group-arn {self.group.arn}"
                f" --attributes Key={_PRESERVE},Value=false"
            ),
            terraform="preserve_client_ip = false",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyGateways:
    """Internet gateways do not lead to a load balancer's IPv6 addresses any more."""

    balancer: LoadBalancer

    def apply(self, topology: Topology) -> Topology:
        """The facts with the attribute set. Raises LookupError where none were read."""
        found = row(topology.load_balancer_attributes, self.balancer.arn)
        table = put(topology.load_balancer_attributes, self.balancer.arn, {**found, _NO_IGW: "true"})
        return replace(topology, load_balancer_attributes=table)

    @property
    def fix(self) -> Fix:
        """modify-load-balancer-attributes."""
        return Fix(
            text=f"Set {_NO_IGW} of {self.balancer.name} to true.",
            cli=(
                f"aws elbv2 modify-load-balancer-attributes --load-balancer-arn {self.balancer.arn}"
                f" --attributes Key={_NO_IGW},Value=true"
            ),
            terraform=f"# aws_lb has no argument for {_NO_IGW}: set the attribute of {self.balancer.name} by the CLI.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateListener:
    """A listener that forwards to one target group."""

    balancer: LoadBalancer
    protocol: str
    port: int
    target_group_arn: str

    def apply(self, topology: Topology) -> Topology:
        """The facts with the listener. Raises LookupError where its port is taken."""
        listeners = row(topology.listeners, self.balancer.arn)
        if any(one.port == self.port for one in listeners):
            raise LookupError(f"{self.balancer.name} has a listener on {self.port} already")
        action = Action(forwards=(Forward(target_group_arn=self.target_group_arn),))
        made = Listener(
            arn=f"{self.balancer.arn.replace(':loadbalancer/', ':listener/')}/{self.port}",
            load_balancer_arn=self.balancer.arn,
            port=self.port,
            protocol=self.protocol,
            actions=(action,),
        )
        return replace(topology, listeners=put(topology.listeners, self.balancer.arn, (*listeners, made)))

    @property
    def fix(self) -> Fix:
        """create-listener."""
        own = slug(self.balancer.name, self.port)
        return Fix(
            text=f"Create a {self.protocol} listener on port {self.port} of {self.balancer.name}.",
            cli=(
                f"aws elbv2 create-listener --load-balancer-arn {self.balancer.arn} --protocol {self.protocol}"
                f" --port {self.port} --default-actions Type=forward,TargetGroupArn={self.target_group_arn}"
            ),
            terraform=(
                f'resource "aws_lb_listener" "{own}" {{\n'
                f"  load_balancer_arn = {quoted(self.balancer.arn)}\n"
                f"  protocol          = {quoted(self.protocol)}\n"
                f"  port              = {self.port}\n"
                "  default_action {\n"
                f'    type             = "forward"\n'
                f"    target_group_arn = {quoted(self.target_group_arn)}\n"
                "  }\n}"
            ),
        )


def _with(topology: Topology, changed: LoadBalancer) -> Topology:
    """The load balancer changed, in its table and in the paths that hold it."""
    table = put(topology.load_balancers, changed.arn, changed)
    paths, ways = (tuple(_through(path, changed) for path in held) for held in (topology.paths, topology.ways))
    return replace(topology, load_balancers=table, paths=paths, ways=ways)


def _through(path: Path, changed: LoadBalancer) -> Path:
    mine = path.load_balancer is not None and path.load_balancer.arn == changed.arn
    return replace(path, load_balancer=changed) if mine else path
