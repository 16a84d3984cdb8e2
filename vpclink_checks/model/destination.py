"""From an integration as written to where it sends its requests on one stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from vpclink_checks.model.api import Integration
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Destination
from vpclink_checks.words import REDACTED

VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}", re.ASCII)
DEFAULT_PORTS = {"http": 80, "https": 443}


def expand(text: str, variables: Mapping[str, str]) -> str:
    """The text with the stage variables that the stage has; the others stay as written."""
    return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)


def destination_of(integration: Integration, variables: Mapping[str, str]) -> Destination:
    """Where this integration leads on a stage (or its canary) with these variables.

    Stage variables may stand in the uri and in connectionId (API Gateway developer guide,
    set-up-private-integration). The port is the uri's own or its scheme's default.
    """
    written = (integration.connection_id, integration.uri, integration.target)
    hidden = hidden_in(integration, variables)
    shown = {name: value for name, value in variables.items() if name not in hidden}
    connection_id, uri, target = (expand(one, shown) for one in written)
    scheme, host, port = _parts(uri)
    return Destination(
        integration=integration,
        connection_id=connection_id,
        uri=uri,
        target=target,
        scheme=scheme,
        host=host,
        port=port,
        undefined=tuple(name for name in dict.fromkeys(VARIABLE.findall(" ".join(written))) if name not in variables),
        hidden=hidden,
    )


def hidden_in(integration: Integration, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The stage variables that decide where it leads and whose values were removed as secrets."""
    deciding = (integration.connection_id, integration.target, _authority(integration.uri))
    named = dict.fromkeys(name for one in deciding for name in VARIABLE.findall(one))
    return tuple(name for name in named if not readable(variables.get(name, "")))


def readable(value: str) -> bool:
    """Whether the value of a stage variable still says where it leads: a user's name or a query may be gone."""
    return REDACTED not in _authority(value)


def hidden_gap(names: tuple[str, ...]) -> Gap:
    """Why it is not known where an integration with these hidden stage variables leads."""
    variables = f"stage variable {', '.join(names)}" if len(names) == 1 else f"stage variables {', '.join(names)}"
    return Gap(
        operation="apigateway:GetStage",
        action="",
        code="Redacted",
        message=f"the value of {variables} was removed, because its name or the value looks like a secret's",
    )


def _authority(uri: str) -> str:
    """``user@host:port`` of an address, without the user; whole where there is no path."""
    return re.split(r"[/?#]", uri.partition("://")[2] or uri, maxsplit=1)[0].rpartition("@")[2]


def _parts(uri: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an http(s) uri, a stage variable left as its host; ("", "", None) for an ARN."""
    scheme = uri.partition("://")[0].lower()
    if scheme not in DEFAULT_PORTS or "://" not in uri:
        return "", "", None
    try:
        parts = urlsplit(uri)
        return scheme, parts.hostname or "", parts.port or DEFAULT_PORTS[scheme]
    except ValueError:  # a port that is no number, brackets that do not close
        return scheme, "", None
