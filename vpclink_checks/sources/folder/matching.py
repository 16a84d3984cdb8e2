"""What an item of an answer says about itself: which of the things asked for it is, or belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vpclink_checks.sources.aws_shapes import dns_name, part, rows
from vpclink_checks.sources.aws_shapes_export import document
from vpclink_checks.sources.folder.names import kebab, resource_of, same

Item = Any  # a structure, or the ARN alone
# A filter whose values are the ids of what is listed: what is found is all there is of it.
_IDENTITIES = {
    "InternetGateways": "internet-gateway-id",
    "NetworkAcls": "network-acl-id",
    "NetworkInterfaces": "network-interface-id",
    "Reservations": "instance-id",
    "RouteTables": "route-table-id",
    "SecurityGroups": "group-id",
    "Subnets": "subnet-id",
    "VpcEndpoints": "vpc-endpoint-id",
    "VpcPeeringConnections": "vpc-peering-connection-id",
    "VpnGateways": "vpn-gateway-id",
    "Vpcs": "vpc-id",
}
_ALSO = {"addresses": "private-ip-addresses"}  # DescribeNetworkInterfaces' word for its field
_SERVER = re.compile(r"https?://(?P<api>[a-z0-9]+)\.execute-api\.[^/]+(?:/(?P<stage>[^/]+))?")


def identifies(key: str, name: str) -> bool:
    """Whether a filter of this name, on the list under *key*, names the listed things themselves."""
    return _IDENTITIES.get(key) == name


def by_filter(item: Item, name: str, value: str) -> Item | None:
    """The item, if EC2's filter would let it through; a reservation with the fitting instances alone."""
    if "Instances" in item and "ReservationId" in item:
        fitting = [one for one in rows(item, "Instances") if by_filter(one, name, value) is not None]
        return {**item, "Instances": fitting} if fitting else None
    return item if value in _values(item, name.split(".")) else None


def legible(item: Item, name: str) -> bool:
    """Whether the item has the field that a filter looks at, be it empty."""
    if "Instances" in item and "ReservationId" in item:
        return all(legible(one, name) for one in rows(item, "Instances"))
    spelt = _ALSO.get(name.partition(".")[0], name.partition(".")[0])
    own = any(kebab(key) in (spelt, f"{spelt}s") for key in item)
    return own or any(_own(one, name) for one in _structures(item.values()))


def _values(item: Any, path: list[str]) -> Iterator[str]:
    """The values that a filter looks at: ``attachment.vpc-id`` means ``Attachments[].VpcId``."""
    if not isinstance(item, Mapping):
        return
    name = path[0]
    spelt = _ALSO.get(name, name)
    held = next((value for key, value in item.items() if kebab(key) in (spelt, f"{spelt}s")), None)
    if len(path) > 1:
        inside = held if isinstance(held, list | tuple) else [held]
        yield from (value for one in inside for value in _values(one, path[1:]))
    elif held is not None:
        yield from map(str, held if isinstance(held, list | tuple) else [held])
    else:  # group-id of an interface: Groups[].GroupId
        yield from (value for one in _structures(item.values()) for value in _own(one, name))


def _structures(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for value in values:
        yield from (one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Mapping))


def _own(item: Mapping[str, Any], name: str) -> list[str]:
    return [value for key, value in item.items() if kebab(key) == name and isinstance(value, str)]


def by_id(item: Item, key: str, value: str) -> bool:
    """Whether the item is the one that *value* names in a list of ids under *key*."""
    if key == "Versions":
        return _is_version(item, value)
    return any(same(one, value) for one in item.values() if isinstance(one, str))


def _is_version(item: Item, value: str) -> bool:
    """A launch template's version by number; ``$Default`` says itself, ``$Latest`` is told elsewhere."""
    return item.get("DefaultVersion") is True if value == "$Default" else str(item.get("VersionNumber")) == value


def latest(items: Iterable[Item]) -> Item | None:
    """The newest of a launch template's versions."""
    return max(items, key=_version, default=None)


def _version(item: Item) -> int:
    number = item.get("VersionNumber")
    return number if isinstance(number, int) else 0


def says(content: Item, name: str, value: str) -> bool:
    """Whether the content itself says that its parameter *name* was *value*."""
    if isinstance(content, str):
        return name == "cluster" and same(_cluster_in(content), value.rpartition("/")[2])
    if "body" in content:
        return value in _servers(content["body"], name)
    if name == "ListenerArn" and "RuleArn" in content:
        return _listener_of(str(content["RuleArn"])) == value
    found = [*_fields(content, name), *(one for inner in content.values() for one in _inner(inner, name))]
    if name in ("domainName", "DomainName"):
        return any(dns_name(one) == dns_name(value) for one in found)
    arns = (one for one in content.values() if isinstance(one, str) and one.startswith("arn:"))
    return any(same(one, value) for one in found) or (name == "cluster" and any(says(arn, name, value) for arn in arns))


def _fields(content: Item, name: str) -> Iterator[str]:
    """The texts in the fields that may hold this parameter: ``restApiId`` in ``restApiId`` or ``id``."""
    keys = {name.lower(), f"{name.lower()}arn"} | ({"id"} if name in ("restApiId", "vpcLinkId") else set())
    for key, value in content.items():
        if key.lower() in keys and isinstance(value, str):
            yield value


def _inner(value: Any, name: str) -> Iterator[str]:
    """One level down, where an answer wraps its one thing: ``Certificate``, ``taskDefinition``."""
    if isinstance(value, Mapping):
        yield from (one for one in _fields(value, name) if one.startswith("arn:"))


def _cluster_in(arn: str) -> str:
    """``…:service/CLUSTER/NAME`` -> ``CLUSTER``; "" in the ARNs of old that do not say it."""
    parts = resource_of(arn)
    return parts[1] if len(parts) == 3 else ""  # noqa: PLR2004


def _listener_of(rule: str) -> str:
    """``…:listener-rule/net/NAME/LB/LISTENER/RULE`` -> ``…:listener/net/NAME/LB/LISTENER``."""
    return rule.rpartition("/")[0].replace(":listener-rule/", ":listener/")


def _servers(body: Any, name: str) -> set[str]:
    """The API id, or the stages, in the addresses that an exported document names."""
    found: set[str] = set()
    for server in rows(document(body) or {}, "servers"):
        base = part(part(server, "variables"), "basePath").get("default", "")
        url = str(server.get("url", "")).replace("/{basePath}", f"/{str(base).strip('/')}")
        if match := _SERVER.match(url):
            found.add(match["api" if name in ("restApiId", "ApiId") else "stage"] or "$default")
    return found
