"""Words that AWS has not told anybody of yet: what hangs on them is unknown, with the word; never a pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import worst
from tests.sources.demo_facts import SETTINGS, Response, demo
from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo import environment, overlay
from vpclink_checks.model.doors import IngressPath
from vpclink_checks.model.fact import Table
from vpclink_checks.reach.change_acls import LAST_NUMBER
from vpclink_checks.report import Finding
from vpclink_checks.run import Gathered, Target, judge
from vpclink_checks.sources.facts import Answer, Facts

WORD = "VALUE_OF_TOMORROW"
PUBLIC = "exp-instance-public-ipv4"
Edit = Callable[[Response], Any]


def findings(fault: str, operation: str, edit: Edit) -> tuple[Finding, ...]:
    """What is found in the demo with this fault, the answers to the operation edited in place."""
    facts = overlay.applied(demo().facts, environment.faults()[fault].changes) if fault else demo().facts
    held = Facts(_edited(answer, edit) if answer.call.name == operation else answer for answer in facts)
    target = Target(name="prod", source="live", settings=SETTINGS, rules=Rules(today=date(2026, 11, 2)))
    return tuple(judge(target, Gathered(recording=replace(demo(), facts=held))).findings)


def _edited(answer: Answer, edit: Edit) -> Answer:
    response = copy.deepcopy(dict(answer.response or {}))
    edit(response)
    return Answer(answer.call, response, answer.gap)


def association(response: Response, word: str = WORD) -> None:
    """Every association of a route table with a subnet is in this state."""
    for table in response["RouteTables"]:
        for one in table["Associations"]:
            one["AssociationState"] = {"State": word}


def acl_action(response: Response, word: str | None = WORD) -> None:
    """Every rule of an ACL but the last one has this action."""
    for acl in response["NetworkAcls"]:
        for one in acl["Entries"]:
            one["RuleAction"] = word if one["RuleNumber"] < LAST_NUMBER else one["RuleAction"]


def every(key: str, field: str, word: object = WORD) -> Edit:
    """Sets one field of each item of a list."""
    return lambda response: [one.update({field: word}) for one in response[key]]


CASES: dict[str, tuple[str, str, Edit, set[str]]] = {
    "a target type": (
        PUBLIC,
        "elbv2:DescribeTargetGroups",
        every("TargetGroups", "TargetType"),
        {
            "exposure/no-internet-path",
            "exposure/no-public-address",
            "exposure/agent-ports-closed",
            "exposure/no-classic-load-balancer",
            "exposure/no-lattice-target-group",
            "network/target-admits-load-balancer",
            "network/target-admits-health-check",
            "instance/running",
            "target-group/type-fits-network-mode",
            "target-group/targets-in-vpc",
            "target-group/load-balancer-target-listens",
        },
    ),
    "the state of an internet gateway's attachment": (
        PUBLIC,
        "ec2:DescribeInternetGateways",
        lambda response: [every("Attachments", "State")(one) for one in response["InternetGateways"]],
        {"exposure/no-internet-path"},
    ),
    "the same, for what a service of AWS brings": (
        "exp-global-accelerator",
        "ec2:DescribeInternetGateways",
        lambda response: [every("Attachments", "State")(one) for one in response["InternetGateways"]],
        {"exposure/no-accelerator"},
    ),
    "the state of a route table's association": (
        PUBLIC,
        "ec2:DescribeRouteTables",
        association,
        {"exposure/no-internet-path", "load-balancer/in-private-subnets"},
    ),
    "the action of a network ACL's rule": (
        PUBLIC,
        "ec2:DescribeNetworkAcls",
        acl_action,
        {"exposure/no-internet-path", "network/target-admits-load-balancer"},
    ),
    "a security group's rule without a protocol": (
        PUBLIC,
        "ec2:DescribeSecurityGroups",
        lambda response: [every("IpPermissions", "IpProtocol", None)(one) for one in response["SecurityGroups"]],
        {"exposure/no-internet-path"},
    ),
    "the state of a deployment's rollout": (
        "",
        "ecs:DescribeServices",
        lambda response: [every("deployments", "rolloutState")(one) for one in response["services"]],
        {"service/rollout-succeeded"},
    ),
    "a deployment controller": (
        "",
        "ecs:DescribeServices",
        every("services", "deploymentController", {"type": WORD}),
        {"service/can-deploy"},
    ),
}


@pytest.mark.parametrize(
    ("entrances", "said"), [((WORD,), WORD), (("",), "not given"), ((), "without an active configuration")]
)
def test_an_express_services_entrance_that_is_not_known(entrances: tuple[str, ...], said: str) -> None:
    service = replace(stack.ORDERS_SERVICE, express=True)
    paths = tuple(replace(path, service=service) for path in (stack.PATH_API, stack.PATH_STATUS))
    held = Table(rows={stack.SERVICE: tuple(IngressPath(access=one) for one in entrances)})
    topology = stack.healthy(services=stack.by("arn", service), paths=paths, express_paths=held)
    found = worst(topology, "exposure/no-ecs-gateway")
    assert (found.outcome.value, said in found.message) == ("unknown", True), found.message


@pytest.mark.parametrize("name", CASES)
def test_the_checks_that_need_it_say_unknown_with_the_word(name: str) -> None:
    fault, operation, edit, checks = CASES[name]
    said = dict.fromkeys(checks, "")
    for found in findings(fault, operation, edit):
        if found.check in checks and found.outcome.value == "unknown":
            said[found.check] = said[found.check] or found.message
    without = {check: text for check, text in said.items() if WORD not in text and "is not given" not in text}
    assert without == {}
