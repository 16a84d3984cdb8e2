"""Tables of load balancers, listeners, target groups and targets."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.model.balancing import Listener, ListenerRule, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.sources import aws_shapes_balancing as shapes
from vpclink_checks.sources.discovery.recorded import Recorded, gap_in, table_of
from vpclink_checks.sources.leads.balancing import SECURE


def load_balancers(recorded: Recorded) -> Table[LoadBalancer]:
    """Every load balancer of the region: with anything less, one that is not among them is a gap."""
    found = map(shapes.load_balancer, recorded.rows("elbv2:DescribeLoadBalancers", "LoadBalancers"))
    coverage = recorded.coverage("elbv2:DescribeLoadBalancers", "LoadBalancerArns", "Names")
    return Table(rows={one.arn: one for one in found}, gap=coverage.gap)


def load_balancer_attributes(recorded: Recorded, balancers: Table[LoadBalancer]) -> Table[dict[str, str]]:
    """By load balancer."""
    name = "elbv2:DescribeLoadBalancerAttributes"
    found = ((arn, _attributes(recorded, name, "LoadBalancerArn", arn)) for arn in balancers.rows)
    return table_of(found, gap_in(balancers))


def _attributes(recorded: Recorded, name: str, key: str, arn: str) -> dict[str, str] | Gap:
    found = recorded.held(name, {key: arn})
    return found if isinstance(found, Gap) else shapes.attributes(found)


def listeners(recorded: Recorded, balancers: Table[LoadBalancer]) -> Table[tuple[Listener, ...]]:
    """By load balancer, by port."""
    return table_of(((arn, _listeners(recorded, arn)) for arn in balancers.rows), gap_in(balancers))


def _listeners(recorded: Recorded, arn: str) -> tuple[Listener, ...] | Gap:
    found = recorded.listed("elbv2:DescribeListeners", {"LoadBalancerArn": arn}, "Listeners")
    if not isinstance(found, list):
        return found
    return tuple(sorted(map(shapes.listener, found), key=lambda one: (one.port, one.arn)))


def listener_rules(recorded: Recorded, known: Table[tuple[Listener, ...]]) -> Table[tuple[ListenerRule, ...]]:
    """By listener, by priority; the default rule is the listener's own actions."""
    arns = [one.arn for several in known for one in several]
    return table_of(((arn, _rules(recorded, arn)) for arn in arns), gap_in(known))


def _rules(recorded: Recorded, arn: str) -> tuple[ListenerRule, ...] | Gap:
    found = recorded.listed("elbv2:DescribeRules", {"ListenerArn": arn}, "Rules")
    if not isinstance(found, list):
        return found
    rules = [rule for rule in map(shapes.listener_rule, found) if rule is not None]
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def listener_certificates(recorded: Recorded, known: Table[tuple[Listener, ...]]) -> Table[tuple[str, ...]]:
    """By listener, of those that speak TLS: ARNs of the certificates that it shows for their names."""
    secure = [one.arn for several in known for one in several if one.protocol in SECURE]
    return table_of(((arn, _listed_certificates(recorded, arn)) for arn in secure), gap_in(known))


def _listed_certificates(recorded: Recorded, arn: str) -> tuple[str, ...] | Gap:
    found = recorded.listed("elbv2:DescribeListenerCertificates", {"ListenerArn": arn}, "Certificates")
    return found if not isinstance(found, list) else shapes.listed_certificates(found)


def target_groups(recorded: Recorded) -> Table[TargetGroup]:
    """Every target group of the region: with anything less, one that is not among them is a gap."""
    found = map(shapes.target_group, recorded.rows("elbv2:DescribeTargetGroups", "TargetGroups"))
    coverage = recorded.coverage("elbv2:DescribeTargetGroups", "TargetGroupArns", "Names")
    return Table(rows={one.arn: one for one in found}, gap=coverage.gap)


def target_group_attributes(recorded: Recorded, groups: Table[TargetGroup]) -> Table[dict[str, str]]:
    """By target group."""
    name = "elbv2:DescribeTargetGroupAttributes"
    return table_of(((arn, _attributes(recorded, name, "TargetGroupArn", arn)) for arn in groups.rows), gap_in(groups))


def targets(recorded: Recorded, groups: Table[TargetGroup]) -> Table[tuple[Target, ...]]:
    """By target group: what is registered, whatever its health."""
    return table_of(((arn, _targets(recorded, arn)) for arn in groups.rows), gap_in(groups))


def _targets(recorded: Recorded, arn: str) -> tuple[Target, ...] | Gap:
    found = recorded.listed("elbv2:DescribeTargetHealth", {"TargetGroupArn": arn}, "TargetHealthDescriptions")
    return found if not isinstance(found, list) else tuple(map(shapes.target, found))


def groups_of(arns: Iterable[str], groups: Table[TargetGroup], known: Table[tuple[Listener, ...]]) -> set[str]:
    """The target groups that these load balancers are attached to or forward to."""
    balancers = set(arns)
    attached = {one.arn for one in groups if balancers & set(one.load_balancer_arns)}
    mine = (listener for arn in balancers for listener in known.rows.get(arn, ()))
    return attached | {forward.target_group_arn for one in mine for forward in one.forwards}
