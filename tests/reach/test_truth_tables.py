"""Truth tables of what only AWS does, row by row: where packets come from, and what has to admit them.

Each case cites the row that it is drawn from and the source that the row names: semantics.md, sections 5, 6.1 and
6.2, and the keys of its section 14. The expected verdicts are those rows', and not the engine's output. Where a row
is unconfirmed ([U]) or contested, the verdict is ``unknown`` and names both readings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import by
from tests.reach.truth import (
    AN_ALB,
    CLIENT,
    CLIENT_AT,
    DROP,
    GROUPED,
    HOST_AT,
    KEEP,
    LB_AT,
    LB_NET,
    LINK_AT,
    LINK_NET,
    LISTENED,
    OFF,
    PORT,
    SG_ALB,
    SG_CLIENT,
    SG_LB,
    SG_LINK,
    UNSAID,
    V1,
    VPC_NET,
    WORLD,
    Facts,
    asked,
    health,
    interface,
    rows,
    sources,
    tcp,
    to_balancer,
    to_target,
    worst,
)
from vpclink_checks.model.balancing import HealthCheck, LoadBalancer, Target, Zone
from vpclink_checks.model.network import PrivateAddress

V1_IN = "5, v1 traffic arriving at NLB [C NSG, GNL]"


@rows(
    (f"{V1_IN}: an NLB without groups takes it", Facts(link=V1), "reached"),
    (f"{V1_IN}: matters only with groups and enforcement on", Facts(link=V1, balancer=GROUPED, lb=()), "blocked"),
    (f"{V1_IN}: everybody admitted", Facts(link=V1, balancer=GROUPED, lb=(tcp(LISTENED, WORLD),)), "reached"),
    (
        f"{V1_IN}: not the endpoint's interface in the VPC",
        Facts(link=V1, balancer=GROUPED, lb=(tcp(LISTENED, VPC_NET),)),
        "blocked",
    ),
    (
        f"{V1_IN}: ranges undocumented",
        Facts(link=V1, balancer=GROUPED, lb=(tcp(LISTENED, "100.64.0.0/10"),)),
        "unknown",
    ),
    (
        f"{V1_IN}: no group reference stands for it",
        Facts(link=V1, balancer=GROUPED, lb=(tcp(443, "", SG_LB),)),
        "blocked",
    ),
    ("6.1, SecurityGroups empty: no filter [C NSG]", Facts(link=V1, lb=()), "reached"),
    (
        "6.1, the field is meaningless without groups [C BOTO, NSG]",
        Facts(link=V1, balancer={"enforce_private_link": "on"}, lb=()),
        "reached",
    ),
    ("6.1, v1: ingress only with enforcement on [C BOTO, NSG]", Facts(link=V1, balancer=OFF, lb=()), "reached"),
    ("6.1, default on [C BOTO, NSG]", Facts(link=V1, balancer=UNSAID, lb=()), "blocked"),
    (
        "6.1, ingress on the LISTENER port [C NSG]: the target's port does not help",
        Facts(link=V1, balancer=GROUPED, lb=(tcp(PORT, WORLD),)),
        "blocked",
    ),
    (
        "6.1, V2 traffic: ingress on the listener port must match [C NSG]",
        Facts(balancer=GROUPED, lb=(tcp(LISTENED, LINK_NET),)),
        "reached",
    ),
    (
        "6.1, V2 traffic: the target's port does not help [C NSG]",
        Facts(balancer=GROUPED, lb=(tcp(PORT, LINK_NET),)),
        "blocked",
    ),
    (
        "6.1, V2 traffic: the PrivateLink switch means nothing to it [C NSG]",
        Facts(balancer=OFF, lb=()),
        "blocked",
    ),
    ("6.1, SecurityGroups empty: no filter for V2 either [C NSG]", Facts(lb=()), "reached"),
    (
        "5, V2 traffic arriving at LB: carries the link's groups [C VL2; SP, PI]",
        Facts(balancer=GROUPED, lb=(tcp(LISTENED, group_id=SG_LINK),)),
        "reached",
    ),
    (
        "5, V2 traffic arriving at LB: or its subnets [C VL2]",
        Facts(balancer=AN_ALB, lb=(tcp(LISTENED, LINK_NET),)),
        "reached",
    ),
    (
        "5, V2 traffic arriving at LB: a private address of the link's interface [C VL2]",
        Facts(balancer=AN_ALB, lb=(tcp(LISTENED, f"{LINK_AT}/32"),)),
        "reached",
    ),
    (
        "5, V2 traffic arriving at LB: nobody else's group [C VL2]",
        Facts(balancer=AN_ALB, lb=(tcp(LISTENED, group_id=SG_CLIENT),)),
        "blocked",
    ),
    (
        "5, V2 traffic arriving at LB: link SG needs egress to the listener port [C VL2]",
        Facts(balancer=AN_ALB, link_out=(tcp(LISTENED, group_id=SG_LB),)),
        "reached",
    ),
    (
        "5, V2 traffic arriving at LB: egress to the target's port is another [C VL2]",
        Facts(balancer=AN_ALB, link_out=(tcp(PORT, WORLD),)),
        "blocked",
    ),
)
def test_at_the_load_balancer(facts: Facts, expected: str) -> None:
    assert worst(to_balancer(facts)) == expected


V1_OUT = "5, v1 traffic NLB -> target [C TGA, PLS]"
DEFAULTS = "5, preservation defaults [C TGA]"
IP_HOST = (Target(id=HOST_AT, port=PORT, zone="eu-west-2a"),)


def protocol(word: str, target_type: str = "ip") -> dict[str, Any]:
    return {"protocol": word, "target_type": target_type}


def by_address(word: str, **more: Any) -> Facts:
    """The host registered by its address, in a target group of this protocol."""
    return Facts(group=protocol(word), targets=IP_HOST, **more)


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        pytest.param(facts, seen, id=cite)
        for cite, facts, seen in (
            (f"{V1_OUT}: always an NLB private address", Facts(link=V1), LB_AT),
            (f"{V1_OUT}: preservation has no effect", Facts(link=V1, attributes=KEEP), LB_AT),
            (f"{V1_OUT}: forced on has no effect", Facts(link=V1, group=protocol("TCP_UDP", "instance")), LB_AT),
            ("5, V2 traffic ALB -> target: ALB node address", Facts(balancer=AN_ALB, attributes=KEEP), LB_AT),
            (f"{DEFAULTS}: instance on", Facts(), LINK_AT),
            (f"{DEFAULTS}: instance, turned off", Facts(attributes=DROP), LB_AT),
            (f"{DEFAULTS}: ip with TCP off", by_address("TCP"), LB_AT),
            (f"{DEFAULTS}: ip with TLS off", by_address("TLS"), LB_AT),
            (
                f"{DEFAULTS}: ip with TCP, turned on",
                Facts(group=protocol("TCP"), targets=IP_HOST, attributes=KEEP),
                LINK_AT,
            ),
            (f"{DEFAULTS}: UDP forced on", Facts(group=protocol("UDP"), targets=IP_HOST, attributes=DROP), LINK_AT),
            (
                f"{DEFAULTS}: TCP_UDP forced on",
                Facts(group=protocol("TCP_UDP"), targets=IP_HOST, attributes=DROP),
                LINK_AT,
            ),
            (f"{DEFAULTS}: QUIC forced on", Facts(group=protocol("QUIC"), targets=IP_HOST, attributes=DROP), LINK_AT),
            (
                f"{DEFAULTS}: TCP_QUIC forced on",
                Facts(group=protocol("TCP_QUIC"), targets=IP_HOST, attributes=DROP),
                LINK_AT,
            ),
        )
    ],
)
def test_whose_address_the_target_sees(facts: Facts, seen: str) -> None:
    assert sources(to_target(facts)) == {seen}


SECOND = replace(
    stack.ENI_NLB_A,
    addresses=(PrivateAddress(address=LB_AT), PrivateAddress(address="10.0.11.11", primary=False)),
)
KEPT = "5, V2 traffic NLB -> instance target, preservation on"
OWN = "5, V2 traffic NLB -> ip target TCP/TLS"
HOST6, LB6, LINK6 = "2001:db8:1:1::20", "2001:db8:1:b::10", "2001:db8:1:31::5"
DUAL = (
    replace(stack.ENI_HOST_A, ipv6=(HOST6,)),
    replace(stack.ENI_NLB_A, ipv6=(LB6,)),
)
SIX = {"target_type": "ip", "ip_address_type": "ipv6"}


@rows(
    (
        f"{V1_OUT}: target must admit the NLB node's address",
        Facts(link=V1, hosts=(tcp(PORT, f"{LB_AT}/32"),)),
        "reached",
    ),
    (
        f"{V1_OUT}: the other zone's node does not help this one",
        Facts(link=V1, hosts=(tcp(PORT, "10.0.12.0/24"),)),
        "blocked",
    ),
    (
        "5, v1 traffic NLB -> target: secondary addresses send too [C NLB2IP]",
        Facts(link=V1, interfaces=(SECOND,), hosts=(tcp(PORT, f"{LB_AT}/32"),)),
        "blocked",
    ),
    (
        "5, v1 traffic NLB -> target: every address admitted [C NLB2IP]",
        Facts(link=V1, interfaces=(SECOND,), hosts=(tcp(PORT, LB_NET),)),
        "reached",
    ),
    (
        "5, V2 traffic ALB -> target: reference ALB SG",
        Facts(balancer=AN_ALB, hosts=(tcp(PORT, group_id=SG_LB),)),
        "reached",
    ),
    (
        "5, V2 traffic ALB -> target: not the link's group",
        Facts(balancer=AN_ALB, hosts=(tcp(PORT, group_id=SG_LINK),)),
        "blocked",
    ),
    (
        "5, V2 traffic ALB -> target: not the link's subnet",
        Facts(balancer=AN_ALB, hosts=(tcp(PORT, LINK_NET),)),
        "blocked",
    ),
    (
        f"{KEPT}: reference NLB SG works even then [C NSG]",
        Facts(balancer=GROUPED, hosts=(tcp(PORT, group_id=SG_LB),)),
        "reached",
    ),
    (f"{KEPT}: without NLB SG, CIDR of link subnets [C TGA, VL2]", Facts(hosts=(tcp(PORT, LINK_NET),)), "reached"),
    (
        f"{KEPT}: client-SG reference does NOT work [C NLB-REG]",
        Facts(hosts=(tcp(PORT, group_id=SG_LINK),)),
        "blocked",
    ),
    (
        f"{KEPT}: nor with groups on the NLB [C NLB-REG]",
        Facts(balancer=GROUPED, hosts=(tcp(PORT, group_id=SG_LINK),)),
        "blocked",
    ),
    (f"{KEPT}: the NLB's own addresses are not seen [C TGA]", Facts(hosts=(tcp(PORT, LB_NET),)), "blocked"),
    (
        f"{OWN}: NLB addresses [C TGA]",
        by_address("TCP", hosts=(tcp(PORT, LB_NET),)),
        "reached",
    ),
    (f"{OWN}: VPC CIDR [C TGA]", by_address("TLS", hosts=(tcp(PORT, VPC_NET),)), "reached"),
    (
        f"{OWN}: NLB SG [C TGA]",
        by_address("TCP", balancer=GROUPED, hosts=(tcp(PORT, group_id=SG_LB),)),
        "reached",
    ),
    (
        f"{OWN}: the link's subnet does not help [C TGA]",
        by_address("TCP", hosts=(tcp(PORT, LINK_NET),)),
        "blocked",
    ),
    (
        "5, address families differ: load balancer IP even with preservation on [C TGA]",
        Facts(
            group=SIX,
            attributes=KEEP,
            interfaces=DUAL,
            targets=(Target(id=HOST6, port=PORT, zone="eu-west-2a"),),
            hosts=(tcp(PORT, f"{LB6}/128"),),
        ),
        "reached",
    ),
    (
        "6.1, egress must allow the target port [C NSG]",
        Facts(balancer=GROUPED, lb_out=(tcp(LISTENED, WORLD),)),
        "blocked",
    ),
    (
        "6.1, egress to the target port is enough for callers [C NSG]",
        Facts(balancer=GROUPED, lb_out=(tcp(PORT, WORLD),)),
        "reached",
    ),
    (
        "6.2, client traffic -> reference NLB SG [C TGR]",
        Facts(balancer=OFF, hosts=(tcp(PORT, group_id=SG_LB),)),
        "reached",
    ),
    (
        "6.2, PrivateLink traffic, evaluation on -> reference NLB SG [C TGR]",
        Facts(link=V1, balancer=GROUPED, hosts=(tcp(PORT, group_id=SG_LB),)),
        "reached",
    ),
    (
        "6.2, ok(on) = rule(NLB SG) or rule(NLB IPs) [C TGR]",
        Facts(link=V1, balancer=GROUPED, hosts=(tcp(PORT, LB_NET),)),
        "reached",
    ),
    (
        "6.2, PrivateLink traffic, evaluation off -> NLB private IPs [C TGR]",
        Facts(link=V1, balancer=OFF, hosts=(tcp(PORT, LB_NET),)),
        "reached",
    ),
    (
        "6.2, without SGs: PrivateLink -> NLB IPs; a reference matches nothing [C TGR]",
        Facts(link=V1, hosts=(tcp(PORT, group_id=SG_LB),)),
        "blocked",
    ),
    (
        "6.2, without SGs: client CIDRs (preservation on) [C TGR]",
        Facts(hosts=(tcp(PORT, f"{LINK_AT}/32"),)),
        "reached",
    ),
    (
        "6.2, without SGs: or NLB IPs (preservation off) [C TGR]",
        Facts(attributes=DROP, hosts=(tcp(PORT, f"{LB_AT}/32"),)),
        "reached",
    ),
)
def test_what_the_target_must_admit(facts: Facts, expected: str) -> None:
    assert worst(to_target(facts)) == expected


@rows(
    (
        "6.2, evaluation off and the bare reference [U, contested: TGR against LBC]",
        Facts(link=V1, balancer=OFF, hosts=(tcp(PORT, group_id=SG_LB),)),
        "readings disagree: only a reference to the group of orders admits",
    ),
    (
        "5, NLB -> ALB target over v1: semantics names node addresses alone [C NLB-TG; the reference U]",
        Facts(link=V1, balancer=GROUPED, hosts=(), group={"target_type": "alb"}),
        "readings disagree: only a reference to the group of orders admits",
    ),
)
def test_contested_rows_are_unknown_and_name_both_readings(facts: Facts, expected: str) -> None:
    if facts.group:
        facts = behind_nlb(facts, tcp(PORT, group_id=SG_LB))
    found = to_target(facts)
    assert worst(found) == "unknown"
    assert any(expected in doubt for one in found for doubt in one.doubts)


ALB = LoadBalancer(
    arn=stack.NLB_ARN.replace("net/orders", "app/web"),
    name="web",
    type="application",
    vpc_id=stack.VPC,
    security_group_ids=(SG_ALB,),
    zones=(Zone(name="eu-west-2a", subnet_id=stack.HOSTS_A),),
)
ALB_ENI = interface("eni-0alb", stack.HOSTS_A, "10.0.1.50", SG_ALB, description="ELB app/web/0123456789abcdef")


def behind_nlb(facts: Facts, *alb: Any) -> Facts:
    """The same with an ALB as the NLB's target, whose group has these rules."""
    path = facts.path
    assert path.load_balancer is not None
    return replace(
        facts,
        group={"target_type": "alb"},
        targets=(Target(id=ALB.arn, port=PORT),),
        interfaces=(ALB_ENI,),
        alb=alb,
        more={**facts.more, "load_balancers": by("arn", path.load_balancer, ALB)},
    )


TO_ALB = "5, NLB -> ALB target: client IP always preserved [C NLB-TG]"


@rows(
    (f"{TO_ALB}: V2 = link ENI IP", behind_nlb(Facts(attributes=DROP), tcp(PORT, f"{LINK_AT}/32")), "reached"),
    (f"{TO_ALB}: V2, not the NLB's addresses", behind_nlb(Facts(), tcp(PORT, LB_NET)), "blocked"),
    (f"{TO_ALB}: V2, or NLB SG", behind_nlb(Facts(balancer=GROUPED), tcp(PORT, group_id=SG_LB)), "reached"),
    (f"{TO_ALB}: V2, not the link's group", behind_nlb(Facts(), tcp(PORT, group_id=SG_LINK)), "blocked"),
    (f"{TO_ALB}: v1 = NLB private IP", behind_nlb(Facts(link=V1), tcp(PORT, LB_NET)), "reached"),
    (f"{TO_ALB}: v1, not the VPC's other addresses", behind_nlb(Facts(link=V1), tcp(PORT, LINK_NET)), "blocked"),
)
def test_an_alb_behind_the_nlb(facts: Facts, expected: str) -> None:
    assert worst(to_target(facts)) == expected


NLB_HEALTH = "5, NLB health checks: NLB private IP, never the client [C NSG]"


def checked(**more: Any) -> Facts:
    """The target group checks port 9000."""
    targets = tuple(replace(one, health_port=None) for one in stack._targets(PORT))
    return Facts(group={"health_check": HealthCheck(port="9000")}, targets=targets, **more)


@rows(
    (f"{NLB_HEALTH}: from the node's address", checked(hosts=(tcp(9000, LB_NET),)), "reached"),
    (f"{NLB_HEALTH}: not from the link's, though preserved", checked(hosts=(tcp(9000, LINK_NET),)), "blocked"),
    (f"{NLB_HEALTH}: target SG on the health port", checked(hosts=(tcp(PORT, LB_NET),)), "blocked"),
    (f"{NLB_HEALTH}: NLB SG egress applies", checked(balancer=GROUPED, lb_out=(tcp(PORT, WORLD),)), "blocked"),
    (f"{NLB_HEALTH}: ingress does not", checked(balancer=GROUPED, lb=()), "reached"),
    (
        "6.1, egress must allow the health port [C NSG]",
        checked(balancer=GROUPED, lb_out=(tcp(9000, WORLD),)),
        "reached",
    ),
    (
        "6.2, health checks -> reference NLB SG, whatever the switch says [C TGR]",
        checked(link=V1, balancer=OFF, hosts=(tcp(9000, group_id=SG_LB),)),
        "reached",
    ),
    ("6.2, health checks -> or IPs [C TGR]", checked(link=V1, balancer=OFF, hosts=(tcp(9000, LB_NET),)), "reached"),
    (
        "5, ALB health checks: ALB SG egress",
        checked(balancer=AN_ALB, lb_out=(tcp(PORT, WORLD),)),
        "blocked",
    ),
    (
        "5, ALB health checks: ALB node IP to the target SG",
        checked(balancer=AN_ALB, hosts=(tcp(9000, group_id=SG_LB),)),
        "reached",
    ),
)
def test_health_checks(facts: Facts, expected: str) -> None:
    assert worst(health(facts)) == expected


@pytest.mark.parametrize(
    ("facts", "source", "expected", "words"),
    [
        pytest.param(facts, source, expected, words, id=cite)
        for cite, facts, source, expected, words in (
            (
                "5, loopback to self fails with preservation on [C NLB-TS]",
                Facts(targets=stack._targets(PORT)[:1]),
                stack.HOST_A,
                "blocked",
                "source and destination",
            ),
            (
                "5, loopback: another target takes it [C NLB-TS]",
                Facts(balancer_attributes={"load_balancing.cross_zone.enabled": "true"}),
                stack.HOST_A,
                "reached",
                "10.0.1.20 → 10.0.2.20:10000",
            ),
            (
                "5, loopback: registered by address, preservation off [C NLB-TS]",
                by_address("TCP"),
                stack.HOST_A,
                "reached",
                "10.0.11.10 → 10.0.1.20:10000",
            ),
            (
                "5, address families differ: IPv6 client, IPv4 target [C TGA]",
                Facts(
                    balancer={"ip_address_type": "dualstack"},
                    interfaces=(
                        *DUAL,
                        replace(interface(CLIENT, "subnet-0client", CLIENT_AT, SG_CLIENT), addresses=(), ipv6=(LINK6,)),
                    ),
                    hosts=(tcp(PORT, LB_NET),),
                ),
                CLIENT,
                "reached",
                "10.0.11.10 → 10.0.1.20:10000",
            ),
            (
                "5, families equal: IPv4 client of a dualstack NLB is kept [C TGA]",
                Facts(balancer={"ip_address_type": "dualstack"}, interfaces=DUAL, hosts=(tcp(PORT, LB_NET),)),
                CLIENT,
                "blocked",
                "",
            ),
        )
    ],
)
def test_clients_in_the_vpc(facts: Facts, source: str, expected: str, words: str) -> None:
    found = asked(facts, source, "orders")
    assert found.verdict == expected, found
    assert words in "; ".join(step.rule for step in found.steps)
