"""The demo's snapshot holds what boto3 returns, not what somebody remembers of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import botocore.validate
import pytest

from tests.older import LACKED, known_part
from vpclink_checks.sources.facts import Call

SNAPSHOT = Path(__file__).parents[2] / "vpclink_checks" / "demo" / "snapshot.json"
CALLS: list[dict[str, Any]] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["calls"]
SESSION = botocore.session.get_session()


class Strict(botocore.validate.ParamValidator):
    """botocore's own validator overlooks keys that a shape does not know; here they are mistakes."""

    def validate(self, params: Any, shape: Any) -> str:
        unknown = sorted(_unknown_keys(params, shape, shape.name))
        return "\n".join([*unknown, super().validate(params, shape).generate_report()]).strip()


def _unknown_keys(value: Any, shape: Any, where: str) -> set[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        strangers = {f"{where}.{key}" for key in value if key not in shape.members}
        inner = [(value[key], member, f"{where}.{key}") for key, member in shape.members.items() if key in value]
    elif shape.type_name == "list" and isinstance(value, list):
        strangers, inner = set(), [(one, shape.member, f"{where}[]") for one in value]
    elif shape.type_name == "map" and isinstance(value, dict):
        strangers, inner = set(), [(one, shape.value, f"{where}{{}}") for one in value.values()]
    else:
        return set()
    return strangers.union(*(_unknown_keys(*one) for one in inner))


def _name(call: dict[str, Any]) -> str:
    return f"{call['service']}:{call['operation']}"


@pytest.mark.parametrize("call", [call for call in CALLS if _name(call) not in LACKED], ids=_name)
@pytest.mark.parametrize("side", ["params", "response"])
def test_every_recorded_call_is_of_the_shape_that_boto3_sends_and_returns(call: dict[str, Any], side: str) -> None:
    operation = SESSION.get_service_model(call["service"]).operation_model(call["operation"])
    shape = operation.input_shape if side == "params" else operation.output_shape
    held = call[side]
    if LACKED and side == "response":  # an older botocore: its model is no judge of what came after it
        held = known_part(Call(call["service"], call["operation"]), held)
    assert Strict().validate(held, shape) == ""


def test_the_snapshot_plants_secrets_that_nothing_may_show() -> None:
    text = SNAPSHOT.read_text(encoding="utf-8")
    assert "demo-connection-string" in text
    assert any(call["operation"] == "DescribeLaunchConfigurations" for call in CALLS)


def test_no_call_is_recorded_twice() -> None:
    keys = [(_name(call), json.dumps(call["params"], sort_keys=True)) for call in CALLS]
    assert len(keys) == len(set(keys))
