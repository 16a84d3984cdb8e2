"""The fixtures for users' own tests. Always there; idle, they skip with the reason and import nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from vpclink_checks import api
    from vpclink_checks.api.hosts import Hosts
    from vpclink_checks.gate.hooks import Gate
    from vpclink_checks.gate.users import Users

ENV = "vpclink_env"
GATE, USERS = "vpclink-gate", "vpclink-users"  # names of plugins
IDLE = "vpclink: no environment is asked for; --vpclink-env=NAME names one, and demo is built in"
# The hop that a fixture's facts belong to, for the marker of the tests that use it.
HOPS_OF = {
    "vpclink_links": "vpc-link",
    "vpclink_target_health": "target-group",
    "vpclink_reachability": "network",
    "vpclink_hosts": "instance",
    "vpclink_task_definitions": "task-definition",
    "vpclink_probe": "end-to-end",
}


@pytest.fixture(scope="session")
def vpclink_env(request: pytest.FixtureRequest) -> api.Environment:
    """The environment that a test runs for: name, source, account, region, domains. Once for each one asked for."""
    return _users(request).environment(getattr(request, "param", None)).env


@pytest.fixture(scope="session")
def vpclink_topology(request: pytest.FixtureRequest, vpclink_env: api.Environment) -> api.Topology:
    """Everything that was read of the environment, table by table."""
    return _users(request).environment(str(vpclink_env)).topology


@pytest.fixture(scope="session")
def vpclink_paths(request: pytest.FixtureRequest, vpclink_env: api.Environment) -> api.Paths:
    """Every path from a custom domain to a container; vpclink_paths["orders"] finds one by base path or title."""
    return _users(request).environment(str(vpclink_env)).topology.paths


@pytest.fixture(scope="session")
def vpclink_task_definitions(
    request: pytest.FixtureRequest, vpclink_env: api.Environment
) -> api.Collection[api.TaskDefinition]:
    """The task definitions by family:revision."""
    return _users(request).environment(str(vpclink_env)).topology.task_definitions


@pytest.fixture(scope="session")
def vpclink_target_health(
    request: pytest.FixtureRequest, vpclink_env: api.Environment
) -> api.Collection[tuple[api.Target, ...]]:
    """The registered targets, with state and reason, by the target group's name."""
    return _users(request).environment(str(vpclink_env)).topology.target_health


@pytest.fixture(scope="session")
def vpclink_links(request: pytest.FixtureRequest, vpclink_env: api.Environment) -> api.Collection[api.VpcLink]:
    """The VPC links by id."""
    return _users(request).environment(str(vpclink_env)).topology.links


@pytest.fixture(scope="session")
def vpclink_reachability(request: pytest.FixtureRequest, vpclink_env: api.Environment) -> api.Ask:
    """vpclink_reachability(source, destination, port): a verdict with .reached, .blocked and .unknown."""
    return _users(request).environment(str(vpclink_env)).reachability


@pytest.fixture(scope="session")
def vpclink_probe(request: pytest.FixtureRequest, vpclink_env: api.Environment) -> Iterator[api.Probe]:
    """vpclink_probe("/orders/health"): one real request through the custom domain, and its answer."""
    with _users(request).environment(str(vpclink_env)).probing() as probe:
        yield probe


@pytest.fixture(scope="session")
def vpclink_hosts(request: pytest.FixtureRequest, vpclink_env: api.Environment) -> Hosts:
    """The container instances as testinfra hosts by instance id, over ssh; takes --vpclink-host=ssh."""
    return _users(request).environment(str(vpclink_env)).hosts()


def _users(request: pytest.FixtureRequest) -> Users:
    """The half of the gate that serves users' tests; without an environment the test is skipped."""
    if not environments(request.config):
        pytest.skip(IDLE)
    return cast("Users", request.config.pluginmanager.get_plugin(USERS))


def environments(config: pytest.Config) -> Sequence[str]:
    """The names of the environments of this run."""
    gate = cast("Gate | None", config.pluginmanager.get_plugin(GATE))
    return [target.name for target in gate.asked.targets] if gate is not None else []


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once for each environment; a test that parametrises vpclink_env itself says which."""
    names = environments(metafunc.config) if ENV in metafunc.fixturenames else []
    if names and not any(ENV in _argnames(mark) for mark in metafunc.definition.iter_markers("parametrize")):
        metafunc.parametrize(ENV, names, indirect=True, ids=names, scope="session")


def _argnames(mark: pytest.Mark) -> Sequence[str]:
    given = mark.args[0] if mark.args else mark.kwargs.get("argnames", "")
    return [one.strip() for one in given.split(",")] if isinstance(given, str) else list(given)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Whoever uses a fixture of ours belongs to the gate; without an environment it is skipped."""
    idle = not environments(config)
    for item in items:
        used = getattr(item, "fixturenames", ())
        if ENV not in used:
            continue
        if item.get_closest_marker("vpclink") is None:
            _mark(item, used)
        if idle:
            item.add_marker(pytest.mark.skip(reason=IDLE))


def _mark(item: pytest.Item, used: Sequence[str]) -> None:
    """The marker, with the hop that each fixture speaks of."""
    hops = [hop for name, hop in HOPS_OF.items() if name in used]
    for hop in hops:
        item.add_marker(pytest.mark.vpclink(hop=hop))
    if not hops:
        item.add_marker(pytest.mark.vpclink)
