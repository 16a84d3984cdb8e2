"""Nothing outside the table is ever sent: every operation of every service in use, called as a client would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.older import SESSION
from tests.sources.demo_facts import demo
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ALLOWED, TABLE
from vpclink_checks.sources.live.guard import CREDENTIALS, RefusedError
from vpclink_checks.sources.live.session import open_session

SERVICES = sorted(
    ({row.service for row in TABLE} | {service for service, _ in CREDENTIALS})
    & set(SESSION.get_available_services())  # an older botocore may lack one
)


@pytest.fixture(scope="module")
def aws_stand() -> Iterator[Standin]:
    with Standin(World(demo())) as stand:
        yield stand


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_that_is_not_in_the_table_is_refused_before_a_byte_is_sent(
    aws_stand: Standin, service: str
) -> None:
    aws_stand.forget()
    client = guarded(aws_stand, service)
    names = [one for one in client.meta.service_model.operation_names if (service, one) not in ALLOWED | CREDENTIALS]
    assert names
    assert [name for name in names if not refused(client, name)] == []
    assert aws_stand.log == []


def guarded(aws: Standin, service: str) -> Any:
    """A client of a session that is guarded as the collector's are; it sends whatever it is given."""
    session = open_session(EnvSettings(name="prod", region="eu-west-2"))
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, inject_host_prefix=False)
    return session.create_client(service, region_name="eu-west-2", endpoint_url=aws.url, config=config)


def refused(client: Any, name: str) -> bool:
    """Whether the guard refuses it; the parameters are those that its address needs, so that it could be sent."""
    shape = client.meta.service_model.operation_model(name).input_shape
    params = {key: _value(shape.members[key]) for key in shape.required_members} if shape is not None else {}
    try:
        getattr(client, xform_name(name))(**params)
    except RefusedError:
        return True
    except (ClientError, BotoCoreError):
        return False
    return False


def _value(shape: Any) -> Any:
    if shape.type_name == "structure":
        return {key: _value(shape.members[key]) for key in shape.required_members}
    values: dict[str, Any] = {"list": [], "map": {}, "boolean": False, "blob": b"x", "timestamp": 0}
    numbers = dict.fromkeys(("integer", "long", "float", "double"), 1)
    return (values | numbers).get(shape.type_name, "x")


def test_without_the_guard_they_would_be_sent(aws_stand: Standin) -> None:
    """Else the test above would hold of a client that cannot reach anything."""
    aws_stand.forget()
    session = botocore.session.Session()
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    for service, method in (("ec2", "terminate_instances"), ("apigateway", "get_rest_apis"), ("ecs", "list_tasks")):
        client = session.create_client(service, region_name="eu-west-2", endpoint_url=aws_stand.url, config=config)
        with pytest.raises(ClientError) if method == "terminate_instances" else _nothing():
            getattr(client, method)()
    assert [one.operation for one in aws_stand.log] == ["TerminateInstances", "GetRestApis", "ListTasks"]


def _nothing() -> Any:
    from contextlib import nullcontext  # noqa: PLC0415

    return nullcontext()
