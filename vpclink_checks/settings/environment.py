"""One environment of the config, and [static], which shares its severities and waivers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from fnmatch import fnmatchcase

from vpclink_checks.settings.probe import read_probe
from vpclink_checks.settings.reader import Table, nearest
from vpclink_checks.settings.rules import (
    ACCOUNT,
    BASE_PATH,
    CHECK_ID,
    CHECK_PATTERN,
    DOMAIN,
    ENV_NAME,
    FILLED,
    MAX_PORT,
    PORT_KEY,
    REGION,
    ROLE_ARN,
    URL,
)
from vpclink_checks.settings.values import BackendSettings, EnvSettings, StaticSettings, WaiverSettings
from vpclink_checks.words import Severity

RESERVED_NAMES = ("all", "demo")
NETWORK_MODES = ("bridge", "host", "awsvpc", "none", "default")
CheckIds = Collection[str] | None


def read_environments(table: Table, check_ids: CheckIds) -> dict[str, EnvSettings]:
    """Every ``[env.NAME]``, in the order of the file."""
    found = {}
    for name, value in table.entries():
        if name in RESERVED_NAMES:
            table.wrong(name, "this name is reserved: choose another")
        elif not ENV_NAME.fits(name):
            table.wrong(name, f"expected a name of {ENV_NAME.expected}")
        environment = table.table(name)
        if isinstance(value, dict):
            found[name] = _read_environment(name, environment, check_ids)
    return found


def read_static(table: Table, check_ids: CheckIds) -> StaticSettings:
    """``[static]``: how files are judged."""
    settings = StaticSettings(
        unknown=table.choice("unknown", ("fail", "warn"), default="warn"),
        network_mode=table.choice("network_mode", NETWORK_MODES, default="") or None,
        dynamic_ports=table.flag("dynamic_ports"),
        severity=_severities(table, check_ids),
        waivers=_waivers(table, check_ids),
    )
    table.close()
    return settings


def _read_environment(name: str, table: Table, check_ids: CheckIds) -> EnvSettings:
    dns_external, dns_role_arn = _dns(table)
    base_paths = _base_paths(table)
    settings = EnvSettings(
        name=name,
        region=table.text("region", REGION, required=True),
        domains=_domains(table),
        account=table.text("account", ACCOUNT),
        profile=table.text("profile"),
        role_arn=table.text("role_arn", ROLE_ARN),
        external_id=table.text("external_id", hidden=True),
        endpoint_url=table.text("endpoint_url", URL, hidden=True),
        base_paths=base_paths,
        vpc_links=table.texts("vpc_links") or (),
        dns_external=dns_external,
        dns_role_arn=dns_role_arn,
        auth=table.choice("auth", ("consistent", "required"), default="consistent"),
        severity=_severities(table, check_ids),
        backends=_backends(table, base_paths),
        probes=tuple(read_probe(probe) for probe in table.tables("probe")),
        waivers=_waivers(table, check_ids),
        file=table.notes.file,
        line=table.line,
    )
    _note_contradictions(table)
    table.close()
    return settings


def _domains(table: Table) -> tuple[str, ...]:
    names = table.texts("domain", DOMAIN, or_one=True)
    if names is None and not table.has("vpc_links"):
        table.wrong("domain", f"missing: expected {DOMAIN.expected}", "or start from vpc_links")
    return tuple(name.lower() for name in names or ())


def _base_paths(table: Table) -> tuple[str, ...] | None:
    """API Gateway's own ``(none)`` means the root, "" in the model."""
    paths = table.texts("base_paths", BASE_PATH)
    return None if paths is None else tuple(_root_as_empty(path) for path in paths)


def _root_as_empty(base_path: str) -> str:
    return "" if base_path == "(none)" else base_path


def _dns(table: Table) -> tuple[bool, str]:
    dns = table.table("dns")
    external, role_arn = dns.flag("external"), dns.text("role_arn", ROLE_ARN)
    if isinstance(table.take("dns"), dict) and dns.has("external") == dns.has("role_arn"):
        table.wrong("dns", 'expected either { external = true } or { role_arn = "…" }')
    dns.close()
    return external or False, role_arn


def _note_contradictions(table: Table) -> None:
    """Keys that take each other's effect away: nothing is accepted and ignored."""
    if table.has("profile") and table.has("role_arn"):
        table.wrong("role_arn", "expected either profile or role_arn, found both")
    if table.has("external_id") and not table.has("role_arn"):
        table.wrong("external_id", "has no effect without role_arn")
    if table.has("vpc_links") and not table.has("domain"):
        for key in ("base_paths", "dns"):
            if table.has(key):
                table.wrong(key, "has no effect without domain")


def _severities(table: Table, check_ids: CheckIds) -> Mapping[str, Severity]:
    severities = table.table("severity")
    found = {}
    for check_id, value in severities.entries():
        if check_ids is not None and check_id not in check_ids:
            severities.wrong(check_id, "unknown check", nearest(check_id, check_ids))
        elif not CHECK_ID.fits(check_id):
            severities.wrong(check_id, f"expected {CHECK_ID.expected}")
        severity = severities.notes.choice(severities.at(check_id), value, Severity)
        if severity is not None:
            found[check_id] = Severity(severity)
    return found


def _backends(table: Table, base_paths: Collection[str] | None) -> tuple[BackendSettings, ...]:
    found: list[BackendSettings] = []
    for backend in table.tables("backend"):
        one = _read_backend(backend)
        _note_unreached(table, backend, one, base_paths)
        twin = next((b for b in found if (b.base_path, b.container) == (one.base_path, one.container)), None)
        if twin is not None:
            backend.mistake(f"the backend of line {twin.line} has the same base_path and container")
        found.append(one)
    return tuple(found)


def _note_unreached(table: Table, backend: Table, one: BackendSettings, base_paths: Collection[str] | None) -> None:
    """A base path that discovery does not come by: its block would be ignored."""
    if one.base_path is None:
        return
    if table.has("vpc_links") and not table.has("domain"):
        backend.wrong("base_path", "has no effect without domain")
    elif base_paths and one.base_path not in base_paths:
        shown = ", ".join(f'"{path}"' for path in base_paths)
        backend.wrong("base_path", f'"{one.base_path}" is not among base_paths', f"base_paths names {shown}")


def _read_backend(table: Table) -> BackendSettings:
    base_path = _root_as_empty(table.text("base_path", BASE_PATH))
    settings = BackendSettings(
        base_path=base_path if table.has("base_path") else None,
        cluster=table.text("cluster"),
        service=table.text("service"),
        container=table.text("container"),
        host_ports=_host_ports(table),
        dynamic_ports=table.flag("dynamic_ports"),
        line=table.line,
    )
    table.close()
    return settings


def _host_ports(table: Table) -> Mapping[int, int]:
    """``containerPort = hostPort``; the host port 0 says that it must be a dynamic one."""
    ports = table.table("host_ports")
    found = {}
    for key, value in ports.entries():
        container_port = ports.notes.text(ports.at(key), key, PORT_KEY)
        host_port = ports.notes.integer(ports.at(key), value, 0, MAX_PORT)
        if container_port is not None and host_port is not None:
            found[int(container_port)] = host_port
    return found


def _waivers(table: Table, check_ids: CheckIds) -> tuple[WaiverSettings, ...]:
    return tuple(_read_waiver(waiver, check_ids) for waiver in table.tables("waiver"))


def _read_waiver(table: Table, check_ids: CheckIds) -> WaiverSettings:
    check = table.text("check", CHECK_PATTERN if check_ids is None else FILLED, required=True)
    if check and check_ids is not None and not any(fnmatchcase(known, check) for known in check_ids):
        table.wrong("check", "matches no check", nearest(check, check_ids))
    settings = WaiverSettings(
        check=check,
        subject=table.text("subject", required=True),
        reason=table.text("reason", required=True),
        expires=_last_day(table),
        line=table.line,
    )
    table.close()
    return settings


def _last_day(table: Table) -> date:
    """The day itself may be over: a waiver that has expired is judged, not refused here."""
    value = table.take("expires")
    if type(value) is date:  # a date-time is a date to isinstance
        return value
    if value is None:
        table.wrong("expires", "missing: expected the last day, such as 2027-01-31")
    else:
        hint = "without quotes" if isinstance(value, str) else None
        table.wrong("expires", "expected a date such as 2027-01-31", hint)
    return date.min
