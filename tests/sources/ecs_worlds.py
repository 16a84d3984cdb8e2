"""Small worlds of clusters, services and targets behind the demo's load balancer, answered as AWS would."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.healthy import TG_API, TG_STATUS
from tests.sources.demo_facts import SETTINGS, demo, refused
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Answer, Call, Facts

Raw = dict[str, Any]
ECS = "arn:aws:ecs:eu-west-2:123456789012"
PORTS = {TG_API: 10000, TG_STATUS: 10001}
VPC = "vpc-0123456789abcdef0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """``places``: where its tasks run, by instance id, or ``ip-…`` for an interface of their own."""

    groups: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    tagged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    hosts: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """``by_hand``: targets that nobody of ECS registered, by group."""

    clusters: tuple[Cluster, ...]
    by_hand: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    counted: bool = True  # whether DescribeClusters says how many there are
    denied: frozenset[str] = frozenset()

    def answer(self, call: Call) -> Answer:
        """What AWS says; the demo's own word on all that is not of ECS or of targets."""
        if call.operation in self.denied:
            return refused(call, "AccessDeniedException")
        own = _ANSWERS.get(call.name)
        if own is not None:
            return Answer(call, own(self, call.params))
        found = demo().facts.get(call)
        if found is not None:
            return found
        return Answer(call, {}) if call.service == "ec2" else refused(call, "NotFoundException")

    def targets(self, group: str) -> list[str]:
        registered = [
            one
            for cluster in self.clusters
            for service in cluster.services
            if group in service.groups
            for one in service.places
        ]
        return list(dict.fromkeys([*registered, *self.by_hand.get(group, ())]))

    def services(self) -> Iterator[tuple[int, int, Service]]:
        for at, cluster in enumerate(self.clusters):
            for number, service in enumerate(cluster.services):
                yield at, number, service

    def hosts(self) -> dict[str, tuple[int, str]]:
        """Instance to its cluster's number and its container instance."""
        return {
            host: (at, f"{ECS}:container-instance/c{at}/{host}")
            for at, cluster in enumerate(self.clusters)
            for host in cluster.hosts
        }


def cluster_arn(at: int) -> str:
    return f"{ECS}:cluster/c{at}"


def service_arn(at: int, number: int) -> str:
    return f"{ECS}:service/c{at}/s{at}-{number}"


def _at(params: Any) -> int:
    return int(params["cluster"].rpartition("/c")[2])


def _clusters(world: World, params: Any) -> Raw:
    found = []
    for arn in params["clusters"]:
        cluster = world.clusters[int(arn.rpartition("/c")[2])]
        tasks = sum(len(service.places) for service in cluster.services)
        counts = {
            "registeredContainerInstancesCount": len(cluster.hosts),
            "activeServicesCount": len(cluster.services),
            "runningTasksCount": tasks,
            "pendingTasksCount": 0,
        }
        found.append({"clusterArn": arn, "clusterName": arn.rpartition("/")[2], **(counts if world.counted else {})})
    return {"clusters": found, "failures": []}


def _service(world: World, at: int, number: int) -> Raw:
    service = world.clusters[at].services[number]
    entries = [{"targetGroupArn": one, "containerName": "api", "containerPort": 8080} for one in service.groups]
    return {
        "serviceArn": service_arn(at, number),
        "serviceName": f"s{at}-{number}",
        "clusterArn": cluster_arn(at),
        "status": "ACTIVE",
        "loadBalancers": entries,
        "taskDefinition": f"{ECS}:task-definition/s{at}-{number}:1",
        "runningCount": len(service.places),
    }


def _tasks_of(world: World, at: int, number: int) -> list[Raw]:
    service = world.clusters[at].services[number]
    return [_task(world, at, number, place) for place in service.places]


def _task(world: World, at: int, number: int, place: str) -> Raw:
    service = world.clusters[at].services[number]
    bound = [{"hostPort": PORTS[one], "containerPort": 8080, "protocol": "tcp"} for one in service.groups or (TG_API,)]
    own = place not in world.hosts()
    attachment = {"details": [{"name": "privateIPv4Address", "value": place}]}
    return {
        "taskArn": f"{ECS}:task/c{at}/s{at}-{number}-{place}",
        "clusterArn": cluster_arn(at),
        "group": f"service:s{at}-{number}",
        "taskDefinitionArn": f"{ECS}:task-definition/s{at}-{number}:1",
        "lastStatus": "RUNNING",
        "containerInstanceArn": "" if own else world.hosts()[place][1],
        "attachments": [attachment] if own else [],
        "containers": [{"name": "api", "networkBindings": [] if own else bound}],
    }


def _list_tasks(world: World, params: Any) -> Raw:
    at, name = _at(params), params.get("serviceName", "")
    numbers = range(len(world.clusters[at].services)) if not name else [int(name.rpartition("-")[2])]
    return {"taskArns": [task["taskArn"] for number in numbers for task in _tasks_of(world, at, number)]}


def _list_hosts(world: World, params: Any) -> Raw:
    at = _at(params)
    wanted_ids = re.findall(r"'([^']*)'", params.get("filter", ""))
    hosts = [one for one in world.clusters[at].hosts if "filter" not in params or one in wanted_ids]
    return {"containerInstanceArns": [world.hosts()[one][1] for one in hosts]}


def _definition(world: World, params: Any) -> Raw:
    container = {"name": "api", "portMappings": [{"containerPort": 8080, "hostPort": 10000}]}
    return {"taskDefinition": {"taskDefinitionArn": params["taskDefinition"], "containerDefinitions": [container]}}


def _interfaces(world: World, params: Any) -> Raw:
    found = []
    for at, _, service in world.services():
        for place in service.places:
            if place not in world.hosts():
                tags = [{"Key": "aws:ecs:clusterName", "Value": f"c{at}"}] if service.tagged else []
                found.append({"PrivateIpAddresses": [{"PrivateIpAddress": place}], "VpcId": VPC, "TagSet": tags})
    return {"NetworkInterfaces": found}


def _groups(world: World, params: Any) -> Raw:
    whole = next(one for one in demo().facts if one.call.name == "elbv2:DescribeTargetGroups")
    response = copy.deepcopy(dict(whole.response or {}))
    for one in response["TargetGroups"]:
        one["TargetType"] = world.types.get(one["TargetGroupArn"], "instance")
    return response


def _health(world: World, params: Any) -> Raw:
    group = params["TargetGroupArn"]
    ids = [{"Id": one, "Port": PORTS[group]} for one in world.targets(group)]
    return {"TargetHealthDescriptions": [{"Target": one, "TargetHealth": {"State": "healthy"}} for one in ids]}


_ANSWERS: dict[str, Any] = {
    "elbv2:DescribeTargetGroups": _groups,
    "elbv2:DescribeTargetHealth": _health,
    "ec2:DescribeNetworkInterfaces": _interfaces,
    "ecs:ListClusters": lambda world, _: {"clusterArns": [cluster_arn(at) for at in range(len(world.clusters))]},
    "ecs:DescribeClusters": _clusters,
    "ecs:ListServices": lambda world, params: {
        "serviceArns": [service_arn(_at(params), one) for one in range(len(world.clusters[_at(params)].services))]
    },
    "ecs:DescribeServices": lambda world, params: {
        "services": [_service(world, _at(params), int(one.rpartition("-")[2])) for one in params["services"]]
    },
    "ecs:ListTasks": _list_tasks,
    "ecs:DescribeTasks": lambda world, params: {
        "tasks": [
            task
            for number in range(len(world.clusters[_at(params)].services))
            for task in _tasks_of(world, _at(params), number)
            if task["taskArn"] in params["tasks"]
        ]
    },
    "ecs:ListContainerInstances": _list_hosts,
    "ecs:DescribeContainerInstances": lambda world, params: {
        "containerInstances": [
            {"containerInstanceArn": arn, "ec2InstanceId": host}
            for host, (_, arn) in world.hosts().items()
            if arn in params["containerInstances"]
        ]
    },
    "ecs:DescribeTaskDefinition": _definition,
}


def collected(world: World, settings: EnvSettings = SETTINGS) -> tuple[Facts, int]:
    """The collector's loop over the world, and in how many rounds."""
    facts, rounds = Facts(), 0
    while calls := wanted(facts, settings):
        rounds += 1
        assert rounds < 30, f"still asking {calls[0]}"
        for call in calls:
            facts.add(world.answer(call))
    return facts, rounds


def everything(world: World, facts: Facts) -> Facts:
    """These facts, with all that ECS holds, read cluster by cluster."""
    calls = []
    for at, cluster in enumerate(world.clusters):
        arn = {"cluster": cluster_arn(at)}
        services = [service_arn(at, number) for number in range(len(cluster.services))]
        hosts = [world.hosts()[one][1] for one in cluster.hosts]
        calls += [Call("ecs", "ListServices", arn), Call("ecs", "ListContainerInstances", arn)]
        calls += [Call("ecs", "DescribeServices", {**arn, "services": services})] if services else []
        calls += [Call("ecs", "DescribeContainerInstances", {**arn, "containerInstances": hosts})] if hosts else []
        tasks = [task["taskArn"] for number in range(len(services)) for task in _tasks_of(world, at, number)]
        calls += [Call("ecs", "DescribeTasks", {**arn, "tasks": tasks})] if tasks else []
        for number in range(len(services)):
            calls.append(Call("ecs", "ListTasks", {**arn, "serviceName": f"s{at}-{number}"}))
            definition = {"taskDefinition": f"{ECS}:task-definition/s{at}-{number}:1"}
            calls.append(Call("ecs", "DescribeTaskDefinition", definition))
    kept = [one for one in facts if one.call.name not in {call.name for call in calls}]
    return Facts([*kept, *(world.answer(call) for call in calls)])
