"""The parameters that the leads give for each operation, and how each family of operations pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.leads.names import plain
from vpclink_checks.sources.rows import Batch, Paging, Params


def rest_paging(items: str = "items") -> Paging:
    """API Gateway version 1: at most 500 a page."""
    return Paging(items=items, token_in=("position",), token_out=("position",), size_key="limit", size=500)


def http_paging(items: str = "Items", size: int | str = "500") -> Paging:
    """API Gateway version 2 takes the size as a string, but for routing rules."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxResults", size=size)


def elb_paging(items: str) -> Paging:
    """Elastic Load Balancing: at most 400 a page."""
    return Paging(items=items, token_in=("Marker",), token_out=("NextMarker",), size_key="PageSize", size=400)


def ec2_paging(items: str, size: int = 1000) -> Paging:
    """EC2: at most 1000 a page, with exceptions."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxResults", size=size)


def scaling_paging(items: str) -> Paging:
    """Auto Scaling: at most 100 a page."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxRecords", size=100)


def ecs_paging(items: str) -> Paging:
    """ECS: at most 100 a page."""
    return Paging(items=items, token_in=("nextToken",), token_out=("nextToken",), size_key="maxResults", size=100)


def _past_the_name(params: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    """Route 53 goes on to the end of the zone; what follows the name is not ours to read."""
    records = page.get("ResourceRecordSets") or ()
    wanted = params.get("StartRecordName", "")
    return bool(wanted) and any(plain(one.get("Name", "")) != plain(wanted) for one in records)


ZONES = Paging(items="HostedZones", token_in=("Marker",), token_out=("NextMarker",), more="IsTruncated")
RECORDS = Paging(
    items="ResourceRecordSets",
    token_in=("StartRecordName", "StartRecordType", "StartRecordIdentifier"),
    token_out=("NextRecordName", "NextRecordType", "NextRecordIdentifier"),
    size_key="MaxItems",
    size="20",
    more="IsTruncated",
    done=_past_the_name,
)
FILTERS = Batch(key="Filters", size=200)  # EC2: at most 200 values a request


def each(key: str, values: Iterable[str]) -> list[Params]:
    """One call a value."""
    return [{key: value} for value in sorted(values)]


def filtered(name: str, values: Iterable[str]) -> list[Params]:
    """EC2's Filters, one value at a time; the batch puts them together."""
    return [{"Filters": [{"Name": name, "Values": [value]}]} for value in sorted(values)]


def once(_leads: Leads) -> list[Params]:
    """Once, whatever the facts."""
    return [{}]


def once_private(leads: Leads) -> list[Params]:
    """Once, as soon as something leads into a VPC."""
    return [{}] if leads.front.goes_private else []


def once_in_vpc(leads: Leads) -> list[Params]:
    """Once, as soon as a VPC is known."""
    return [{}] if leads.network.vpc_ids else []


def zones(leads: Leads) -> list[Params]:
    """The hosted zones, unless they are elsewhere."""
    return [{}] if leads.front.domains and not leads.settings.dns_external else []


def v1_domain(leads: Leads) -> list[Params]:
    """Each domain, as version 1 spells it."""
    return each("domainName", leads.front.domains)


def v2_domain(leads: Leads) -> list[Params]:
    """Each domain, as version 2 spells it."""
    return each("DomainName", leads.front.domains)


def records(leads: Leads) -> list[Params]:
    """Each name in each zone that may hold it."""
    pairs = sorted(leads.names.in_zones)
    return [{"HostedZoneId": zone, "StartRecordName": name} for zone, name in pairs]


def v1_stages(leads: Leads) -> list[Params]:
    """Each stage of a REST API that a mapping leads to."""
    pairs = sorted(leads.front.stages(leads.front.rest_ids))
    return [{"restApiId": api, "stageName": stage} for api, stage in pairs]


def every_http_api(leads: Leads) -> list[Params]:
    """HTTP APIs of the domains; the others of the region too, once a route of ours asks for authorization."""
    return each("ApiId", leads.front.http_ids | leads.others.http_ids)


def rest_stage_lists(leads: Leads) -> list[Params]:
    """REST APIs whose stages callers choose, or all of whose stages may be ways round an authorization."""
    return each("restApiId", leads.front.open_ids(leads.front.rest_ids) | leads.others.swept_rest_ids)


def http_stage_lists(leads: Leads) -> list[Params]:
    """HTTP and WebSocket APIs, likewise."""
    return each("ApiId", leads.front.open_ids(leads.front.http_ids) | leads.others.swept_http_ids)


def once_asking(leads: Leads) -> list[Params]:
    """Once, as soon as a private route of ours asks for authorization."""
    return [{}] if leads.others.asks else []


def exports(leads: Leads) -> list[Params]:
    """What each of those stages and of the others serves; ``get_resources`` says only what is edited."""
    pairs = sorted(leads.front.stages(leads.front.rest_ids) | leads.others.rest_stages)
    stages = [{"restApiId": api, "stageName": stage} for api, stage in pairs]
    how = {"exportType": "oas30", "parameters": {"extensions": "integrations,authorizers"}}
    return [{**params, **how, "accepts": "application/json"} for params in stages]


def resources(leads: Leads) -> list[Params]:
    """Every resource with its methods and integrations: one call, never one a method."""
    return [{"restApiId": api, "embed": ["methods"]} for api in sorted(leads.front.rest_ids | leads.others.rest_ids)]


def v2_stages(leads: Leads) -> list[Params]:
    """Each stage of an HTTP API that a mapping leads to."""
    pairs = sorted(leads.front.stages(leads.front.http_ids))
    return [{"ApiId": api, "StageName": stage} for api, stage in pairs]


def v2_exports(leads: Leads) -> list[Params]:
    """What each of those stages and of the others serves."""
    how = {"OutputType": "JSON", "Specification": "OAS30", "IncludeExtensions": True}
    mapped = {pair for pair in leads.front.stages(leads.front.http_ids) if pair[0] in leads.front.exported_ids}
    return [{"ApiId": api, "StageName": stage, **how} for api, stage in sorted(mapped | leads.others.http_stages)]


def subnets(leads: Leads) -> list[Params]:
    """The VPCs' subnets, and links' subnets that are in none of them."""
    net = leads.network
    return filtered("vpc-id", net.vpc_ids) + filtered("subnet-id", net.stray_subnets)


def interfaces(leads: Leads) -> list[Params]:
    """The VPCs' interfaces, and who carries a referenced group of another VPC."""
    net = leads.network
    return filtered("vpc-id", net.vpc_ids) + filtered("group-id", net.distant_groups)


def in_vpc(name: str) -> Callable[[Leads], list[Params]]:
    """By the filter that names the VPC."""
    return lambda leads: filtered(name, leads.network.vpc_ids)


def launch_configurations(leads: Leads) -> list[Params]:
    """Those of the path's auto scaling groups."""
    return [{"LaunchConfigurationNames": [one]} for one in sorted(leads.network.launch_configurations)]


def launch_templates(leads: Leads) -> list[Params]:
    """Those of the path's auto scaling groups, at the version in use."""
    pairs = sorted(leads.network.launch_templates)
    return [{"LaunchTemplateId": id_, "Versions": [version]} for id_, version in pairs]


def services(leads: Leads) -> list[Params]:
    """Every listed service."""
    found = leads.containers.listed("ecs:ListServices", "serviceArns")
    return [{"cluster": cluster, "services": [arn]} for cluster, arn in found]


def service_tasks(leads: Leads) -> list[Params]:
    """The running tasks of the services of interest."""
    return [{"cluster": cluster, "serviceName": name} for cluster, name in sorted(leads.containers.named_services)]


def tasks(leads: Leads) -> list[Params]:
    """Every listed task."""
    found = leads.containers.listed("ecs:ListTasks", "taskArns")
    return [{"cluster": cluster, "tasks": [arn]} for cluster, arn in found]


def container_instances(leads: Leads) -> list[Params]:
    """Every listed container instance."""
    found = leads.containers.listed("ecs:ListContainerInstances", "containerInstanceArns")
    return [{"cluster": cluster, "containerInstances": [arn]} for cluster, arn in found]


def certificates(leads: Leads) -> list[Params]:
    """The domains' and the listeners' certificates."""
    return each("CertificateArn", leads.front.certificates | leads.balancing.certificates)


def region_in_arn(params: Mapping[str, Any]) -> str:
    """An edge-optimized domain's certificate lives in us-east-1; its ARN says so."""
    return str(params["CertificateArn"]).split(":")[3]
