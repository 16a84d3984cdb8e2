"""The proxy of the environment (HTTPS_PROXY, NO_PROXY), for probes that look for a good answer."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import socket
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


@dataclass(frozen=True, slots=True)
class Way:
    """Where to connect: straight to the host, or to a proxy that is asked for it."""

    host: str
    port: int
    proxy_host: str = ""
    proxy_port: int = 0
    authorization: str = field(default="", repr=False)

    @property
    def through_proxy(self) -> bool:
        """Whether a proxy is asked."""
        return bool(self.proxy_host)

    @property
    def next_host(self) -> str:
        """Whom to connect to first."""
        return self.proxy_host or self.host

    @property
    def next_port(self) -> int:
        """At which port."""
        return self.proxy_port or self.port


def way_to(host: str, port: int) -> Way:
    """The way the environment asks for; this machine itself is never asked through a proxy.

    Raises ValueError for a proxy that we cannot speak to; its text holds no password.
    """
    url = getproxies().get("https", "")
    if not url or _loopback(host) or proxy_bypass(host):
        return Way(host, port)
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"HTTPS_PROXY names a proxy of the kind {parts.scheme}://; only http:// is supported")
    return Way(host, port, parts.hostname, parts.port or 80, _authorization(parts.username, parts.password))


def _authorization(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def credentials() -> tuple[str, ...]:
    """The proxy's password, which no line may show."""
    url = getproxies().get("https", "")
    password = urlsplit(url if "://" in url else f"http://{url}").password
    return (unquote(password),) if password else ()


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tunnel(sock: socket.socket, way: Way) -> None:
    """Ask the proxy for a tunnel (RFC 9110, CONNECT). Does nothing on a straight way. Raises OSError."""
    if not way.through_proxy:
        return
    place = f"[{way.host}]:{way.port}" if ":" in way.host else f"{way.host}:{way.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if way.authorization:
        lines.append(f"Proxy-Authorization: {way.authorization}")
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    with closing(http.client.HTTPResponse(sock, method="CONNECT")) as answer:
        try:
            answer.begin()
        except http.client.HTTPException as error:
            raise ConnectionError(f"the proxy's answer is no HTTP ({type(error).__name__})") from None
        if answer.status != http.client.OK:
            raise ConnectionError(f"the proxy answered {answer.status} to CONNECT {place}")
