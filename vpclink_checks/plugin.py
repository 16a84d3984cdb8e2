"""The pytest plugin: its options, and nothing else until it is asked for.

Idle, this module costs a few small imports; the gate (the package gate) comes in when an environment, a
snapshot, a config file or a JSON file is named, or --vpclink-static is given.
"""

from __future__ import annotations

import pytest

from vpclink_checks.gate import fixtures
from vpclink_checks.gate.arguments import may_be_ours

TITLE = "vpclink: a private API on AWS, audited hop by hop"
OPTIONS = (
    ("env", "NAME[,NAME...]", "environments of vpclink.toml to check; 'all'; 'demo' is built in"),
    ("config", "FILE", "config file (default: vpclink.toml, else [tool.vpclink] in pyproject.toml)"),
    ("snapshot", "PATH", "read facts from this recording, touch no network; {env} becomes the environment's name"),
    ("record", "PATH", "write what was collected, secrets removed; {env} becomes the environment's name"),
    ("report", "DIR", "where reports go; empty for none (default: reports/ where an environment is checked)"),
    ("fail-on", "SEVERITY", "findings below this do not gate: blocker, exposure, risk or hygiene (default: risk)"),
    ("unknown", "fail|warn", "what an unknown does (default: fail for environments, warn for files)"),
    ("probe", "on|off", "send probes (default: on for live and demo)"),
    ("host", "off|ssh", "hand out the container instances as testinfra hosts (default: off)"),
    ("fault", "ID", "demo or snapshot: break one thing first, to see the gate close"),
)
STATIC = "collect infrastructure files in the folders given"
MARKER = "vpclink(hop, check, severity): one check of the private API path; -m vpclink is the whole gate"


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option group; every option has an ini twin with underscores."""
    group = parser.getgroup("vpclink", TITLE)
    for name, metavar, text in OPTIONS:
        group.addoption(f"--vpclink-{name}", metavar=metavar, default=None, help=text.replace("%", "%%"))
        parser.addini(ini_name(name), text, default=None)
    group.addoption("--vpclink-static", action="store_true", default=None, help=STATIC)
    parser.addini(ini_name("static"), STATIC, type="bool", default=False)


def ini_name(option: str) -> str:
    """``fail-on`` -> ``vpclink_fail_on``."""
    return f"vpclink_{option.replace('-', '_')}"


def given(config: pytest.Config, option: str) -> object:
    """An option's value from the command line, else from the ini file, else None."""
    value: object = config.getoption(f"vpclink_{option.replace('-', '_')}")
    if value is not None:
        return value
    try:
        found: object = config.getini(ini_name(option))
    except (ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"{config.inipath}: {ini_name(option)}: expected true or false ({error})") from None
    return None if option == "env" and not found else found


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, the fixtures and, if anything was asked for, the gate."""
    config.addinivalue_line("markers", MARKER)
    if _asked(config):
        from vpclink_checks.gate.hooks import Gate  # noqa: PLC0415 - idle runs must not pay for it
        from vpclink_checks.gate.users import Users  # noqa: PLC0415

        gate = Gate.of(config)
        config.pluginmanager.register(gate, fixtures.GATE)
        config.pluginmanager.register(Users(gate), fixtures.USERS)
    config.pluginmanager.register(fixtures, "vpclink-fixtures")


def _asked(config: pytest.Config) -> bool:
    if config.getoption("vpclink_env") is not None or any(given(config, one) for one in ("env", "snapshot", "static")):
        return True
    if any(config.getoption(f"vpclink_{option}") for option in ("record", "fault")):
        return True  # for nothing: the gate says so
    return any(may_be_ours(arg.partition("::")[0]) for arg in config.args)
