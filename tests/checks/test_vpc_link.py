"""The vpc-link hop: each deviation is found by its own check, legitimate variants by none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as demo
from tests.checks.front import DENIED, cut, integration, judged, of, only, outcomes, quiet, stack
from vpclink_checks.model.fact import Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.model.topology import Topology

V2 = VpcLink(id=demo.LINK_ID, version=2, name="orders", subnet_ids=(demo.HOSTS_A, demo.HOSTS_B))
OTHER_NLB = demo.NLB_DNS.replace("orders-", "payments-")
ALB_ARN = demo.NLB_ARN.replace("/net/", "/app/")
REST_V2 = {"link": V2, "routes": integration(target=demo.NLB_ARN)}


def link(**changes: Any) -> VpcLink:
    return replace(demo.LINK, **changes)


DEVIATIONS = [
    ({"link": link(status="FAILED", status_message="NLB ARN is malformed")}, "available", "fail", ("malformed",)),
    ({"link": link(status="PENDING")}, "available", "fail", ("PENDING",)),
    ({"link": link(status="DELETING")}, "available", "fail", ("DELETING",)),
    ({"link": link(status="SLEEPY")}, "available", "unknown", ("SLEEPY",)),
    ({**REST_V2, "link": replace(V2, status="FAILED")}, "available", "fail", ("FAILED",)),
    ({**REST_V2, "link": replace(V2, status="PENDING")}, "available", "fail", ("PENDING",)),
    ({"routes": integration(uri=f"http://{OTHER_NLB}:10000/{{proxy}}")}, "available", "fail", (OTHER_NLB,)),
    ({"link": link(target_arns=())}, "one-target", "fail", ("0 targets",)),
    ({"link": link(target_arns=(demo.NLB_ARN, demo.NLB_ARN))}, "one-target", "fail", ("2 targets",)),
    (
        {"link": link(target_arns=(ALB_ARN,)), "balancer": replace(demo.NLB, arn=ALB_ARN)},
        "target-is-network-load-balancer",
        "fail",
        ("/app/",),
    ),
    (
        {"link": link(target_arns=(demo.NLB_ARN.replace(demo.ACCOUNT, "111122223333"),))},
        "target-in-account",
        "fail",
        ("111122223333", demo.ACCOUNT),
    ),
    (
        {"link": V2, "routes": integration(target=demo.NLB_ARN.replace("eu-west-2", "eu-west-1"))},
        "target-in-account",
        "fail",
        ("eu-west-1",),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "check", "outcome", "words"), DEVIATIONS, ids=lambda value: None)
def test_one_deviation_one_finding(changes: Any, check: str, outcome: str, words: tuple[str, ...]) -> None:
    only(judged(stack(**changes)), f"vpc-link/{check}", outcome, *words)


VARIANTS = {
    "as it is": {},
    "hv-v2-inactive-idle": {**REST_V2, "link": replace(V2, status="INACTIVE")},
    "V2 over an NLB": REST_V2,
    "a name of our own": {"routes": integration(uri="http://backend.example.com:10000/{proxy}")},
    "the name in capitals": {"routes": integration(uri=f"http://{demo.NLB_DNS.upper()}:10000/{{proxy}}")},
    "a V2 link in another VPC": {**REST_V2, "balancer": replace(demo.NLB, vpc_id="vpc-0f0f0f0f0f0f0f0f0")},
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_legitimate_variants_are_silent(changes: Any) -> None:
    quiet(judged(stack(**changes)))


def test_an_idle_link_and_a_foreign_vpc_are_worth_reading() -> None:
    idle = judged(stack(**VARIANTS["hv-v2-inactive-idle"]))  # type: ignore[arg-type]
    assert outcomes(idle, "vpc-link/available") == {"note"}
    foreign = judged(stack(**VARIANTS["a V2 link in another VPC"]))  # type: ignore[arg-type]
    assert outcomes(foreign, "vpc-link/subnets-in-load-balancer-vpc") == {"note"}


def test_a_link_whose_target_is_gone() -> None:
    stop = Stop(hop="vpc-link", reason="the NLB is gone", check="vpc-link/target-exists")
    found = judged(cut(replace(stack(), load_balancers=Table()), stop, load_balancer=None, listener=None))
    only(found, "vpc-link/target-exists", "fail", "the NLB is gone")
    assert of(found, "vpc-link/target-exists")[0].evidence[0].value == demo.NLB_ARN
    assert outcomes(found, "vpc-link/available") == {"pass"}


def test_a_target_of_another_account_cannot_be_seen_from_here() -> None:
    stop = Stop(hop="vpc-link", reason="it does not exist", check="vpc-link/target-exists")
    abroad = link(target_arns=(demo.NLB_ARN.replace(demo.ACCOUNT, "111122223333"),))
    found = judged(cut(replace(stack(link=abroad), load_balancers=Table()), stop, load_balancer=None, listener=None))
    only(found, "vpc-link/target-in-account", "fail", "111122223333")
    assert outcomes(found, "vpc-link/target-exists") == {"blocked"}


def test_a_balancer_that_could_not_be_read_is_unknown() -> None:
    stop = Stop(hop="vpc-link", reason="the load balancer was not read", gap=DENIED)
    topology = replace(stack(), load_balancers=Table(gap=DENIED))
    found = judged(cut(topology, stop, load_balancer=None, listener=None))
    assert outcomes(found, "vpc-link/target-exists") == {"unknown"}
    assert outcomes(found, "vpc-link/available") == {"unknown"}


def linked(stop: Stop | None, **objects: Any) -> Topology:
    """A path that begins at a link which the config names."""
    return replace(demo.healthy(), paths=(Path(id="vpc-link x", title="vpc-link x", stop=stop, **objects),))


def test_a_link_that_the_config_names_and_that_is_not_there() -> None:
    found = judged(linked(Stop(hop="vpc-link", reason="there is no VPC link x", check="vpc-link/available")))
    only(found, "vpc-link/available", "fail", "no VPC link x")
    assert outcomes(found, "domain/exists") == {"not-applicable"}


def test_a_path_from_a_link_has_nothing_in_front_of_it() -> None:
    found = judged(linked(None, link=demo.LINK, load_balancer=demo.NLB, listener=demo.LISTENER_API))
    quiet(found)
    assert {str(one.outcome) for one in found if one.hop != "vpc-link"} == {"not-applicable"}
    assert outcomes(found, "vpc-link/available") == {"pass"}


def test_a_gap_behind_a_named_link_makes_nothing_in_front_unknown() -> None:
    found = judged(linked(Stop(hop="vpc-link", reason="not followed", gap=DENIED), link=V2))
    assert {one.hop for one in found if one.outcome == "unknown"} == {"vpc-link"}


def test_unread_subnets_of_a_v2_link_are_unknown() -> None:
    found = judged(replace(stack(**REST_V2), subnets=Table(gap=DENIED)))  # type: ignore[arg-type]
    assert outcomes(found, "vpc-link/subnets-in-load-balancer-vpc") == {"unknown"}


def test_an_answering_backend_refutes_a_failing_link() -> None:
    found = judged(stack(link=link(status="FAILED")), answered=True)
    assert outcomes(found, "vpc-link/available") == {"unknown"}
