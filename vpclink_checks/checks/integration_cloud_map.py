"""The integration hop where an HTTP API goes on by a Cloud Map service: is anything registered that it can reach?"""

from __future__ import annotations

import re

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.subjects import destination_subjects, reached, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.cloud_map import CloudMapInstance, CloudMapService
from vpclink_checks.model.path import Destination
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

CLOUD_MAP_ARN = re.compile(r"^arn:[\w-]+:servicediscovery:")
HAS_INSTANCES = "integration/cloud-map-service-has-instances"
GET, LIST = "servicediscovery:GetService", "servicediscovery:ListInstances"


@check(
    HAS_INSTANCES,
    title="The Cloud Map service has instances that an HTTP API can reach",
    severity=Severity.BLOCKER,
    subjects=destination_subjects,
    why="API Gateway takes address and port from what is registered: with nothing there, or an address alone (A "
    "records filled by ECS), every call answers 503.",
    fix=Fix(
        "Have the ECS service register SRV records (containerName and containerPort in its service registry), "
        "and see that its tasks run.",
        cli="aws servicediscovery list-instances --service-id SERVICE",
        terraform='aws_service_discovery_service.dns_config { dns_records { type = "SRV" } }',
    ),
    source="API Gateway developer guide, http-api-develop-integrations-private; Cloud Map API, RegisterInstance",
    needs=("integration/link-exists",),
    refutable=True,
)
def cloud_map_service_has_instances(ctx: Context, there: Destination) -> Verdict:
    if stop := stopped_by(ctx.here, HAS_INSTANCES):
        return failed(stop.reason, Evidence(GET, "error", "ServiceNotFound"))
    if not CLOUD_MAP_ARN.match(there.uri):
        raise NotApplicable("the integration names no Cloud Map service")
    if reached(ctx, ctx.here.api, "API").protocol != "HTTP":
        raise NotApplicable("only an HTTP API goes on by a Cloud Map service")
    members = ctx.topology.cloud_map_instances.need(there.uri)
    service = ctx.topology.cloud_map_services.rows.get(there.uri)
    if not members:
        return failed(f"nothing is registered with Cloud Map service {_name(service, there)}", _evidence(members))
    return _registered(ctx.topology.cloud_map_services.need(there.uri), members)


def _name(service: CloudMapService | None, there: Destination) -> str:
    return service.name if service else there.uri


def _registered(service: CloudMapService, members: tuple[CloudMapInstance, ...]) -> Verdict:
    usable = [one for one in members if one.ipv4 and one.port is not None]
    kinds = Evidence(GET, "DnsConfig.DnsRecords", ", ".join(service.record_types) or "none")
    evidence = (kinds, _evidence(members))
    of = f"of the {len(members)} instances of Cloud Map service {service.name}"
    addresses_alone = bool(service.record_types) and "SRV" not in service.record_types
    if not usable:
        return _unusable(service, members, evidence, addresses_alone=addresses_alone)
    if len(usable) < len(members):
        return noted(f"{len(usable)} {of} have an IPv4 address and a port", *evidence)
    if addresses_alone:
        return noted(f"Cloud Map service {service.name} has no SRV records, and its instances name ports", *evidence)
    return passed(f"each {of} has an IPv4 address and a port; their health is not read", *evidence)


def _unusable(
    service: CloudMapService,
    members: tuple[CloudMapInstance, ...],
    evidence: tuple[Evidence, ...],
    *,
    addresses_alone: bool,
) -> Verdict:
    """A records alone are documented not to serve; of names, IPv6 and instances found by API alone nothing is."""
    if addresses_alone and all(one.port is None and not one.other for one in members):
        kinds = ", ".join(service.record_types)
        return failed(f"Cloud Map service {service.name} has {kinds} records alone, which tell no port", *evidence)
    text = f"no instance of Cloud Map service {service.name} has an IPv4 address and a port"
    return unknown(f"{text}; whether API Gateway reaches it otherwise is not documented", *evidence)


def _evidence(members: tuple[CloudMapInstance, ...]) -> Evidence:
    return Evidence(LIST, "Instances", ", ".join(one.title for one in members) or "none")
