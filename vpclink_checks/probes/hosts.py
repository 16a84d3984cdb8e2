"""Hosts as testinfra sees them, over the machine's own ssh and its ~/.ssh/config. Nothing is connected yet."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from vpclink_checks.errors import CollectError

if TYPE_CHECKING:
    from testinfra.host import Host


def require() -> None:
    """Raises CollectError where testinfra is not installed."""
    if find_spec("testinfra") is None:
        raise CollectError("vpclink_hosts takes testinfra: pip install 'vpclink-checks[hosts]'")


def over_ssh(address: str) -> Host:
    """The host at this address.

    testinfra calls the program ``ssh``, which reads the user's own config: users, keys and jump hosts come from there.
    """
    import testinfra  # noqa: PLC0415 - an extra

    return testinfra.get_host(f"ssh://{address}")
