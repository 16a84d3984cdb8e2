"""The built-in environment: its settings, its facts whole or broken, and its data plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from vpclink_checks.demo import overlay
from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.wire import Plane
from vpclink_checks.errors import CollectError
from vpclink_checks.settings import EnvSettings, load
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.facts import Recording

if TYPE_CHECKING:
    from vpclink_checks.demo.data_plane import Running

HERE = Path(__file__).parent
CONFIG, SNAPSHOT = HERE / "demo.toml", HERE / "snapshot.json"
FAULTS = ("front", "balancing", "network", "hosts", "outside", "doors")


@cache
def settings() -> EnvSettings:
    """The environment "demo", as ``demo.toml`` describes it under a name that users may copy."""
    (found,) = load(CONFIG).environments.values()
    return replace(found, name="demo", file=CONFIG.name)


def recording(fault_id: str | None = None) -> Recording:
    """The demo's facts, with one thing broken or none. Raises KeyError for no such fault."""
    whole = _whole()
    if not fault_id:
        return whole
    return replace(whole, facts=overlay.applied(whole.facts, faults()[fault_id].changes))


@cache
def _whole() -> Recording:
    return snapshot.read(SNAPSHOT)


@cache
def faults() -> Mapping[str, Fault]:
    """Every fault by id, in the order of the path."""
    modules = (import_module(f"vpclink_checks.demo.faults.{name}") for name in FAULTS)
    every = [fault for module in modules for fault in module.FAULTS]
    return {fault.id: fault for fault in every}


def DataPlane(fault_id: str | None = None) -> Running:  # noqa: N802 - used as a class, made late
    """The data plane under a fault or none, as a context manager with ``connect_to`` and ``ca_file``.

    Raises CollectError where what makes its certificates is not installed.
    """
    try:
        module = import_module("vpclink_checks.demo.data_plane")
    except ModuleNotFoundError as missing:
        text = f"the demo takes {missing.name}: pip install 'vpclink-checks[demo]'"
        raise CollectError(text) from None
    running: Running = module.Running(faults()[fault_id].plane if fault_id else Plane())
    return running
