"""Tables of the entrances that stand beside the path."""

from __future__ import annotations

from vpclink_checks.model.doors import ClassicBalancer
from vpclink_checks.model.fact import Table
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources import aws_shapes_doors as shapes
from vpclink_checks.sources.discovery.recorded import Recorded


def classic_balancers(recorded: Recorded, topology: Topology) -> Table[ClassicBalancer]:
    """Every classic load balancer of the region."""
    name = "elb:DescribeLoadBalancers"
    prefix = f"arn:{topology.partition}:elasticloadbalancing:{topology.region}:{topology.account}:loadbalancer/"
    found = (shapes.classic_balancer(one, prefix) for one in recorded.rows(name, "LoadBalancerDescriptions"))
    return Table(rows={one.name: one for one in found}, gap=recorded.coverage(name, "LoadBalancerNames").gap)
