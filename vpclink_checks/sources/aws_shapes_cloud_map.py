"""Cloud Map's answers to the model."""

from __future__ import annotations

from vpclink_checks.model.cloud_map import CloudMapInstance, CloudMapService
from vpclink_checks.sources.aws_shapes import Raw, part, rows, text, text_map, whole

_NAMES = ("AWS_INSTANCE_CNAME", "AWS_ALIAS_DNS_NAME")


def service(raw: Raw, arn: str) -> CloudMapService:
    """``Service`` of servicediscovery:GetService."""
    records = rows(part(raw, "DnsConfig"), "DnsRecords")
    return CloudMapService(
        arn=arn,
        id=text(raw, "Id"),
        name=text(raw, "Name"),
        record_types=tuple(dict.fromkeys(text(one, "Type") for one in records)),
    )


def instance(raw: Raw) -> CloudMapInstance:
    """One item of servicediscovery:ListInstances; attributes as in the Cloud Map API reference, RegisterInstance."""
    held = text_map(raw, "Attributes")
    return CloudMapInstance(
        id=text(raw, "Id"),
        ipv4=held.get("AWS_INSTANCE_IPV4", ""),
        ipv6=held.get("AWS_INSTANCE_IPV6", ""),
        port=whole(held.get("AWS_INSTANCE_PORT")),
        other=next((name for name in _NAMES if held.get(name)), ""),
    )
