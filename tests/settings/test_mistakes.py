"""Every mistake of a config file: its exact line, and that all of them are told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from tests.settings.test_load import DOCS, example
from tests.settings.toml import Written, trees, values, write
from vpclink_checks.errors import ConfigError, Problem
from vpclink_checks.settings import load
from vpclink_checks.settings.lines import Place

MINIMAL = '[env.prod]\nregion = "eu-west-2"\ndomain = "api.example.com"\n'
PROBE = MINIMAL + "[[env.prod.probe]]\n"
EXPECT = PROBE + "[env.prod.probe.expect]\n"
BACKEND = MINIMAL + "[[env.prod.backend]]\n"
WAIVER = MINIMAL + '[[env.prod.waiver]]\ncheck = "*"\nsubject = "*"\n'
SECRET = "hunter2"  # what must never be shown
CHECKS = ("target-group/healthy-targets", "exposure/no-internet-path", "exposure/no-restricted-public-source")
FROM_ENVIRONMENT = 'secrets come from the environment only: { env = "NAME" }'
HOST = "a domain name such as api.example.com, without scheme or path"
SEVERITIES = '"blocker" or "exposure" or "risk" or "hygiene"'
ROLE = "a role's ARN such as arn:aws:iam::123456789012:role/audit"
CHECK = "a check id such as target-group/healthy-targets"
STRING = "a string that is not empty"


def problems(
    folder: Path, text: str, check_ids: tuple[str, ...] | None = None, name: str = "vpclink.toml"
) -> list[str]:
    """The lines of the error, without the file's name; none where the file is right."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    try:
        load(path, check_ids)
    except ConfigError as error:
        return [str(problem).removeprefix(str(path)) for problem in error.problems]
    return []


# What is put behind the text; the line is the last one of the two together.
ENVIRONMENT_MISTAKES = [
    ('reigon = "x"', "env.prod.reigon: unknown key (did you mean region?)"),
    ('account = "1234"', 'env.prod.account: expected an account of 12 digits, in quotes, found "1234"'),
    ("account = 123456789012", "env.prod.account: expected an account of 12 digits, in quotes, found an integer"),
    ('account = "\uff11\uff12345678901"', "env.prod.account: expected an account of 12 digits, in quotes, found"),
    ('profile = ""', f'env.prod.profile: expected {STRING}, found ""'),
    ("profile = 1", "env.prod.profile: expected a string, found an integer"),
    ('role_arn = "arn:aws:iam::1:user/x"', f'env.prod.role_arn: expected {ROLE}, found "arn:aws:iam::1:user/x"'),
    ('external_id = "hunter2"', "env.prod.external_id: has no effect without role_arn"),
    ('endpoint_url = "localhost:5000"', "expected an http:// or https:// URL without credentials or query"),
    ('endpoint_url = "http://u:hunter2@h"', "expected an http:// or https:// URL without credentials or query"),
    ('endpoint_url = "http://h?hunter2"', "expected an http:// or https:// URL without credentials or query"),
    ('endpoint_url = "http://[::1"', "expected an http:// or https:// URL without credentials or query"),
    ('endpoint_url = "http://h:99999"', "expected an http:// or https:// URL without credentials or query"),
    ("base_paths = []", "env.prod.base_paths: expected an array of strings with at least one, found an empty array"),
    ('base_paths = "orders"', "env.prod.base_paths: expected an array of strings with at least one, found a string"),
    (
        'base_paths = ["/orders"]',
        'base_paths[0]: expected a base path without a leading or trailing /, found "/orders"',
    ),
    ('base_paths = ["a", "a"]', 'env.prod.base_paths[1]: "a" is named twice'),
    ("vpc_links = [1]", "env.prod.vpc_links[0]: expected a string, found an integer"),
    ("dns = true", "env.prod.dns: expected a table, found a boolean"),
    ("dns = {}", 'env.prod.dns: expected either { external = true } or { role_arn = "…" }'),
    ('dns.external = "yes"', 'env.prod.dns.external: expected true or false, found "yes"'),
    ('dns = { role_arn = "x" }', f'env.prod.dns.role_arn: expected {ROLE}, found "x"'),
    ('auth = "requird"', 'expected "consistent" or "required", found "requird" (did you mean required?)'),
    ("auth = 1", 'env.prod.auth: expected "consistent" or "required", found 1'),
    ('severity = "risk"', "env.prod.severity: expected a table, found a string"),
    ('severity = { "api/x" = "hygene" }', f'"api/x": expected {SEVERITIES}, found "hygene" (did you mean hygiene?)'),
    ('severity = { healthy-targets = "risk" }', f"env.prod.severity.healthy-targets: expected {CHECK}"),
    ('severity = { "exposure/*" = "risk" }', f'env.prod.severity."exposure/*": expected {CHECK}'),
    ("backend = 1", "env.prod.backend: expected an array of tables, found an integer (write [[env.prod.backend]])"),
    ("[env.prod.probe]", "env.prod.probe: expected an array of tables, found a table (write [[env.prod.probe]])"),
    ("waiver = [1]", "env.prod.waiver: expected an array of tables, found an array (write [[env.prod.waiver]])"),
    ("[env.prod.probes]", "env.prod.probes: unknown key (did you mean probe?)"),
    (
        "base_paths = ['orders', '(none)']\n[[env.prod.backend]]\nbase_path = 'admin'",
        'env.prod.backend[0].base_path: "admin" is not among base_paths (base_paths names "orders", "")',
    ),
    ("[statik]", "statik: unknown key (did you mean static?)"),
    ("[static]\nunknwon = 'fail'", "static.unknwon: unknown key (did you mean unknown?)"),
    ("[static]\nunknown = 'pass'", 'static.unknown: expected "fail" or "warn", found "pass"'),
    ("[static]\nnetwork_mode = 'bridg'", '"default", found "bridg" (did you mean bridge?)'),
    ("[static]\ndynamic_ports = 0", "static.dynamic_ports: expected true or false, found 0"),
    (
        "[[static.waiver]]\nsubject = 'a'\nreason = 'b'\nexpires = 2027-01-31\ncheck = ''",
        'such as exposure/*, found ""',
    ),
]
BACKEND_MISTAKES = [
    ("cluster = ''", f'env.prod.backend[0].cluster: expected {STRING}, found ""'),
    ("base_path = 'a/'", 'expected a base path without a leading or trailing /, found "a/"'),
    ("host_ports = [1]", "env.prod.backend[0].host_ports: expected a table, found an array"),
    ("host_ports = { 8080 = 65536 }", "host_ports.8080: expected an integer from 0 to 65535, found 65536"),
    ("host_ports = { 8080 = -1 }", "host_ports.8080: expected an integer from 0 to 65535, found -1"),
    ("host_ports = { 8080 = true }", "host_ports.8080: expected an integer from 0 to 65535, found a boolean"),
    ("host_ports = { 8080 = '1' }", 'host_ports.8080: expected an integer from 0 to 65535, found "1"'),
    ("host_ports = { 65536 = 1 }", 'host_ports.65536: expected a container port from 1 to 65535, found "65536"'),
    ("host_ports = { http = 1 }", 'host_ports.http: expected a container port from 1 to 65535, found "http"'),
    ("host_ports = { 080 = 1 }", 'host_ports.080: expected a container port from 1 to 65535, found "080"'),
    ("host_ports = { '\u0668' = 1 }", "expected a container port from 1 to 65535, found"),
    ("dynamic_ports = 'no'", 'env.prod.backend[0].dynamic_ports: expected true or false, found "no"'),
    ("host_port = 1", "env.prod.backend[0].host_port: unknown key (did you mean host_ports?)"),
    ("[[env.prod.backend]]", "env.prod.backend[1]: the backend of line 4 has the same base_path and container"),
]
PROBE_MISTAKES = [
    ("method = 'GTE'", 'or "OPTIONS", found "GTE" (did you mean GET?)'),
    ("method = 1", 'or "OPTIONS", found 1'),
    ("path = 'orders?hunter2'", "path: expected a path that begins with /, percent-encoded and without fragment"),
    ("path = '/a b'", "path: expected a path that begins with /, percent-encoded and without fragment"),
    ("path = '/a#b'", "path: expected a path that begins with /, percent-encoded and without fragment"),
    ("path = '/a?Token=hunter2'", "path: the query parameter Token looks like a secret (" + FROM_ENVIRONMENT + ")"),
    ("request_headers = 1", "env.prod.probe[0].request_headers: expected a table, found an integer"),
    ("request_headers = { 'a b' = 'x' }", 'request_headers."a b": expected a header name'),
    ("request_headers = { a = 1 }", 'request_headers.a: expected a string or { env = "NAME" }'),
    ('request_headers = { a = "x\\r\\nb: c" }', "request_headers.a: expected a header value on one line"),
    ("request_headers = { a = '', A = '' }", "request_headers.A: this header is named twice, in other letters"),
    ("request_headers = { a = { env = 'hunter2!' } }", "a.env: expected the name of an environment variable"),
    ("request_headers = { a = { evn = 'A', env = 'A' } }", "a.evn: unknown key (did you mean env?)"),
    ("request_headers = { a = {} }", "a.env: missing: expected the name of an environment variable"),
    ("auth = 'sigv3'", 'auth: expected "" or "sigv4", found "sigv3" (did you mean sigv4?)'),
    (
        "request_headers = { Authorization = { env = 'A' } }\nauth = 'sigv4'",
        "auth: the signature would replace the authorization header of request_headers",
    ),
    ("client_key = { env = 'A' }", "env.prod.probe[0].client_key: has no effect without client_cert"),
    ("client_key = 'hunter2'", f"env.prod.probe[0].client_key: {FROM_ENVIRONMENT}"),
    ("client_key = 2", f"env.prod.probe[0].client_key: {FROM_ENVIRONMENT}"),
    ("client_cert = ''", f"env.prod.probe[0].client_cert: expected {STRING}"),
    ("body = 1", "env.prod.probe[0].body: expected a string, found an integer"),
    ("connect_to = 'localhost'", 'connect_to: expected "host:port", an IPv6 address in brackets, found "localhost"'),
    ("connect_to = 'a:0'", 'connect_to: expected "host:port", an IPv6 address in brackets, found "a:0"'),
    ("connect_to = 'a:65536'", 'connect_to: expected "host:port", an IPv6 address in brackets, found "a:65536"'),
    ("connect_to = '::1:443'", 'connect_to: expected "host:port", an IPv6 address in brackets, found "::1:443"'),
    ("connect_to = '[::g]:443'", 'connect_to: expected "host:port", an IPv6 address in brackets, found "[::g]:443"'),
    (
        "connect_to = '1.2.3.400:1'",
        'connect_to: expected "host:port", an IPv6 address in brackets, found "1.2.3.400:1"',
    ),
    ("attempts = 0", "attempts: expected an integer from 1 to 1000, found 0"),
    ("attempts = 1001", "attempts: expected an integer from 1 to 1000, found 1001"),
    ("attempts = true", "attempts: expected an integer from 1 to 1000, found a boolean"),
    ("attempts = 2.0", "attempts: expected an integer from 1 to 1000, found a float"),
    ("attempts = 99999999999999999999999", "attempts: expected an integer from 1 to 1000, found an integer"),
    ("expect = 200", "env.prod.probe[0].expect: expected a table, found an integer"),
]
EXPECT_MISTAKES = [
    ("status = 99", "expect.status: expected an integer from 100 to 599, found 99"),
    ("status = [200, 600]", "expect.status[1]: expected an integer from 100 to 599, found 600"),
    ("status = []", "expect.status: expected at least one status"),
    ("status = '200'", 'expect.status: expected an integer from 100 to 599, found "200"'),
    ("json = []", "expect.json: expected a table, found an array"),
    ("json.a = [{ b = 2027-01-31 }]", "expect.json.a: no JSON value is equal to this"),
    ("json.a = nan", "expect.json.a: no JSON value is equal to this"),
    ("header = { a = '(' }", "expect.header.a: expected a regular expression that compiles"),
    ("header = { a = 1 }", "expect.header.a: expected a regular expression that compiles, found an integer"),
    ("header = { 'a:' = 'x' }", 'expect.header."a:": expected a header name'),
    ("body = 'hunter2['", "expect.body: expected a regular expression that compiles"),
    ("body = 'a{99999999999}'", "expect.body: expected a regular expression that compiles"),
    ("body = ''", "expect.body: expected a regular expression that compiles"),
    ("max_ms = 0", "expect.max_ms: expected milliseconds, greater than 0 and at most an hour"),
    ("max_ms = nan", "expect.max_ms: expected milliseconds, greater than 0 and at most an hour"),
    ("max_ms = inf", "expect.max_ms: expected milliseconds, greater than 0 and at most an hour"),
    ("max_ms = true", "expect.max_ms: expected milliseconds, greater than 0 and at most an hour"),
]
WAIVER_MISTAKES = [
    ("reason = 'r'\nexpires = '2027-01-31'", "waiver[0].expires: expected a date such as 2027-01-31 (without quotes)"),
    ("reason = 'r'\nexpires = 2027-01-31T00:00:00", "expires: expected a date such as 2027-01-31"),
    ("reason = 'r'\nexpires = 2027", "expires: expected a date such as 2027-01-31"),
    ("expires = 2027-01-31\nreason = ' '", f'env.prod.waiver[0].reason: expected {STRING}, found " "'),
]
ONE_MISTAKE = [
    (before + text, expected)
    for before, table in (
        (MINIMAL, ENVIRONMENT_MISTAKES),
        (BACKEND, BACKEND_MISTAKES),
        (PROBE, PROBE_MISTAKES),
        (EXPECT, EXPECT_MISTAKES),
        (WAIVER, WAIVER_MISTAKES),
    )
    for text, expected in table
]


@pytest.mark.parametrize(("text", "expected"), ONE_MISTAKE)
def test_one_mistake_is_told_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    """The mistake stands on the last line of the text."""
    (told,) = problems(tmp_path, text)
    assert told.startswith(f":{len(text.splitlines())}: ")
    assert expected in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "header",
    [
        *("authorization = 'hunter2'", "Cookie = 'hunter2'", "x-api-key = 'hunter2'", "apikey = 'hunter2'"),
        *("x-auth-token = 'hunter2'", "x-amz-security-token = 'hunter2'", "x-client-secret = 'hunter2'"),
        *("ocp-apim-subscription-key = 'hunter2'", "x-auth = 'hunter2'", "key = 'hunter2'"),
        *("x-custom = 'Bearer hunter2'", "x-custom = 'AKIAIOSFODNN7EXAMPLE'", "x-custom = 'eyJh.eyJz.hunter2'"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path, header: str) -> None:
    (told,) = problems(tmp_path, f"{PROBE}request_headers = {{ {header} }}")
    name = header.partition(" ")[0]
    assert told == f":5: env.prod.probe[0].request_headers.{name}: {FROM_ENVIRONMENT}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[env.prod]",
            [
                ":1: env.prod.region: missing: expected a region such as eu-west-2",
                f":1: env.prod.domain: missing: expected {HOST} (or start from vpc_links)",
            ],
        ),
        (
            '[env.prod]\nregion = "London"\ndomain = "https://api.example.com/orders"',
            [
                ':2: env.prod.region: expected a region such as eu-west-2, found "London"',
                f':3: env.prod.domain: expected {HOST}, found "https://api.example.com/orders"',
            ],
        ),
        (
            '[env.prod]\nregion = "eu-west-2"\ndomain = [\n  "api.example.com",\n  3,\n  "localhost",\n]',
            [
                f":5: env.prod.domain[1]: expected {HOST}, found an integer",
                f':6: env.prod.domain[2]: expected {HOST}, found "localhost"',
            ],
        ),
        (
            '[env.prod]\nregion = "eu-west-2"\nvpc_links = ["a"]\nbase_paths = ["a"]\ndns.external = true',
            [":4: env.prod.base_paths: has no effect without domain", ":5: env.prod.dns: has no effect without domain"],
        ),
        (
            '[env.prod]\nregion = "eu-west-2"\nvpc_links = ["a"]\n[[env.prod.backend]]\nbase_path = "a"',
            [":5: env.prod.backend[0].base_path: has no effect without domain"],
        ),
        (
            MINIMAL + 'base_paths = ["(none)"]\n[[env.prod.backend]]\nbase_path = ""\n[[env.prod.backend]]\n'
            'container = "x"\n[[env.prod.backend]]\nbase_path = "a"',
            [':10: env.prod.backend[2].base_path: "a" is not among base_paths (base_paths names "")'],
        ),
        (
            MINIMAL + 'profile = "a"\nrole_arn = "arn:aws:iam::123456789012:role/a"',
            [":5: env.prod.role_arn: expected either profile or role_arn, found both"],
        ),
        (
            MINIMAL + "[[env.prod.waiver]]",
            [
                ":4: env.prod.waiver[0].check: missing: expected a check id or a pattern such as exposure/*",
                f":4: env.prod.waiver[0].subject: missing: expected {STRING}",
                f":4: env.prod.waiver[0].reason: missing: expected {STRING}",
                ":4: env.prod.waiver[0].expires: missing: expected the last day, such as 2027-01-31",
            ],
        ),
        (
            MINIMAL + MINIMAL.replace("prod", "all") + MINIMAL.replace("prod", '"a b"'),
            [
                ":4: env.all: this name is reserved: choose another",
                ':7: env."a b": expected a name of letters, digits, _ and - only',
            ],
        ),
        (
            "env = 1\nstatic = 2",
            [":1: env: expected a table, found an integer", ":2: static: expected a table, found an integer"],
        ),
        ("[env]\nprod = 1", [":2: env.prod: expected a table, found an integer"]),
        ("[[env]]", [":1: env: expected a table, found an array"]),
    ],
)
def test_whole_reports(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = (
        '[static]\nunknown = "no"\n[env.a]\nregion = 1\nvpc_links = ["x"]\nregoin = 2\n'
        "[[env.a.probe]]\nattempts = 0\n[env.a.probe.expect]\nstatus = 1\n"
        "[[env.a.probe]]\npaht = '/'\n[env.b]\n"
    )
    assert problems(tmp_path, text) == [
        ':2: static.unknown: expected "fail" or "warn", found "no"',
        ":4: env.a.region: expected a region such as eu-west-2, found an integer",
        ":6: env.a.regoin: unknown key (did you mean region?)",
        ":8: env.a.probe[0].attempts: expected an integer from 1 to 1000, found 0",
        ":10: env.a.probe[0].expect.status: expected an integer from 100 to 599, found 1",
        ":12: env.a.probe[1].paht: unknown key (did you mean path?)",
        ":13: env.b.region: missing: expected a region such as eu-west-2",
        f":13: env.b.domain: missing: expected {HOST} (or start from vpc_links)",
    ]


@pytest.mark.parametrize(
    ("check", "hint"),
    [
        ("target-group/healthy-target", " (did you mean target-group/healthy-targets?)"),
        ("zzz", f" (valid: {', '.join(sorted(CHECKS))})"),
    ],
)
def test_a_severity_of_a_check_that_there_is_not(tmp_path: Path, check: str, hint: str) -> None:
    (told,) = problems(tmp_path, f'{MINIMAL}severity."{check}" = "risk"', CHECKS)
    assert told.startswith(":4: env.prod.severity.")
    assert told.endswith(f": unknown check{hint}")


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("target-group/healthy-target", " (did you mean target-group/healthy-targets?)"),
        ("exposre/no-internet-path", " (did you mean exposure/no-internet-path?)"),
        ("domain/*", f" (valid: {', '.join(sorted(CHECKS))})"),
        ("EXPOSURE/*", f" (valid: {', '.join(sorted(CHECKS))})"),
    ],
)
def test_a_waiver_that_no_check_can_use(tmp_path: Path, pattern: str, hint: str) -> None:
    text = f"{MINIMAL}[[static.waiver]]\nsubject = '*'\nreason = 'r'\nexpires = 2027-01-31\ncheck = '{pattern}'"
    assert problems(tmp_path, text, CHECKS) == [f":8: static.waiver[0].check: matches no check{hint}"]


def test_a_long_list_of_checks_is_not_told(tmp_path: Path) -> None:
    many = tuple(f"api/check-{number}" for number in range(100))
    assert problems(tmp_path, f'{MINIMAL}severity.zzz = "risk"', many) == [":4: env.prod.severity.zzz: unknown check"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[env.prod\n", ":1: is not valid TOML: Expected ']' at the end of a table declaration (column 10)"),
        ('a = 1\nb = "', ":2: is not valid TOML: Unterminated string (at the end of the file)"),
        ("a = 1\n\na = 2", ":3: is not valid TOML: Cannot overwrite a value (at the end of the file)"),
        ("a = " + "[" * 100_000, ": arrays or tables are nested too deeply"),
        ("a = " + "1" * 10_000, ": is not valid TOML: Exceeds the limit"),
    ],
)
def test_broken_toml_is_one_problem(tmp_path: Path, text: str, expected: str) -> None:
    (told,) = problems(tmp_path, text)
    assert told.startswith(expected)


def test_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "vpclink.toml"
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError, match=r":2: is not UTF-8, as TOML must be$"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file or directory$"):
        load(tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r": cannot be read: Is a directory$"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[project]\nname = 'x'", ": has no table [tool.vpclink]"),
        ("[tool]\nvpclink = 1", ":2: tool.vpclink: expected a table, found an integer"),
        (
            "[tool.vpclink.env.a]\nvpc_links = ['x']",
            ":1: tool.vpclink.env.a.region: missing: expected a region such as eu-west-2",
        ),
        ("tool.vpclink = { env = { a = [] } }", ":1: tool.vpclink.env.a: expected a table, found an array"),
        ("[tool.vpclink.evn.a]", ":1: tool.vpclink.evn: unknown key (did you mean env?)"),
    ],
)
def test_pyproject(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text, name="pyproject.toml") == [expected]


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Every place inside a tree."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, element in inner:
        yield (*place, key)
        yield from places(element, (*place, key))


def with_value(tree: Any, place: Place, value: object) -> dict[str, object]:
    """A copy of the tree with another value in one place."""
    changed: dict[str, object] = deepcopy(tree)
    inner: Any = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


EXAMPLE = tomllib.loads(example())
SPOILT = st.builds(with_value, st.just(EXAMPLE), st.sampled_from(list(places(EXAMPLE))), values())


@given(written=st.one_of(trees(), SPOILT).map(write))
@profile(max_examples=300)
def test_a_random_file_is_read_or_refused(written: Written, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing but ConfigError comes out, and every problem names a line of the file."""
    path = tmp_path_factory.getbasetemp() / "random.toml"
    path.write_text(written.text, encoding="utf-8")
    found: tuple[Problem, ...] = ()
    try:
        load(path, CHECKS)
    except ConfigError as error:
        found = error.problems
    rows = len(written.text.splitlines())
    assert all(problem.line is not None and 1 <= problem.line <= rows for problem in found)


TABLES = ("[static]\n", "[[static.waiver]]\n", MINIMAL, BACKEND, PROBE, EXPECT, WAIVER)


@pytest.mark.parametrize("text", TABLES)
def test_every_key_that_is_accepted_is_in_the_docs(tmp_path: Path, text: str) -> None:
    (told,) = [line for line in problems(tmp_path, text + "q = 1") if "unknown key" in line]
    keys = told.partition("(valid: ")[2].rstrip(")").split(", ")
    docs = DOCS.read_text(encoding="utf-8")
    assert keys != [""]
    assert not [key for key in keys if f"`{key}`" not in docs and f".{key}]" not in docs]
