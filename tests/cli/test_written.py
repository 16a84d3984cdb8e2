"""What ``vpclink init`` writes is what the config's reader takes, whatever names there are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.cli.leading import Found, Lead, Link
from vpclink_checks.cli.written import config_text, starts
from vpclink_checks.settings import EnvSettings, load
from vpclink_checks.settings.rules import BASE_PATH, DOMAIN, FILLED

TODAY = date(2026, 11, 2)
odd = st.text(st.characters(), max_size=12)
domains = st.from_regex(r"(\*\.)?[a-z][a-z0-9-]{0,8}[a-z0-9]\.example\.(com|org)", fullmatch=True) | odd
leads = st.builds(Lead, domain=domains, base_path=odd, api=odd, stage=odd, link=odd, unknown=odd)
links = st.builds(Link, id=odd, version=st.sampled_from([1, 2]), name=odd)


@st.composite
def surveys(draw: st.DrawFn) -> Found:
    led = draw(st.lists(leads, max_size=5))
    names = dict.fromkeys([lead.domain for lead in led] + draw(st.lists(domains, max_size=2)))
    listed = {link.id: link for link in draw(st.lists(links, max_size=5))}
    account = draw(st.sampled_from(["123456789012", "", "x"]))
    return Found(
        account=account, region="eu-west-2", domains=tuple(names), leads=tuple(led), links=tuple(listed.values())
    )


@given(
    found=surveys(),
    how=st.builds(
        EnvSettings,
        name=st.from_regex(r"[A-Za-z0-9_-]{1,9}", fullmatch=True).filter(lambda name: name not in ("all", "demo")),
        profile=odd.filter(lambda text: bool(text.strip()) or not text),
    ),
)
def test_it_loads_and_says_what_was_found(
    found: Found, how: EnvSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not starts(found):
        return
    path = tmp_path_factory.getbasetemp() / "vpclink.toml"
    path.write_text(config_text(found, how, TODAY), encoding="utf-8")
    (environment,) = load(path).environments.values()
    assert environment.name == how.name
    assert environment.region == "eu-west-2"
    assert environment.account == (found.account if found.account == "123456789012" else "")
    assert environment.domains == tuple(name for name in found.leading if DOMAIN.fits(name))
    expected = {link.id for link in found.unled if FILLED.fits(link.id) and link.version == 1}
    if expected or environment.domains:
        assert set(environment.vpc_links) == {whole(one) for one in expected}
    else:
        assert environment.vpc_links
    assert environment.profile == whole(how.profile)


def whole(text: str) -> str:
    """TOML holds characters only: half a surrogate pair is none."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


FOUND = Found(
    account="123456789012",
    region="eu-west-2",
    domains=("api.example.com", "old.example.com", "maybe.example.com"),
    leads=(
        Lead(domain="api.example.com", base_path="orders", api="orders", stage="prod", link="abc123"),
        Lead(domain="api.example.com", base_path="(none)", api="hello"),
        Lead(domain="maybe.example.com", unknown="apigateway:GetBasePathMappings: AccessDenied"),
        Lead(domain="old.example.com"),
    ),
    links=(Link(id="abc123", version=1, name="orders"), Link(id="v1x", version=1), Link(id="v2x", version=2, name="a")),
)


def test_it_names_everything_that_was_found(tmp_path: Path) -> None:
    text = config_text(
        FOUND, EnvSettings(name="prod", role_arn="arn:aws:iam::123456789012:role/a", external_id="x"), TODAY
    )
    (tmp_path / "vpclink.toml").write_text(text)
    prod = load(tmp_path / "vpclink.toml").environments["prod"]
    assert prod.domains == ("api.example.com", "maybe.example.com")  # what was not read may lead there
    assert (prod.vpc_links, prod.role_arn, prod.external_id) == (("v1x",), "arn:aws:iam::123456789012:role/a", "x")
    assert "#   api.example.com/orders → orders (prod) → abc123 orders (version 1)\n" in text
    assert "#   api.example.com/ → hello → no VPC link\n" in text
    assert "#   maybe.example.com/ → ? → not known (apigateway:GetBasePathMappings: AccessDenied)\n" in text
    assert '# base_paths = ["orders"]\n' in text
    assert '# vpc_links = ["v1x", "v2x"]\n' in text


def test_what_it_suggests_loads_too(tmp_path: Path) -> None:
    """Every line of comment that looks like TOML, put in force."""
    text = config_text(FOUND, EnvSettings(name="prod"), TODAY).replace('\nvpc_links = ["v1x"]\n', "\n")
    opened = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [", "# base", "# vpc_", "# dns", "# auth")) else line
        for line in text.splitlines()
    )
    tables = opened.replace("# base_path =", "base_path =")
    for key in ("service", "container", "host_ports", "path", "status"):
        tables = tables.replace(f"\n# {key} =", f"\n{key} =")
    (tmp_path / "vpclink.toml").write_text(tables)
    prod = load(tmp_path / "vpclink.toml").environments["prod"]
    assert (prod.base_paths, prod.vpc_links, prod.dns_external, prod.auth) == (
        ("orders",),
        ("v1x", "v2x"),
        True,
        "required",
    )
    assert prod.backends[0].base_path == "orders"
    assert prod.backends[0].host_ports == {8080: 10000}
    assert prod.probes[0].expect.status == (200,)


def test_links_of_version_2_alone_are_what_there_is_to_start_from(tmp_path: Path) -> None:
    found = Found(account="", region="eu-west-2", domains=(), leads=(), links=(Link(id="v2x", version=2),))
    (tmp_path / "vpclink.toml").write_text(config_text(found, EnvSettings(name="prod"), TODAY))
    assert load(tmp_path / "vpclink.toml").environments["prod"].vpc_links == ("v2x",)


def test_a_name_that_the_config_refuses_stays_a_comment(tmp_path: Path) -> None:
    assert not BASE_PATH.fits("ö rders")
    found = Found(
        account="",
        region="eu-west-2",
        domains=("under_score.example.com", "api.example.com"),
        leads=(
            Lead(domain="under_score.example.com", base_path="a", api="b", link="c"),
            Lead(domain="api.example.com", base_path="ö rders", api="b", link="c"),
        ),
        links=(),
    )
    text = config_text(found, EnvSettings(name="prod"), TODAY)
    (tmp_path / "vpclink.toml").write_text(text)
    assert load(tmp_path / "vpclink.toml").environments["prod"].domains == ("api.example.com",)
    assert "# under_score.example.com: no name that this config takes\n" in text
    assert "# base_paths" not in text
