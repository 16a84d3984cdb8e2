"""Which certificate a TLS listener shows for the name that API Gateway asks for, and what is wrong with it.

A listener shows the certificate of its list that covers the name in the handshake, and its default one where
none does (ELB user guides, "SNI" and "certificate list"). HTTP APIs send ``serverNameToVerify`` (botocore 1.44.5,
apigatewayv2 TlsConfig); that REST APIs send the uri's host is unconfirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vpclink_checks.checks.catalogue import Context
from vpclink_checks.model.balancing import Listener
from vpclink_checks.model.domain import Certificate
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.path import Destination

TLS = ("TLS", "HTTPS")


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificate that a listener may show, and what is wrong with it ("" for nothing)."""

    certificate: Certificate
    wrong: str


def asked_name(there: Destination | None) -> str:
    """The name that the backend's certificate is held against; "" where the integration does not say one."""
    if there is None:
        return ""
    return there.integration.server_name_to_verify or (there.host if there.scheme == "https" else "")


def default_certificate(ctx: Context, listener: Listener) -> Certificate | None:
    """The one that DescribeListeners names; None where it does not exist. Raises UnknownFact."""
    return _read(ctx, listener.certificate_arns[0])


def covering(ctx: Context, listener: Listener) -> list[Certificate]:
    """Those of the listener's list that cover the name asked for; [] where none is asked for. Raises UnknownFact."""
    name = asked_name(ctx.here.destination)
    if not name or listener.protocol not in TLS:
        return []
    listed = ctx.topology.listener_certificates.find(listener.arn) or ()
    found = [_read(ctx, arn) for arn in listed if arn not in listener.certificate_arns]
    return [one for one in found if one is not None and one.covers(name)]


def _read(ctx: Context, arn: str) -> Certificate | None:
    if ":acm:" not in arn:
        message = f"{arn} is not in ACM: its names and dates are not read"
        raise UnknownFact(Gap(operation="acm:DescribeCertificate", action="", code="NotRead", message=message))
    return ctx.topology.certificates.find(arn)


def may_be_shown(
    ctx: Context, listener: Listener, default: Certificate, wrong_with: Callable[[Certificate], str]
) -> list[Shown]:
    """What the listener may show: one that is listed for the name, and its default one where that is not certain.

    Of several listed ones, the listener takes the one with the better key, which is not read.
    """
    listed = [Shown(one, wrong_with(one)) for one in covering(ctx, listener)]
    named = ctx.here.destination is not None and ctx.here.destination.integration.server_name_to_verify
    if listed and (named or not any(one.wrong for one in listed)):
        return listed
    return [*listed, Shown(default, wrong_with(default))]
