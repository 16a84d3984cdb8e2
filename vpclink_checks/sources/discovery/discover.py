"""Tables first, stretch by stretch, each wanting what the ones before it name; then the paths through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.destination import destination_of
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Destination
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.discovery import around, balancing, cloud_map, compute, ecs, front, gateway, network
from vpclink_checks.sources.discovery.destinations import canary_variables, completed, effective
from vpclink_checks.sources.discovery.doors import with_doors
from vpclink_checks.sources.discovery.entries import NO_MAPPINGS, NO_RULES
from vpclink_checks.sources.discovery.others import with_others
from vpclink_checks.sources.discovery.paths import walk
from vpclink_checks.sources.discovery.recorded import Recorded, first_gap, gap_in
from vpclink_checks.sources.discovery.transit import with_transit
from vpclink_checks.sources.discovery.ways import ways
from vpclink_checks.sources.facts import Recording
from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.leads.clusters import Clusters
from vpclink_checks.sources.leads.front import CLOUD_MAP


def discover(recording: Recording, settings: EnvSettings, *, source: str) -> Topology:
    """The environment in *recording*. *source*: live, snapshot, demo. Never raises for what is missing in it."""
    recorded = Recorded(recording.facts)
    topology = Topology(
        source=source,
        account=recording.account,
        region=recording.region,
        partition=_partition(recording),
        taken_at=recording.taken_at,
    )
    topology = _front(topology, recorded, settings)
    topology = _gateway(topology, recorded, settings)
    topology = _balancing(topology, recorded)
    leads = Leads(recording.facts, settings)
    topology = _containers(topology, recorded, leads.containers.clusters)
    paths, neighbours = walk(topology, settings)
    topology = replace(topology, paths=paths, neighbours=neighbours)
    topology = replace(topology, ways=ways(topology))
    topology = with_doors(topology, recorded)
    if leads.others.asks:
        topology = _others(topology, recorded)
    return with_transit(_surroundings(topology, recorded), recorded)


def _others(topology: Topology, recorded: Recorded) -> Topology:
    """With what no configured domain leads to, and its ways to the same targets."""
    topology, beside = with_others(topology, recorded)
    beside = replace(beside, links=gateway.links(recorded, dict.fromkeys(_link_ids(beside)), None))
    beside = _cloud_map(beside, recorded, None)
    return replace(topology, ways=(*topology.ways, *ways(beside)))


def _partition(recording: Recording) -> str:
    """By the ARN of whoever asked; where it was not recorded by the region's prefix, as botocore's data group them."""
    arns = (one.response.get("Arn", "") for one in recording.facts.of("sts", "GetCallerIdentity") if one.response)
    told = next((arn.split(":")[1] for arn in map(str, arns) if arn.count(":") > 1), "")
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return told or next((name for prefix, name in prefixes.items() if recording.region.startswith(prefix)), "aws")


def _front(topology: Topology, recorded: Recorded, settings: EnvSettings) -> Topology:
    names = front.domain_names(settings)
    zones = front.hosted_zones(recorded, settings)
    return replace(
        topology,
        domains=front.domains(recorded, names),
        mappings=front.mappings(recorded, names),
        routing_rules=front.routing_rules(recorded, names),
        hosted_zones=zones,
        records=front.records(recorded, names, zones),
    )


def _gateway(topology: Topology, recorded: Recorded, settings: EnvSettings) -> Topology:
    mapped = [(one.api_id, one.stage) for held in topology.mappings for one in held]
    ruled = [(one.api_id, one.stage) for held in topology.routing_rules for one in held]
    served = dict.fromkeys((*mapped, *ruled))
    known = gateway.apis(recorded, (api for api, _ in served), _front_gap(topology))
    stages = gateway.stages(recorded, served, known)
    edited = gateway.edited_routes(recorded, known)
    topology = replace(
        topology,
        apis=known,
        stages=stages,
        web_acls=gateway.web_acls(recorded, stages),
        gateway_responses=gateway.gateway_responses(recorded, known),
        deployments=gateway.deployments(recorded, known),
        edited_routes=edited,
        served_routes=gateway.served_routes(recorded, known, stages, edited),
    )
    gap = first_gap(gap_in(stages), gap_in(edited), gap_in(topology.served_routes))
    topology = replace(topology, links=gateway.links(recorded, (*_link_ids(topology), *settings.vpc_links), gap))
    return _cloud_map(topology, recorded, gap)


def _cloud_map(topology: Topology, recorded: Recorded, gap: Gap | None) -> Topology:
    """With the Cloud Map services that integrations name. *gap*: why there may be more of them."""
    named = (arn for where in _destinations(topology) for arn in (where.uri, where.target) if CLOUD_MAP in arn)
    services = cloud_map.services(recorded, topology, named, gap)
    return replace(topology, cloud_map_services=services, cloud_map_instances=cloud_map.instances(recorded, services))


def _front_gap(topology: Topology) -> Gap | None:
    """Why there may be APIs that nothing read names: only tables that a domain's mode makes live count."""
    gaps = [gap_in(topology.domains)]
    modes = {domain.routing_mode for domain in topology.domains}
    if modes - set(NO_MAPPINGS):
        gaps.append(gap_in(topology.mappings))
    if modes - set(NO_RULES):
        gaps.append(gap_in(topology.routing_rules))
    return first_gap(*gaps)


def _link_ids(topology: Topology) -> list[str]:
    """The links that private routes name, on every stage and canary."""
    return [where.connection_id for where in _destinations(topology) if where.connection_id]


def _destinations(topology: Topology) -> Iterator[Destination]:
    """Where private routes lead on every stage and canary, as far as that is known."""
    for stage in topology.stages:
        edited = topology.edited_routes.rows.get(stage.api_id)
        for route in effective(topology.served_routes.rows.get(stage.key), edited):
            integration = completed(route, edited)
            if integration is not None and integration.private:
                for variables in (stage.variables, canary_variables(stage)):
                    where = destination_of(integration, variables)
                    if not (where.undefined or where.hidden):
                        yield where


def _balancing(topology: Topology, recorded: Recorded) -> Topology:
    balancers, groups = balancing.load_balancers(recorded), balancing.target_groups(recorded)
    listeners = balancing.listeners(recorded, balancers)
    listed = balancing.listener_certificates(recorded, listeners)
    return replace(
        topology,
        certificates=front.certificates(recorded, topology.domains, listeners, listed),
        load_balancers=balancers,
        load_balancer_attributes=balancing.load_balancer_attributes(recorded, balancers),
        listeners=listeners,
        listener_rules=balancing.listener_rules(recorded, listeners),
        listener_certificates=listed,
        target_groups=groups,
        target_group_attributes=balancing.target_group_attributes(recorded, groups),
        targets=balancing.targets(recorded, groups),
    )


def _containers(topology: Topology, recorded: Recorded, leads: Clusters) -> Topology:
    clusters = ecs.clusters(recorded)
    services = ecs.services(recorded, clusters, leads.passed_over)
    tasks = ecs.tasks(recorded, services)
    scaling = compute.auto_scaling_groups(recorded)
    return replace(
        topology,
        clusters=clusters,
        services=services,
        tasks=tasks,
        container_instances=ecs.container_instances(recorded, clusters, leads),
        task_definitions=ecs.task_definitions(recorded, services, tasks),
        auto_scaling_groups=scaling,
        launch_settings=compute.launch_settings(recorded, scaling),
    )


def _surroundings(topology: Topology, recorded: Recorded) -> Topology:
    """What lies around the paths: instances, interfaces, networks."""
    cut = _cut(topology)
    vpc_ids = around.vpc_ids(topology)
    instances = compute.instances(recorded, around.instance_ids(topology), cut)
    interfaces = network.interfaces(recorded, vpc_ids, cut)
    everywhere = None in recorded.coverage("ec2:DescribeNetworkInterfaces", "vpc-id").answered
    topology = replace(topology, instances=instances, interfaces=interfaces, every_interface=everywhere)
    groups = network.security_groups(recorded, around.group_ids(topology), interfaces.gap)
    tables = network.route_tables(recorded, vpc_ids, cut)
    return replace(
        topology,
        vpcs=network.vpcs(recorded, around.every_vpc(topology), cut),
        subnets=network.subnets(recorded, vpc_ids, around.subnets(topology), cut),
        security_groups=groups,
        network_acls=network.network_acls(recorded, vpc_ids, cut),
        route_tables=tables,
        prefix_lists=network.prefix_lists(recorded, groups, tables),
        internet_gateways=network.internet_gateways(recorded, vpc_ids, cut),
        block_public_access=network.block_public_access(recorded, topology.region),
    )


def _cut(topology: Topology) -> Gap | None:
    """Why there may be more around than the paths show: one of them is cut off by a gap before its targets."""
    stops = (path.stop for path in topology.paths if path.stops_before("target-group"))
    balancers = {path.load_balancer.arn for path in topology.paths if path.load_balancer}
    arns = balancing.groups_of(balancers, topology.target_groups, topology.listeners)
    unread = (topology.targets.gaps.get(arn) for arn in sorted(arns))
    return first_gap(*(stop.gap for stop in stops if stop is not None), *unread)
