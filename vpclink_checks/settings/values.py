"""What a config file says, as frozen values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from vpclink_checks.words import Severity


@dataclass(frozen=True, slots=True)
class EnvVar:
    """A secret that is read from the environment when it is sent, and never kept: ``{ env = "NAME" }``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a probe's answer must be. ``header`` and ``body`` are regular expressions."""

    status: tuple[int, ...] = ()
    json: Mapping[str, object] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    max_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSettings:
    """One declared probe (``[[env.NAME.probe]]``)."""

    method: str = "GET"
    path: str = "/"
    request_headers: Mapping[str, str | EnvVar] = field(default_factory=dict)
    auth: str = ""  # "" | "sigv4"
    client_cert: str = ""
    client_key: EnvVar | None = None
    body: str = ""
    connect_to: str = ""  # "host:port"
    ca_file: str = ""  # absolute, or relative to the config file and resolved
    attempts: int = 1
    expect: Expect = field(default_factory=Expect)
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSettings:
    """What a discovered path must turn out to be; "" or empty: not said."""

    base_path: str | None = None
    cluster: str = ""
    service: str = ""
    container: str = ""
    host_ports: Mapping[int, int] = field(default_factory=dict)
    dynamic_ports: bool | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverSettings:
    """``expires`` is the last day on which the waiver holds."""

    check: str
    subject: str
    reason: str
    expires: date
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSettings:
    """One environment. ``file`` and ``line`` say where it is declared."""

    name: str
    region: str = ""
    domains: tuple[str, ...] = ()
    account: str = ""
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    base_paths: tuple[str, ...] | None = None
    vpc_links: tuple[str, ...] = ()
    dns_external: bool = False
    dns_role_arn: str = ""
    auth: str = "consistent"  # consistent | required
    severity: Mapping[str, Severity] = field(default_factory=dict)
    backends: tuple[BackendSettings, ...] = ()
    probes: tuple[ProbeSettings, ...] = ()
    waivers: tuple[WaiverSettings, ...] = ()
    file: str = ""
    line: int | None = None

    def backends_for(self, base_paths: Collection[str], container: str = "") -> tuple[BackendSettings, ...]:
        """The blocks that speak of a path with these base paths and this container.

        The ones that name the most come first: a container before a base path. Their values win, and
        those of the others fill in what they do not say.
        """
        fits = [one for one in self.backends if one.base_path is None or one.base_path in base_paths]
        fits = [one for one in fits if not container or one.container in ("", container)]
        return tuple(sorted(fits, key=lambda one: (not one.container, one.base_path is None)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticSettings:
    """How files are judged."""

    unknown: str = "warn"
    network_mode: str | None = None
    dynamic_ports: bool | None = None
    severity: Mapping[str, Severity] = field(default_factory=dict)
    waivers: tuple[WaiverSettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A whole config file; ``file`` is None where there is none."""

    file: Path | None = None
    environments: Mapping[str, EnvSettings] = field(default_factory=dict)
    static: StaticSettings = field(default_factory=StaticSettings)
