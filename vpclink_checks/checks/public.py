"""Verdicts on public addresses: open, not known, or shut with a certificate."""

from __future__ import annotations

from vpclink_checks.checks.verdict import Verdict, failed, unknown
from vpclink_checks.reach.internet import Door as PublicAddress
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.report import Evidence, Fix


def _evidence(door: PublicAddress) -> tuple[Evidence, ...]:
    found = [Evidence("ec2:DescribeNetworkInterfaces", f"address of {door.interface_id}", door.public_address)]
    return (*found, *(Evidence(layer.operation, layer.name, layer.closed) for layer in door.layers if layer.operation))


def stands_open(what: str, exposure: Exposure, door: PublicAddress, fix: Fix | None = None) -> Verdict:
    sources = door.sources.sure
    witness = door.witness(sources)
    message = (
        f"{what} answers the internet: {sources.title} reach {door.public_address}:{door.port},"
        f" for example {witness.src}, because {'; '.join(witness.via)}"
    )
    return failed(message, *_evidence(door), fix=fix, witness=witness)


def not_known(what: str, door: PublicAddress) -> Verdict:
    doubts = "; ".join(door.sources.doubts)
    return unknown(f"whether the internet reaches {what} at {door.public_address}:{door.port} is not known: {doubts}")


def shut(exposure: Exposure) -> str:
    return "; ".join(exposure.certificate)
