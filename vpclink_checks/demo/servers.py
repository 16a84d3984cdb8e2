"""Servers of the demo: loopback, a port of their own, a thread for each connection, joined at the end."""

from __future__ import annotations

import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

Request = socket | tuple[bytes, socket]  # as socketserver types them
Address = Any


class Server(socketserver.ThreadingTCPServer):
    """A TCP server on 127.0.0.1 with a port that the system chooses."""

    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = False
    block_on_close = True

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self.server_address[1])

    def handle_error(self, request: Request, client_address: Address) -> None:
        """A caller that hangs up is no error of the server; anything else is shown as usual."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(server: Server) -> Iterator[int]:
    """Serve until the block ends; gives the port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="vpclink-demo")
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
