"""Small worlds, so that every operation of the table is led to by one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from tests.healthy import LISTENER_API
from tests.sources import test_cloud_map, test_discovery_ways, test_other_apis, test_private_domain
from tests.sources.demo_facts import SETTINGS, Response, answer, changed, demo, with_facts
from tests.standin.doorways import entrances
from tests.standin.joined import joined
from tests.standin.stacks import Stack
from tests.standin.world import World
from vpclink_checks.demo import environment
from vpclink_checks.run import faulty
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Answer, Recording


@dataclass(frozen=True, eq=False)
class Place:
    """A world, and what a user's config says about it."""

    name: str
    recording: Recording
    settings: EnvSettings

    @property
    def world(self) -> World:
        """It, to be served; rendered once for all tests."""
        return _worlds(self.name)


def places() -> Iterator[Place]:
    yield Place("the demo", demo(), SETTINGS)
    swept = test_other_apis.collected(test_other_apis.asking(), test_other_apis.http_api(auth=True))
    yield Place("routes that ask", with_facts(swept), SETTINGS)
    http = test_discovery_ways.http_api(LISTENER_API.arn, export=test_cloud_map.export(LISTENER_API.arn))
    yield Place("an HTTP API", with_facts([*http, *_listed()]), SETTINGS)
    mapped = test_cloud_map
    named = test_discovery_ways.http_api(mapped.ARN, export=mapped.export(mapped.ARN))
    held = [*named, *_listed(), mapped.service(mapped.SRV), mapped.instances(mapped.FULL)]
    yield Place("an HTTP API by Cloud Map", with_facts(held), SETTINGS)
    yield Place("targets by address", with_facts(_by_address()), SETTINGS)
    yield Place("entrances", entrances(), SETTINGS)
    yield Place("joined networks", joined(), SETTINGS)
    private = test_private_domain.private(ours=[test_private_domain.ASSOCIATION])
    yield Place("a private domain", private, SETTINGS)
    stack = Stack(mappings=1, balancers=1, instances=2, tasks=2, groups=3, launch="template", prefix_list=True)
    yield Place("a template and a prefix list", stack.recording, stack.settings)
    # What is wrong with a stack often stands in an answer that a healthy one has nothing of.
    for fault in environment.faults():
        yield Place(f"the demo with {fault}", faulty(demo(), fault), SETTINGS)


def _listed() -> list[Answer]:
    """What the region's lists say of the HTTP API, once a route of it asks."""
    api = {"ApiId": test_discovery_ways.HTTP_ID, "Name": "shop", "ProtocolType": "HTTP"}
    stages = {"Items": [{"StageName": "$default"}]}
    return [
        answer("apigatewayv2:GetApis", {}, {"Items": [api]}),
        answer("apigatewayv2:GetStages", {"ApiId": test_discovery_ways.HTTP_ID}, stages),
    ]


def _by_address() -> list[Answer]:
    """The demo, its targets registered by their addresses."""

    def by_ip(response: Response) -> None:
        for group in response["TargetGroups"]:
            group["TargetType"] = "ip"

    def addresses(response: Response) -> None:
        for one, address in zip(response["TargetHealthDescriptions"], ("10.0.1.20", "10.0.2.20"), strict=True):
            one["Target"]["Id"] = address

    return changed(("elbv2:DescribeTargetGroups", by_ip), ("elbv2:DescribeTargetHealth", addresses))


@cache
def _worlds(name: str) -> World:
    return World(next(place for place in places() if place.name == name).recording)


# Where a healthy path does without an operation: a place in which its answer decides.
DECIDES = {
    "apigateway:GetDomainNames": "a private domain",
    "apigatewayv2:ListRoutingRules": "the demo with domain-routing-mode-ignores-mapping",
    "apigatewayv2:GetVpcLink": "an HTTP API",
    "elbv2:DescribeLoadBalancerAttributes": "the demo with nlb-empty-az-cross-zone-off",
    "ec2:DescribeNetworkInterfaces": "the demo with exp-instance-public-ipv4",
    "ec2:DescribeInternetGateways": "the demo with exp-instance-public-ipv4",
    "ec2:DescribeVpcBlockPublicAccessOptions": "the demo with exp-instance-public-ipv4",
    "ec2:DescribeVpcBlockPublicAccessExclusions": "the demo with exp-instance-public-ipv4",
    "ec2:DescribeVpcs": "targets by address",
}


@cache
def leading_to(service: str, operation: str) -> Place | None:
    """A place in which this operation is asked and answered; None where there is none."""
    wanted = DECIDES.get(f"{service}:{operation}", "")
    for place in places():
        answers = place.recording.facts.of(service, operation)
        if wanted in ("", place.name) and any(one.response is not None for one in answers):
            return place
    return None


# An answer without the thing would say that there is none, which a refusal does not: the thing stays, saying nothing.
NAMED = {"ecs:DescribeClusters": ("clusters", ("clusterArn", "clusterName"))}


def emptied(recording: Recording, name: str) -> Recording:
    """The same, with nothing in the answers of one operation: lists without members, documents without fields."""
    held = [
        replace(one, response=_nothing(one)) if one.call.name == name and one.response else one
        for one in recording.facts
    ]
    return replace(recording, facts=type(recording.facts)(held))


def _nothing(said: Answer) -> Response:
    if said.call.name not in NAMED:
        return {}
    things, keys = NAMED[said.call.name]
    listed = (said.response or {}).get(things) or ()
    return {things: [{key: one[key] for key in keys if key in one} for one in listed]}
