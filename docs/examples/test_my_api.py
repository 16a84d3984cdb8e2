"""Tests of one's own beside the gate. To try them: pytest docs/examples --vpclink-env=demo"""

from __future__ import annotations

import pytest

from vpclink_checks.api import Ask, Collection, Paths, Probe, TaskDefinition, VpcLink


def test_every_link_is_ours(vpclink_links: Collection[VpcLink]) -> None:
    assert {link.name for link in vpclink_links.values()} == {"orders"}


def test_every_path_is_served_by_two_tasks_at_least(vpclink_paths: Paths) -> None:
    for path in vpclink_paths:
        assert path.service.running >= 2, path
        assert all(target.healthy for target in path.targets), path


def test_the_api_keeps_its_host_port(vpclink_task_definitions: Collection[TaskDefinition]) -> None:
    ports = {
        mapping.container_port: mapping.host_port
        for definition in vpclink_task_definitions.values()
        for container in definition.containers
        if container.name == "api"
        for mapping in container.port_mappings
    }
    assert ports == {8080: 10000}


@pytest.mark.parametrize("port", [22, 2375, 51678])
def test_no_port_of_administration_is_open_in_the_vpc(
    vpclink_paths: Paths, vpclink_reachability: Ask, port: int
) -> None:
    for path in vpclink_paths:
        assert vpclink_reachability("vpc", path, port).blocked


def test_only_the_load_balancer_reaches_the_containers(vpclink_paths: Paths, vpclink_reachability: Ask) -> None:
    for path in vpclink_paths:
        assert vpclink_reachability("internet", path).blocked
        assert vpclink_reachability("10.8.0.0/16", path).blocked  # the office
        for target in path.targets:
            assert vpclink_reachability(path.load_balancer, target, target.port).reached


def test_the_health_page_is_the_backend_s(vpclink_probe: Probe) -> None:
    answer = vpclink_probe("/orders/health")
    assert answer.status == 200
    assert answer.from_backend


@pytest.mark.vpclink(hop="domain", severity="exposure")  # a marker of one's own says more than the usual one
def test_a_path_that_nobody_maps_ends_at_the_gateway(vpclink_probe: Probe) -> None:
    answer = vpclink_probe("/payments")
    assert (answer.status, answer.from_backend) == (403, False)
