"""TLS as a caller verifies it: the system's authorities or a given file, name and dates always checked."""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

WRONG_NAME = 62  # X509_V_ERR_HOSTNAME_MISMATCH, openssl x509_vfy.h


def context(ca_file: str = "", client_cert: str = "", client_key: str = "") -> ssl.SSLContext:
    """A verifying context. *client_key* is a file, or the PEM text itself; never kept.

    Raises OSError (ssl.SSLError among them) where a file is missing or is no certificate.
    """
    made = _verifying(ca_file)
    if client_cert:
        _load(made, client_cert, client_key)
    return made


def _verifying(ca_file: str) -> ssl.SSLContext:
    """As strict as callers are: Python 3.13 alone refuses authorities that lack newer extensions."""
    made = ssl.create_default_context(cafile=ca_file or None)
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def _load(made: ssl.SSLContext, certificate: str, key: str) -> None:
    if not key.lstrip().startswith("-----BEGIN"):
        made.load_cert_chain(certificate, key or None)
        return
    handle, name = tempfile.mkstemp(suffix=".pem")  # 0600; OpenSSL reads keys from files alone
    try:
        with os.fdopen(handle, "w") as file:
            file.write(key)
        made.load_cert_chain(certificate, name)
    finally:
        Path(name).unlink()


def names(sock: ssl.SSLSocket) -> tuple[str, ...]:
    """The names in the peer's verified certificate."""
    alternatives = (sock.getpeercert() or {}).get("subjectAltName", ())
    pairs = [tuple(map(str, pair)) for pair in alternatives]
    return tuple(value for kind, value in pairs if kind in ("DNS", "IP Address"))


def names_offered(connect: Callable[[], socket.socket], ca_file: str, server_name: str) -> tuple[str, ...]:
    """Which names the certificate bears that was refused for its name; () where that cannot be told.

    A second handshake that trusts the chain alone, over which nothing is sent.
    """
    trusting = _verifying(ca_file)
    trusting.check_hostname = False
    try:
        with connect() as plain, trusting.wrap_socket(plain, server_hostname=server_name) as secured:
            return names(secured)
    except OSError:
        return ()


def explained(error: OSError, host: str, offered: tuple[str, ...] = ()) -> str:
    """The failed handshake in one line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        bears = f"; it bears {', '.join(offered)}" if offered else ""
        reason = (error.verify_message or str(error.reason)).rstrip(".")
        return f"the certificate for {host} was refused: {reason}{bears}"
    reason = getattr(error, "reason", "") or error.strerror or str(error)
    return f"the TLS handshake with {host} failed: {reason}"
