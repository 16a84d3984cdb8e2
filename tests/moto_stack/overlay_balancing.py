"""Elastic Load Balancing in moto: an NLB has an ALB's ARN and no interfaces; health checks have no port."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

from moto.elbv2 import models

# Hosted zones of NLBs (AWS general reference, Elastic Load Balancing endpoints).
ZONES = {"eu-west-2": "ZD4D7Y8KGAS4G"}


def network_balancer(original: Any) -> Any:
    def create_load_balancer(self: Any, *args: Any, **kwargs: Any) -> Any:
        balancer = original(self, *args, **kwargs)
        if balancer.type == "network":
            _rename(self, balancer)
            _give_interfaces(self, balancer)
        return balancer

    return create_load_balancer


def _rename(backend: Any, balancer: Any) -> None:
    """…:loadbalancer/net/NAME/ID, and a name of its own in DNS."""
    del backend.load_balancers[balancer.arn]
    balancer.arn = balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
    balancer.dns_name = f"{balancer.name}-{balancer.arn[-16:]}.elb.{backend.region_name}.amazonaws.com"
    balancer.canonical_hosted_zone_id = ZONES[backend.region_name]
    backend.load_balancers[balancer.arn] = balancer
    backend.tagging_service.tag_resource(balancer.arn, [])


def _give_interfaces(backend: Any, balancer: Any) -> None:
    """One a zone, described as EC2 describes them (elb-network-load-balancers-user-guide, register-targets)."""
    for subnet in balancer.subnets:
        interface = backend.ec2_backend.create_network_interface(
            subnet=subnet,
            private_ip_address=str(ip_network(subnet.cidr_block)[10]),
            group_ids=list(balancer.security_groups or ()),
            description="ELB " + balancer.arn.partition("loadbalancer/")[2],
        )
        interface.interface_type = "network_load_balancer"
        interface.requester_managed = True
        interface.status = "in-use"
        if not balancer.security_groups:
            interface._group_set.clear()


def with_port(original: Any) -> Any:
    """A target's health says which port was asked: a number, never ``traffic-port``."""

    def health_for(self: Any, target: Any, ec2_backend: Any) -> Any:
        health = original(self, target, ec2_backend)
        if health.health_check_port == "traffic-port":
            health.health_check_port = str(health.port)
        return health

    return health_for


HOLES: tuple[tuple[Any, str, Callable[[Any], Any], tuple[str, ...] | None], ...] = (
    (models.ELBv2Backend, "create_load_balancer", network_balancer, ("name", "subnet_ids", "loadbalancer_type")),
    (models.FakeTargetGroup, "health_for", with_port, ("target", "ec2_backend")),
)
