"""Cloud Map services that integrations name, and the instances registered with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vpclink_checks.model.cloud_map import CloudMapInstance, CloudMapService
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources import aws_shapes_cloud_map as shapes
from vpclink_checks.sources.aws_shapes import part, text
from vpclink_checks.sources.discovery.entries import stopped
from vpclink_checks.sources.discovery.recorded import Recorded, table_of
from vpclink_checks.sources.leads.front import cloud_map_id

SERVICE, INSTANCES = "servicediscovery:GetService", "servicediscovery:ListInstances"
HAS_INSTANCES = "integration/cloud-map-service-has-instances"
SHOWN = 3
_NOT_FOLLOWED = Gap(
    operation=INSTANCES, action="", code="NotRead", message="the containers behind Cloud Map are not looked for"
)


def services(recorded: Recorded, topology: Topology, arns: Iterable[str], gap: Gap | None) -> Table[CloudMapService]:
    """The services behind these ARNs. *gap*: why there may be more of them."""
    return table_of(((arn, _service(recorded, topology, arn)) for arn in dict.fromkeys(arns)), gap)


def _service(recorded: Recorded, topology: Topology, arn: str) -> CloudMapService | Gap | None:
    if elsewhere := _elsewhere(recorded, topology, arn):
        return elsewhere
    id_ = cloud_map_id(arn)
    found = recorded.one(SERVICE, {"Id": id_}, lambda raw: text(part(raw, "Service"), "Id") == id_)
    if found is None or isinstance(found, Gap):
        return found
    held = part(found, "Service")
    return shapes.service(held, arn) if held else recorded.missing(SERVICE, "the answer holds no service")


def _elsewhere(recorded: Recorded, topology: Topology, arn: str) -> Gap | None:
    """An id is looked up here: that there is none says nothing about another account or region."""
    _, _, _, region, account, *_ = (*arn.split(":"), "", "", "")
    for what, named, here in (("region", region, topology.region), ("account", account, topology.account)):
        if here and named != here:
            return replace(recorded.missing(SERVICE, f"it is in {what} {named}, which is not read"), code="NotRead")
    return None


def instances(recorded: Recorded, held: Table[CloudMapService]) -> Table[tuple[CloudMapInstance, ...]]:
    """What is registered with each service, of those too that could not be read themselves."""
    arns = {**held.rows, **held.gaps}
    return table_of(((arn, _instances(recorded, held, arn)) for arn in arns), held.gap)


def _instances(recorded: Recorded, held: Table[CloudMapService], arn: str) -> tuple[CloudMapInstance, ...] | Gap | None:
    unread = held.gaps.get(arn)
    if unread is not None and unread.code == "NotRead":
        return unread
    found = recorded.listed(INSTANCES, {"ServiceId": cloud_map_id(arn)}, "Instances")
    if not isinstance(found, list):
        return found
    return tuple(sorted(map(shapes.instance, found), key=lambda one: one.id))


def by_cloud_map(path: Path, arn: str, topology: Topology) -> Path:
    """The path ends there: what was read of the service is said, its containers are not looked for."""
    service = topology.cloud_map_services.peek(arn)
    members = topology.cloud_map_instances.peek(arn)
    if service is None:
        reason = f"the integration names the Cloud Map service {arn}, which does not exist"
        return stopped(path, "integration", reason, check=HAS_INSTANCES)
    if isinstance(service, Gap):
        reason = f"it goes on by the Cloud Map service {arn}, which could not be read"
        return stopped(path, "vpc-link", reason, gap=service)
    reason = f"it goes on by the Cloud Map service {service.name} ({_kinds(service)}"
    if isinstance(members, Gap):
        return stopped(path, "vpc-link", f"{reason}), whose instances could not be read", gap=members)
    return stopped(path, "vpc-link", f"{reason}; registered: {_shown(members or ())})", gap=_NOT_FOLLOWED)


def _kinds(service: CloudMapService) -> str:
    return f"{', '.join(service.record_types)} records" if service.record_types else "no DNS records"


def _shown(members: tuple[CloudMapInstance, ...]) -> str:
    titles = [one.title for one in members[:SHOWN]]
    rest = len(members) - len(titles)
    return ", ".join([*titles, *([f"{rest} more"] if rest else [])]) or "none"
