"""Attempts and refusals, over a network that the test plays."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from runfold.client.calls import runs
from runfold.client.errors import (
    Busy,
    Denied,
    Exists,
    Malformed,
    NotFound,
    NotUnderstood,
    Refused,
    Unreachable,
)
from runfold.client.transport.answers import refusal
from runfold.client.transport.asynchronous import AsyncTransport
from runfold.client.transport.blocking import BlockingTransport
from runfold.client.transport.call import post
from runfold.client.transport.connect import Connect
from runfold.client.transport.retry import Retry

CONNECT = Connect("http://server", "token", retry=Retry(attempts=3, base=0, most=0))
Answers = Callable[..., "Network"]


class Network:
    """Answers with one after the other; an exception is raised instead."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def stop_over(network: Network) -> None:
    BlockingTransport(CONNECT, httpx.MockTransport(network)).send(runs.stop("main", "hello"))


def test_a_call_carries_the_token_and_a_write_one_key_through_all_its_attempts() -> None:
    network = Network(
        httpx.ConnectError("refused"), httpx.Response(503), httpx.Response(200, content=b"null")
    )
    stop_over(network)
    assert [request.url.path for request in network.requests] == ["/api/project/main/runs/stop"] * 3
    (key,) = {request.headers["Idempotency-Key"] for request in network.requests}
    assert key
    assert {request.headers["Authorization"] for request in network.requests} == {"Bearer token"}


def test_another_write_has_another_key() -> None:
    network = Network(httpx.Response(200, content=b"null"), httpx.Response(200, content=b"null"))
    stop_over(network)
    stop_over(network)
    assert len({request.headers["Idempotency-Key"] for request in network.requests}) == 2


def test_nobody_there_is_told_after_the_last_attempt() -> None:
    network = Network(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(Unreachable, match="http://server does not answer: refused"):
        stop_over(network)
    assert len(network.requests) == 3


def test_a_server_that_stays_busy_is_told_with_its_own_words() -> None:
    busy = httpx.Response(503, json={"detail": "try again"}, headers={"Retry-After": "1"})
    with pytest.raises(Busy, match="try again"):
        stop_over(Network(busy, busy, busy))


async def test_the_other_client_waits_the_same_way() -> None:
    network = Network(httpx.ReadTimeout("slow"), httpx.Response(200, json={"detail": []}))
    transport = AsyncTransport(CONNECT, httpx.MockTransport(network))
    assert await transport.send(post("/x", dict)) == {"detail": []}
    await transport.close()


def test_pauses_grow_by_chance_up_to_a_bound_and_end() -> None:
    retry = Retry(attempts=4, base=1, most=3)
    for failures, low, high in ((1, 0.5, 1), (2, 1, 2), (3, 1.5, 3)):
        assert all(low <= (retry.pause(failures) or 0) <= high for _ in range(50))
    assert retry.pause(4) is None
    assert retry.pause(1, "2") == 2
    assert retry.pause(1, "100") == 3


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (
            400,
            b'{"detail":[{"msg":"Run not found","code":"resource_not_exists"}]}',
            NotFound,
            "Run not found",
        ),
        (400, b'{"detail":[{"msg":"Resource exists","code":"resource_exists"}]}', Exists, "Resource exists"),
        (400, b'{"detail":[{"msg":"no","code":"error"}]}', Refused, "no"),
        (401, b'{"detail":"Not authenticated"}', Denied, "Not authenticated"),
        (403, b'{"detail":{"msg":"Access denied","code":null}}', Denied, "Access denied"),
        (404, b'{"detail":{"msg":"Not found","code":null}}', NotFound, "Not found"),
        (
            422,
            b'{"detail":[{"loc":["body","run_spec","configuration","cpu"],"msg":"no"}]}',
            Malformed,
            "configuration.cpu: no",
        ),
        (
            422,
            b'{"status":422,"detail":"x","errors":[{"loc":["query","after"],"msg":"no"}]}',
            Malformed,
            "query.after: no",
        ),
        (500, b"<html>", Refused, "the server answers 500"),
        (400, b'{"detail":[]}', Refused, "the server answers 400"),
    ],
)
def test_refusals_of_both_dialects_are_told_apart(
    status: int, body: bytes, kind: type[Refused], told: str
) -> None:
    found = refusal(status, body)
    assert (type(found), str(found), found.status) == (kind, told, status)


def test_an_answer_that_is_no_answer_is_named() -> None:
    network = Network(httpx.Response(200, content=b"<html>"))
    with pytest.raises(NotUnderstood, match="is it Runfold"):
        BlockingTransport(CONNECT, httpx.MockTransport(network)).send(runs.get("main", "hello"))


def frames(*positions: int) -> httpx.Response:
    event = '{"id":"i","type":"x","subject":"run:1","time":"2026-01-01T00:00:00Z","position":"%d"}'
    text = "".join(f"id: {at}\nevent: run.RunFinished\ndata: {event % at}\n\n" for at in positions)
    return httpx.Response(
        200, text=f": from position 0\nid: 0\n\n{text}", headers={"Content-Type": "text/event-stream"}
    )


def test_a_stream_that_is_cut_off_goes_on_after_the_last_event() -> None:
    network = Network(frames(1, 2), httpx.ConnectError("gone"), frames(), frames(3))
    events = BlockingTransport(CONNECT, httpx.MockTransport(network)).stream({"project": "main", "after": -1})
    assert [next(events).position for _ in range(3)] == ["1", "2", "3"]
    assert [request.headers.get("Last-Event-ID") for request in network.requests] == [None, "2", "2", "0"]
    assert network.requests[0].url.params["after"] == "-1"


async def test_a_stream_that_stays_away_ends_as_any_call() -> None:
    network = Network(frames(1), *[httpx.ConnectError("gone")] * 3)
    transport = AsyncTransport(CONNECT, httpx.MockTransport(network))
    events = transport.stream({})
    assert (await anext(events)).position == "1"
    with pytest.raises(Unreachable):
        await anext(events)
    await transport.close()


def test_a_stream_that_is_refused_says_why() -> None:
    network = Network(httpx.Response(403, json={"detail": "Invalid token"}))
    with pytest.raises(Denied, match="Invalid token"):
        next(BlockingTransport(CONNECT, httpx.MockTransport(network)).stream({}))
