"""Cloud Map: a service, and the instances that are registered with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudMapService:
    """servicediscovery:GetService. ``record_types`` is empty where the service is found by API calls alone."""

    arn: str
    id: str
    name: str = ""
    record_types: tuple[str, ...] = ()  # SRV, A, AAAA, CNAME


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudMapInstance:
    """One item of servicediscovery:ListInstances. ``other`` names what else it is reached by."""

    id: str
    ipv4: str = ""
    ipv6: str = ""
    port: int | None = None
    other: str = ""  # AWS_INSTANCE_CNAME or AWS_ALIAS_DNS_NAME

    @property
    def title(self) -> str:
        """``10.0.1.20:8080``, as far as it is known."""
        address = self.ipv4 or (f"[{self.ipv6}]" if self.ipv6 else self.id)
        return address if self.port is None else f"{address}:{self.port}"
