"""One TLS context for every connection, with the CA bundle read once.

urllib3 reads the bundle into the context again for each new connection, about 20 ms of CPU each with
OpenSSL 3 (boto/botocore#3171, urllib3#3623); with a client a service and several connections a client
that is more than the calls themselves. botocore has no switch for it, so requests go through an HTTP
session of its own kind, handed in by its public ``before-send`` event.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from ssl import SSLContext
from threading import Lock
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.httpsession import URLLib3Session, create_urllib3_context
from botocore.session import Session
from botocore.utils import get_environ_proxies
from urllib3.connection import HTTPConnection


class Contexts:
    """The TLS contexts of one run: one is enough, unless a bundle differs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._context: SSLContext | None = None

    def get(self, make: Callable[[], SSLContext]) -> SSLContext:
        """The one context, made by whoever comes first."""
        with self._lock:
            if self._context is None:
                self._context = _reading_once(make())
            return self._context


def _reading_once(context: SSLContext) -> SSLContext:
    """The same context; what it has loaded already is not loaded again."""
    load, lock, loaded = context.load_verify_locations, Lock(), set[object]()

    def load_once(cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        with lock:
            if (cafile, capath, cadata) not in loaded:
                load(cafile, capath, cadata)
                loaded.add((cafile, capath, cadata))

    vars(context)["load_verify_locations"] = load_once
    return context


class _HttpSession(URLLib3Session):
    """botocore's own, with a shared context. A botocore that asks for its context elsewhere is merely slower."""

    def __init__(self, contexts: Contexts, **how: Any) -> None:
        self._contexts = contexts
        super().__init__(**how)

    def _get_ssl_context(self) -> SSLContext:
        return self._contexts.get(create_urllib3_context)


def share(contexts: Contexts, session: Session, client: Any) -> None:
    """Let a client of this session send through the shared context, with botocore's settings for everything else.

    Every handler of ``before-send`` is called, whatever another answered: beside a mock of AWS (moto
    hooks itself in there) the request would leave the machine, so then nothing is shared.
    """
    url, config = client.meta.endpoint_url, client.meta.config
    if not url.startswith("https:") or any(event[0].startswith("before-send") for event in BUILTIN_HANDLERS):
        return
    http = _HttpSession(
        contexts,
        verify=session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or True,
        proxies=config.proxies if config.proxies is not None else get_environ_proxies(url),
        proxies_config=config.proxies_config,
        timeout=(config.connect_timeout, config.read_timeout),
        max_pool_connections=config.max_pool_connections,
        socket_options=HTTPConnection.default_socket_options,
        client_cert=config.client_cert,
    )

    def send(request: Any, **_: Any) -> Any:
        return http.send(request)

    client.meta.events.register_last("before-send", send)
