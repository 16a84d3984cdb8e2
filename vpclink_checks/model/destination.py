"""From an integration as written to where it sends its requests on one stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from vpclink_checks.model.api import Integration
from vpclink_checks.model.path import Destination

VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
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
    connection_id, uri, target = (expand(one, variables) for one in written)
    scheme, host, port = _parts(uri)
    return Destination(
        integration=integration,
        connection_id=connection_id,
        uri=uri,
        target=target,
        scheme=scheme,
        host=host,
        port=port,
        undefined=tuple(sorted({name for one in written for name in VARIABLE.findall(one) if name not in variables})),
    )


def _parts(uri: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; ("", "", None) for a uri that is no web address, or not resolved."""
    if not uri.lower().startswith(("http://", "https://")) or VARIABLE.search(uri):
        return "", "", None
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port or DEFAULT_PORTS[parts.scheme]
