"""Big healthy stacks, as the facts that AWS would give: mappings, balancers, instances, tasks and groups by number.

Each mapping has a REST API, a stage, a listener, a target group and a service of its own; they share the balancers,
one cluster, and the hosts. A service has at most one task on a host, as its host port is fixed. Answers to what AWS
lists are kept whole, without filters and batches: :class:`tests.standin.world.World` picks from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tests.standin import stack_front, stack_hosts
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Facts, Recording
from vpclink_checks.sources.snapshot import in_order


@dataclass(frozen=True)
class Stack:
    """How big it is; everything else follows. ``launch`` is configuration or template.

    ``prefix_list``: the hosts' groups name one in the place of the balancers' own networks.
    """

    mappings: int = 3
    balancers: int = 2
    instances: int = 200
    tasks: int = 400
    groups: int = 60
    launch: str = "configuration"
    prefix_list: bool = False

    @property
    def settings(self) -> EnvSettings:
        """What a user would write about it."""
        return EnvSettings(name="big", region=stack_front.REGION, domains=(stack_front.DOMAIN,))

    @cached_property
    def recording(self) -> Recording:
        """Its facts."""
        held = [*stack_front.answers(self.front), *stack_hosts.answers(self.hosts)]
        return Recording(stack_front.ACCOUNT, stack_front.REGION, stack_front.TAKEN, in_order(Facts(held)))

    @property
    def shares(self) -> tuple[int, ...]:
        """How many tasks each service has: one on each of the first so many hosts."""
        each, more = divmod(self.tasks, self.mappings)
        return tuple(each + (number < more) for number in range(self.mappings))

    @property
    def front(self) -> stack_front.Front:
        """From the domain to the targets."""
        return stack_front.Front(self.mappings, self.balancers, self.shares)

    @property
    def hosts(self) -> stack_hosts.Hosts:
        """Behind the targets."""
        counted = (self.instances, self.groups, self.balancers, self.shares)
        return stack_hosts.Hosts(*counted, self.launch, self.prefix_list)
