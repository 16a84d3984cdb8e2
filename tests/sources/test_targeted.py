"""Only the clusters that matter are read, and nothing is missed by it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import ceil

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.healthy import TG_API, TG_STATUS
from tests.sources.demo_facts import SETTINGS, answer, found, refused
from tests.sources.ecs_worlds import PORTS, Cluster, Service, World, cluster_arn, collected, everything, service_arn
from vpclink_checks.model.path import Path
from vpclink_checks.settings import BackendSettings, EnvSettings
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Call, Facts

BOTH = (TG_API, TG_STATUS)
READING = ("ListServices", "DescribeServices", "ListContainerInstances", "DescribeContainerInstances")


def asked(facts: Facts) -> Counter[str]:
    """Without the lists of gateways, which are an entrance of their own."""
    ecs = Counter(one.call.operation for one in facts if one.call.service == "ecs")
    return Counter({name: count for name, count in ecs.items() if "Gateway" not in name})


def read_clusters(facts: Facts) -> list[str]:
    return sorted(one.call.params["cluster"].rpartition("/")[2] for one in facts.of("ecs", "ListServices"))


def whole_lists(facts: Facts) -> list[str]:
    lists = (one.call.params for one in facts.of("ecs", "ListContainerInstances"))
    return sorted(one["cluster"].rpartition("/")[2] for one in lists if "filter" not in one)


def services_of(facts: Facts, settings: EnvSettings = SETTINGS) -> list[str]:
    return sorted({path.service.arn for path in found(facts, settings).paths if path.service})


def unclaimed(world: World) -> set[str]:
    return set(BOTH) - {group for _, _, service in world.services() for group in service.groups}


def price_of_everything(world: World) -> int:
    """What it took to read every service of every cluster, and the hosts of those that turned out to matter."""
    services = sum(max(1, ceil(len(one.services) / 100)) + ceil(len(one.services) / 10) for one in world.clusters)
    claiming = {at for at, _, service in world.services() if service.groups}
    hosting = range(len(world.clusters)) if unclaimed(world) else claiming
    return services + sum(1 + bool(world.clusters[at].hosts) for at in hosting)


def allowance(world: World, facts: Facts) -> int:
    """The filter's own calls where it could not help: targets in more clusters than there are groups, clusters that
    do not say how much they hold, a group that is left without a service. And hosts beside the service's own.
    """
    hosts = world.hosts()
    hosting = {hosts[one][0] for group in BOTH for one in world.targets(group) if one in hosts}
    claiming = {at for at, _, service in world.services() if service.groups}
    near = {group for at in hosting for service in world.clusters[at].services for group in service.groups}
    filters = sum("filter" in one.call.params for one in facts.of("ecs", "ListContainerInstances"))
    vain = len(hosting) > len(BOTH) or not world.counted or near < set(BOTH)
    return filters * vain + 2 * len(hosting - claiming)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    types = {group: draw(st.sampled_from(["instance", "instance", "ip"])) for group in BOTH}
    clusters = [_cluster(draw, at, types) for at in range(draw(st.integers(1, 5)))]
    hosts = [host for one in clusters for host in one.hosts]
    by_hand = {
        group: tuple(draw(st.lists(st.sampled_from([*hosts, "i-plain"]), max_size=2, unique=True)))
        if types[group] == "instance"
        else tuple(draw(st.lists(st.just("10.9.9.9"), max_size=1)))
        for group in BOTH
        if draw(st.booleans())
    }
    world = World(clusters=tuple(clusters), by_hand=by_hand, types=types, counted=draw(st.booleans()))
    return _seen(world)


def _cluster(draw: st.DrawFn, at: int, types: dict[str, str]) -> Cluster:
    hosts = tuple(f"i-{at}{number}" for number in range(draw(st.integers(0, 3))))
    services = tuple(_service(draw, at, number, hosts, types) for number in range(draw(st.integers(0, 3))))
    return Cluster(hosts=hosts, services=services)


def _service(draw: st.DrawFn, at: int, number: int, hosts: tuple[str, ...], types: dict[str, str]) -> Service:
    kind = draw(st.sampled_from(["instance", "ip"])) if hosts else "ip"
    groups = draw(st.lists(st.sampled_from(BOTH), max_size=2, unique=True))
    places = draw(st.lists(st.sampled_from(hosts), max_size=3, unique=True)) if kind == "instance" else []
    if kind == "ip":
        places = [f"10.{at}.{number}.{task}" for task in range(draw(st.integers(0, 2)))]
    mine = tuple(group for group in groups if types[group] == kind)
    return Service(groups=mine, places=tuple(places), tagged=draw(st.booleans()))


def _seen(world: World) -> World:
    """Without services that share a target group and have no task: nothing but reading everything tells of those."""
    claims = Counter(group for _, _, service in world.services() for group in service.groups)

    def kept(service: Service) -> Service:
        alone = tuple(group for group in service.groups if claims[group] == 1)
        return service if service.places else replace(service, groups=alone)

    clusters = (replace(one, services=tuple(map(kept, one.services))) for one in world.clusters)
    return replace(world, clusters=tuple(clusters))


def paths_of(facts: Facts) -> list[Path]:
    return sorted(found(facts).paths, key=lambda path: path.id)


@settings(max_examples=100)
@given(worlds())
@example(World(clusters=(Cluster(hosts=("i-00",)), Cluster(hosts=("i-10",), services=(Service(groups=BOTH),)))))
def test_what_is_read_leads_to_the_same_paths_as_reading_everything_in_no_more_calls(world: World) -> None:
    facts, rounds = collected(world)
    assert rounds <= 16  # of a chain of nine, where a group turns out to be registered by hand
    assert paths_of(facts) == paths_of(everything(world, facts))
    spent = sum(asked(facts)[one] for one in READING)
    assert spent <= price_of_everything(world) + allowance(world, facts)


def big(clusters: int = 100, services: int = 200, hosts: int = 3) -> World:
    """A region of many clusters; the path's service is the last of the last."""
    others = tuple(
        Cluster(hosts=tuple(f"i-{at}-{one}" for one in range(hosts)), services=(Service(),) * services)
        for at in range(clusters)
    )
    last = others[-1]
    ours = Service(groups=BOTH, places=last.hosts[:2])
    return World(clusters=(*others[:-1], replace(last, services=(*last.services[:-1], ours))))


def test_of_100_clusters_with_200_services_each_one_is_read() -> None:
    world = big()
    facts, _ = collected(world)
    assert asked(facts) == {
        "ListClusters": 1,
        "DescribeClusters": 1,
        "ListContainerInstances": 101,  # each cluster is asked for the targets; the one that has them, for all of its
        "DescribeContainerInstances": 1,
        "ListServices": 1,
        "DescribeServices": 20,
        "ListTasks": 1,
        "DescribeTasks": 1,
        "DescribeTaskDefinition": 1,
    }
    assert services_of(facts) == [service_arn(99, 199)]
    assert price_of_everything(world) == 2202
    kept = found(facts).container_instances
    assert len(kept.need(cluster_arn(99))) == 3
    assert {gap.code for gap in kept.gaps.values()} == {"NotNeeded"}


def test_the_only_cluster_is_read_without_being_sought() -> None:
    facts, rounds = collected(big(clusters=1, services=3))
    assert not [one for one in facts.of("ecs", "ListContainerInstances") if "filter" in one.call.params]
    assert rounds <= 9


def test_a_filter_that_found_every_host_is_the_list_of_them() -> None:
    facts, _ = collected(big(clusters=20, services=20, hosts=2))
    assert whole_lists(facts) == []
    assert len(found(facts).container_instances.need(cluster_arn(19))) == 2


def test_few_services_are_read_rather_than_sought() -> None:
    """At equal cost, for it is a round trip shorter."""
    facts, _ = collected(big(clusters=3, services=1, hosts=1))
    assert read_clusters(facts) == ["c0", "c1", "c2"]
    assert whole_lists(facts) == ["c2"]


def test_an_expression_stays_short_and_every_target_is_in_one() -> None:
    world = big(clusters=12, services=50, hosts=90)
    ids = tuple(f"i-{number:017x}" for number in range(90))

    def filters(places: tuple[str, ...]) -> list[str]:
        ours = Cluster(hosts=ids, services=(Service(groups=BOTH, places=places),))
        facts, _ = collected(replace(world, clusters=(*world.clusters[:-1], ours)))
        assert services_of(facts) == [service_arn(11, 0)]
        lists = (one.call.params for one in facts.of("ecs", "ListContainerInstances"))
        return [str(one["filter"]) for one in lists if "filter" in one]

    asked_for = filters(ids[:60])
    assert len(asked_for) == 24
    assert max(map(len, asked_for)) < 1000
    assert all(sum(f"'{one}'" in text for text in asked_for) == 12 for one in ids[:60])
    assert filters(ids) == [], "three expressions a cluster cost more than its list and one description"


def test_two_services_of_two_clusters_on_one_target_group_are_both_found() -> None:
    world = big(clusters=10, services=30)
    shared = Service(groups=(TG_API,), places=("i-3-0",))
    second = replace(world.clusters[3], services=(shared, *world.clusters[3].services))
    facts, _ = collected(replace(world, clusters=(*world.clusters[:3], second, *world.clusters[4:])))
    assert services_of(facts) == [service_arn(3, 0), service_arn(9, 29)]
    assert read_clusters(facts) == ["c3", "c9"]


def test_a_service_without_a_task_is_found_by_reading_everything() -> None:
    world = big(clusters=10, services=30)
    idle = replace(world.clusters[-1], services=(*world.clusters[-1].services[:-1], Service(groups=BOTH)))
    facts, _ = collected(replace(world, clusters=(*world.clusters[:-1], idle)))
    assert services_of(facts) == [service_arn(9, 29)]
    assert len(read_clusters(facts)) == 10


def test_targets_registered_by_hand_lead_to_the_tasks_on_them() -> None:
    world = big(clusters=10, services=3)
    ours = Service(places=("i-9-0",))
    hidden = replace(world.clusters[-1], services=(ours, Service()))
    world = replace(world, clusters=(*world.clusters[:-1], hidden), by_hand={TG_API: ("i-9-0",)})
    facts, _ = collected(world)
    assert services_of(facts) == [service_arn(9, 0)]
    lists = [one.call.params for one in facts.of("ecs", "ListTasks")]
    assert lists == [{"cluster": cluster_arn(9)}]


def test_plain_instances_of_no_cluster_are_the_end_and_not_unknown() -> None:
    world = replace(big(clusters=4, services=2), by_hand={TG_API: ("i-plain",), TG_STATUS: ("i-plain",)})
    idle = replace(world.clusters[-1], services=(Service(),))
    facts, _ = collected(replace(world, clusters=(*world.clusters[:-1], idle)))
    paths = found(facts).paths
    assert [path.stop for path in paths] == [None, None]
    assert [path.registration for path in paths] == ["manual", "manual"]


def _addresses(tagged: bool) -> World:
    world = big(clusters=10, services=30)
    ours = Service(groups=BOTH, places=("10.0.7.7",), tagged=tagged)
    last = replace(world.clusters[-1], services=(*world.clusters[-1].services[:-1], ours))
    return replace(world, clusters=(*world.clusters[:-1], last), types=dict.fromkeys(PORTS, "ip"))


@pytest.mark.parametrize(("tagged", "read"), [(True, 1), (False, 10)])
def test_an_address_leads_to_the_cluster_that_its_interface_names(tagged: bool, read: int) -> None:
    facts, _ = collected(_addresses(tagged))
    assert services_of(facts) == [service_arn(9, 29)]
    assert len(read_clusters(facts)) == read


def _declared(cluster: str, base_path: str | None = None) -> EnvSettings:
    return replace(SETTINGS, backends=(BackendSettings(cluster=cluster, base_path=base_path),))


def test_the_cluster_of_the_config_hides_no_other_that_an_address_may_belong_to() -> None:
    """Nothing tells where an address without a tag runs, and a target group may have services of two clusters."""
    services = (Service(groups=BOTH, places=("10.0.1.1",)), Service(groups=(TG_API,), places=("10.0.1.2",)))
    world = World(clusters=tuple(Cluster(services=(one,)) for one in services), types=dict.fromkeys(BOTH, "ip"))
    facts, _ = collected(world, _declared("c0"))
    assert read_clusters(facts) == ["c0", "c1"]
    assert services_of(facts, _declared("c0")) == [service_arn(0, 0), service_arn(1, 0)]


def test_the_cluster_of_the_config_is_read_alone_where_the_hosts_are_its_own() -> None:
    facts, _ = collected(big(clusters=10, services=30), _declared("c9"))
    assert read_clusters(facts) == ["c9"]


@pytest.mark.parametrize("world", [big(clusters=10, services=30), _addresses(tagged=False)], ids=["hosts", "addresses"])
def test_a_wrong_cluster_in_the_config_hides_nothing(world: World) -> None:
    facts, _ = collected(world, _declared("c2"))
    assert services_of(facts, _declared("c2")) == [service_arn(9, 29)]


def test_clusters_that_do_not_say_what_they_hold_are_sought_all_the_same() -> None:
    facts, _ = collected(replace(big(clusters=10, services=30), denied=frozenset({"DescribeClusters"})))
    assert services_of(facts) == [service_arn(9, 29)]
    assert read_clusters(facts) == ["c9"]


def test_a_refused_list_of_hosts_leads_to_the_services_of_every_cluster() -> None:
    facts, _ = collected(replace(big(clusters=10, services=30), denied=frozenset({"ListContainerInstances"})))
    assert services_of(facts) == [service_arn(9, 29)]
    assert len(read_clusters(facts)) == 10
    kept = found(facts).container_instances
    assert {gap.code for gap in kept.gaps.values()} == {"AccessDeniedException"}


@pytest.mark.parametrize("operation", ["ListServices", "DescribeServices"])
def test_refused_services_are_unknown_and_no_reason_to_ask_everybody(operation: str) -> None:
    facts, _ = collected(replace(big(clusters=10, services=30), denied=frozenset({operation})))
    topology = found(facts)
    gaps = [path.stop.gap for path in topology.paths if path.stop]
    assert [(gap.operation, gap.code) for gap in gaps if gap] == [(f"ecs:{operation}", "AccessDeniedException")] * 2
    assert read_clusters(facts) == ["c9"]


def test_refused_targets_are_no_reason_to_miss_the_service() -> None:
    facts, _ = collected(replace(big(clusters=4, services=3), denied=frozenset({"DescribeTargetHealth"})))
    assert services_of(facts) == [service_arn(3, 2)]


@pytest.mark.parametrize("lost", ["ContainerInstances", "ListServices", "DescribeClusters", "DescribeTargetHealth"])
def test_what_a_snapshot_lacks_is_a_gap_and_not_passed_over(lost: str) -> None:
    """Where the facts do not say which clusters matter, those that were not read are unknown."""
    facts, _ = collected(big(clusters=10, services=30))
    topology = found([one for one in facts if lost not in one.call.operation])
    assert "NotNeeded" not in {gap.code for gap in topology.container_instances.gaps.values()}
    if lost != "DescribeClusters":
        assert topology.services.gap is not None
        assert topology.services.gap.code == "NotRecorded"


def test_a_snapshot_of_everything_lacks_nothing() -> None:
    """As it was recorded before clusters were sought: the whole lists answer for the filter."""
    world = big(clusters=6, services=12)
    facts, _ = collected(world)
    whole = everything(world, facts)
    assert [call.name for call in wanted(whole, SETTINGS) if call.service == "ecs"] == []
    assert paths_of(whole) == paths_of(facts)


def test_stray_subnets_wait_until_the_balancers_are_known() -> None:
    """Else every subnet of a link of version 2 looks stray at first, and is asked for by itself."""
    held = {"VpcLinkId": "v2link", "SubnetIds": ["subnet-far"]}
    link = answer("apigatewayv2:GetVpcLink", {"VpcLinkId": "v2link"}, held)
    early = Facts([link])
    settings = replace(SETTINGS, domains=(), vpc_links=("v2link",))
    assert "ec2:DescribeSubnets" not in {call.name for call in wanted(early, settings)}
    lists = [
        answer("elbv2:DescribeLoadBalancers", {}, {"LoadBalancers": []}),
        refused(Call("elbv2", "DescribeTargetGroups"), "AccessDenied"),
    ]
    late = [dict(call.params) for call in wanted(Facts([link, *lists]), settings) if call.name == "ec2:DescribeSubnets"]
    assert late == [{"Filters": [{"Name": "subnet-id", "Values": ["subnet-far"]}]}]
