"""What stands behind a target that is a load balancer itself: the ALB's listener, its groups and their targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.balancing import Listener, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """One target group that a listener of an ALB sends to, by its default action or one of its rules."""

    balancer: LoadBalancer
    listener: Listener
    group: TargetGroup
    targets: tuple[Target, ...]  # those that are not draining


def inner_groups(topology: Topology, group: TargetGroup) -> tuple[Inner, ...]:
    """The groups behind the ALBs that are registered with this one; none where it is of another type.

    A target's port is that of the ALB's listener (elb-network-load-balancers-user-guide,
    application-load-balancer-target). Raises UnknownFact.
    """
    if group.target_type != "alb":
        return ()
    registered = topology.targets.need(group.arn)
    return tuple(one for target in registered if not target.draining for one in _behind(topology, target))


def _behind(topology: Topology, target: Target) -> Iterator[Inner]:
    balancer = topology.load_balancers.find(target.id)
    if balancer is None:
        return
    for listener in topology.listeners.find(balancer.arn) or ():
        for arn in _sent_to(topology, listener) if listener.port == target.port else ():
            staying = (one for one in topology.targets.need(arn) if not one.draining)
            group = topology.target_groups.need(arn)
            yield Inner(balancer=balancer, listener=listener, group=group, targets=tuple(staying))


def _sent_to(topology: Topology, listener: Listener) -> Iterable[str]:
    rules = topology.listener_rules.find(listener.arn) or ()
    actions = (*listener.actions, *(action for rule in rules for action in rule.actions))
    return dict.fromkeys(one.target_group_arn for action in actions for one in action.forwards if one.weight > 0)


def onward_paths(topology: Topology, path: Path) -> Iterator[Path]:
    """The stretches from the ALBs behind this path's load balancer to their own targets. Raises UnknownFact."""
    for one in inner_groups(topology, path.target_group) if path.target_group is not None else ():
        yield replace(
            path,
            id=f"{path.id} behind {one.listener.arn} to {one.group.arn}",
            link=None,
            load_balancer=one.balancer,
            listener=one.listener,
            target_group=one.group,
        )
