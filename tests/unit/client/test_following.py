"""Following a run: its output to the last byte, over attempts, and its states by events."""

import asyncio
import io
import json
from base64 import b64encode
from typing import Any

import httpx
import msgspec
import pytest

from runfold.client.asynchronous import AsyncClient
from runfold.client.cli.follow import attached
from runfold.client.cli.follow.attached import Attached
from runfold.client.cli.follow.phase import Phase
from runfold.client.cli.follow.tail import Tail
from runfold.client.models.runs import Run
from runfold.client.transport.connect import Connect
from runfold.client.transport.retry import Retry
from tests.unit.client.given import a_run, submission

FIRST, SECOND = submission(id="a1"), submission(id="a2")


class Server:
    """One run, which goes on to its next state with each event, and the output of its attempts."""

    def __init__(self, *states: Run) -> None:
        self.states, self.output = [*states], dict[str, list[bytes]]()
        self.seen: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        self.seen.append(path)
        if path == "events" and "stream" in request.headers["Accept"]:
            return self._stream()
        if path == "events":
            return httpx.Response(200, json={"events": [], "next": 7, "more": False})
        if path == "output":
            return self._length(request)
        if path == "poll":
            return self._poll(json.loads(request.content))
        run = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200, content=msgspec.json.encode(run))

    def _stream(self) -> httpx.Response:
        event = {"id": "i", "type": "x", "subject": "run:1", "time": "2026-01-01T00:00:00Z", "position": "8"}
        data = json.dumps({**event, "data": {"run_id": "id-of-hello"}})
        text = f"id: 8\ndata: {data}\n\n" * 10
        return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})

    def _length(self, request: httpx.Request) -> httpx.Response:
        attempt = request.url.path.split("/")[-2]
        told = sum(map(len, self.output.get(attempt, [])))
        return httpx.Response(200, json={"bytes": told, "over": told <= int(request.url.params["beyond"])})

    def _poll(self, body: dict[str, Any]) -> httpx.Response:
        """A piece a page; its time is its number."""
        pieces = self.output.get(body["job_submission_id"], [])
        times = [f"2026-01-01T12:00:{number:02}Z" for number in range(len(pieces))]
        at = int(body["next_token"] or 0)
        while body["start_time"] and at < len(pieces) and times[at] <= body["start_time"]:
            at += 1
        logs = [
            {"timestamp": times[i], "message": b64encode(pieces[i]).decode()}
            for i in range(at, len(pieces))[:1]
        ]
        return httpx.Response(
            200, json={"logs": logs, "next_token": str(at + 1) if at + 1 < len(pieces) else None}
        )

    def client(self) -> AsyncClient:
        return AsyncClient(Connect("http://server", "t"), http=httpx.MockTransport(self))


class Shown:
    def __init__(self) -> None:
        self.words: list[str] = []

    def show(self, name: str, phase: Phase, *, leave: bool = False) -> None:
        if [phase.word] != self.words[-1:]:
            self.words.append(phase.word)


async def test_output_is_read_page_by_page_and_only_once() -> None:
    server, out = Server(a_run()), io.BytesIO()
    server.output["a1"] = [b"one\n", b"two\n"]
    run = a_run(latest=FIRST)
    async with server.client() as client:
        tail = Tail(client, out)
        assert await tail.read(run)
        assert not await tail.read(run)
        server.output["a1"].append(b"thr")
        assert await tail.read(run)
    assert out.getvalue() == b"one\ntwo\nthr"
    assert (tail.in_a_line, tail.last_lines(2)) == (True, ["two", "thr"])


async def test_an_attempt_that_follows_is_read_from_its_beginning_after_the_rest_of_the_first() -> None:
    server, out = Server(a_run()), io.BytesIO()
    server.output = {"a1": [b"first\n"], "a2": [b"again\n"]}
    both = a_run(jobs=[{"job_spec": {"job_name": "x"}, "job_submissions": [FIRST, SECOND]}])
    async with server.client() as client:
        tail = Tail(client, out)
        await tail.read(a_run(latest=FIRST))
        server.output["a1"].append(b"late\n")
        await tail.read(both)
    assert out.getvalue() == b"first\nlate\nagain\n"


async def test_a_run_is_followed_by_its_events_to_its_end_and_its_last_output() -> None:
    states = (a_run("submitted"), a_run("running", latest=FIRST), a_run("done", latest=FIRST))
    server, out, shown = Server(*states), io.BytesIO(), Shown()
    server.output["a1"] = [b"all of it\n"]
    async with server.client() as client:
        ended = await asyncio.wait_for(Attached(client, states[0], shown, Tail(client, out)).follow(), 10)
    assert (ended.status, out.getvalue()) == ("done", b"all of it\n")
    assert (shown.words[0], shown.words[-1]) == ("queued", "done")
    assert server.seen[:2] == ["events", "get"]


async def test_what_is_over_already_is_told_without_waiting_for_an_event() -> None:
    over = a_run("failed", latest=FIRST)
    server, out = Server(over), io.BytesIO()
    server.output["a1"] = [b"x"]
    async with server.client() as client:
        ended = await asyncio.wait_for(Attached(client, over, Shown(), Tail(client, out)).follow(), 10)
    assert (ended, out.getvalue()) == (over, b"x")


async def test_whoever_follows_waits_for_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "PAUSE", 0.0)
    states = (a_run("running", latest=FIRST), a_run("done", latest=FIRST))
    server, out, said = Server(*states), io.BytesIO(), list[str]()
    server.output["a1"] = [b"all of it\n"]
    away = iter([True, True, True, True, True, True])

    def answer(request: httpx.Request) -> httpx.Response:
        if next(away, False):
            raise httpx.ConnectError("refused")
        return server(request)

    once = Connect("http://server", "t", retry=Retry(attempts=1))
    async with AsyncClient(once, http=httpx.MockTransport(answer)) as client:
        following = Attached(client, states[0], Shown(), Tail(client, out), say=said.append)
        ended = await asyncio.wait_for(following.follow(), 10)
    assert (ended.status, out.getvalue()) == ("done", b"all of it\n")
    assert "http://server does not answer at the moment; the run goes on" in said
