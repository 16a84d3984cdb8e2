"""What is asked: declared probes, one GET for every other route, and which paths each belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import (
    API_ID,
    DOMAIN,
    DOMAIN_NAME,
    ORDERS_MAPPING,
    PATH_API,
    PATH_STATUS,
    ROUTES,
    STAGE,
    by,
    healthy,
)
from vpclink_checks.model.api import Route
from vpclink_checks.model.domain import Endpoint, Mapping, RoutingRule
from vpclink_checks.model.fact import Table
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.plan import PRIVATE, ProbeRequest, plan
from vpclink_checks.settings import EnvSettings, EnvVar, ProbeSettings

API, STATUS = PATH_API.id, PATH_STATUS.id


def planned(topology: Topology, *probes: ProbeSettings, **settings: Any) -> tuple[ProbeRequest, ...]:
    return plan(topology, EnvSettings(name="x", domains=(DOMAIN,), probes=probes, **settings))


def targets(requests: tuple[ProbeRequest, ...]) -> list[tuple[str, str]]:
    return [(one.target, one.path_id) for one in requests]


def test_without_declarations_each_route_gets_a_get() -> None:
    requests = planned(healthy())
    assert targets(requests) == [("/orders", API), ("/orders/health", API), ("/orders/status", STATUS)]
    assert [one.key for one in requests] == [API, f"probe:GET https://{DOMAIN}/orders/health", STATUS]
    assert {(one.method, one.declared, one.attempts, one.credentials) for one in requests} == {("GET", False, 1, False)}


def test_a_declared_probe_takes_the_place_of_its_paths_own() -> None:
    requests = planned(healthy(), ProbeSettings(path="/orders/health?deep=1"))
    assert targets(requests) == [("/orders/health?deep=1", API), ("/orders/status", STATUS)]
    assert [one.declared for one in requests] == [True, False]


def test_a_neighbour_is_asked_only_if_declared() -> None:
    requests = planned(healthy(), ProbeSettings(path="/hello/x"))
    assert (requests[0].path_id, requests[0].base_path) == ("", "hello")
    assert not [one for one in planned(healthy()) if one.base_path == "hello"]


def test_a_path_that_nobody_serves_is_asked_all_the_same() -> None:
    (first, *_) = planned(healthy(), ProbeSettings(path="/nobody/x"))
    assert (first.path_id, first.base_path, first.host) == ("", "nobody", DOMAIN)


def test_a_route_that_the_api_lacks_belongs_to_the_mappings_path() -> None:
    topology = healthy(served_routes=Table(rows={STAGE.key: (ROUTES[2],)}))
    (first, *_) = planned(topology, ProbeSettings(path="/orders/other"))
    assert first.path_id in (API, STATUS)


def test_our_own_go_where_the_declared_ones_go() -> None:
    same = ProbeSettings(path="/hello", connect_to="127.0.0.1:8443", ca_file="ca.pem")
    assert {(one.connect_to, one.ca_file) for one in planned(healthy(), same)} == {("127.0.0.1:8443", "ca.pem")}
    other = ProbeSettings(path="/hello/2")
    assert {one.connect_to for one in planned(healthy(), same, other) if not one.declared} == {""}


def with_path(**changes: Any) -> Topology:
    path = replace(PATH_API, **changes)
    rows = {f"{API_ID}/{path.stage.name}": path.routes} if path.stage else {}
    mappings = (path.mapping,) if path.mapping else ()
    rules = (path.rule,) if path.rule else ()
    return healthy(
        paths=(path,),
        served_routes=Table(rows=rows),
        mappings=Table(rows={DOMAIN: mappings}),
        routing_rules=Table(rows={DOMAIN: rules}),
        domains=by("name", path.domain),
    )


def route(method: str, path: str) -> Route:
    return replace(ROUTES[0], method=method, path=path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"routes": (route("POST", "/a"), route("OPTIONS", "/b"))}, []),
        ({"routes": (route("GET", "/a/{id}/b"),)}, ["/orders/a/1/b"]),
        ({"routes": (route("ANY", "$default"),)}, ["/orders/health"]),
        ({"routes": (route("GET", "/x y"),)}, ["/orders/x%20y"]),
        ({"mapping": replace(ORDERS_MAPPING, key="")}, ["/", "/health"]),
        ({"mapping": replace(ORDERS_MAPPING, key="a/b")}, ["/a/b", "/a/b/health"]),
        ({"mapping": replace(ORDERS_MAPPING, stage="")}, ["/orders/prod", "/orders/prod/health"]),
        ({"mapping": None}, []),
        ({"domain": None}, []),
        # answered by API Gateway itself on every custom domain
        ({"mapping": replace(ORDERS_MAPPING, key=""), "routes": (route("GET", "/ping"),)}, []),
        ({"routes": (route("GET", "/ping"),)}, ["/orders/ping"]),
        # the health check's path is another route's: another leaf is taken
        ({"routes": (route("ANY", "/{proxy+}"), route("GET", "/health"))}, ["/orders/vpclink-probe", "/orders/health"]),
    ],
)
def test_the_get_that_is_made_of_a_route(changes: dict[str, Any], expected: list[str]) -> None:
    if changes.get("domain", DOMAIN_NAME) is None:
        requests = planned(healthy(paths=(replace(PATH_API, **changes),)))
    else:
        requests = planned(with_path(**changes))
    assert [one.target for one in requests] == expected


@pytest.mark.parametrize(
    ("strip", "routes", "expected"),
    [(True, ROUTES[:1], ["/shop"]), (False, (route("GET", "/shop/a"),), ["/shop/a"])],
)
def test_a_rules_base_path_is_in_the_routes_unless_it_is_stripped(
    strip: bool, routes: tuple[Route, ...], expected: list[str]
) -> None:
    rule = RoutingRule(
        id="r",
        domain=DOMAIN,
        priority=1,
        api_id=API_ID,
        stage="prod",
        strip_base_path=strip,
        base_paths=("shop",),
        headers=((("x-beta", "yes*"),),),
    )
    topology = with_path(
        rule=rule, mapping=None, routes=routes, domain=replace(DOMAIN_NAME, routing_mode="ROUTING_RULE_ONLY")
    )
    requests = planned(topology)
    assert [one.target for one in requests] == expected
    assert requests[0].headers == {"x-beta": "yes"}
    assert requests[0].path_id == API


def test_branches_of_one_request_share_its_probe() -> None:
    branch = replace(PATH_API, id=f"{API}|canary")
    requests = planned(healthy(paths=(PATH_API, branch, PATH_STATUS)))
    assert [(one.target, one.path_id, one.also) for one in requests] == [
        ("/orders", API, (branch.id,)),
        ("/orders/health", API, (branch.id,)),
        ("/orders/status", STATUS, ()),
    ]
    (first, *_) = planned(healthy(paths=(PATH_API, branch)), ProbeSettings(path="/orders/x"))
    assert (first.path_id, first.also) == (API, (branch.id,))


def test_a_declared_base_path_that_nothing_maps_keeps_its_probes() -> None:
    lost = Path(id=f"{DOMAIN}/orders", title="", domain=DOMAIN_NAME)
    topology = healthy(paths=(lost,), mappings=Table(rows={DOMAIN: ()}))
    assert planned(topology, ProbeSettings(path="/orders/x"))[0].path_id == lost.id


PRIVATE_DOMAIN = replace(DOMAIN_NAME, endpoints=(Endpoint(type="PRIVATE"),))


@pytest.mark.parametrize(
    ("topology", "probe", "skipped"),
    [
        (healthy(domains=by("name", PRIVATE_DOMAIN)), ProbeSettings(path="/orders"), PRIVATE),
        (healthy(domains=by("name", PRIVATE_DOMAIN)), ProbeSettings(path="/orders", connect_to="10.0.0.9:443"), ""),
        (healthy(), ProbeSettings(path="/sping"), "/sping is answered by API Gateway itself on every custom domain"),
    ],
)
def test_what_is_not_sent_says_why(topology: Topology, probe: ProbeSettings, skipped: str) -> None:
    assert planned(topology, probe)[0].skipped == skipped


def test_a_probe_goes_to_every_domain_that_knows_its_path() -> None:
    other = replace(DOMAIN_NAME, name="b.example.com")
    topology = healthy(
        domains=by("name", DOMAIN_NAME, other),
        mappings=Table(
            rows={DOMAIN: (ORDERS_MAPPING,), other.name: (Mapping(domain=other.name, key="x", api_id="y", stage="z"),)}
        ),
    )
    settings = EnvSettings(name="x", domains=(DOMAIN, other.name), probes=(ProbeSettings(path="/orders/health"),))
    assert {one.host for one in plan(topology, settings)} == {DOMAIN}
    settings = replace(settings, probes=(ProbeSettings(path="/nowhere"),))
    assert {one.host for one in plan(topology, settings) if one.declared} == {DOMAIN, other.name}


@pytest.mark.parametrize(
    ("probe", "credentials"),
    [
        (ProbeSettings(request_headers={"accept": "x"}), False),
        (ProbeSettings(request_headers={"X-API-Key": "plain"}), True),
        (ProbeSettings(request_headers={"x": EnvVar("KEY")}), True),
        (ProbeSettings(auth="sigv4"), True),
        (ProbeSettings(client_cert="c.pem"), True),
    ],
)
def test_a_probe_knows_whether_it_bears_credentials(probe: ProbeSettings, credentials: bool) -> None:
    assert planned(healthy(), replace(probe, path="/orders"))[0].credentials is credentials
