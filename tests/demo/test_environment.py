"""The built-in environment: its settings are a config that a user could copy."""

from __future__ import annotations

import pytest

from vpclink_checks.demo import environment
from vpclink_checks.errors import CollectError
from vpclink_checks.settings import load


def test_the_packaged_config_is_a_valid_one_of_a_users_own() -> None:
    (found,) = load(environment.CONFIG).environments.values()
    assert found.name != "demo"
    assert environment.settings().name == "demo"
    assert environment.settings().file == "demo.toml"
    assert environment.settings().domains == found.domains == ("api.example.com",)
    assert {one.container for one in environment.settings().backends} == {"api", "status"}
    assert all(one.attempts >= 4 for one in environment.settings().probes)


def test_an_unknown_fault_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        environment.recording("no-such-fault")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> object:
        raise ModuleNotFoundError("No module named 'trustme'", name="trustme")

    environment.faults()
    monkeypatch.setattr(environment, "import_module", missing)
    with pytest.raises(CollectError, match=r"the demo takes trustme: pip install 'vpclink-checks\[demo\]'"):
        environment.DataPlane()
