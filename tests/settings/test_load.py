"""What a right config file becomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from vpclink_checks.settings import (
    BackendSettings,
    EnvSettings,
    EnvVar,
    Expect,
    ProbeSettings,
    Settings,
    StaticSettings,
    WaiverSettings,
    load,
)
from vpclink_checks.words import Severity

DOCS = Path(__file__).parents[2] / "docs" / "config.md"
MINIMAL = '[env.prod]\nregion = "eu-west-2"\ndomain = "api.example.com"\n'


def example() -> str:
    """The first TOML block of docs/config.md."""
    return DOCS.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, text: str, name: str = "vpclink.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def environment(folder: Path, text: str) -> EnvSettings:
    """The one environment of MINIMAL and *text*."""
    return load(written(folder, MINIMAL + text)).environments["prod"]


def probe(folder: Path, text: str) -> ProbeSettings:
    return environment(folder, f"[[env.prod.probe]]\n{text}").probes[0]


def test_the_example_of_the_docs_means_what_the_docs_say(folder: Path) -> None:
    path = written(folder, example())
    assert load(path) == Settings(
        file=path,
        environments={"prod": prod(), "staging": staging(folder), "stand-in": stand_in()},
        static=StaticSettings(
            unknown="warn",
            network_mode="bridge",
            dynamic_ports=False,
            severity={"task-definition/fixed-host-port": Severity.BLOCKER},
            waivers=(
                WaiverSettings(
                    check="task-definition/fixed-host-port",
                    subject="infra/legacy.json",
                    reason="goes away with NET-13",
                    expires=date(2027, 1, 31),
                    line=67,
                ),
            ),
        ),
    )


def prod() -> EnvSettings:
    return EnvSettings(
        name="prod",
        region="eu-west-2",
        domains=("api.example.com",),
        account="123456789012",
        profile="prod-readonly",
        base_paths=("orders",),
        auth="required",
        severity={"api/execute-api-endpoint-disabled": Severity.HYGIENE},
        backends=(
            BackendSettings(
                base_path="orders",
                cluster="prod-ecs",
                service="orders",
                container="api",
                host_ports={8080: 10000},
                dynamic_ports=False,
                line=10,
            ),
        ),
        probes=(
            ProbeSettings(
                path="/orders/health",
                request_headers={"x-api-key": EnvVar("ORDERS_KEY"), "accept": "application/json"},
                attempts=20,
                expect=Expect(
                    status=(200,),
                    json={"version": "1.4.2"},
                    header={"x-backend": "orders-.*"},
                    body='"version"',
                    max_ms=800,
                ),
                line=18,
            ),
        ),
        waivers=(
            WaiverSettings(
                check="exposure/*",
                subject="i-0abc",
                reason="bastion, ticket NET-12",
                expires=date(2027, 1, 31),
                line=30,
            ),
        ),
        file="vpclink.toml",
        line=1,
    )


def staging(folder: Path) -> EnvSettings:
    return EnvSettings(
        name="staging",
        region="eu-west-2",
        domains=("api.staging.example.com", "admin.staging.example.com"),
        role_arn="arn:aws:iam::111122223333:role/audit",
        external_id="vpclink",
        dns_external=True,
        probes=(
            ProbeSettings(
                path="/orders/health",
                auth="sigv4",
                connect_to="127.0.0.1:8443",
                ca_file=str(folder / "certs" / "ca.pem"),
                line=43,
            ),
            ProbeSettings(
                method="POST",
                path="/orders/echo",
                client_cert=str(folder / "certs" / "client.pem"),
                client_key=EnvVar("CLIENT_KEY"),
                body="ping",
                line=49,
            ),
        ),
        file="vpclink.toml",
        line=36,
    )


def stand_in() -> EnvSettings:
    return EnvSettings(
        name="stand-in",
        region="eu-west-2",
        vpc_links=("abc123",),
        endpoint_url="http://127.0.0.1:5000",
        file="vpclink.toml",
        line=56,
    )


def test_environments_keep_the_order_of_the_file(folder: Path) -> None:
    names = ["b", "a", "C-1", "_"]
    text = "".join(MINIMAL.replace("prod", name) for name in names)
    assert list(load(written(folder, text)).environments) == names


def test_an_empty_file_says_nothing(folder: Path) -> None:
    path = written(folder, "")
    assert load(path) == Settings(file=path)


def test_pyproject_holds_it_under_tool(folder: Path) -> None:
    text = '[project]\nname = "x"\n' + MINIMAL.replace("env.", "tool.vpclink.env.")
    settings = load(written(folder, text, "pyproject.toml"))
    assert settings.environments["prod"].domains == ("api.example.com",)
    assert settings.environments["prod"].line == 3


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    assert list(load(written(folder, "\ufeff" + MINIMAL)).environments) == ["prod"]


def test_files_are_relative_to_the_config_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "deep").mkdir()
    path = written(folder / "deep", MINIMAL + '[[env.prod.probe]]\nca_file = "ca.pem"\nclient_cert = "/etc/c.pem"\n')
    one = load(path.relative_to(folder)).environments["prod"]
    assert one.probes[0].ca_file == str(folder / "deep" / "ca.pem")
    assert one.probes[0].client_cert == "/etc/c.pem"
    assert one.file == str(Path("deep", "vpclink.toml"))


def test_a_file_elsewhere_is_shown_as_it_was_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder, MINIMAL)
    (folder / "inside").mkdir()
    monkeypatch.chdir(folder / "inside")
    assert load(Path("..", "vpclink.toml")).environments["prod"].file == str(Path("..", "vpclink.toml"))
    assert load(path).environments["prod"].file == str(path)


@pytest.mark.parametrize(
    "region", ["eu-west-2", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "ap-southeast-10", "eusc-de-east-1"]
)
def test_regions_of_every_partition(folder: Path, region: str) -> None:
    text = MINIMAL.replace("eu-west-2", region)
    assert load(written(folder, text)).environments["prod"].region == region


@pytest.mark.parametrize(
    ("text", "base_paths"),
    [
        ("", None),
        ('base_paths = ["orders", "v1/orders"]', ("orders", "v1/orders")),
        ('base_paths = ["(none)"]', ("",)),
        ('base_paths = [""]', ("",)),
    ],
)
def test_base_paths(folder: Path, text: str, base_paths: tuple[str, ...] | None) -> None:
    assert environment(folder, text).base_paths == base_paths


def test_domains_are_in_small_letters_and_may_have_a_wildcard(folder: Path) -> None:
    text = MINIMAL.replace('"api.example.com"', '["API.Example.com", "*.example.com"]')
    assert load(written(folder, text)).environments["prod"].domains == ("api.example.com", "*.example.com")


@pytest.mark.parametrize(
    ("text", "external", "role_arn"),
    [
        ("", False, ""),
        ("dns = { external = true }", True, ""),
        ("dns = { external = false }", False, ""),
        ("dns.role_arn = 'arn:aws-cn:iam::123456789012:role/a/b'", False, "arn:aws-cn:iam::123456789012:role/a/b"),
    ],
)
def test_dns(folder: Path, text: str, external: bool, role_arn: str) -> None:
    one = environment(folder, text)
    assert (one.dns_external, one.dns_role_arn) == (external, role_arn)


@pytest.mark.parametrize(
    ("text", "base_path"), [("", None), ('base_path = ""', ""), ('base_path = "(none)"', ""), ('base_path = "a"', "a")]
)
def test_a_backend_without_base_path_speaks_of_every_path(folder: Path, text: str, base_path: str | None) -> None:
    assert environment(folder, f"[[env.prod.backend]]\n{text}").backends[0].base_path == base_path


def test_ports_at_their_limits(folder: Path) -> None:
    one = environment(folder, "[[env.prod.backend]]\nhost_ports = { 1 = 0, 65535 = 65535 }")
    assert one.backends[0].host_ports == {1: 0, 65535: 65535}


@pytest.mark.parametrize(
    "connect_to", ["127.0.0.1:8443", "localhost:1", "[::1]:65535", "gateway-1.example.com:443", "[fe80::1]:80"]
)
def test_connect_to(folder: Path, connect_to: str) -> None:
    assert probe(folder, f'connect_to = "{connect_to}"').connect_to == connect_to


def test_a_method_in_small_letters_is_the_same_method(folder: Path) -> None:
    assert probe(folder, 'method = "post"').method == "POST"


@pytest.mark.parametrize("status", ["204", "[204]"])
def test_one_status_needs_no_brackets(folder: Path, status: str) -> None:
    assert probe(folder, f"[env.prod.probe.expect]\nstatus = {status}").expect.status == (204,)


def test_expected_json_may_nest(folder: Path) -> None:
    one = probe(folder, '[env.prod.probe.expect.json]\na = { b = [1, 2.5, true, "x"] }\nc = "2027-01-31"')
    assert one.expect.json == {"a": {"b": [1, 2.5, True, "x"]}, "c": "2027-01-31"}


def test_a_pattern_that_python_warns_of_compiles(folder: Path) -> None:
    """``[[a]`` is a FutureWarning, which this suite turns into an error."""
    assert probe(folder, "[env.prod.probe.expect]\nbody = '[[a]'").expect.body == "[[a]"


@pytest.mark.parametrize("header", ["accept", "x-request-id", "idempotency-key", "user-agent", "x-monkey"])
def test_plain_headers_are_no_secrets(folder: Path, header: str) -> None:
    assert probe(folder, f'request_headers = {{ {header} = "v" }}').request_headers == {header: "v"}


def test_an_expired_waiver_is_judged_later_not_refused(folder: Path) -> None:
    text = '[[env.prod.waiver]]\ncheck = "*"\nsubject = "*"\nreason = "r"\nexpires = 2001-01-01'
    assert environment(folder, text).waivers[0].expires == date(2001, 1, 1)


def test_checks_that_there_are_may_be_named(folder: Path) -> None:
    text = (
        MINIMAL
        + 'severity = { "api/known" = "risk" }\n'
        + '[[env.prod.waiver]]\ncheck = "api/kn*"\nsubject = "*"\nreason = "r"\nexpires = 2001-01-01'
    )
    settings = load(written(folder, text), ["api/known", "network/other"])
    assert settings.environments["prod"].severity == {"api/known": Severity.RISK}


def test_the_backend_of_a_path(folder: Path) -> None:
    one = environment(
        folder,
        '[[env.prod.backend]]\ncluster = "any"\n'
        '[[env.prod.backend]]\nbase_path = "a"\ncontainer = "x"\n'
        '[[env.prod.backend]]\nbase_path = "a"\ncontainer = "y"\n',
    )
    anything, ax, ay = one.backends
    assert one.backends_for(["a"], "y") == (ay, anything)
    assert one.backends_for(["b", "a"], "x") == (ax, anything)
    assert one.backends_for(["b"], "x") == (anything,)
    assert one.backends_for(["a"]) == (ax, ay, anything)
