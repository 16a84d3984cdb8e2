"""The integrations in an exported OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from vpclink_checks.sources.leads.answers import Raw, part

_EXTENSION = "x-amazon-apigateway-integration"


def integrations(body: object) -> Iterator[Raw]:
    """Those of the operations, and those that operations share; none where it is not a document."""
    try:
        document = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return
    if not isinstance(document, Mapping):
        return
    paths = (one for one in part(document, "paths").values() if isinstance(one, Mapping))
    operations = (one for path in paths for one in path.values() if isinstance(one, Mapping))
    yield from (part(one, _EXTENSION) for one in operations)
    shared = part(part(document, "components"), f"{_EXTENSION}s").values()
    yield from (one for one in shared if isinstance(one, Mapping))
