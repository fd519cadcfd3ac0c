"""An image registry (HTTP API v2) with one image, which tests make slow, silent or closed."""

import base64
import gzip
import hashlib
import io
import json
import os
import platform
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.testservers.program import which

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
#: Of each layer that isn't the shell's; random, so that it stays as long when it's packed.
LAYER_BYTES = 3_000_000
LAYERS = 2


class Registry:
    """Engines take one on loopback without TLS. Its image has a shell and some megabytes of nothing."""

    def __init__(self, credentials: tuple[str, str] | None = None) -> None:
        """`credentials`: user and password that it asks for."""
        self._asked = credentials and base64.b64encode(":".join(credentials).encode()).decode()
        self.blobs: dict[str, bytes] = {}
        self.manifest = self._image()
        #: While it is cleared, each layer stops after its first half, which sets `halfway`.
        self.flowing = threading.Event()
        self.flowing.set()
        self.halfway = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def image(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}/some/image:1"

    @contextmanager
    def serving(self) -> Iterator["Registry"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.flowing.set()
            self._server.shutdown()
            self._server.server_close()

    def lets_in(self, authorization: str | None) -> bool:
        return self._asked is None or authorization == f"Basic {self._asked}"

    def _image(self) -> bytes:
        layers = [_layer("bin/busybox", Path(which("busybox") or "busybox").read_bytes(), link="bin/sh")]
        layers += [_layer(f"data-{number}", os.urandom(LAYER_BYTES)) for number in range(LAYERS)]
        config = {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64"),
            "os": "linux",
            "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer) for layer in layers]},
        }
        packed = [self._keep("image.rootfs.diff.tar.gzip", gzip.compress(layer, 1)) for layer in layers]
        whole = self._keep("container.image.v1+json", json.dumps(config).encode())
        described = {"schemaVersion": 2, "mediaType": MANIFEST, "config": whole, "layers": packed}
        return json.dumps(described).encode()

    def _keep(self, kind: str, blob: bytes) -> dict[str, Any]:
        self.blobs[_digest(blob)] = blob
        return {"mediaType": f"application/vnd.docker.{kind}", "size": len(blob), "digest": _digest(blob)}


def _handler(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            what, _, reference = self.path.removeprefix("/v2/some/image/").partition("/")
            if not registry.lets_in(self.headers["Authorization"]):
                self._refuse(401, "UNAUTHORIZED", "authentication required")
            elif self.path == "/v2/":
                self._send(b"{}", "application/json")
            elif what == "manifests" and reference in ("1", _digest(registry.manifest)):
                self._send(registry.manifest, MANIFEST)
            elif what == "blobs" and reference in registry.blobs:
                self._send(registry.blobs[reference], "application/octet-stream")
            else:
                self._refuse(404, "MANIFEST_UNKNOWN", "manifest unknown")

        do_HEAD = do_GET

        def _send(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Docker-Content-Digest", _digest(body))
            self.send_header("WWW-Authenticate", 'Basic realm="tests"')
            self.end_headers()
            if self.command == "HEAD":
                return
            if len(body) >= LAYER_BYTES:
                self._write(body[: len(body) // 2])
                registry.halfway.set()
                registry.flowing.wait()
                body = body[len(body) // 2 :]
            self._write(body)

        def _write(self, body: bytes) -> None:
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # an engine that no longer wants it

        def _refuse(self, status: int, code: str, message: str) -> None:
            body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
            self._send(body, "application/json", status)

        def log_message(self, *_: object) -> None:
            """Tests say what they need to know."""

    return Handler


def _layer(name: str, content: bytes, link: str | None = None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        file = tarfile.TarInfo(name)
        file.size, file.mode = len(content), 0o755
        tar.addfile(file, io.BytesIO(content))
        if link:
            other = tarfile.TarInfo(link)
            other.type, other.linkname = tarfile.SYMTYPE, f"/{name}"
            tar.addfile(other)
    return packed.getvalue()


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
