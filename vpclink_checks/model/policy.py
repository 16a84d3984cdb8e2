"""Resource policies, as far as they can be decided from their text alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

KNOWN = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. ``plain``: neither conditions nor Not… elements, so that its text alone decides."""

    effect: str  # Allow | Deny
    everyone: bool  # Principal "*"
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    plain: bool = True

    def concerns(self, action: str, resource: str) -> bool:
        """Whether action and resource match; where a Not… element stands in their place, they may.

        A resource may be written ``execute-api:/STAGE/…`` in place of the whole ARN
        (API Gateway developer guide, apigateway-resource-policies-examples).
        """
        on = not self.resources or any(fnmatchcase(resource, _tail(one)) for one in self.resources)
        return on and self._acts(action)

    def on_stage(self, action: str, stage: str) -> bool:
        """Whether it may match some request to this stage."""
        stages = [_tail(one).partition("/")[0] for one in self.resources]
        return self._acts(action) and (not stages or any(fnmatchcase(stage, one) for one in stages))

    def _acts(self, action: str) -> bool:
        return not self.actions or any(fnmatchcase(action.lower(), one.lower()) for one in self.actions)


def _tail(pattern: str) -> str:
    """What follows the API's id: ``arn:…:abc/prod/*`` and ``execute-api:/prod/*`` are ``prod/*``."""
    if pattern == "*":
        return pattern
    return pattern.rpartition(":")[2].partition("/")[2] or "*"


def statements(policy: str) -> tuple[Statement, ...]:
    """The statements of a policy document. Raises ValueError where it is none."""
    document = json.loads(policy)
    if not isinstance(document, Mapping):
        raise ValueError("a policy is a JSON object")  # noqa: TRY004 - the caller asks about the text
    listed = document.get("Statement", ())
    raw = [listed] if isinstance(listed, Mapping) else listed
    return tuple(_statement(one) for one in raw if isinstance(one, Mapping))


def _statement(raw: Mapping[str, object]) -> Statement:
    return Statement(
        effect=str(raw.get("Effect", "")),
        everyone=_everyone(raw.get("Principal")),
        actions=tuple(_words(raw.get("Action"))),
        resources=tuple(_words(raw.get("Resource"))),
        plain=set(raw) <= KNOWN and not raw.get("Condition"),
    )


def _everyone(principal: object) -> bool:
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return "*" in list(_words(named))


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))
