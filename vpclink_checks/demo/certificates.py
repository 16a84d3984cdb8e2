"""The front's certificate, from an authority that is made at start and thrown away at the end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


def issue(kind: str, domain: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """The server's TLS context, and the file with the authority that vouches for it.

    *kind*: "valid", "expired" (yesterday) or "other-name".
    """
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    today = datetime.now(UTC)
    not_after = today - timedelta(days=1) if kind == "expired" else today + timedelta(days=30)
    name = f"other.{domain}" if kind == "other-name" else domain
    certificate = authority.issue_cert(name, not_before=today - timedelta(days=60), not_after=not_after)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # the domain's security policy
    certificate.configure_cert(context)
    return context, ca_file
