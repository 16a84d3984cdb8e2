"""The one table of calls: what is ever asked of AWS, from which facts, and under which IAM action.

The collector, the guard that refuses everything else, replays (to know what is missing) and the
policy all read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import wants as ask
from vpclink_checks.sources.facts import Call, Facts
from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Batch, Row

# Calls at once. API Gateway's control plane allows about 10 a second for the whole account and is shared with
# whoever deploys, so both its APIs share one small budget.
LIMITS = {"apigateway": 3, "route53": 2, "acm": 2, "sts": 1, "autoscaling": 4, "ecs": 8, "elbv2": 8, "ec2": 16}
BUDGET_OF = {"apigatewayv2": "apigateway"}

_PREFIXES = {"elbv2": "elasticloadbalancing"}
# Service Authorization Reference: API Gateway's read calls of both versions are one action on resource paths.
_GATEWAY = "apigateway:GET"


_v1 = partial(Row, service="apigateway", action=_GATEWAY)
_v2 = partial(Row, service="apigatewayv2", action=_GATEWAY)
_elb = partial(Row, service="elbv2")
_ec2 = partial(Row, service="ec2", hop="network")
_ecs = partial(Row, service="ecs", hop="service")

TABLE: tuple[Row, ...] = (
    Row(service="sts", operation="GetCallerIdentity", hop="domain", wants=ask.once),
    # The domain, twice: the two versions name states and modes differently, and each says what the other does not.
    _v1(operation="GetDomainName", hop="domain", wants=ask.v1_domain),
    _v2(operation="GetDomainName", hop="domain", wants=ask.v2_domain),
    _v1(operation="GetBasePathMappings", hop="domain", wants=ask.v1_domain, paging=ask.rest_paging()),
    _v2(operation="GetApiMappings", hop="domain", wants=ask.v2_domain, paging=ask.http_paging()),
    # Routing rules have IAM actions of their own (semantics, section 13).
    Row(
        service="apigatewayv2",
        operation="ListRoutingRules",
        hop="domain",
        wants=ask.v2_domain,
        paging=ask.http_paging("RoutingRules", 100),
        action="apigateway:ListRoutingRules",
    ),
    Row(
        service="acm",
        operation="DescribeCertificate",
        hop="domain",
        wants=ask.certificates,
        region_of=ask.region_in_arn,
    ),
    Row(service="route53", operation="ListHostedZones", hop="domain", wants=ask.zones, paging=ask.ZONES),
    Row(service="route53", operation="ListResourceRecordSets", hop="domain", wants=ask.records, paging=ask.RECORDS),
    # REST APIs.
    _v1(operation="GetRestApi", hop="api", wants=lambda leads: ask.each("restApiId", leads.front.api_ids)),
    # The lists, and all of what no domain leads to, only where a way round an authorization may be found.
    _v1(operation="GetRestApis", hop="exposure", wants=ask.once_asking, paging=ask.rest_paging()),
    _v1(operation="GetStages", hop="api", wants=ask.rest_stage_lists),
    _v1(operation="GetStage", hop="api", wants=ask.v1_stages),
    _v1(
        operation="GetDeployments",
        hop="api",
        wants=lambda leads: ask.each("restApiId", leads.front.rest_ids),
        paging=ask.rest_paging(),
    ),
    _v1(operation="GetResources", hop="integration", wants=ask.resources, paging=ask.rest_paging()),
    _v1(operation="GetExport", hop="integration", wants=ask.exports),
    # HTTP APIs: asked for where the v1 call says that there is no such REST API.
    _v2(operation="GetApi", hop="api", wants=lambda leads: ask.each("ApiId", leads.front.not_rest_ids)),
    _v2(operation="GetApis", hop="exposure", wants=ask.once_asking, paging=ask.http_paging()),
    _v2(operation="GetStages", hop="api", wants=ask.http_stage_lists, paging=ask.http_paging()),
    _v2(operation="GetStage", hop="api", wants=ask.v2_stages),
    _v2(
        operation="GetDeployments",
        hop="api",
        wants=lambda leads: ask.each("ApiId", leads.front.http_ids),
        paging=ask.http_paging(),
    ),
    _v2(operation="GetRoutes", hop="integration", wants=ask.every_http_api, paging=ask.http_paging()),
    _v2(operation="GetIntegrations", hop="integration", wants=ask.every_http_api, paging=ask.http_paging()),
    _v2(operation="ExportApi", hop="integration", wants=ask.v2_exports),
    # A connection id does not tell a v1 link from a v2 link: v1 is asked first, v2 where v1 knows no such link.
    _v1(
        operation="GetVpcLink",
        hop="vpc-link",
        wants=lambda leads: ask.each("vpcLinkId", leads.front.first_links | leads.others.first_links),
    ),
    _v2(
        operation="GetVpcLink",
        hop="vpc-link",
        wants=lambda leads: ask.each("VpcLinkId", leads.front.second_links | leads.others.second_links),
    ),
    # Balancers and groups are listed whole: a door that shares our targets has a name that nothing leads to.
    _elb(
        operation="DescribeLoadBalancers",
        hop="load-balancer",
        wants=ask.once_private,
        paging=ask.elb_paging("LoadBalancers"),
    ),
    _elb(
        operation="DescribeTargetGroups",
        hop="target-group",
        wants=ask.once_private,
        paging=ask.elb_paging("TargetGroups"),
    ),
    _elb(
        operation="DescribeLoadBalancerAttributes",
        hop="load-balancer",
        wants=lambda leads: ask.each("LoadBalancerArn", leads.balancing.followed),
    ),
    _elb(
        operation="DescribeListeners",
        hop="listener",
        wants=lambda leads: ask.each("LoadBalancerArn", leads.balancing.listening),
        paging=ask.elb_paging("Listeners"),
    ),
    _elb(
        operation="DescribeRules",
        hop="listener",
        wants=lambda leads: ask.each("ListenerArn", leads.balancing.listeners),
        paging=ask.elb_paging("Rules"),
    ),
    _elb(
        operation="DescribeTargetGroupAttributes",
        hop="target-group",
        wants=lambda leads: ask.each("TargetGroupArn", leads.balancing.followed_groups),
    ),
    _elb(
        operation="DescribeTargetHealth",
        hop="target-group",
        wants=lambda leads: ask.each("TargetGroupArn", leads.balancing.asked_for_health),
    ),
    # By filter and never by id: an id that is gone gives an error for the whole batch, a filter just finds nothing.
    _ec2(
        operation="DescribeInstances",
        hop="instance",
        wants=lambda leads: ask.filtered("instance-id", leads.network.instance_ids | leads.balancing.instances_beside),
        batch=ask.FILTERS,
        paging=ask.ec2_paging("Reservations"),
    ),
    _ec2(
        operation="DescribeNetworkInterfaces",
        wants=ask.interfaces,
        batch=ask.FILTERS,
        paging=ask.ec2_paging("NetworkInterfaces"),
    ),
    _ec2(
        operation="DescribeSecurityGroups",
        wants=lambda leads: ask.filtered("group-id", leads.network.seed_groups | leads.network.referenced_groups),
        batch=ask.FILTERS,
        paging=ask.ec2_paging("SecurityGroups"),
    ),
    _ec2(operation="DescribeVpcs", wants=ask.in_vpc("vpc-id"), batch=ask.FILTERS, paging=ask.ec2_paging("Vpcs")),
    _ec2(operation="DescribeSubnets", wants=ask.subnets, batch=ask.FILTERS, paging=ask.ec2_paging("Subnets")),
    _ec2(
        operation="DescribeNetworkAcls",
        wants=ask.in_vpc("vpc-id"),
        batch=ask.FILTERS,
        paging=ask.ec2_paging("NetworkAcls"),
    ),
    _ec2(
        operation="DescribeRouteTables",
        wants=ask.in_vpc("vpc-id"),
        batch=ask.FILTERS,
        paging=ask.ec2_paging("RouteTables", 100),
    ),
    _ec2(
        operation="DescribeInternetGateways",
        wants=ask.in_vpc("attachment.vpc-id"),
        batch=ask.FILTERS,
        paging=ask.ec2_paging("InternetGateways"),
    ),
    _ec2(
        operation="GetManagedPrefixListEntries",
        wants=lambda leads: ask.each("PrefixListId", leads.network.prefix_lists),
        paging=ask.ec2_paging("Entries", 100),
    ),
    _ec2(operation="DescribeVpcBlockPublicAccessOptions", wants=ask.once_in_vpc),
    _ec2(
        operation="DescribeVpcBlockPublicAccessExclusions",
        wants=ask.once_in_vpc,
        paging=ask.ec2_paging("VpcBlockPublicAccessExclusions"),
    ),
    Row(
        service="autoscaling",
        operation="DescribeAutoScalingGroups",
        hop="instance",
        wants=ask.once_private,
        paging=ask.scaling_paging("AutoScalingGroups"),
    ),
    Row(
        service="autoscaling",
        operation="DescribeLaunchConfigurations",
        hop="instance",
        wants=ask.launch_configurations,
        batch=Batch(key="LaunchConfigurationNames", size=50),
        paging=ask.scaling_paging("LaunchConfigurations"),
    ),
    _ec2(
        operation="DescribeLaunchTemplateVersions",
        hop="instance",
        wants=ask.launch_templates,
        batch=Batch(key="Versions", size=100),
    ),
    _ecs(operation="ListClusters", wants=ask.once_private, paging=ask.ecs_paging("clusterArns")),
    _ecs(
        operation="DescribeClusters",
        wants=lambda leads: [{"clusters": [arn]} for arn in sorted(leads.containers.clusters)],
        batch=Batch(key="clusters", size=100),
    ),
    _ecs(
        operation="ListServices",
        wants=lambda leads: ask.each("cluster", leads.containers.clusters),
        paging=ask.ecs_paging("serviceArns"),
    ),
    _ecs(operation="DescribeServices", wants=ask.services, batch=Batch(key="services", size=10)),
    _ecs(operation="ListTasks", wants=ask.service_tasks, paging=ask.ecs_paging("taskArns")),
    _ecs(operation="DescribeTasks", wants=ask.tasks, batch=Batch(key="tasks", size=100)),
    _ecs(
        operation="ListContainerInstances",
        hop="instance",
        wants=lambda leads: ask.each("cluster", leads.containers.clusters_of_hosts),
        paging=ask.ecs_paging("containerInstanceArns"),
    ),
    _ecs(
        operation="DescribeContainerInstances",
        hop="instance",
        wants=ask.container_instances,
        batch=Batch(key="containerInstances", size=100),
    ),
    _ecs(
        operation="DescribeTaskDefinition",
        hop="task-definition",
        wants=lambda leads: ask.each("taskDefinition", leads.containers.task_definitions),
    ),
)

ROWS: Mapping[tuple[str, str], Row] = {(row.service, row.operation): row for row in TABLE}
ALLOWED: frozenset[tuple[str, str]] = frozenset(ROWS)


def action_of(call: Call) -> str:
    """The IAM action that a call takes: ``elasticloadbalancing:DescribeListeners``, ``apigateway:GET``."""
    row = ROWS.get((call.service, call.operation))
    prefix = _PREFIXES.get(call.service, call.service)
    return (row.action if row else "") or f"{prefix}:{call.operation}"


def wanted(facts: Facts, settings: EnvSettings) -> list[Call]:
    """The calls that the facts so far lead to and that have no answer yet: batched, no call twice, in a fixed order.

    Collecting is asking for these until there are none; in a replay they are what the snapshot lacks.
    """
    leads = Leads(facts, settings)
    return [call for row in TABLE for call in row.calls(leads, facts)]
