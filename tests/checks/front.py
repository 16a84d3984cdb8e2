"""The healthy front of one path, one deviation at a time, and what the checks of its hops say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests import healthy as demo
from vpclink_checks.checks.catalogue import Context, catalogue
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.model.api import Api, Integration, Route, Stage
from vpclink_checks.model.balancing import Listener, LoadBalancer
from vpclink_checks.model.destination import destination_of
from vpclink_checks.model.domain import Certificate, DnsRecord, DomainName, HostedZone, RoutingRule
from vpclink_checks.model.domain import Mapping as BasePath
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.observation import Observation
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings
from vpclink_checks.words import Outcome

HOPS = ("domain", "api", "integration", "vpc-link")
CHECKS = tuple(one for one in catalogue() if one.hop in HOPS)
CERTIFICATE = demo.healthy().certificates.rows[demo.CERT_ARN]
RECORD = demo.healthy().records.rows[demo.DOMAIN][0]
ZONE = HostedZone(id="Z0123456789EXAMPLE", name="example.com")
DENIED = Gap(operation="x:Get", action="x:Get", code="AccessDeniedException")
SETTINGS = EnvSettings(name="prod", region=demo.REGION, domains=(demo.DOMAIN,))
Stops = Callable[[Path], Path]


def stack(
    *,
    domain: DomainName = demo.DOMAIN_NAME,
    certificate: Certificate = CERTIFICATE,
    zones: tuple[HostedZone, ...] = (ZONE,),
    records: tuple[DnsRecord, ...] = (RECORD,),
    mapping: BasePath | None = demo.ORDERS_MAPPING,
    others: tuple[BasePath, ...] = (demo.HELLO_MAPPING,),
    rule: RoutingRule | None = None,
    rules: tuple[RoutingRule, ...] = (),
    api: Api = demo.API,
    stage: Stage = demo.STAGE,
    routes: tuple[Route, ...] = demo.ROUTES[:2],
    link: VpcLink = demo.LINK,
    balancer: LoadBalancer = demo.NLB,
    listener: Listener = demo.LISTENER_API,
    stop: Stop | None = None,
    **tables: Any,
) -> Topology:
    """One path whose objects and tables agree; keyword *tables* replace whole tables afterwards."""
    first = routes[0].integration
    assert first is not None
    path = replace(
        demo.PATH_API,
        domain=domain,
        mapping=mapping,
        rule=rule,
        api=api,
        stage=stage,
        routes=routes,
        destination=destination_of(first, stage.variables),
        link=link,
        load_balancer=balancer,
        listener=listener,
        stop=stop,
    )
    facts = demo.healthy(
        domains=demo.by("name", domain),
        certificates=demo.by("arn", certificate),
        hosted_zones=demo.by("id", *zones),
        records=Table(rows={domain.name: records}),
        mappings=Table(rows={domain.name: (*others, *([mapping] if mapping else []))}),
        routing_rules=Table(rows={domain.name: (*rules, *([rule] if rule else []))}),
        apis=demo.by("id", api, demo.HELLO_API),
        stages=demo.by("key", stage, demo.HELLO_STAGE),
        edited_routes=Table(rows={api.id: routes}),
        served_routes=Table(rows={stage.key: routes}),
        links=demo.by("id", link),
        load_balancers=demo.by("arn", balancer),
        paths=(path,),
    )
    return replace(facts, **tables)


def integration(**changes: Any) -> tuple[Route, ...]:
    """The healthy routes with their integrations changed alike."""
    return tuple(replace(one, integration=replace(_integration(one), **changes)) for one in demo.ROUTES[:2])


def _integration(route: Route) -> Integration:
    assert route.integration is not None
    return route.integration


def cut(topology: Topology, stop: Stop, **missing: Any) -> Topology:
    """The same, with its path cut off at *stop*; *missing* names the objects that lie behind."""
    return replace(topology, paths=tuple(replace(path, stop=stop, **missing) for path in topology.paths))


def judged(
    topology: Topology,
    *,
    settings: EnvSettings = SETTINGS,
    observations: Mapping[str, Observation] | None = None,
    answered: bool = False,
    probes_on: bool = True,
) -> tuple[Finding, ...]:
    """Every finding of the front hops."""
    context = Context(
        topology=topology,
        settings=settings,
        reach=Reach(topology),
        now=demo.TAKEN,
        observations=observations or {},
        probes_on=probes_on,
    )
    return judge(context, Rules(today=demo.TAKEN.date()), checks=CHECKS, answered=lambda *_: answered)


def bad(findings: tuple[Finding, ...]) -> dict[str, str]:
    """Check to outcome, of everything that is a fail or an unknown."""
    return {one.check: one.outcome for one in findings if one.outcome in (Outcome.FAIL, Outcome.UNKNOWN)}


def of(findings: tuple[Finding, ...], check: str) -> tuple[Finding, ...]:
    """The findings of one check."""
    found = tuple(one for one in findings if one.check == check)
    assert found, f"no check {check}"
    return found


def outcomes(findings: tuple[Finding, ...], check: str) -> set[str]:
    """What one check says, over its subjects."""
    return {str(one.outcome) for one in of(findings, check)}


def only(findings: tuple[Finding, ...], check: str, outcome: str, *words: str) -> None:
    """Exactly this check has this outcome, nothing else fails or is unknown, and a message holds the words."""
    assert bad(findings) == {check: outcome}
    messages = " / ".join(one.message for one in of(findings, check) if one.outcome == outcome)
    assert [word for word in words if word not in messages] == [], messages
    assert all(one.fix is not None and one.fix.text for one in of(findings, check) if one.outcome == "fail")


def quiet(findings: tuple[Finding, ...]) -> None:
    """Nothing fails and nothing is unknown."""
    assert bad(findings) == {}
