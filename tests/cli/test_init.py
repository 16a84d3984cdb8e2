"""``vpclink init``: what is listed, what is written, and what never happens to a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import botocore.session
import pytest

from tests.cli.conftest import DOMAIN, LINK, LISTS, Ran, as_process, listed
from tests.moto_stack.server import Stand
from tests.standin.faults import Fault, denied, gone, newer, throttled
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.model.fact import Gap
from vpclink_checks.settings import EnvSettings, load
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table.survey import SURVEY

REGION = "--region=eu-west-2"
LISTING = ["apigateway:GetDomainNames", "apigateway:GetVpcLinks", "apigatewayv2:GetVpcLinks"]


def written(folder: Path, name: str = "prod") -> EnvSettings:
    return load(folder / "vpclink.toml").environments[name]


def test_it_writes_what_there_is(vpclink: Callable[..., Ran], aws: Standin, there: Path) -> None:
    status, out, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, err) == (0, "")
    prod = written(there)
    assert (prod.region, prod.account, prod.domains) == ("eu-west-2", "123456789012", (DOMAIN,))
    assert (prod.vpc_links, prod.endpoint_url) == (("vl9spare",), aws.url)
    rows = [line.split() for line in out.splitlines()]
    assert [DOMAIN, "orders", "orders", "(prod)", LINK, "orders", "(version", "1)"] in rows
    assert [DOMAIN, "hello", "hello", "(prod)", "no", "VPC", "link"] in rows
    assert ["old.example.com", "no", "mapping", "no", "VPC", "link"] in rows
    assert ["no", "domain", "vl9spare", "spare", "(version", "1)"] in rows
    assert ["no", "domain", "v2spare", "second", "(version", "2)"] in rows
    assert "  vpclink doctor prod\n  pytest --vpclink-env=prod\n" in out


def test_it_asks_for_nothing_behind_the_links(vpclink: Callable[..., Ran], aws: Standin) -> None:
    vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert {name.partition(":")[0] for name in aws.calls} == {"sts", "apigateway", "apigatewayv2"}
    assert aws.calls["sts:GetCallerIdentity"] == 1
    assert {aws.calls[one] for one in LISTING} == {1}


def test_what_it_wrote_can_be_run(vpclink: Callable[..., Ran], aws: Standin, there: Path) -> None:
    """The spare link is not in the stand-in's facts as a thing of its own: without it, all is well."""
    vpclink("init", REGION, f"--endpoint-url={aws.url}", "--env=stage-1")
    config = there / "vpclink.toml"
    config.write_text(config.read_text().replace('\nvpc_links = ["vl9spare"]\n', "\n"))
    status, out, _ = vpclink("doctor", "stage-1")
    assert status == 0
    assert "✓ api.example.com/orders → orders/api:8080" in out


def test_it_leaves_a_file_alone_unless_forced(vpclink: Callable[..., Ran], aws: Standin, there: Path) -> None:
    (there / "vpclink.toml").write_text("# mine\n")
    status, _, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, (there / "vpclink.toml").read_text(), aws.log) == (4, "# mine\n", [])
    assert "--force" in err
    assert vpclink("init", REGION, f"--endpoint-url={aws.url}", "--force")[0] == 0
    assert written(there).domains == (DOMAIN,)


def test_a_file_that_came_meanwhile_is_left_alone_too(
    vpclink: Callable[..., Ran], aws: Standin, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to nowhere is not seen before: writing through it would make a file elsewhere."""
    (there / "vpclink.toml").symlink_to(there / "elsewhere.toml")
    status, _, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, (there / "elsewhere.toml").exists()) == (4, False)
    assert "is there already" in err


def test_a_folder_that_cannot_be_written_is_one_line(vpclink: Callable[..., Ran], aws: Standin, there: Path) -> None:
    if os.geteuid() == 0:
        place = Path("/proc/vpclink.toml")  # root may write anywhere else
    else:
        place = there / "closed" / "vpclink.toml"
        place.parent.mkdir(mode=0o500)
    status, _, err = vpclink("init", REGION, f"--endpoint-url={aws.url}", f"--output={place}")
    assert (status, err.count("\n")) == (4, 1)
    assert "cannot be written" in err


def test_a_config_of_another_name_is_named_in_what_to_run(vpclink: Callable[..., Ran], aws: Standin) -> None:
    out = vpclink("init", REGION, f"--endpoint-url={aws.url}", "--output=my aws.toml")[1]
    assert "pytest --vpclink-env=prod --vpclink-config='my aws.toml'" in out
    assert "vpclink doctor prod --config='my aws.toml'" in out


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_may_come_from_the_environment(
    variable: str, vpclink: Callable[..., Ran], aws: Standin, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "eu-west-2")
    assert vpclink("init", f"--endpoint-url={aws.url}")[0] == 0
    assert written(there).region == "eu-west-2"


def test_a_profile_that_is_not_there_is_one_line(vpclink: Callable[..., Ran], there: Path) -> None:
    for region in ((), (REGION,)):
        status, out, err = vpclink("init", "--profile=nobody", *region)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "nobody" in err


@pytest.mark.parametrize(
    "operation", ["apigateway:GetDomainNames", "apigateway:GetVpcLinks", "apigatewayv2:GetVpcLinks"]
)
def test_a_list_that_may_not_be_read_ends_it(
    operation: str, vpclink: Callable[..., Ran], aws: Standin, there: Path
) -> None:
    with aws.failing(denied(operation)):
        status, out, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert operation in err
    assert "it takes the IAM action apigateway:GET" in err
    assert "vpclink policy" in err
    assert not (there / "vpclink.toml").exists()


def test_a_throttled_list_asks_for_no_policy(
    vpclink: Callable[..., Ran], aws: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vpclink_checks.sources.live.session.ATTEMPTS", 1)
    with aws.failing(throttled("apigateway:GetDomainNames")):
        status, _, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert status == 2
    assert "TooManyRequests" in err
    assert "policy" not in err


def test_a_domain_that_may_not_be_read_is_kept_and_told(vpclink: Callable[..., Ran], aws: Standin, there: Path) -> None:
    with aws.failing(denied("apigateway:GetResources"), denied("apigateway:GetExport")):
        status, out, _ = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert status == 0
    assert "not known (apigateway:Get" in out
    assert written(there).domains == (DOMAIN,)


LEADING = sorted({one.call.name for one in listed(*LISTS).facts if one.call.name.startswith("apigateway")})


ALONE = Answer(Call("apigateway", "GetDomainNames"), response={"items": [{"domainName": "old.example.com"}]})
FAULTS = [
    *(denied(one) for one in LEADING if one not in LISTING),
    *(gone(f"apigateway:Get{what}") for what in ("RestApi", "Stage", "VpcLink")),
    newer("apigateway*"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.operation}-{fault.manner}")
def test_whatever_else_goes_wrong_it_writes_what_it_can(
    fault: Fault, vpclink: Callable[..., Ran], aws: Standin, there: Path
) -> None:
    with aws.failing(fault):
        status, _, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, err) == (0, "")
    assert "vl9spare" in written(there).vpc_links
    if fault.manner == "refused":
        assert DOMAIN in written(there).domains


def test_a_domain_that_is_listed_and_cannot_be_read_is_no_domain_without_mappings(
    vpclink: Callable[..., Ran], there: Path
) -> None:
    """A private one takes more than its name."""
    answer = Answer(Call("apigateway", "GetDomainNames"), response={"items": [{"domainName": "private.example.com"}]})
    with Standin(World(listed(*LISTS, answer))) as aws:
        out = vpclink("init", REGION, f"--endpoint-url={aws.url}")[1]
    assert "private.example.com             ?            not known (it was listed, and cannot be read" in out
    assert written(there).domains == ("private.example.com",)


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ((), "custom domains: 0, VPC links: 0"),
        ((ALONE, LISTS[1]), "custom domains: 1, VPC links: 0"),
    ],
)
def test_where_nothing_leads_to_a_link_nothing_is_written(
    lists: tuple[Answer, ...], said: str, vpclink: Callable[..., Ran], there: Path
) -> None:
    empty = (
        Answer(Call("apigateway", "GetDomainNames"), response={"items": []}),
        Answer(Call("apigateway", "GetVpcLinks"), response={"items": []}),
        Answer(Call("apigatewayv2", "GetVpcLinks"), response={"Items": []}),
    )
    demo = listed()
    facts = Facts([*demo.facts.of("sts", "GetCallerIdentity"), *empty, *lists])
    with Standin(World(replace(demo, facts=facts))) as aws:
        status, out, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, err) == (1, "")
    assert said in out
    assert "nothing to check" in out
    assert not (there / "vpclink.toml").exists()


@pytest.mark.usefixtures("there")
def test_against_moto_as_users_run_it(stand: Stand, tmp_path: Path) -> None:
    ended = as_process("init", REGION, f"--endpoint-url={stand.url}")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\033" not in ended.stdout
    prod = written(tmp_path)
    assert (prod.account, prod.domains, prod.vpc_links) == ("123456789012", (DOMAIN,), ())
    assert not [name for name in stand.calls if not name.startswith(("sts:", "apigateway"))]
    examined = as_process("doctor", "prod")
    assert (examined.returncode, examined.stderr) == (0, "")
    assert "api.example.com/orders → orders/api:8080" in examined.stdout
    assert as_process("policy", "--env=prod").returncode == 0


def test_a_private_domain_is_followed_by_its_id(vpclink: Callable[..., Ran], there: Path) -> None:
    name, by_id = {"domainName": DOMAIN}, {"domainName": DOMAIN, "domainNameId": "0a1b2c3d4e"}
    gap = Gap(operation="apigateway:GetDomainName", action="apigateway:GET", code="NotFoundException", message="gone")
    mapping = {"basePath": "orders", "restApiId": "a1b2c3d4e5", "stage": "prod"}
    facts = [
        Answer(Call("apigateway", "GetDomainNames"), response={"items": [by_id]}),
        *(Answer(Call("apigateway", what, name), gap=gap) for what in ("GetDomainName", "GetBasePathMappings")),
        *(
            Answer(Call("apigatewayv2", what, {"DomainName": DOMAIN}), gap=gap)
            for what in ("GetDomainName", "GetApiMappings", "ListRoutingRules")
        ),
        Answer(
            Call("apigateway", "GetDomainName", by_id),
            response={**by_id, "endpointConfiguration": {"types": ["PRIVATE"]}},
        ),
        Answer(Call("apigateway", "GetBasePathMappings", by_id), response={"items": [mapping]}),
        Answer(
            Call("apigatewayv2", "ListRoutingRules", {"DomainName": DOMAIN, "DomainNameId": "0a1b2c3d4e"}),
            response={"RoutingRules": []},
        ),
    ]
    with Standin(World(listed(*LISTS, *facts))) as aws:
        status, out, err = vpclink("init", REGION, f"--endpoint-url={aws.url}")
    assert (status, err) == (0, "")
    assert [DOMAIN, "(private)", "orders", "orders", "(prod)", LINK, "orders", "(version", "1)"] in [
        line.split() for line in out.splitlines()
    ]
    assert written(there).domains == (DOMAIN,)
    assert f"#   {DOMAIN}/orders (private) → orders (prod) → {LINK}" in (there / "vpclink.toml").read_text()


def test_lists_are_read_to_their_last_page(vpclink: Callable[..., Ran], there: Path) -> None:
    with Standin(World(listed(*LISTS)), page_size=1) as aws:
        status, out, _ = vpclink("init", REGION, f"--endpoint-url={aws.url}")
        assert aws.calls["apigateway:GetDomainNames"] == aws.calls["apigateway:GetVpcLinks"] == 2
    assert status == 0
    assert "custom domains: 2, VPC links: 3" in out


@pytest.mark.parametrize("row", SURVEY, ids=lambda row: row.name)
def test_the_lists_page_as_botocore_says(row: Row) -> None:
    model = botocore.session.Session().get_service_model(row.service).operation_model(row.operation)
    paging = row.paging
    assert paging is not None
    assert model.input_shape is not None
    assert model.output_shape is not None
    assert {paging.size_key, *paging.token_in} <= set(model.input_shape.members)
    assert {paging.items, *paging.token_out} <= set(model.output_shape.members)
    kind = model.input_shape.members[paging.size_key].type_name
    assert isinstance(paging.size, {"string": str, "integer": int}[kind])
