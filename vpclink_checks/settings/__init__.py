"""Settings: what vpclink.toml (or [tool.vpclink]) says, validated and frozen. Contract, section 4."""

from vpclink_checks.settings.document import find_config, load
from vpclink_checks.settings.values import (
    BackendSettings,
    EnvSettings,
    EnvVar,
    Expect,
    ProbeSettings,
    Settings,
    StaticSettings,
    WaiverSettings,
)

__all__ = [
    "BackendSettings",
    "EnvSettings",
    "EnvVar",
    "Expect",
    "ProbeSettings",
    "Settings",
    "StaticSettings",
    "WaiverSettings",
    "find_config",
    "load",
]
