"""What one shared TLS context saves: CPU of 24 new connections, with it and as botocore does by itself.

Alternating pairs in processes of their own, against a TLS server on loopback that closes every connection
as after a pool's first use; trusted is botocore's whole CA bundle and the server's own, as on a real machine.
"""

from __future__ import annotations

import http.server
import os
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import botocore
import trustme

PAIRS, CONNECTIONS = 8, 24
ANSWER = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
CLIENT = f"""
import sys, time
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.live.common import Common
from vpclink_checks.sources.live.session import make_client, open_session

env = EnvSettings(name="prod", region="eu-west-2", endpoint_url=sys.argv[1])
with Common() as common:
    shared = common if sys.argv[2] == "shared" else None
    client = make_client(open_session(env, common), env, "sts", "eu-west-2", shared)
    client.get_caller_identity()
    before = time.process_time()
    for _ in range({CONNECTIONS}):
        client.get_caller_identity()
    print((time.process_time() - before) * 1000)
"""


class Sts(http.server.BaseHTTPRequestHandler):
    """Says who asks, and hangs up."""

    def do_POST(self) -> None:
        """The one answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def site(folder: Path) -> Iterator[tuple[str, Path]]:
    """(address, CA bundle) of the server, while it runs."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    everybody = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
    bundle = folder / "bundle.pem"
    bundle.write_bytes(everybody + authority.cert_pem.bytes())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", bundle
    server.shutdown()
    thread.join()
    server.server_close()


def cpu_ms(url: str, bundle: Path, how: str) -> float:
    """Milliseconds of the client's CPU for all its connections."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, url, how],
        env=os.environ | keys | {"AWS_CA_BUNDLE": str(bundle)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as (url, bundle):
        pairs = [(cpu_ms(url, bundle, "shared"), cpu_ms(url, bundle, "alone")) for _ in range(PAIRS)]
    shared, alone = (median(side) for side in zip(*pairs, strict=True))
    print(f"{CONNECTIONS} new TLS connections, median CPU of {PAIRS} runs each:")
    print(f"  one shared context  {shared:7.1f} ms")
    print(f"  a context each      {alone:7.1f} ms")
    print(f"  ratio               {alone / shared:7.2f}")


if __name__ == "__main__":
    main()
