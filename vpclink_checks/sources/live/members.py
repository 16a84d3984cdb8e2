"""What this botocore drops from an answer because it is older than the field: its absence is then no fact."""

from __future__ import annotations

from typing import Any

import botocore
from botocore.model import NoShapeFoundError

from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Call, Lacking


def lacking(client: Any, call: Call) -> Lacking | None:
    """The members of the call's answer that the client's model does not know; None for none."""
    model = client.meta.service_model
    names = tuple(one for one in ROWS[call.service, call.operation].members if not _knows(model, one))
    return Lacking(botocore.__version__, names) if names else None


def _knows(model: Any, member: str) -> bool:
    shape, _, name = member.partition(".")
    try:
        return name in model.shape_for(shape).members
    except NoShapeFoundError:
        return False
