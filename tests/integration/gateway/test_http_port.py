"""The port itself: real sockets, and what comes over them."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from runfold.gateway.api import Api
from runfold.gateway.app import HttpPort
from runfold.gateway.connections.tickets import Tickets
from runfold.gateway.http.call import Answer, Call
from runfold.gateway.settings import GatewaySettings
from runfold.service.system import SystemClock, SystemIds
from tests.integration.gateway.world import ADMIN, World, a_world

AUTHORIZED = {"Authorization": f"Bearer {ADMIN}"}


@asynccontextmanager
async def a_client(world: World) -> AsyncGenerator[aiohttp.ClientSession]:
    assert world.gateway.address is not None
    host, port = world.gateway.address
    async with aiohttp.ClientSession(f"http://{host}:{port}", headers=AUTHORIZED) as session:
        yield session


async def test_answers_carry_the_request_s_id_or_one_of_their_own(world: World) -> None:
    async with a_client(world) as client:
        given = await client.get("/healthcheck", headers={"X-Request-ID": "mine-1"})
        odd = await client.get("/healthcheck", headers={"X-Request-ID": "no good"})

    assert given.headers["X-Request-ID"] == "mine-1"
    assert len(odd.headers["X-Request-ID"]) == 36
    assert given.content_type == "application/json"


async def test_what_a_request_caused_can_be_followed_by_its_ids(world: World) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    spec = {"run_name": "traced", "configuration": {"type": "task", "commands": ["x"]}}
    async with a_client(world) as client:
        await client.post(
            "/api/project/main/runs/apply",
            json={"plan": {"run_spec": spec}, "force": False},
            headers={"X-Request-ID": "mine-2", "traceparent": trace},
        )

    commits = await world.writer.read(0, 100)
    (record,) = [e.record for c in commits for e in c.events if e.type == "RunSubmitted"]
    assert (record.correlation_id, record.traceparent) == ("mine-2", trace)
    assert record.actor == f"user:{world.run('traced').user_id}"


async def chunks(size: int) -> AsyncGenerator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536


TOLD = "The request body is larger than 262144 bytes"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/project/main/runs/apply", {"detail": TOLD}),
        ("/jobs", {"message": "Request Entity Too Large"}),
        ("/api/v1/workloads", {"code": 413, "message": TOLD}),
    ],
)
async def test_a_body_over_the_limit_is_refused_with_and_without_a_length(
    path: str, told: dict[str, Any]
) -> None:
    async with a_world(body_limit="256KiB") as world, a_client(world) as client:
        for data in (b" " * 300_000, chunks(1024 * 1024)):
            async with client.post(path, data=data) as answer:
                assert answer.status == 413
                assert await answer.json() == told
        assert (await client.get("/healthcheck")).status == 200


async def test_a_body_that_stops_coming_holds_up_nobody(world: World) -> None:
    assert world.gateway.address is not None
    _, writer = await asyncio.open_connection(*world.gateway.address)
    writer.write(b"POST /api/runs/list HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    async with a_client(world) as client:
        assert (await client.post("/api/runs/list", json={})).status == 200
    writer.close()


async def test_garbage_instead_of_http_ends_that_connection_alone(world: World) -> None:
    assert world.gateway.address is not None
    reader, writer = await asyncio.open_connection(*world.gateway.address)
    writer.write(b"\x16\x03\x01 not http\r\n\r\n")
    assert b"400" in (await reader.read())
    writer.close()
    async with a_client(world) as client:
        assert (await client.get("/healthcheck")).status == 200


async def test_events_stream_over_the_wire_and_resume(world: World) -> None:
    async with a_client(world) as client:
        seen: list[str] = []
        last = ""
        for name in ("first", "second"):
            await world.submit(name)
            headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
            query = {"types": "run.RunSubmitted"}
            async with client.get("/api/runfold/v1/events", params=query, headers=headers) as stream:
                async for line in stream.content:
                    field, _, value = line.decode().strip().partition(": ")
                    if field == "id":
                        last = value
                    if field == "data":
                        seen.append(json.loads(value)["data"]["name"])
                        break
    assert seen == ["first", "second"]


async def test_a_subscriber_that_goes_away_is_forgotten(world: World) -> None:
    async with a_client(world) as client:
        headers = {"Accept": "text/event-stream"}
        async with client.get("/api/runfold/v1/events", headers=headers) as stream:
            await stream.content.readline()
    for number in range(5):
        assert (await world.submit(f"run-{number}")).status == 200


async def test_documents_are_served_without_a_token(world: World) -> None:
    async with a_client(world) as client:
        first = await client.get("/", headers={"Authorization": ""})
        page = await client.get("/api/docs", headers={"Authorization": ""})
        document: dict[str, Any] = await (await client.get("/api/openapi.json")).json()

    assert (first.status, first.content_type, first.url.path) == (200, "text/html", "/")
    assert (page.status, page.content_type) == (200, "text/html")
    assert document["openapi"] == "3.1.0"


def certificate(directory: Path) -> tuple[Path, Path]:
    """Of localhost, signed by itself; certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2100, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = directory / "cert.pem", directory / "key.pem"
    cert_path.write_bytes(made.public_bytes(Encoding.PEM))
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert_path, key_path


async def test_with_a_certificate_the_port_speaks_https(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    async with a_world(tls_cert=cert, tls_key=key) as world, aiohttp.ClientSession() as client:
        assert world.gateway.address is not None
        url = f"https://localhost:{world.gateway.address[1]}/healthcheck"
        trusting = ssl.create_default_context(cafile=str(cert))
        async with client.get(url, ssl=trusting) as answer:
            assert await answer.json() == {"status": "running"}


async def test_until_it_serves_the_port_answers_that_it_is_starting(world: World) -> None:
    ids = world.storage.ids
    port = HttpPort(world.gateway.api, GatewaySettings(port=0), world.storage.clock, ids, Tickets(ids))
    await port.start()
    assert port.address is not None
    url = "http://{}:{}/healthcheck".format(*port.address)
    try:
        async with aiohttp.ClientSession() as client:
            assert (await client.get(url)).status == 503
            port.serve()
            assert (await client.get(url)).status == 200
    finally:
        await port.stop()


class Endless:
    """An API whose one answer is a stream without an end."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def place(self, method: str, path: str) -> str:
        return f"{method} {path}"

    async def answer(self, _: Call) -> Answer:
        return Answer(b"", 200, "text/event-stream", {}, self._stream())

    async def _stream(self) -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            self.ended.set()


async def test_a_subscriber_that_never_reads_is_cut_off() -> None:
    api, settings = Endless(), GatewaySettings(host="127.0.0.1", port=0, send_timeout=0.2)
    ids = SystemIds()
    port = HttpPort(cast(Api, api), settings, SystemClock(), ids, Tickets(ids))
    await port.start()
    port.serve()
    assert port.address is not None
    _, writer = await asyncio.open_connection(*port.address)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")

    async with asyncio.timeout(60):
        await api.ended.wait()

    writer.transport.abort()
    await port.stop()


async def test_a_certificate_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    cert.write_text("no certificate")
    with pytest.raises(OSError, match=f"RUNFOLD_TLS_CERT {cert}"):
        async with a_world(tls_cert=cert, tls_key=key):
            pass


async def test_a_port_that_is_taken_is_told_at_the_start(world: World) -> None:
    assert world.gateway.address is not None
    with pytest.raises(OSError, match="in use"):
        async with a_world(host="127.0.0.1", port=world.gateway.address[1]):
            pass
