"""EC2 in moto: no Block Public Access, no Verified Access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response


def options(_original: Any) -> Any:
    """Off, as in an account that never touched it (botocore model, VpcBlockPublicAccessOptions)."""

    def describe_vpc_block_public_access_options(self: Any) -> ActionResult:
        return ActionResult(
            {
                "VpcBlockPublicAccessOptions": {
                    "AwsAccountId": self.current_account,
                    "AwsRegion": self.region,
                    "State": "default-state",
                    "InternetGatewayBlockMode": "off",
                    "ExclusionsAllowed": "allowed",
                }
            }
        )

    return describe_vpc_block_public_access_options


def exclusions(_original: Any) -> Any:
    def describe_vpc_block_public_access_exclusions(self: Any) -> ActionResult:
        return ActionResult({"VpcBlockPublicAccessExclusions": []})

    return describe_vpc_block_public_access_exclusions


def verified_access(_original: Any) -> Any:
    def describe_verified_access_endpoints(self: Any) -> ActionResult:
        return ActionResult({"VerifiedAccessEndpoints": []})

    return describe_verified_access_endpoints


HOLES: tuple[tuple[Any, str, Callable[[Any], Any], tuple[str, ...] | None], ...] = (
    (EC2Response, "describe_vpc_block_public_access_options", options, None),
    (EC2Response, "describe_vpc_block_public_access_exclusions", exclusions, None),
    (EC2Response, "describe_verified_access_endpoints", verified_access, None),
)
