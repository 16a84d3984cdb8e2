"""A path: one leaf, from a domain's mapping to one container port, as far as it could be followed."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.api import Api, Integration, Route, Stage
from vpclink_checks.model.balancing import Listener, ListenerRule, LoadBalancer, TargetGroup
from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.ecs import Service, TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.link import VpcLink
from vpclink_checks.words import hop_rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an integration sends its requests on one stage: stage variables resolved.

    ``undefined`` names the stage variables that the stage lacks; the texts then still hold them.
    ``hidden`` names those that decide where it leads and whose values were removed as secrets: not known here.
    ``port`` is the uri's own or its scheme's default (80, 443); None where the uri has no host.
    """

    integration: Integration
    connection_id: str = ""
    uri: str = ""
    target: str = ""
    scheme: str = ""
    host: str = ""
    port: int | None = None
    undefined: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a path could not be followed to its end.

    ``hop`` is the last hop that was understood, where the reason lies. With a ``gap`` a fact
    could not be read (what lies behind is unknown); without one the configuration ends here, and
    ``check`` is the id of the check that says so (what lies behind is blocked by it).
    """

    hop: str
    reason: str
    check: str = ""
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Routes with the same integration are one path.

    ``id`` is stable from run to run: it is made from names, never from generated ids alone.
    ``registration`` says who registers the targets: "service", "auto-scaling-group", "manual" or
    "" where it is not known. Objects behind the stop are None.
    """

    id: str
    title: str
    domain: DomainName | None = None
    mapping: Mapping | None = None
    rule: RoutingRule | None = None
    api: Api | None = None
    stage: Stage | None = None
    routes: tuple[Route, ...] = ()
    destination: Destination | None = None
    link: VpcLink | None = None
    load_balancer: LoadBalancer | None = None
    listener: Listener | None = None
    target_group: TargetGroup | None = None
    listener_rule: ListenerRule | None = None  # the rule that forwards here; None: the default action
    weight: int | None = None
    service: Service | None = None
    task_definition: TaskDefinition | None = None
    container_name: str = ""
    container_port: int | None = None
    registration: str = ""
    variant: str = ""  # "canary": as the stage's canary resolves it
    stop: Stop | None = None

    @property
    def base_path(self) -> str:
        """The mapping's key; "" for the root or where no mapping leads here."""
        return self.mapping.key if self.mapping else ""

    def stops_before(self, hop: str) -> bool:
        """Whether *hop* lies behind the place where this path stops."""
        return self.stop is not None and hop_rank(hop) > hop_rank(self.stop.hop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A mapping or rule of the domain, or a route, that does not end in a VPC link.

    Kept because it shares the domain: a change for ours must not take its callers away.
    """

    domain: str
    base_path: str
    api_id: str
    stage: str = ""
    title: str = ""
    routes: tuple[Route, ...] = ()
    gap: Gap | None = None
