"""User data, reduced to the ECS agent's settings that checks ask about."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from email import message_from_string

_CLUSTER = r"[A-Za-z0-9_-]{1,255}"
_PORTS = r"\[[0-9,\s]{0,600}\]"
# Setting by setting, what its value may look like (amazon-ecs-agent, README): nothing else gets through.
_SETTINGS = {
    "ECS_CLUSTER": _CLUSTER,
    "ECS_RESERVED_PORTS": _PORTS,
    "ECS_RESERVED_PORTS_UDP": _PORTS,
    "ECS_DYNAMIC_HOST_PORT_RANGE": r"[0-9]{1,5}-[0-9]{1,5}",
    "ECS_ENABLE_TASK_ENI": r"(?:true|false)",
}
_FOUND = {
    name: re.compile(rf"(?<!\w){name}[\"']?\s*[=:,]\s*[\"']?({value})(?![\w-])") for name, value in _SETTINGS.items()
}


def agent_settings(user_data: str) -> str:
    """User data as AWS returns it (base64) to user data that holds the agent's settings alone (base64).

    Scripts, cloud-config, gzip and MIME archives are read; "" stays "". Applied twice it gives the same.
    """
    if not user_data:
        return ""
    script = "\n".join(_parts(_decoded(user_data)))
    lines = [f"{name}={match[1]}" for name, pattern in _FOUND.items() if (match := _last(pattern, script))]
    return base64.b64encode("\n".join([*lines, ""]).encode()).decode() if lines else ""


def _last(pattern: re.Pattern[str], script: str) -> re.Match[str] | None:
    """The agent reads its file from above: a later line wins."""
    found = None
    for found in pattern.finditer(script):  # noqa: B007 - the last one is wanted
        pass
    return found


def _decoded(user_data: str) -> str:
    try:
        raw = base64.b64decode("".join(user_data.split()), validate=True)
    except (binascii.Error, ValueError):
        return user_data
    if raw.startswith(b"\x1f\x8b"):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            return ""
    return raw.decode("utf-8", "replace")


def _parts(script: str) -> list[str]:
    """The script itself, and the parts of a MIME archive."""
    if "multipart/" not in script[:2000].lower():
        return [script]
    payloads = (part.get_payload(decode=True) for part in message_from_string(script).walk())
    return [one.decode("utf-8", "replace") for one in payloads if isinstance(one, bytes)]
