"""VPC links of both kinds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcLink:
    """apigateway:GetVpcLink (version 1) or apigatewayv2:GetVpcLink (version 2)."""

    id: str
    version: int
    name: str = ""
    status: str = "AVAILABLE"
    status_message: str = ""
    target_arns: tuple[str, ...] = ()  # v1: the NLB
    subnet_ids: tuple[str, ...] = ()  # v2
    security_group_ids: tuple[str, ...] = ()  # v2
