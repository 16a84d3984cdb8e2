"""Classic load balancers and other entrances: AWS's answers to the model."""

from __future__ import annotations

from vpclink_checks.model.balancing import LoadBalancer, Zone
from vpclink_checks.model.doors import ClassicBalancer, ClassicListener
from vpclink_checks.sources.aws_shapes import Raw, number, part, rows, text, texts


def classic_balancer(raw: Raw, arn_prefix: str) -> ClassicBalancer:
    """One item of elb:DescribeLoadBalancers, which does not give ARNs: *arn_prefix* is all but the name.

    ``Scheme`` is absent outside a VPC alone, where every balancer was public (botocore model).
    """
    name = text(raw, "LoadBalancerName")
    return ClassicBalancer(
        balancer=LoadBalancer(
            arn=f"{arn_prefix}{name}",
            name=name,
            type="classic",
            scheme=text(raw, "Scheme", default="internet-facing"),
            dns_name=text(raw, "DNSName"),
            hosted_zone_id=text(raw, "CanonicalHostedZoneNameID"),
            vpc_id=text(raw, "VPCId"),
            zones=tuple(Zone(name=one, subnet_id=one) for one in texts(raw, "Subnets")),
            security_group_ids=texts(raw, "SecurityGroups"),
        ),
        listeners=tuple(_classic_listener(part(one, "Listener")) for one in rows(raw, "ListenerDescriptions")),
        instance_ids=tuple(text(one, "InstanceId") for one in rows(raw, "Instances")),
    )


def _classic_listener(raw: Raw) -> ClassicListener:
    protocol = text(raw, "Protocol")
    return ClassicListener(
        port=number(raw, "LoadBalancerPort", 0),
        protocol=protocol,
        instance_port=number(raw, "InstancePort", 0),
        instance_protocol=text(raw, "InstanceProtocol", default=protocol),
    )
