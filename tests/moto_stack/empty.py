"""Answers of services that moto does not have, or not this part of: there is nothing of the kind."""

from __future__ import annotations

# As AWS answers an account without any (botocore models: globalaccelerator and ecs are JSON, cloudfront is XML).
EMPTY = {
    "globalaccelerator:ListAccelerators": b'{"Accelerators": []}',
    "globalaccelerator:ListCustomRoutingAccelerators": b'{"Accelerators": []}',
    "globalaccelerator:ListCrossAccountAttachments": b'{"CrossAccountAttachments": []}',
    "ecs:ListGateways": b'{"gateways": []}',
    "cloudfront:ListVpcOrigins": (
        b'<?xml version="1.0"?><VpcOriginList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker></Marker>'
        b"<MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>0</Quantity></VpcOriginList>"
    ),
}
