"""Entrances that stand beside the path: classic load balancers and whatever else publishes a backend."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicListener:
    """One listener: what comes to ``port`` goes to ``instance_port`` of every registered instance."""

    port: int
    protocol: str = "TCP"
    instance_port: int
    instance_protocol: str = "TCP"

    @property
    def title(self) -> str:
        return f"{self.protocol} {self.port} → {self.instance_port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicBalancer:
    """elasticloadbalancing:DescribeLoadBalancers of 2012-06-01.

    ``balancer`` says where it stands and what filters it, as for any other; its type is "classic", its
    zones are named by their subnets.
    """

    balancer: LoadBalancer
    listeners: tuple[ClassicListener, ...] = ()
    instance_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.balancer.name

    @property
    def group(self) -> TargetGroup:
        """Its registered instances, as the target group that it has not."""
        return TargetGroup(arn=self.balancer.arn, name=self.name, vpc_id=self.balancer.vpc_id)

    def targets(self, listener: ClassicListener) -> tuple[Target, ...]:
        """What *listener* sends to: each instance on the listener's instance port."""
        return tuple(Target(id=one, port=listener.instance_port) for one in self.instance_ids)
