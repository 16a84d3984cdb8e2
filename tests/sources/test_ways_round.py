"""Ways into a path's targets that the settings leave out (exp-other-api-same-link)."""

from __future__ import annotations

from dataclasses import replace

from tests import healthy as stack
from tests.healthy import healthy
from vpclink_checks.model.fact import Table
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.discovery.ways import ways


def left_out(uri: str) -> Topology:
    """The second API's first route goes by our link, and no path says so."""
    integration = replace(stack.private(uri), connection_id=stack.LINK_ID)
    route = replace(stack.HELLO_ROUTES[0], integration=integration)
    served = {**healthy().served_routes.rows, stack.HELLO_STAGE.key: (route, *stack.HELLO_ROUTES[1:])}
    return healthy(served_routes=Table(rows=served))


def test_routes_on_paths_are_no_further_ways() -> None:
    assert ways(healthy()) == ()


def test_a_private_route_on_no_path_is_followed_to_its_target_group() -> None:
    (way,) = ways(left_out(f"http://{stack.NLB_DNS}:10000/"))
    assert way.target_group == stack.GROUP_API
    assert (way.api, way.stage) == (stack.HELLO_API, stack.HELLO_STAGE)


def test_one_that_leads_nowhere_has_no_target_group() -> None:
    assert [way.target_group for way in ways(left_out(f"http://{stack.NLB_DNS}:9999/"))] == [None]
