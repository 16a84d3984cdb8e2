"""Folders of AWS CLI outputs: what lies there answers as AWS did, and what does not is named with the way to get it."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.cli_files import write_folder
from tests.sources.demo_facts import SETTINGS, answer, answers, demo, refuse, with_facts
from tests.standin.server import Standin
from tests.standin.stacks import Stack
from tests.standin.world import World
from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo import environment
from vpclink_checks.errors import CollectError, SourceError
from vpclink_checks.model.fact import Gap
from vpclink_checks.run import Gathered, Target, judge
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ROWS, TABLE
from vpclink_checks.sources.facts import Call, Facts, Recording
from vpclink_checks.sources.folder.commands import command, file_of
from vpclink_checks.sources.folder.names import fits, kebab, suggested
from vpclink_checks.sources.folder.read import read
from vpclink_checks.sources.live.collect import collect
from vpclink_checks.sources.redact import clean

LB = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/net/orders/0123456789abcdef"
GROUP = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:targetgroup/orders-api/1111111111111111"
HEALTH = Call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": GROUP})
# What the AWS CLI does not print: the wrapping of a file that it writes itself, and the token of an empty page.
NOT_PRINTED = ("contentType", "contentDisposition", "Marker")
Edit = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "facts", demo())


def printed(response: Any) -> dict[str, Any] | None:
    """The response as the AWS CLI prints it; the order of a list says nothing."""
    return response and {key: in_order(value) for key, value in response.items() if key not in NOT_PRINTED}


def in_order(value: Any) -> Any:
    return sorted(value, key=json.dumps) if isinstance(value, list) else value


def as_asked(facts: Facts) -> dict[tuple[str, str, str], tuple[dict[str, Any] | None, str | None]]:
    return {one.call.key: (printed(one.response), one.gap.code if one.gap else None) for one in facts}


def assert_like(recording: Recording, expected: Recording, besides: Collection[str] = ()) -> None:
    """Every answer of the one is in the other; what else was asked for was not in the folder."""
    found, wanted = as_asked(recording.facts), as_asked(expected.facts)
    assert {key: found.get(key) for key in wanted} == wanted
    more = {key: code for key, (_, code) in found.items() if key not in wanted and ":".join(key[:2]) not in besides}
    assert set(more.values()) <= {"NotRecorded"}


def gap_of(recording: Recording, call: Call) -> Gap:
    found = recording.facts.get(call)
    assert found is not None, f"{call.name} was not asked"
    assert found.gap is not None, f"{call.name} was answered"
    return found.gap


def put(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def findings(recording: Recording) -> list[tuple[str, ...]]:
    """What is found, but for the words in which a source says what it does not hold."""
    return sorted((*one[:3], re.sub(r"NotRecorded[^)]*", "", one[3])) for one in in_full(recording))


def in_full(recording: Recording) -> list[tuple[str, ...]]:
    """Check, outcome, subject and message of every finding."""
    target = Target(name="demo", source="snapshot", settings=SETTINGS, rules=Rules(today=date(2026, 11, 2)))
    found = judge(target, Gathered(recording=recording)).findings
    return sorted(tuple(map(str, (one.check, one.outcome, one.subject, one.message))) for one in found)


# Its facts hold another service's task definition, to which nothing leads: live, nobody asks for it.
UNASKED = {"svc-two-services-one-port"}


@pytest.mark.parametrize("fault", ["", *(one for one in environment.faults() if one not in UNASKED)])
def test_a_folder_says_what_the_snapshot_says(fault: str, tmp_path: Path) -> None:
    """Whole or with any fault: the same findings, byte for byte."""
    recorded = environment.recording(fault or None)
    for path in write_folder(tmp_path, recorded).iterdir():
        os.utime(path, (recorded.taken_at.timestamp(), recorded.taken_at.timestamp()))
    try:
        expected = findings(recorded)
    except CollectError as nothing:
        with pytest.raises(CollectError, match=re.escape(str(nothing))):
            findings(read(tmp_path, SETTINGS))
        return
    assert findings(read(tmp_path, SETTINGS)) == expected


def test_a_folder_answers_as_aws_did(folder: Path) -> None:
    recording = read(folder, SETTINGS)
    assert (recording.account, recording.region) == (demo().account, demo().region)
    assert_like(recording, demo())


def test_it_is_as_old_as_its_newest_file(folder: Path) -> None:
    for at, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
    newest = 1_700_000_000 + len(list(folder.iterdir())) - 1
    assert read(folder, SETTINGS).taken_at == datetime.fromtimestamp(newest, UTC)


def test_what_is_not_there_is_a_gap_with_the_command_that_gives_it(folder: Path) -> None:
    """For every file in turn: without it, something says by which command, and into which file."""
    for path in sorted(folder.iterdir()):
        held = path.read_bytes()
        path.unlink()
        recording = read(folder, SETTINGS)
        path.write_bytes(held)
        messages = [one.gap.message for one in recording.facts if one.gap]
        said = any("run aws" in one and path.name in one for one in messages)
        assert said or path.name.startswith("list-tasks"), path.name  # the tasks themselves say whose they are


def test_without_a_tail_an_answer_that_does_not_say_its_own_is_a_gap_that_names_the_rename(folder: Path) -> None:
    (folder / "describe-target-health@orders-api.json").rename(folder / "describe-target-health.json")
    gap = gap_of(read(folder, SETTINGS), HEALTH)
    assert gap.code == "NotRecorded"
    assert gap.message == (
        "describe-target-health.json does not say that it is of this: rename it to "
        "describe-target-health@orders-api.json if it is, or run aws elbv2 describe-target-health "
        f"--target-group-arn {GROUP} > describe-target-health@orders-api.json"
    )


@pytest.mark.parametrize(
    "name",
    [
        "describe-target-health@orders-api.json",
        "elbv2-describe-target-health@orders-api.json",
        "elbv2/describe-target-health@orders-api.json",
        "describe_target_health@orders-api.json",
        "describe-target-health@1111111111111111.json",
        "describe-target-health@orders-api-1111111111111111.json",
        "describe-target-health@targetgroup_orders-api_1111111111111111.json",
        f"describe-target-health@{GROUP.replace('/', '_')}.json",
        "2026/describe-target-health@orders-api.json",
    ],
)
def test_names_that_say_it(folder: Path, name: str) -> None:
    held = (folder / "describe-target-health@orders-api.json").read_text(encoding="utf-8")
    (folder / "describe-target-health@orders-api.json").unlink()
    put(folder, name, held)
    found = read(folder, SETTINGS).facts.get(HEALTH)
    assert found is not None
    assert found.response == clean(HEALTH, json.loads(held))


@pytest.mark.parametrize("tail", ["orders", "orders-status", "api", "1111", "targetgroup"])
def test_names_that_say_something_else(folder: Path, tail: str) -> None:
    if tail == "orders-status":
        (folder / "describe-target-health@orders-status.json").unlink()
    (folder / "describe-target-health@orders-api.json").rename(folder / f"describe-target-health@{tail}.json")
    assert gap_of(read(folder, SETTINGS), HEALTH).code == "NotRecorded"


def test_a_name_that_fits_two_things_counts_for_none(folder: Path) -> None:
    """The balancer's name does not tell which of its listeners the rules are of."""
    rules = json.loads(next(folder.glob("describe-rules@*aaaa.json")).read_text(encoding="utf-8"))
    for path in list(folder.glob("describe-rules@*")):
        path.unlink()
    for rule in rules["Rules"]:
        rule.pop("RuleArn", None)
    put(folder, "describe-rules@orders.json", rules)
    recording = read(folder, SETTINGS)
    gaps = [one.gap for one in recording.facts.of("elbv2", "DescribeRules") if one.gap]
    assert len(gaps) == 2
    assert all("describe-rules@orders.json may be of several: rename it to" in one.message for one in gaps)


def test_the_very_name_that_is_proposed_is_never_in_doubt(tmp_path: Path) -> None:
    """Though a listener's id be another's balancer's."""
    stack = Stack(mappings=3, balancers=2, instances=4, tasks=6, groups=4)  # ids count from 0 in every kind
    with Standin(World(stack.recording)) as aws, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "s" * 40)
        live = collect(replace(stack.settings, endpoint_url=aws.url))
    found = read(write_folder(tmp_path, live), stack.settings)
    filtered_in_parts = {row.name for row in TABLE if row.batch}  # live, in batches of what is known by then
    kept = (one for one in live.facts if one.call.name not in filtered_in_parts)
    assert_like(found, replace(live, facts=Facts(kept)), besides=filtered_in_parts)


def test_content_that_says_whose_it_is_needs_no_tail(folder: Path) -> None:
    """Listeners, rules, certificates, domains, APIs, links, task definitions, clusters, services, tasks, hosts."""
    told = r"listeners|describe-rules|certificate|domain-name|rest-api|vpc-link|services|clusters|describe-task.*|hosts"
    for number, path in enumerate(sorted(folder.iterdir())):
        name, tail, _ = path.name.partition("@")
        if tail and re.search(rf"(?:{told}|container-instances)$", name) and not name.startswith("list-"):
            path.rename(folder / f"{name}-{number}.json")
    assert_like(read(folder, SETTINGS), demo())


def test_lists_answer_for_their_members(folder: Path) -> None:
    apis = [one.response for one in demo().facts.of("apigateway", "GetRestApi")]
    stages = {one.call.params["restApiId"]: one.response for one in demo().facts.of("apigateway", "GetStage")}
    links = [one.response for one in demo().facts.of("apigateway", "GetVpcLink")]
    for path in [*folder.glob("*get-rest-api*"), *folder.glob("*get-stage*"), *folder.glob("*get-vpc-link*")]:
        path.unlink()
    put(folder, "get-rest-apis.json", {"items": apis})
    put(folder, "get-vpc-links.json", {"items": links})
    for api, stage in stages.items():
        put(folder, f"get-stages@{api}.json", {"item": [stage]})
    assert_like(read(folder, SETTINGS), demo())


def test_what_a_whole_list_lacks_is_not_there(folder: Path) -> None:
    put(folder, "get-rest-apis.json", {"items": []})
    for path in folder.glob("*get-rest-api@*"):
        path.unlink()
    recording = read(folder, SETTINGS)
    (gap,) = {one.gap.code for one in recording.facts.of("apigateway", "GetRestApi") if one.gap}
    assert gap == "NotFoundException"


def test_an_id_that_version_2_knows_is_none_of_version_1(folder: Path) -> None:
    """Else an HTTP API's folder would take a file that says what it is not."""
    api = demo().facts.of("apigateway", "GetRestApi")[0].call.params["restApiId"]
    (folder / f"get-rest-api@{api}.json").unlink()
    put(folder, f"get-api@{api}.json", {"ApiId": api, "Name": "orders", "ProtocolType": "HTTP"})
    recording = read(folder, SETTINGS)
    assert gap_of(recording, Call("apigateway", "GetRestApi", {"restApiId": api})).code == "NotFoundException"
    known = recording.facts.get(Call("apigatewayv2", "GetApi", {"ApiId": api}))
    assert known is not None
    assert known.response is not None


def filtered(recording: Recording, operation: str) -> dict[str, str | None]:
    """Each value asked for by filter: why it is not known, None where it is."""
    return {
        value: one.gap.message if one.gap else None
        for one in recording.facts.of("ec2", operation)
        for value in one.call.params["Filters"][0]["Values"]
    }


def test_a_whole_list_tells_what_is_not_there_and_a_part_does_not(folder: Path) -> None:
    groups = json.loads((folder / "describe-security-groups.json").read_text(encoding="utf-8"))["SecurityGroups"]
    first, second = (one["GroupId"] for one in groups[:2])
    put(folder, "describe-security-groups.json", {"SecurityGroups": groups[:1]})
    assert filtered(read(folder, SETTINGS), "DescribeSecurityGroups") == {first: None, second: None}
    (folder / "describe-security-groups.json").rename(folder / f"describe-security-groups@{first}.json")
    found = filtered(read(folder, SETTINGS), "DescribeSecurityGroups")
    assert found[first] is None
    assert "run aws ec2 describe-security-groups > describe-security-groups.json" in str(found[second])


def test_a_part_of_a_vpcs_subnets_is_not_all_of_them(folder: Path) -> None:
    subnets = json.loads((folder / "describe-subnets.json").read_text(encoding="utf-8"))["Subnets"]
    vpc = subnets[0]["VpcId"]
    (folder / "describe-subnets.json").unlink()
    put(folder, f"describe-subnets@{subnets[0]['SubnetId']}.json", {"Subnets": subnets[:1]})
    assert filtered(read(folder, SETTINGS), "DescribeSubnets")[vpc] is not None
    put(folder, f"describe-subnets@{vpc}.json", {"Subnets": subnets})
    assert filtered(read(folder, SETTINGS), "DescribeSubnets")[vpc] is None


def test_a_filter_that_cannot_be_read_off_the_list_tells_nothing(folder: Path) -> None:
    """An older CLI's items without the field: not knowing is not absence."""
    tables = json.loads((folder / "describe-route-tables.json").read_text(encoding="utf-8"))["RouteTables"]
    bare = [{key: value for key, value in one.items() if key != "VpcId"} for one in tables]
    put(folder, "describe-route-tables.json", {"RouteTables": bare})
    assert None not in filtered(read(folder, SETTINGS), "DescribeRouteTables").values()


def test_a_list_that_was_cut_off_is_not_the_list(folder: Path) -> None:
    path = folder / file_of(Call("elbv2", "DescribeLoadBalancers"))
    put(folder, path.name, {**json.loads(path.read_text(encoding="utf-8")), "NextToken": "more"})
    gap = gap_of(read(folder, SETTINGS), Call("elbv2", "DescribeLoadBalancers"))
    assert gap.message.startswith(f"{path.name} is cut off")


CUT_OFF = (
    "describe-listeners@orders.json",
    "describe-rules@orders-0123456789abcdef-aaaaaaaaaaaaaaaa.json",
    "list-container-instances@orders-cluster.json",
    "list-hosted-zones.json",
    "list-resource-record-sets@Z0123456789EXAMPLE.json",
    "list-services@orders-cluster.json",
    "list-tasks@orders-cluster-orders.json",
    "list-vpc-origins.json",
)


@pytest.mark.parametrize("name", CUT_OFF)
def test_a_list_that_was_cut_off_is_a_gap_and_fails_nothing(folder: Path, name: str) -> None:
    """Though its members say whose they are, though AWS had no more: the AWS CLI left some of them away."""
    before = {one[:3] for one in findings(read(folder, SETTINGS)) if one[1] == "fail"}
    put(folder, name, {**json.loads((folder / name).read_text(encoding="utf-8")), "NextToken": "more"})
    recording = read(folder, SETTINGS)
    assert [one.gap.message for one in recording.facts if one.gap and one.gap.message.startswith(f"{name} is cut off")]
    found = findings(recording)
    assert {one[:3] for one in found if one[1] == "fail"} == before
    assert any(one[1] == "unknown" and f"{name} is cut off" in one[3] for one in in_full(recording))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("describe-security-groups.json", {"SecurityGroups": ["a"]}, "holds a text in SecurityGroups[0]"),
        ("describe-instances.json", {"Reservations": [None]}, "holds nothing in Reservations[0]"),
        ("describe-target-groups.json", {"TargetGroups": [[]]}, "holds a list in TargetGroups[0]"),
        ("list-clusters.json", {"clusterArns": [1]}, "holds a number in clusterArns[0]"),
        ("describe-vpcs.json", {"Vpcs": [{"CidrBlock": "nonsense"}]}, "holds no network in Vpcs[0].CidrBlock"),
        ("describe-subnets.json", {"Subnets": {}}, "holds a structure in Subnets: expected a list"),
    ],
)
def test_an_answer_of_a_form_that_aws_does_not_give_is_not_known(
    folder: Path, name: str, content: dict[str, Any], says: str
) -> None:
    put(folder, name, content)
    recording = read(folder, SETTINGS)
    assert [one for one in recording.facts if one.gap and f"{name} {says}" in one.gap.message]
    assert [one for one in findings(recording) if one[1] == "fail"] == []


def test_what_a_list_names_that_was_cut_off_is_known(folder: Path) -> None:
    """By its id a thing is found in any part of the list; what such a part lacks is not absent."""
    path = folder / "describe-security-groups.json"
    held = json.loads(path.read_text(encoding="utf-8"))["SecurityGroups"]
    put(folder, path.name, {"SecurityGroups": held, "NextToken": "more"})
    assert all(one.gap is None for one in read(folder, SETTINGS).facts.of("ec2", "DescribeSecurityGroups"))
    put(folder, path.name, {"SecurityGroups": held[:-1], "NextToken": "more"})
    gaps = [one.gap for one in read(folder, SETTINGS).facts.of("ec2", "DescribeSecurityGroups") if one.gap]
    assert [gap.message.startswith(f"{path.name} is cut off") for gap in gaps] == [True]


def test_without_the_list_of_hosts_nothing_is_known_of_them(folder: Path) -> None:
    (folder / "list-container-instances@orders-cluster.json").unlink()
    assert [one for one in findings(read(folder, SETTINGS)) if one[1] == "fail"] == []


def test_files_of_one_operation_are_joined(folder: Path) -> None:
    path = folder / "describe-network-interfaces.json"
    held = json.loads(path.read_text(encoding="utf-8"))["NetworkInterfaces"]
    put(folder, path.name, {"NetworkInterfaces": held[:2]})
    put(folder, "describe-network-interfaces-2.json", {"NetworkInterfaces": held[1:]})
    assert_like(read(folder, SETTINGS), demo())
    put(folder, "ec2/interfaces.json", {"NetworkInterfaces": held[2:]})
    (folder / "describe-network-interfaces-2.json").unlink()
    assert_like(read(folder, SETTINGS), demo())


def test_two_answers_that_are_not_the_same_count_for_none(folder: Path) -> None:
    held = json.loads((folder / "describe-task-definition@orders-7.json").read_text(encoding="utf-8"))
    held["taskDefinition"]["cpu"] = "1024"
    put(folder, "old/describe-task-definition@orders-7.json", held)
    (found,) = read(folder, SETTINGS).facts.of("ecs", "DescribeTaskDefinition")
    assert found.gap is not None
    assert "are not the same: keep one" in found.gap.message


def utf16(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def with_mark(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def two_documents(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + '\n\n{"TargetHealthDescriptions": []}\n', encoding="utf-8")


@pytest.mark.parametrize("edit", [utf16, with_mark, two_documents])
def test_what_shells_make_of_outputs_is_read(folder: Path, edit: Edit) -> None:
    edit(folder / "describe-target-health@orders-api.json")
    assert_like(read(folder, SETTINGS), demo())


DENIED = "An error occurred (AccessDenied) when calling the DescribeTargetHealth operation: User: x is not authorized"


@pytest.mark.parametrize(
    ("written", "code", "message"),
    [
        (DENIED, "AccessDenied", "User: x is not authorized"),
        ("", "NotRecorded", "is empty: the command that should have filled it failed: run aws elbv2"),
        ("[]", "NotRecorded", "does not hold TargetHealthDescriptions: run the command as it is, without --query"),
        ('[["i-1", "healthy"]]', "NotRecorded", "without --query"),
        ('{"State": "healthy"}', "NotRecorded", "does not hold TargetHealthDescriptions"),
        ('"healthy"', "NotRecorded", "does not hold TargetHealthDescriptions"),
    ],
)
def test_an_output_that_is_no_answer_says_why(folder: Path, written: str, code: str, message: str) -> None:
    put(folder, "describe-target-health@orders-api.json", written)
    gap = gap_of(read(folder, SETTINGS), HEALTH)
    assert gap.code == code
    assert message in gap.message


def test_resources_without_their_methods_and_exports_without_integrations_are_not_taken(folder: Path) -> None:
    put(folder, "get-resources@a1b2c3d4e5.json", {"items": [{"id": "r", "path": "/", "resourceMethods": {"GET": {}}}]})
    put(folder, "get-export@a1b2c3d4e5-prod.json", {"openapi": "3.0.1", "paths": {"/": {"get": {}}}})
    put(folder, "get-export@f6g7h8i9j0-prod.json", {"contentType": "application/json"})
    gaps = {one.call.key[1:]: one.gap.message for one in read(folder, SETTINGS).facts if one.gap}
    found = "\n".join(gaps.values())
    assert "get-resources@a1b2c3d4e5.json holds no methods: --embed methods was left out: run aws" in found
    assert "get-export@a1b2c3d4e5-prod.json holds no integrations" in found
    assert "get-export@f6g7h8i9j0-prod.json is not the export itself" in found


def test_a_file_that_nothing_tells_is_named_where_its_answer_is_missed(folder: Path) -> None:
    (folder / "apigateway-get-deployments@a1b2c3d4e5.json").rename(folder / "deployed.json")
    gap = gap_of(read(folder, SETTINGS), Call("apigateway", "GetDeployments", {"restApiId": "a1b2c3d4e5"}))
    assert "deployed.json does not say that it is of this: rename it to apigateway-get-deployments@" in gap.message


def test_a_hidden_secret_does_not_come_in(folder: Path) -> None:
    path = folder / "describe-task-definition@orders-7.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    held["taskDefinition"]["containerDefinitions"][0]["environment"] = [{"name": "DB_PASSWORD", "value": "hunter2x"}]
    put(folder, path.name, held)
    put(folder, "describe-target-health@orders-api.json", DENIED + " with password=hunter2x")
    assert "hunter2x" not in str([(one.response, one.gap) for one in read(folder, SETTINGS).facts])


def emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def of_another_program(folder: Path) -> None:
    emptied(folder)
    put(folder, "package.json", {"name": "x"})


def called_otherwise(folder: Path) -> None:
    for path in folder.iterdir():
        path.rename(path.with_suffix(".txt"))


def broken(folder: Path) -> None:
    put(folder, "describe-subnets.json", "{\n  oops\n}")


def binary(folder: Path) -> None:
    (folder / "describe-subnets.json").write_bytes(b"\x80\x81")


def of_two_accounts(folder: Path) -> None:
    put(folder, "more/get-caller-identity.json", {"Account": "111122223333", "Arn": "x"})


def of_two_regions(folder: Path) -> None:
    elsewhere = {"LoadBalancerArn": LB.replace("eu-west-2", "us-east-1")}
    put(folder, "more/elbv2-describe-load-balancers.json", {"LoadBalancers": [elsewhere]})


def of_other_regions(folder: Path) -> None:
    for region in ("us-east-1", "us-west-1"):
        put(folder, f"{region}/Vpcs.json", {"Vpcs": []})


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (emptied, "holds no JSON file: expected a snapshot, or AWS CLI outputs such as describe-load-balancers.json"),
        (called_otherwise, "holds no JSON file"),
        (of_another_program, "holds no file that can be told by its name or content"),
        (broken, "describe-subnets.json:2: is not JSON"),
        (binary, "describe-subnets.json: is not UTF-8 text, expected JSON"),
        (of_two_accounts, "several accounts: 111122223333 (more/get-caller-identity.json), 123456789012 (get-caller"),
        (of_two_regions, "holds answers of several regions: eu-west-2"),
        (of_other_regions, "holds regions us-east-1, us-west-1: none of them eu-west-2, as the config says"),
    ],
)
def test_a_wrong_folder_is_one_clear_line(folder: Path, edit: Edit, line: str) -> None:
    edit(folder)
    with pytest.raises(SourceError, match=re.escape(line)) as raised:
        read(folder, SETTINGS)
    assert "\n" not in str(raised.value)


def test_an_unreadable_file_is_one_clear_line(folder: Path) -> None:
    path = folder / "describe-subnets.json"
    path.unlink()
    path.symlink_to(folder / "gone.json")
    with pytest.raises(SourceError, match=r"describe-subnets.json: cannot be read: No such file"):
        read(folder, SETTINGS)


def test_without_a_config_the_folder_names_the_domains(folder: Path) -> None:
    recording = read(folder, EnvSettings(name="snapshot"))
    assert_like(recording, demo())
    for path in folder.glob("*get-domain-name@*"):
        path.unlink()
    with pytest.raises(SourceError, match="names no custom domain to start from: set domain in the config"):
        read(folder, EnvSettings(name="snapshot"))


# Names and parameters, as the AWS CLI spells them.


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_operations_are_spelt_as_the_aws_cli_spells_them(row: Any) -> None:
    assert kebab(row.operation) == xform_name(row.operation, "-")


@given(st.lists(st.sampled_from(["Describe", "ARNs", "VPC", "Vpc", "V2", "ACLs", "Get", "Ids", "e", "S"]), min_size=1))
def test_any_name_is_spelt_as_botocore_spells_it(words: list[str]) -> None:
    assert kebab("".join(words)) == xform_name("".join(words), "-", {})


@pytest.mark.parametrize("one", answers(), ids=lambda one: one.call.name)
def test_the_file_that_a_command_fills_is_the_one_that_is_read(one: Any) -> None:
    """The tail that is proposed fits; the command is one line that a shell takes."""
    call = one.call
    words = shlex.split(command(call))
    assert words[:2] == ["aws", call.service]
    assert words[2] == xform_name(call.operation, "-")
    assert words[-1] == file_of(call)
    row = ROWS[call.service, call.operation]
    given_ = {name for name in call.params if name not in ("Filters", "StartRecordName")}
    assert {f"--{xform_name(name, '-')}" for name in given_} <= set(words)
    assert row.batch is not None or "@" in file_of(call) or not given_


def word(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


NAMES, HEX = word(r"[a-z][a-z0-9-]{0,8}[a-z]"), word(r"[0-9a-f]{16}")
IDS = st.one_of(
    word(r"[A-Za-z0-9][A-Za-z0-9._$-]{0,20}[A-Za-z0-9]"),
    st.builds("arn:aws:ecs:eu-west-2:123456789012:service/{}/{}".format, NAMES, NAMES),
    st.builds("arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/net/{}/{}".format, NAMES, HEX),
)


@given(st.lists(IDS, min_size=1, max_size=3))
def test_a_proposed_tail_always_fits(values: list[str]) -> None:
    assert fits(suggested(values), values)
    assert not fits(suggested(values) + "-x", values)
    assert not fits("", values)


def test_more_kinds_of_things_are_told_apart(tmp_path: Path) -> None:
    """Tasks by their service, versions of launch templates by number and by the default's mark."""
    cluster = "arn:aws:ecs:eu-west-2:123456789012:cluster/orders-cluster"
    recording = with_facts(
        [
            *refuse(answers(), "ecs:ListTasks"),
            answer("ecs:ListTasks", {"cluster": cluster, "serviceName": "orders"}, {"taskArns": []}),
        ]
    )
    folder = write_folder(tmp_path, recording)
    (folder / "list-tasks@orders-cluster-orders.json").unlink()
    tasks = read(folder, SETTINGS).facts.get(Call("ecs", "ListTasks", {"cluster": cluster, "serviceName": "orders"}))
    assert tasks is not None
    assert tasks.response is not None
    assert len(tasks.response["taskArns"]) == len(demo().facts.of("ecs", "DescribeTasks")[0].response["tasks"])  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("describe-clusters@prod.json", {"clusters": [], "failures": ["a"]}),
        ("describe-clusters@prod.json", {"clusters": [], "failures": 5}),
        ("get-export@a1b2c3d4e5-prod.json", {"body": 5}),
        ("get-export@a1b2c3d4e5-prod.json", {"body": "no json"}),
        ("notes.json", {"PrefixLists": 5}),
        ("notes.json", {"PrefixLists": [{"PrefixListId": "pl-1", "Cidrs": 5}]}),
        ("describe-launch-template-versions@lt-1.json", {"LaunchTemplateVersions": [{"VersionNumber": "x"}]}),
    ],
)
def test_whatever_a_file_holds_is_no_crash(tmp_path: Path, name: str, content: Any) -> None:
    write_folder(tmp_path, demo())
    (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    assert read(tmp_path, SETTINGS).facts
