"""Verdicts on public addresses: open, not known, or shut with a certificate."""

from __future__ import annotations

from dataclasses import replace

from vpclink_checks.checks.verdict import Verdict, failed, unknown
from vpclink_checks.reach.internet import Door as PublicAddress
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.reach.sets import Addresses
from vpclink_checks.report import Evidence, Fix


def _evidence(door: PublicAddress, source: str) -> tuple[Evidence, ...]:
    """The address, and of each layer the rule that lets this source through."""
    found = Evidence("ec2:DescribeNetworkInterfaces", f"address of {door.interface_id}", door.public_address)
    asked = (layer for layer in door.layers if layer.operation)
    return (found, *(Evidence(layer.operation, layer.name, layer.rule_for(source)) for layer in asked))


def stands_open(what: str, exposure: Exposure, door: PublicAddress, fix: Fix | None = None) -> Verdict:
    sources = door.sources.sure
    witness = door.witness(sources)
    message = (
        f"{what} answers the internet: {_who(door, sources)} reach {door.public_address}:{door.port},"
        f" for example {witness.src}, because {'; '.join(witness.via)}"
    )
    steps = tuple(f"✓ {layer.name}: {rule}" for layer, rule in zip(door.layers, witness.via, strict=True))
    return failed(message, *_evidence(door, witness.src), fix=fix, witness=replace(witness, via=steps[1:]))


def _who(door: PublicAddress, sources: Addresses) -> str:
    """In short; the first layer holds every public source."""
    everybody = sources == door.layers[0].bounds.sure
    return f"all public IPv{sources.family} addresses" if everybody else sources.title


def not_known(what: str, door: PublicAddress) -> Verdict:
    doubts = "; ".join(door.sources.doubts)
    return unknown(f"whether the internet reaches {what} at {door.public_address}:{door.port} is not known: {doubts}")


def shut(exposure: Exposure) -> str:
    return "; ".join(exposure.certificate)
